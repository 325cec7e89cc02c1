"""Which step of the one side is which of the other.

    first    what is the same byte for byte, in order
    then     what adds the same to its conversation, in order; what is answered the same, too, before the rest
    then     what adds the same, wherever it stands, since parallel calls begin in any order
    last     of what is left between these, steps of one sort, in order

    a conversation is, to the other side's,          compared with
    the same: system prompt and first message        that one, and no other
    only on its own side: a stray                    those that begin alike, then those of one system
                                                     prompt, then any

Law: a step is paired once, or stands alone; one inserted step leaves all others paired. In order means
in its conversation: those of others may come between.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from replaykit.core.diff.side import Seen

Row: TypeAlias = "tuple[Seen | None, Seen | None]"
_Mark: TypeAlias = "Callable[[Seen], Hashable]"
_Places: TypeAlias = "list[int]"

_LIMIT = 50_000
"""Equal pairs of steps in a stretch beyond which only those are matched that are the only ones of their mark.

The matcher looks at each pair many times: 50,000 take 0.3 s at worst, 600,000 would take 10.
"""


def align(before: Sequence[Seen], after: Sequence[Seen]) -> tuple[Row, ...]:
    """The steps side by side, in the order of the later side, those of the earlier one behind what they followed."""
    pairing = _Pairing(before, after)
    pairing.pair(_raw, _all)
    if pairing.free:
        for conversation in _CONVERSATIONS:
            for mark in (_added, _key):  # the one costs nothing, the other folds texts that are left
                pairing.pair(mark, conversation, strays=conversation is not _thread, outcomes=True)
        pairing.reunite(lambda seen: (seen.thread, seen.key))
        pairing.reunite(_key, strays=True)
        pairing.pair(lambda seen: (seen.thread, seen.label), _all)
        for conversation in (*_CONVERSATIONS, _all):
            pairing.pair(_label, conversation, strays=conversation is not _thread)
    return tuple(pairing.rows())


def _raw(seen: Seen) -> Hashable:
    return seen.raw


def _added(seen: Seen) -> Hashable:
    return seen.label, seen.added


def _key(seen: Seen) -> Hashable:
    return seen.key


def _label(seen: Seen) -> Hashable:
    return seen.label


def _thread(seen: Seen) -> Hashable:
    return seen.thread


def _opening(seen: Seen) -> Hashable:
    return seen.thread[1]


def _system(seen: Seen) -> Hashable:
    return seen.thread[0]


def _all(_seen: Seen) -> Hashable:
    return None


_BOTH, _OURS, _THEIRS = (False, False), (True, False), (False, True)
"""On which sides only steps are paired whose conversation the other side does not have."""

_CONVERSATIONS: tuple[_Mark, ...] = (_thread, _opening, _system)
"""By what steps belong to one conversation, the strictest first."""


class _Pairing:
    """The pairs so far, as positions, from either side."""

    def __init__(self, before: Sequence[Seen], after: Sequence[Seen]) -> None:
        self._before = before
        self._after = after
        self._partner: dict[int, int] = {}
        self._owner: dict[int, int] = {}

    @property
    def free(self) -> bool:
        """Whether steps are left on both sides."""
        return len(self._partner) < min(len(self._before), len(self._after))

    def pair(self, mark: _Mark, group: _Mark, *, strays: bool = False, outcomes: bool = False) -> None:
        """Pair the steps of each group that have one mark, in order, between those that are paired.

        `strays`: only where the conversation of one of them is on its own side alone. `outcomes`: where
        several have one mark, those first that were answered the same.
        """
        ours, theirs = (_grouped(side, group) for side in (self._before, self._after))
        for refined in (True, False) if outcomes else (False,):
            for sides in (_THEIRS, _OURS) if strays else (_BOTH,):
                for name in [name for name in ours if name in theirs] if self.free else ():
                    self._pass(ours[name], theirs[name], mark, sides, refined=refined)

    def _pass(self, ours: _Places, theirs: _Places, mark: _Mark, stray: tuple[bool, bool], *, refined: bool) -> None:
        """One pass over the gaps of a group; `stray` says of which sides only strays are wanted."""
        for one, other in list(self._gaps(ours, theirs)):
            here = [i for i in one if i in self._strays[0]] if stray[0] else one
            there = [j for j in other if j in self._strays[1]] if stray[1] else other
            by = self._refined(here, there, mark) if refined else mark
            marks = [by(self._before[i]) for i in here], [by(self._after[j]) for j in there]
            for i, j, size in _blocks(*marks):
                self._add(zip(here[i : i + size], there[j : j + size], strict=True))

    def reunite(self, mark: _Mark, *, strays: bool = False) -> None:
        """Pair the steps that have one mark and are left, wherever they stand; `strays` as in `pair`."""
        if not self.free:
            return
        left: dict[Hashable, list[int]] = defaultdict(list)
        for i, seen in enumerate(self._before):
            if i not in self._partner:
                left[mark(seen)].append(i)
        for j, seen in enumerate(self._after):
            if j in self._owner or not (places := left.get(mark(seen))):
                continue
            if not strays or j in self._strays[1] or places[0] in self._strays[0]:
                self._add([(places.pop(0), j)])

    @cached_property
    def _strays(self) -> tuple[frozenset[int], frozenset[int]]:
        """The steps of either side whose conversations the other one does not have."""
        ours, theirs = ({seen.thread for seen in side} for side in (self._before, self._after))
        return (
            frozenset(i for i, seen in enumerate(self._before) if seen.thread not in theirs),
            frozenset(j for j, seen in enumerate(self._after) if seen.thread not in ours),
        )

    def _refined(self, here: _Places, there: _Places, mark: _Mark) -> _Mark:
        """The mark, with the outcome of steps that are not the only ones to have it."""
        ours, theirs = Counter(mark(self._before[i]) for i in here), Counter(mark(self._after[j]) for j in there)
        several = {each for each in ours.keys() | theirs.keys() if max(ours[each], theirs[each]) > 1}
        return lambda seen: (mark(seen), seen.outcome if mark(seen) in several else None)

    def rows(self) -> Iterator[Row]:
        """The steps side by side."""
        found: list[tuple[tuple[int, int], Row]] = [
            ((j, -1), (self._before[self._owner[j]] if j in self._owner else None, seen))
            for j, seen in enumerate(self._after)
        ]
        ordered = dict(_rising(sorted(self._partner.items())))
        place = -1
        for i, seen in enumerate(self._before):
            place = ordered.get(i, place)
            if i not in self._partner:
                found.append(((place, i), (seen, None)))
        return (row for _, row in sorted(found, key=lambda each: each[0]))

    def _add(self, pairs: Iterable[tuple[int, int]]) -> None:
        for i, j in pairs:
            self._partner[i] = j
            self._owner[j] = i

    def _gaps(self, ours: _Places, theirs: _Places) -> Iterator[tuple[_Places, _Places]]:
        """What is left of a group on both sides, between two pairs of it that are in order."""
        members = set(theirs)
        paired = [(i, self._partner[i]) for i in ours if self._partner.get(i) in members]
        bounds = [*_rising(paired), (len(self._before), len(self._after))]
        here, there = ours[::-1], theirs[::-1]
        for i, j in bounds:
            one = [each for each in _until(here, i) if each not in self._partner]
            other = [each for each in _until(there, j) if each not in self._owner]
            if one and other:
                yield one, other


def _blocks(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> Iterator[tuple[int, int, int]]:
    """The stretches that two sequences have in common, in order."""
    head = _alike(ours, theirs)
    tail = _alike(ours[head:][::-1], theirs[head:][::-1])
    yield 0, 0, head
    yield len(ours) - tail, len(theirs) - tail, tail
    here, there = list(range(head, len(ours) - tail)), list(range(head, len(theirs) - tail))
    times, others = Counter(ours[i] for i in here), Counter(theirs[j] for j in there)
    if sum(count * others[each] for each, count in times.items()) > _LIMIT:
        here, there = [i for i in here if times[ours[i]] == 1], [j for j in there if others[theirs[j]] == 1]
    marks = [ours[i] for i in here], [theirs[j] for j in there]
    for start, place, size in SequenceMatcher(None, *marks, autojunk=False).get_matching_blocks():
        yield from ((here[start + step], there[place + step], 1) for step in range(size))


def _alike(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> int:
    """How many both begin with."""
    return next(
        (at for at, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other),
        min(len(ours), len(theirs)),
    )


def _grouped(side: Sequence[Seen], group: _Mark) -> dict[Hashable, _Places]:
    found: dict[Hashable, _Places] = defaultdict(list)
    for place, seen in enumerate(side):
        found[group(seen)].append(place)
    return found


def _until(places: _Places, end: int) -> Iterator[int]:
    """The places before `end`, taken from the end of a list."""
    while places and places[-1] < end:
        yield places.pop()


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The most of the pairs whose second positions rise as the first ones do (patience, n log n)."""
    tops: list[int] = []
    piles: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(pairs):
        pile = bisect_left(tops, j)
        before.append(piles[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [j]
        piles[pile : pile + 1] = [index]
    found, index = [], piles[-1] if piles else -1
    while index >= 0:
        found.append(pairs[index])
        index = before[index]
    return found[::-1]
