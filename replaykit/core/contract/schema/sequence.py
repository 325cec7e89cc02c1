"""Arrays: what stands where, what must stand somewhere, and an array that has it.

Positions beyond every one that is mentioned are all alike; as many of them are looked at as there are
demands that could need one each.

Law: `empty` only when a demand fails at every place it could have, in every combination, or an array long
enough cannot be built.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, product
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.schema.atoms import Count, Held, Items, Member, Size, Unique
from replaykit.core.contract.schema.goal import EMPTY, OPEN, Outcome
from replaykit.core.contract.schema.value import freeze

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.core.contract.schema.atoms import Atom, Node
    from replaykit.core.contract.schema.goal import Goal, Search
    from replaykit.core.contract.schema.value import Frozen
    from replaykit.core.model import JSON

_MOST_BUILT: Final = 200
"""Items of an array that is built; longer ones are not tried."""

_MOST_COUNTED: Final = 8
"""Items that are so, of a least number of them; more are not placed one by one."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Something that must stand in a stretch; demands of one `group` stand at different places."""

    start: int
    stop: int | None
    node: Node
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions that are spoken for, what is asked of each beyond what holds there anyway, and each group's own."""

    slots: dict[int, tuple[Node, ...]] = field(default_factory=dict)
    groups: dict[int, frozenset[int]] = field(default_factory=dict)

    def places(self, group: int | None) -> frozenset[int]:
        """The positions of a group."""
        return frozenset() if group is None else self.groups.get(group, frozenset())

    def taken(self, place: int, demand: Demand) -> Layout:
        """The same with a demand at a position."""
        slots = {**self.slots, place: (*self.slots.get(place, ()), demand.node)}
        group = demand.group
        return Layout(slots, self.groups if group is None else {**self.groups, group: self.places(group) | {place}})

    def pinned(self, places: Sequence[int], node: Node) -> Layout:
        """The same with one more thing asked at these positions."""
        return Layout({**self.slots, **{at: (*self.slots.get(at, ()), node) for at in places}}, self.groups)


@dataclass(frozen=True, slots=True)
class Spared:
    """Exactly so many items are so; all others are the contrary."""

    node: Node
    contrary: Node
    size: int


@dataclass(frozen=True, slots=True)
class Shape:
    """All that is asked of an array; `sure`: nothing was left out or put in."""

    items: tuple[Items, ...]
    demands: tuple[Demand, ...]
    spared: tuple[Spared, ...]
    least: int
    most: int | None
    unique: bool
    twins: bool
    excluded: frozenset[Frozen]
    sure: bool


def solve(atoms: Sequence[Atom], search: Search) -> Outcome:
    """An array that fulfils the atoms, or the proof that there is none."""
    fewer = [atom for atom in atoms if isinstance(atom, Count) and not atom.holds]
    result = EMPTY
    for counts in product(*(range(min(atom.least, _MOST_COUNTED)) for atom in fewer)):
        spared = tuple(
            Spared(atom.node, search.formulas.contrary(atom.node), size)
            for atom, size in zip(fewer, counts, strict=True)
        )
        outcome = _Builder(_shape(atoms, spared), search).solve()
        if outcome.found:
            return outcome
        result = result if outcome.empty else OPEN
    return result if all(atom.least <= _MOST_COUNTED for atom in fewer) else OPEN


def _shape(atoms: Sequence[Atom], spared: tuple[Spared, ...]) -> Shape:
    sizes = [atom for atom in atoms if isinstance(atom, Size)]
    counts = [atom for atom in atoms if isinstance(atom, Count) and atom.holds]
    held = [Demand(0, None, one.node, group) for group, one in enumerate(spared) for _ in range(one.size)]
    held += [Demand(atom.start, atom.stop, atom.node) for atom in atoms if isinstance(atom, Held)]
    for group, atom in enumerate(counts, len(spared)):
        held += [Demand(0, None, atom.node, group)] * min(atom.least, _MOST_COUNTED)
    unique = {atom.holds for atom in atoms if isinstance(atom, Unique)}
    return Shape(
        items=tuple(atom for atom in atoms if isinstance(atom, Items)),
        demands=tuple(held),
        spared=spared,
        least=max([size.least for size in sizes] + [atom.least for atom in counts], default=0),
        most=min((size.most for size in sizes if size.most is not None), default=None),
        unique=True in unique,
        twins=False in unique,
        excluded=frozenset().union(*(atom.values for atom in atoms if isinstance(atom, Member) and not atom.inside)),
        sure=all(atom.least <= _MOST_COUNTED for atom in counts),
    )


@dataclass(frozen=True, slots=True)
class _Builder:
    """Builds the array position by position."""

    shape: Shape
    search: Search

    def solve(self) -> Outcome:
        most = self._most()
        if most is not None and most < self.shape.least:
            return EMPTY
        outcome = self._place(Layout(), 0, most)
        return outcome if self.shape.sure or outcome.empty else OPEN

    def goal(self, at: int, layout: Layout) -> Goal:
        """What is asked of the item at a position."""
        nodes = [atom.node for atom in self.shape.items if atom.start <= at and (atom.stop is None or at < atom.stop)]
        for group, one in enumerate(self.shape.spared):
            places = layout.places(group)
            nodes += [one.contrary] if len(places) == one.size and at not in places else []
        return frozenset([*nodes, *layout.slots.get(at, ())])

    @property
    def _mentioned(self) -> int:
        """The first position from which on all are alike."""
        bounds = [(atom.start, atom.stop or 0) for atom in self.shape.items]
        bounds += [(demand.start, demand.stop or 0) for demand in self.shape.demands]
        return max((end for pair in bounds for end in pair), default=0)

    def _most(self) -> int | None:
        """How long the array can be: up to the first position where nothing can stand."""
        tops = [] if self.shape.most is None else [self.shape.most]
        for at in sorted({0, *(end for atom in self.shape.items for end in (atom.start, atom.stop or 0))}):
            nodes = [one.node for one in self.shape.items if one.start <= at and (one.stop is None or at < one.stop)]
            if self.search.solve(frozenset(nodes)).empty:
                return min([*tops, at])
        return min(tops, default=None)

    def _place(self, layout: Layout, at: int, most: int | None) -> Outcome:
        """Give every demand from here on a position, in every way there is."""
        if at == len(self.shape.demands):
            return self._twinned(layout, most) if self.shape.twins else self._finish(layout, most)
        demand = self.shape.demands[at]
        result = EMPTY
        for place in self._places(demand, layout, most):
            self.search.budget.spend(10)
            tried = layout.taken(place, demand)
            if self.search.solve(self.goal(place, tried)).empty:
                continue
            outcome = self._place(tried, at + 1, most)
            if outcome.found:
                return outcome
            result = result if outcome.empty else OPEN
        return result

    def _places(self, demand: Demand, layout: Layout, most: int | None) -> Iterator[int]:
        """Where a demand can stand; those of one group in their order, for they are alike."""
        last = self._mentioned + len(self.shape.demands) + 2 * self.shape.twins
        tops = [top for top in (demand.stop, most, last) if top is not None]
        return iter(range(max([demand.start, *(at + 1 for at in layout.places(demand.group))]), min(tops)))

    def _twinned(self, layout: Layout, most: int | None) -> Outcome:
        """Two positions with one value between them, in every way there is."""
        last = self._mentioned + len(self.shape.demands) + 2
        size = last if most is None else min(last, most)
        result = EMPTY
        for one, other in combinations(range(size), 2):
            self.search.budget.spend(10)
            joint = self.search.solve(self.goal(one, layout) | self.goal(other, layout))
            if joint.empty:
                continue
            result = OPEN
            if joint.found:
                same = self.search.formulas.make(Member(frozenset({freeze(joint.found[0])})))
                outcome = self._finish(layout.pinned((one, other), same), most)
                if outcome.found:
                    return outcome
        return result

    def _finish(self, layout: Layout, most: int | None) -> Outcome:
        """The array itself, as long as it must be."""
        size = max([self.shape.least, *(at + 1 for at in layout.slots)])
        if most is not None and size > most:
            return EMPTY
        if size > _MOST_BUILT:
            return OPEN
        outcome = self._built(layout, size)
        excluded = outcome.found and freeze(outcome.found[0]) in self.shape.excluded
        return self._varied(layout, size, most) if excluded else outcome

    def _varied(self, layout: Layout, size: int, most: int | None) -> Outcome:
        """An array with one item more, where the one without it is excluded."""
        if most is not None and size >= most:
            return OPEN if size else EMPTY
        outcome = self._built(layout, size + 1)
        return outcome if outcome.found and freeze(outcome.found[0]) not in self.shape.excluded else OPEN

    def _built(self, layout: Layout, size: int) -> Outcome:
        built: list[JSON] = []
        goals = [self.goal(at, layout) for at in range(size)]
        for goal in goals:
            outcome = self.search.solve(goal | self._others(built))
            if outcome.empty:
                return EMPTY if len(set(goals)) == 1 or not (self.shape.unique and built) else OPEN
            if not outcome.found:
                return OPEN
            built.append(outcome.found[0])
        return Outcome(found=(built,))

    def _others(self, built: Sequence[JSON]) -> Goal:
        """None of the values that stand there already, where no two may be equal."""
        if not self.shape.unique or not built:
            return frozenset()
        return frozenset({self.search.formulas.make(Member(frozenset(map(freeze, built)), inside=False))})
