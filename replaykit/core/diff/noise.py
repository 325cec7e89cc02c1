"""What differs between runs of one and the same program, and so says nothing of a change to it.

    a difference is noise when, between those runs,
    a step that one side alone has            that step stood alone
    a place in what was asked                 that place of the step differed, or what it lies in
    a place in what a model answered          that step was answered otherwise, in whatever words
    a place in what else was answered         that place of the step differed, or what it lies in
    a place in an output                      that place differed, or what it lies in

Where runs word a text differently, what they have in common is theirs: a text that lacks a word of it is no
other wording, but a change (frame.py).

Law: pure. Steps are the same by what they are called, without the arguments of a call, and by which of
those called so they are; the runs that the noise is from are on a difference's later side.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from replaykit.core.diff.frame import framed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from replaykit.core.compare.place import Place
    from replaykit.core.diff.difference import Difference, Pair

_Step: TypeAlias = tuple[str, int]
_Steps: TypeAlias = dict[int, _Step]
_Where: TypeAlias = "tuple[str | int, ...]"
_Sort: TypeAlias = Literal["alone", "asked", "answered", "output"]
_Spot: TypeAlias = tuple[_Sort, _Step, _Where]

_NONE: _Step = ("", 0)
"""The step of an output, which belongs to none."""


@dataclass(frozen=True, slots=True)
class Noise:
    """The spots that differed between runs of one program, and the texts that stood there."""

    spots: frozenset[_Spot] = frozenset()
    texts: Mapping[_Spot, tuple[str, ...]] = field(default_factory=dict)

    def of(self, difference: Difference) -> Anyway:
        """What of a difference is noise."""
        return Anyway(self, _steps(difference, later=False), _steps(difference, later=True))


@dataclass(frozen=True, slots=True)
class Anyway:
    """What of one difference differs anyway; `before` and `after` say which step a number is."""

    noise: Noise
    before: _Steps
    after: _Steps

    def covers(self, pair: Pair | None, place: Place | None = None) -> bool:
        """Whether a place of a pair differs anyway; without a place the pair itself, without a pair an output."""
        if pair is None:
            return place is not None and self._covers(place, "output", _NONE, _path(place))
        step = (self.before if pair.after is None else self.after)[pair.number]
        if place is None:
            return self._holds("alone", step, ())
        sort: _Sort = "asked" if any(place is each for each in pair.asked) else "answered"
        return self._covers(place, sort, step, () if sort == "answered" and pair.model else _path(place))

    def _covers(self, place: Place, sort: _Sort, step: _Step, where: _Where) -> bool:
        return self._holds(sort, step, where) and self._fits(place, (sort, step, _path(place)))

    def _holds(self, sort: _Sort, step: _Step, where: _Where) -> bool:
        return any((sort, step, where[:size]) in self.noise.spots for size in range(len(where) + 1))

    def _fits(self, place: Place, spot: _Spot) -> bool:
        """Whether the old text could be one of the new runs': it lacks no word that all of them have."""
        texts = self.noise.texts.get(spot, ())
        return len(texts) < 2 or not isinstance(place.before, str) or framed(texts).fits(place.before)  # noqa: PLR2004


def noise(differences: Sequence[Difference]) -> Noise:
    """What differs between runs of one program, given how they differ from one another."""
    texts: dict[_Spot, list[str]] = {}
    for spot, place in (each for difference in differences for each in _placed(difference)):
        if isinstance(place.before, str) and isinstance(place.after, str):
            texts.setdefault(spot, [place.before]).append(place.after)
    return Noise(
        frozenset(spot for difference in differences for spot in _spots(difference)),
        {spot: tuple(dict.fromkeys(found)) for spot, found in texts.items()},
    )


def _spots(difference: Difference) -> Iterator[_Spot]:
    sides = _steps(difference, later=False), _steps(difference, later=True)
    for pair in difference.steps:
        for number, steps in zip((pair.before, pair.after), sides, strict=True):
            if number is not None:
                yield from _of_pair(pair, steps[number])
    yield from (("output", _NONE, _path(place)) for place in difference.outputs)


def _placed(difference: Difference) -> Iterator[tuple[_Spot, Place]]:
    """Every place, and where exactly it is."""
    steps = _steps(difference, later=True)
    for pair in difference.steps:
        if pair.after is not None:
            yield from ((("asked", steps[pair.after], _path(place)), place) for place in pair.asked)
            yield from ((("answered", steps[pair.after], _path(place)), place) for place in pair.answered)
    yield from ((("output", _NONE, _path(place)), place) for place in difference.outputs)


def _of_pair(pair: Pair, step: _Step) -> Iterator[_Spot]:
    if pair.kind in ("added", "removed"):
        yield "alone", step, ()
    yield from (("asked", step, _path(place)) for place in pair.asked)
    yield from (("answered", step, () if pair.model else _path(place)) for place in pair.answered)


def _steps(difference: Difference, *, later: bool) -> _Steps:
    """By its number on one side, what a step is called, and which of those called so it is."""
    times: Counter[str] = Counter()
    found: _Steps = {}
    numbered = ((pair.after if later else pair.before, pair.title) for pair in difference.steps)
    for number, title in sorted((number, title) for number, title in numbered if number is not None):
        name = title.partition(" {")[0]
        times[name] += 1
        found[number] = name, times[name]
    return found


def _path(place: Place) -> _Where:
    """Where a place is: its path, or the words for it where it has none."""
    if place.change is None:
        return (place.place,)
    return place.change.old if place.kind == "removed" else place.change.new
