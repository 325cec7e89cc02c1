"""The forks of this process: who of us is told of them, and in which order.

    before a fork              the sessions, which may keep something yet; then the stores, which are held
    after it, in both          the stores; then the sessions

Law: Python calls first who registered last, so that the order of imports would decide. A store that is held
while a session still waits for a thread, which waits for the store, is held for ever.
"""

from __future__ import annotations

import os
from bisect import insort
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

SESSIONS: Final = 0
STORES: Final = 1


class Hearer(NamedTuple):
    """Somebody who is told of each fork, when it is his `turn`: before it, and after it in the parent and the child."""

    turn: int
    before: Callable[[], None]
    parent: Callable[[], None]
    child: Callable[[], None]


_hearers: list[Hearer] = []
_told: list[Hearer] = []


def hear(turn: int, before: Callable[[], None], parent: Callable[[], None], child: Callable[[], None]) -> None:
    """Have these be called at every fork from now on; there is nobody who would want to stop."""
    if not _hearers:
        os.register_at_fork(before=_before, after_in_parent=_parent, after_in_child=_child)
    insort(_hearers, Hearer(turn, before, parent, child), key=lambda each: each.turn)


def _before() -> None:
    _told[:] = _hearers
    for each in _told:
        each.before()


def _parent() -> None:
    for each in reversed(_told):
        each.parent()


def _child() -> None:
    for each in reversed(_told):
        each.child()
