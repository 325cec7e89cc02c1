"""Terminals: what a descriptor is, and a pseudo-terminal that stands between a program and the real one.

Law: the real terminal is left as it was found, whatever happens; a program sees the modes, the size
and the bytes that it would have seen without us.

How the two terminals divide the work. The program talks to the pseudo-terminal, which has the real
one's modes and does the line editing, the echo and the signal keys. The real terminal hands over
every key as it is (raw input) and does the *output* processing that the pseudo-terminal declares:
standard error goes to it directly, and a line of it must not end in a staircase. So `Screen` takes
back the carriage returns that the pseudo-terminal has put before each newline, which also makes the
kept copy the program's own bytes.
"""

from __future__ import annotations

import os
import stat
import sys
import termios
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind: TypeAlias = Literal["closed", "terminal", "file", "device", "pipe"]

Modes: TypeAlias = "list[Any]"
"""A terminal's modes, as `termios.tcgetattr` gives them."""

INPUT, OUTPUT, LOCAL, KEYS = 0, 1, 3, 6
"""Places of the flags and of the key table in what `tcgetattr` returns."""

_AS_TYPED = (
    termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP
    | termios.INLCR | termios.IGNCR | termios.ICRNL | termios.IXON
)  # fmt: skip
_EDITED = termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN
_NEWLINES = termios.OPOST | termios.ONLCR


def kind(descriptor: int) -> Kind:
    """What stands behind a descriptor; `pipe` is anything that flows (a pipe, a socket).

    A standard stream that was closed when the interpreter started stays `closed`, though another
    file may have taken its number since.
    """
    if descriptor <= 2 and (sys.__stdin__, sys.__stdout__, sys.__stderr__)[descriptor] is None:  # noqa: PLR2004 -- 0..2
        return "closed"
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return "closed"
    if os.isatty(descriptor):
        return "terminal"
    if stat.S_ISREG(mode):
        return "file"
    return "device" if stat.S_ISCHR(mode) else "pipe"


def foreground(descriptor: int) -> bool:
    """Whether this process may read from the terminal: its group is in the foreground there."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False


@contextmanager
def raw(descriptor: int) -> Iterator[None]:
    """The terminal hands over each key as it is typed; afterwards it is as it was.

    Output flags stay: what is written to the terminal by others must look as ever. What was typed
    ahead is not thrown away.
    """
    before = termios.tcgetattr(descriptor)
    after = termios.tcgetattr(descriptor)
    after[INPUT] &= ~_AS_TYPED
    after[LOCAL] &= ~_EDITED
    after[KEYS][termios.VMIN], after[KEYS][termios.VTIME] = 1, 0
    termios.tcsetattr(descriptor, termios.TCSADRAIN, after)
    try:
        yield
    finally:
        with suppress(termios.error):  # the terminal has gone: nothing is left to restore
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@dataclass(frozen=True, slots=True)
class Pty:
    """A pseudo-terminal in the likeness of a real one; `ours` and `theirs` are its two ends."""

    real: int
    ours: int
    theirs: int

    @classmethod
    def like(cls, real: int) -> Pty:
        """A pseudo-terminal with the modes and the size of the terminal behind `real`."""
        ours, theirs = os.openpty()
        termios.tcsetattr(theirs, termios.TCSANOW, termios.tcgetattr(real))
        os.set_blocking(ours, False)
        pty = cls(real, ours, theirs)
        pty.resize()
        return pty

    def resize(self) -> None:
        """Take over the real terminal's size; the kernel tells the programs in the foreground."""
        with suppress(termios.error, OSError):
            termios.tcsetwinsize(self.ours, termios.tcgetwinsize(self.real))

    def bare(self) -> None:
        """Turn output processing off: bytes come out as they went in, and the real terminal processes them."""
        modes = termios.tcgetattr(self.theirs)
        modes[OUTPUT] &= ~termios.OPOST
        termios.tcsetattr(self.theirs, termios.TCSANOW, modes)

    def flags(self) -> Modes:
        """The program's present modes, as `tcgetattr` gives them; the real ones when it is gone."""
        try:
            return termios.tcgetattr(self.ours)
        except termios.error:
            return termios.tcgetattr(self.real)


class Screen:
    """The way from a pseudo-terminal to the real one: bytes as the program wrote them."""

    __slots__ = ("_held", "_pty", "_set")

    def __init__(self, pty: Pty) -> None:
        """Begin with the output flags that both terminals share."""
        self._pty = pty
        self._set = pty.flags()[OUTPUT]
        self._held = b""

    def show(self, data: bytes) -> bytes:
        """What to write to the real terminal, whose output flags follow the program's."""
        return data.replace(b"\r\n", b"\n") if self._follow() else data

    def plain(self, data: bytes) -> bytes:
        """The program's own bytes for the copy; half of a carriage return and newline waits for the other."""
        data = self._held + data
        self._held = b""
        if self._set & _NEWLINES != _NEWLINES:
            return data
        if data.endswith(b"\r"):
            data, self._held = data[:-1], b"\r"
        return data.replace(b"\r\n", b"\n")

    def rest(self) -> bytes:
        """What still waited when the stream ended."""
        held, self._held = self._held, b""
        return held

    def _follow(self) -> bool:
        """Whether newlines are translated, after the real terminal has followed a change of that."""
        flags: int = self._pty.flags()[OUTPUT]
        if flags != self._set:
            self._set = flags
            with suppress(termios.error):
                real = termios.tcgetattr(self._pty.real)
                real[OUTPUT] = flags
                termios.tcsetattr(self._pty.real, termios.TCSADRAIN, real)
        return flags & _NEWLINES == _NEWLINES
