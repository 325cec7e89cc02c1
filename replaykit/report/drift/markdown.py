"""Drift as Markdown: a job's summary, or a comment on a pull request.

    ### replaykit contracts: red              what a reader sees first
    a table of findings                       the worst first, what is acknowledged last
    a table of contracts                      what ran, and what did not

Law: what services say stands in code or as escaped text, and is never markup. The whole fits into a
comment; what does not fit is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replaykit.core.plain import counted, listed
from replaykit.report.drift import told
from replaykit.report.drift.lines import headline, steps
from replaykit.report.markup import escaped, tagged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.contracts.standing import Standing
    from replaykit.core.contract.grades import Grade
    from replaykit.report.drift import Report, Row, State

LARGEST: Final = 60_000
"""Characters in all: GitHub takes 65,536 in a comment."""

_MARKS: Final[dict[Grade, str]] = {"BREAK": "🔴", "RISK": "🟠", "OURS": "🔵", "ADD": "⚪"}
_STATES: Final[dict[State, str]] = {"ran": "🟢", "failed": "🔴", "no key": "🟠", "skipped": "🟠"}

_FEW: Final = 5
"""Episodes that are named as evidence."""

_SEVERAL: Final = 20
"""Problems that are told one by one."""

_AROUND: Final = 400
"""Characters around the table of findings: its head, what is counted, line feeds."""


def markdown(report: Report) -> str:
    """The whole report as one comment."""
    head = [f"### replaykit contracts: {escaped(headline(report))}\n"]
    head += [f"⚠️ {escaped(problem)}\n" for problem in report.problems[:_SEVERAL]]
    if len(report.problems) > _SEVERAL:
        head.append(f"⚠️ {counted(len(report.problems) - _SEVERAL, 'more problem')}\n")
    tail = ["\n".join(_rows(report)) + "\n", *(f"{escaped(note)}\n" for note in report.notes)]
    tail += [f"{tagged(each)}\n" for each in steps(report)]
    room = LARGEST - sum(map(len, (*head, *tail))) - _AROUND
    return "\n".join([*head, *_findings(report, room), *tail])


def _findings(report: Report, room: int) -> Iterator[str]:
    """The table of findings, as far as there is room for it."""
    if not report.standings:
        return
    lines, size = ["| | where | what | since | how often | acknowledged |", "|---|---|---|---|---|---|"], 0
    for number, each in enumerate(report.standings):
        row = _finding(each)
        size += len(row) + 1
        if size > room:
            yield f"{counted(len(report.standings) - number, 'more finding')}: `replaykit contract check --all`\n"
            break
        lines.append(row)
    yield "\n".join(lines) + "\n"


def _finding(standing: Standing) -> str:
    each, drift = told(standing), standing.drift
    mark = _MARKS[each.grade] if standing.is_open else "✅"
    said = f"{escaped(each.text)}" + (f"<br><sub>{escaped(each.note)}</sub>" if each.note else "")
    where = f"{tagged(each.contract)} {tagged(each.place)}"
    episodes = f"<br><sub>{escaped(listed(drift.episodes, _FEW))}</sub>" if drift.episodes else ""
    ack = escaped(each.ack.removeprefix("ack: "))
    return f"| {mark} {each.grade} | {where} | {said} | {escaped(each.since)} | {each.count}{episodes} | {ack} |"


def _rows(report: Report) -> Iterator[str]:
    yield "| | contract | exchanges | |"
    yield "|---|---|---|---|"
    yield from map(_row, report.rows)


def _row(row: Row) -> str:
    name = tagged(f"{row.contract} {row.version}".rstrip())
    return f"| {_STATES[row.state]} {row.state} | {name} | {row.exchanges or ''} | {escaped(row.why)} |"
