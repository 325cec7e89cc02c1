"""A difference for programs, as JSON.

Law: all of it. Nothing is cut short or left out, for this is where one looks when an account was too short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.core.compare.place import Place
    from replaykit.core.diff.difference import Difference, First, Pair


def as_json(difference: Difference) -> dict[str, Any]:
    """The difference for programs.

    `same`; `first` (`step` by the later side's number, for a removed one by the earlier side's; `before` and
    `after`, its number on either side or null; `cause`; `places`), null where only outputs differ; `steps`
    (`kind`, `before`, `after`, `title`, `places`, `answer`), `same` where nothing is told of them; `outputs`
    (places); `counts`, each before and after; `allowed`, in words. A place has `kind`, `before` and `after`:
    what is added has no `before`, whatever null may mean elsewhere.
    """
    counts = difference.counts
    return {
        "same": difference.same,
        "before": difference.before,
        "after": difference.after,
        "first": _first(difference.first) if difference.first is not None else None,
        "steps": [_step(pair) for pair in difference.steps],
        "outputs": _places(difference.outputs),
        "counts": {
            "turns": list(counts.turns),
            "tool_calls": list(counts.tool_calls),
            "tokens": list(counts.tokens),
        },
        "allowed": difference.allowed,
    }


def _first(first: First) -> dict[str, Any]:
    return {
        "step": first.step,
        "before": first.pair.before,
        "after": first.pair.after,
        "cause": first.cause,
        "places": _places(first.places),
    }


def _places(places: Sequence[Place]) -> list[dict[str, Any]]:
    return [{**place.as_json(cut=False), "text": place.text} for place in places]


def _step(pair: Pair) -> dict[str, Any]:
    return {
        "kind": pair.kind,
        "before": pair.before,
        "after": pair.after,
        "title": pair.title,
        "places": _places(pair.asked),
        "answer": _places(pair.answered),
    }
