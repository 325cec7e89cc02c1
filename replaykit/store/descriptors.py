"""The descriptors of SQLite's files in this process: not closed by others, and looked at before each use.

A program that makes itself a daemon closes every descriptor that it does not know. SQLite would go
on with the numbers, and write into whatever the program opens next. A new connection is no way out:
SQLite keeps one set of locks per file and process, and the new connection would lock through the
old numbers.

    what the program does                   what becomes of it
    os.close, os.closerange                 ours stay open, and the program does not notice
    closes them otherwise (C code, dup2)    noticed before the next use: the same file is put back
                                            under the same number, and the connection begun anew
    ... and has opened a file there         its file is left alone; the connection is never touched
                                            again, not even to close it

Law: nothing is read, written, locked or closed through a number that is not the store's any more.
"""

from __future__ import annotations

import fcntl
import os
import posix
import threading
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, update_wrapper
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

Identity: TypeAlias = tuple[int, int]
"""Device and inode of a file."""

LISTED = "/dev/fd"
"""Where a system lists the descriptors of the process that looks; one without has no protection."""

SHARED = "-shm"
"""What SQLite adds to the name of the file whose descriptor all connections of a process lock through."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A descriptor that SQLite has opened: its number, and the file behind it."""

    number: int
    path: str
    identity: Identity

    def intact(self) -> bool:
        """Whether the number still stands for that file."""
        return identity(self.number) == self.identity

    def mend(self) -> bool:
        """Whether it does now: where the number is free and the file still there, they are brought together."""
        if identity(self.number) is not None:
            return False
        try:
            found = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        if identity(found) == self.identity:
            if found == self.number:
                return True
            put = fcntl.fcntl(found, fcntl.F_DUPFD_CLOEXEC, self.number)
            posix.close(found)
            if put == self.number:
                return True
            found = put  # another thread was faster
        posix.close(found)  # `os.close` might spare it
        return False


class Descriptors:
    """All that a connection locks, reads and writes through, kept from being closed until `release`."""

    __slots__ = ("_all",)

    def __init__(self, found: Iterable[Descriptor] = ()) -> None:
        """Keep these."""
        self._all = tuple(found)
        sparing().hold(self._all)

    @classmethod
    def opened(cls, path: Path, before: frozenset[int]) -> Descriptors:
        """Those of a connection that has just been made, given the descriptors that there were `before`.

        What it has not opened itself it shares with another connection of this process.
        """
        paths = [f"{path}{suffix}" for suffix in ("", "-wal", SHARED)]
        names = {who: each for each in paths if (who := identity(each)) is not None}
        found = [
            Descriptor(each, names[who], who) for each in sorted(numbers()) if (who := identity(each)) in names and who
        ]
        fresh = {each.path for each in found if each.number not in before}
        return cls(each for each in found if each.number not in before or each.path not in fresh)

    def intact(self) -> bool:
        """Whether each is still what it was; 1 µs each."""
        return all(map(Descriptor.intact, self._all))

    def mend(self) -> frozenset[str]:
        """The paths of those that cannot be made what they were."""
        return frozenset([each.path for each in self._all if not each.intact() and not each.mend()])

    def release(self) -> None:
        """SQLite has closed them; those that it has not, for the sake of another connection, stay kept."""
        sparing().release(each for each in self._all if not each.intact())


class Sparing:
    """`os.close` and `os.closerange`, which leave alone what is held; in place as long as anything is."""

    def __init__(self) -> None:
        """Nothing is held."""
        self._held: Counter[Descriptor] = Counter()
        self._numbers: frozenset[int] = frozenset()
        self._changes: deque[tuple[int, tuple[Descriptor, ...]]] = deque()
        self._lock, self._settling = threading.RLock(), False
        self._undo: Callable[[], None] | None = None
        os.register_at_fork(after_in_child=self._forked)

    def hold(self, found: Iterable[Descriptor]) -> None:
        """Hold these once more."""
        self._change(1, tuple(found))

    def release(self, found: Iterable[Descriptor]) -> None:
        """Hold these once less."""
        self._change(-1, tuple(found))

    def spares(self, number: int) -> bool:
        """Whether this is ours: a number that was closed elsewhere may be the program's by now."""
        return number in self._numbers and any(each.number == number and each.intact() for each in self._held)

    def _change(self, times: int, found: tuple[Descriptor, ...]) -> None:
        """Hold these so many times more, or less.

        A garbage collection may release a connection in the middle of this, on this very thread: then
        there is nothing to wait for, and whoever was interrupted does that, too.
        """
        self._changes.append((times, found))
        with self._lock:
            if self._settling:
                return
            self._settling = True
            try:
                while self._changes:
                    times, found = self._changes.popleft()
                    held = Counter(self._held)
                    held.update(dict.fromkeys(found, times))
                    self._settle(held)
            finally:
                self._settling = False

    def _settle(self, held: Counter[Descriptor]) -> None:
        """Hold these, as far as they are what they were; be in place exactly if something is held."""
        self._held = Counter({each: count for each, count in held.items() if count > 0 and each.intact()})
        self._numbers = frozenset(each.number for each in self._held)
        if self._held and self._undo is None:
            self._undo = self._put()
        elif not self._held and self._undo is not None:
            self._undo()
            self._undo = None

    def _put(self) -> Callable[[], None]:
        """Put both in place; the result takes them back, unless somebody has wrapped them since."""
        close, closerange = os.close, os.closerange

        def sparing_close(fd: int) -> None:
            if not self.spares(fd):
                close(fd)

        def sparing_range(low: int, high: int, /) -> None:
            for number in sorted(self._numbers):
                if low <= number < high and self.spares(number):
                    closerange(low, number)
                    low = number + 1
            closerange(low, high)

        ours = Unbound(close, sparing_close), Unbound(closerange, sparing_range)
        os.close, os.closerange = ours

        def undo() -> None:
            if (os.close, os.closerange) == ours:
                os.close, os.closerange = close, closerange

        return undo

    def _forked(self) -> None:
        """In a child: nobody else holds the lock."""
        self._lock, self._settling = threading.RLock(), False


class Unbound:
    """A function that does not become a method where a class has it as an attribute, as a builtin does not."""

    def __init__(self, original: Callable[..., None], function: Callable[..., None]) -> None:
        """`function` in the place of `original`, under its name."""
        self._function = function
        update_wrapper(self, original, updated=())

    def __call__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 -- as it was called
        """Call it."""
        self._function(*arguments, **named)


@cache
def sparing() -> Sparing:
    """The one of this process, for there is one `os`."""
    return Sparing()


def numbers() -> frozenset[int]:
    """The descriptors of this process; none where they are not listed."""
    with suppress(OSError):
        return frozenset(map(int, os.listdir(LISTED)))  # noqa: PTH208 -- numbers, not paths
    return frozenset()


def identity(file: int | str) -> Identity | None:
    """The file behind a descriptor or a path; None where there is none."""
    try:
        found = os.stat(file)  # noqa: PTH116 -- descriptors, too
    except OSError:
        return None
    return found.st_dev, found.st_ino


def forget(connection: object) -> None:
    """Nobody closes this connection any more, not even the interpreter at its end."""
    with suppress(ImportError):  # too late
        import ctypes

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
