"""Many requests at once keep apart: each answer finds its question, each episode its own program."""

# objects of either library
from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import trio

import replaykit
from replaykit.errors import NoSession
from tests.servers.script import Asked, Script, plain
from tests.transport.flavour import ASYNCIO, TRIO

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.wire import Server
    from tests.transport.stage import Stage

MANY = 8


def echo(asked: Asked) -> Script:
    """What was sent comes back."""
    return plain(asked.body)


@pytest.mark.parametrize("flavour", ASYNCIO, ids=str)
def test_gathered_calls_keep_their_answers(stage: Stage) -> None:
    """Calls that run at once and end in the opposite order each get their own answer back."""
    gates = [stage.server.gate() for _ in range(MANY)]
    for number in range(MANY):
        stage.server.on(f"GET /{number}", (gates[number], *plain(b"%d" % number)))

    async def one(client: Any, number: int) -> str:
        text: str = (await client.get(f"{stage.server.url}/{number}")).text
        gates[number - 1].set()  # the last one was let in first, and lets in the one before it
        return text

    async def program() -> list[str]:
        async with stage.client() as client:
            gates[-1].set()
            return await asyncio.gather(*(one(client, number) for number in range(MANY)))

    recorded, replayed = stage.both(program)
    assert [str(number) for number in range(MANY)] == recorded
    assert recorded == replayed


@pytest.mark.parametrize("flavour", ASYNCIO, ids=str)
def test_equal_calls_at_once_are_served_as_they_began(stage: Stage) -> None:
    """Equal calls are told apart by when they began, not by which ended first."""
    gates = [stage.server.gate() for _ in range(2)]
    url = stage.server.on("POST /", (gates[0], *plain(b"began first")), (gates[1], *plain(b"began second")))

    async def program() -> list[str]:
        async with stage.client() as client:
            first = asyncio.create_task(client.post(url, content=b"x"))
            await asyncio.to_thread(stage.server.asked.wait, 5)
            second = asyncio.create_task(client.post(url, content=b"x"))
            gates[1].set()
            answers = [(await second).text]
            gates[0].set()
            return [(await first).text, *answers]

    recorded, replayed = stage.both(program)
    assert ["began first", "began second"] == recorded
    assert recorded == replayed


@pytest.mark.parametrize("flavour", TRIO, ids=str)
def test_a_nursery_keeps_its_answers(stage: Stage) -> None:
    """Tasks of a trio nursery each get their own answer back."""
    url = stage.server.on("POST /", echo)

    async def program() -> dict[int, str]:
        answers: dict[int, str] = {}

        async def one(client: Any, number: int) -> None:
            answers[number] = (await client.post(url, content=b"%d" % number)).text

        async with stage.client() as client, trio.open_nursery() as nursery:
            for number in range(MANY):
                nursery.start_soon(one, client, number)
        return answers

    recorded, replayed = stage.both(program)
    assert {number: str(number) for number in range(MANY)} == recorded
    assert recorded == replayed


def test_threads_write_one_episode(server: Server, store: Path) -> None:
    """Threads and executors, which know no context, belong to the one session of their process."""
    url = server.on("POST /", echo)

    def ask(number: int) -> str:
        with httpx2.Client() as client:
            return client.post(url, content=b"%d" % number).text

    def program() -> list[str]:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(ask, range(MANY)))
        thread = threading.Thread(target=lambda: answers.append(ask(MANY)))
        thread.start()
        thread.join()
        return answers

    with replaykit.record("story", store=store):
        recorded = program()
    server.stop()
    with replaykit.replay("story", store=store):
        assert recorded == program()
    assert [str(number) for number in range(MANY + 1)] == recorded


def test_two_threads_with_two_episodes_never_mix(server: Server, store: Path) -> None:
    """Two sessions at once, each in its thread: each episode holds its own thread's requests alone."""
    url = server.on("POST /", echo)
    both = threading.Barrier(2, timeout=60)

    def ask(name: str) -> list[str]:
        with httpx2.Client() as client:
            return [client.post(url, content=f"{name} {number}".encode()).text for number in range(MANY)]

    def record(name: str) -> list[str]:
        with replaykit.record(name, store=store):
            both.wait()
            answers = ask(name)
            both.wait()
        return answers

    def replay(name: str) -> list[str]:
        with replaykit.replay(name, store=store):
            both.wait()
            answers = ask(name)
            both.wait()
        return answers

    with ThreadPoolExecutor(2) as pool:
        recorded = list(pool.map(record, ["ann", "bob"]))
        server.stop()
        replayed = list(pool.map(replay, ["ann", "bob"]))
    assert ("ann 0", "bob 0") == (recorded[0][0], recorded[1][0])
    assert recorded == replayed


def test_two_tasks_with_two_episodes_never_mix(server: Server, store: Path) -> None:
    """Two sessions at once, each in its task, keep apart; one may replay while the other records."""
    url = server.on("POST /", echo)

    async def ask(name: str) -> list[str]:
        async with httpx2.AsyncClient() as client:
            return [(await client.post(url, content=f"{name} {number}".encode())).text for number in range(MANY)]

    async def record(name: str) -> list[str]:
        async with replaykit.record(name, store=store):
            return await ask(name)

    async def replay(name: str) -> list[str]:
        async with replaykit.replay(name, store=store):
            return await ask(name)

    async def together() -> list[list[str]]:
        return list(await asyncio.gather(record("ann"), record("bob")))

    async def mixed() -> list[list[str]]:
        return list(await asyncio.gather(replay("ann"), record("cid"), replay("bob")))

    ann, bob = asyncio.run(together())
    again_ann, cid, again_bob = asyncio.run(mixed())
    assert (ann, bob, "cid 0") == (again_ann, again_bob, cid[0])
    assert 3 * MANY == len(server.requests)


def test_a_stranger_among_two_sessions_is_an_error(server: Server, store: Path) -> None:
    """A thread that belongs to neither of two sessions is told so, and nothing is sent."""
    url = server.on("GET /", plain(b"hello"))
    inside, done = threading.Barrier(3, timeout=60), threading.Barrier(3, timeout=60)

    def session(name: str) -> None:
        with replaykit.record(name, store=store):
            inside.wait()
            done.wait()

    threads = [threading.Thread(target=session, args=(name,)) for name in ("ann", "bob")]
    for thread in threads:
        thread.start()
    inside.wait()
    try:
        with pytest.raises(NoSession):
            httpx2.get(url)
    finally:
        done.wait()
        for thread in threads:
            thread.join()
    assert [] == server.requests


def test_an_executor_carries_its_session(server: Server, store: Path) -> None:
    """With two sessions at once, work given to an executor belongs to the session that gave it."""
    url = server.on("POST /", echo)

    def ask(name: str) -> str:
        return httpx2.post(url, content=name.encode()).text

    async def session(name: str, pool: ThreadPoolExecutor) -> str:
        async with replaykit.record(name, store=store):
            return await asyncio.get_running_loop().run_in_executor(pool, ask, name)

    async def program() -> list[str]:
        with ThreadPoolExecutor(2) as pool:
            return list(await asyncio.gather(session("ann", pool), session("bob", pool)))

    assert ["ann", "bob"] == asyncio.run(program())
    for name in ("ann", "bob"):
        with replaykit.replay(name, store=store):
            assert name == ask(name)
