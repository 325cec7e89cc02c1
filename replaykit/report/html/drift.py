"""The page of a check of contracts: its figures, each finding, and what was checked.

Law: what is open comes first; what was not checked is told in the same place as what was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from replaykit.core.plain import counted, listed
from replaykit.report.clock import when as dated
from replaykit.report.drift import day, told
from replaykit.report.drift.lines import headline, steps
from replaykit.report.html.facts import Tile
from replaykit.report.html.sheet import rendered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.contracts.standing import Standing
    from replaykit.core.contract.grades import Grade
    from replaykit.report.drift import Report, Row, State

_TONES: Final[dict[Grade, str]] = {"BREAK": "bad", "RISK": "warns", "OURS": "", "ADD": ""}
_STATES: Final[dict[State, str]] = {"ran": "good", "failed": "bad", "no key": "warns", "skipped": "warns"}

CHIPS: Final = {"open": "open", "break": "BREAK", "risk": "RISK", "ours": "OURS", "add": "ADD", "acked": "acknowledged"}
"""What findings can be filtered by, as their classes and in words."""


@dataclass(frozen=True, slots=True)
class Card:
    """A finding as it is set; `classes` are what it is filtered by."""

    number: int
    title: str
    classes: str
    grade: str
    tone: str
    text: str
    facts: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Stand:
    """A contract as it is set."""

    name: str
    state: str
    tone: str
    say: str


def drift(report: Report) -> str:
    """The page of a report."""
    verdict, *rest = headline(report).split(" · ")
    return rendered(
        "drift.html",
        headline=verdict,
        about=(dated(report.when), *rest),
        tiles=tuple(_tiles(report)),
        problems=report.problems,
        notes=report.notes,
        cards=tuple(_card(number, each) for number, each in enumerate(report.standings, start=1)),
        states=tuple(map(_state, report.rows)),
        filters=CHIPS,
        next=tuple(each.partition(": ")[2] for each in steps(report)),
        ran=report.ran,
    )


def _tiles(report: Report) -> Iterator[Tile]:
    for grade, count in report.grades.items():
        if count or grade in report.fails:
            yield Tile(
                grade,
                f"{count:,}",
                "fails the run" if grade in report.fails else "",
                bad=bool(count) and grade in report.fails,
            )
    states = report.states
    missing = [f"{states[state]} {state}" for state in ("failed", "no key", "skipped") if states[state]]
    yield Tile("ran", f"{states['ran']:,}", ", ".join(missing), bad=not report.ran)
    if report.source == "live":
        calls, tokens = report.spent
        yield Tile("calls", f"{calls:,}", counted(tokens, "token"))


def _card(number: int, standing: Standing) -> Card:
    each, found = told(standing), standing.drift
    evidence = f"in {listed(found.episodes)}" if found.episodes else ""
    last = f"last seen {day(found.last)}" if found.last else ""
    note = " · ".join(filter(None, (f"{found.finding.id} ({found.key})", evidence, each.note)))
    return Card(
        number,
        f"{each.contract} {each.place}",
        f"{each.grade.lower()} {'open' if standing.is_open else 'acked'}",
        each.grade,
        _TONES[each.grade] if standing.is_open else "",
        each.text,
        tuple(filter(None, (each.since, last, each.count, each.ack))),
        note,
    )


def _state(row: Row) -> Stand:
    looked = counted(row.exchanges, "exchange") if row.state == "ran" else row.why
    return Stand(f"{row.contract} {row.version}".rstrip(), row.state, _STATES[row.state], looked)
