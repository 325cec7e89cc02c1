"""Drift in lines for a terminal: one a finding, the worst first, then what was checked.

    RISK anthropic.messages /stop_reason new "x" · first seen 19 Nov 2026 · 3 of 41 · ack: none (k3v9q2ab)

Law: repeats are folded where they are found, never left out here.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from replaykit.core.plain import counted, line
from replaykit.report.drift import STATES, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.contracts.standing import Standing
    from replaykit.core.contract.grades import Grade
    from replaykit.report.drift import Report, State
    from replaykit.report.terminal import Line

_LOOKS: Final[dict[Grade, str]] = {"BREAK": "bad", "RISK": "warning", "OURS": "role", "ADD": "faint"}
_STATES: Final[dict[State, str]] = {"ran": "good", "failed": "bad", "no key": "warning", "skipped": "warning"}


def lines(report: Report) -> Iterator[Line]:
    """All that a check came to."""
    for each in report.standings:
        yield finding(each)
    if report.standings:
        yield ()
    for row in report.rows:
        name = f"{row.contract} {row.version}".rstrip()
        looked = counted(row.exchanges, "exchange") if row.state == "ran" else line(row.why, _WIDE)
        yield ((f"{row.state:<8}", _STATES[row.state]), (f"{name}  ", ""), (looked, "faint"))
    for problem in report.problems:
        yield (("problem  ", "bad"), (line(problem, _WIDE), ""))
    for note in report.notes:
        yield (("note     ", "warning"), (line(note, _WIDE), ""))
    yield _summed(report)


_WIDE: Final = 400
"""Characters of a sentence that stands on a line of its own."""


def steps(report: Report) -> tuple[str, ...]:
    """What can be done about what is open, in that order: look at the evidence, and answer for it. Else nothing."""
    if not report.failing:
        return ()
    drift = report.failing[0].drift
    look = [f"next: replaykit show {shlex.quote(line(each, _WIDE))}" for each in drift.episodes[:1]]
    ack = f"replaykit contract ack {drift.key} --owner … --reason … --until DATE"
    return (*look, f"{'then' if look else 'next'}: {ack}")


def headline(report: Report) -> str:
    """What the run came to, in a line: `red: 1 BREAK, 2 RISK · 3 ran, 0 skipped, 1 no key`."""
    found = [f"{count} {grade}" for grade, count in report.grades.items() if count]
    seen = sum(not each.is_open for each in report.standings)
    found += [f"{seen} acknowledged"] if seen else []
    states = ", ".join(
        f"{report.states[state]} {state}" for state in STATES if state != "failed" or report.states[state]
    )
    verdict = "red" if report.failed else "green"
    why = ", ".join(found) or ("no drift" if report.ran else "nothing ran")
    return f"{verdict}: {why} · {states} · {_source(report)}"


def _source(report: Report) -> str:
    if report.source == "recordings":
        return "from recordings, not live"
    calls, tokens = report.spent
    return f"live, {counted(calls, 'call')} and {counted(tokens, 'token')}"


def finding(standing: Standing) -> Line:
    """One drift as it stands."""
    each = told(standing)
    look = _LOOKS[each.grade] if standing.is_open else "faint"
    rest = " · ".join(filter(None, (each.since, each.count, each.ack, each.note)))
    return (
        (f"{each.grade:<5} ", look),
        (f"{each.contract} {each.place} ", "title"),
        (each.text, ""),
        (f" · {rest}", "faint"),
    )


def _summed(report: Report) -> Line:
    return ((headline(report), "bad" if report.failed else "good"),)
