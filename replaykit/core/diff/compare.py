"""The comparison itself: step by step, each difference told where it began.

    a place in a request is explained, and not told, when
    rules fold it                                    ids one to one, times within their runs
    an earlier step told it                          later requests repeat it
    it is what the models answered, on both sides    the answers are compared on their own

Law: what is left in the first step that differs has its cause in that step (difference.py).
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from replaykit.core.diff.align import align
from replaykit.core.diff.answers import answered
from replaykit.core.diff.difference import Counts, Difference, First, Pair
from replaykit.core.diff.side import repeated, said, side, text_of
from replaykit.core.ground import Ground
from replaykit.core.model import ToolCall
from replaykit.core.normalize import Facts, Rules
from replaykit.core.outputs import compare
from replaykit.core.places import of_documents, of_requests
from replaykit.core.plain import line
from replaykit.core.steps import LARGEST, Titles
from replaykit.providers.shape import member, parse

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from replaykit.core.changes import Path
    from replaykit.core.conversation import Part
    from replaykit.core.diff.difference import Cause
    from replaykit.core.diff.side import Seen
    from replaykit.core.model import JSON, Episode
    from replaykit.core.normalize import Rule
    from replaykit.core.place import Place
    from replaykit.core.steps import Asked

_DEPTH = 2
"""The length of a path to an item of a request: the field, and the place in it."""

RECENT = 4
"""Pairs that a request may repeat: more agents than that seldom take turns."""

_Known: TypeAlias = "frozenset[bytes]"


def diff(before: Episode, after: Episode, *, extra: tuple[Rule, ...] = ()) -> Difference:
    """What differs between two episodes; `extra` are the project's rules."""
    rules = Rules.of(before.span, after.span, extra=extra)
    ours, theirs = side(before, rules), side(after, rules)
    rows = align(ours, theirs)
    ground = Ground(rules, Facts(before.span, after.span))
    comparison = _Comparison(ground, (ours, theirs), Titles.of(before, after))
    steps = tuple(comparison.pair(one, other) for one, other in rows)
    first = next((pair for pair in steps if pair.cause is not None), None)
    return Difference(
        _called(before),
        _called(after),
        None if first is None or first.cause is None else First(first.number, first.cause, first),
        steps,
        compare(before.outputs, after.outputs, ground),
        _counts(ours, theirs),
        ground.said(),
    )


@dataclass(slots=True)
class _Comparison:
    """What was told so far, and what needs no telling; `diverged`: something has differed."""

    ground: Ground
    sides: tuple[Sequence[Seen], Sequence[Seen]]
    titles: Titles
    told: set[Hashable] = field(default_factory=set)
    spoken: tuple[_Known, _Known] | None = None
    diverged: bool = False
    recent: deque[tuple[Asked, Asked]] = field(default_factory=lambda: deque(maxlen=RECENT))

    def pair(self, before: Seen | None, after: Seen | None) -> Pair:
        """Two steps that belong together, or one that stands alone, compared."""
        pair = self._alone(before, after) if before is None or after is None else self._pair(before, after)
        self.diverged |= pair.cause is not None
        return pair

    def _pair(self, before: Seen, after: Seen) -> Pair:
        pair = Pair("same", before.whole.number, after.whole.number, self._title(after))
        if before.raw == after.raw:
            return pair
        asked = self._asked(before, after)
        answers = tuple(place for place in answered(before, after, self.ground) if not place.folds)
        if not asked and not answers:
            return pair
        return replace(pair, kind="changed", asked=asked, answered=answers, cause=_cause(before, after, asked))

    def _asked(self, before: Seen, after: Seen) -> tuple[Place, ...]:
        """The places in what was asked that nothing explains."""
        if isinstance(before.step, ToolCall) and isinstance(after.step, ToolCall):
            name = f"tool call {line(after.step.name)}"
            found = of_documents(name, parse(before.step.arguments), parse(after.step.arguments), self.ground)
            return tuple(place for place in found if not place.folds)
        if before.asked is None or after.asked is None:
            return ()
        known = self._repeated(before.asked, after.asked)
        found = of_requests(before.asked, after.asked, self.ground, known, LARGEST)
        self.recent.appendleft((before.asked, after.asked))
        news: list[Place] = []
        keys: set[Hashable] = set()
        for place in found:
            key = _identity(place, before, after)
            keys.add(key)
            if not place.folds and key not in self.told and not self._echoes(place, before, after):
                news.append(place)
        self.told |= keys
        return tuple(news)

    def _repeated(self, before: Asked, after: Asked) -> Mapping[str, tuple[int, int]]:
        """The items that both repeat from two requests that were compared, by the member that holds them."""
        for one, other in self.recent:
            ours, theirs = repeated(one.document, before.document), repeated(other.document, after.document)
            if both := {key: (ours[key], theirs[key]) for key in ours.keys() & theirs.keys()}:
                return both
        return {}

    def _echoes(self, place: Place, before: Seen, after: Seen) -> bool:
        """Whether a place lies in what the models answered, on every side that has it.

        Until something differs, each side has every answer of the other: what is missing, somebody cut.
        """
        ours, theirs = _parts(place, before, after)
        if not (ours and theirs) and not (self.diverged and (ours or theirs)):
            return False
        known = self._spoken()
        return all(text_of([part]) in known[0] for part in ours) and all(text_of([part]) in known[1] for part in theirs)

    def _alone(self, before: Seen | None, after: Seen | None) -> Pair:
        """A step that only one side has: the program went another way."""
        if after is not None:
            return Pair("added", None, after.whole.number, self._title(after), cause="program")
        assert before is not None  # noqa: S101 - a row has a step on one side at least
        return Pair("removed", before.whole.number, None, self._title(before), cause="program")

    def _title(self, seen: Seen) -> str:
        return self.titles.rough(seen.step) if seen.asked is None else self.titles.title(seen.asked)

    def _spoken(self) -> tuple[_Known, _Known]:
        if self.spoken is None:
            self.spoken = said(self.sides[0]), said(self.sides[1])
        return self.spoken


def _cause(before: Seen, after: Seen, asked: Sequence[Place]) -> Cause:
    """Who made the step differ, given that nothing before it did."""
    if not asked:
        return "model" if after.model else "tool"
    return "tool" if all(_is_result(place, before, after) for place in asked) else "program"


def _is_result(place: Place, before: Seen, after: Seen) -> bool:
    """Whether a place lies in what a tool gave back, on both sides."""
    return all(parts and all(part.kind == "tool_result" for part in parts) for parts in _parts(place, before, after))


def _identity(place: Place, before: Seen, after: Seen) -> Hashable:
    """What makes a place in a later request the same as one that was told: the item it lies in, on both sides."""
    ours, theirs = _items(place, before, after)
    if ours is not None or theirs is not None:
        return _text(ours), _text(theirs)
    where = place.place if place.change is None else place.change.new
    return where, _text(place.before), _text(place.after)


def _parts(place: Place, before: Seen, after: Seen) -> tuple[Sequence[Part], Sequence[Part]]:
    """What the message says that a place lies in, on either side; nothing where it is not, or no message."""
    if place.change is None:
        return (), ()
    ours, theirs = _items(place, before, after)
    return _message(before, place.change.old, ours), _message(after, place.change.new, theirs)


def _message(seen: Seen, path: Path, item: JSON) -> Sequence[Part]:
    """The parts of a message; none when the item is no message."""
    if item is None or seen.asked is None:
        return ()
    question = seen.asked.wire[1].read_request({str(path[0]): [item]})
    return [part for turn in question.turns for part in turn.parts] if question is not None else ()


def _items(place: Place, before: Seen, after: Seen) -> tuple[JSON, JSON]:
    """The message, tool or other item that a place lies in, on either side; None where there is none."""
    change = place.change
    if change is None:
        return None, None
    whole = len(change.new) == _DEPTH
    ours = None if whole and change.kind == "added" else _item(before, change.old)
    theirs = None if whole and change.kind == "removed" else _item(after, change.new)
    return ours, theirs


def _item(seen: Seen, path: Path) -> JSON:
    """The item that a path leads into."""
    match path:
        case (str() as name, int() as index, *_):
            return member(member(seen.asked.document, name), index) if seen.asked is not None else None
        case _:
            return None


def _text(value: JSON) -> str:
    return json.dumps(value, sort_keys=True)


def _called(episode: Episode) -> str:
    return line(f"{episode.name or episode.id} ({episode.state} {episode.id})" if episode.name else episode.id)


def _counts(before: Sequence[Seen], after: Sequence[Seen]) -> Counts:
    return Counts(
        (_turns(before), _turns(after)),
        (_calls(before), _calls(after)),
        (_tokens(before), _tokens(after)),
    )


def _turns(seen: Sequence[Seen]) -> int:
    return sum(each.model for each in seen)


def _calls(seen: Sequence[Seen]) -> int:
    return sum(isinstance(each.step, ToolCall) for each in seen)


def _tokens(seen: Sequence[Seen]) -> int:
    usages = (each.answer.usage for each in seen if each.answer is not None)
    return sum(usage.input + usage.output for usage in usages if usage is not None)
