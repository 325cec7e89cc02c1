"""Episodes in one line each: what `replaykit list` shows.

Law: accepted ones come first, then drafts, the newest first. A draft that became a cassette is the
cassette.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.core.attempts import wholes
from replaykit.core.plain import line
from replaykit.report.clock import iso, when
from replaykit.session.facts import facts_of
from replaykit.store import Summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from replaykit.core.model import JSON, Episode
    from replaykit.report.terminal import Line

COLUMNS = ("ID", "NAME", "STATE", "WHEN", "STEPS", "MODELS", "TOKENS")
RIGHT = frozenset({"STEPS", "TOKENS"})
STATES = {"accepted": "good", "draft": "", "unfinished": "warning", "damaged": "bad"}
"""What an episode can be, and how that looks."""

WIDEST = 40
"""Characters of a cell: names may have 120."""


def summary_of(episode: Episode) -> Summary:
    """An episode that lies in no store, in one line."""
    facts = [facts_of(step) for step in episode.steps]
    return Summary(
        id=episode.id,
        name=episode.name,
        state=episode.state,
        began=episode.span.began,
        ended=episode.span.ended,
        finished=episode.finished,
        steps=len(wholes(episode)),
        models=tuple(sorted({fact.model for fact in facts if fact.model})),
        input_tokens=sum(fact.input_tokens or 0 for fact in facts),
        output_tokens=sum(fact.output_tokens or 0 for fact in facts),
        exit_code=episode.outputs.exit_code,
    )


def damaged(name: str) -> Summary:
    """A cassette that cannot be read, in one line: of it nothing is known but its name."""
    return Summary(
        "", name, "damaged", 0, None, finished=True, steps=0, models=(), input_tokens=0, output_tokens=0, exit_code=None
    )


def joined(accepted: Iterable[Summary], drafts: Iterable[Summary]) -> tuple[Summary, ...]:
    """All episodes, each once."""
    first = tuple(accepted)
    known = {summary.id for summary in first}
    return (*first, *(summary for summary in drafts if summary.id not in known))


def state_of(summary: Summary) -> str:
    """What an episode is, in one word."""
    return summary.state if summary.finished or summary.state != "draft" else "unfinished"


def table(summaries: Sequence[Summary]) -> Iterator[Line]:
    """The lines of a table of episodes, with a head."""
    rows = [COLUMNS, *map(_cells, summaries)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(COLUMNS))]
    for number, row in enumerate(rows):
        state = row[COLUMNS.index("STATE")]
        cells = [
            cell.rjust(width) if column in RIGHT else cell.ljust(width)
            for cell, width, column in zip(row, widths, COLUMNS, strict=True)
        ]
        yield tuple(
            (f"{cell}  ", "faint" if not number else STATES[state] if column == "STATE" else "")
            for cell, column in zip(cells, COLUMNS, strict=True)
        )


def as_json(summary: Summary) -> dict[str, JSON]:
    """An episode in one line, for scripts."""
    return {
        "id": summary.id,
        "name": summary.name,
        "state": summary.state,
        "finished": summary.finished,
        "when": iso(summary.began),
        "ended": iso(summary.ended or 0),
        "steps": summary.steps,
        "models": list(summary.models),
        "tokens": {"input": summary.input_tokens, "output": summary.output_tokens},
        "exit_code": summary.exit_code,
    }


def _cells(summary: Summary) -> tuple[str, ...]:
    tokens = summary.input_tokens + summary.output_tokens
    return (
        line(summary.id, WIDEST) or "–",
        line(summary.name, WIDEST),
        state_of(summary),
        when(summary.began),
        str(summary.steps) if summary.state != "damaged" else "–",
        line(", ".join(summary.models), WIDEST) or "–",
        f"{tokens:,}" if tokens else "–",
    )
