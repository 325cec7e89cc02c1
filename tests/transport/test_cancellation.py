"""A cancelled request is an outcome, too: the program that cancels it again finds it waiting again."""

# objects of either library
from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import trio

from tests.servers.script import Ending, plain, stream
from tests.transport.flavour import ASYNC, ASYNCIO, TRIO

if TYPE_CHECKING:
    from tests.transport.flavour import Talker
    from tests.transport.stage import Stage

ONE = b"data: 1\n\n"


@pytest.mark.parametrize("flavour", ASYNCIO, ids=str)
def test_a_cancelled_task_is_cancelled_again(stage: Stage) -> None:
    """A task that is cancelled while it waits for an answer ends cancelled, both times."""
    url = stage.server.on("GET /", (Ending.SILENCE,))

    async def program() -> bool:
        async with stage.client() as client:
            task = asyncio.create_task(client.get(url))
            await asyncio.to_thread(stage.server.asked.wait, 5)
            task.cancel()
            await asyncio.wait([task])
            return task.cancelled()

    assert (True, True) == stage.both(program)


@pytest.mark.parametrize("flavour", ASYNCIO, ids=str)
def test_a_deadline_passes_again(stage: Stage) -> None:
    """A request under `asyncio.timeout` is a `TimeoutError` of that block, both times."""
    url = stage.server.on("GET /", (Ending.SILENCE,))

    async def program() -> str:
        async with stage.client() as client:
            try:
                async with asyncio.timeout(0.1):
                    await client.get(url)
            except TimeoutError:
                return "late"
        return "answered"

    assert ("late", "late") == stage.both(program)


@pytest.mark.parametrize("flavour", TRIO, ids=str)
def test_a_deadline_passes_again_on_trio(stage: Stage) -> None:
    """A request under `trio.move_on_after` is left behind, both times."""
    url = stage.server.on("GET /", (Ending.SILENCE,))

    async def program() -> bool:
        async with stage.client() as client:
            with trio.move_on_after(0.1) as scope:
                await client.get(url)
            return scope.cancelled_caught

    assert (True, True) == stage.both(program)


async def _cancelled_while_reading(stage: Stage, client: Talker, url: str) -> list[bytes]:
    """The chunks read before a deadline cuts the reading off."""
    chunks: list[bytes] = []

    async def read() -> None:
        async with client.stream(url) as response:
            async for chunk in client.raw(response):
                chunks.append(chunk)  # noqa: PERF401  # what came before the end counts

    if stage.flavour.loop == "trio":
        with trio.move_on_after(0.2):
            await read()
    else:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(read(), 0.2)
    return chunks


@pytest.mark.parametrize("flavour", ASYNC, ids=str)
def test_cancelled_in_the_middle_of_a_stream(stage: Stage) -> None:
    """A stream that is cancelled after its first chunk gives that chunk again, and then waits again."""
    url = stage.server.on("GET /", stream(ONE, Ending.SILENCE))

    async def program() -> list[bytes]:
        async with stage.client() as client:
            return await _cancelled_while_reading(stage, client, url)

    assert ([ONE], [ONE]) == stage.both(program)


@pytest.mark.parametrize("flavour", ASYNC, ids=str)
def test_a_connection_survives_a_cancellation(stage: Stage) -> None:
    """With a pool of one connection, a request succeeds after one that was cancelled."""
    silent = stage.server.on("GET /silent", stream(ONE, Ending.SILENCE))
    then = stage.server.on("GET /then", plain(b"free"))

    async def program() -> bytes:
        limits: Any = stage.flavour.library.Limits(max_connections=1)
        async with stage.client(limits=limits, timeout=60) as client:
            await _cancelled_while_reading(stage, client, silent)
            body: bytes = (await client.get(then)).content
            return body

    assert (b"free", b"free") == stage.both(program)
