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
    from replaykit.config import Config
    from replaykit.core.model import Unseen
    from replaykit.session import Session


def inside(session: Session, config: Config) -> ExitStack:
    """The session in place: clients are routed to it, the project's tools are its steps."""
    stack = ExitStack()
    with stack:
        PATCH.put()
        stack.callback(PATCH.take)
        stack.enter_context(Tools(config.tools))
        stack.enter_context(entered(session))
        return stack.pop_all()


def guarded(session: Session, *, refuse: bool) -> Guard:
    """A guard that has what was not seen kept by the session whose context it happens in."""

    def note(unseen: Unseen) -> None:
        if current() is session:
            session.saw(unseen)

    return Guard(note, refuse, lambda _host: False, lambda _words: None)
