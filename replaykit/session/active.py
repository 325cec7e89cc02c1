"""Whose session it is that a request belongs to.

    this context has one                      that one
    it has none, and one is active            that one: a thread or a callback of the same program
    it has none, and none is active           none: the program is on its own
    it has none, and several are active       an error; never a guess, and never the network

Law: the context variable wins. Executors lose it, so the patch carries it over `submit`. Every
active session hears of every fork.
"""

from __future__ import annotations

import contextlib
import threading
from contextvars import ContextVar
from functools import cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from replaykit.errors import NoSession, hide
from replaykit.forking import SESSIONS, hear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from replaykit.session import Session

__tracebackhide__ = hide

P = ParamSpec("P")
R = TypeVar("R")

_mine: ContextVar[Session | None] = ContextVar("replaykit_session", default=None)
_within: ContextVar[int] = ContextVar("replaykit_within", default=0)
_active: list[Session] = []
_lock = threading.Lock()


def current() -> Session | None:
    """The session of this context, or None when there is none; `NoSession` when it could be one of several."""
    session = _mine.get()
    if session is not None and session in _active:
        return session
    active = tuple(_active)
    if len(active) > 1:
        names = " and ".join(repr(each.name) for each in active)
        raise NoSession(
            f"this thread or task belongs to none of the {len(active)} active sessions: {names}",
            remedy="start it inside the block of its session, or give its client `transport=episode.transport()`",
        )
    return active[0] if active else None


class entered:  # noqa: N801 - reads as what it says: `with entered(session):`
    """A block in which the session is this context's own, and active in the process."""

    __slots__ = ("_session", "_token")

    def __init__(self, session: Session) -> None:
        """Nothing happens before the block is entered."""
        self._session = session

    def __enter__(self) -> None:
        """Begin."""
        _hear_forks()
        with _lock:
            _active.append(self._session)
        self._token = _mine.set(self._session)

    def __exit__(self, *_: object) -> None:
        """End."""
        with contextlib.suppress(ValueError):  # left in another context than it was entered in
            _mine.reset(self._token)
        with _lock:
            _active.remove(self._session)


@cache
def _hear_forks() -> None:
    """Have every active session told of each fork from now on."""

    def before() -> None:
        _lock.acquire()
        for session in _active:
            session.before_fork()

    def child() -> None:
        for session in _active:
            session.after_fork()
        _lock.release()

    hear(SESSIONS, before, _lock.release, child)


def within() -> int:
    """When the tool call began that this context belongs to; 0 when it belongs to none."""
    return _within.get()


@contextlib.contextmanager
def belongs(began: int) -> Iterator[None]:
    """Have the steps of this context belong to the tool call that began then; to none for 0."""
    token = _within.set(began)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            _within.reset(token)


def carrying(function: Callable[P, R]) -> Callable[P, R]:
    """The function as this context's own session has it run, in whatever thread; nothing else is carried."""
    session, began = _mine.get(), _within.get()
    if session is None or session not in _active:
        return function

    @wraps(function)
    def run(*arguments: P.args, **named: P.kwargs) -> R:
        token = _mine.set(session)
        try:
            with belongs(began):
                return function(*arguments, **named)
        finally:
            _mine.reset(token)

    return run
