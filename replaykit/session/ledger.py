"""What a replay has done so far: which steps were served, and what it must account for.

    Memory      one process: steps are claimed in memory; the store is opened when there is a miss
    Shared      a command and its children: a row in the store, so no two serve the same step

Law: a claim is granted once. A remark is committed before it is told to the program, which may
swallow it, retry it, or die of it.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from replaykit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replaykit.store import Store


class Ledger(Protocol):
    """Where a player writes down what it does."""

    def claim(self, position: int, detail: Mapping[str, Any]) -> bool:
        """Whether the step is now ours to serve; false when it was served already."""

    def remark(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Commit something that the replay has to account for."""


class Memory:
    """The ledger of one process."""

    def __init__(self, commit: Callable[[str, Mapping[str, Any]], None]) -> None:
        """`commit` writes a remark to the store."""
        self.plays: dict[int, Mapping[str, Any]] = {}
        self.remarks: list[tuple[str, Mapping[str, Any]]] = []
        self._commit = commit
        self._lock = threading.Lock()

    def claim(self, position: int, detail: Mapping[str, Any]) -> bool:
        """See `Ledger`."""
        with self._lock:
            if position in self.plays:
                return False
            self.plays[position] = detail
            return True

    def remark(self, kind: str, detail: Mapping[str, Any]) -> None:
        """See `Ledger`; named outputs are compared in memory and need not be committed.

        A store that cannot be written takes nothing from the verdict, which is made of what is in memory.
        """
        self.remarks.append((kind, detail))
        if kind != "output":
            with suppress(StoreError):
                self._commit(kind, detail)


class Shared:
    """The ledger of a replay that several processes take part in."""

    def __init__(self, store: Store, replay: str) -> None:
        """`replay` is the id of a replay that the store knows."""
        self._store = store
        self._replay = replay

    def claim(self, position: int, detail: Mapping[str, Any]) -> bool:
        """See `Ledger`."""
        return self._store.claim(self._replay, position, detail)

    def remark(self, kind: str, detail: Mapping[str, Any]) -> None:
        """See `Ledger`."""
        self._store.remark(self._replay, kind, detail)
