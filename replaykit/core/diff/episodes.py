"""The comparison itself: step by step, each difference told where it began.

    a place in a request is explained, and not told, when
    it means nothing                                 fields that the provider declares volatile
    rules fold it                                    ids one to one, times within their runs
    an earlier step told it                          later requests repeat it, headers among it
    it is what models and tools said                 their answers are compared on their own (echoes.py)

Law: what is left in the first step that differs has its cause in that step (cause.py).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from replaykit.core.compare.differing import differing, exchanged, marked, of_documents
from replaykit.core.compare.ground import Ground
from replaykit.core.compare.outputs import compare
from replaykit.core.diff.align import align
from replaykit.core.diff.answers import answered
from replaykit.core.diff.cause import cause_alone, cause_of
from replaykit.core.diff.difference import Counts, Difference, First, Pair
from replaykit.core.diff.echoes import Echoes
from replaykit.core.diff.items import gathered, identity, parts, volatile, wording
from replaykit.core.diff.side import Desk, repeated, side
from replaykit.core.headers import differing as sent
from replaykit.core.model import Exchange, ToolCall
from replaykit.core.normalize import Facts, Rules
from replaykit.core.plain import line
from replaykit.core.steps import LARGEST, Titles
from replaykit.providers.registry import tells
from replaykit.providers.shape import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    from replaykit.core.compare.place import Place
    from replaykit.core.conversation import Part
    from replaykit.core.diff.side import Seen
    from replaykit.core.model import Episode
    from replaykit.core.normalize import Rule
    from replaykit.core.steps import Asked

_Explain: TypeAlias = "Callable[[Sequence[Part], Sequence[Part]], bool]"

RECENT = 16
"""Pairs that a request may repeat: more agents than that seldom take turns."""


def diff(before: Episode, after: Episode, *, extra: tuple[Rule, ...] = ()) -> Difference:
    """What differs between two episodes; `extra` are the project's rules."""
    comparison = _comparison(before, after, extra)
    steps = tuple(comparison.pairs())
    outputs = compare(before.outputs, after.outputs, comparison.ground)
    return Difference(
        _called(before),
        _called(after),
        _first(steps),
        steps,
        outputs,
        _counts(*comparison.sides),
        comparison.ground.said(),
    )


def first(before: Episode, after: Episode, *, extra: tuple[Rule, ...] = ()) -> First | None:
    """The step that differs first, found without comparing those behind it; None when none differs."""
    return _first(_comparison(before, after, extra).pairs())


def _comparison(before: Episode, after: Episode, extra: tuple[Rule, ...]) -> _Comparison:
    desk = Desk(Rules.of(before.span, after.span, extra=extra))
    ground = Ground(desk.rules, Facts(before.span, after.span))
    return _Comparison(ground, (side(before, desk), side(after, desk)), Titles.of(before, after))


def _first(pairs: Sequence[Pair] | Iterator[Pair]) -> First | None:
    found = ((pair, pair.cause) for pair in pairs)
    return next((First(pair.number, cause, pair) for pair, cause in found if cause is not None), None)


@dataclass(slots=True)
class _Comparison:
    """What was told so far, and what needs no telling."""

    ground: Ground
    sides: tuple[Sequence[Seen], Sequence[Seen]]
    titles: Titles
    told: set[Hashable] = field(default_factory=set)
    recent: deque[tuple[Asked, Asked]] = field(default_factory=lambda: deque(maxlen=RECENT))

    def pairs(self) -> Iterator[Pair]:
        """The steps of both sides, compared one pair at a time."""
        rows = align(*self.sides)
        echoes = Echoes(rows)
        for row, (before, after) in enumerate(rows):
            if before is not None and after is not None:
                pair = self._pair(before, after, partial(echoes.explain, row))
                if pair.answered:
                    echoes.told.add(row)
                yield pair
            elif after is not None:
                yield self._added(after)
            elif before is not None:
                yield self._removed(before)

    def _pair(self, before: Seen, after: Seen, explain: _Explain) -> Pair:
        """Two steps that belong together, compared."""
        pair = Pair("same", before.whole.number, after.whole.number, self._title(after), model=after.model)
        headers = self._headers(before, after)
        if before.raw == after.raw and not headers:
            return pair
        asked, answers = (*headers, *self._asked(before, after, explain)), self._answered(before, after)
        if not asked and not answers:
            return pair
        return replace(pair, kind="changed", asked=asked, answered=answers, cause=cause_of(before, after, asked))

    def _added(self, seen: Seen) -> Pair:
        cause = cause_alone(seen, self.sides[1])
        return Pair("added", None, seen.whole.number, self._title(seen), cause=cause, model=seen.model)

    def _removed(self, seen: Seen) -> Pair:
        cause = cause_alone(seen, self.sides[0])
        return Pair("removed", seen.whole.number, None, self._title(seen), cause=cause, model=seen.model)

    def _headers(self, before: Seen, after: Seen) -> tuple[Place, ...]:
        """The headers that a replay would call sent differently; what happened to one is told once."""
        one, other = before.step, after.step
        if not isinstance(one, Exchange) or not isinstance(other, Exchange):
            return ()
        rows = [row for row in sent(one.request.headers, other.request.headers, tells) if row not in self.told]
        self.told.update(rows)
        return tuple(exchanged(f"header {line(name)}", was, now) for name, was, now in rows)

    def _asked(self, before: Seen, after: Seen, explain: _Explain) -> tuple[Place, ...]:
        """The places in what was asked that nothing explains."""
        if isinstance(before.step, ToolCall) and isinstance(after.step, ToolCall):
            name = f"tool call {line(after.step.name)}"
            found = of_documents(name, parse(before.step.arguments), parse(after.step.arguments), self.ground)
            return tuple(place for place in found if not place.folds)
        if before.asked is None or after.asked is None:
            return ()
        known = self._repeated(before.asked, after.asked)
        self.recent.appendleft((before.asked, after.asked))
        news: list[Place] = []
        keys: set[Hashable] = set()
        for place in differing(before.asked, after.asked, self.ground, known, LARGEST):
            names = identity(place, before, after)
            keys.update(names)
            if self.told.isdisjoint(names) and not volatile(place, after):
                told = marked(place, self.ground)
                words = wording(told, after)
                if not told.folds and words not in self.told and not _is_heard(place, before, after, explain):
                    news.append(told)
                keys |= {words} - {None}
        self.told |= keys
        return gathered(news)

    def _answered(self, before: Seen, after: Seen) -> tuple[Place, ...]:
        """The places in what was answered; which model answers is told once."""
        news: list[Place] = []
        for place in answered(before, after, self.ground):
            name = ("model", place.before, place.after) if place.change and place.change.new == ("model",) else None
            if not place.folds and name not in self.told:
                news.append(place)
            self.told |= {name} - {None}
        return tuple(news)

    def _repeated(self, before: Asked, after: Asked) -> Mapping[str, tuple[int, int]]:
        """The items that both repeat from two requests that were compared, by the member that holds them."""
        for one, other in self.recent:
            ours, theirs = repeated(one.document, before.document), repeated(other.document, after.document)
            if both := {key: (ours[key], theirs[key]) for key in ours.keys() & theirs.keys()}:
                return both
        return {}

    def _title(self, seen: Seen) -> str:
        return self.titles.rough(seen.step) if seen.asked is None else self.titles.title(seen.asked)


def _is_heard(place: Place, before: Seen, after: Seen, explain: _Explain) -> bool:
    """Whether a place is an echo; what only stands elsewhere, the program has put there."""
    return place.kind != "moved" and explain(*parts(place, before, after))


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
    """Those that were recorded, or those that models asked for: programs run tools that are no steps of their own."""
    asked = sum(
        part.kind == "tool_call"
        for each in seen
        if each.answer is not None and each.answer.turn is not None
        for part in each.answer.turn.parts
    )
    return max(asked, sum(isinstance(each.step, ToolCall) for each in seen))


def _tokens(seen: Sequence[Seen]) -> int:
    usages = (each.answer.usage for each in seen if each.answer is not None)
    return sum(usage.input + usage.output for usage in usages if usage is not None)
