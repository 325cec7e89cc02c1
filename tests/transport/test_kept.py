"""What is in the store, and when: each step as it ended, committed as soon as it has ended."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

import replaykit
from replaykit.store import Store
from tests.servers.script import Ending, encoded, plain, stream
from tests.transport.flavour import SYNC

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path
    from typing import Any

    from replaykit.core.model import Episode, Exchange
    from tests.transport.stage import Stage

ONE, TWO = b"data: 1\n\n", b"data: 2\n\n"


def kept(path: Path, name: str = "story") -> Episode:
    """The newest draft of a name, as another process would read it."""
    with Store(path) as store:
        episode = store.episode(store.newest(name) or "")
    assert episode is not None
    return episode


def recorded(stage: Stage, program: Callable[[], Coroutine[Any, Any, object]]) -> Exchange:
    """The one exchange that a program makes."""
    stage.record(program)
    (exchange,) = kept(stage.store).exchanges
    return exchange


def reading(stage: Stage, url: str, chunks: int | None = None) -> Callable[[], Coroutine[Any, Any, None]]:
    """A program that reads a stream, to its end or as many chunks as are said."""

    async def program() -> None:
        seen = 0
        async with stage.client() as client, client.stream(url) as response:
            async for _ in client.raw(response):
                seen += 1
                if seen == chunks:
                    break

    return program


def test_a_step_is_committed_when_it_ends(stage: Stage) -> None:
    """Inside the block, another reader of the store finds what has finished, in an episode that has not."""
    url = stage.server.on("GET /", plain(b"one"))

    async def program() -> Episode:
        async with stage.client() as client:
            await client.get(url)
            return kept(stage.store)

    during = stage.record(program)
    after = kept(stage.store)
    assert [b"one"] == [exchange.response.body.data for exchange in during.exchanges if exchange.response]
    assert not during.finished
    assert (during.exchanges, True) == (after.exchanges, after.finished)


def test_a_stream_is_kept_with_its_chunks_and_times(stage: Stage) -> None:
    """The sizes of the chunks and their times are those of the wire, and the whole was read."""
    url = stage.server.on("GET /", stream(ONE, TWO))
    exchange = recorded(stage, reading(stage, url))
    assert exchange.response is not None
    assert [ONE, TWO] == list(exchange.response.chunks())
    assert list(exchange.response.times) == sorted(exchange.response.times)
    assert not exchange.left


def test_who_leaves_is_known_to_have_left(stage: Stage) -> None:
    """A stream that was left early says so, and holds what was read of it."""
    url = stage.server.on("GET /", stream(ONE, TWO, Ending.SILENCE))
    exchange = recorded(stage, reading(stage, url, chunks=1))
    assert exchange.response is not None
    assert (ONE, True, None) == (exchange.response.body.data, exchange.left, exchange.failure)


def test_a_cut_is_kept_with_what_came_before(stage: Stage) -> None:
    """A response that was cut short holds its chunks and the class of the error."""
    url = stage.server.on("GET /", stream(ONE, TWO, Ending.FIN))

    async def program() -> None:
        with pytest.raises(stage.flavour.library.RemoteProtocolError):
            await reading(stage, url)()

    exchange = recorded(stage, program)
    assert exchange.response is not None
    assert exchange.failure is not None
    assert (ONE + TWO, "RemoteProtocolError") == (exchange.response.body.data, exchange.failure.kind)


def test_an_encoding_is_noted_and_undone(stage: Stage) -> None:
    """The body is kept decoded, with the wire's encoding beside it."""
    url = stage.server.on("GET /", encoded("gzip", b"hel", b"lo"))
    exchange = recorded(stage, reading(stage, url))
    assert exchange.response is not None
    assert (b"hello", "gzip") == (exchange.response.body.data, exchange.response.encoding)


@pytest.mark.parametrize("flavour", SYNC, ids=str)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_forgotten_stream_is_committed_with_the_next_step(stage: Stage) -> None:
    """What the garbage collector closed is in the store before the block ends, once anything else is asked."""
    forgotten = stage.server.on("GET /forgotten", stream(ONE, Ending.SILENCE))
    then = stage.server.on("GET /then", plain(b"then"))

    async def program() -> Episode:
        async with stage.client() as client:
            response = await client.open(forgotten)
            chunks = client.raw(response)
            await anext(chunks)
            del response, chunks
            gc.collect(1)  # young objects alone: the whole heap takes half a second
            await client.get(then)
            return kept(stage.store)

    paths = [exchange.request.url.removeprefix(stage.server.url) for exchange in stage.record(program).exchanges]
    assert ["/forgotten", "/then"] == sorted(paths)


def test_a_key_is_in_no_byte_of_the_store(stage: Stage) -> None:
    """Credentials of headers and of the query are nowhere in the file, nor in what is read from it."""
    secret = "sk-proj-0123456789abcdefghijklmnopqrstuv"
    url = stage.server.on(f"GET /?api_key={secret}", plain(f"your key is {secret}".encode()))

    async def program() -> str:
        headers = {"Authorization": f"Bearer {secret}", "X-Api-Key": secret}
        async with stage.client(headers=headers) as client:
            text: str = (await client.get(url, params={"api_key": secret})).text
            return text

    assert f"your key is {secret}" == stage.record(program)
    (exchange,) = kept(stage.store).exchanges
    assert exchange.response is not None
    assert b"your key is sk-proj-[REDACTED]" == exchange.response.body.data
    assert secret not in f"{exchange.request.url} {exchange.request.headers} {exchange.response.body.data!r}"
    assert all(secret.encode() not in file.read_bytes() for file in stage.store.parent.iterdir())


def test_a_length_fits_the_body_that_is_served(stage: Stage) -> None:
    """Where redaction made a body shorter, its content length is that of the body that is served."""
    url = stage.server.on("GET /", plain(b"your key is sk-proj-0123456789abcdefghijklmnopqrstuv"))

    async def program() -> tuple[int, int]:
        async with stage.client() as client:
            response = await client.get(url)
            return int(response.headers["Content-Length"]), len(response.content)

    before, after = stage.both(program)
    assert before[0] == before[1] > after[1]
    assert after[0] == after[1]


def test_an_output_is_kept(stage: Stage) -> None:
    """`episode.output` keeps a value, and a replay that gives another is different."""
    url = stage.server.on("GET /", plain(b"42"))

    async def ask() -> str:
        async with stage.client() as client:
            text: str = (await client.get(url)).text
            return text

    with replaykit.record("story", store=stage.store) as episode:
        episode.output("answer", stage.flavour.run(ask))
    assert {"answer": b'"42"'} == kept(stage.store).outputs.values
    with pytest.raises(replaykit.Different, match="answer"), replaykit.replay("story", store=stage.store) as again:
        again.output("answer", stage.flavour.run(ask) + "!")
