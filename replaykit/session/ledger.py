"""What a replay has done so far: which steps were served, and what it must account for.

    Memory      one process: steps are claimed in memory; the store is opened when there is a miss.
                From its first fork on: in a file of its own, which its children reach, too
    Shared      a command and its children: a row in the store, so no two serve the same step

Law: a claim is granted once, and with it what it binds: no two processes of a run have an id stand for
two others. A remark is committed before it is told to the program, which may
swallow it, retry it, or die of it.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from replaykit.core.match import Learnt
from replaykit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from replaykit.core.match import Grant
    from replaykit.core.normalize import Bound
    from replaykit.store import Store

FORKED = "replay_forked"
"""What a replay is called in a file that holds no other."""


_COMPARED = frozenset({"output", "sent", "unchecked"})
"""Remarks that a block makes its verdict of when it ends: without them a replay in a test opens no store."""


class Ledger(Protocol):
    """Where a player writes down what it does."""

    def claim(self, position: int, detail: Mapping[str, Any], bound: Sequence[Bound] = ()) -> Grant:
        """What comes of the claim (core/match.py): only with `ours` may the step be served."""

    def learn(self) -> Learnt:
        """What other processes have done since this was asked last."""

    def remark(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Commit something that the replay has to account for."""

    def before_fork(self) -> None:
        """Be ready for a child that writes, too."""

    def after_fork(self) -> None:
        """In the child: nobody else is about to write."""


class _Known:
    """How far a process has read what all of them wrote: the store's version, and the last pair."""

    def __init__(self) -> None:
        self.version = (0, 0)
        self.pair = 0


def _learnt(store: Store, replay: str, known: _Known) -> Learnt:
    """What was written since; nothing is read while nobody else has written."""
    version = store.version()
    if version == known.version:
        return Learnt()
    pairs = store.bound(replay, known.pair)
    known.version, known.pair = version, max([known.pair, *pairs])
    return Learnt(tuple(pairs.values()), store.exactly(replay))


class Memory:
    """The ledger of one process, and of those that it forks."""

    def __init__(self, commit: Callable[[str, Mapping[str, Any]], None], apart: Callable[[], Path]) -> None:
        """`commit` writes a remark to the store; `apart` names a new file for all that comes after a fork."""
        self._plays: dict[int, Mapping[str, Any]] = {}
        self._remarks: list[tuple[str, Mapping[str, Any]]] = []
        self._commit = commit
        self._apart = apart
        self._file: Path | None = None
        self._store: Store | None = None
        self._known = _Known()
        self._lock = threading.Lock()

    @property
    def plays(self) -> dict[int, Mapping[str, Any]]:
        """The steps that were served, by position, with how."""
        return self._plays if self._file is None else {**self._plays, **self._shared().plays(FORKED)}

    @property
    def remarks(self) -> list[tuple[str, Mapping[str, Any]]]:
        """What else was noted, in its order."""
        later = self._shared().remarks(FORKED) if self._file is not None else ()
        return self._remarks + [(each.kind, each.detail) for each in later]

    def claim(self, position: int, detail: Mapping[str, Any], bound: Sequence[Bound] = ()) -> Grant:
        """See `Ledger`; alone, a process need not be told what it has bound itself."""
        with self._lock:
            if position in self._plays:
                return "taken"
            if self._file is None:
                self._plays[position] = detail
                return "ours"
        return self._shared().claim(FORKED, position, detail, bound)

    def learn(self) -> Learnt:
        """See `Ledger`."""
        return Learnt() if self._file is None else _learnt(self._shared(), FORKED, self._known)

    def remark(self, kind: str, detail: Mapping[str, Any]) -> None:
        """See `Ledger`; named outputs and requests are compared in memory and need not be committed.

        A store that cannot be written takes nothing from the verdict, which is made of what is in memory.
        """
        with self._lock:
            forked = self._file is not None
            if not forked:
                self._remarks.append((kind, detail))
        if forked:
            self._shared().remark(FORKED, kind, detail)
        if kind not in _COMPARED:
            with suppress(StoreError):
                self._commit(kind, detail)

    def before_fork(self) -> None:
        """Write nothing more in memory, which a child has a copy of; without a place for a file, each has its own."""
        if self._file is None:
            with self._lock, suppress(OSError):
                self._file = self._apart()

    def after_fork(self) -> None:
        """See `Ledger`."""
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._store is not None:
            self._store.close()

    def _shared(self) -> Store:
        """What holds all that came after a fork; opened by whoever needs it, for at a fork the stores stand still."""
        with self._lock:
            if self._store is None:
                from replaykit.store import Store

                assert self._file is not None  # noqa: S101 - there was a fork
                self._store = Store(self._file)
            return self._store


class Shared:
    """The ledger of a replay that several processes take part in."""

    def __init__(self, store: Store, replay: str) -> None:
        """`replay` is the id of a replay that the store knows."""
        self._store = store
        self._replay = replay
        self._known = _Known()

    def claim(self, position: int, detail: Mapping[str, Any], bound: Sequence[Bound] = ()) -> Grant:
        """See `Ledger`."""
        return self._store.claim(self._replay, position, detail, bound)

    def learn(self) -> Learnt:
        """See `Ledger`."""
        return _learnt(self._store, self._replay, self._known)

    def remark(self, kind: str, detail: Mapping[str, Any]) -> None:
        """See `Ledger`."""
        self._store.remark(self._replay, kind, detail)

    def before_fork(self) -> None:
        """Nothing: the store is shared already."""

    def after_fork(self) -> None:
        """Nothing: the store sees to itself."""
