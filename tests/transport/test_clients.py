"""Every client is seen, however it was built, and the libraries are left as they were found."""

# objects of either library
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import replaykit
from tests.servers.proxy import Proxy
from tests.servers.script import plain
from tests.servers.wire import Server
from tests.transport.flavour import Flavour, Talker
from tests.transport.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
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


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_a_proxy_is_no_way_around(stage: Stage, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client with a proxy, given or found, goes through it while recorded, and needs none in the replay."""
    url = stage.server.on("GET /", HELLO)
    with Proxy() as proxy:
        options = {"proxy": proxy.url} if how == "argument" else {}
        if how == "environment":
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)

        async def program() -> bytes:
            async with stage.client(**options) as client:
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
