"""The shape of many documents: objects are told apart by their tags before anything is merged.

    objects                                         become
    of which a declaration or a JSON Schema speaks  free
    whose names look like data, or are too many     a map; free where they have nothing in common
    that all have a tag, of few values              a choice; at the top a record, if there is one value
    others                                          a record

Law: whatever was seen is allowed by what was learned. Work is linear in the documents, however deep or
wide they are: what lies too deep is free, and what has too many names is a map.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from replaykit.core.contract.infer import text
from replaykit.core.contract.infer.shape import (
    ANYTHING,
    FEW,
    TAGS,
    Choice,
    Field,
    Free,
    Map,
    Record,
    Shape,
    Thing,
)
from replaykit.core.contract.unions import SCALARS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from replaykit.core.model import JSON

Paths: TypeAlias = tuple[tuple[str, ...], ...]
"""Places below here that are free; `*` stands for any name or index."""

DEEPEST: Final = 32
"""Levels that are described: no interface is nested deeper, and a recursion has to end."""

WIDEST: Final = 200
"""Names of one object that are fields: the widest of the known answers has 33."""

MOST: Final = 20_000
"""Fields that are described in all: ten times those of the largest interface that is known."""

ENOUGH: Final = 5
"""How often something has to be seen before a rule is made of it."""

_FAMILIAR: Final = 3
"""So many values are few, however seldom they were seen."""

SCATTERED: Final = 4
"""So many names with nothing in common are data: the arguments of various tools."""

_DATA: Final = re.compile(
    r"\d+|\d[\d.:_/ -]*|[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|.*[\s/@].*|.{65,}",
    re.DOTALL,
)
"""Names that are data: numbers, dates, digests, UUIDs, paths, addresses, sentences."""

_SCHEMA: Final = frozenset({"properties", "items", "anyOf", "oneOf", "allOf", "enum", "$ref", "$schema"})
"""Keywords of which a JSON Schema has one, beside `type: object`."""


@dataclass(slots=True)
class Room:
    """How many more fields may be described. They are taken in one order, so that the same documents give the same."""

    left: int = MOST


@dataclass(frozen=True, slots=True)
class At:
    """Where documents stand: what is free below, how deep it is, and the room that is left for all."""

    free: Paths = ()
    depth: int = 0
    room: Room = field(default_factory=Room)

    def below(self, name: str = "*") -> At:
        """One level down, under a name or an index."""
        return At(tuple(path[1:] for path in self.free if path and path[0] in (name, "*")), self.depth + 1, self.room)


def learned(values: Sequence[JSON], free: Paths = (), name: str | None = None) -> Shape:
    """The shape of all these documents, or of what stands in documents under a field of this name."""
    return _shape(values, At(free, int(name is not None)), name or "")


def _shape(values: Sequence[JSON], at: At, name: str) -> Shape:
    """The shape of all values that stand at one place, under a field of this name."""
    at.room.left -= 1
    if at.depth > DEEPEST or at.room.left < 0:
        return ANYTHING
    if () in at.free:
        return _free(values)
    held: defaultdict[type, list[Any]] = defaultdict(list)
    for value in values:
        held[type(value)].append(value)
    return Shape(
        kinds={name: len(held[kind]) for kind, name in SCALARS.items() if held[kind]},
        text=text.seen(held[str], name) if held[str] else None,
        items=_shape(list(chain.from_iterable(held[list])), at.below(), "") if held[list] else None,
        thing=_thing(held[dict], at) if held[dict] else None,
    )


def _free(values: Sequence[JSON]) -> Shape:
    """Of what is free: an object, if all are, null aside; what stands in it is the program's own."""
    if not all(isinstance(value, dict) or value is None for value in values):
        return ANYTHING
    nulls = sum(value is None for value in values)
    return Shape({"null": nulls} if nulls else {}, thing=Free() if nulls < len(values) else None)


def _thing(values: list[dict[str, JSON]], at: At) -> Thing:
    names = Counter(chain.from_iterable(values))
    if _is_schema(values, names):
        return Free()
    tag = _tag(values, names)
    if tag is not None:
        return _choice(tag, values, at)
    if len(names) > WIDEST or _is_data(names):
        return Map(_shape(list(chain.from_iterable(each.values() for each in values)), at.below(), ""))
    return Free() if _is_scattered(values, names) else _record(values, at)


def _choice(tag: str, values: list[dict[str, JSON]], at: At) -> Thing:
    groups: defaultdict[str, list[dict[str, JSON]]] = defaultdict(list)
    for value in values:
        groups[str(value[tag])].append(value)
    found = {name: _record(groups[name], at, tag) for name in sorted(groups)}
    return next(iter(found.values())) if len(found) == 1 and at.depth == 0 else Choice(tag, found)


def _record(values: list[dict[str, JSON]], at: At, tag: str = "") -> Record:
    below: defaultdict[str, list[JSON]] = defaultdict(list)
    for value in values:
        for name, each in value.items():
            below[name].append(each)
    fields = {name: Field(_shape(below[name], at.below(name), name), len(below[name])) for name in sorted(below)}
    if tag:
        fields[tag] = Field(Shape(text=text.tag(str(values[0][tag]), len(values))), len(values))
    return Record(fields, len(values))


def _tag(values: list[dict[str, JSON]], names: Counter[str]) -> str | None:
    """The field by which these objects say what they are; None when none of them does."""
    return next((name for name in TAGS if names[name] == len(values) and _tells(values, name)), None)


def _tells(values: list[dict[str, JSON]], name: str) -> bool:
    """Whether a field is a tag: names, and few of them or such that each has a shape of its own."""
    tags = Counter(each if isinstance(each := value[name], str) else "" for value in values)
    if len(tags) > FEW * 2 or not all(map(text.TAG.fullmatch, tags)):
        return False
    if name == "role" and (len(tags) == 1 or not _separates(values, name)):
        return False
    return len(tags) <= max(_FAMILIAR, len(values) // 2) or _separates(values, name)


def _separates(values: Iterable[dict[str, JSON]], name: str) -> bool:
    """Whether objects of different tags have different fields, or different types under them."""
    shapes: defaultdict[str, set[frozenset[tuple[str, type]]]] = defaultdict(set)
    for value in values:
        shapes[str(value[name])].add(frozenset((key, type(each)) for key, each in value.items()))
    return any(one.isdisjoint(other) for one in shapes.values() for other in shapes.values() if one is not other)


def _is_schema(values: Sequence[dict[str, JSON]], names: Counter[str]) -> bool:
    """Whether these objects are JSON Schemas: what somebody else promises, not this interface."""
    return bool(names.keys() & _SCHEMA) and all(
        value.get("type") == "object" and isinstance(value.get("properties", {}), dict) and _SCHEMA & value.keys()
        for value in values
    )


def _is_data(names: Counter[str]) -> bool:
    """Whether names are data, most of them."""
    return sum(map(bool, map(_DATA.fullmatch, names))) * 2 > len(names)


def _is_scattered(values: Sequence[dict[str, JSON]], names: Counter[str]) -> bool:
    """Whether objects have hardly a name in common, so that the next one will have others again."""
    often = max(names.values(), default=0)
    return len(names) >= SCATTERED and len(values) > 1 and often * 2 <= len(values)
