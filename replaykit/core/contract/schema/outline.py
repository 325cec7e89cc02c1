"""What can be seen of a formula without solving it: kinds, values, and the values of an object's members.

Unions in use are told apart by a tag (`type`, `object`, `role`): with it two variants are seen to exclude one
another, and none of their other members is looked at.

Law: an outline is never smaller than what the formula admits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from replaykit.core.contract.schema.atoms import AllOf, AnyOf, Every, Member, Ref, Some, Types
from replaykit.core.contract.schema.value import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replaykit.core.contract.schema.atoms import Form, Node
    from replaykit.core.contract.schema.formula import Formulas
    from replaykit.core.contract.schema.value import Frozen, Kind

Values: TypeAlias = "frozenset[Frozen]"

_EVERYTHING: Final[frozenset[Kind]] = frozenset(KINDS)
_DEEPEST: Final = 40
"""References, parts and members followed one into another; deeper ones are not looked at."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Kinds that a value can be of; the values, where they are listed; what members can be, where they are there."""

    kinds: frozenset[Kind] = _EVERYTHING
    values: Values | None = None
    tags: tuple[tuple[str, Values], ...] = ()
    needs: frozenset[str] = frozenset()


_BLANK: Final = Outline()


class Outlines:
    """The outlines of one question's formulas, each drawn once."""

    def __init__(self, formulas: Formulas) -> None:
        """Take the nodes, which know where references lead."""
        self._formulas = formulas
        self._known: dict[Node, Outline] = {}

    def of(self, node: Node, depth: int = 0) -> Outline:
        """The outline of a formula."""
        found = self._known.get(node)
        if found is None:
            self._known[node] = _BLANK  # what leads back here says nothing about itself
            found = self._drawn(node, depth + 1) if depth < _DEEPEST else _BLANK
            self._known[node] = found
        return found

    def _drawn(self, node: Node, depth: int) -> Outline:
        match node.form:
            case AllOf(parts):
                return together(self.of(part, depth) for part in parts)
            case AnyOf(parts):
                return _either([self.of(part, depth) for part in parts])
            case Ref():
                return self.of(self._formulas.target(node), depth)
            case Every(keys, inner):
                return _tagged(keys.single, self.of(inner, depth).values)
            case atom:
                return _plain(atom)


def _tagged(name: str | None, values: Values | None) -> Outline:
    return _BLANK if name is None or values is None else replace(_BLANK, tags=((name, values),))


def _plain(atom: Form) -> Outline:
    match atom:
        case Types(kinds):
            return replace(_BLANK, kinds=kinds)
        case Member(values, True):
            return replace(_BLANK, kinds=frozenset(value[0] for value in values), values=values)
        case Some(keys) if keys.single is not None:
            return replace(_BLANK, needs=frozenset({keys.single}))
        case _:
            return _BLANK


def together(outlines: Iterable[Outline]) -> Outline:
    """The outline of what fulfils all."""
    kinds = _EVERYTHING
    values: Values | None = None
    needs: frozenset[str] = frozenset()
    tags: dict[str, Values] = {}
    for outline in outlines:
        kinds &= outline.kinds
        needs |= outline.needs
        if outline.values is not None:
            values = outline.values.intersection(outline.values if values is None else values)
        for name, allowed in outline.tags:
            tags[name] = tags[name] & allowed if name in tags else allowed
    return Outline(kinds, values, tuple(tags.items()), needs)


def _either(outlines: list[Outline]) -> Outline:
    if not outlines:
        return Outline(kinds=frozenset(), values=frozenset())
    kinds: frozenset[Kind] = frozenset().union(*(outline.kinds for outline in outlines))
    listed = [outline.values for outline in outlines if outline.values is not None]
    values: Values | None = frozenset().union(*listed) if len(listed) == len(outlines) else None
    return Outline(kinds, values)
