"""Objects: which members there must be, what each must be, and an object that has them.

Every demand (`Some`, `SomeName`) needs a name, and the name decides what else the member must be: a name that
is mentioned somewhere, or a fresh one, of which only the patterns count that are found in it.

Law: `empty` only when a demand fails under every name it could have, or the members that must be are more
than may be, or those that may be are fewer than must be.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, product
from typing import TYPE_CHECKING, Final, TypeAlias

from replaykit.core.contract.schema.atoms import Every, EveryName, Keys, Match, Member, Opaque, Size, Some, SomeName
from replaykit.core.contract.schema.goal import EMPTY, OPEN, Outcome
from replaykit.core.contract.schema.holds import contains
from replaykit.core.contract.schema.value import freeze

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from replaykit.core.contract.schema.atoms import Atom, Form, Node
    from replaykit.core.contract.schema.goal import Goal, Search
    from replaykit.core.contract.schema.value import Frozen
    from replaykit.core.model import JSON

_MOST_PATTERNS: Final = 4
"""Patterns whose combinations are all looked at (2 to the power of them)."""

_MOST_FILLED: Final = 200
"""Named added to reach a least number of them."""

Named: TypeAlias = "dict[str, tuple[Node, ...]]"
"""Names that must be there, and what is asked of each beyond what holds for every member of that name."""

Demand: TypeAlias = "Some | SomeName"


class Members:
    """What holds for every member, found by the member's name."""

    def __init__(self, forms: Iterable[Form]) -> None:
        """Take what speaks of members out of these."""
        self.wide: list[Every] = []
        self._single: dict[str, list[Node]] = {}
        for form in forms:
            if isinstance(form, Every):
                name = form.keys.single
                if name is None:
                    self.wide.append(form)
                else:
                    self._single.setdefault(name, []).append(form.node)

    def nodes(self, name: str) -> tuple[list[Node], bool]:
        """What holds for a member of this name, and whether that is all (a pattern may not tell)."""
        nodes, sure = list(self._single.get(name, ())), True
        for form in self.wide:
            inside = contains(form.keys, name)
            sure = sure and inside is not None
            nodes += [form.node] if inside else []
        return nodes, sure


@dataclass(frozen=True, slots=True)
class Shape:
    """All that is asked of an object."""

    every: Members
    names: tuple[Node, ...]
    demands: tuple[Demand, ...]
    least: int
    most: int | None
    excluded: frozenset[Frozen]
    mentioned: tuple[str, ...]
    patterns: tuple[str, ...]
    opaque: bool


def solve(atoms: Sequence[Atom], search: Search) -> Outcome:
    """An object that fulfils the atoms, or the proof that there is none."""
    return _Builder(_shape(atoms), search).solve(_singles(atoms))


def _singles(atoms: Sequence[Atom]) -> Named:
    """The members that are demanded by name."""
    found: Named = {}
    for atom in atoms:
        if isinstance(atom, Some) and (name := atom.keys.single) is not None:
            found[name] = (*found.get(name, ()), atom.node)
    return dict(sorted(found.items()))


def _shape(atoms: Sequence[Atom]) -> Shape:
    demands = tuple(
        atom for atom in atoms if isinstance(atom, SomeName) or (isinstance(atom, Some) and atom.keys.single is None)
    )
    keys = [atom.keys for atom in atoms if isinstance(atom, Every | Some)]
    sizes = [atom for atom in atoms if isinstance(atom, Size)]
    return Shape(
        every=Members(atoms),
        names=tuple(atom.node for atom in atoms if isinstance(atom, EveryName)),
        demands=demands,
        least=max((size.least for size in sizes), default=0),
        most=min((size.most for size in sizes if size.most is not None), default=None),
        excluded=frozenset().union(*(atom.values for atom in atoms if isinstance(atom, Member) and not atom.inside)),
        mentioned=tuple(sorted(frozenset().union(*(one.names for one in keys)))),
        patterns=tuple(sorted(frozenset().union(*(one.patterns for one in keys)))),
        opaque=any(isinstance(atom, Opaque) for atom in atoms),
    )


@dataclass(frozen=True, slots=True)
class _Builder:
    """Builds the object member by member."""

    shape: Shape
    search: Search

    def solve(self, members: Named) -> Outcome:
        if self.shape.most is not None and max(self.shape.least, len(members)) > self.shape.most:
            return EMPTY
        for name, extra in members.items():
            if self.member(name, extra).empty:
                return EMPTY
        return self._place(members, 0)

    def member(self, name: str, extra: tuple[Node, ...]) -> Outcome:
        """What a member of this name can be."""
        if any(self.search.holds(node, name) is False for node in self.shape.names):
            return EMPTY
        nodes, sure = self.shape.every.nodes(name)
        outcome = self.search.solve(frozenset([*nodes, *extra]))
        return outcome if sure or outcome.empty else OPEN

    def _place(self, members: Named, at: int) -> Outcome:
        """Give every demand from here on a member, in every way there is."""
        if at == len(self.shape.demands):
            return self._finish(members)
        result = EMPTY
        for tried in self._options(members, self.shape.demands[at]):
            self.search.budget.spend(10)
            outcome = OPEN if tried is None else self._place(tried, at + 1)
            if outcome.found:
                return outcome
            result = result if outcome.empty else OPEN
        return result

    def _options(self, members: Named, demand: Demand) -> Iterator[Named | None]:
        """The members with one more that fulfils the demand; None for a way that nobody can follow to its end."""
        node = demand.node if isinstance(demand, Some) else self.search.formulas.true
        for name in sorted({*self.shape.mentioned, *members}):
            fits = self._fits(demand, name)
            if fits is None:
                yield None
            elif fits:
                extra = (*members.get(name, ()), node)
                outcome = self.member(name, extra)
                if not outcome.empty:
                    yield {**members, name: extra}
        yield from self._fresh(members, demand, node)

    def _fits(self, demand: Demand, name: str) -> bool | None:
        return contains(demand.keys, name) if isinstance(demand, Some) else self.search.holds(demand.node, name)

    def _fresh(self, members: Named, demand: Demand | None, node: Node) -> Iterator[Named | None]:
        """The members with a new one, of a name that nobody mentions."""
        if len(self.shape.patterns) > _MOST_PATTERNS:
            yield None
            return
        for signs in product((False, True), repeat=len(self.shape.patterns)):
            pattern = dict(zip(self.shape.patterns, signs, strict=True))
            if isinstance(demand, Some) and not _among(demand.keys, pattern):
                continue
            nodes = (node, *(atom.node for atom in self.shape.every.wide if _among(atom.keys, pattern)))
            if self.search.solve(frozenset(nodes)).empty:
                continue
            name = self.search.solve(self._name(members, demand, pattern))
            if not name.empty:
                yield {**members, name.found[0]: (node,)} if name.found and isinstance(name.found[0], str) else None

    def _name(self, members: Named, demand: Demand | None, pattern: dict[str, bool]) -> Goal:
        """What the new name must be: so as all names are, with these patterns, and not taken."""
        formulas = self.search.formulas
        if not pattern and not self.shape.names and not isinstance(demand, SomeName):
            used = {*self.shape.mentioned, *members}
            plain = next(name for number in count(1) if (name := _fresh_name(number)) not in used)
            return frozenset({formulas.make(Member(frozenset({freeze(plain)})))})
        taken = frozenset(freeze(name) for name in (*self.shape.mentioned, *members))
        nodes = [formulas.types("string"), *self.shape.names]
        nodes += [formulas.make(Match(text, holds)) for text, holds in pattern.items()]
        nodes += [formulas.make(Member(taken, inside=False))] if taken else []
        nodes += [demand.node] if isinstance(demand, SomeName) else []
        return frozenset(nodes)

    def _finish(self, members: Named) -> Outcome:
        """The object itself, filled up to the least number of members."""
        if self.shape.most is not None and len(members) > self.shape.most:
            return OPEN if any(isinstance(demand, SomeName) for demand in self.shape.demands) else EMPTY
        if self.shape.least > _MOST_FILLED:
            return OPEN
        while len(members) < self.shape.least:
            more = self._more(members)
            if not more:
                return OPEN if more is None else EMPTY
            members = more
        outcome = self._built(members)
        excluded = outcome.found and freeze(outcome.found[0]) in self.shape.excluded
        return self._varied(members) if excluded else outcome

    def _varied(self, members: Named) -> Outcome:
        """An object with one more member, where the one without it is excluded."""
        more = self._more(members)
        if not more:
            return EMPTY if more is not None and not members else OPEN
        return self._finish(more) if len(more) <= _MOST_FILLED else OPEN

    def _more(self, members: Named) -> Named | None:
        """The members and any other one; none when there can be no other, None when nobody knows."""
        result: Named | None = {}
        for tried in self._others(members):
            if tried is not None:
                return tried
            result = None
        return result

    def _others(self, members: Named) -> Iterator[Named | None]:
        for name in self.shape.mentioned:
            if name not in members:
                outcome = self.member(name, ())
                if not outcome.empty:
                    yield {**members, name: ()} if outcome.found else None
        yield from self._fresh(members, None, self.search.formulas.true)

    def _built(self, members: Named) -> Outcome:
        built: dict[str, JSON] = {}
        result = Outcome(found=(built,))
        for name, extra in members.items():
            outcome = self.member(name, extra)
            if outcome.empty:
                return EMPTY
            if outcome.found:
                built[name] = outcome.found[0]
            else:
                result = OPEN
        return result


def _among(keys: Keys, pattern: dict[str, bool]) -> bool:
    """Whether a fresh name with these patterns is among the keys."""
    return any(pattern[text] for text in keys.patterns) is not keys.outside


def _fresh_name(number: int) -> str:
    """A name that a person sees to be made up."""
    return "extra" if number == 1 else f"extra{number}"
