"""What a replay did not answer, since it did not come through us: what ran for real, and what was refused.

a program                        ran, unless it could not be started
a connection to this machine     ran, but where the command had no network at all
a connection beyond it           was refused
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replaykit.core.plain import line
from replaykit.guard.names import local

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replaykit.core.model import Unseen

WIDE: Final = 160
"""Characters of a command line, an address or a reason: an interpreter's path is what tells it from another."""


def outside(unseen: Iterable[Unseen], *, isolated: bool = False) -> tuple[tuple[Unseen, ...], tuple[Unseen, ...]]:
    """What ran for real, and what was refused."""
    ran, refused = list["Unseen"](), list["Unseen"]()
    for each in unseen:
        (ran if is_program(each) or (local(each.what) and not isolated) else refused).append(each)
    return tuple(ran), tuple(refused)


def is_program(unseen: Unseen) -> bool:
    """Whether it is a program: a connection has the name of a library, one word, and that is never `subprocess`."""
    return unseen.how == "subprocess" or " " in unseen.how


def told(unseen: Iterable[Unseen]) -> str:
    """These things in words: `127.0.0.1 ×2 (urllib3), curl ×1 (subprocess)`."""
    return ", ".join(f"{line(each.what, WIDE)} ×{each.times} ({line(each.how, WIDE)})" for each in unseen)
