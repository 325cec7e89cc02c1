"""The drafts of JSON Schema: which keywords each knows, and where subschemas stand in them.

    draft      `$schema` ends with
    4 6 7      draft-04/schema  draft-06/schema  draft-07/schema      (7 where none is named)
    2019 2020  draft/2019-09/schema  draft/2020-12/schema

Law: a keyword that a draft does not know says nothing, as in a validator of that draft.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.core.model import JSON

Draft: TypeAlias = Literal[4, 6, 7, 2019, 2020]
Shape: TypeAlias = Literal["data", "schema", "list", "map", "either", "mixed"]
"""What a keyword holds: plain data, a schema, a list of them, a map of them, a schema or a list, lists and schemas."""

_NAMES: Final[tuple[tuple[str, Draft], ...]] = (
    ("draft-04", 4),
    ("draft-06", 6),
    ("draft-07", 7),
    ("2019-09", 2019),
    ("2020-12", 2020),
)

_LAST: Final = 2020

KEYWORDS: Final[dict[str, tuple[int, int, Shape]]] = {
    "$ref": (4, _LAST, "data"),
    "$recursiveRef": (2019, 2019, "data"),
    "$dynamicRef": (2020, _LAST, "data"),
    "type": (4, _LAST, "data"),
    "enum": (4, _LAST, "data"),
    "const": (6, _LAST, "data"),
    "minimum": (4, _LAST, "data"),
    "maximum": (4, _LAST, "data"),
    "exclusiveMinimum": (4, _LAST, "data"),
    "exclusiveMaximum": (4, _LAST, "data"),
    "multipleOf": (4, _LAST, "data"),
    "minLength": (4, _LAST, "data"),
    "maxLength": (4, _LAST, "data"),
    "pattern": (4, _LAST, "data"),
    "format": (4, _LAST, "data"),
    "contentEncoding": (7, _LAST, "data"),
    "contentMediaType": (7, _LAST, "data"),
    "items": (4, _LAST, "either"),
    "prefixItems": (2020, _LAST, "list"),
    "additionalItems": (4, 2019, "schema"),
    "contains": (6, _LAST, "schema"),
    "minContains": (2019, _LAST, "data"),
    "maxContains": (2019, _LAST, "data"),
    "minItems": (4, _LAST, "data"),
    "maxItems": (4, _LAST, "data"),
    "uniqueItems": (4, _LAST, "data"),
    "unevaluatedItems": (2019, _LAST, "schema"),
    "properties": (4, _LAST, "map"),
    "patternProperties": (4, _LAST, "map"),
    "additionalProperties": (4, _LAST, "schema"),
    "required": (4, _LAST, "data"),
    "minProperties": (4, _LAST, "data"),
    "maxProperties": (4, _LAST, "data"),
    "propertyNames": (6, _LAST, "schema"),
    "dependencies": (4, 7, "mixed"),
    "dependentRequired": (2019, _LAST, "data"),
    "dependentSchemas": (2019, _LAST, "map"),
    "unevaluatedProperties": (2019, _LAST, "schema"),
    "allOf": (4, _LAST, "list"),
    "anyOf": (4, _LAST, "list"),
    "oneOf": (4, _LAST, "list"),
    "not": (4, _LAST, "schema"),
    "if": (7, _LAST, "schema"),
    "then": (7, _LAST, "schema"),
    "else": (7, _LAST, "schema"),
}
"""First draft, last draft, and what the keyword holds. Everything else is annotation, as far as values go."""

SHELVES: Final[dict[str, Shape]] = {"definitions": "map", "$defs": "map"}
"""Where schemas lie that say nothing until they are referred to."""

UNEVALUATED: Final = frozenset({"unevaluatedProperties", "unevaluatedItems"})
"""What judges the members and items that nothing beside it has spoken of."""

_KNOWN: Final[dict[Draft, frozenset[str]]] = {
    edition: frozenset(word for word, (first, last, _) in KEYWORDS.items() if first <= edition <= last)
    for _, edition in _NAMES
}

_OLDER: Final = ("draft-00", "draft-01", "draft-02", "draft-03")
"""Drafts with keywords of their own (`disallow`, `extends`), which nothing here reads."""

_LONE: Final = 7
"""Up to this draft nothing beside `$ref` counts."""


def draft(schema: JSON) -> Draft:
    """The draft of a document."""
    name = schema.get("$schema") if isinstance(schema, dict) else None
    if not isinstance(name, str):
        return 7
    return next((number for text, number in _NAMES if text in name), 2020)


def readable(schema: JSON) -> bool:
    """Whether a document is in a draft whose keywords are read here."""
    name = schema.get("$schema") if isinstance(schema, dict) else None
    return not (isinstance(name, str) and any(text in name for text in _OLDER))


def said(schema: dict[str, JSON], edition: Draft) -> dict[str, JSON]:
    """The keywords of a schema that count in this draft, in alphabetical order."""
    if edition <= _LONE and "$ref" in schema:
        return {"$ref": schema["$ref"]}
    return {word: schema[word] for word in sorted(_KNOWN[edition].intersection(schema))}


def parts(value: JSON, shape: Shape) -> Iterator[JSON]:
    """The schemas that stand in the value of a keyword."""
    match shape, value:
        case (("schema" | "either" | "mixed"), (dict() | bool())) if shape != "mixed":
            yield value
        case (("list" | "either"), list()):
            yield from value
        case (("map" | "mixed"), dict()):
            yield from (item for item in value.values() if isinstance(item, dict | bool))
        case _:
            return
