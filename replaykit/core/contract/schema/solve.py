"""The search for a value that fulfils a goal: one kind of value after the other, one alternative after the other.

    goal        formulas that one value must fulfil
    branch      their parts, alternatives chosen, until only atoms are left
    leaf        the atoms of one kind, for that kind's own rules

Law: `empty` is a proof. A goal that turns up inside itself is taken to be empty there: if it has a value at
all, it has one of least depth, and that one does not contain another. What was concluded from such an
assumption is forgotten if the assumption turns out wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.schema import number, record, sequence, text
from replaykit.core.contract.schema.atoms import AllOf, AnyOf, Member, Opaque, Ref, Some, Types, guard
from replaykit.core.contract.schema.goal import EMPTY, OPEN, Outcome
from replaykit.core.contract.schema.holds import Judge, both
from replaykit.core.contract.schema.outline import Outline, Outlines, together
from replaykit.core.contract.schema.value import KINDS, exact, thaw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from replaykit.core.contract.schema.atoms import Form, Node
    from replaykit.core.contract.schema.formula import Formulas
    from replaykit.core.contract.schema.goal import Goal
    from replaykit.core.contract.schema.limits import Budget
    from replaykit.core.contract.schema.value import Kind
    from replaykit.core.model import JSON

_PLAIN: Final[dict[Kind, tuple[JSON, ...]]] = {"null": (None,), "boolean": (True, False)}
"""Kinds with so few values that each is tried."""

_EXACT: Final = 1 << 53
"""Up to here every whole number has a double of its own (IEEE 754)."""


@dataclass(slots=True)
class Branch:
    """What is known of the value on one way through the alternatives."""

    kind: Kind
    seen: dict[Node, None]
    choices: list[Node]

    def copy(self) -> Branch:
        """The same, to go on from."""
        return Branch(self.kind, dict(self.seen), list(self.choices))


class Solver:
    """Answers goals; what it has answered it knows."""

    def __init__(self, formulas: Formulas, budget: Budget) -> None:
        """Start with no goal answered."""
        self.formulas = formulas
        self.budget = budget
        self._judge = Judge(formulas, budget)
        self._outlines = Outlines(formulas)
        self._known: dict[Goal, Outcome] = {}
        self._open: dict[Goal, int] = {}
        self._lowest = 0  # the depth of the lowest open goal that an answer rests on
        self._rests: dict[Goal, int] = {}
        self._trail: list[Goal] = []

    def holds(self, node: Node, value: JSON) -> bool | None:
        """Whether a value fulfils a formula; None when that cannot be said."""
        return self._judge.holds(node, value)

    def solve(self, goal: Goal) -> Outcome:
        """Whether some value fulfils all of the goal."""
        known = self._known.get(goal)
        if known is not None:
            self._lowest = min(self._lowest, self._rests.get(goal, self._lowest))
            return known
        depth = self._open.get(goal)
        if depth is not None:
            self._lowest = min(self._lowest, depth)
            return EMPTY
        return self._work(goal)

    def leaves(self, goal: Goal) -> Iterator[Outcome]:
        """What came of each way to fulfil the goal; all of them empty proves that there is no value."""
        self._open[goal] = len(self._open)
        for each in KINDS:
            branch = Branch(each, {}, [])
            if self._take(branch, sorted(goal, key=lambda node: node.serial)):
                yield from self._search(branch, goal)
        del self._open[goal]

    def _work(self, goal: Goal) -> Outcome:
        """Answer a goal anew, and remember the answer together with what it rests on."""
        depth, outer, mark = len(self._open), self._lowest, len(self._trail)
        self._lowest = depth
        try:
            outcome = self._first(goal)
        finally:
            self._open.pop(goal, None)
        self._known[goal] = outcome
        self._file(goal, outcome, depth, mark)
        self._lowest = min(outer, self._lowest)
        return outcome

    def _file(self, goal: Goal, outcome: Outcome, depth: int, mark: int) -> None:
        """Settle what was concluded below while this goal was taken to be empty."""
        below = self._trail[mark:]
        if outcome.empty and self._lowest < depth:
            self._rests.update((other, self._lowest) for other in [*below, goal])
            self._trail.append(goal)
            return
        del self._trail[mark:]
        for other in below:
            del self._rests[other]
            if not outcome.empty:
                del self._known[other]

    def _first(self, goal: Goal) -> Outcome:
        result = EMPTY
        for outcome in self.leaves(goal):
            if outcome.found and all(self.holds(node, outcome.found[0]) is not False for node in goal):
                return outcome
            result = result if outcome.empty else OPEN
        return result

    def _take(self, branch: Branch, nodes: Sequence[Node]) -> bool:
        """Add formulas and their parts to a branch; False when they contradict what is known there."""
        queue = list(reversed(nodes))
        while queue:
            node = queue.pop()
            if node in branch.seen:
                continue
            if _bare(self.formulas.contrary(node), branch.kind) in branch.seen:
                return False
            form = node.form
            match form:
                case Types(kinds):
                    if branch.kind not in kinds:
                        return False
                    continue
                case AllOf(parts):
                    queue.extend(reversed(parts))
                case AnyOf():
                    branch.choices.append(node)
                case Ref():
                    queue.append(self.formulas.target(node))
                case _ if branch.kind not in guard(form):
                    continue
            branch.seen[node] = None
        return True

    def _search(self, branch: Branch, goal: Goal) -> Iterator[Outcome]:
        self.budget.spend(10 + len(branch.seen) // 2 + 2 * len(branch.choices))
        listed = self._listed(branch)
        if listed is None and self._settle(branch):
            listed = self._listed(branch)
        elif listed is None:
            return
        if listed is not None:
            yield from self._tried(listed, goal)
        elif not branch.choices:
            yield self._leaf(branch)
        else:
            yield from self._split(branch, goal)

    def _split(self, branch: Branch, goal: Goal) -> Iterator[Outcome]:
        """Go on with each of the alternatives of which there are fewest."""
        choice = min(branch.choices, key=_cost)
        branch.choices.remove(choice)
        for part in _parts(choice):
            way = branch.copy()
            if self._take(way, [part]):
                yield from self._search(way, goal)

    def _listed(self, branch: Branch) -> list[JSON] | None:
        """The values that come into question, where they are listed."""
        if branch.kind in _PLAIN:
            return list(_PLAIN[branch.kind])
        lists = [node.form.values for node in branch.seen if isinstance(node.form, Member) and node.form.inside]
        if not lists:
            return None
        values = [thaw(value) for value in frozenset.intersection(*lists) if value[0] == branch.kind]
        return sorted((form for value in values for form in _written(value)), key=repr)

    def _tried(self, values: Sequence[JSON], goal: Goal) -> Iterator[Outcome]:
        """Every value of a list, whether it fulfils the goal."""
        for value in values:
            answer = both(self.holds(node, value) for node in goal)
            if answer is not False:
                yield Outcome(found=(value,))

    def _settle(self, branch: Branch) -> bool:
        """Drop what is fulfilled and what cannot be, take what is left alone; False when nothing is left.

        What is seen at a glance comes first; members are only solved for when nothing else moves.
        """
        while True:
            sketch = self._sketch(branch)
            moved = self._pass(branch, partial(self._live, branch=branch, sketch=sketch))
            if moved is None:
                return False
            if not moved and branch.choices and branch.kind == "object":
                members = record.Members(node.form for node in branch.seen)
                if any(self._barred(node.form, members) for node in branch.seen if isinstance(node.form, Some)):
                    return False
                moved = self._pass(branch, partial(self._possible, members=members))
            if not moved:
                return moved is not None

    def _pass(self, branch: Branch, live: Callable[[Node], tuple[Node, ...] | None]) -> bool | None:
        """Whether any choice was decided by looking at each once; None when one has no alternative left."""
        moved = False
        choices, branch.choices = branch.choices, []
        for choice in choices:
            left = live(choice)
            if left is None:
                continue
            if not left or (len(left) == 1 and not self._take(branch, left)):
                return None
            if len(left) == 1:
                moved = True
            else:
                branch.choices.append(choice if len(left) == len(_parts(choice)) else self.formulas.make(AnyOf(left)))
        return moved

    def _live(self, choice: Node, branch: Branch, sketch: Outline) -> tuple[Node, ...] | None:
        """The alternatives that are still possible; None when one is fulfilled already."""
        live = []
        for part in _parts(choice):
            contrary = self.formulas.contrary(part)
            if _bare(part, branch.kind) in branch.seen or self._clash(contrary, branch.kind, sketch):
                return None
            opposite = self.formulas.contrary(_bare(part, branch.kind))
            if _bare(opposite, branch.kind) not in branch.seen and not self._clash(part, branch.kind, sketch):
                live.append(part)
        return tuple(live)

    def _possible(self, choice: Node, members: record.Members) -> tuple[Node, ...]:
        """The alternatives without those that ask for a member that cannot be."""
        self.budget.spend(len(_parts(choice)))
        return tuple(part for part in _parts(choice) if not self._barred(part.form, members))

    def _barred(self, form: Form, members: record.Members) -> bool:
        if isinstance(form, AllOf):
            return any(self._barred(part.form, members) for part in form.parts)
        name = form.keys.single if isinstance(form, Some) else None
        if name is None or not isinstance(form, Some):
            return False
        return self.solve(frozenset([*members.nodes(name)[0], form.node])).empty

    def _clash(self, node: Node, each: Kind, sketch: Outline) -> bool:
        """Whether what is known of the value is seen to exclude a formula."""
        outline = self._outlines.of(node)
        if each not in outline.kinds:
            return True
        known = dict(sketch.tags)
        return any(name in sketch.needs and name in known and not known[name] & values for name, values in outline.tags)

    def _sketch(self, branch: Branch) -> Outline:
        """The outline of all that is known of the value."""
        if branch.kind != "object":
            return Outline()
        return together(
            self._outlines.of(node) for node in branch.seen if not isinstance(node.form, AllOf | AnyOf | Ref)
        )

    def _leaf(self, branch: Branch) -> Outcome:
        """What the kind's own rules say of the atoms."""
        nodes = [node for node in branch.seen if not isinstance(node.form, AllOf | AnyOf | Ref)]
        atoms = [node.form for node in nodes if not isinstance(node.form, AllOf | AnyOf | Ref | Opaque)]
        match branch.kind:
            case "number":
                return number.solve(atoms)
            case "string":
                return text.solve(nodes, self)
            case "array":
                return sequence.solve(atoms, self)
            case _:
                return record.solve(atoms, self)


def _cost(choice: Node) -> tuple[bool, int]:
    """Which choice comes first: variants of the whole value, for they tell most; then the one with the fewest parts."""
    parts = _parts(choice)
    return any(map(_atomic, parts)), len(parts)


def _atomic(node: Node) -> bool:
    """Whether a formula is one atom, its kind said beside it or not."""
    return not isinstance(_bare(node).form, AllOf | Ref)


def _bare(node: Node, each: Kind | None = None) -> Node:
    """A formula without the kind that is said beside it, where that is the kind in question, or any."""
    match node.form:
        case AllOf((one, other)) if _is_kind(one, each):
            return other
        case AllOf((one, other)) if _is_kind(other, each):
            return one
        case _:
            return node


def _is_kind(node: Node, each: Kind | None) -> bool:
    return isinstance(node.form, Types) and (each is None or each in node.form.kinds)


def _parts(choice: Node) -> tuple[Node, ...]:
    return choice.form.parts if isinstance(choice.form, AnyOf) else (choice,)


def _written(value: JSON) -> list[JSON]:
    """A value as it can be written: 1 is 1.0, too, which draft-04 tells apart."""
    number = exact(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    if number is None or number.denominator != 1 or abs(number) > _EXACT:
        return [value]
    return [int(number), float(number)]
