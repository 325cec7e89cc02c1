"""Formulas: atoms put together, each form once, and the contrary of each.

Law: nodes are made by `Formulas` only, equal ones once, so that equal is identical; negating twice gives the
node back. An atom is true of what is not of its kind, so a negation says the kind, too: not `minimum: 5` is
"a number, and below 5".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from replaykit.core.contract.schema.atoms import (
    AllOf,
    AnyOf,
    Atom,
    Count,
    Every,
    EveryName,
    Held,
    Items,
    Least,
    Match,
    Member,
    Most,
    Multiple,
    Named,
    Node,
    Opaque,
    Ref,
    Size,
    Some,
    SomeName,
    Types,
    Unique,
    Whole,
    guard,
)
from replaykit.core.contract.schema.value import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from replaykit.core.contract.schema.atoms import Form
    from replaykit.core.contract.schema.value import Kind


class Formulas:
    """The nodes of one question, each form once."""

    def __init__(self, resolve: Callable[[int], Node]) -> None:
        """Start without nodes; `resolve` reads what stands at a place that is referred to."""
        self._resolve = resolve
        self._nodes: dict[Form, Node] = {}
        self._contrary: dict[Node, Node] = {}
        self._targets: dict[Node, Node] = {}
        self.true = self.make(AllOf(()))
        self.false = self.make(AnyOf(()))
        self._pair(self.true, self.false)

    def make(self, form: Form) -> Node:
        """The node of this form."""
        node = self._nodes.get(form)
        if node is None:
            node = self._nodes[form] = Node(len(self._nodes), form)
        return node

    def types(self, *kinds: Kind) -> Node:
        """A value of one of these kinds."""
        return self._types(frozenset(kinds))

    def all(self, parts: Iterable[Node]) -> Node:
        """All of the parts, in their simplest form."""
        return self._join(parts, AllOf, self.true, self.false)

    def any(self, parts: Iterable[Node]) -> Node:
        """At least one of the parts, in its simplest form."""
        return self._join(parts, AnyOf, self.false, self.true)

    def target(self, node: Node) -> Node:
        """What a reference refers to."""
        found = self._targets.get(node)
        if found is None:
            form = node.form
            assert isinstance(form, Ref)  # noqa: S101 - asked of references only
            found = self._resolve(form.target)
            found = self._targets[node] = found if form.holds else self.contrary(found)
        return found

    def contrary(self, node: Node) -> Node:
        """The negation."""
        found = self._contrary.get(node)
        if found is None:
            found = self._negate(node.form)
            self._pair(node, found)
        return found

    def _pair(self, node: Node, contrary: Node) -> None:
        self._contrary[node] = contrary
        self._contrary.setdefault(contrary, node)

    def _types(self, kinds: frozenset[Kind]) -> Node:
        return self.make(Types(kinds)) if 0 < len(kinds) < len(KINDS) else self.true if kinds else self.false

    def _join(self, parts: Iterable[Node], form: type[AllOf | AnyOf], neutral: Node, absorbing: Node) -> Node:
        """Parts of parts are parts, kinds are put together, and contraries absorb."""
        flat: dict[Node, None] = {}
        kinds: frozenset[Kind] | None = None
        for part in parts:
            for node in part.form.parts if isinstance(part.form, form) else (part,):
                if isinstance(node.form, Types):
                    kinds = _merge(kinds, node.form.kinds, form)
                else:
                    flat[node] = None
        if kinds is not None:
            flat[self._types(kinds)] = None
        flat.pop(neutral, None)
        if absorbing in flat or any(self._contrary.get(node) in flat for node in flat):
            return absorbing
        if len(flat) == 1:
            return next(iter(flat))
        return self.make(form(tuple(sorted(flat, key=lambda node: node.serial)))) if flat else neutral

    def _negate(self, form: Form) -> Node:
        match form:
            case AllOf():
                return self.any([self.contrary(part) for part in form.parts])
            case AnyOf():
                return self.all([self.contrary(part) for part in form.parts])
            case Ref():
                return self.make(Ref(form.target, not form.holds))
            case Types():
                return self._types(frozenset(KINDS) - form.kinds)
            case Member() | Opaque():
                return self._other(form)
            case _:
                return self.all([self.types(*guard(form)), self._other(form)])

    def _other(self, atom: Atom) -> Node:
        """What is true of the values of the atom's kind of which the atom is not."""
        return self._misfit(atom) if isinstance(atom, Size) else self.make(_OTHER[type(atom)](self, atom))

    def _misfit(self, size: Size) -> Node:
        """Too short or too long."""
        short = [Size(size.kind, 0, size.least - 1)] if size.least else []
        long = [Size(size.kind, size.most + 1, None)] if size.most is not None else []
        return self.any([self.make(bound) for bound in [*short, *long]])


def _merge(kinds: frozenset[Kind] | None, more: frozenset[Kind], form: type[AllOf | AnyOf]) -> frozenset[Kind]:
    if kinds is None:
        return more
    return kinds & more if form is AllOf else kinds | more


def _flipped(_: Formulas, atom: Any) -> Atom:  # noqa: ANN401 - one of those that have `holds`
    flipped: Atom = replace(atom, holds=not atom.holds)
    return flipped


_OTHER: Final[dict[type, Callable[[Formulas, Any], Atom]]] = {
    Member: lambda _, atom: Member(atom.values, not atom.inside),
    Least: lambda _, atom: Most(atom.bound, not atom.open),
    Most: lambda _, atom: Least(atom.bound, not atom.open),
    Every: lambda nodes, atom: Some(atom.keys, nodes.contrary(atom.node)),
    Some: lambda nodes, atom: Every(atom.keys, nodes.contrary(atom.node)),
    EveryName: lambda nodes, atom: SomeName(nodes.contrary(atom.node)),
    SomeName: lambda nodes, atom: EveryName(nodes.contrary(atom.node)),
    Items: lambda nodes, atom: Held(atom.start, atom.stop, nodes.contrary(atom.node)),
    Held: lambda nodes, atom: Items(atom.start, atom.stop, nodes.contrary(atom.node)),
} | dict.fromkeys((Multiple, Whole, Match, Named, Count, Unique, Opaque), _flipped)
"""What each atom's contrary is, among values of its kind; sizes are two-sided, and not here."""
