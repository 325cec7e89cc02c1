"""The guard: notes what did not come through us, and refuses what a replay may not reach.

Law: every connection that the interpreter opens is ours, or it is noted; while refusing, none
leaves this machine. The guard never changes what a program does that it does not refuse.

    what happens                          recording   refusing
    a connection inside `ours()`          -           -
    a connection to this machine          noted       noted
    a connection beyond it                noted       noted, Unreachable
    looking up a name beyond it           -           noted, Unreachable
    Unix sockets and the like             -           -
    a program that is not Python          noted       noted
    a Python                              handed to `spawn`

It stands on audit events (PEP 578), which every connection of the interpreter's own sockets raises.
Compiled stacks (uvloop, gRPC, curl and database drivers in C) and programs in other languages open
sockets of their own and escape it: only a network namespace holds those. A name that is given to
`socket.connect` itself is looked up before the event; the connection is refused all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from replaykit.guard.watch import OURS, Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.core.model import Unseen

__all__ = ["Guard", "ours"]

_WATCH = Watch()
"""The one watch of this process: audit hooks belong to the process, and cannot be removed."""


REPLAY = ("a replay", "let it go through httpx or httpx2, or make the function that needs it a tool (@replaykit.tool)")
"""Who refuses, as a rule, and what can be done about it."""


def _ignore(_command: tuple[str, ...]) -> None:
    """Nobody wants to know which Pythons are started."""


class ours:  # noqa: N801 -- reads as what it says: `with ours():`
    """A block whose connections came through us; tasks that start inside belong to it.

    Leaving it never fails, also where a stream is closed in another context than it was opened in.
    """

    __slots__ = ("_before",)

    def __enter__(self) -> Self:
        """Connections are ours from here on."""
        self._before = OURS.get()
        OURS.set(True)
        return self

    def __exit__(self, *_: object) -> None:
        """Connections are whoever's they were before."""
        OURS.set(self._before)


class Guard:
    """One watch over this process, between `start` and `stop`.

    - `note` receives everything that was not seen, at once and in the thread where it happens: a
      process may be replaced (`os.exec`) right after. What it raises reaches the program.
    - `refuse`: connections beyond this machine raise Unreachable, but for hosts that `allow` names.
    - `spawn` receives the words of every command that starts a Python.
    - `told` is said of a connection that is refused: by whom, and what can be done about it.

    Several guards may watch at once: each is told, and one that refuses is enough.
    """

    def __init__(
        self,
        note: Callable[[Unseen], None],
        refuse: bool,  # noqa: FBT001 - the two kinds of guard there are
        allow: Callable[[str], bool],
        spawn: Callable[[tuple[str, ...]], None] = _ignore,
        told: tuple[str, str] = REPLAY,
    ) -> None:
        """Nothing is watched before `start`."""
        self.note = note
        self.refuse = refuse
        self.allow = allow
        self.spawn = spawn
        self.told = told

    def start(self) -> None:
        """Watch from now on; starting twice is starting once."""
        _WATCH.add(self)

    def stop(self) -> None:
        """Watch no longer; the process is as before, but for a hook that does nothing."""
        _WATCH.remove(self)
