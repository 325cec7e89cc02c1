# objects of either library
"""A transport of the program's own is recorded like the library's; one that is no network is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import replaykit
from tests.servers.script import encoded, plain
from tests.transport.flavour import ASYNCIO, SYNC
from tests.transport.stage import Stage, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.transport.flavour import Talker

HELLO = plain(b"hello")


async def body(client: Talker, url: str) -> bytes:
    """The body that a client gets."""
    content: bytes = (await client.get(url)).content
    return content


def owned(stage: Stage, calls: list[str]) -> Any:
    """A transport class that overrides everything, and asks the network through a transport of its own."""
    library, inner = stage.flavour.library, stage.flavour.network()

    class Sync(library.BaseTransport):  # type: ignore[name-defined, misc]
        def handle_request(self, request: Any) -> Any:
            calls.append(str(request.url))
            return inner.handle_request(request)

        def close(self) -> None:
            inner.close()

    class Async(library.AsyncBaseTransport):  # type: ignore[name-defined, misc]
        async def handle_async_request(self, request: Any) -> Any:
            calls.append(str(request.url))
            return await inner.handle_async_request(request)

        async def aclose(self) -> None:
            await inner.aclose()

    return Async if stage.flavour.waits else Sync


def derived(stage: Stage, calls: list[str]) -> Any:
    """A subclass of the library's own transport that overrides the one method that counts."""
    library = stage.flavour.library

    class Sync(library.HTTPTransport):  # type: ignore[name-defined, misc]
        def handle_request(self, request: Any) -> Any:
            calls.append(str(request.url))
            return super().handle_request(request)

    class Async(library.AsyncHTTPTransport):  # type: ignore[name-defined, misc]
        async def handle_async_request(self, request: Any) -> Any:
            calls.append(str(request.url))
            return await super().handle_async_request(request)

    return Async if stage.flavour.waits else Sync


@pytest.mark.parametrize("made", [owned, derived])
def test_a_transport_of_ones_own_is_no_way_around(stage: Stage, made: Callable[[Stage, list[str]], Any]) -> None:
    """A transport that overrides everything runs while recorded, once, and not at all in the replay."""
    url, calls = stage.server.on("GET /", HELLO), list[str]()
    transport = made(stage, calls)

    async def program() -> bytes:
        async with stage.client(transport=transport()) as client:
            return await body(client, url)

    assert (b"hello", b"hello") == stage.both(program)
    assert [url] == [call.rstrip("/") + "/" for call in calls]


def reading(stage: Stage) -> Any:
    """A transport that reads a response to its end before it hands it on, as a log or a cache does."""
    library = stage.flavour.library

    class Sync(library.HTTPTransport):  # type: ignore[name-defined, misc]
        def handle_request(self, request: Any) -> Any:
            response = super().handle_request(request)
            response.read()
            return response

    class Async(library.AsyncHTTPTransport):  # type: ignore[name-defined, misc]
        async def handle_async_request(self, request: Any) -> Any:
            response = await super().handle_async_request(request)
            await response.aread()
            return response

    return Async if stage.flavour.waits else Sync


@pytest.mark.parametrize("answer", [HELLO, encoded("gzip", b"hel", b"lo")], ids=["plain", "gzip"])
def test_a_transport_that_reads_first(stage: Stage, answer: Any) -> None:
    """A response that its transport has read already is recorded whole."""
    url, transport = stage.server.on("GET /", answer), reading(stage)

    async def program() -> bytes:
        async with stage.client(transport=transport()) as client:
            return await body(client, url)

    assert (b"hello", b"hello") == stage.both(program)


def failing(stage: Stage, error: Exception) -> Any:
    """A transport that always fails in its own way."""
    library = stage.flavour.library

    class Sync(library.BaseTransport):  # type: ignore[name-defined, misc]
        def handle_request(self, _request: Any) -> Any:
            raise error

    class Async(library.AsyncBaseTransport):  # type: ignore[name-defined, misc]
        async def handle_async_request(self, _request: Any) -> Any:
            raise error

    return Async if stage.flavour.waits else Sync


@pytest.mark.parametrize("error", [ConnectionResetError("gone"), TimeoutError("late"), ValueError("odd")], ids=repr)
def test_a_transport_that_fails_in_its_own_way(stage: Stage, error: Exception) -> None:
    """An error that is not the library's comes back as what it was."""

    async def program() -> type[BaseException] | None:
        async with stage.client(transport=failing(stage, error)()) as client:
            return await outcome(client.get(stage.server.url))

    assert (type(error), type(error)) == stage.both(program)


def test_by_hand(stage: Stage) -> None:
    """A client with `transport=episode.transport()` is recorded once, and served once."""
    url = stage.server.on("GET /", HELLO)

    async def ask(transport: Any) -> bytes:
        async with stage.client(transport=transport) as client:
            return await body(client, url)

    with replaykit.record("story", store=stage.store) as episode:
        recorded = stage.flavour.run(lambda: ask(episode.transport()))
    stage.server.stop()
    with replaykit.replay("story", store=stage.store) as again:
        assert recorded == stage.flavour.run(lambda: ask(again.transport()))
    assert 1 == len(stage.server.requests)


def test_by_hand_around_a_transport_of_ones_own(stage: Stage) -> None:
    """`episode.transport(inner=…)` sends through the inner transport while recorded, and never in the replay."""
    library, seen = stage.flavour.library, list[str]()

    def answer(request: Any) -> Any:
        seen.append(str(request.url))
        return library.Response(200, json={"from": "inner"})

    async def ask(episode: Any) -> Any:
        async with stage.client(transport=episode.transport(inner=library.MockTransport(answer))) as client:
            return (await client.get("https://agents.invalid/a")).json()

    with replaykit.record("story", store=stage.store) as episode:
        assert {"from": "inner"} == stage.flavour.run(lambda: ask(episode))
    with replaykit.replay("story", store=stage.store) as again:
        assert {"from": "inner"} == stage.flavour.run(lambda: ask(again))
    assert ["https://agents.invalid/a"] == seen


def test_mock_transports_are_left_alone(stage: Stage) -> None:
    """A mock transport answers by itself in a recording and in a replay, and is no step of either."""
    library, seen = stage.flavour.library, list[str]()
    url = stage.server.on("GET /", HELLO)

    def answer(request: Any) -> Any:
        seen.append(request.method)
        return library.Response(200, text=f"mock {len(seen)}")

    async def program() -> tuple[str, bytes]:
        async with stage.client(transport=library.MockTransport(answer)) as mocked, stage.client() as client:
            return (await mocked.get("https://agents.invalid/")).text, await body(client, url)

    assert (("mock 1", b"hello"), ("mock 2", b"hello")) == stage.both(program)


@pytest.mark.parametrize("flavour", ASYNCIO, ids=str)
def test_asgi_transports_are_left_alone(stage: Stage) -> None:
    """An application that is called in the process is no network: it runs in the replay, too."""
    seen = list[str]()

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        seen.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"app"})

    url = stage.server.on("GET /", HELLO)

    async def program() -> list[bytes]:
        transport = stage.flavour.library.ASGITransport(app)
        async with stage.client(transport=transport) as inside, stage.client() as client:
            return [await body(inside, "http://app/in"), await body(client, url)]

    assert ([b"app", b"hello"], [b"app", b"hello"]) == stage.both(program)
    assert ["/in", "/in"] == seen


@pytest.mark.parametrize("flavour", SYNC, ids=str)
def test_wsgi_transports_are_left_alone(stage: Stage) -> None:
    """The same holds for a WSGI application."""
    seen = list[str]()

    def app(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        seen.append(environ["PATH_INFO"])
        start("200 OK", [])
        return [b"app"]

    url = stage.server.on("GET /", HELLO)

    async def program() -> list[bytes]:
        transport = stage.flavour.library.WSGITransport(app)
        async with stage.client(transport=transport) as inside, stage.client() as client:
            return [await body(inside, "http://app/in"), await body(client, url)]

    assert ([b"app", b"hello"], [b"app", b"hello"]) == stage.both(program)
    assert ["/in", "/in"] == seen
