"""A failure is an outcome: it comes back as the same class of the caller's own library, without the wait."""

# objects of either library
from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers.script import Ending, head, plain
from tests.servers.wire import Server
from tests.transport.flavour import ASYNCIO, EVERY, TRIO
from tests.transport.stage import Stage, outcome

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

    from tests.servers.certificates import Certificates
    from tests.servers.script import Script
    from tests.transport.conftest import Together
    from tests.transport.flavour import Flavour


def failing(stage: Stage, url: str, **options: Any) -> Callable[[], Coroutine[Any, Any, Any]]:
    """A program that asks once and gives the class of the error."""

    async def program() -> type[BaseException] | None:
        async with stage.client(**options) as client:
            return await outcome(client.get(url))

    return program


BROKEN: dict[str, tuple[Script, str]] = {
    "closed at once": ((Ending.FIN,), "RemoteProtocolError"),
    "reset at once": ((Ending.RST,), "ReadError"),
    "no HTTP": ((b"220 ready for mail\r\n\r\n", Ending.FIN), "RemoteProtocolError"),
    "half a head": ((b"HTTP/1.1 200 OK\r\nContent-", Ending.FIN), "RemoteProtocolError"),
    "silence": ((Ending.SILENCE,), "ReadTimeout"),
    "shorter than announced": (
        (head(200, (("Content-Length", "10"),)), b"short", Ending.FIN),
        "RemoteProtocolError",
    ),
    "a chunk that is none": (
        (head(200, (("Transfer-Encoding", "chunked"),)), b"zz\r\n", Ending.FIN),
        "RemoteProtocolError",
    ),
}


@pytest.mark.parametrize("story", BROKEN)
def test_what_a_server_breaks(stage: Stage, story: str) -> None:
    """Every way in which a server can fail a request is the same failure in the replay."""
    script, expected = BROKEN[story]
    program = failing(
        stage, stage.server.on("GET /", script), timeout=stage.patience(read=0.2 if story == "silence" else 60)
    )
    recorded, replayed = stage.both(program)
    assert getattr(stage.flavour.library, expected) is recorded
    assert recorded is replayed


@pytest.mark.parametrize("flavour", TRIO, ids=str)
@pytest.mark.parametrize("story", ["silence", "reset at once"])
def test_what_a_server_breaks_on_trio(stage: Stage, story: str) -> None:
    """The same holds on trio."""
    script, expected = BROKEN[story]
    timeout = stage.patience(read=0.2 if story == "silence" else 60)
    recorded, replayed = stage.both(failing(stage, stage.server.on("GET /", script), timeout=timeout))
    assert getattr(stage.flavour.library, expected) is recorded
    assert recorded is replayed


def test_longer_than_announced_is_cut(stage: Stage) -> None:
    """Of a body longer than its length the program reads as much as was announced, both times."""
    url = stage.server.on("GET /", (head(200, (("Content-Length", "4"),)), b"four and more", Ending.FIN))

    async def program() -> bytes:
        async with stage.client() as client:
            body: bytes = (await client.get(url)).content
            return body

    assert (b"four", b"four") == stage.both(program)


@pytest.mark.parametrize("flavour", EVERY, ids=str)
def test_refused(stage: Stage) -> None:
    """A refused connection is a `ConnectError`, also where somebody listens by now."""
    stage.server.stop()
    program = failing(stage, stage.server.url)
    recorded = stage.record(program)
    with Server(port=stage.server.port):
        assert stage.flavour.library.ConnectError is recorded
        assert recorded is stage.replay(program)


def test_an_unknown_name(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that does not resolve is a `ConnectError`, and the replay does not ask for it."""

    def nobody(host: object, *_args: object, **_options: object) -> object:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    asked: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", nobody)  # the resolver would leave the machine
    program = failing(stage, "http://agents.invalid/")
    recorded = stage.record(program)
    assert (stage.flavour.library.ConnectError, 1) == (recorded, len(asked))
    assert recorded is stage.replay(program)
    assert 1 == len(asked)


def test_a_certificate_that_nobody_trusts(flavour: Flavour, store: Path, certificates: Certificates) -> None:
    """A TLS failure is a `ConnectError`, both times."""
    with Server(tls=certificates.server()) as server:
        stage = Stage(flavour, server, store)
        recorded, replayed = stage.both(failing(stage, server.url, verify=True))
    assert flavour.library.ConnectError is recorded
    assert recorded is replayed


def test_tls_settings_of_the_program_count(flavour: Flavour, store: Path, certificates: Certificates) -> None:
    """A client that trusts the authority is recorded over TLS, with its own settings."""
    context: ssl.SSLContext = certificates.client()
    with Server(tls=certificates.server()) as server:
        stage = Stage(flavour, server, store)
        url = server.on("GET /", plain(b"private"))

        async def program() -> bytes:
            async with stage.client(verify=context) as client:
                body: bytes = (await client.get(url)).content
                return body

        assert (b"private", b"private") == stage.both(program)


@pytest.fixture
def deaf() -> Iterator[str]:
    """The URL of a listener whose queue is full: a connection to it is neither made nor refused."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)  # noqa: FBT003  # the socket's own signature
            each.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        for each in waiting:
            each.close()


def test_a_connect_timeout(stage: Stage, deaf: str) -> None:
    """A connection that is never made is a `ConnectTimeout`, both times."""
    recorded, replayed = stage.both(failing(stage, deaf, timeout=stage.patience(connect=0.05)))
    assert stage.flavour.library.ConnectTimeout is recorded
    assert recorded is replayed


def test_a_write_timeout(stage: Stage) -> None:
    """An upload that the server does not take is a `WriteTimeout`, both times."""
    url = stage.server.on("POST /", (stage.server.gate(),), deaf=True)
    parcel = bytes(16 << 20)  # more than the buffers between two sockets

    async def program() -> type[BaseException] | None:
        async with stage.client(timeout=stage.patience(write=0.05)) as client:
            return await outcome(client.post(url, content=parcel))

    recorded, replayed = stage.both(program)
    assert stage.flavour.library.WriteTimeout is recorded
    assert recorded is replayed


def test_a_pool_timeout(stage: Stage) -> None:
    """A request that finds no free connection is a `PoolTimeout`, both times."""
    url = stage.server.on("GET /", (head(200, (("Content-Length", "5"),)), Ending.SILENCE))
    limits = stage.flavour.library.Limits(max_connections=1)

    async def program() -> type[BaseException] | None:
        async with stage.client(limits=limits, timeout=stage.patience(pool=0.05)) as client, client.stream(url):
            return await outcome(client.get(url, params={"second": 1}))

    recorded, replayed = stage.both(program)
    assert stage.flavour.library.PoolTimeout is recorded
    assert recorded is replayed


def test_what_the_library_refuses_to_send(stage: Stage) -> None:
    """A header that is none is a `LocalProtocolError`, both times, and nothing was sent."""
    url = stage.server.on("GET /", plain(b""))

    async def program() -> type[BaseException] | None:
        async with stage.client() as client:
            return await outcome(client.get(url, headers={"X-Two": "one\nX-Three: two"}))

    recorded, replayed = stage.both(program)
    assert stage.flavour.library.LocalProtocolError is recorded
    assert recorded is replayed
    assert [] == stage.server.requests


def test_an_unknown_scheme(stage: Stage) -> None:
    """A URL of another scheme is an `UnsupportedProtocol`, both times."""
    recorded, replayed = stage.both(failing(stage, "gopher://127.0.0.1/"))
    assert stage.flavour.library.UnsupportedProtocol is recorded
    assert recorded is replayed


def test_a_timeout_is_not_waited_for(together: Together) -> None:
    """A recorded timeout comes back at once."""

    def story(stage: Stage) -> None:
        program = failing(stage, stage.server.on("GET /", (Ending.SILENCE,)), timeout=stage.patience(read=1.0))
        stage.record(program)
        stage.server.stop()
        began = time.perf_counter()
        stage.replay(program)
        assert time.perf_counter() - began < 0.9

    together(story)


def test_the_message_of_an_error_is_kept(stage: Stage) -> None:
    """An error says in the replay what it said in the recording, and knows its request."""
    url = stage.server.on("GET /", (Ending.FIN,))

    async def program() -> tuple[str, str]:
        async with stage.client() as client:
            with pytest.raises(stage.flavour.library.RemoteProtocolError) as caught:
                await client.get(url)
        return str(caught.value), str(caught.value.request.url)

    recorded, replayed = stage.both(program)
    assert (recorded[0], url) == recorded
    assert recorded == replayed


def test_the_programs_own_error_is_its_own(stage: Stage) -> None:
    """An upload whose generator fails gives the program its own error back, both times."""
    url = stage.server.on("POST /", plain(b""))

    def pieces() -> Iterator[bytes]:
        yield b"one"
        raise KeyError("two")

    async def program() -> type[BaseException] | None:
        async with stage.client() as client:
            return await outcome(client.post(url, content=stage.flavour.upload(pieces())))

    assert (KeyError, KeyError) == stage.both(program)


@pytest.mark.parametrize("flavour", [*ASYNCIO, *TRIO], ids=str)
def test_a_failure_in_the_middle_of_others(stage: Stage) -> None:
    """A failed request between two good ones is found in its place."""
    good = stage.server.on("GET /good", plain(b"one"), plain(b"two"))
    bad = stage.server.on("GET /bad", (Ending.RST,))

    async def program() -> list[object]:
        async with stage.client() as client:
            first = (await client.get(good)).text
            failed = await outcome(client.get(bad))
            return [first, failed, (await client.get(good)).text]

    recorded, replayed = stage.both(program)
    assert ["one", stage.flavour.library.ReadError, "two"] == recorded
    assert recorded == replayed
