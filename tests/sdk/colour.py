# objects of any SDK
"""A story told once for an SDK's sync and async client, recorded and then replayed with the server gone."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import replaykit
from tests.transport.flavour import Steps, at_once

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from tests.servers.wire import Server

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Colour:
    """Sync or async; a sync program is a coroutine that never waits."""

    waits: bool

    def __str__(self) -> str:
        return "async" if self.waits else "sync"

    def run(self, program: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What the program returns."""
        return asyncio.run(program()) if self.waits else at_once(program())

    async def settled(self, result: Any) -> Any:
        """What a call of the client comes to."""
        return await result if self.waits else result

    async def all(self, stream: Any) -> list[Any]:
        """Everything in a stream."""
        each = stream if self.waits else Steps(iter(stream))
        return [item async for item in each]

    @contextlib.asynccontextmanager
    async def inside(self, manager: Any) -> AsyncIterator[Any]:
        """What a context manager of the client gives, while it is open."""
        if self.waits:
            async with manager as inner:
                yield inner
        else:
            with manager as inner:
                yield inner


@dataclass(frozen=True, slots=True)
class Stage:
    """A server, a store, a colour, and the seconds for which an SDK wanted to sleep before a retry."""

    colour: Colour
    server: Server
    store: Path
    naps: list[float] = field(default_factory=list)

    def record(self, program: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What the program gave while it was recorded."""
        with replaykit.record("story", store=self.store):
            return self.colour.run(program)

    def replay(self, program: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What the program gave with the server gone."""
        self.server.stop()
        self.naps.clear()
        with replaykit.replay("story", store=self.store):
            return self.colour.run(program)
