"""Drift as a document: what `--json` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.report.clock import iso
from replaykit.version import VERSION

if TYPE_CHECKING:
    from replaykit.contracts.standing import Standing
    from replaykit.core.model import JSON
    from replaykit.report.drift import Report


def as_json(report: Report) -> dict[str, JSON]:
    """The whole report; days are ISO days."""
    calls, tokens = report.spent
    most_calls, most_tokens = report.cap
    return {
        "replaykit": VERSION,
        "when": iso(report.when),
        "source": report.source,
        "failed": report.failed,
        "states": {str(state): count for state, count in report.states.items()},
        "grades": {str(grade): count for grade, count in report.grades.items()},
        "spent": {"calls": calls, "tokens": tokens, "most_calls": most_calls, "most_tokens": most_tokens},
        "contracts": [
            {
                "contract": row.contract,
                "version": row.version,
                "state": row.state,
                "exchanges": row.exchanges,
                "why": row.why,
            }
            for row in report.rows
        ],
        "findings": [described(each) for each in report.standings],
        "problems": list(report.problems),
        "notes": list(report.notes),
    }


def described(standing: Standing) -> JSON:
    """One drift as it stands; `open` while nobody has acknowledged it."""
    drift = standing.drift
    finding, ack = drift.finding, standing.ack
    return {
        "key": drift.key,
        "id": finding.id,
        "grade": finding.grade,
        "direction": finding.direction,
        "contract": drift.contract,
        "version": drift.version,
        "part": finding.part,
        "path": finding.path,
        "text": finding.text,
        "shape": finding.shape,
        "host": finding.host,
        "policy": finding.policy,
        "open": standing.is_open,
        "times": drift.times,
        "of": drift.of,
        "first": standing.first,
        "last": drift.last,
        "clean": standing.clean,
        "episodes": list(drift.episodes),
        "ack": None if ack is None else {"owner": ack.owner, "reason": ack.reason, "until": ack.until},
    }
