"""A small document for a schema, and a whole document around a part of it.

Law: a guess. What `sample` gives need not be valid (`not` and `if` are not looked at): who claims
something of it asks a validator first. Nothing here is drawn by chance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from replaykit.core.contract.changes.view import FAMILIES
from replaykit.core.contract.schema.dialect import said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replaykit.core.contract.changes.change import Side
    from replaykit.core.contract.changes.view import Way
    from replaykit.core.contract.model import Schema
    from replaykit.core.contract.schema.document import Document
    from replaykit.core.model import JSON

Key: TypeAlias = "str | int"

_DEEPEST: Final = 24
"""Schemas in schemas; a document that is deeper is given up."""

_FORMATS: Final[Mapping[str, str]] = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "a@example.org",
    "idn-email": "a@example.org",
    "hostname": "example.org",
    "idn-hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.org/",
    "uri-reference": "/",
    "iri": "https://example.org/",
    "uuid": "01234567-89ab-4def-8123-456789abcdef",
    "json-pointer": "/a",
    "regex": "a",
}
"""A text of each format (JSON Schema 2020-12, section 7.3)."""

_TRIES: Final = ("", "a", "A", "0", "1", "ab", "a1", "abc", "a-b", "A1", "00", "000", "0000", "/", "a/a", "x" * 8)
"""What may stand behind the plain beginning of a pattern."""

_PLAIN: Final = re.compile(r"\^?((?:[\w\-/:@ ]|\\[.\-/])*)")


class Nothing(ValueError):
    """No document was found for a schema."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a document something stands: what it is in, on either side, and under which key there."""

    up: Place | None
    old: Way
    new: Way
    key: Key

    def side(self, side: Side) -> Way:
        """What it is in, on one side."""
        return self.old if side == "old" else self.new


def around(value: JSON, place: Place | None, side: Side, documents: Mapping[Side, Document], *, both: bool) -> JSON:
    """The whole document with a value at a place, as one side has it; with `both`, with the other's fields, too."""
    while place is not None:
        value = _put(_container(place, side, documents, both=both), place.key, value)
        place = place.up
    return value


def without(place: Place, side: Side, documents: Mapping[Side, Document], *, both: bool) -> JSON:
    """The whole document, with nothing at the place."""
    container = _container(place, side, documents, both=both)
    if isinstance(container, dict):
        container.pop(str(place.key), None)
    return around(container, place.up, side, documents, both=both)


def _container(place: Place, side: Side, documents: Mapping[Side, Document], *, both: bool) -> JSON:
    value = sample(place.side(side), documents[side])
    other: Side = "new" if side == "old" else "old"
    if not both or not isinstance(value, dict):
        return value
    try:
        more = sample(place.side(other), documents[other])
    except Nothing:
        return value
    return {**more, **value} if isinstance(more, dict) else value


def _put(container: JSON, key: Key, value: JSON) -> JSON:
    if isinstance(container, dict):
        return {**container, str(key): value}
    if not isinstance(container, list) or not isinstance(key, int):
        raise Nothing
    items = [*container]
    while len(items) < key:
        items.append(value)
    return [*items[:key], value, *items[key + 1 :]]


def sample(schema: Schema, document: Document, depth: int = 0) -> JSON:
    """A document that is likely to be valid; `Nothing` where none is."""
    if schema is False or depth > _DEEPEST:
        raise Nothing
    if not isinstance(schema, dict):
        return None
    words = said(schema, document.draft) if "$ref" in schema else schema
    for word, way in _WAYS.items():
        if word in words and words[word] != []:
            return way(words, document, depth)
    return _typed(words, document, depth)


def _led(words: Way, document: Document, depth: int) -> JSON:
    place = document.find(str(words["$ref"]), document.root.base)
    return sample(place.schema if place is not None else False, document, depth + 1)  # type: ignore[arg-type]  # a schema


def _some(words: Way, document: Document, depth: int) -> JSON:
    """A document of the first branch that has one, with what stands beside the branches."""
    branches = [*words.get("anyOf", []), *words.get("oneOf", [])]
    for branch in sorted(branches, key=lambda each: isinstance(each, dict) and each.get("type") == "null"):
        try:
            value = sample(branch, document, depth + 1)
        except Nothing:
            continue
        if isinstance(value, dict) and words.get("properties"):
            return {**value, **_object(words, document, depth)}
        return value
    raise Nothing


def _all(words: Way, document: Document, depth: int) -> JSON:
    values = [sample(each, document, depth + 1) for each in words["allOf"]]
    fields = [value for value in values if isinstance(value, dict)]
    if fields:
        return {name: value for each in (_object(words, document, depth), *fields) for name, value in each.items()}
    return values[0]


_WAYS: Final[dict[str, Callable[[Way, Document, int], JSON]]] = {
    "const": lambda words, _document, _depth: words["const"],
    "enum": lambda words, _document, _depth: words["enum"][0],
    "$ref": _led,
    "anyOf": _some,
    "oneOf": _some,
    "allOf": _all,
}
"""The keywords that say what a document is, the most definite first."""


def _typed(words: Way, document: Document, depth: int) -> JSON:
    name = words.get("type")
    if isinstance(name, list):
        name = next((each for each in name if each != "null"), "null")
    match name or _guessed(words):
        case "object":
            return dict(_object(words, document, depth))
        case "array":
            return _array(words, document, depth)
        case "string":
            return _text(words)
        case "integer" | "number":
            return _number(words)
        case "boolean":
            return True
        case _:
            return None


def _guessed(words: Way) -> str:
    """The type that the keywords are about, where none is named."""
    return next((FAMILIES[word] for word in words if word in FAMILIES), "null")


def _object(words: Way, document: Document, depth: int) -> dict[str, JSON]:
    fields = words.get("properties", {})
    other = words.get("additionalProperties", True)
    names = [name for name in words.get("required", []) if isinstance(name, str)]
    found = {name: sample(fields.get(name, other), document, depth + 1) for name in names}
    for name in [*fields, *(f"key{number}" for number in range(int(words.get("minProperties", 0))))]:
        if len(found) < words.get("minProperties", 0) and name not in found:
            found[name] = sample(fields.get(name, other), document, depth + 1)
    return found


def _array(words: Way, document: Document, depth: int) -> list[JSON]:
    items = words.get("items", True)
    first = words.get("prefixItems", items if isinstance(items, list) else [])
    other = words.get("additionalItems", True) if isinstance(items, list) else items
    if isinstance(words.get("contains"), dict):
        first = [*first, words["contains"]]
    least = max(int(words.get("minItems", 0)), 1 if "contains" in words else 0)
    return [
        sample(first[index] if index < len(first) else other, document, depth + 1) for index in range(min(least, 99))
    ]


def _text(words: Way) -> str:
    least = min(int(words.get("minLength", 0)), 10_000)
    if isinstance(words.get("pattern"), str):
        return _matching(words["pattern"], least)
    return str(_FORMATS.get(str(words.get("format")), "a")).ljust(least, "a")[: words.get("maxLength")]


def _matching(pattern: str, least: int) -> str:
    """A text that a pattern finds: its plain beginning, and a little behind it."""
    start = _PLAIN.match(pattern)
    begin = re.sub(r"\\(.)", r"\1", start[1]) if start else ""
    try:
        found = re.compile(pattern)
    except re.error:
        raise Nothing from None
    for text in (f"{begin[:cut]}{more}" for cut in (None, -1) for more in (*_TRIES, "a" * least)):
        if len(text) >= least and found.search(text):
            return text
    raise Nothing


def _number(words: Way) -> JSON:
    step = words.get("multipleOf", 1)
    low, high = words.get("minimum"), words.get("maximum")
    if low is None and not isinstance(floor := words.get("exclusiveMinimum", True), bool):
        low = floor + step
    if high is None and not isinstance(ceiling := words.get("exclusiveMaximum", True), bool):
        high = ceiling - step
    value = 0 if low is None and (high is None or high >= 0) else low if low is not None else high
    if words.get("exclusiveMinimum") is True and low is not None:
        value = low + step
    return value if "multipleOf" not in words or not value else -(-value // step) * step
