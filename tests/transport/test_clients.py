"""Every client is seen, however and whenever it was built; what is not the network is left alone."""

# objects of either library
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import replaykit
from tests.servers.proxy import Proxy
from tests.servers.script import plain
from tests.servers.wire import Server
from tests.transport.flavour import ASYNCIO, SYNC, Flavour, Talker
from tests.transport.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.servers.certificates import Certificates

HELLO = plain(b"hello")


async def body(client: Talker, url: str, **options: Any) -> bytes:
    """The body that a client gets."""
    content: bytes = (await client.get(url, **options)).content
    return content


def test_a_client_built_before_the_block_is_seen(stage: Stage) -> None:
    """A client that is older than the recording is recorded, and one older than the replay is served."""
    url = stage.server.on("GET /", HELLO)

    def asking() -> Callable[[], Any]:
        client = stage.flavour.talker()

        async def program() -> bytes:
            try:
                return await body(client, url)
            finally:
                await client.close()

        return program

    recorded = stage.record(asking())
    stage.server.stop()
    assert (b"hello", b"hello") == (recorded, stage.replay(asking()))


def test_after_the_block_the_network_is_back(stage: Stage) -> None:
    """Requests after a block go to the network and are not recorded: a replay does not miss them."""
    url = stage.server.on("GET /", plain(b"one"), plain(b"two"))

    async def program() -> bytes:
        async with stage.client() as client:
            return await body(client, url)

    assert b"one" == stage.record(program)
    assert b"two" == stage.flavour.run(program)
    stage.server.stop()
    assert b"one" == stage.replay(program)


def test_the_library_is_left_as_it_was_found(stage: Stage) -> None:
    """After a block, every attribute of the library's clients and transports is the one from before."""

    def attributes() -> list[dict[str, object]]:
        library = stage.flavour.library
        names = ("Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport", "BaseTransport", "AsyncBaseTransport")
        return [dict(vars(getattr(library, name))) for name in names]

    async def program() -> None:
        async with stage.client() as client:
            await client.get(stage.server.url)

    before = attributes()
    stage.record(program)
    assert before == attributes()
    stage.replay(program)
    assert before == attributes()


def test_module_level_functions_are_seen(server: Server, store: Path) -> None:
    """`httpx.get` and its like are clients, too."""
    import httpx
    import httpx2

    url = server.on("GET /", HELLO)
    with replaykit.record("story", store=store):
        recorded = [httpx.get(url).text, httpx2.get(url).text]
    server.stop()
    with replaykit.replay("story", store=store):
        assert recorded == [httpx.get(url).text, httpx2.get(url).text]


def test_a_proxy_is_no_way_around(stage: Stage) -> None:
    """A client with `proxy=` goes through its proxy while recorded, and needs none in the replay."""
    url = stage.server.on("GET /", HELLO)
    with Proxy() as proxy:

        async def program() -> bytes:
            async with stage.client(proxy=proxy.url) as client:
                return await body(client, url)

        recorded = stage.record(program)
        assert [url] == proxy.lines
    stage.server.stop()
    assert recorded == stage.replay(program)


def test_a_tunnel_is_no_way_around(flavour: Flavour, store: Path, certificates: Certificates) -> None:
    """TLS through a proxy's tunnel is recorded in clear, and needs no proxy in the replay."""
    context = certificates.client()
    with Server(tls=certificates.server()) as server, Proxy() as proxy:
        stage = Stage(flavour, server, store)
        url = server.on("GET /", HELLO)

        async def program() -> bytes:
            async with stage.client(proxy=proxy.url, verify=context) as client:
                return await body(client, url)

        recorded, replayed = stage.both(program)
        assert [f"127.0.0.1:{server.port}"] == proxy.lines
    assert (b"hello", b"hello") == (recorded, replayed)


def test_mounts_are_no_way_around(stage: Stage) -> None:
    """A transport mounted for one host is recorded and replayed like the main one."""
    url = stage.server.on("GET /", HELLO)

    async def program() -> bytes:
        async with stage.client(mounts={"http://127.0.0.1": stage.flavour.network()}) as client:
            return await body(client, url)

    assert (b"hello", b"hello") == stage.both(program)


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


def test_a_client_of_ones_own_is_no_way_around(stage: Stage) -> None:
    """A subclass of the library's client is recorded like the client."""
    url = stage.server.on("GET /", HELLO)
    library = stage.flavour.library

    class Mine(library.AsyncClient if stage.flavour.waits else library.Client):  # type: ignore[misc]
        pass

    async def program() -> bytes:
        client = Talker(Mine(), waits=stage.flavour.waits)
        try:
            return await body(client, url)
        finally:
            await client.close()

    assert (b"hello", b"hello") == stage.both(program)


def test_by_hand(stage: Stage) -> None:
    """A client with `transport=episode.transport()` is recorded once, and served once."""
    url = stage.server.on("GET /", HELLO)

    async def ask(transport: Any) -> bytes:
        async with stage.client(transport=transport) as client:
            return await body(client, url)

    with replaykit.record("story", store=stage.store) as episode:
        recorded = stage.flavour.run(lambda: ask(episode.transport()))
    stage.server.stop()
    with replaykit.replay("story", store=stage.store) as episode:
        assert recorded == stage.flavour.run(lambda: ask(episode.transport()))
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
    with replaykit.replay("story", store=stage.store) as episode:
        assert {"from": "inner"} == stage.flavour.run(lambda: ask(episode))
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


@pytest.mark.parametrize("flavour", ASYNCIO, ids=str)
def test_blocks_are_async_context_managers_too(stage: Stage) -> None:
    """`async with` records and replays as `with` does."""
    url = stage.server.on("GET /", HELLO)

    async def ask() -> bytes:
        async with stage.client() as client:
            return await body(client, url)

    async def recording() -> bytes:
        async with replaykit.record("story", store=stage.store):
            return await ask()

    async def replaying() -> bytes:
        async with replaykit.replay("story", store=stage.store):
            return await ask()

    recorded = stage.flavour.run(recording)
    stage.server.stop()
    assert recorded == stage.flavour.run(replaying)
