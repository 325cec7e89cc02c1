"""A program in a process group of its own: how it starts, hears signals, takes the terminal, and ends.

Law: what reaches us reaches the program, once; when the program must end, its children end with it.

The group stays in our session, but for a program behind a pseudo-terminal: that one leads a session
of its own, with the pseudo-terminal as its terminal, so that the interrupt key works as ever.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import termios
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from replaykit.errors import UsageError
from replaykit.launch.command.foreground import give_terminal, terminal_owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

FORWARDED = (
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGUSR1, signal.SIGUSR2
)  # fmt: skip
"""Signals that are meant for the program when they come to us."""

_PROCESSES = Path("/proc")
"""Where Linux lists the processes; elsewhere there is no such folder, or an empty one."""

_WANTS_TERMINAL = (signal.SIGTTIN, signal.SIGTTOU)


class Group:
    """A running program and its children; `status` is None until the program itself has ended.

    `news` becomes readable whenever the program ends or stops.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Watch a process that has just been started as the leader of its group."""
        self.id = process.pid
        self.status: int | None = None
        self._process = process
        self._stops: list[int] = []
        self.news, self._tell = os.pipe()
        self._thread = threading.Thread(target=self._wait, name="replaykit-wait", daemon=True)
        self._thread.start()

    def signal(self, number: int) -> None:
        """Send a signal to every process of the group; none is left: nothing happens."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.id, number)

    def alive(self) -> bool:
        """Whether any process of the group is left that still does something."""
        try:
            os.killpg(self.id, 0)
        except ProcessLookupError:
            return False
        except PermissionError:  # somebody is left, who has changed user
            return True
        return not _PROCESSES.is_dir() or any(_works(stat, self.id) for stat in _PROCESSES.glob("[0-9]*/stat"))

    def hear(self) -> None:
        """Take the news; a program that was stopped by the terminal is given it, or waits with us."""
        os.read(self.news, 1)
        while self._stops:
            stop = self._stops.pop()
            if stop in _WANTS_TERMINAL:
                give_terminal(self.id)
                self.signal(signal.SIGCONT)
            elif stop == signal.SIGTSTP and (had := terminal_owner()) in (self.id, os.getpgrp()):
                os.kill(os.getpid(), signal.SIGSTOP)  # the shell continues us here
                if had == self.id:
                    give_terminal(self.id)
                self.signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        """The group, watched until the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what is left of a program that is still running, and let go of it."""
        if self.status is None:
            self.signal(signal.SIGKILL)
        self._thread.join()
        os.close(self.news)
        os.close(self._tell)

    def _wait(self) -> None:
        """Report every stop, and the end."""
        while self.status is None:
            try:
                _, status = os.waitpid(self.id, os.WUNTRACED)
            except ChildProcessError:  # children are reaped for us, where SIGCHLD is ignored
                status = 0
            if os.WIFSTOPPED(status):
                self._stops.append(os.WSTOPSIG(status))
            else:
                self.status = self._process.returncode = os.waitstatus_to_exitcode(status)
            os.write(self._tell, b".")


def spawn(  # noqa: PLR0913 -- what a program starts with
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: str | os.PathLike[str] | None,
    stdin: int | None,
    stdout: int | None,
    stderr: int | None,
    controlling: bool,
) -> subprocess.Popen[bytes]:
    """The program, started; `controlling` makes its standard input the terminal of a new session.

    Raises UsageError when there is nothing to start, naming it.
    """
    if not command:
        message = "no command to run"
        raise UsageError(message)
    try:
        return subprocess.Popen(  # noqa: S603 -- running the user's command is what this is for
            list(command),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            env=dict(environment),
            cwd=folder,
            close_fds=False,  # what a shell has given us besides; ours are not inheritable (PEP 446)
            start_new_session=controlling,
            process_group=None if controlling else 0,
            preexec_fn=_take_terminal if controlling else None,  # noqa: PLW1509 -- one system call, no lock
        )
    except (OSError, ValueError) as error:
        raise _unstartable(command[0], folder, error) from error


def _works(stat: Path, group: int) -> bool:
    """Whether a process, by its line in proc(5), belongs to the group and is more than a body.

    An orphan that nobody buries (a container without an init process) is there for ever.
    """
    try:
        state, _parent, leader = stat.read_text("utf-8", "replace").rpartition(")")[2].split()[:3]
    except OSError:  # it has gone while we were looking
        return False
    return int(leader) == group and state not in "ZX"


@contextmanager
def forwarding(hear: Callable[[int], None], resized: Callable[[], None]) -> Iterator[None]:
    """Signals for the program go to `hear`, a change of the terminal's size to `resized`.

    A signal that was ignored when we were started stays ignored, for the program too. Outside the
    main thread nothing can be forwarded, and nothing is.
    """
    before = {}
    if threading.current_thread() is threading.main_thread():
        calls = dict.fromkeys(FORWARDED, hear) | {signal.SIGWINCH: lambda _number: resized()}
        before = {number: signal.getsignal(number) for number in calls}
        for number, call in calls.items():
            if before[number] != signal.SIG_IGN:
                signal.signal(number, _adapted(call))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _adapted(call: Callable[[int], None]) -> Callable[[int, FrameType | None], None]:
    """The call in the form of a signal handler."""
    return lambda number, _frame: call(number)


def _take_terminal() -> None:
    """Make standard input the terminal of this new session; runs in the child, before the program."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _unstartable(program: str, folder: str | os.PathLike[str] | None, error: OSError | ValueError) -> UsageError:
    """What to say of a program that could not be started."""
    if not isinstance(error, OSError):
        return UsageError(f"cannot run {program!r}: {error}")
    if folder is not None and error.filename == folder and not os.path.isdir(folder):  # noqa: PTH112 -- as given
        return UsageError(f"cannot run {program!r}: no folder {os.fspath(folder)!r}")
    reasons = {
        errno.ENOENT: "no such command",
        errno.EACCES: "not executable",
        errno.ENOEXEC: "neither a program nor a script with a #! line",
    }
    reason = reasons.get(error.errno or 0, error.strerror or str(error))
    return UsageError(f"cannot run {program!r}: {reason}", remedy="is it on PATH, and spelled as in a shell?")
