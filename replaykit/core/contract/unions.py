"""Unions: which of several schemas a document means to be, told by its tag or by its JSON type.

Law: a document that says what it is, is judged as that and as nothing else. So a wrong field in a text
block is a wrong field, and not "none of 17 schemas fits".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replaykit.core.contract.model import Schema

TYPES: Final[Mapping[type, str]] = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}
"""What JSON calls the type of a value."""

SCALARS: Final[Mapping[type, str]] = {each: TYPES[each] for each in (type(None), bool, int, float)}
"""The types of values that hold nothing and are no text."""

Unknown: TypeAlias = Literal["tag missing", "tag unknown", "type unknown"]
"""Why no alternative is meant: it does not say which, says one there is not, or is of no such type."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The alternative that a document means to be: its place among them, and its tag, empty when its type says it."""

    index: int
    tag: str = ""


def type_of(value: object) -> str:
    """The JSON type of a value; a number without a fraction is an `integer`."""
    if isinstance(value, float) and value.is_integer():
        return "integer"
    return TYPES.get(type(value), "object")


def resolved(schema: Schema, defs: Mapping[str, Schema]) -> Schema:
    """What a schema is once its reference into `$defs` is followed."""
    for _ in range(_FAR):
        if not isinstance(schema, dict) or not isinstance(name := schema.get("$ref"), str):
            break
        schema = defs.get(name.removeprefix("#/$defs/"), True)
    return schema


_FAR = 20
"""References that lead on to another one."""


def choose(
    union: Mapping[str, Any], alternatives: Sequence[Schema], document: object, defs: Mapping[str, Schema]
) -> Chosen | Unknown | None:
    """Which alternative of a union a document means to be; None where neither tag nor type can tell."""
    match union.get("discriminator"):
        case {"propertyName": str() as name}:
            return _by_tag(name, alternatives, document, defs)
        case _:
            return _by_type(alternatives, document, defs)


def tags(name: str, alternatives: Sequence[Schema], defs: Mapping[str, Schema]) -> dict[str, int]:
    """The tags of a union's alternatives, each with its place among them."""
    found: dict[str, int] = {}
    for index, each in enumerate(alternatives):
        schema = resolved(each, defs)
        if isinstance(schema, dict):
            tag = schema.get("properties", {}).get(name, {})
            for value in [tag["const"]] if "const" in tag else tag.get("enum", []):
                found.setdefault(value if isinstance(value, str) else str(value), index)
    return found


def types(schema: Schema, defs: Mapping[str, Schema]) -> frozenset[str] | None:
    """The JSON types that a schema names; None when it does not say."""
    match resolved(schema, defs):
        case {"type": str() as one}:
            named = [one]
        case {"type": list() as several}:
            named = [str(each) for each in several]
        case {"const": value}:
            named = [type_of(value)]
        case {"enum": list() as values}:
            named = [type_of(each) for each in values]
        case {"discriminator": _}:
            named = ["object"]
        case _:
            return None
    return frozenset(named)


def _by_tag(
    name: str, alternatives: Sequence[Schema], document: object, defs: Mapping[str, Schema]
) -> Chosen | Unknown:
    if not isinstance(document, dict):
        return "type unknown"
    if not isinstance(tag := document.get(name), str):
        return "tag missing"
    index = tags(name, alternatives, defs).get(tag)
    return "tag unknown" if index is None else Chosen(index, tag)


def _by_type(alternatives: Sequence[Schema], document: object, defs: Mapping[str, Schema]) -> Chosen | Unknown | None:
    named = [types(each, defs) for each in alternatives]
    if any(each is None for each in named):
        return None
    kind, found = type_of(document), list[int]()
    for index, each in enumerate(named):
        if each is not None and (kind in each or (kind == "integer" and "number" in each)):
            found.append(index)
    if not found:
        return "type unknown"
    return Chosen(found[0]) if len(found) == 1 else None
