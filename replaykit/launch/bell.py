"""A bell in a run's folder: any process below a command can ring it, and its end is near.

Law: ringing never waits and never fails. It is a FIFO, for a descriptor would be lost in children
that close what they do not know.
"""

from __future__ import annotations

import os
from contextlib import suppress

NAME = "bell"


def hang(run: str | os.PathLike[str]) -> int:
    """A descriptor that becomes readable when the bell rings; for `run(watch=...)`, and to be closed."""
    path = os.path.join(run, NAME)  # noqa: PTH118 -- one call, from the program's own thread in `ring`
    with suppress(FileExistsError):
        os.mkfifo(path, 0o600)
    # Opened for both, it never reads as ended, though nobody else has opened it.
    return os.open(path, os.O_RDWR | os.O_NONBLOCK)


def ring(run: str | os.PathLike[str]) -> bool:
    """Whether somebody hears the bell, which has been rung; where there is none, nothing happens."""
    try:
        descriptor = os.open(os.path.join(run, NAME), os.O_WRONLY | os.O_NONBLOCK)  # noqa: PTH118 -- as above
    except OSError:
        return False
    with suppress(OSError):  # full: it has been rung often enough
        os.write(descriptor, b".")
    os.close(descriptor)
    return True
