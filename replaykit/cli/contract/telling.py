"""What the commands of contracts have to say of changes: lines for people, values for scripts.

Law: what a contract says was learned from what others sent: it is harmless here, and told by its shape.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from replaykit.core.contract.grades import KINDS, RANK
from replaykit.core.plain import gist, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from replaykit.contracts.publish import Compare
    from replaykit.core.contract.changes import Change, Comparison
    from replaykit.core.contract.grades import Grade
    from replaykit.report.terminal import Line

STYLES: dict[Grade, str] = {"BREAK": "bad", "RISK": "warning", "OURS": "warning", "ADD": "good"}
"""How a grade looks."""

WIDE = 160
"""Characters of a place, or of what changed in it."""


def compare() -> Compare:
    """What compares two versions of a contract, with the validator that confirms its counterexamples."""
    from functools import partial

    from replaykit.contracts.validators import valid
    from replaykit.core.contract.changes import contracts

    return partial(contracts, valid=valid)


def told(changes: Iterable[Change]) -> Iterator[Line]:
    """A line for each change, the worst first, with its counterexample below."""
    for each in sorted(changes, key=lambda each: -RANK[each.grade]):
        place = line(" ".join(filter(None, (each.part, each.path or "/"))), WIDE)
        text = f": {line(each.text, WIDE)}" if each.text else ""
        text += f" ({line(each.policy, WIDE)})" if each.policy else ""
        yield (f"{each.grade:<5}  ", STYLES[each.grade]), (f"{place}  ", "title"), (KINDS[each.id].words + text, "")
        if each.counterexample is not None:
            side = (
                "the old accepts and the new does not" if each.counterexample.under == "old" else "only the new accepts"
            )
            yield ((f"       {side}: {gist(each.counterexample.document, WIDE)}", "faint"),)


def _as_json(change: Change) -> dict[str, Any]:
    """A change, for scripts; `counterexample` is there where one was confirmed."""
    found: dict[str, Any] = {
        "id": change.id,
        "grade": change.grade,
        "path": change.path,
        "direction": change.direction,
        "part": change.part,
        "text": change.text,
        "policy": change.policy or None,
    }
    if change.counterexample is not None:
        found["counterexample"] = {"document": change.counterexample.document, "under": change.counterexample.under}
    return found


def compared(comparison: Comparison | None) -> dict[str, Any]:
    """A comparison, for scripts: all that changed, and whether old and new accept each other's documents."""
    if comparison is None:
        return {"findings": [], "compatible": {"backward": True, "forward": True}}
    return {
        "findings": [_as_json(each) for each in comparison.changes],
        "compatible": {"backward": comparison.backward, "forward": comparison.forward},
    }


def summed(changes: Iterable[Change]) -> str:
    """How many changes of which grade (`1 BREAK, 2 ADD`); `no change of substance` without any."""
    from collections import Counter

    counts = Counter(each.grade for each in changes)
    found = ", ".join(f"{counts[grade]} {grade}" for grade in sorted(counts, key=lambda each: -RANK[each]))
    return found or "no change of substance"


def show(lines: Iterable[Line]) -> None:
    """Lines stand on stderr, where what happened is told; with colours on a terminal."""
    from replaykit.report import terminal

    terminal.write(lines, sys.stderr)


def say(text: str) -> None:
    """A line of our own stands on stderr, harmless."""
    click.echo(line(text, sys.maxsize), err=True)


def put(value: object) -> None:
    """A JSON value stands on standard output."""
    from replaykit.report import terminal

    terminal.put(value)
