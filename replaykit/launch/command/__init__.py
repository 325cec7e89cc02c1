"""Runs a command as if nobody stood between, and keeps what it read and printed.

Law: the program's standard streams, descriptors, terminal, signals and exit code stay as they were;
waiting is on descriptors, never on a clock; memory stays bounded. What others print after the
program has ended is shown as ever, and not kept.
"""

from __future__ import annotations

import select
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Literal, TypeAlias

from replaykit.launch.command.foreground import terminal_kept
from replaykit.launch.command.group import Group, forwarding, spawn
from replaykit.launch.command.spool import KEEP
from replaykit.launch.command.wiring import Wiring, wire

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

Ending: TypeAlias = Literal["itself", "watch", "timeout"]

GRACE = 2.0
"""Seconds between asking a group to end (SIGTERM) and ending it (SIGKILL)."""

LINGER = 0.1
"""Seconds after the program's end in which those who still hold its output are heard; then it passes without us."""

PROMPT = 0.002
"""Seconds that an unfinished line on standard error, a prompt, waits for output printed before it: what
passes through two pseudo-terminals is brought by two threads of the kernel."""

LOOK = 0.02
"""Seconds between two looks at whether a group that was told to end is gone: no descriptor tells."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ran.

    `exit_code` is the program's, or 128 and the number of the `signal` that ended it, as a shell
    counts. `took` is in seconds. `cut` names the streams (`stdin`, `stdout`) that were longer than
    what is kept of them. `heard` is the last signal that we got for it and passed on.
    """

    exit_code: int
    signal: int | None
    stdout: bytes
    stdin: bytes
    took: float
    ended_by: Ending
    cut: tuple[str, ...] = ()
    heard: int | None = None


def run(  # noqa: PLR0913 -- what a program starts with, and what may end it
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: str | os.PathLike[str] | None = None,
    stdin: bytes | None = None,
    watch: int | None = None,
    timeout: float | None = None,
    keep: int = KEEP,
) -> Ran:
    """How the command ran, once it has ended.

    - `stdin` feeds exactly these bytes and then the end; None leaves our own standard input to it.
    - `watch` is a descriptor: as soon as it is readable, the program and its children must end.
    - `timeout` is in seconds; `keep` is how many bytes of each stream are kept at most.

    Raises UsageError when the command cannot be started. A program that was suspended by the
    terminal's key waits with us; one behind a pseudo-terminal does not hear that key.
    """
    _flush()
    began = monotonic()
    with wire(stdin, keep) as wiring, terminal_kept():
        status, ended_by, heard = _conduct(command, environment, folder, wiring, watch, _after(began, timeout))
        for finish in wiring.finish:
            finish()
        spools = {"stdin": wiring.typed, "stdout": wiring.printed}
        return Ran(
            exit_code=status if status >= 0 else 128 - status,
            signal=-status if status < 0 else None,
            stdout=wiring.printed.data(),
            stdin=wiring.typed.data(),
            took=monotonic() - began,
            ended_by=ended_by,
            cut=tuple(name for name, spool in spools.items() if spool.cut),
            heard=heard,
        )


def _conduct(  # noqa: PLR0913, PLR0917 -- private, from one caller
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: str | os.PathLike[str] | None,
    wiring: Wiring,
    watch: int | None,
    deadline: float | None,
) -> tuple[int, Ending, int | None]:
    """The program's status (negative: the signal that ended it), what ended it, and the last signal for it."""
    courses: list[_Course] = []
    early: list[int] = []
    heard: list[int] = []

    def hear(number: int) -> None:
        """Pass a signal on, or keep it for a program that is just being started."""
        heard.append(number)
        if courses:
            courses[0].group.signal(number)
        else:
            early.append(number)

    with forwarding(hear, lambda: _resize(wiring, courses)):
        process = spawn(
            command,
            environment=environment,
            folder=folder,
            stdin=wiring.stdin,
            stdout=wiring.stdout,
            stderr=wiring.stderr,
            controlling=wiring.controlling,
        )
        with Group(process) as group:
            wiring.close_theirs()
            courses.append(_Course(group, wiring, watch, deadline))
            for number in early:
                group.signal(number)
            status, ended_by = courses[0].run()
    return status, ended_by, heard[-1] if heard else None


def _resize(wiring: Wiring, courses: Sequence[_Course]) -> None:
    """Pass a new size on; a pseudo-terminal that controls no session tells nobody, so we do."""
    for pty in wiring.ptys:
        pty.resize()
    if wiring.ptys and not wiring.controlling:
        for course in courses:
            course.group.signal(signal.SIGWINCH)


class _Course:
    """One program from its start to the end of its output."""

    def __init__(self, group: Group, wiring: Wiring, watch: int | None, deadline: float | None) -> None:
        """Begin with a program that has just started."""
        self.group = group
        self._wiring = wiring
        self._watch = watch
        self._deadline = deadline
        self._ended_by: Ending = "itself"
        self._kill_at: float | None = None
        self._exited: float | None = None
        self._killed = False

    def run(self) -> tuple[int, Ending]:
        """Carry bytes until the program has ended and its output is through."""
        while not self._over():
            self._step()
        return self.group.status or 0, self._ended_by

    def _over(self) -> bool:
        """Whether the program has ended, its children too where they must, and its output is through."""
        if self._exited is None or not all(flow.done for flow in self._wiring.outward):
            return False
        return self._kill_at is None or self._killed or not self.group.alive()

    def _step(self) -> None:
        """Wait until something can be done, and do it."""
        running = self._exited is None
        inward = self._wiring.inward if running else []
        # What is on its way is shown, the first first, before more is read: it came before that.
        shown = next((flow for flow in self._wiring.outward if flow.writes), None)
        flows = (*inward, *([shown] if shown else self._wiring.outward))
        reads = [descriptor for flow in flows for descriptor in flow.reads]
        writes = [descriptor for flow in flows for descriptor in flow.writes]
        news = [self.group.news] if running else []
        watch = [self._watch] if self._watch is not None and running and self._kill_at is None else []
        readable, writable, _ = select.select(reads + news + watch, writes, [], self._patience())
        for flow in flows:
            if set(flow.writes) & set(writable):
                flow.push()
        self._take(set(readable))
        if set(news) & set(readable):
            self._learn()
        if set(watch) & set(readable):
            self._end("watch")
        self._heed(monotonic())

    def _take(self, readable: set[int]) -> None:
        """Read what there is: of several outputs first the one shown last, so that none misses what came before it."""
        for flow in self._wiring.inward:
            if set(flow.reads) & readable:
                flow.pull()
        ready = [place for place, flow in enumerate(self._wiring.outward) if set(flow.reads) & readable]
        for place in range(max(ready, default=-1), -1, -1):
            self._wiring.outward[place].pull()
            earlier = [descriptor for flow in self._wiring.outward[:place] for descriptor in flow.reads]
            if earlier and not self._wiring.outward[place].whole:
                select.select(earlier, [], [], PROMPT)

    def _learn(self) -> None:
        """Take note of a stop or of the end of the program."""
        self.group.hear()
        if self.group.status is not None:
            self._exited = monotonic()
            for flow in self._wiring.outward:
                flow.last_call()

    def _end(self, why: Ending) -> None:
        """Ask the group to end; a stopped one must wake to hear it."""
        self._ended_by = why
        self._kill_at = monotonic() + GRACE
        self.group.signal(signal.SIGTERM)
        self.group.signal(signal.SIGCONT)

    def _heed(self, now: float) -> None:
        """Do what is due: end the program or its children, leave others to themselves."""
        if self._exited is not None and now >= self._exited + LINGER:
            for flow in self._wiring.outward:
                if not flow.owing:
                    flow.hand_over()
        if self._kill_at is not None and now >= self._kill_at:
            self.group.signal(signal.SIGKILL)
            self._killed, self._kill_at = True, now + GRACE
        elif self._kill_at is None and self._exited is None and self._deadline is not None and now >= self._deadline:
            self._end("timeout")

    def _patience(self) -> float | None:
        """Seconds until the clock itself has something to say; None: for ever."""
        now = monotonic()
        due = [self._deadline] if self._exited is None and self._kill_at is None else [self._kill_at]
        if self._exited is not None:
            due += [now + LOOK] if self._kill_at is not None else []
            due += (
                [self._exited + LINGER] if any(flow.reads and not flow.owing for flow in self._wiring.outward) else []
            )
        times = [moment for moment in due if moment is not None]
        return max(0.0, min(times) - now) if times else None


def _after(began: float, timeout: float | None) -> float | None:
    """The moment when the time is up, on the monotonic clock."""
    return None if timeout is None else began + timeout


def _flush() -> None:
    """Send out what we have printed ourselves: it comes before the program's."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # closed, or never open
            stream.flush()
