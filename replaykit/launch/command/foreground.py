"""Which process group has our terminal, and how it changes hands.

Law: whoever had the terminal before a command has it afterwards.
"""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def terminal_owner() -> int | None:
    """The process group in the foreground of our terminal; None when we have no terminal."""
    with _terminal() as terminal:
        return None if terminal is None else os.tcgetpgrp(terminal)


def give_terminal(group: int) -> None:
    """Put a group into the foreground, if we are there ourselves."""
    with _terminal() as terminal:
        if terminal is not None and os.tcgetpgrp(terminal) == os.getpgrp():
            os.tcsetpgrp(terminal, group)


@contextmanager
def terminal_kept() -> Iterator[None]:
    """Our group is in the foreground again afterwards, if it was before."""
    ours = terminal_owner() == os.getpgrp()
    try:
        yield
    finally:
        if ours and terminal_owner() != os.getpgrp():
            _retake()


def _retake() -> None:
    """Take the foreground back; the kernel would stop a background process that does so unprepared."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        with _terminal() as terminal:
            if terminal is not None:
                os.tcsetpgrp(terminal, os.getpgrp())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _terminal() -> Iterator[int | None]:
    """The terminal that controls our session, opened; None where there is none. It may go at any moment."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        yield None
        return
    try:
        with suppress(OSError):
            yield terminal
    finally:
        os.close(terminal)
