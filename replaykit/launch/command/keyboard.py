"""What a person types at a terminal: as the program reads it, and as the terminal echoes it.

Law: the copy of the input is what a program reading lines was given, so that a pipe can feed it
again; the copy of the output is the program's, without the echo. Neither changes what passes.

    key           the program reads    the terminal echoes
    a letter      the letter           the letter
    Enter         the line             a newline
    erase, kill   nothing, and less    backspaces
    end of file   the line so far      nothing
    interrupt     nothing (a signal)   ^C
"""

from __future__ import annotations

import termios
from typing import TYPE_CHECKING

from replaykit.launch.command.terminal import INPUT, KEYS, LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.launch.command.terminal import Modes

_TAB, _NEWLINE, _ENTER, _SPACE, _DELETE = b"\t\n\r \x7f"
_RUBBED = b"\b \b"
_SIGNALS = (termios.VINTR, termios.VQUIT, termios.VSUSP)
_CONTINUES = range(0x80, 0xC0)
"""Bytes that continue a character of UTF-8."""


class Keyboard:
    """The keys typed so far; `keep` receives what the program reads, `flags` gives the terminal's modes."""

    __slots__ = ("_echo", "_fresh", "_keep", "_line", "flags")

    def __init__(self, keep: Callable[[bytes], None], flags: Callable[[], Modes]) -> None:
        """Begin with an empty line and no echo to come."""
        self._keep = keep
        self.flags = flags
        self._line = bytearray()
        self._echo = b""
        self._fresh = True

    def typed(self, data: bytes) -> None:
        """Take these keys into account: as input now or when the line is whole, and as echo to come."""
        flags = self.flags()
        echo = b"".join(self._key(byte, flags) for byte in data)
        if not flags[LOCAL] & termios.ICANON:
            self.flush()
        if not flags[LOCAL] & termios.ECHO:
            echo = b""
        # An echo that has not come when output has is not coming: the program changed the modes.
        self._echo = self._echo + echo if self._fresh else echo
        self._fresh = True

    def unechoed(self, output: bytes) -> bytes:
        """The output without the echo of what was typed, as far as the echo stands in it in one piece."""
        self._fresh = not output
        if not self._echo or not output:
            return output
        common = min(len(output), len(self._echo))
        if output[:common] == self._echo[:common]:
            self._echo = self._echo[common:]
            self._fresh = bool(self._echo)
            return output[common:]
        before, found, after = output.partition(self._echo)
        if found:
            self._echo = b""
        return before + after

    def flush(self) -> None:
        """Hand over the line so far: it was read by key, or its end will not come."""
        if self._line:
            self._keep(bytes(self._line))
            self._line.clear()

    def _key(self, byte: int, flags: Modes) -> bytes:
        """The echo of one key, after its effect on the line."""
        if byte == _ENTER and flags[INPUT] & termios.ICRNL:
            byte = _NEWLINE
        name = _name(byte, flags)
        if name in _SIGNALS:
            self._line.clear()
            return _shown(byte)
        if name == termios.VEOF:
            self.flush()
            return b""
        if name in (termios.VERASE, termios.VKILL):
            return self._rub(whole=name == termios.VKILL)
        self._line.append(byte)
        if byte == _NEWLINE:
            self.flush()
        return _shown(byte)

    def _rub(self, *, whole: bool) -> bytes:
        """The echo of taking back the last character, or all of the line."""
        echo = b""
        while self._line:
            if self._line.pop() in _CONTINUES:
                continue
            echo += _RUBBED
            if not whole:
                break
        return echo


def _name(byte: int, flags: Modes) -> int | None:
    """Which special key a byte is in these modes, as an index of the key table; None for an ordinary one."""
    special: tuple[int, ...] = ()
    if flags[LOCAL] & termios.ISIG:
        special += _SIGNALS
    if flags[LOCAL] & termios.ICANON:
        special += (termios.VEOF, termios.VERASE, termios.VKILL)
    return next((name for name in special if flags[KEYS][name] == bytes([byte])), None)


def _shown(byte: int) -> bytes:
    """How a terminal shows a byte: control characters as ^C, but for newline and tab."""
    if byte in (_TAB, _NEWLINE):
        return bytes([byte])
    return b"^" + bytes([byte ^ 0x40]) if byte < _SPACE or byte == _DELETE else bytes([byte])
