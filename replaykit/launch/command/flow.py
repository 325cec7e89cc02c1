"""Bytes on their way from one descriptor to another, with a copy taken as they pass.

Law: nothing blocks. A flow is asked what it waits for, and moves at most what a ready descriptor
takes at once; the flags of descriptors that we share with others are never changed.
"""

from __future__ import annotations

import fcntl
import os
import stat
import struct
import subprocess
import termios
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK = 65536
"""Bytes read at once: the size of a pipe on Linux."""

ATOMIC = 4096
"""Bytes that a pipe reported as writable takes without blocking (PIPE_BUF on Linux; pipe(7))."""


def same(data: bytes) -> bytes:
    """The bytes as they are."""
    return data


class Flow:
    """One direction of one stream; `source` and `sink` become None when they have ended.

    - `show` turns a chunk that was read into what is written; then `copy` receives the chunk.
    - `close` receives a descriptor that has ended, for the owner to close or to leave.
    - Without a source, only what `pending` holds at the start goes out.
    """

    __slots__ = ("_close", "_copy", "_leaving", "_limit", "_owed", "_show", "pending", "sink", "source")

    def __init__(  # noqa: PLR0913 -- one value per end and per use of what passes
        self,
        source: int | None,
        sink: int,
        *,
        copy: Callable[[bytes], None],
        close: Callable[[int], None],
        show: Callable[[bytes], bytes] = same,
        pending: bytes = b"",
    ) -> None:
        """Begin with both ends open."""
        self.source = source
        self.sink: int | None = sink
        self.pending = memoryview(pending)
        self._copy = copy
        self._close = close
        self._show = show
        self._owed = 0
        self._leaving = False
        self._limit = CHUNK if stat.S_ISREG(os.fstat(sink).st_mode) else ATOMIC
        self._settle()

    @property
    def reads(self) -> tuple[int, ...]:
        """The descriptor this flow would read from now, if any."""
        return () if self.source is None or self.pending or self._leaving else (self.source,)

    @property
    def writes(self) -> tuple[int, ...]:
        """The descriptor this flow would write to now, if any."""
        return () if self.sink is None or not self.pending else (self.sink,)

    @property
    def done(self) -> bool:
        """Whether nothing more can pass."""
        return self.sink is None

    @property
    def whole(self) -> bool:
        """Whether what is pending ends with a line."""
        return bytes(self.pending[-1:]) in (b"", b"\n")

    @property
    def owing(self) -> bool:
        """Whether something that was there at the last call has not been read yet."""
        return self.source is not None and self._owed > 0

    def last_call(self) -> None:
        """What waits in the source now still has to pass, however long the sink takes."""
        if self.source is not None:
            with suppress(OSError):
                self._owed = struct.unpack("i", fcntl.ioctl(self.source, termios.FIONREAD, bytes(4)))[0]

    def pull(self) -> None:
        """Take what the source has; at its end, the flow ends when all is written."""
        if self.source is None or self.pending:
            return
        try:
            data = os.read(self.source, CHUNK)
        except BlockingIOError:
            return
        except OSError:  # EIO: the other side of a terminal has gone, which is its way to end
            data = b""
        self._owed -= len(data)
        if data:
            self.pending = memoryview(self._show(data))
            self._copy(data)
        else:
            self.drop_source()

    def push(self) -> None:
        """Write what the sink takes; when nobody reads it any more, the source feels it too."""
        if self.sink is None:
            return
        try:
            written = os.write(self.sink, self.pending[: self._limit])
        except BlockingIOError:
            return
        except OSError:  # EPIPE, EIO, ENOSPC: the program shall meet it at its own next write
            self.stop()
            return
        self.pending = self.pending[written:]
        self._settle()

    def hand_over(self) -> None:
        """Read no more; what still comes is passed on without us, by a process that ends with it."""
        self._leaving = True
        self._settle()

    def stop(self) -> None:
        """End now, with whatever was pending."""
        self.pending = memoryview(b"")
        self.drop_source()

    def drop_source(self) -> None:
        """Read no more; what is pending still goes out."""
        if self.source is not None:
            self._close(self.source)
            self.source = None
        self._settle()

    def _settle(self) -> None:
        """Let go of the sink once there is nothing left to write to it."""
        if self._leaving and self.source is not None and self.sink is not None and not self.pending:
            _relay(self.source, self.sink)
            self.drop_source()
        if self.source is None and not self.pending and self.sink is not None:
            self._close(self.sink)
            self.sink = None


def _relay(source: int, sink: int) -> None:
    """Start what a shell would use for it: it needs a thousandth of our memory, and hears no key of the terminal."""
    os.set_blocking(source, True)
    with suppress(OSError):  # no `cat`: whoever still prints meets a broken pipe
        relay = subprocess.Popen(["cat"], stdin=source, stdout=sink, stderr=subprocess.DEVNULL, process_group=0)  # noqa: S607 -- POSIX's
        relay.returncode = 0  # nobody waits for it
