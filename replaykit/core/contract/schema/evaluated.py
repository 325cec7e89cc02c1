"""What `unevaluatedProperties` and `unevaluatedItems` leave to judge, case by case.

Which members or items count as evaluated depends on which subschemas hold; each combination is a case with
its condition, and the conditions of all cases exclude one another and leave nothing out.

Law: no guess. More cases than the limit, or a keyword whose effect depends on the value (`contains` in
2020-12), and the answer is None: the keyword is then opaque.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from replaykit.core.contract.schema.atoms import Every, Items, Keys, Some
from replaykit.core.contract.schema.dialect import said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from replaykit.core.contract.schema.atoms import Node
    from replaykit.core.contract.schema.formula import Formulas
    from replaykit.core.contract.schema.here import Reading
    from replaykit.core.model import JSON

MOST_CASES: Final = 32
_DEEPEST: Final = 12
"""References and applicators followed one into another; schemas in use need two or three."""

ENDLESS: Final = 1 << 60
"""Stands for "all items"."""

NOTHING: Final = Keys(frozenset())
WHOLE: Final = Keys(frozenset(), frozenset(), outside=True)


@dataclass(frozen=True, slots=True)
class Case:
    """Under this condition these members (and so many first items) count as evaluated."""

    condition: Node
    keys: Keys
    items: int


Cases: TypeAlias = "list[Case] | None"


def leftover(reader: Reading, schema: dict[str, JSON], base: str, word: str, node: Node) -> Node | None:
    """The formula of an unevaluated keyword whose schema is `node`; None when it stays opaque."""
    beside = {name: value for name, value in schema.items() if name != word}
    found = _Survey(reader, word).cases(beside, base, 0)
    if found is None:
        return None
    make = _members if word == "unevaluatedProperties" else _items
    formulas = reader.formulas
    return formulas.all(formulas.any([formulas.contrary(case.condition), make(formulas, case, node)]) for case in found)


def _members(formulas: Formulas, case: Case, node: Node) -> Node:
    if case.keys.outside:
        return formulas.true
    return formulas.make(Every(Keys(case.keys.names, case.keys.patterns, outside=True), node))


def _items(formulas: Formulas, case: Case, node: Node) -> Node:
    return formulas.true if case.items >= ENDLESS else formulas.make(Items(case.items, None, node))


@dataclass(frozen=True, slots=True)
class _Survey:
    """One keyword's look at what stands beside it."""

    reader: Reading
    word: str

    def cases(self, schema: JSON, base: str, depth: int) -> Cases:
        formulas = self.reader.formulas
        if not isinstance(schema, dict):
            return [Case(formulas.true, NOTHING, 0)]
        words = said(schema, self.reader.document.draft)
        if depth > _DEEPEST or (self.word == "unevaluatedItems" and "contains" in words):
            return None
        base = self.reader.document.enter(schema, base).base
        found: Cases = [Case(formulas.true, _own_keys(words), _own_items(words))]
        for more in self._beside(words, base, depth + 1):
            found = self._product(found, more)
            if found is None:
                return None
        return found

    def _beside(self, words: dict[str, JSON], base: str, depth: int) -> Iterator[Cases]:
        """The cases of each keyword that applies schemas to the same value."""
        for word, value in words.items():
            match word, value:
                case "$ref", str():
                    yield self._reference(value, base, depth)
                case (("$recursiveRef" | "$dynamicRef"), _):
                    yield None
                case "allOf", list():
                    yield from (self.cases(item, base, depth) for item in value)
                case (("anyOf" | "oneOf"), list()):
                    yield from (self._maybe(item, base, depth) for item in value)
                case "dependentSchemas", dict():
                    yield from (self._dependent(name, item, base, depth) for name, item in value.items())
                case "if", _:
                    yield self._conditional(words, base, depth)

    def _reference(self, reference: str, base: str, depth: int) -> Cases:
        place = self.reader.document.find(reference, base)
        return None if place is None else self.cases(place.schema, place.base, depth)

    def _maybe(self, schema: JSON, base: str, depth: int) -> Cases:
        """Its cases where it holds, and nothing where it does not; one case where it evaluates nothing."""
        node = self.reader.read(schema, base)
        return self._either(node, self.cases(schema, base, depth), self._nothing())

    def _dependent(self, name: str, schema: JSON, base: str, depth: int) -> Cases:
        formulas = self.reader.formulas
        present = formulas.all([formulas.types("object"), formulas.make(Some(Keys(frozenset({name})), formulas.true))])
        return self._either(present, self.cases(schema, base, depth), self._nothing())

    def _conditional(self, words: dict[str, JSON], base: str, depth: int) -> Cases:
        node = self.reader.read(words["if"], base)
        met = self._product(self.cases(words["if"], base, depth), self.cases(words.get("then", True), base, depth))
        return self._either(node, met, self.cases(words.get("else", True), base, depth))

    def _nothing(self) -> Cases:
        return [Case(self.reader.formulas.true, NOTHING, 0)]

    def _either(self, node: Node, met: Cases, unmet: Cases) -> Cases:
        if met is None or unmet is None:
            return None
        if all((case.keys, case.items) == (NOTHING, 0) for case in [*met, *unmet]):
            return self._nothing()
        under = self._under
        return [*under(node, met), *under(self.reader.formulas.contrary(node), unmet)]

    def _under(self, node: Node, cases: list[Case]) -> list[Case]:
        join: Callable[[list[Node]], Node] = self.reader.formulas.all
        return [Case(join([node, case.condition]), case.keys, case.items) for case in cases]

    def _product(self, some: Cases, others: Cases) -> Cases:
        if some is None or others is None or len(some) * len(others) > MOST_CASES:
            return None
        join: Callable[[list[Node]], Node] = self.reader.formulas.all
        return [
            Case(join([a.condition, b.condition]), _together(a.keys, b.keys), max(a.items, b.items))
            for a in some
            for b in others
        ]


def _together(a: Keys, b: Keys) -> Keys:
    return WHOLE if a.outside or b.outside else Keys(a.names | b.names, a.patterns | b.patterns)


def _own_keys(words: dict[str, JSON]) -> Keys:
    """The members that a schema's own keywords evaluate."""
    if "additionalProperties" in words or "unevaluatedProperties" in words:
        return WHOLE
    names, patterns = words.get("properties"), words.get("patternProperties")
    return Keys(
        frozenset(names if isinstance(names, dict) else ()), frozenset(patterns if isinstance(patterns, dict) else ())
    )


def _own_items(words: dict[str, JSON]) -> int:
    """How many items a schema's own keywords evaluate."""
    if "additionalItems" in words or "unevaluatedItems" in words or isinstance(words.get("items"), dict | bool):
        return ENDLESS
    first = words.get("prefixItems", words.get("items"))
    return len(first) if isinstance(first, list) else 0
