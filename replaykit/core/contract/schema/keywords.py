"""What each keyword of JSON Schema says, as a formula: one function for each, in one table.

Law: what is read means what the draft says, no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from replaykit.core.contract.schema.atoms import (
    Count,
    EveryName,
    Held,
    Items,
    Keys,
    Least,
    Match,
    Member,
    Most,
    Multiple,
    Named,
    Node,
    Opaque,
    Size,
    Unique,
    Whole,
)
from replaykit.core.contract.schema.evaluated import leftover
from replaykit.core.contract.schema.here import Here, listed, mapped, number, senseless, worded
from replaykit.core.contract.schema.value import KINDS, freeze
from replaykit.core.model import JSON

if TYPE_CHECKING:
    from replaykit.core.contract.schema.value import Kind

_OLD: Final = 4
_TUPLES: Final = 2020
"""From this draft on a tuple is `prefixItems`."""

Keyword: TypeAlias = Callable[[Here, JSON], Node]


def _reference(here: Here, value: JSON) -> Node:
    text = worded("$ref", value)
    document = here.reader.document
    place = document.find(text, here.base)
    if place is None:
        return here.make(Opaque(f"{here.base} {text}", 0))
    return here.reader.refer(place)


def _type(here: Here, value: JSON) -> Node:
    return here.formulas.any([_one_type(here, name) for name in (value if isinstance(value, list) else [value])])


def _one_type(here: Here, name: JSON) -> Node:
    found: Kind | None = next((kind for kind in KINDS if kind == name), None)
    if found is not None:
        return here.formulas.types(found)
    if name != "integer":
        raise senseless("type", name)
    whole = Whole() if here.reader.document.draft == _OLD else Multiple(number("type", 1))
    return here.formulas.all([here.formulas.types("number"), here.make(whole)])


def _enum(here: Here, value: JSON) -> Node:
    values = frozenset(freeze(item) for item in listed("enum", value))
    return here.make(Member(values)) if values else here.formulas.false


def _const(here: Here, value: JSON) -> Node:
    return here.make(Member(frozenset({freeze(value)})))


def _least(here: Here, value: JSON) -> Node:
    return here.make(Least(number("minimum", value), here.words.get("exclusiveMinimum") is True))


def _most(here: Here, value: JSON) -> Node:
    return here.make(Most(number("maximum", value), here.words.get("exclusiveMaximum") is True))


def _above(here: Here, value: JSON) -> Node:
    if isinstance(value, bool) and here.reader.document.draft == _OLD:
        return here.formulas.true
    return here.make(Least(number("exclusiveMinimum", value), open=True))


def _below(here: Here, value: JSON) -> Node:
    if isinstance(value, bool) and here.reader.document.draft == _OLD:
        return here.formulas.true
    return here.make(Most(number("exclusiveMaximum", value), open=True))


def _multiple(here: Here, value: JSON) -> Node:
    step = number("multipleOf", value)
    if step <= 0:
        raise senseless("multipleOf", value)
    return here.make(Multiple(step))


def _pattern(here: Here, value: JSON) -> Node:
    return here.make(Match(worded("pattern", value)))


def _named(word: str) -> Keyword:
    def read(here: Here, value: JSON) -> Node:
        encoding = here.words.get("contentEncoding", "") if word == "contentMediaType" else ""
        return here.make(Named(word, worded(word, value), worded("contentEncoding", encoding)))

    return read


def _at_least(kind: Kind) -> Keyword:
    def read(here: Here, value: JSON) -> Node:
        least = here.count("a least size", value)
        return here.make(Size(kind, least, None)) if least else here.formulas.true

    return read


def _at_most(kind: Kind) -> Keyword:
    return lambda here, value: here.make(Size(kind, 0, here.count("a greatest size", value)))


def _stretch(here: Here, start: int, stop: int | None, schema: JSON) -> Node:
    node = here.read(schema)
    return here.formulas.true if node is here.formulas.true else here.make(Items(start, stop, node))


def _tuple(here: Here, value: JSON) -> Node:
    schemas = listed("prefixItems", value)
    return here.formulas.all([_stretch(here, at, at + 1, schema) for at, schema in enumerate(schemas)])


def _items(here: Here, value: JSON) -> Node:
    if isinstance(value, list) and here.reader.document.draft < _TUPLES:
        return _tuple(here, value)
    return _stretch(here, len(listed("prefixItems", here.words.get("prefixItems", []))), None, value)


def _rest(here: Here, value: JSON) -> Node:
    items = here.words.get("items")
    return _stretch(here, len(items), None, value) if isinstance(items, list) else here.formulas.true


def _contains(here: Here, value: JSON) -> Node:
    node = here.read(value)
    parts = [_counted(here, node, here.count("minContains", here.words.get("minContains", 1)))]
    if "maxContains" in here.words:
        most = here.count("maxContains", here.words["maxContains"])
        too_many = here.formulas.all([here.formulas.types("array"), _counted(here, node, most + 1)])
        parts.append(here.formulas.contrary(too_many))
    return here.formulas.all(parts)


def _counted(here: Here, node: Node, least: int) -> Node:
    if not least:
        return here.formulas.true
    return here.make(Held(0, None, node) if least == 1 else Count(node, least))


def _unique(here: Here, value: JSON) -> Node:
    return here.make(Unique()) if value is True else here.formulas.true


def _properties(here: Here, value: JSON) -> Node:
    members = mapped("properties", value)
    return here.formulas.all(
        [here.every(Keys(frozenset({name})), here.read(schema)) for name, schema in members.items()]
    )


def _patterns(here: Here, value: JSON) -> Node:
    members = mapped("patternProperties", value)
    return here.formulas.all(
        [here.every(Keys(frozenset(), frozenset({name})), here.read(schema)) for name, schema in members.items()]
    )


def _additional(here: Here, value: JSON) -> Node:
    names = frozenset(mapped("properties", here.words.get("properties", {})))
    patterns = frozenset(mapped("patternProperties", here.words.get("patternProperties", {})))
    return here.every(Keys(names, patterns, outside=True), here.read(value))


def _required(here: Here, value: JSON) -> Node:
    return here.formulas.all([here.has(worded("required", name)) for name in listed("required", value)])


def _names(here: Here, value: JSON) -> Node:
    node = here.read(value)
    return here.formulas.true if node is here.formulas.true else here.make(EveryName(node))


def _dependent(here: Here, value: JSON) -> Node:
    return here.formulas.all(
        [_depends(here, name, result) for name, result in mapped("a dependency", value).items()],
    )


def _depends(here: Here, name: str, result: JSON) -> Node:
    """Where the member is, these others are, too, or the schema holds."""
    present = here.formulas.all([here.formulas.types("object"), here.has(name)])
    return here.implies(present, _required(here, result) if isinstance(result, list) else here.read(result))


def _all_of(here: Here, value: JSON) -> Node:
    return here.formulas.all([here.read(schema) for schema in listed("allOf", value)])


def _any_of(here: Here, value: JSON) -> Node:
    return here.formulas.any([here.read(schema) for schema in listed("anyOf", value)])


def _one_of(here: Here, value: JSON) -> Node:
    """One, and none of the others."""
    nodes = [here.read(schema) for schema in listed("oneOf", value)]
    here.reader.budget.spend(len(nodes) ** 2 // 64)
    others = [here.formulas.contrary(node) for node in nodes]
    return here.formulas.any(
        [here.formulas.all([node, *others[:at], *others[at + 1 :]]) for at, node in enumerate(nodes)]
    )


def _not(here: Here, value: JSON) -> Node:
    return here.formulas.contrary(here.read(value))


def _if(here: Here, value: JSON) -> Node:
    condition = here.read(value)
    met = here.implies(condition, here.read(here.words.get("then", True)))
    unmet = here.implies(here.formulas.contrary(condition), here.read(here.words.get("else", True)))
    return here.formulas.all([met, unmet])


def _unevaluated(word: str) -> Keyword:
    def read(here: Here, value: JSON) -> Node:
        node = here.read(value)
        found = leftover(here.reader, here.words, here.base, word, node)
        return found if found is not None else here.make(Opaque(word, here.number))

    return read


READ: Final[dict[str, Keyword]] = {
    "$ref": _reference,
    "$recursiveRef": _reference,
    "$dynamicRef": _reference,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _least,
    "maximum": _most,
    "exclusiveMinimum": _above,
    "exclusiveMaximum": _below,
    "multipleOf": _multiple,
    "minLength": _at_least("string"),
    "maxLength": _at_most("string"),
    "pattern": _pattern,
    "format": _named("format"),
    "contentEncoding": _named("contentEncoding"),
    "contentMediaType": _named("contentMediaType"),
    "prefixItems": _tuple,
    "items": _items,
    "additionalItems": _rest,
    "contains": _contains,
    "minItems": _at_least("array"),
    "maxItems": _at_most("array"),
    "uniqueItems": _unique,
    "unevaluatedItems": _unevaluated("unevaluatedItems"),
    "properties": _properties,
    "patternProperties": _patterns,
    "additionalProperties": _additional,
    "required": _required,
    "minProperties": _at_least("object"),
    "maxProperties": _at_most("object"),
    "propertyNames": _names,
    "dependencies": _dependent,
    "dependentRequired": _dependent,
    "dependentSchemas": _dependent,
    "unevaluatedProperties": _unevaluated("unevaluatedProperties"),
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
}
"""How each keyword is read; `then`, `else`, `minContains` and `maxContains` are read with what they belong to."""
