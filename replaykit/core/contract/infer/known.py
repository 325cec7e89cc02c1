"""What is published, and grows by what was seen since: schemas held against documents, place by place.

    the documents have                     the schema
    nothing that it does not allow         stays as it is, but for the evidence
    another type                           allows it, too
    another word                           lists it, as long as words are few; else any text may stand there
    a text of another form                 says nothing of the form
    an object of another tag               has a variant more
    another field                          has it, too; it is not required
    not a field that it requires           does not require it
    a field each time, 5 times by now      requires it, unless a source says otherwise; not of what is sent, for
                                           whoever sends less has done nothing wrong

Law: whatever the schema allowed it still allows, and what was seen it allows, too. What is written by hand
and speaks of no type, tag or field is left alone.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from replaykit.core.contract.infer import spelled, text
from replaykit.core.contract.infer.learn import ENOUGH, SCATTERED, Paths, learned
from replaykit.core.contract.infer.pool import Pool
from replaykit.core.contract.infer.shape import FEW, TAGS, Field, Map, Record, Shape, tag_of
from replaykit.core.contract.infer.write import Writer
from replaykit.core.contract.strict import DECLARED, SEEN
from replaykit.core.contract.unions import resolved, tags, type_of, types
from replaykit.core.plain import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from replaykit.core.contract.model import Schema
    from replaykit.core.model import JSON

SURE: Final = 20
"""How often a field that a source demands must have been there, each time, before a contract demands it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place: its path as definitions are named by, the field it is (None: a whole part), what is free below."""

    path: str
    field: str | None = None
    free: Paths = ()

    def below(self, name: str) -> Spot:
        """The place of a field."""
        free = tuple(path[1:] for path in self.free if path and path[0] in (name, "*"))
        return Spot(f"{self.path}.{name}", name, free)

    @property
    def items(self) -> Spot:
        """The place of what stands in arrays here, or under the names of a map."""
        return replace(self.below("*"), path=self.path, field="")


@dataclass(slots=True)
class Growth:
    """Schemas that grow. `defs` are all of them; `wary`: sources spoke of the parts (see `Writer`)."""

    defs: dict[str, Schema]
    wary: bool = False
    _due: dict[str, tuple[list[JSON], Paths]] = field(default_factory=dict)
    _sent: bool = False

    def part(self, name: str, documents: Sequence[JSON], free: Paths) -> None:
        """Have a part of a contract allow these documents, too."""
        spot, self._sent = Spot(name, None, free), name == "request"
        self.defs[name] = (
            self._grown(self.defs[name], documents, spot) if name in self.defs else self._learned(documents, spot)
        )
        while self._due:
            name = next(iter(self._due))
            values, free = self._due.pop(name)
            self.defs[name] = self._grown(self.defs[name], values, Spot(name, "", free))

    def _learned(self, values: Sequence[JSON], spot: Spot) -> dict[str, Any]:
        """The schema of what nothing was known of."""
        shape = learned(values, spot.free, spot.field)
        if self.wary and spot.field is not None and not shape.anything:
            shape = replace(shape, kinds={**shape.kinds, "null": shape.kinds.get("null", 0)})
        return self._written(shape, spot.path)

    def _written(self, shape: Shape, path: str) -> dict[str, Any]:
        numbered = (f"{path}.{number}" for number in range(2, len(self.defs) + 3))
        begins = next(each for each in (path, *numbered) if not self._taken(each))
        return Writer(Pool(), defs=self.defs, wary=self.wary).schema(shape, begins)

    def _taken(self, path: str) -> bool:
        """Whether definitions of variants at this path are there already."""
        return any(name.startswith(f"{spelled.safe(path)}.") for name in self.defs)

    def _grown(self, schema: Schema, values: Sequence[JSON], spot: Spot) -> Schema:
        """A schema that allows these values, too."""
        if not values or schema is True:
            return schema
        if schema is False:
            return self._learned(values, spot)
        notes, claims = spelled.parted(schema)
        parts = claims["anyOf"] if claims.keys() == {"anyOf"} else [claims]
        kinds = [types(each, self.defs) for each in parts]
        if (
            not claims
            or None in kinds
            or sum(map(len, filter(None, kinds))) != len(frozenset().union(*filter(None, kinds)))
        ):
            return schema
        n, _ = spelled.seen(schema) or (0, 0)
        held: defaultdict[int, list[JSON]] = defaultdict(list)
        for value in values:
            held[_index(value, kinds)].append(value)
        grown = [self._alternative(each, held[at], spot, n) for at, each in enumerate(parts)]
        if held[-1]:
            return self._wider(grown, held[-1], spot) | notes
        return schema if grown == parts else (grown[0] if parts[0] is claims else {"anyOf": grown}) | notes

    def _wider(self, parts: list[dict[str, Any]], values: list[JSON], spot: Spot) -> dict[str, Any]:
        """Alternatives, and what allows values that none of them allows."""
        fractions = [each for each in values if isinstance(each, float)]
        if fractions and any("integer" in spelled.kinds(each) for each in parts):
            parts, values = [spelled.rational(each) for each in parts], [v for v in values if not isinstance(v, float)]
        if any(each is not None for each in values):
            fresh = self._written(learned(values, spot.free, spot.field or ""), spot.path)
            return spelled.together([*parts, *fresh.get("anyOf", [fresh])]) if fresh else {}
        return spelled.together([*parts, *([{"type": "null"}] if values else [])])

    def _alternative(self, schema: dict[str, Any], values: list[JSON], spot: Spot, n: int) -> dict[str, Any]:
        """One alternative that allows these values of its own types, too; `n` were seen at this place before."""
        if not values:
            return schema
        objects = [each for each in values if isinstance(each, dict)]
        if "discriminator" in schema:
            return self._union(schema, objects, spot)
        if objects and (union := self._apart(schema, objects, spot)) is not None:
            return self._union(union, objects, spot)
        if isinstance(ref := schema.get("$ref"), str):
            self._refer(ref, values, spot)
            return schema
        texts = [each for each in values if isinstance(each, str)]
        found = (
            self._texts(spelled.bounded(schema, values), texts, spot, n) if texts else spelled.bounded(schema, values)
        )
        lists = [each for each in values if isinstance(each, list)]
        if lists and "items" in found:
            found = {**found, "items": self._grown(found["items"], list(chain.from_iterable(lists)), spot.items)}
        return self._object(found, objects, spot) if objects else found

    def _refer(self, ref: str, values: Iterable[JSON], spot: Spot) -> None:
        """Have a definition grow by these values, once what refers to it has."""
        name = ref.removeprefix("#/$defs/")
        if name in self.defs:
            known, free = self._due.get(name, ([], ()))
            self._due[name] = [*known, *values], tuple(dict.fromkeys((*free, *spot.free)))

    def _texts(self, schema: dict[str, Any], texts: list[str], spot: Spot, n: int) -> dict[str, Any]:
        found = spelled.formed(schema, texts)
        listed = spelled.listed(found)
        fresh = set(texts) - listed if listed else set()
        if not fresh:
            return found
        every = listed | fresh
        counted = len(listed) ** 2 <= n and n >= SURE  # no source named them: they were few of many
        few = len(every) <= FEW and (not counted or len(every) ** 2 <= n + len(texts))
        words = text.seen(sorted(fresh), spot.field or "").words
        return spelled.naming(found, every if few and words is not None else frozenset())

    def _apart(self, schema: dict[str, Any], objects: list[dict[str, JSON]], spot: Spot) -> dict[str, Any] | None:
        """A union with what was the only variant; None where all objects are that one, or say nothing."""
        for tag in TAGS:
            mine = tags(tag, [schema], self.defs)
            record = resolved(schema, self.defs)
            if not mine or not isinstance(record, dict) or tag not in record.get("required", []):
                continue
            told = tag_of(found, lambda thing: thing) if (found := learned(objects, spot.free).thing) else None
            if told is None or told[0] != tag or told[1] <= mine.keys():
                return None
            ref = schema.get("$ref") or self._defined(schema, f"{spot.path}.{min(mine)}")
            return {"discriminator": {"propertyName": tag}, "oneOf": [{"$ref": ref}]}
        return None

    def _defined(self, schema: Schema, path: str) -> str:
        """The address of a new definition."""
        wished = spelled.safe(path)
        numbered = (f"{wished}.{number}" for number in range(2, len(self.defs) + 3))
        name = next(each for each in (wished, *numbered) if each not in self.defs)
        self.defs[name] = schema
        return f"#/$defs/{name}"

    def _union(self, schema: dict[str, Any], objects: list[dict[str, JSON]], spot: Spot) -> dict[str, Any]:
        """A union whose variants have grown; of objects that do not say which they are nothing is promised."""
        tag, variants = str(schema["discriminator"].get("propertyName")), list(schema["oneOf"])
        groups: defaultdict[str, list[dict[str, JSON]]] = defaultdict(list)
        for each in objects:
            groups[name if isinstance(name := each.get(tag), str) else ""].append(each)
        known = tags(tag, variants, self.defs)
        fresh = sorted(groups.keys() - known.keys())
        if len(known.keys() | groups.keys()) > FEW * 2 or not all(map(text.TAG.fullmatch, fresh)):
            return {"type": "object"}
        for name, index in known.items():
            if name in groups:
                variants[index] = self._grown(variants[index], groups[name], spot)
        variants += [{"$ref": self._variant(tag, name, groups[name], spot)} for name in fresh]
        if fresh:
            places = tags(tag, variants, self.defs)
            variants = [variants[index] for index in dict.fromkeys(places[name] for name in sorted(places))]
        return {**schema, "oneOf": variants}

    def _variant(self, tag: str, name: str, objects: list[dict[str, JSON]], spot: Spot) -> str:
        shape = learned(objects, spot.free).thing
        record = shape if isinstance(shape, Record) else Record({}, len(objects))
        named = Field(Shape(text=text.tag(name, len(objects))), len(objects))
        thing = replace(record, fields={**record.fields, tag: named})
        ref = self._defined({}, f"{spot.path}.{name}")
        key = ref.removeprefix("#/$defs/")
        self.defs[key] = self._written(Shape(thing=thing), key)
        return ref

    def _object(self, schema: dict[str, Any], objects: list[dict[str, JSON]], spot: Spot) -> dict[str, Any]:
        known, rest = schema.get("properties") or {}, schema.get("additionalProperties")
        held: defaultdict[str, list[JSON]] = defaultdict(list)
        for name, value in chain.from_iterable(each.items() for each in objects):
            held[name].append(value)
        if isinstance(rest, dict):
            others = chain.from_iterable(values for name, values in held.items() if name not in known)
            schema = {**schema, "additionalProperties": self._grown(rest, list(others), spot.items)}
        if not known:
            return schema
        fresh = [] if isinstance(rest, dict) or rest is True else sorted(held.keys() - known.keys())
        of = _of(known)
        count = of + len(objects)
        if fresh and self._is_loose(schema, {name: len(held[name]) for name in held}, fresh, count):
            return {name: each for name, each in schema.items() if name not in _RECORD}
        due = schema.get("required", [])
        fields = {name: self._field(each, held[name], spot.below(name), count) for name, each in known.items()}
        fields |= {name: self._fresh(held[name], spot.below(name), count) for name in fresh}
        if not of:  # a source, or a person, named all that was to be there each time
            fields = {name: each if name in due else _optional(each) for name, each in fields.items()}
        found = {name: each for name, each in schema.items() if name != "required" and (name, each) != _SHUT}
        always = {name for name in held if len(held[name]) == len(objects)}
        required = [name for name in due if name in always]
        sure = {name for name in always - {*required} if not self._sent and _is_sure(schema, name, fields)}
        required = sorted({*required, *sure}) if sure else required
        fields |= {name: _undeclared(fields[name]) for name in sure}
        found["properties"] = dict(sorted(fields.items())) if fresh else fields
        return found | ({"required": required} if required else {})

    def _is_loose(self, schema: dict[str, Any], held: Mapping[str, int], fresh: list[str], count: int) -> bool:
        """Whether these names, with the new ones, are data by now."""
        known = schema["properties"]
        if any(tags(name, [schema], self.defs) for name in TAGS):
            return False
        if isinstance(learned([dict.fromkeys([*known, *fresh])]).thing, Map):
            return True
        seen = {name: spelled.seen(each) for name, each in known.items()}
        if not all(seen.values()):
            return False  # a source names them
        often = max(held.get(name, 0) + (seen.get(name) or (0, 0))[0] for name in {*known, *fresh})
        return len(known) + len(fresh) >= SCATTERED and count > 1 and often * 2 <= count

    def _field(self, schema: Schema, values: list[JSON], spot: Spot, count: int) -> Schema:
        """A field with its evidence; what a source says of it is noted as long as it was never missing."""
        grown = self._grown(schema, values, spot)
        if not isinstance(grown, dict):
            return grown
        seen = spelled.seen(grown)
        n = (seen or (0, 0))[0] + len(values)
        found = {**grown, SEEN: [n, count]}
        if n < count:
            found.pop(DECLARED, None)
        return found

    def _fresh(self, values: list[JSON], spot: Spot, count: int) -> dict[str, Any]:
        """A field that nobody knew."""
        return {**self._learned(values, spot), SEEN: [len(values), count]}


_RECORD: Final = frozenset({"properties", "required", "additionalProperties"})
_SHUT: Final = ("additionalProperties", False)


def _optional(schema: Schema) -> Schema:
    """A field that was there each time, with the note that nobody demands it."""
    seen = spelled.seen(schema)
    if not isinstance(schema, dict) or seen is None or seen[0] < seen[1] or DECLARED in schema:
        return schema
    return {**schema, DECLARED: "optional"}


def _undeclared(schema: Schema) -> Schema:
    """A field without the note, where the contract itself demands it."""
    return {name: each for name, each in schema.items() if name != DECLARED} if isinstance(schema, dict) else schema


def _index(value: JSON, kinds: Sequence[frozenset[str] | None]) -> int:
    """The alternative whose type a value has; -1: it is of none."""
    kind = type_of(value)
    wanted = {kind, "number"} if kind == "integer" else {kind}
    return next((at for at, each in enumerate(kinds) if each and wanted & each), -1)


def _of(fields: Mapping[str, Schema]) -> int:
    """How many objects were seen of which these are the fields."""
    return max((of for _, of in filter(None, map(spelled.seen, fields.values()))), default=0)


def _is_sure(schema: Mapping[str, Any], name: str, fields: Mapping[str, Schema]) -> bool:
    """Whether a field that was there each time has become one that was there often enough."""
    before, grown = schema["properties"].get(name), fields.get(name)
    if not isinstance(before, dict) or not isinstance(grown, dict) or name in schema.get("required", []):
        return False
    (earlier, _), (n, of), said = spelled.seen(before) or (0, 0), grown[SEEN], grown.get(DECLARED)
    if said is None:
        return bool(0 < earlier < ENOUGH <= n == of)
    return bool(said == "required" and earlier < SURE <= n == of)


def wary(defs: Mapping[str, Schema]) -> bool:
    """Whether sources spoke of what is defined here: of headers nobody does."""
    parts = {name: each for name, each in defs.items() if not name.endswith(".headers")}
    return any(DECLARED in each for schema in parts.values() for each in _fields(schema))


def _fields(schema: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - a schema is any JSON
    """The schemas of all fields that a schema speaks of."""
    if isinstance(schema, list):
        yield from chain.from_iterable(map(_fields, schema))
    elif isinstance(schema, dict):
        yield from (each for each in (schema.get("properties") or {}).values() if isinstance(each, dict))
        yield from chain.from_iterable(map(_fields, schema.values()))


_RECORDED: Final = re.compile(r"([\d,]+) recorded (answer|stream|error)s?\b")
_MONTH: Final = re.compile(r"(?<![\d-])\d{4}-\d{2}(?![\d-])")
_VERSIONS: Final = re.compile(r"\(of ([^()]*)\)")


def evidence(known: Sequence[str], fresh: Iterable[str]) -> tuple[str, ...]:
    """The sources of both; what was recorded is one of them, and adds up."""
    every = [*known, *fresh]
    recorded = [each for each in every if _RECORDED.match(each)]
    others = dict.fromkeys(each for each in every if not _RECORDED.match(each))
    return (*([_added(recorded)] if recorded else []), *others)


def answers(sources: Iterable[str]) -> int:
    """How many recorded answers and streams a contract was learned from, as its sources say."""
    told = [_recorded(each) for each in sources]
    return sum(each.get(noun, 0) for each in told for noun in ("answer", "stream"))


def _recorded(source: str) -> dict[str, int]:
    return {noun: int(count.replace(",", "")) for count, noun in _RECORDED.findall(source)}


def _added(sources: Sequence[str]) -> str:
    """Several lines of what was recorded as one: how much in all, from when to when, and of what versions else."""
    if len(sources) == 1:
        return sources[0]
    counts = Counter[str]()
    for each in sources:
        counts.update(_recorded(each))
    said = [counted(counts[noun], f"recorded {noun}") for noun in ("answer", "stream", "error") if counts[noun]]
    months = sorted(month for each in sources for month in _MONTH.findall(each))
    span = "" if not months else months[0] if months[0] == months[-1] else f"{months[0]} to {months[-1]}"
    named = (name for each in sources for found in _VERSIONS.findall(each) for name in re.split(r", | and ", found))
    versions = sorted(set(named))
    details = [span, f"of {listed(versions)}" if versions else ""]
    return " ".join([", ".join(said), *(f"({each})" for each in details if each)])
