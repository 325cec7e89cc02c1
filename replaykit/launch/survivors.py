"""The processes of a run that live on when its command has ended: found, and waited for.

Law: nobody is said to be gone who may still do something. Only a process that announced itself is
known (see `children.py`): others have no part in the run.
"""

from __future__ import annotations

import os
import select
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from replaykit.launch.settings import left

PATIENCE = 5.0
"""Seconds to wait for them: a pool takes some tenths to end, and a server that somebody started never ends."""

LOOK = 0.02
"""Seconds between two looks, where no descriptor tells of a process's end."""

PROCESSES = Path("/proc")
"""Where Linux lists the processes; elsewhere there is no such folder, or an empty one."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A process that lives on, and the words of its command line, or of the one that it is a copy of."""

    id: int
    words: tuple[str, ...]


def living(run: str | os.PathLike[str]) -> tuple[Survivor, ...]:
    """Those of the run's processes that are not gone, but for this one."""
    words: dict[int, tuple[str, ...]] = {}
    for kind, *record in left(run):
        if kind == "start":
            words[record[0]] = record[1]
        elif kind == "fork":
            words[record[0]] = words.get(record[1], ())
    return tuple(Survivor(each, words[each]) for each in words if each != os.getpid() and _alive(each))


def awaited(run: str | os.PathLike[str], patience: float = PATIENCE) -> tuple[Survivor, ...]:
    """Those that live on after this many seconds; a person who interrupts has waited long enough."""
    deadline = time.monotonic() + patience
    with suppress(KeyboardInterrupt):
        while (found := living(run)) and (rest := deadline - time.monotonic()) > 0:
            _wait(found[0].id, rest)
    return living(run)


def _alive(process: int) -> bool:
    """Whether there is such a process, and more of it than a body that nobody has buried."""
    try:
        os.kill(process, 0)
        state = (PROCESSES / str(process) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except PermissionError:  # it has changed user
        return True
    except FileNotFoundError:
        return not PROCESSES.joinpath("self").exists()
    return state not in "ZX"


def _wait(process: int, patience: float) -> None:
    """Return when the process has ended, or after these seconds at the latest."""
    try:
        descriptor = os.pidfd_open(process)
    except (AttributeError, OSError):
        time.sleep(min(LOOK, patience))
        return
    try:
        select.select([descriptor], [], [], patience)
    finally:
        os.close(descriptor)
