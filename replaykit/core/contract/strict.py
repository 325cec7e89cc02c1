"""A contract's schemas as they are checked: closed, so that a document which passes has no news at all.

    on disk                               checked
    an object that knows its fields       has no other field
    a field that was always there         is required
    the format of a date, time or id      a pattern, which all validators read alike
    what may not be there, `false`        what nothing fits, `not` everything

Law: what the strict schema accepts the contract accepts; what it refuses is looked at in detail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from replaykit.core.contract.model import Schema

ENOUGH: Final = 3
"""How often a field must have been there, each time, to be missed when it is not."""

SEEN: Final = "x-seen"
"""The keyword of a claim's evidence: `[n, of]`."""

FIRM: Final = "x-firm"
"""The keyword of the fields that the contract itself requires, where the strict schema requires more."""

DECLARED: Final = "x-declared"
"""The keyword of what a source says of a field: `optional` where traffic always had it, `required` where it seldom
came by, and was never missing."""

REFUSED: Final[dict[str, Any]] = {"not": {}}
"""What nothing is valid under, for `false`: of that, `jsonschema` does not say where it stood."""

_FORMATS: Final = {
    "date-time": r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})$",
    "date": r"^\d{4}-\d{2}-\d{2}$",
    "uuid": r"^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
}

_SCHEMAS: Final = frozenset({"items", "contains", "additionalProperties", "propertyNames", "unevaluatedItems"})
_LISTS: Final = frozenset({"prefixItems", "oneOf", "anyOf"})
_MAPS: Final = frozenset({"properties", "patternProperties", "$defs"})
"""Keywords below which every schema may be closed. Below `allOf`, `not`, `if` and the like none may: there
a schema speaks of one part of an object, and others speak of the rest."""

_TOGETHER: Final = frozenset(
    {"allOf", "not", "if", "then", "else", "dependentSchemas", "unevaluatedProperties", "patternProperties"}
)


def strict(defs: Mapping[str, Schema]) -> dict[str, Any]:
    """The same schemas, strict; evidence and other remarks are left out."""
    mixed = _mixed(defs)
    return {name: schema if name in mixed else _strict(schema) for name, schema in defs.items()}


def always(schema: Mapping[str, Any]) -> list[str]:
    """The fields that were there every time, often enough, and that nobody calls optional."""
    found = schema.get("properties")
    return [name for name, each in found.items() if _always(each)] if isinstance(found, dict) else []


def _always(schema: Schema) -> bool:
    if not isinstance(schema, dict):
        return False
    if said := schema.get(DECLARED):
        return bool(said == "required")
    match schema.get(SEEN):
        case [int() as seen, int() as of]:
            return seen == of >= ENOUGH
        case _:
            return False


def _strict(schema: Any) -> Any:  # noqa: ANN401 - a schema is any JSON
    if schema is False:
        return REFUSED
    if not isinstance(schema, dict):
        return schema
    found = {key: _below(key, value) for key, value in schema.items() if not key.startswith("x-")}
    if pattern := _FORMATS.get(str(found.pop("format", ""))):
        found.setdefault("pattern", pattern)
    if not found.get("properties") or _TOGETHER & found.keys():
        return found
    found.setdefault("additionalProperties", False)
    firm = found.get("required", [])
    if more := [name for name in always(schema) if name not in firm]:
        found |= {"required": [*firm, *more], FIRM: firm}
    return found


def _below(key: str, value: Any) -> Any:  # noqa: ANN401 - as above
    if key in _SCHEMAS:
        return _strict(value)
    if key in _LISTS and isinstance(value, list):
        return [_strict(each) for each in value]
    if key in _MAPS and isinstance(value, dict):
        return {name: _strict(each) for name, each in value.items()}
    return value


def _mixed(defs: Mapping[str, Schema]) -> frozenset[str]:
    """The definitions that speak of one part of an object only, for an `allOf` or the like refers to them."""
    found, open_ = set[str](), [name for schema in defs.values() for name in _told(schema, inside=False)]
    while open_:
        name = open_.pop()
        if name not in found and name in defs:
            found.add(name)
            open_ += _told(defs[name], inside=True)
    return frozenset(found)


def _told(schema: Any, *, inside: bool) -> Iterable[str]:  # noqa: ANN401 - as above
    """The definitions that a schema refers to from where schemas are parts of others."""
    if isinstance(schema, list):
        for each in schema:
            yield from _told(each, inside=inside)
    elif isinstance(schema, dict):
        beside = inside or bool(_TOGETHER & schema.keys())
        for key, value in schema.items():
            if key == "$ref" and beside and isinstance(value, str):
                yield value.removeprefix("#/$defs/")
            else:
                yield from _told(value, inside=inside or key in _TOGETHER or key == "dependentSchemas")
