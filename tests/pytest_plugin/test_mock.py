"""A router that answers the clients of both libraries, here and in a pytest of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
import respx

from replaykit.config import Config
from replaykit.pytest_plugin.mock.ready import router
from replaykit.pytest_plugin.mock.routing import NotMocked, Routed, Routing
from replaykit.transport.patch import Patch
from tests.pytest_plugin.stage import made, run

if TYPE_CHECKING:
    from tests.pytest_plugin.stage import Ran
    from tests.pytest_plugin.suite import Suite
    from tests.servers.wire import Server
    from tests.transport.flavour import Flavour

EARLIER = httpx2.Client()
"""A client that was there before any router."""


def test_respx_answers_both_libraries(mock: Any, flavour: Flavour) -> None:
    """Patterns, answers and calls of respx hold for every client, and an answer is of the client's own library."""
    route = mock.get("https://a.example/x", params={"q": "1"}).respond(201, json={"a": 1}, headers={"x-a": "b"})

    async def program() -> Any:
        async with flavour.client() as client:
            return await client.request("GET", "https://a.example/x?q=1")

    response = flavour.run(program)
    assert isinstance(response, flavour.library.Response)
    assert (201, {"a": 1}, "b") == (response.status_code, response.json(), response.headers["x-a"])
    assert isinstance(route.calls.last.request, httpx.Request)
    assert isinstance(mock, respx.Router)


@pytest.mark.parametrize("given", [httpx.ReadTimeout, httpx2.ReadTimeout, httpx2.ReadTimeout("late")], ids=str)
def test_an_error_is_of_the_clients_own_library(mock: Any, flavour: Flavour, given: Any) -> None:
    """A side effect may be an error of either library, as a class or an instance: each client gets its own."""
    mock.get("https://a.example/x").mock(side_effect=given)

    async def program() -> None:
        async with flavour.client() as client:
            await client.request("GET", "https://a.example/x")

    with pytest.raises(flavour.library.ReadTimeout):
        flavour.run(program)


def test_answers_of_httpx2_are_taken(mock: Any) -> None:
    """Responses of httpx2 are as good as httpx's: as an answer, in a list, with `%` and from a function."""

    def seen(request: httpx.Request, route: respx.Route) -> httpx2.Response:
        return httpx2.Response(200, text=f"{request.url.path} {route.call_count}")

    mock.get("https://a.example/list").mock(side_effect=[httpx2.Response(200, text="1"), httpx2.ConnectError("no")])
    mock.get("https://a.example/one") % httpx2.Response(200, text="one")
    mock.get("https://a.example/f").mock(side_effect=seen)
    assert "1" == EARLIER.get("https://a.example/list").text
    with pytest.raises(httpx2.ConnectError, match="no"):
        EARLIER.get("https://a.example/list")
    assert ["one", "one"] == [EARLIER.get("https://a.example/one").text for _ in range(2)]
    assert "/f 0" == httpx.get("https://a.example/f").text


def test_a_stream_comes_in_its_chunks(mock: Any, flavour: Flavour) -> None:
    """A body that is given as a generator is streamed, to async clients, too."""
    mock.get("https://a.example/x").mock(side_effect=lambda _request: httpx.Response(200, content=iter([b"a", b"b"])))

    async def program() -> list[bytes]:
        async with flavour.client() as client, client.stream("https://a.example/x") as response:
            return [chunk async for chunk in client.raw(response)]

    assert [b"a", b"b"] == flavour.run(program)


def test_a_route_lets_through(mock: Any, server: Server, flavour: Flavour) -> None:
    """What a route passes through is really sent, also through a transport that was given by hand."""
    url = server.on("GET /real", (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal",))
    mock.get(url).pass_through()

    async def program() -> str:
        async with flavour.client() as client:
            text: str = (await client.request("GET", url)).text
            return text

    assert "real" == flavour.run(program)
    assert 1 == server.connections


def test_a_transport_by_hand(routing: Routing, server: Server) -> None:
    """A transport of the router's answers by itself, and makes what sends when a route lets through."""
    url = server.on("GET /real", (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal",))
    routing.router.get(url).pass_through()
    routing.router.get("https://a.example/x").respond(text="mocked")
    transport: Any = Routed(routing)
    with httpx2.Client(transport=transport) as client:
        assert ["real", "mocked"] == [client.get(each).text for each in (url, "https://a.example/x")]


def test_an_unmocked_request_is_not_sent(mock: Any, routing: Routing, server: Server, flavour: Flavour) -> None:
    """What no route answers opens no connection, and the error names it, the routes and what would answer it."""
    mock.get("https://a.example/known", name="known")

    async def program() -> None:
        async with flavour.client() as client:
            await client.request("POST", f"{server.url}/v1/messages")

    with pytest.raises(NotMocked) as raised:
        flavour.run(program)
    told = str(raised.value)
    assert f"not mocked: POST {server.url}/v1/messages" in told
    assert "<Route name='known'" in told
    assert told.endswith('answer it: replaykit_mock.anthropic("…")')
    assert (0, [raised.value]) == (server.connections, routing.unmocked)


def test_a_route_that_an_error_names_fits(mock: Any, server: Server) -> None:
    """What the error says to write answers the same request from then on, a port in its address included."""
    with httpx2.Client() as client:
        with pytest.raises(NotMocked) as raised:
            client.get(f"{server.url}/week")
        assert f"answer it: replaykit_mock.get('{server.url}/week')" in str(raised.value)
        mock.get(f"{server.url}/week").respond(json={"celsius": 14})
        assert {"celsius": 14} == client.get(f"{server.url}/week").json()


def test_an_unmocked_request_hides_its_secrets(routing: Routing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in an address or a pattern is not shown by the error."""
    secret = "q8Zk2LpV0xW4mB7nT1rY"
    monkeypatch.setenv("WEATHER_API_KEY", secret)
    routing.router.get("https://a.example/y", headers={"x-key": secret})
    with pytest.raises(NotMocked) as raised:
        EARLIER.get(f"https://a.example/x?token={secret}")
    assert secret not in str(raised.value)
    assert str(raised.value).count("REDACTED") == 2


def test_nothing_is_left_behind(tmp_path: Any, server: Server) -> None:
    """Clients are their own again when the router is taken out, those that were made meanwhile, too."""
    url = server.on("GET /x", (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal",))
    patch = Patch(Routing(router(), Config(tmp_path)))
    before = httpx2.Client._transport_for_url  # noqa: SLF001  # what is patched
    patch.put()
    with httpx2.Client() as client:
        patch.take()
        assert "real" == client.get(url).text
    assert before is httpx2.Client._transport_for_url  # noqa: SLF001


PLAIN = """
    import sys, os
    import httpx, httpx2, pytest, respx

    def test_answers(replaykit_mock):
        replaykit_mock.get("https://a.example/x").respond(json={"a": 1})
        assert {"a": 1} == httpx2.get("https://a.example/x").json() == httpx.get("https://a.example/x").json()
        replaykit_mock.assert_all_called()
        assert os.environ["OPENAI_API_KEY"]

    def test_is_as_before():
        assert "OPENAI_API_KEY" not in os.environ

    def test_swallows(replaykit_mock):
        try:
            httpx2.get("https://a.example/x")
        except Exception:
            pass

    def test_ends_otherwise(replaykit_mock):
        try:
            httpx2.get("https://a.example/x")
        except Exception:
            raise KeyError("weather")

    def test_asks_late(request):
        mock = request.getfixturevalue("replaykit_mock")
        try:
            httpx2.get("https://a.example/x")
        except Exception:
            pass

    def test_has_idle_routes(replaykit_mock):
        replaykit_mock.get("https://a.example/x")

    def test_lacks_respx(request, monkeypatch):
        monkeypatch.setitem(sys.modules, "respx", None)
        request.getfixturevalue("replaykit_mock")

    @pytest.mark.episode
    def test_with_an_episode(replaykit_mock):
        replaykit_mock.get("https://a.example/x").respond(text="mocked")
        httpx2.get("https://a.example/x")
"""

MARKED = """
    import socket
    import httpx2, pytest

    @pytest.mark.episode
    def test_agent(episode, replaykit_mock):
        replaykit_mock.anthropic("Hello")
        message = httpx2.post("https://a.example/v1/messages", json={"model": "m"}).json()
        (part,) = message["content"]
        episode.output("answer", part)
        episode.check("answer", part)
        assert {"type": "text", "text": "Hello"} == part

    @pytest.mark.episode
    def test_has_no_router(episode):
        try:
            httpx2.Client(transport=episode.transport()).get("https://a.example/x")
        except Exception:
            pass

    @pytest.mark.episode
    def test_has_no_form(episode):
        episode.output("answer", object())

    @pytest.mark.episode(max_calls=0)
    def test_is_kept_in(replaykit_mock):
        with pytest.raises(ConnectionRefusedError, match="203.0.113.7: a test in mode mock opens no connection beyond"):
            socket.create_connection(("203.0.113.7", 80))
        replaykit_mock.get("https://203.0.113.7/x").pass_through()
        with pytest.raises(httpx2.ConnectError):
            httpx2.get("https://203.0.113.7/x")

    def test_not_marked(replaykit_mock):
        with pytest.raises(ConnectionRefusedError, match="203.0.113.7: a test in mode mock opens no connection beyond"):
            socket.create_connection(("203.0.113.7", 80))
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run in the usual mode."""
    return run(made(tmp_path_factory.mktemp("plain"), "plain", PLAIN))


@pytest.fixture(scope="module")
def mocked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Suite, Ran]:
    """A suite, and its run in mode mock."""
    suite = made(tmp_path_factory.mktemp("mocked"), "marked", MARKED)
    return suite, run(suite, TEST_MODE="MOCK")


def test_the_fixture_needs_no_mode(plain: Ran) -> None:
    """A test without a mark is answered in the usual mode, with placeholders for keys, and leaves nothing behind."""
    outcomes = plain.outcomes
    assert ["passed"] * 3 == [outcomes[test] for test in ("test_answers", "test_is_as_before", "test_has_idle_routes")]


def test_an_unmocked_request_cannot_be_swallowed(plain: Ran) -> None:
    """A test that asked for what no route answers fails, whatever its code made of the error, and says why."""
    assert ("failed", "failed") == (plain.outcomes["test_swallows"], plain.outcomes["test_ends_otherwise"])
    said = "not mocked: GET https://a.example/x\nthere are no routes\n"
    assert plain.account("test_swallows").startswith(said)
    assert plain.account("test_ends_otherwise").endswith("the test ended with KeyError: 'weather'")
    assert plain.account("test_asks_late").startswith(said)


def test_a_missing_respx_is_named(plain: Ran) -> None:
    """Without respx the fixture says what to install."""
    assert "pip install 'replaykit-llm[respx]'" in plain.account("test_lacks_respx")


def test_no_mock_takes_the_place_of_an_episode(plain: Ran) -> None:
    """A marked test wants its cassette, though there is a router."""
    assert "has no cassette" in plain.account("test_with_an_episode")


def test_mode_mock_needs_nothing_recorded(mocked: tuple[Suite, Ran]) -> None:
    """A marked test is answered by the router, without a key or a cassette, and keeps nothing."""
    suite, ran = mocked
    assert "passed" == ran.outcomes["test_agent"]
    assert [".git", "pyproject.toml", "tests"] == sorted(path.name for path in suite.folder.iterdir())


def test_mode_mock_answers_nothing_by_itself(mocked: tuple[Suite, Ran]) -> None:
    """A marked test that fills no router fails for what it asks."""
    told = mocked[1].account("test_has_no_router")
    assert "not mocked: GET https://a.example/x" in told
    assert "answer it: replaykit_mock.get('https://a.example/x')" in told


def test_mode_mock_looks_at_outputs(mocked: tuple[Suite, Ran]) -> None:
    """A value that could not be recorded is refused."""
    assert "output 'answer' has no JSON form" in mocked[1].account("test_has_no_form")


def test_mode_mock_reaches_nobody(mocked: tuple[Suite, Ran]) -> None:
    """No connection leaves the machine, whatever opens it, and even where a route lets a request through."""
    outcomes = mocked[1].outcomes
    assert ("passed", "passed") == (outcomes["test_is_kept_in"], outcomes["test_not_marked"])
