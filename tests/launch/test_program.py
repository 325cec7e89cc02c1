"""Blocks in a program: what they raise, what they leave alone, and whose a connection is."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import socket
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

import replaykit
from tests.launch.blocks import kept

if TYPE_CHECKING:
    from collections.abc import Callable


BEYOND = ("192.0.2.1", 9)
"""An address that is nobody's (RFC 5737)."""


def test_a_block_says_what_it_came_to(episode: Path, url: str) -> None:
    """Once it was left, a replay has its verdict; before, it has none."""
    with replaykit.replay("story", store=episode) as replay:
        httpx2.get(url)
        assert replay.verdict is None
    assert replay.verdict is not None
    assert ("same", 1) == (replay.verdict.verdict, replay.verdict.same)


def miss(store: Path, url: str, after: BaseException | None) -> None:
    """A program that catches its miss, and then ends its block with an error, or in good order."""
    with replaykit.replay("story", store=store):
        with contextlib.suppress(httpx2.TransportError):
            httpx2.get(url + "other")
        if after is not None:
            raise after


def fail(block: replaykit.Recording | replaykit.Replaying) -> None:
    """A program that ends its block with an error of its own."""
    with block:
        raise ValueError("mine")


@pytest.mark.parametrize("after", [None, ValueError("the program's own"), SystemExit(0)], ids=repr)
def test_a_caught_miss_comes_back(episode: Path, url: str, after: BaseException | None) -> None:
    """What the program made of a miss, another error included, does not hide it: that error is its cause."""
    with pytest.raises(replaykit.NotRecorded, match="not recorded") as caught:
        miss(episode, url, after)
    assert after is caught.value.__cause__


@pytest.mark.parametrize("ending", [KeyboardInterrupt, asyncio.CancelledError, GeneratorExit])
def test_an_interrupt_goes_through(episode: Path, url: str, ending: type[BaseException]) -> None:
    """What ends a program or a task from outside is never replaced, not even by a miss."""
    with pytest.raises(ending):
        miss(episode, url, ending())


def test_the_programs_own_error_is_its_own(episode: Path) -> None:
    """Without a miss nothing masks it, in a recording and in a replay, though steps were never asked for."""
    for block in (replaykit.replay("story", store=episode), replaykit.record("other", store=episode)):
        with pytest.raises(ValueError, match=r"^mine$"):
            fail(block)
    assert kept(episode, "other").finished


def test_an_output_that_differs(episode: Path, url: str) -> None:
    """A named value is compared; what has no JSON form is refused where it is given."""

    def program(block: replaykit.Recording | replaykit.Replaying, total: int) -> None:
        with block:
            httpx2.get(url)
            block.output("answer", {"sum": total})

    program(replaykit.record("named", store=episode), 3)
    program(replaykit.replay("named", store=episode), 3)
    with pytest.raises(replaykit.Different, match="answer"):
        program(replaykit.replay("named", store=episode), 4)
    with (
        replaykit.record("named", store=episode) as recording,
        pytest.raises(replaykit.UsageError, match="output 'answer' has no JSON form"),
    ):
        recording.output("answer", object())


def test_outside_of_its_block_an_episode_does_nothing(store: Path) -> None:
    """`output` and `transport` before and after the block are errors that say so."""
    recording = replaykit.record("story", store=store)
    with pytest.raises(replaykit.UsageError, match="not under way"):
        recording.output("a", 1)
    with recording:
        pass
    with pytest.raises(replaykit.UsageError, match="not under way"):
        recording.transport()


def test_an_executor_carries_the_session_alone(url: str, store: Path) -> None:
    """Work given to an executor belongs to the block, and sees no other context variable than without us."""
    mine = contextvars.ContextVar("mine", default="none")
    mine.set("the caller's")
    with ThreadPoolExecutor(1) as pool, replaykit.record("story", store=store):
        seen = pool.submit(mine.get).result()
        pool.submit(httpx2.get, url).result()
    assert "none" == seen
    assert 1 == len(kept(store).exchanges)


def in_thread(work: Callable[[], object]) -> object:
    """What came of work in a thread of its own, which has no context: its value, or its exception."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(work())
        except Exception as error:  # noqa: BLE001  # the test looks at it
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def reach(address: tuple[str, int]) -> None:
    """Open a connection with the standard library, beyond this machine without waiting for it."""
    with socket.socket() as endpoint:
        endpoint.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            endpoint.connect(address)


def test_a_replay_refuses_and_a_recording_does_not(episode: Path, url: str) -> None:
    """Two blocks at once in two tasks: what one reaches for is refused or noted by its own block alone."""

    async def recording() -> None:
        with replaykit.record("other", store=episode):
            async with asyncio.timeout(10):
                await together.wait()
            reach(BEYOND)

    async def replaying() -> None:
        with replaykit.replay("story", store=episode):
            async with asyncio.timeout(10):
                await together.wait()
            httpx2.get(url)
            with pytest.raises(replaykit.Unreachable):
                reach(BEYOND)

    async def both() -> None:
        await asyncio.gather(recording(), replaying())

    together = asyncio.Barrier(2)
    asyncio.run(both())
    (unseen,) = kept(episode, "other").unseen
    assert (BEYOND[0], "socket", 1) == (unseen.what, unseen.how, unseen.times)


def test_what_may_be_either_recordings_is_noted_by_both(url: str, store: Path) -> None:
    """A thread that belongs to neither of two recordings goes where it likes with another library, and both say so."""
    with replaykit.record("one", store=store), replaykit.record("two", store=store):
        found = in_thread(lambda: urllib.request.urlopen(url).read())  # noqa: S310  # loopback
    assert b"answered" == found
    for name in ("one", "two"):
        assert [("http.client", 1)] == [(each.how, each.times) for each in kept(store, name).unseen]


def test_a_store_that_fails_is_a_warning(url: str, store: Path) -> None:
    """The program goes on when the store is destroyed under it; what could not be kept is said at the end."""

    def program() -> str:
        with replaykit.record("story", store=store):
            sqlite3.connect(store).executescript("DROP TABLE steps")
            return httpx2.get(url).text

    with pytest.warns(UserWarning, match=r"story \(episode_\w+\) is not whole: 1 step could not be kept"):
        said = program()
    assert "answered" == said


def test_errors_have_fields(episode: Path, url: str) -> None:
    """A block's error has what happened and what to do apart, each said once, and an account for each miss."""
    early: list[replaykit.NotRecorded] = []

    def program() -> None:
        with replaykit.replay("story", store=episode):
            for place in ("one", "two"):
                with pytest.raises(replaykit.NotRecorded) as caught:
                    httpx2.get(url + place)
                early.append(caught.value)

    with pytest.raises(replaykit.NotRecorded) as caught:
        program()
    late = caught.value
    for error in (*early, late):
        assert (1, True) == (str(error).count(error.remedy), error.remedy != "")
        assert "\n\n".join(error.accounts) == error.message
    assert [True, True] == [place in account for place, account in zip(("one", "two"), late.accounts, strict=True)]


def test_other_differences_have_a_remedy(episode: Path) -> None:
    """Steps that nobody asked for, and other differences, say what to do."""
    with pytest.raises(replaykit.NeverAskedFor) as caught, replaykit.replay("story", store=episode):
        pass
    assert caught.value.remedy.endswith(f"replaykit diff story --store {episode}")
    assert "replaykit diff" not in caught.value.message


def test_a_traceback_begins_where_the_program_ends(episode: Path, url: str) -> None:
    """A traceback of pytest shows nothing of us where an error of ours is raised: its text says it all."""

    def shown(work: Callable[[], object]) -> list[str]:
        with pytest.raises(replaykit.ReplayError) as caught:
            work()
        return [str(entry.path) for entry in caught.traceback.filter(caught)]

    def missing() -> None:
        with replaykit.replay("story", store=episode):
            httpx2.get(url + "other")

    def unasked() -> None:
        with replaykit.replay("story", store=episode):
            pass

    def unknown() -> None:
        with replaykit.replay("no such story", store=episode):
            pass

    ours = str(Path(replaykit.__file__).parent)
    for work in (missing, unasked, unknown, replaykit.record("story").transport):
        assert [] == [path for path in shown(work) if path.startswith(ours)]


def test_a_child_that_a_block_does_not_cover_is_named(episode: Path, url: str) -> None:
    """A Python that is started inside a block is on its own, and both block and verdict say so."""
    child = [sys.executable, "-c", "pass"]
    with replaykit.record("parent", store=episode):
        subprocess.run(child, check=True)
    assert ["subprocess: a block does not cover it"] == [unseen.how for unseen in kept(episode, "parent").unseen]
    with replaykit.replay("story", store=episode) as block:
        httpx2.get(url)
        subprocess.run(child, check=True)
    assert block.verdict is not None
    assert ["subprocess: a block does not cover it"] == [unseen.how for unseen in block.verdict.unseen]
