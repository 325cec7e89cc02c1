"""A session put in place within this process: its clients, its tools, its connections.

Law: everything that is put in place stands on the stack that comes back, and closing that takes it
out again.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from replaykit.core.model import Unseen
from replaykit.errors import NoSession
from replaykit.guard import Guard
from replaykit.session.active import current, entered
from replaykit.transport.patch import PATCH

if TYPE_CHECKING:
    from replaykit.config import Config
    from replaykit.session import Session


def inside(session: Session, config: Config) -> ExitStack:
    """The session in place: clients are routed to it, the project's tools are its steps."""
    with ExitStack() as stack:
        PATCH.put()
        stack.callback(PATCH.take)
        if config.tools:
            from replaykit.tools.project import Tools

            stack.enter_context(Tools(config.tools))
        stack.enter_context(entered(session))
        return stack.pop_all()


def guarded(session: Session, *, refuse: bool) -> Guard:
    """A guard for the connections of one session: those of another one are neither noted nor refused by it.

    What could belong to several is noted by all of them, and refused when one of them is a replay.
    """

    def elsewhere(_host: str = "") -> bool:
        try:
            return current() is not session
        except NoSession:
            return False

    def note(unseen: Unseen) -> None:
        if not elsewhere():
            session.saw(unseen)

    def spawned(words: tuple[str, ...]) -> None:
        from replaykit.launch.children import shown

        note(Unseen(shown(words), "subprocess: a block does not cover it"))

    return Guard(note, refuse, elsewhere, spawned)
