"""Where a story is told twice: once against a real server, once with nothing there.

Law: the same program runs both times; a test compares what it gave back.
"""

# objects of either library
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import replaykit

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.servers.wire import Server
    from tests.transport.flavour import Flavour, Talker

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stage:
    """A store, a server and a flavour; `record` and `replay` give what the program gave."""

    flavour: Flavour
    server: Server
    store: Path

    def client(self, **options: Any) -> AbstractAsyncContextManager[Talker]:
        """A client of the flavour, closed at the end."""
        return self.flavour.client(**options)

    def patience(self, **phases: float) -> Any:
        """Timeouts with one short phase, the one that must run out: a busy machine is slow in all the others."""
        return self.flavour.library.Timeout(60.0, **phases)

    def record(self, program: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What the program gave while it was recorded, with the server there."""
        with replaykit.record("story", store=self.store):
            return self.flavour.run(program)

    def replay(self, program: Callable[[], Coroutine[Any, Any, T]], *, speed: float = 0) -> T:
        """What the program gave in a replay."""
        with replaykit.replay("story", store=self.store, speed=speed):
            return self.flavour.run(program)

    def both(self, program: Callable[[], Coroutine[Any, Any, T]]) -> tuple[T, T]:
        """What the program gave when recorded, and when replayed after the server has gone."""
        recorded = self.record(program)
        self.server.stop()
        return recorded, self.replay(program)


async def outcome(program: Coroutine[Any, Any, object]) -> type[BaseException] | None:
    """The class of what the program raised, or None: it may only be an error of the caller's own library."""
    try:
        await program
    except Exception as error:  # noqa: BLE001  # whatever it is, the test compares it
        return type(error)
    return None
