"""What became of each test, put together from what its reports carry.

    a property `replaykit`     what its case did: replayed, recorded, not run, with the counts
    an attribute `replaykit`   what we said of its failure (blame.py)

Law: reports alone. They come from this process or another, in any order, several of one test. Where it was run again
(pytest-rerunfailures), what it came to in the end counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from replaykit.core.model import Unseen
from replaykit.report.suite import OUTCOMES, WORDS, Trial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from replaykit.report.suite import How, Outcome

NAME = "replaykit"
"""What reports call both."""

AGAIN = "rerun"
"""The outcome of a report after which its test is run once more."""

NOT_RUN = "not run"
"""What a case did that a cap kept from running."""


def gathered(reporter: pytest.TerminalReporter, *, every: bool = False) -> list[Trial]:
    """What became of the tests that pytest has reports of, as `folded` has it."""
    return folded((each for each in reports_of(reporter) if isinstance(each, pytest.TestReport)), every=every)


def reports_of(reporter: pytest.TerminalReporter) -> Iterator[Any]:
    """All that was reported in a run, of whatever outcome: reports of tests and of files, and warnings."""
    return (each for reports in reporter.stats.values() for each in reports)


def folded(reports: Iterable[pytest.TestReport], *, every: bool = False) -> list[Trial]:
    """What became of each test that used an episode, by the reports of its set-up, its own code and what came after.

    `every`: of the others, too, whose failure we had something to say of.
    """
    found: dict[str, list[pytest.TestReport]] = {}
    for report in reports:
        found.setdefault(report.nodeid, []).append(report)
    return [each for mine in found.values() if (each := _one(mine)) is not None and (each.episode or every)]


def carried(report: object) -> Iterator[dict[str, Any]]:
    """What the case of a test had to report."""
    return (found for name, found in getattr(report, "user_properties", ()) if name == NAME)


def said(reports: Iterable[object]) -> dict[str, list[dict[str, Any]]]:
    """What the cases of each test had to report, in the order of its runs; no test whose cases said nothing.

    Each report has what was said up to then, so that the last one has all; they come in any order.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for report in reports:
        node, here = getattr(report, "nodeid", ""), [*carried(report)]
        if here:
            found[node] = max(found.get(node, []), here, key=len)
    return found


def _blamed(report: object) -> dict[str, str] | None:
    """What we said of a failure."""
    found: dict[str, str] | None = getattr(report, NAME, None)
    return found


def _one(reports: Sequence[pytest.TestReport]) -> Trial | None:
    """A test by its reports; None when it is none of ours."""
    kept = next(iter(said(reports).values()), [])
    blamed = [each for report in reports if (each := _blamed(report)) is not None]
    if not kept and not blamed:
        return None
    ended = [each for report in reports if report.outcome != AGAIN and (each := _blamed(report)) is not None]
    stopped = next((each for each in kept if each["did"] == NOT_RUN), None)
    last: dict[str, Any] = stopped or (kept[-1] if kept else {"did": "none", **blamed[0]})
    file, at, _ = reports[0].location
    accounts = [str(last.get("why", ""))] if stopped else [each["account"] for each in ended]
    return Trial(
        reports[0].nodeid,
        min((_outcome(report, stopped=stopped is not None) for report in reports), key=OUTCOMES.index),
        last["episode"],
        _how(last),
        file.replace("\\", "/"),
        0 if at is None else at + 1,
        {name: last[name] for name in WORDS if name in last},
        "\n\n".join(dict.fromkeys(filter(None, accounts))),
        last.get("took", 0.0),
        last.get("recorded", 0.0),
        last.get("draft", ""),
        last.get("accepted", False),
        last.get("calls", 0),
        last.get("tokens", 0),
        tuple(tuple(each) for each in last.get("loosely", ())),
        last.get("written", False),
        tuple(Unseen(*each) for each in last.get("unseen", ())),
    )


def _outcome(report: pytest.TestReport, *, stopped: bool) -> Outcome:
    """What one report says of its test."""
    if report.outcome == "failed":
        return "failed" if report.when == "call" else "error"
    if report.outcome == "skipped":
        if stopped:
            return "not run"
        return "xfailed" if hasattr(report, "wasxfail") else "skipped"
    return "passed"


def _how(found: dict[str, Any]) -> How:
    """Where a test had its answers from; live tests are the ones whose calls are counted."""
    if found["did"] == NOT_RUN:
        return "none"
    return "live" if "calls" in found else cast("How", found["did"])
