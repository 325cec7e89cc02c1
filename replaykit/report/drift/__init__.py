"""Drift for people: what was checked, what came of it, and whether that is good enough.

    lines       a terminal
    markdown    a job's summary, a comment
    page        one HTML file
    document    JSON

Law: what was not checked is never told as good. `ran`, `skipped` and `no key` are three different words,
and a run in which nothing ran has failed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from replaykit.core.contract.drift import WIDE, place
from replaykit.core.contract.grades import RANK
from replaykit.core.plain import line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.contracts.standing import Standing
    from replaykit.core.contract.grades import Grade
    from replaykit.core.contract.model import Finding

State: TypeAlias = Literal["ran", "skipped", "no key", "failed"]
"""What became of a contract: it was checked; nothing of it was to be checked; a key was missing; it could not be."""

STATES: Final[tuple[State, ...]] = ("ran", "failed", "no key", "skipped")

Source: TypeAlias = Literal["live", "recordings"]
"""Where the exchanges came from."""

GRADES: Final[tuple[Grade, ...]] = tuple(sorted(RANK, key=RANK.__getitem__, reverse=True))


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one contract: `exchanges` were looked at, `why` says why not, or what went wrong."""

    contract: str
    version: str
    state: State
    exchanges: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All that a check of contracts came to.

    `when` is the end of the run in Unix seconds, `standings` its drift, `problems` what is wrong with the run
    itself, `notes` what else a person has to know, which fails nothing. `fails` are the grades that fail the
    run while nobody has acknowledged them; `spent` and `cap` are calls and tokens of a live run.
    """

    when: float
    source: Source
    rows: tuple[Row, ...]
    standings: tuple[Standing, ...]
    problems: tuple[str, ...] = ()
    fails: frozenset[Grade] = frozenset({"BREAK"})
    spent: tuple[int, int] = (0, 0)
    cap: tuple[int, int] = (0, 0)
    notes: tuple[str, ...] = ()

    @property
    def failing(self) -> tuple[Standing, ...]:
        """The drift that fails the run."""
        return tuple(each for each in self.standings if each.is_open and each.grade in self.fails)

    @property
    def ran(self) -> bool:
        """Whether anything was checked at all."""
        return any(row.state == "ran" for row in self.rows)

    @property
    def failed(self) -> bool:
        """Whether the run is red: for its drift, for what could not be checked, or for nothing having run."""
        broken = any(row.state == "failed" for row in self.rows)
        return bool(self.failing) or broken or bool(self.problems) or not self.ran

    @property
    def states(self) -> Mapping[State, int]:
        """How many contracts came to which state."""
        found = Counter(row.state for row in self.rows)
        return {state: found[state] for state in STATES}

    @property
    def grades(self) -> Mapping[Grade, int]:
        """How many open findings there are of each grade."""
        found = Counter(each.grade for each in self.standings if each.is_open)
        return {grade: found[grade] for grade in GRADES}


@dataclass(frozen=True, slots=True)
class Told:
    """One drift in words, as every format has them: where, what, since when, how often, and who has seen it."""

    grade: Grade
    contract: str
    place: str
    text: str
    since: str
    count: str
    ack: str
    note: str = ""


def told(standing: Standing) -> Told:
    """A drift in words."""
    drift = standing.drift
    finding = drift.finding
    return Told(
        grade=finding.grade,
        contract=drift.contract,
        place=place(finding),
        text=line(finding.text, WIDE),
        since=f"first seen {day(standing.first)}{_clean(standing)}",
        count=f"{drift.times:,} of {drift.of:,}" if drift.of else f"×{drift.times:,}",
        ack=_acknowledged(standing),
        note=" · ".join(filter(None, (finding.shape if finding.id in _PASSING else "", _announced(finding)))),
    )


def day(iso: str) -> str:
    """An ISO day as a person says it: `19 Nov`; another year's with it."""
    try:
        found = date.fromisoformat(iso)
    except ValueError:
        return iso or "never"
    return f"{found.day} {found:%b %Y}"


def _clean(standing: Standing) -> str:
    """When it was not there; a day on which it was and was not says nothing."""
    first, clean = standing.first, standing.clean
    if not clean or clean == first:
        return ""
    return f", not yet on {day(clean)}" if clean < first else f", not there on {day(clean)}"


_PASSING: Final = frozenset({"mod.deprecated"})
"""Findings whose shape is another one every day, and so no part of their text, by which they are known."""


def _announced(finding: Finding) -> str:
    return f"announced: {finding.policy}" if finding.policy else ""


def _acknowledged(standing: Standing) -> str:
    ack = standing.ack
    if ack is None and standing.grade == "ADD":
        return ""  # nobody has to
    if ack is None:
        return f"ack: none ({standing.drift.key})"
    if standing.expired:
        return f"ack: expired on {day(ack.until)}, {line(ack.owner)} ({standing.drift.key})"
    return f"ack: {line(ack.owner)} until {day(ack.until)}: {line(ack.reason)}"
