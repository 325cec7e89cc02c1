"""What the processes of a replay write down, safe from a store that takes nothing.

    what happens            where it is written                       when the store fails
    a miss                  the run's folder, then the store          it stands in the run's folder
    anything else           the store                                 the run's folder
    neither can be written  -                                         the run is ended: that tells, too

Law: no miss is lost with the disk, the lock or the descriptors that it was to be written through.
The run's end is near before the store is asked, which may be locked for a minute.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from replaykit.core.codec import dumps, loads
from replaykit.errors import StoreError
from replaykit.launch.bell import ring
from replaykit.launch.settings import left, note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from replaykit.core.match import Grant, Learnt
    from replaykit.core.normalize import Bound
    from replaykit.session.ledger import Ledger
    from replaykit.store import Store


class Witness:
    """A ledger that falls back on the run's folder; see `Ledger` for what its methods mean."""

    def __init__(self, ledger: Ledger, run: str, *, keep_going: bool) -> None:
        """`keep_going`: a miss does not end the run."""
        self._ledger = ledger
        self._run = run
        self._keep_going = keep_going

    def claim(self, position: int, detail: Mapping[str, Any], bound: Sequence[Bound] = ()) -> Grant:
        """See `Ledger`; where the store does not say whose the step is, nobody has it."""
        try:
            return self._ledger.claim(position, detail, bound)
        except StoreError as error:
            self._note("lost", {"text": f"a step could not be served: {error}"})
            raise

    def learn(self) -> Learnt:
        """See `Ledger`."""
        return self._ledger.learn()

    def remark(self, kind: str, detail: Mapping[str, Any]) -> None:
        """See `Ledger`."""
        if kind == "miss":
            self._note(kind, detail)
            if not self._keep_going:
                ring(self._run)
        try:
            self._ledger.remark(kind, detail)
        except StoreError:
            if kind != "miss":
                self._note(kind, detail)

    def before_fork(self) -> None:
        """See `Ledger`."""
        self._ledger.before_fork()

    def after_fork(self) -> None:
        """See `Ledger`."""
        self._ledger.after_fork()

    def _note(self, kind: str, detail: Mapping[str, Any]) -> None:
        if not note(self._run, "remark", os.getpid(), kind, dumps(detail).decode()):
            ring(self._run)


@dataclass(frozen=True, slots=True)
class Account:
    """What a replay has served, by position, with how; and its remarks, by kind and detail."""

    plays: Mapping[int, Mapping[str, Any]]
    remarks: tuple[tuple[str, Mapping[str, Any]], ...]


def account(store: Store, replay: str, run: str) -> Account:
    """What a replay wrote down, in the store or in the run's folder, each once.

    A store that cannot be read is something to account for, too.
    """
    try:
        plays, kept = store.plays(replay), [(remark.kind, remark.detail) for remark in store.remarks(replay)]
    except StoreError as error:
        plays, kept = {}, [("lost", {"text": f"what this replay wrote down cannot be read: {error}"})]
    return Account(plays, (*kept, *_missing(kept, run)))


def _missing(kept: Iterable[tuple[str, Mapping[str, Any]]], run: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What stands in the run's folder alone: misses stand in both, as long as the store takes them."""
    known = Counter(dumps(detail) for kind, detail in kept if kind == "miss")
    for record in left(run):
        if record[0] != "remark":
            continue
        _, _, kind, text = record
        detail = loads(text)
        known[dumps(detail)] -= kind == "miss"
        if kind != "miss" or known[dumps(detail)] < 0:
            yield kind, detail
