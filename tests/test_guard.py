"""The guard: what did not come through us is noted, and what a replay may not reach is refused.

No test lets a packet leave this machine: what goes beyond is refused before it is sent, or is a
datagram socket that is connected and never used.
"""

from __future__ import annotations

import asyncio
import ftplib
import http.client
import os
import socket
import subprocess
import sys
import textwrap
import threading
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import aiohttp
import anyio
import httpx
import httpx2
import pytest
import requests
import urllib3

from replaykit.errors import Unreachable
from replaykit.guard import Guard, ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from replaykit.core.model import Unseen

OUTSIDE = ("192.0.2.1", 9)
"""An address for documentation (RFC 5737): nobody is there."""

NOWHERE = "api.example.com"


@dataclass
class Notes:
    """What a guard has told, in its order."""

    unseen: list[Unseen] = field(default_factory=list)
    spawned: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def said(self) -> list[tuple[str, str]]:
        """What was noted, and by which library."""
        return [(each.what, each.how) for each in self.unseen]

    def guard(self, *, refuse: bool = False, allow: Callable[[str], bool] = lambda _host: False) -> Guard:
        """A guard that tells these notes."""
        return Guard(self.unseen.append, refuse, allow, self.spawned.append)


@pytest.fixture
def noting() -> Iterator[Notes]:
    """A guard at work as in a recording."""
    notes = Notes()
    guard = notes.guard()
    guard.start()
    yield notes
    guard.stop()


@pytest.fixture
def refusing() -> Iterator[Notes]:
    """A guard at work as in a replay."""
    notes = Notes()
    guard = notes.guard(refuse=True)
    guard.start()
    yield notes
    guard.stop()


class Hello(BaseHTTPRequestHandler):
    """Answers every request with a greeting."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a web server on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hello) as web:
        threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield web.server_port
        web.shutdown()


def by_urllib3(port: int) -> bytes:
    with urllib3.PoolManager() as pool:
        return pool.request("GET", f"http://localhost:{port}/").data


def by_requests(port: int) -> bytes:
    return requests.get(f"http://localhost:{port}/", timeout=5).content


def by_http_client(port: int) -> bytes:
    connection = http.client.HTTPConnection("localhost", port)
    connection.request("GET", "/")
    answer = connection.getresponse().read()
    connection.close()
    return answer


def by_urllib(port: int) -> bytes:
    with urllib.request.urlopen(f"http://localhost:{port}/") as answer:
        return bytes(answer.read())


def by_httpx(port: int) -> bytes:
    return httpx.get(f"http://localhost:{port}/").content


def by_httpx2(port: int) -> bytes:
    return httpx2.get(f"http://localhost:{port}/").content


def by_aiohttp(port: int) -> bytes:
    async def ask() -> bytes:
        async with aiohttp.ClientSession() as session, session.get(f"http://localhost:{port}/") as answer:
            return await answer.read()

    return asyncio.run(ask())


def by_asyncio(port: int) -> bytes:
    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("localhost", port)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer[-5:]

    return asyncio.run(ask())


def by_anyio(port: int) -> bytes:
    async def ask() -> bytes:
        async with await anyio.connect_tcp("localhost", port) as stream:
            await stream.send(b"GET / HTTP/1.0\r\n\r\n")
            return b"".join([part async for part in stream])[-5:]

    return anyio.run(ask)


def by_socket(port: int) -> bytes:
    with socket.create_connection(("localhost", port)) as plain:
        plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with plain.makefile("rb") as answer:
            return answer.read()[-5:]


@pytest.mark.parametrize(
    ("ask", "how"),
    [
        (by_urllib3, "urllib3"),
        (by_requests, "urllib3"),
        (by_http_client, "http.client"),
        (by_urllib, "http.client"),
        (by_httpx, "httpx"),
        (by_httpx2, "httpx2"),
        (by_aiohttp, "aiohttp"),
        (by_asyncio, "asyncio"),
        (by_anyio, "anyio"),
        (by_socket, "socket"),
    ],
)
def test_a_connection_is_noted_by_name_and_library(
    noting: Notes, port: int, ask: Callable[[int], bytes], how: str
) -> None:
    """The host as the program called it, and the library an engineer would name, once for each connection."""
    assert b"hello" == ask(port)
    assert [("localhost", how)] == noting.said
    ask(port)
    assert [("localhost", how)] * 2 == noting.said


def test_an_address_without_a_name_is_its_own_name(noting: Notes, port: int) -> None:
    """A connection by address is noted by the address."""
    socket.create_connection(("127.0.0.1", port)).close()
    # Looked up as "localhost" by whoever came before, the address would have that name.
    assert [("127.0.0.1", "socket")] == [(what.replace("localhost", "127.0.0.1"), how) for what, how in noting.said]


@pytest.mark.parametrize("ask", [by_urllib3, by_httpx, by_httpx2, by_aiohttp, by_asyncio, by_anyio])
def test_what_came_through_us_is_not_noted(noting: Notes, port: int, ask: Callable[[int], bytes]) -> None:
    """Inside `ours()` connections are silent, in the tasks of that block, too; behind it they are not."""
    with ours():
        ask(port)
        with ours():
            pass
        ask(port)
    assert [] == noting.said
    ask(port)
    assert 1 == len(noting.said)


def test_a_block_may_end_in_another_context(noting: Notes) -> None:
    """A stream that is closed by another task than it was opened in leaves the block all the same."""
    block = ours()

    async def enter() -> None:
        block.__enter__()

    async def leave() -> None:
        block.__exit__(None, None, None)

    async def both() -> None:
        await asyncio.create_task(enter())
        await asyncio.create_task(leave())

    asyncio.run(both())
    assert [] == noting.said


def test_what_is_not_the_network_is_ignored(noting: Notes, tmp_path: Path) -> None:
    """Unix sockets and socket pairs are nobody's business."""
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)
    for end in socket.socketpair():
        end.close()
    assert [] == noting.said


def test_datagrams_are_noted_once(noting: Notes) -> None:
    """A socket that sends many datagrams is one connection."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s,
    ):
        there.bind(("127.0.0.2", 0))
        for _ in range(3):
            s.sendto(b"x", there.getsockname())
    assert [("127.0.0.2", "socket")] == noting.said


def refused(how: str, ask: Callable[[], Any], notes: Notes, host: str = NOWHERE) -> None:
    """Check that this is refused, with host and library in the message, and noted."""
    with pytest.raises(OSError, match=host) as caught:
        ask()
    assert isinstance(caught.value, Unreachable)
    assert f"(asked for by {how})" in str(caught.value)
    assert (host, how) in notes.said


def test_a_name_beyond_this_machine_is_refused(refusing: Notes) -> None:
    """Nobody is even asked for the address."""
    refused("socket", lambda: socket.create_connection((NOWHERE, 80)), refusing)
    refused("socket", lambda: socket.gethostbyname(NOWHERE), refusing)
    refused("http.client", lambda: http.client.HTTPConnection(NOWHERE).request("GET", "/"), refusing)
    refused("ftplib", lambda: ftplib.FTP(NOWHERE), refusing)  # noqa: S321 -- refused


def test_an_address_beyond_this_machine_is_refused(refusing: Notes) -> None:
    """A connection by address is refused before a packet leaves, and a datagram, too."""
    with socket.socket() as stream, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        refused("socket", lambda: stream.connect(OUTSIDE), refusing, OUTSIDE[0])
        refused("socket", lambda: stream.connect_ex(OUTSIDE), refusing, OUTSIDE[0])
        refused("socket", lambda: datagrams.sendto(b"x", OUTSIDE), refusing, OUTSIDE[0])
        refused("socket", lambda: datagrams.sendmsg([b"x"], [], 0, OUTSIDE), refusing, OUTSIDE[0])


@pytest.mark.parametrize(
    ("ask", "how"),
    [
        (lambda: urllib3.request("GET", f"http://{OUTSIDE[0]}/", retries=False), "urllib3"),
        (lambda: requests.get(f"http://{OUTSIDE[0]}/", timeout=5), "urllib3"),
        (lambda: urllib.request.urlopen(f"http://{OUTSIDE[0]}/"), "http.client"),
        (lambda: httpx.get(f"http://{OUTSIDE[0]}/"), "httpx"),
        (lambda: httpx2.get(f"http://{OUTSIDE[0]}/"), "httpx2"),
        (lambda: asyncio.run(asyncio.open_connection(*OUTSIDE)), "asyncio"),
    ],
)
def test_what_a_library_makes_of_it_is_noted(refusing: Notes, ask: Callable[[], Any], how: str) -> None:
    """Every library fails as on a closed network, and the attempt is known whatever becomes of the error."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 -- each library has its own
        ask()
    chain: list[BaseException | None] = [caught.value]
    while chain[-1] is not None and not isinstance(chain[-1], Unreachable):
        inner = getattr(chain[-1], "reason", None)
        chain.append(inner if isinstance(inner, BaseException) else chain[-1].__cause__ or chain[-1].__context__)
    assert isinstance(chain[-1], Unreachable)
    assert (OUTSIDE[0], how) in refusing.said


def test_aiohttp_is_refused_by_name(refusing: Notes) -> None:
    """A name that asyncio looks up in a thread of its own is refused there."""

    async def ask() -> None:
        async with aiohttp.ClientSession() as session:
            await session.get(f"http://{NOWHERE}/")

    with pytest.raises(aiohttp.ClientConnectorError):
        asyncio.run(ask())
    assert {NOWHERE} == {what for what, _ in refusing.said}


def test_a_swallowed_refusal_is_known(refusing: Notes) -> None:
    """The program may catch what it likes."""
    with socket.socket() as stream:
        for _ in range(2):
            try:
                stream.connect(OUTSIDE)
            except OSError:
                continue
    assert [(OUTSIDE[0], "socket")] * 2 == refusing.said


def test_this_machine_is_not_refused(refusing: Notes, port: int) -> None:
    """Loopback works, and is noted."""
    assert b"hello" == by_urllib3(port)
    assert [("localhost", "urllib3")] == refusing.said
    socket.getaddrinfo(None, 80)
    socket.getfqdn()
    assert [("localhost", "urllib3")] == refusing.said


def test_an_allowed_host_is_noted_only() -> None:
    """What may be reached is reached, and still not silent."""
    notes = Notes()
    guard = notes.guard(refuse=True, allow=lambda host: host == OUTSIDE[0])
    guard.start()
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
            unused.connect_ex(OUTSIDE)  # a datagram socket sends nothing to connect
    finally:
        guard.stop()
    assert [(OUTSIDE[0], "socket")] == notes.said


def test_a_stopped_guard_leaves_nothing_behind(port: int) -> None:
    """After the last guard the resolver is the original, and nobody is told or refused."""
    original, notes = socket.getaddrinfo, Notes()
    first, second = notes.guard(refuse=True), notes.guard()
    first.start()
    first.start()
    second.start()
    by_socket(port)
    assert 2 == len(notes.said)
    first.stop()
    assert socket.getaddrinfo is not original
    second.stop()
    second.stop()
    assert socket.getaddrinfo is original
    by_socket(port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.connect_ex(OUTSIDE)
    assert 2 == len(notes.said)


def test_somebody_elses_resolver_stays(port: int) -> None:
    """A wrapper that was put around ours in the meantime is not thrown away."""
    original, guard = socket.getaddrinfo, Notes().guard()
    guard.start()
    wrapped = socket.getaddrinfo

    def theirs(*arguments: Any, **named: Any) -> Any:
        return wrapped(*arguments, **named)

    socket.getaddrinfo = theirs
    try:
        guard.stop()
        assert socket.getaddrinfo is theirs
        assert b"hello" == by_socket(port)
    finally:
        socket.getaddrinfo = original


def test_somebody_who_puts_ours_back_does_not_keep_it(port: int) -> None:
    """A suite that undoes its own patch after ours was taken out has one of ours there, and no more with each test."""
    original, ours = socket.getaddrinfo, set[object]()
    try:
        for _ in range(3):
            guard = Notes().guard()
            guard.start()
            found = socket.getaddrinfo
            socket.getaddrinfo = lambda *_arguments, **_named: []
            guard.stop()
            socket.getaddrinfo = found
            ours.add(found)
        assert 1 == len(ours)
        guard = Notes().guard()
        guard.start()
        assert b"hello" == by_socket(port)
        guard.stop()
        assert original is socket.getaddrinfo
    finally:
        socket.getaddrinfo = original


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (lambda: subprocess.run(["true"], check=True), "true"),
        (lambda: subprocess.run("true --version | cat", shell=True, check=True, stdout=subprocess.DEVNULL), "true"),  # noqa: S602 -- told apart
        (lambda: os.system("A=b true"), "true"),  # noqa: S605 -- as above
        (lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0), "true"),
        (lambda: subprocess.run(["/bin/true"], close_fds=False, check=True), "true"),
        (lambda: asyncio.run(_asyncio_true()), "true"),
    ],
)
def test_other_programs_are_noted(noting: Notes, start: Callable[[], Any], said: str) -> None:
    """A program that is no Python is named, however it is started and whatever shell is around it."""
    start()
    assert [(said, "subprocess")] == noting.said


async def _asyncio_true() -> None:
    await (await asyncio.create_subprocess_exec("true")).wait()


def test_pythons_are_handed_over(noting: Notes) -> None:
    """A Python is not foreign: whether it was covered is found out at the end."""
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    subprocess.run([Path(sys.executable), b"-c", "pass"], check=True)
    assert [(sys.executable, "-c", "pass")] * 2 == noting.spawned
    assert [] == noting.said


def test_asking_the_machine_is_no_news(noting: Notes) -> None:
    """What the standard library starts to learn about the machine is not noted."""
    subprocess.run(["uname", "-p"], check=True, stdout=subprocess.DEVNULL)
    assert [] == noting.said


def test_becoming_another_program_is_noted() -> None:
    """A process says what it becomes before it is gone, once, wherever on PATH that is found."""
    script = textwrap.dedent("""
        import os
        from replaykit.guard import Guard
        Guard(lambda unseen: os.write(1, f"{unseen.what} {unseen.how}\\n".encode()), False, lambda _: False).start()
        os.execvp("true", ["true"])
    """)
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "PATH": f"/nonesuch:{os.environ['PATH']}"}
    out = subprocess.run([sys.executable, "-c", script], env=env, check=True, stdout=subprocess.PIPE)
    assert b"true subprocess\n" == out.stdout


def test_other_events_cost_next_to_nothing(noting: Notes) -> None:
    """An event that is none of ours is passed over in less than a microsecond."""
    assert [] == noting.said

    def cost() -> float:
        began = perf_counter()
        for _ in range(10_000):
            sys.audit("replaykit.test")
        return (perf_counter() - began) / 10_000

    assert min(cost() for _ in range(5)) < 1e-6
