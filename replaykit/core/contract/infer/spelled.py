"""Schemas as they are spelled, one keyword at a time: what is left of them when values do not keep to them.

Law: pure; what comes back allows all that the schema allowed. A schema that is given is never changed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from replaykit.core.contract.infer.write import ORDER, nullable, safe
from replaykit.core.contract.strict import strict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from replaykit.core.model import JSON

__all__ = ["bounded", "formed", "kinds", "listed", "naming", "parted", "rational", "safe", "seen", "together"]

_NOTES: Final = frozenset({"deprecated", "description", "title", "default", "examples", "$comment"})
"""Keywords that promise nothing, as all do that begin with `x-`."""

_BOUNDS: Final[Mapping[str, tuple[type | tuple[type, ...], Callable[[Any, Any], bool]]]] = {
    "minimum": ((int, float), lambda value, bound: value >= bound),
    "maximum": ((int, float), lambda value, bound: value <= bound),
    "exclusiveMinimum": ((int, float), lambda value, bound: value > bound),
    "exclusiveMaximum": ((int, float), lambda value, bound: value < bound),
    "minLength": (str, lambda value, bound: len(value) >= bound),
    "maxLength": (str, lambda value, bound: len(value) <= bound),
    "minItems": (list, lambda value, bound: len(value) >= bound),
    "maxItems": (list, lambda value, bound: len(value) <= bound),
}
"""Keywords that somebody may have added, the types that they bound, and what they ask of a value."""


def parted(schema: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a schema notes, and what it claims."""
    notes = {name: each for name, each in schema.items() if name in _NOTES or name.startswith("x-")}
    return notes, {name: each for name, each in schema.items() if name not in notes}


def seen(schema: object) -> tuple[int, int] | None:
    """The evidence of a schema, `n` of so many; None when it has none."""
    match schema:
        case {"x-seen": [int() as n, int() as of]}:
            return n, of
        case _:
            return None


def kinds(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema names itself."""
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else list(found)


def rational(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with any number where it had whole ones."""
    named = list(dict.fromkeys("number" if each == "integer" else each for each in kinds(schema)))
    return {**schema, "type": _typed(named)} if named else schema


def together(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """One schema that allows what any of these does, as `Writer` would have it."""
    every = list(parts)
    rich = [each for each in every if each.keys() != {"type"}]
    plain = list(dict.fromkeys(name for each in every if each.keys() == {"type"} for name in kinds(each)))
    if len(rich) == 1 and (merged := nullable(rich[0], plain)):
        return merged
    one = [{"type": _typed(plain)}] if plain else []
    found = [*rich, *one]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _typed(named: Iterable[str]) -> str | list[str]:
    found = sorted(named, key=ORDER.index)
    return found[0] if len(found) == 1 else found


def listed(schema: Mapping[str, Any]) -> frozenset[str]:
    """The texts that a schema names; none where any may stand."""
    values = [schema["const"]] if "const" in schema else schema.get("enum", [])
    return frozenset(each for each in values if isinstance(each, str))


def naming(schema: dict[str, Any], words: Collection[str]) -> dict[str, Any]:
    """The schema with these texts in place of those that it named; without any: any text."""
    others = [each for each in schema.get("enum", []) if not isinstance(each, str)]
    bare = {name: each for name, each in schema.items() if name not in ("const", "enum")}
    found = {"type": "string", **bare}
    return {**found, "enum": [*sorted(words), *others]} if words else found


def formed(schema: dict[str, Any], texts: Sequence[str]) -> dict[str, Any]:
    """The schema without a form that one of these texts does not have."""
    lost = {name for name in ("pattern", "format") if name in schema and not _fits(name, schema[name], texts)}
    return {name: each for name, each in schema.items() if name not in lost}


def _fits(keyword: str, form: object, texts: Sequence[str]) -> bool:
    whole: Any = strict({"": {"type": "string", keyword: form}})[""]
    pattern = whole.get("pattern")
    if not isinstance(pattern, str):
        return True
    try:
        return all(map(re.compile(pattern).search, texts))
    except re.error:
        return True


def bounded(schema: dict[str, Any], values: Sequence[JSON]) -> dict[str, Any]:
    """The schema without a bound that one of these values does not keep."""
    lost = {name for name in _BOUNDS if name in schema and not _keeps(name, schema[name], values)}
    named = [schema["const"]] if "const" in schema else schema.get("enum", [])
    if named and any(each not in named for each in values if not isinstance(each, str)):
        lost |= {"const", "enum"}
    return {name: each for name, each in schema.items() if name not in lost} if lost else schema


def _keeps(name: str, bound: Any, values: Sequence[JSON]) -> bool:  # noqa: ANN401 - a bound is any JSON
    kind, holds = _BOUNDS[name]
    return all(holds(each, bound) for each in values if isinstance(each, kind) and not isinstance(each, bool))
