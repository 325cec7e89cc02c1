"""Where a document can depart from its schema, and how: one spot each.

    at                                     planted there
    a field that has to be there           it is gone
    the field that says which variant      another word
    a value of a list or a constant        another word
    a text of a form                       a text without it
    a value of known types                 one of another type

Law: pure, and always the same for the same document. What the schema says nothing of has no spot.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from replaykit.core.contract.strict import always
from replaykit.core.contract.unions import Chosen, choose, resolved, types

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from replaykit.core.contract.model import Schema
    from replaykit.core.model import JSON

Sort: TypeAlias = Literal[
    "field gone",
    "tag renamed",
    "word new",
    "form lost",
    "type changed",
    "event renamed",
    "end gone",
    "header gone",
    "header form lost",
]

GONE: Final = object()
"""What stands for a field that is not there."""

WORD: Final = "planted_drift"
"""A word that no service says."""

_FORMLESS: Final = (WORD, "", "?", "0")
_OTHERS: Final[tuple[tuple[str, JSON], ...]] = (
    ("string", WORD),
    ("object", {WORD: WORD}),
    ("boolean", True),
    ("array", [WORD]),
)
"""Values of a type each, one of which a schema does not allow."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A departure: at `path` of a document `value` is planted, `GONE` to take away what is there."""

    sort: Sort
    path: tuple[str | int, ...]
    value: Any

    @property
    def place(self) -> str:
        """Where it is, as findings have it: items of a list without their number."""
        return "".join("/*" if isinstance(each, int) else f"/{each}" for each in self.path)

    def planted(self, document: JSON) -> JSON:
        """The document with the departure in it; the one that was given stays as it is."""
        planted: JSON = _set(document, self.path, self.value)
        return planted


def spots(schema: Schema, document: JSON, defs: Mapping[str, Schema], tag: str = "") -> Iterator[Spot]:
    """Every departure that a document's schema can tell, from the outside in; `tag` is the field of its variant."""
    yield from _spots(schema, document, defs, (), tag)


def _spots(
    schema: Schema, document: JSON, defs: Mapping[str, Schema], path: tuple[str | int, ...], tag: str = ""
) -> Iterator[Spot]:
    found = resolved(schema, defs)
    if not isinstance(found, dict):
        return
    if path:
        yield from _values(found, document, defs, path)
    if isinstance(document, dict):
        yield from _fields(found, document, defs, path, tag)
    elif isinstance(document, list) and isinstance(items := found.get("items"), dict):
        yield from _items(items, document, defs, path)
    for keyword in ("oneOf", "anyOf"):
        alternatives = found.get(keyword)
        if isinstance(alternatives, list):
            yield from _variant(found, alternatives, document, defs, path)


def _variant(
    union: Mapping[str, Any],
    alternatives: Sequence[Schema],
    document: JSON,
    defs: Mapping[str, Schema],
    path: tuple[str | int, ...],
) -> Iterator[Spot]:
    """The departures from the one alternative that a document says it is."""
    chosen = choose(union, alternatives, document, defs)
    if isinstance(chosen, Chosen):
        tag = union["discriminator"]["propertyName"] if chosen.tag else ""
        inner = _spots(alternatives[chosen.index], document, defs, path, tag)
        # What is another type for one alternative may be right for the next.
        yield from (each for each in inner if each.path != path)


def _fields(
    schema: Mapping[str, Any],
    document: Mapping[str, JSON],
    defs: Mapping[str, Schema],
    path: tuple[str | int, ...],
    tag: str,
) -> Iterator[Spot]:
    known = schema.get("properties", {})
    needed = dict.fromkeys((*schema.get("required", ()), *always(schema)))
    for name in needed:
        if name in document:
            yield Spot("field gone", (*path, name), GONE)
    for name, value in document.items():
        if name == tag:
            yield Spot("tag renamed", (*path, name), WORD)
        elif name in known:
            yield from _spots(known[name], value, defs, (*path, name))


def _items(
    schema: Schema, document: Sequence[JSON], defs: Mapping[str, Schema], path: tuple[str | int, ...]
) -> Iterator[Spot]:
    """The departures of the first item of each sort: the others are like it."""
    seen = set[object]()
    for index, each in enumerate(document):
        sort = tuple(each) if isinstance(each, dict) else type(each)
        if sort not in seen:
            seen.add(sort)
            yield from _spots(schema, each, defs, (*path, index))


def _values(
    schema: Mapping[str, Any], document: JSON, defs: Mapping[str, Schema], path: tuple[str | int, ...]
) -> Iterator[Spot]:
    if isinstance(schema.get("const"), str) or isinstance(schema.get("enum"), list):
        yield Spot("word new", path, WORD)
    pattern = schema.get("pattern")
    if isinstance(document, str) and isinstance(pattern, str) and (lost := formless(pattern)) is not None:
        yield Spot("form lost", path, lost)
    allowed = _allowed(schema, defs)
    other = next((value for kind, value in _OTHERS if allowed is not None and kind not in allowed), None)
    if other is not None:
        yield Spot("type changed", path, other)


def formless(pattern: str) -> str | None:
    """A text that is not of this form; None when every one is, or it cannot be told."""
    try:
        form = re.compile(pattern)
    except re.error:
        return None
    return next((text for text in _FORMLESS if not form.search(text)), None)


def _allowed(schema: Mapping[str, Any], defs: Mapping[str, Schema]) -> frozenset[str] | None:
    """The types that a value may have; None when its schema does not say."""
    named = types(dict(schema), defs)
    alternatives = schema.get("oneOf") or schema.get("anyOf")
    if named is not None or not isinstance(alternatives, list):
        return named
    each = [types(one, defs) for one in alternatives]
    return frozenset(kind for one in each if one is not None for kind in one) if None not in each else None


def _set(document: Any, path: tuple[str | int, ...], value: Any) -> Any:  # noqa: ANN401 - any JSON
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(document, list):
        return [_set(each, rest, value) if index == first else each for index, each in enumerate(document)]
    if value is GONE and not rest:
        return {name: each for name, each in document.items() if name != first}
    return {name: _set(each, rest, value) if name == first else each for name, each in document.items()}
