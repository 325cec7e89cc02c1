"""What open stores have to do with every fork of this process.

    a fork begins                        each store is held, so that no thread is within SQLite
    a store opens for the first time     before the fork, or after it
    a store is collected as garbage      closed at once; while another thread forks, after that

Law: a child could never release the locks of SQLite's own that another thread holds when it is made. Garbage is
collected on whatever thread, whatever that holds, so that nothing here waits for it, and it waits for nobody.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from functools import cache
from typing import TYPE_CHECKING, Protocol

from replaykit.forking import STORES, hear
from replaykit.store.descriptors import forget

if TYPE_CHECKING:
    import sqlite3

    from replaykit.store.descriptors import Descriptors


class Forking(Protocol):
    """A store's file, as a fork concerns it."""

    def before_fork(self) -> None:
        """Wait until no thread is within SQLite."""

    def after_fork(self) -> None:
        """In the parent: go on."""

    def forked(self) -> None:
        """In the child: leave the parent's connection alone."""


class Forks:
    """The stores of this process, each told of every fork for as long as it lives."""

    def __init__(self) -> None:
        """There is none yet."""
        self._stores: weakref.WeakSet[Forking] = weakref.WeakSet()
        self._left: deque[tuple[sqlite3.Connection, Descriptors]] = deque()
        self._lock, self._forking = threading.RLock(), False
        hear(STORES, self._before, self._parent, self._child)

    def add(self, store: Forking) -> None:
        """Tell this store, too; it has not been opened yet."""
        with self._lock:
            self._stores.add(store)
            if self._forking:  # by this thread: somebody whose turn comes after ours opens a store before the fork
                store.before_fork()
        self._tidy()

    def close(self, connection: sqlite3.Connection, files: Descriptors) -> None:
        """Close what a store that is gone has left; whoever forks at this moment does it afterwards."""
        self._left.append((connection, files))
        self._tidy()

    def _tidy(self) -> None:
        """Close what is left, unless another thread is at it: it comes by here again when it is done."""
        while self._left and self._lock.acquire(blocking=False):
            try:
                let_go(*self._left.popleft())
            except IndexError:  # garbage that was collected within this loop has come by here, too
                return
            finally:
                self._lock.release()

    def _before(self) -> None:
        self._lock.acquire()
        self._forking = True
        for store in self._stores:
            store.before_fork()

    def _parent(self) -> None:
        self._forking = False
        for store in self._stores:
            store.after_fork()
        self._lock.release()
        self._tidy()

    def _child(self) -> None:
        self._forking = False
        for store in self._stores:
            store.forked()
        while self._left:  # by threads of the parent, which closes it
            forget(self._left.popleft()[0])
        self._lock.release()


def let_go(connection: sqlite3.Connection, files: Descriptors) -> bool:
    """Whether the connection is closed: where a number of its is somebody else's by now, it stays open for ever."""
    if files.mend():
        forget(connection)
        return False
    connection.close()
    files.release()
    return True


@cache
def forks() -> Forks:
    """The one of this process, for forks are the process's."""
    return Forks()
