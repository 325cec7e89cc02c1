"""A difference for people, as lines of plain text, and for programs, as JSON.

Law: all of it. Nothing is cut short or left out, for this is where one looks when an account was too
short; what rules forgive is counted in one line at the end. All recorded text in it was made harmless
where its place was worded; nothing is added here but our own words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replaykit.core.plain import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from replaykit.core.diff.difference import Difference, Pair
    from replaykit.core.place import Place

_CAUSES = {
    "program": "the program asked for something else",
    "tool": "a tool gave something else",
    "model": "the model answered something else",
}


def as_text(difference: Difference) -> str:
    """The difference in lines: what it amounts to, what differed first, then the rest."""
    head = [f"{difference.before} → {difference.after}", *_summary(difference)]
    rest = [f"also differ, as rules allow: {difference.allowed}"] if difference.allowed else []
    if difference.same:
        return "\n".join([*head, f"same: {counted(len(difference.steps), 'step')}, nothing differs", *rest])
    return "\n".join([*head, *_first(difference), *_groups(difference), *rest])


def as_json(difference: Difference) -> dict[str, Any]:
    """The difference for programs.

    `same`; `first` (`step`, `cause`, `places`, or null); `steps` (`kind`, `before`, `after`, `title`,
    `places`, `answer`); `outputs` (places); `counts`, each before and after; `allowed`, in words.
    """
    first, counts = difference.first, difference.counts
    return {
        "same": difference.same,
        "before": difference.before,
        "after": difference.after,
        "first": first and {"step": first.step, "cause": first.cause, "places": _places(first.places)},
        "steps": [_step(pair) for pair in difference.steps],
        "outputs": _places(difference.outputs),
        "counts": {
            "turns": list(counts.turns),
            "tool_calls": list(counts.tool_calls),
            "tokens": list(counts.tokens),
        },
        "allowed": difference.allowed,
    }


def _summary(difference: Difference) -> Iterator[str]:
    outputs = counted(len(difference.outputs), "difference") if difference.outputs else "same"
    yield f"outputs      {outputs}"
    for name, (before, after) in (
        ("turns", difference.counts.turns),
        ("tool calls", difference.counts.tool_calls),
        ("tokens", difference.counts.tokens),
    ):
        yield f"{name:<12} {before:,}" + (f" → {after:,}" if before != after else "")


def _first(difference: Difference) -> Iterator[str]:
    first = difference.first
    if first is None:
        return
    alone = {"added": " (a new step)", "removed": " (a step that is no more)"}.get(first.pair.kind, "")
    yield f"first difference: step {first.step}, {_CAUSES[first.cause]}{alone}: {first.pair.title}"
    yield from _indented(first.places)


def _groups(difference: Difference) -> Iterator[str]:
    """What else differs: whole steps, requests, answers, outputs."""
    first = difference.first.pair if difference.first is not None else None
    rest = [pair for pair in difference.steps if pair.kind != "same"]
    alone = [pair for pair in rest if pair.kind != "changed" and pair is not first]
    if alone:
        yield "steps"
        yield from (f"  step {pair.number} {pair.kind}: {pair.title}" for pair in alone)
    yield from _group("requests", rest, lambda pair: () if pair is first else pair.asked)
    yield from _group("answers", rest, lambda pair: () if pair is first and not pair.asked else pair.answered)
    if difference.outputs:
        yield "outputs"
        yield from _indented(difference.outputs)


def _group(name: str, pairs: Sequence[Pair], chosen: Callable[[Pair], Sequence[Place]]) -> Iterator[str]:
    found = [(pair, places) for pair in pairs if (places := chosen(pair))]
    if found:
        yield name
    for pair, places in found:
        yield f"  step {pair.number}: {pair.title}"
        yield from (f"  {text}" for text in _indented(places))


def _indented(places: Sequence[Place]) -> Iterator[str]:
    return (f"  {text}" for place in places for text in place.whole)


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
