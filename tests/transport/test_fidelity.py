"""A replayed answer is the recorded one: status, headers, bytes, chunks and what clients read beside them."""

# objects of either library
from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers.script import ENCODERS, Ending, chunked, document, encoded, head, plain, stream
from tests.transport.flavour import ASYNCIO, TRIO

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.servers.script import Script
    from tests.transport.stage import Stage

TEXT = "Größe, 日本, 🙂\n"
DOCUMENT = b'{"big": 123456789012345678901234567890, "exact": 1.10, "a":1,  "a": 2}'
"""Nothing that parses and prints JSON again keeps this."""


def telling(response: Any) -> tuple[Any, ...]:
    """What a program can read in a response that it has read to its end."""
    return (
        response.status_code,
        response.reason_phrase,
        response.http_version,
        response.headers.multi_items(),
        response.content,
        str(response.url),
        response.is_closed,
    )


def getting(stage: Stage, url: str, method: str = "GET") -> Callable[[], Coroutine[Any, Any, tuple[Any, ...]]]:
    """A program that asks once."""

    async def program() -> tuple[Any, ...]:
        async with stage.client() as client:
            return telling(await client.request(method, url))

    return program


ANSWERS: dict[str, Script] = {
    "a document": document({"a": [1, 2.5, None]}),
    "a document that must not be printed again": plain(DOCUMENT, headers=(("Content-Type", "application/json"),)),
    "text beyond ASCII": plain(TEXT.encode(), headers=(("Content-Type", "text/plain; charset=utf-8"),)),
    "text in another charset": plain(b"Gr\xf6\xdfe", headers=(("Content-Type", "text/plain; charset=latin-1"),)),
    "bytes": plain(bytes(range(256)) * 3, headers=(("Content-Type", "application/octet-stream"),)),
    "what claims to be JSON and is not": plain(b'{"a": ', headers=(("Content-Type", "application/json"),)),
    "nothing": plain(b""),
    "204": (head(204, (("X-Request-Id", "a"),), "No Content"),),
    "304": (head(304, (("ETag", '"1"'),), "Not Modified"),),
    "an error page": plain(b"<h1>no</h1>", 503, (("Retry-After", "0"),), "Service Unavailable"),
    "a status of its own": plain(b"", 299, reason="Fine, Mostly"),
    "no reason": plain(b"", 200, reason=""),
    "headers twice, and in odd case": plain(b"", headers=(("x-a", "1"), ("X-A", "2"), ("x-RateLimit", "9"))),
    "a header beyond ASCII": plain(b"", headers=(("X-Name", "Gr\xfc\xdfe"),)),
    "early hints first": (head(103, (("Link", "</a.css>"),), "Early Hints"), *plain(b"then this")),
    "lines of JSON": chunked(b'{"a": 1}\n{"b"', b": 2}\n", headers=(("Content-Type", "application/x-ndjson"),)),
    "no length, closed at the end": (head(200), b"one", b"two", Ending.FIN),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_comes_back_as_it_was(stage: Stage, answer: str) -> None:
    """Status, reason, version, headers in their order and bytes are those of the recording."""
    recorded, replayed = stage.both(getting(stage, stage.server.on("GET /", ANSWERS[answer])))
    assert recorded == replayed


@pytest.mark.parametrize("flavour", TRIO, ids=str)
def test_trio_takes_the_same_path(stage: Stage) -> None:
    """On trio an answer comes back as on any other loop."""
    recorded, replayed = stage.both(getting(stage, stage.server.on("GET /", document({"hello": "trio"}))))
    assert recorded == replayed


def test_head_has_a_length_and_no_body(stage: Stage) -> None:
    """An answer to HEAD keeps its content length, though nothing follows."""
    url = stage.server.on("HEAD /", (head(200, (("Content-Length", "5000"),)),))
    recorded, replayed = stage.both(getting(stage, url, "HEAD"))
    assert ("Content-Length", "5000") in [(name.title(), value) for name, value in recorded[3]]
    assert recorded == replayed


@pytest.mark.parametrize("encoding", ENCODERS)
def test_encoded_bodies_come_back_decoded(stage: Stage, encoding: str) -> None:
    """Every content encoding is undone once: the program reads the same text, in the recording and after."""
    if not stage.flavour.undoes(encoding):
        pytest.skip("this library leaves the encoding to its caller")
    url = stage.server.on("GET /", encoded(encoding, b"one ", b"two ", TEXT.encode()))

    async def program() -> tuple[str, str]:
        async with stage.client() as client:
            response = await client.get(url, headers={"Accept-Encoding": encoding})
            return response.text, response.headers.get("content-type", "")

    recorded, replayed = stage.both(program)
    assert f"one two {TEXT}" == recorded[0]
    assert recorded == replayed


def test_two_encodings_at_once(stage: Stage) -> None:
    """A body encoded twice is decoded twice."""
    body = ENCODERS["br"](ENCODERS["gzip"](b"deep inside"))
    url = stage.server.on("GET /", plain(body, headers=(("Content-Encoding", "gzip, br"),)))
    recorded, replayed = stage.both(getting(stage, url))
    assert b"deep inside" == recorded[4]
    assert recorded[4] == replayed[4]


def test_an_unknown_encoding_is_kept_byte_for_byte(stage: Stage) -> None:
    """A body in an encoding that nobody knows reaches the program as it is."""
    url = stage.server.on("GET /", plain(b"\x00\x01opaque", headers=(("Content-Encoding", "x-own"),)))
    recorded, replayed = stage.both(getting(stage, url))
    assert b"\x00\x01opaque" == recorded[4]
    assert recorded[4] == replayed[4]


def test_a_lying_encoding_fails_alike(stage: Stage) -> None:
    """A body that is not what its encoding says is a decoding error of the library, both times."""
    url = stage.server.on("GET /", plain(b"no gzip at all", headers=(("Content-Encoding", "gzip"),)))

    async def program() -> type[BaseException]:
        async with stage.client() as client:
            with pytest.raises(stage.flavour.library.DecodingError) as caught:
                await client.get(url)
        return caught.type

    recorded, replayed = stage.both(program)
    assert recorded is replayed


def test_chunks_keep_their_boundaries(stage: Stage) -> None:
    """The pieces in which a body came are the pieces in which it comes back."""
    url = stage.server.on("GET /", chunked(b"a", b"bc" * 500, b"\n", TEXT.encode(), b"end"))

    async def program() -> list[bytes]:
        async with stage.client() as client, client.stream(url) as response:
            return [chunk async for chunk in client.raw(response)]

    recorded, replayed = stage.both(program)
    assert b"".join([b"a", b"bc" * 500, b"\n", TEXT.encode(), b"end"]) == b"".join(recorded)
    assert recorded == replayed


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_events_keep_their_lines(stage: Stage, end: str) -> None:
    """A stream of events gives the same lines, whatever ends them and wherever a chunk was cut."""
    parts = [f"event: a{end}data: 1{end}{end}da", f"ta: 2{end}{end}: ping{end}", f"{end}data: [DONE]{end}{end}"]
    url = stage.server.on("GET /", stream(*(part.encode() for part in parts)))

    async def program() -> list[str]:
        async with stage.client() as client, client.stream(url) as response:
            return [line async for line in client.lines(response)]

    recorded, replayed = stage.both(program)
    assert ["event: a", "data: 1", "", "data: 2"] == recorded[:4]
    assert recorded == replayed


@pytest.mark.parametrize("flavour", ASYNCIO[1:], ids=str)
def test_100_mb_come_back_whole(stage: Stage) -> None:
    """A body of 100 MB is streamed into the episode and out of it, and is the same to the last byte."""
    block = bytes(range(250)) * 4000  # 1 MB
    url = stage.server.on("GET /", (head(200, (("Content-Length", str(100 * len(block))),)), *[block] * 100))

    async def program() -> tuple[int, str]:
        size, digest = 0, hashlib.blake2b()
        async with stage.client() as client, client.stream(url) as response:
            async for chunk in client.raw(response):
                size += len(chunk)
                digest.update(chunk)
        return size, digest.hexdigest()

    recorded, replayed = stage.both(program)
    assert 100_000_000 == recorded[0]
    assert recorded == replayed


def test_a_response_is_of_the_callers_library(stage: Stage) -> None:
    """Response, stream and request belong to the library that asked, also for a subclass of its Request."""
    library = stage.flavour.library
    url = stage.server.on("GET /", plain(b"hello"))

    class Mine(library.Request):  # type: ignore[name-defined, misc]
        pass

    async def program() -> tuple[bool, ...]:
        async with stage.client() as client:
            response = await client.send(Mine("GET", url))
            streams = library.AsyncByteStream if stage.flavour.waits else library.SyncByteStream
            return (
                type(response) is library.Response,
                isinstance(response.stream, streams),
                isinstance(response.request, Mine),
                response.elapsed.total_seconds() >= 0,
            )

    assert ((True,) * 4, (True,) * 4) == stage.both(program)
