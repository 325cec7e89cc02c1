"""Numbers: bounds, steps, and which number lies between.

Law: `empty` only when every number was ruled out: an interval without a point, steps that exclude one
another, or a finite row of multiples that was looked through to its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import count, islice
from math import ceil, floor, lcm
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.schema.atoms import Least, Member, Most, Multiple, Whole
from replaykit.core.contract.schema.goal import EMPTY, OPEN, Outcome
from replaykit.core.contract.schema.value import exact, freeze, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.core.contract.schema.atoms import Atom
    from replaykit.core.contract.schema.value import Frozen

_MOST_TRIED: Final = 2000
"""Multiples looked at before giving up; a finite row up to this length is looked through to its end."""

_PARTS: Final = 40
"""Into how many parts an interval is cut to find a number that is no multiple of this or that."""


@dataclass(frozen=True, slots=True)
class Range:
    """All that is asked of a number."""

    low: Least | None
    high: Most | None
    steps: tuple[Fraction, ...]
    off: tuple[Fraction, ...]
    excluded: frozenset[Frozen]
    point: bool

    def admits(self, number: Fraction) -> bool:
        """Whether a number fulfils it."""
        return (
            (self.low is None or number > self.low.bound or (number == self.low.bound and not self.low.open))
            and (self.high is None or number < self.high.bound or (number == self.high.bound and not self.high.open))
            and all((number / step).denominator == 1 for step in self.steps)
            and all((number / step).denominator != 1 for step in self.off)
            and freeze(written(number)) not in self.excluded
        )


def solve(atoms: Sequence[Atom]) -> Outcome:
    """A number that fulfils the atoms, or the proof that there is none."""
    asked = _range(atoms)
    if asked.steps:
        return _stepped(asked)
    if asked.low is not None and asked.high is not None and asked.low.bound >= asked.high.bound:
        point = asked.low.bound
        return _found(point, asked) if point == asked.high.bound and asked.admits(point) else EMPTY
    return next((_found(number, asked) for number in _between(asked) if asked.admits(number)), OPEN)


def _range(atoms: Sequence[Atom]) -> Range:
    lows = [atom for atom in atoms if isinstance(atom, Least)]
    highs = [atom for atom in atoms if isinstance(atom, Most)]
    steps = [atom for atom in atoms if isinstance(atom, Multiple)]
    whole = {atom.holds for atom in atoms if isinstance(atom, Whole)}
    ones = [Fraction(1)] if True in whole else []
    return Range(
        low=max(lows, key=lambda atom: (atom.bound, atom.open), default=None),
        high=min(highs, key=lambda atom: (atom.bound, not atom.open), default=None),
        steps=tuple([atom.step for atom in steps if atom.holds] + ones),
        off=tuple(atom.step for atom in steps if not atom.holds),
        excluded=frozenset().union(*(atom.values for atom in atoms if isinstance(atom, Member) and not atom.inside)),
        point=False in whole,
    )


def _found(number: Fraction, asked: Range) -> Outcome:
    value = written(number)
    if exact(value) != number:
        return OPEN
    return Outcome(found=(float(value) if asked.point else value,))


def _stepped(asked: Range) -> Outcome:
    """Multiples of every step are multiples of one."""
    step = _common(asked.steps)
    if any((step / off).denominator == 1 for off in asked.off):
        return EMPTY
    first = None if asked.low is None else _first(asked.low, step)
    last = None if asked.high is None else _last(asked.high, step)
    if first is not None and last is not None and first > last:
        return EMPTY
    row = (step * at for at in _row(first, last))
    hit = next((number for number in islice(row, _MOST_TRIED) if asked.admits(number)), None)
    if hit is not None:
        return _found(hit, asked)
    return EMPTY if first is not None and last is not None and last - first < _MOST_TRIED else OPEN


def _common(steps: Sequence[Fraction]) -> Fraction:
    """The least number that is a multiple of all steps."""
    below = lcm(*(step.denominator for step in steps))
    return Fraction(lcm(*(int(step * below) for step in steps)), below)


def _first(low: Least, step: Fraction) -> int:
    first = ceil(low.bound / step)
    return first + 1 if low.open and first * step == low.bound else first


def _last(high: Most, step: Fraction) -> int:
    last = floor(high.bound / step)
    return last - 1 if high.open and last * step == high.bound else last


def _row(first: int | None, last: int | None) -> Iterator[int]:
    """Whole numbers between two, the ones nearest to an end first; from zero both ways without ends."""
    if first is not None:
        return iter(range(first, last + 1)) if last is not None else count(first)
    if last is not None:
        return count(last, -1)
    return (sign * number for number in count() for sign in (1, -1))


def _between(asked: Range) -> Iterator[Fraction]:
    """Numbers of an interval that has more than one: whole ones first, then its parts."""
    low, high = asked.low, asked.high
    start = None if low is None else floor(low.bound)
    stop = None if high is None else ceil(high.bound)
    yield from map(Fraction, islice(_row(start, stop), _PARTS))
    begin = low.bound if low is not None else (high.bound - 1 if high is not None else Fraction(0))
    end = high.bound if high is not None else begin + 1
    for parts in range(2, _PARTS):
        number = exact(written(begin + (end - begin) / parts))
        if number is not None:
            yield number
