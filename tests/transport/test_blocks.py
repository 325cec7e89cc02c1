# objects of either library
"""What a block takes in and what it does not: nested, left with streams open, entered before the library is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import replaykit
from tests.servers.script import plain, stream
from tests.transport.flavour import ASYNCIO, SYNC, Talker

if TYPE_CHECKING:
    from tests.servers.wire import Server
    from tests.transport.stage import Stage

HELLO = plain(b"hello")


async def body(client: Talker, url: str) -> bytes:
    """The body that a client gets."""
    content: bytes = (await client.get(url)).content
    return content


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


def test_the_inner_of_two_blocks_has_the_request(stage: Stage) -> None:
    """Requests inside a nested block belong to it alone, those after it to the outer one again."""
    url = stage.server.on("GET /", plain(b"one"), plain(b"two"), plain(b"three"))

    async def ask() -> bytes:
        async with stage.client() as client:
            return await body(client, url)

    with replaykit.record("outer", store=stage.store):
        recorded = [stage.flavour.run(ask)]
        with replaykit.record("inner", store=stage.store):
            recorded.append(stage.flavour.run(ask))
        recorded.append(stage.flavour.run(ask))
    stage.server.stop()
    with replaykit.replay("inner", store=stage.store):
        inner = [stage.flavour.run(ask)]
    with replaykit.replay("outer", store=stage.store):
        outer = [stage.flavour.run(ask), stage.flavour.run(ask)]
    assert ([b"one", b"two", b"three"], [b"two"], [b"one", b"three"]) == (recorded, inner, outer)


@pytest.mark.parametrize("flavour", SYNC, ids=str)
def test_a_stream_outlives_its_block(stage: Stage) -> None:
    """A stream that is read on after its recording has ended gives the program all there is."""
    gate = stage.server.gate()
    url = stage.server.on("GET /", stream(b"one", gate, b"two"))
    client = stage.flavour.library.Client()
    with replaykit.record("story", store=stage.store):
        response = client.send(client.build_request("GET", url), stream=True)
        chunks = response.iter_raw()
        first = next(chunks)
    gate.set()
    assert [b"one", b"two"] == [first, *chunks]
    client.close()
    stage.server.stop()
    with replaykit.replay("story", store=stage.store), stage.flavour.library.stream("GET", url) as response:
        assert b"one" == next(response.iter_raw())


@pytest.mark.parametrize("flavour", SYNC, ids=str)
def test_a_transport_outlives_its_replay_and_sends_nothing(stage: Stage) -> None:
    """A client made by hand for a replay does not reach the network when the replay is over."""
    url = stage.server.on("GET /", HELLO)
    stage.record(lambda: _asked(stage, url))
    with replaykit.replay("story", store=stage.store) as episode:
        client = stage.flavour.library.Client(transport=episode.transport())
        assert "hello" == client.get(url).text
    with pytest.raises(replaykit.UsageError, match="story has ended"):
        client.get(url)
    assert 1 == len(stage.server.requests)


@pytest.mark.parametrize("flavour", SYNC, ids=str)
def test_a_transport_outlives_its_recording_and_goes_on(stage: Stage) -> None:
    """A client made by hand for a recording works on when that is over, and no more is recorded."""
    url = stage.server.on("GET /", plain(b"one"), plain(b"two"))
    with replaykit.record("story", store=stage.store) as episode:
        client = stage.flavour.library.Client(transport=episode.transport())
        assert "one" == client.get(url).text
    assert "two" == client.get(url).text
    client.close()
    stage.server.stop()
    assert b"one" == stage.replay(lambda: _asked(stage, url))


async def _asked(stage: Stage, url: str) -> bytes:
    async with stage.client() as client:
        return await body(client, url)


LATE = """
import sys, replaykit
name, store, url = sys.argv[1:]
with getattr(replaykit, name)("story", store=store):
    assert not {"httpx", "httpx2"} & set(sys.modules)
    import httpx, httpx2
    print(httpx.get(url).text, httpx2.get(url).text)
"""


def test_libraries_imported_inside_a_block_are_seen(server: Server, store: Path) -> None:
    """A program that imports httpx and httpx2 only when the block is open is recorded and replayed."""
    url = server.on("GET /", plain(b"one"), plain(b"two"))
    recorded = _python(LATE, "record", store, url)
    server.stop()
    assert "one two\n" == recorded
    assert recorded == _python(LATE, "replay", store, url)


POOL = """
import sys, replaykit
from replaykit.session.active import current

def name():
    return current().name

with replaykit.record("ann", store=sys.argv[1]), replaykit.record("bob", store=sys.argv[1]):
    assert "concurrent.futures.thread" not in sys.modules
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(1) as pool:
        print(pool.submit(name).result())
print(hasattr(ThreadPoolExecutor.submit, "__wrapped__"))
"""


def test_a_pool_imported_inside_a_block_carries_its_session(store: Path) -> None:
    """Where pools of threads are imported only when two blocks are open, work belongs to the one that gave it."""
    assert "bob\nFalse\n" == _python(POOL, store)


AROUND = """
import sys, replaykit
from concurrent.futures import ThreadPoolExecutor
original, seen = ThreadPoolExecutor.submit, []
for _ in range(3):
    with replaykit.record("ann", store=sys.argv[1]):
        ours = ThreadPoolExecutor.submit
        def theirs(pool, *work):
            seen.append(work)
            return ours(pool, *work)
        ThreadPoolExecutor.submit = theirs
    assert ThreadPoolExecutor.submit is theirs, "what was put around ours was thrown away"
    ThreadPoolExecutor.submit = ours
    assert ours.__wrapped__ is original, "ours is around itself"
with replaykit.record("ann", store=sys.argv[1]):
    pass
assert ThreadPoolExecutor.submit is original, "ours is still there"
"""


def test_what_somebody_puts_around_ours_stays(store: Path) -> None:
    """What a tracer puts around a method while a block is open outlasts it, and ours does not pile up beneath."""
    assert "" == _python(AROUND, store)


ALIAS = """
import sys, httpx2, replaykit
httpx2.alias_httpx()
import httpx
name, store, url = sys.argv[1:]
with getattr(replaykit, name)("story", store=store):
    print(httpx.get(url).text, httpx2.get(url).text)
"""


def test_an_aliased_library_is_seen_once(server: Server, store: Path) -> None:
    """Where httpx is another name for httpx2, each request is one step."""
    url = server.on("GET /", plain(b"one"), plain(b"two"))
    recorded = _python(ALIAS, "record", store, url)
    server.stop()
    assert "one two\n" == recorded
    assert recorded == _python(ALIAS, "replay", store, url)


def _python(program: str, *arguments: Any) -> str:
    """What a program prints, in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(replaykit.__file__).parents[1])},
    )
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout
