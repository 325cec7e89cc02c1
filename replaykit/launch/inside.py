"""A session put in place within this process: its clients, its tools, its connections.

Law: everything that is put in place stands on the stack that comes back, and closing that takes it
out again.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from replaykit.guard import Guard
from replaykit.session.active import current, entered
from replaykit.tools import Tools
from replaykit.transport.patch import PATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replaykit.config import Config
    from replaykit.core.model import Unseen
    from replaykit.session import Session


def nobody(_words: Sequence[str]) -> None:
    """Where nobody asks which Pythons were started."""


def inside(
    session: Session, config: Config, *, refuse: bool, spawn: Callable[[tuple[str, ...]], None] = nobody
) -> ExitStack:
    """The session in place; connections beyond this machine are refused where `refuse` says so."""

    def note(unseen: Unseen) -> None:
        if current() is session:
            session.saw(unseen)

    stack = ExitStack()
    with stack:
        PATCH.put()
        stack.callback(PATCH.take)
        stack.enter_context(Tools(config.tools))
        guard = Guard(note, refuse, lambda _host: False, spawn)
        guard.start()
        stack.callback(guard.stop)
        stack.enter_context(entered(session))
        return stack.pop_all()
