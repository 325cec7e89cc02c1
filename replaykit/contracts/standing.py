"""Drift as it stands today: since when it is there, and who has acknowledged it.

    drift of this run  +  the journal  +  acknowledgements  ->  what is open

Law: an acknowledgement covers what it names until its day, and then it counts no more. Days are ISO days.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from replaykit.contracts.acks import read
from replaykit.contracts.journal import update
from replaykit.core.contract.grades import RANK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from replaykit.contracts.acks import Ack
    from replaykit.contracts.journal import Journal
    from replaykit.core.contract.drift import Drift, Seen
    from replaykit.core.contract.grades import Grade
    from replaykit.core.contract.model import Finding


@dataclass(frozen=True, slots=True)
class Standing:
    """One drift today.

    `first` is the day on which it was first seen, `clean` the last one on which it was looked for and not
    there (empty: never). `ack` is the acknowledgement of it, `expired` when that counts no more.
    """

    drift: Drift
    first: str
    clean: str = ""
    ack: Ack | None = None
    expired: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody has acknowledged it, or did so until a day that has passed."""
        return self.ack is None or self.expired

    @property
    def grade(self) -> Grade:
        """How bad it is."""
        return self.drift.finding.grade


def settled(  # noqa: PLR0913 - all that it depends on
    found: Sequence[Drift], seen: Sequence[Seen], today: str, *, folder: Path, path: Path, live: bool
) -> tuple[tuple[Standing, ...], str]:
    """What was found, as it stands today, and what is wrong with the journal at `path`, in which it is noted.

    Acknowledgements are those in the `folder` of contracts.
    """
    kept = update(path, lambda known: noted(known, seen, found, today, live=live))
    return standings(found, kept, read(folder), today), kept.problem


def standings(drifts: Iterable[Drift], journal: Journal, acks: Sequence[Ack], today: str) -> tuple[Standing, ...]:
    """Each drift as it stands: what is open comes first, the worst before the rest."""
    found = [_standing(each, journal, acks, today) for each in drifts]
    return tuple(sorted(found, key=lambda each: (not each.is_open, -RANK[each.grade])))


def noted(journal: Journal, seen: Sequence[Seen], drifts: Iterable[Drift], today: str, *, live: bool) -> Journal:
    """The journal after these exchanges were checked; `live` says that they are of today."""
    found: dict[tuple[str, str], dict[str, tuple[Finding, int]]] = {}
    for each in drifts:
        found.setdefault((each.contract, each.finding.host), {})[each.key] = (each.finding, each.times)
    for (name, host), count in Counter((each.checked.contract.name, each.checked.host) for each in seen).items():
        journal = journal.noted(name, today, found.get((name, host), {}), count, live=live, host=host)
    return journal


def _standing(drift: Drift, journal: Journal, acks: Sequence[Ack], today: str) -> Standing:
    covering = [each for each in acks if each.covers(drift.key, drift.contract, drift.finding)]
    ack = max(covering, key=lambda each: each.until, default=None)
    known = journal.findings.get(drift.key)
    first = min(filter(None, (drift.first, journal.since(drift.key))), default=today)
    return Standing(drift, first, known.clean if known else "", ack, ack is not None and not ack.holds(today))
