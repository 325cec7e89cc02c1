"""A schema as the ways to satisfy it, type by type: what two schemas can be compared by.

    {"anyOf": [{"$ref": "#/$defs/text"}, {"type": "null"}]}     object: text; null: anything
    {"type": ["string", "integer"], "minLength": 1}             string: minLength 1; integer: anything
    {"type": "object", "not": …}                                object: anything; and beside it: not …

Law: a document is valid under a schema if it is valid under one of the ways of its type, and under what
stands beside (`beside`). What cannot be taken apart without changing what is meant goes there whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from replaykit.core.contract.schema.dialect import KEYWORDS, said
from replaykit.core.contract.schema.value import KINDS, kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from replaykit.core.contract.model import Schema
    from replaykit.core.contract.schema.document import Document
    from replaykit.core.model import JSON

Way: TypeAlias = "dict[str, Any]"
"""One way to satisfy a schema: keywords of one JSON type, without references or logic."""

Ways: TypeAlias = "tuple[Way, ...]"

_LOGIC: Final = frozenset({"not", "if", "then", "else", "$dynamicRef", "$recursiveRef"})
_UNIONS: Final = ("anyOf", "oneOf")
_LIGHT: Final = frozenset({"type", "title"})
"""What may stand next to a union without being more than the union's own introduction."""

_FAR: Final = 40
"""References that lead on, and unions in unions."""

_MOST: Final = 2000
"""Ways of one schema."""

FAMILIES: Final[Mapping[str, str]] = {
    word: family
    for family, words in {
        "number": "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf",
        "string": "minLength maxLength pattern format contentEncoding contentMediaType",
        "array": "items prefixItems additionalItems contains minContains maxContains minItems maxItems "
        "uniqueItems unevaluatedItems",
        "object": "properties patternProperties additionalProperties required propertyNames minProperties "
        "maxProperties dependentRequired dependentSchemas dependencies unevaluatedProperties",
    }.items()
    for word in words.split()
}
"""The type that a keyword is about; it says nothing about documents of another."""


@dataclass(frozen=True, slots=True)
class View:
    """The ways to satisfy a schema by type (no entry: no document of that type), and what must hold beside."""

    ways: Mapping[str, tuple[Way, ...]]
    beside: Way

    @property
    def free(self) -> bool:
        """Whether documents of every type are accepted as they are."""
        return all(free(self.ways.get(each, ())) for each in KINDS)

    @property
    def names(self) -> tuple[str, ...]:
        """The types as people name them: `integer` where no other number is accepted."""
        return tuple("integer" if name == "number" and whole(ways) else name for name, ways in self.ways.items())


def view(schema: Schema, document: Document) -> View:
    """What a part of a document comes to."""
    ways, beside = _opened(schema, document, 0)
    found: dict[str, list[Way]] = {}
    for way in ways:
        for name, narrowed in _by_type(way):
            found.setdefault(name, []).append(narrowed)
    return View({name: tuple(found[name]) for name in KINDS if name in found}, beside)


def free(ways: Iterable[Way]) -> bool:
    """Whether one of the ways accepts everything of its type."""
    return any(way.keys() <= {"type", "title"} and way["type"] != "integer" for way in ways)


def whole(ways: Iterable[Way]) -> bool:
    """Whether only numbers without a fraction are accepted, as far as types say it."""
    return all(way["type"] == "integer" for way in ways)


def _opened(schema: Schema, document: Document, depth: int) -> tuple[list[Way], Way]:
    """The schema as alternatives without references or logic, and what could not be made so."""
    if not isinstance(schema, dict):
        return ([] if schema is False else [{}]), {}
    if depth > _FAR:
        return [{}], {"allOf": [schema]}
    words = {word: value for word, value in said(schema, document.draft).items() if _sound(word, value)}
    title = {"title": _title(schema)} if "title" in schema or "$ref" in schema else {}
    beside = {word: words.pop(word) for word in _LOGIC if word in words}
    ways: list[Way] = [words]
    for word in ("$ref", "allOf", *_UNIONS):
        if word in words:
            value = words.pop(word)
            if word in _UNIONS and any(way.keys() - _LIGHT for way in ways):
                beside = _beside(beside, {word: value})
                continue
            ways, more = _joined(ways, _branches(word, value, document, depth), {word: value})
            beside = _beside(beside, more)
    return [{**title, **way} for way in ways], beside


def _sound(word: str, value: object) -> bool:
    """Whether a keyword holds the kind of thing that it is to hold; one that does not says nothing."""
    expected = _HOLDS.get(word) or _HOLDS.get(KEYWORDS[word][2])
    return expected is None or isinstance(value, expected)


_HOLDS: Final = {"list": list, "map": dict, "mixed": dict, "required": list, "enum": list}
"""What a keyword, or keywords of a shape, have to hold."""


def _title(schema: Way) -> str:
    """What a schema is called: by itself, or by who refers to it."""
    return str(schema.get("title") or str(schema["$ref"]).rpartition("/")[2])


def _branches(word: str, value: Any, document: Document, depth: int) -> list[tuple[list[Way], Way]]:  # noqa: ANN401
    """What a reference or a combination adds: every item of the list must hold."""
    if word == "$ref":
        place = document.find(str(value), document.root.base)
        return [([{}], {word: value}) if place is None else _opened(place.schema, document, depth + 1)]  # type: ignore[arg-type]
    parts = [_opened(each, document, depth + 1) for each in value]
    if word == "allOf":
        return parts
    ways = [way for each, _ in parts for way in each]
    told = all(not beside for _, beside in parts) and len(ways) <= _MOST and (word == "anyOf" or _apart(ways))
    return [(ways, {})] if told else [([{}], {word: value})]


def _joined(ways: list[Way], branches: list[tuple[list[Way], Way]], whole: Way) -> tuple[list[Way], Way]:
    """The ways with those of every branch; where these cannot be merged, the whole stands beside."""
    result, beside = ways, dict[str, Any]()
    for added, more in branches:
        merged = [_merged(one, other) for one in result for other in added] if len(added) * len(result) <= _MOST else []
        if any(each is None for each in merged) or (not merged and added and result):
            return ways, whole
        result = [each for each in merged if each is not None and each.get("type") != []]
        beside = _beside(beside, more)
    return result, beside


def _beside(one: Way, other: Way) -> Way:
    """Both of what stands beside."""
    if not one or not other:
        return one or other
    if one.keys().isdisjoint(other):
        return {**one, **other}
    return {"allOf": [one, other]}


def _merged(one: Way, other: Way) -> Way | None:
    """A way that is both; None where that takes more than putting the keywords together."""
    if not one or not other:
        return one or other
    result = {**one, **other}
    for word in one.keys() & other.keys():
        merged = _MERGES.get(word, _equal)(one[word], other[word])
        if merged is None:
            return None
        result[word] = merged
    if "const" in result and "enum" in result:
        return None
    scoped = {"additionalProperties", "unevaluatedProperties", "additionalItems", "unevaluatedItems"}
    if any(way.get(word, True) is not True for way in (one, other) for word in scoped) and _shapes(one) & _shapes(
        other
    ):
        return None
    return result


def _shapes(way: Way) -> frozenset[str]:
    """Whether a way says something about an object's fields, or about an array's items."""
    return frozenset(FAMILIES[word] for word in way if FAMILIES.get(word) in ("object", "array"))


def _equal(one: Any, other: Any) -> Any:  # noqa: ANN401 - a keyword's value
    return one if repr(one) == repr(other) else None


def _types(one: str | list[str], other: str | list[str]) -> str | list[str] | None:
    """The types in both; an integer is a number."""
    ours, theirs = ([each] if isinstance(each, str) else each for each in (one, other))
    found = [name for name in ours if name in theirs or (name == "integer" and "number" in theirs)]
    found += [name for name in theirs if name == "integer" and "number" in ours and name not in found]
    return found[0] if len(found) == 1 else found


def _fields(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any] | None:
    if all(repr(one[name]) == repr(other[name]) for name in one.keys() & other.keys()):
        return {**one, **other}
    return None


_MERGES: Final[dict[str, Any]] = {
    "title": lambda one, _other: one,
    "type": _types,
    "required": lambda one, other: [*one, *(name for name in other if name not in one)],
    "properties": _fields,
}


def _by_type(way: Way) -> Iterable[tuple[str, Way]]:
    """A way for each type that it accepts, with the keywords that are about it."""
    values = [way["const"]] if "const" in way else way.get("enum")
    names = way.get("type", KINDS)
    names = [names] if isinstance(names, str) else names if isinstance(names, list | tuple) else []
    for name in names:
        family = "number" if name == "integer" else name
        if name == "integer" and "number" in names:
            continue
        kept = {word: value for word, value in way.items() if FAMILIES.get(word) == family}
        if "title" in way and family == "object":
            kept["title"] = way["title"]
        if values is None:
            yield family, {"type": name, **kept}
        elif chosen := [value for value in values if kind(value) == family and (name != "integer" or _whole(value))]:
            yield family, {"type": name, **kept, "enum": chosen}


def _whole(value: JSON) -> bool:
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


def _apart(ways: list[Way]) -> bool:
    """Whether no document can satisfy two of the ways: by type, or by a tag."""
    objects: list[Way] = []
    seen = set[str]()
    for way in ways:
        names = [name for name, _ in _by_type(way)]
        if names == ["object"]:
            objects.append(way)
        elif seen.intersection(names):
            return False
        else:
            seen.update(names)
    tags = [_tags(way) for way in objects]
    return "object" not in seen and all(_differ(one, other) for one, other in combinations(tags, 2))


def _tags(way: Way) -> dict[str, frozenset[str]]:
    """The fields of an object that say which texts they may be."""
    return {name: values for name in way.get("properties", {}) if (values := tag_values(way, name))}


def _differ(one: Mapping[str, frozenset[str]], other: Mapping[str, frozenset[str]]) -> bool:
    """Whether a field tells two objects apart."""
    return any(one[name].isdisjoint(other[name]) for name in one.keys() & other.keys())


def tag_values(way: Way, name: str) -> frozenset[str]:
    """The texts that a field of an object may be, where it says them; empty where it does not."""
    match way.get("properties", {}).get(name):
        case {"const": str() as value}:
            return frozenset({value})
        case {"enum": [*values]} if all(isinstance(value, str) for value in values):
            return frozenset(values)
        case _:
            return frozenset()
