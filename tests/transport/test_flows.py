"""What clients do around a single request keeps working: redirects, cookies, auth, uploads, hooks, HTTP/2."""

# objects of either library
from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

import replaykit
from tests.servers.digest import Digest
from tests.servers.http2 import Http2Server
from tests.servers.script import Asked, Script, document, head, plain
from tests.transport.flavour import EVERY, Flavour

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.certificates import Certificates
    from tests.transport.stage import Stage


def test_redirects_are_followed_again(stage: Stage) -> None:
    """Every hop of a redirect is a step, and the history is the same."""
    stage.server.on("GET /c", plain(b"arrived"))
    stage.server.on("GET /b", plain(b"", 307, (("Location", "/c"),)))
    url = stage.server.on("GET /a", plain(b"moved", 302, (("Location", "/b"),)))

    async def program() -> tuple[str, list[tuple[int, str]]]:
        async with stage.client(follow_redirects=True) as client:
            response = await client.get(url)
            return response.text, [(hop.status_code, str(hop.url)) for hop in response.history]

    recorded, replayed = stage.both(program)
    assert ("arrived", [(302, f"{stage.server.url}/a"), (307, f"{stage.server.url}/b")]) == recorded
    assert recorded == replayed


def test_a_redirected_upload_is_sent_again(stage: Stage) -> None:
    """A 307 carries the body along, both times."""
    stage.server.on("POST /b", lambda asked: plain(b"got " + asked.body))
    url = stage.server.on("POST /a", plain(b"", 307, (("Location", "/b"),)))

    async def program() -> str:
        async with stage.client(follow_redirects=True) as client:
            text: str = (await client.post(url, content=b"cargo")).text
            return text

    assert ("got cargo", "got cargo") == stage.both(program)


def test_cookies_live_on(stage: Stage) -> None:
    """A cookie that an answer sets goes out with the next request, also in the replay."""

    def shop(asked: Asked) -> Script:
        known = "cart=" in asked.headers.get("cookie", "")
        return plain(b"welcome back" if known else b"hello", headers=(("Set-Cookie", "cart=17; Path=/"),))

    url = stage.server.on("GET /", shop)

    async def program() -> tuple[str, str, list[str]]:
        async with stage.client() as client:
            first, second = (await client.get(url)).text, (await client.get(url)).text
            return first, second, [cookie.name for cookie in client.client.cookies.jar]

    recorded, replayed = stage.both(program)
    assert ("hello", "welcome back", ["cart"]) == recorded
    assert recorded == replayed


def test_digest_authentication(stage: Stage) -> None:
    """A flow of two requests, with a nonce of the client's own, is replayed as one."""
    url = stage.server.on("GET /", Digest("ada", "engine"))

    async def program() -> tuple[int, str, int]:
        async with stage.client(auth=stage.flavour.library.DigestAuth("ada", "engine")) as client:
            response = await client.get(url)
            return response.status_code, response.text, len(response.history)

    recorded, replayed = stage.both(program)
    assert (200, "inside", 1) == recorded
    assert recorded == replayed


def test_a_flow_that_fetches_a_token_first(stage: Stage) -> None:
    """An auth flow that reads one answer to ask the next is replayed, whatever the token."""
    library = stage.flavour.library
    stage.server.on("POST /token", document({"access_token": "tok-1234567890abcdef"}))
    url = stage.server.on("GET /", lambda asked: plain(b"in" if "authorization" in asked.headers else b"out"))
    token_url = stage.server.url + "/token"

    class Token(library.Auth):  # type: ignore[name-defined, misc]
        requires_response_body = True

        def auth_flow(self, request: Any) -> Any:
            answer = yield library.Request("POST", token_url, json={"grant_type": "client_credentials"})
            request.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            yield request

    async def program() -> str:
        async with stage.client(auth=Token()) as client:
            text: str = (await client.get(url)).text
            return text

    assert ("in", "in") == stage.both(program)


def test_a_new_key_is_no_new_request(stage: Stage) -> None:
    """Credentials do not count: a replay with another key, or with none, is served."""
    url = stage.server.on("GET /", plain(b"paid"))

    async def ask(**headers: str) -> str:
        async with stage.client(headers=headers) as client:
            text: str = (await client.get(url)).text
            return text

    assert "paid" == stage.record(lambda: ask(Authorization="Bearer sk-live-0123456789abcdef"))
    stage.server.stop()
    assert "paid" == stage.replay(lambda: ask(Authorization="Bearer other"))
    assert "paid" == stage.replay(ask)


def test_multipart_has_a_new_boundary_every_time(stage: Stage) -> None:
    """A form with files is the same request, though its boundary is made up anew."""
    url = stage.server.on("POST /", lambda asked: plain(b"%d" % asked.body.count(b"filename=")))
    files = [("files", ("a.txt", b"one")), ("files", ("b.bin", bytes(range(256))))]

    async def program() -> str:
        async with stage.client() as client:
            text: str = (await client.post(url, files=files, data={"purpose": "batch"})).text
            return text

    assert ("2", "2") == stage.both(program)


@pytest.mark.parametrize("flavour", EVERY, ids=str)
def test_an_upload_is_streamed(stage: Stage) -> None:
    """While recording, the server has the first piece before the program makes the second."""
    heard = threading.Event()
    url = stage.server.on("POST /", lambda asked: plain(asked.body.upper()), ear=lambda _piece: heard.set())

    def pieces() -> Iterator[bytes]:
        yield b"first "
        assert heard.wait(5), "the first piece was held back"
        yield b"second"

    async def program() -> str:
        async with stage.client() as client:
            text: str = (await client.post(url, content=stage.flavour.upload(pieces()))).text
            return text

    recorded, replayed = stage.both(program)
    assert "FIRST SECOND" == recorded
    assert recorded == replayed


def test_an_upload_is_one_body_however_cut(stage: Stage) -> None:
    """The pieces of an upload do not count, their sum does."""
    url = stage.server.on("POST /", plain(b"thanks"))

    async def ask(*pieces: bytes) -> str:
        async with stage.client() as client:
            text: str = (await client.post(url, content=stage.flavour.upload(pieces))).text
            return text

    assert "thanks" == stage.record(lambda: ask(b"one", b"two"))
    stage.server.stop()
    assert "thanks" == stage.replay(lambda: ask(b"o", b"net", b"wo"))


def test_hooks_hear_the_same(stage: Stage) -> None:
    """Event hooks see every request and every response, in the recording and in the replay."""
    url = stage.server.on("GET /a", plain(b"", 302, (("Location", "/b"),)))
    stage.server.on("GET /b", plain(b"there", headers=(("X-Request-Id", "req_1"),)))

    async def program() -> list[tuple[str, object]]:
        heard: list[tuple[str, object]] = []
        hooks = {
            "request": [stage.flavour.hook(lambda request: heard.append(("asked", request.url.path)))],
            "response": [stage.flavour.hook(lambda answer: heard.append(("told", answer.status_code)))],
        }
        async with stage.client(event_hooks=hooks, follow_redirects=True) as client:
            await client.get(url)
        return heard

    recorded, replayed = stage.both(program)
    assert [("asked", "/a"), ("told", 302), ("asked", "/b"), ("told", 200)] == recorded
    assert recorded == replayed


def test_a_base_url_and_defaults(stage: Stage) -> None:
    """Base URL, default headers and query parameters end up in the request, both times."""
    stage.server.on("GET /v1/things?page=2", plain(b"page two"))

    async def program() -> str:
        async with stage.client(base_url=f"{stage.server.url}/v1", params={"page": 2}) as client:
            text: str = (await client.get("things")).text
            return text

    assert ("page two", "page two") == stage.both(program)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
def test_every_method_counts(stage: Stage, method: str) -> None:
    """A method is part of the request, also one that nobody knows."""
    url = stage.server.on(f"{method} /", plain(method.encode()))

    async def program() -> str:
        async with stage.client() as client:
            text: str = (await client.request(method, url)).text
            return text

    assert (method, method) == stage.both(program)


def test_interim_answers_are_not_answers(stage: Stage) -> None:
    """Several 1xx before the answer leave no trace in it."""
    script = (head(100, (), "Continue"), head(103, (("Link", "</x>"),), "Early Hints"), *plain(b"at last"))
    url = stage.server.on("POST /", script)

    async def program() -> tuple[int, str]:
        async with stage.client() as client:
            response = await client.post(url, content=b"x", headers={"Expect": "100-continue"})
            return response.status_code, response.text

    assert ((200, "at last"), (200, "at last")) == stage.both(program)


def test_http_2(flavour: Flavour, store: Path, certificates: Certificates) -> None:
    """An answer over HTTP/2 says so in the replay, and comes in the same frames."""
    frames = [b"one", b"two" * 100, b"three"]

    async def ask(url: str) -> tuple[str, list[bytes]]:
        async with flavour.client(http2=True, verify=certificates.client()) as client, client.stream(url) as response:
            return response.http_version, [chunk async for chunk in client.raw(response)]

    with Http2Server(certificates.server("h2"), frames) as server, replaykit.record("story", store=store):
        recorded = flavour.run(lambda: ask(f"{server.url}/a"))
    with replaykit.replay("story", store=store):
        replayed = flavour.run(lambda: ask(f"{server.url}/a"))
    assert ("HTTP/2", b"".join(frames)) == (recorded[0], b"".join(recorded[1]))
    assert recorded == replayed
    assert ["/a"] == server.paths
