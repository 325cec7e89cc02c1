"""What an SDK declares of a document, in the words of a contract.

    the SDK's JSON Schema                       a contract's
    `anyOf` of objects with a constant each     a union that is told apart by that tag
    `anyOf` of objects without                  one object with the fields of all
    `anyOf` of objects, some with a tag         any object: they cannot be told apart
    `anyOf` of a type and null                  both types
    names and any text beside                   a text
    `title`, `description`, `default`           nothing
    `properties`, and others may be there       the same: objects are open

Law: pure, and lenient: a keyword that is not known here promises nothing. What the declaration accepts is
accepted. Nothing was seen of it, so it says nothing of evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from replaykit.core.contract.infer.shape import ANYTHING, TAGS, Field, Free, Map, Record, Ref, Shape, Text
from replaykit.core.contract.unions import SCALARS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.core.contract.infer.pool import Pool


DEEPEST: Final = 60
"""Levels of a schema, references aside, that are read; what lies deeper promises nothing."""

_PLAIN: Final = frozenset(SCALARS.values())
_SEVERAL: Final = ("anyOf", "oneOf")


@dataclass(slots=True)
class Reader:
    """A JSON Schema, read as shapes. Its definitions go into the pool, under the names that they have."""

    schema: Mapping[str, Any]
    pool: Pool
    _open: set[str] = field(default_factory=set)
    _names: dict[str, str] = field(default_factory=dict)

    def read(self) -> Shape:
        """The shape of the whole."""
        objects = {name: each for name, each in self._defs().items() if _is_record(each)}
        for name, each in objects.items():
            self.pool.define(self._name(name), Record(_tags(each)))
        self.pool.settle()
        for name, each in objects.items():
            self.pool.define(self._name(name), self._object(each, 0))
        self.pool.settle()
        found = self._shape(self.schema, 0)
        title = self.schema.get("title")
        if isinstance(title, str) and title and isinstance(found.thing, Record):
            name = self.pool.free(title, {key: each for key, each in self.schema.items() if key != "$defs"})
            self.pool.define(name, found.thing)
            found = replace(found, thing=Ref(name))
        self.pool.settle()
        return found

    def _defs(self) -> Mapping[str, Any]:
        found = self.schema.get("$defs")
        return found if isinstance(found, dict) else {}

    def _shape(self, schema: Any, depth: int) -> Shape:  # noqa: ANN401 - a schema is any JSON
        if not isinstance(schema, dict) or depth > DEEPEST:
            return replace(ANYTHING, declared=True)
        found = self._described(schema, depth)
        return replace(found, declared=True, retired=schema.get("deprecated") is True)

    def _described(self, schema: Mapping[str, Any], depth: int) -> Shape:
        if isinstance(ref := schema.get("$ref"), str):
            return self._referred(ref.rpartition("/")[2], depth)
        for keyword in (*_SEVERAL, "allOf"):
            if isinstance(parts := schema.get(keyword), list) and parts:
                return self._joined(parts, depth) if keyword in _SEVERAL or len(parts) == 1 else ANYTHING
        if "const" in schema:
            return _valued([schema["const"]])
        if isinstance(values := schema.get("enum"), list):
            return _valued(values)
        kinds = schema.get("type")
        return (
            self._joined([{**schema, "type": kind} for kind in kinds], depth)
            if isinstance(kinds, list)
            else (self._typed(schema, kinds, depth))
        )

    def _referred(self, name: str, depth: int) -> Shape:
        """A reference to objects stays one; any other definition is put in its place."""
        target = self._defs().get(name)
        return Shape(thing=Ref(self._name(name))) if _is_record(target) else self._shape(target, depth + 1)

    def _joined(self, parts: list[Any], depth: int) -> Shape:
        """Alternatives. Objects that no tag tells apart become one, here and nowhere else."""
        whole = Shape()
        names = [name for part in parts if (name := self._object_name(part))]
        told = [frozenset(_tags(self._defs()[name])) for name in names]
        apart = len(names) > 1 and not frozenset.intersection(*told)
        if apart and any(told):
            parts = [part for part in parts if not self._object_name(part)]
            whole = Shape(thing=Free())
        for part in parts:
            name = self._object_name(part)
            whole = self.pool.joined(
                whole, self._copied(name, depth) if apart and name else self._shape(part, depth + 1)
            )
        return whole

    def _name(self, name: str) -> str:
        """What a definition is called in the pool: without the modules it came from, and as no other thing is."""
        if name not in self._names:
            self._names[name] = self.pool.free(name.rpartition("__")[2] or name, self._defs()[name])
        return self._names[name]

    def _object_name(self, part: Any) -> str:  # noqa: ANN401 - as above
        """The name of the objects that a schema refers to; empty when it is none such reference."""
        ref = part.get("$ref") if isinstance(part, dict) else None
        name = ref.rpartition("/")[2] if isinstance(ref, str) else ""
        return name if _is_record(self._defs().get(name)) else ""

    def _copied(self, name: str, depth: int) -> Shape:
        """The objects of a definition, described here; a definition within itself stays a reference."""
        if name in self._open or depth > DEEPEST:
            return Shape(thing=Ref(self._name(name)), declared=True)
        self._open.add(name)
        found = self._object(self._defs()[name], depth + 1)
        self._open.remove(name)
        return Shape(thing=found, declared=True)

    def _typed(self, schema: Mapping[str, Any], kind: object, depth: int) -> Shape:
        if kind in _PLAIN:
            return Shape(kinds={str(kind): 0})
        match kind:
            case "string":
                return Shape(text=Text(open_=True))
            case "array":
                return Shape(items=self._shape(schema.get("items", {}), depth + 1))
            case "object":
                return Shape(thing=self._object(schema, depth))
            case _:
                return ANYTHING

    def _object(self, schema: Mapping[str, Any], depth: int) -> Record | Map | Free:
        fields = schema.get("properties")
        if not isinstance(fields, dict) or not fields:
            below = schema.get("additionalProperties")
            return Map(self._shape(below, depth + 1)) if isinstance(below, dict) and below else Free()
        due = schema.get("required", [])
        return Record(
            {name: Field(self._shape(each, depth + 1), due=name in due) for name, each in sorted(fields.items())},
            declared=True,
        )


def _is_record(schema: object) -> bool:
    """Whether a schema describes objects with fields of their own."""
    return isinstance(schema, dict) and schema.get("type") == "object" and bool(schema.get("properties"))


def _tags(schema: Mapping[str, Any]) -> dict[str, Field]:
    """The tags of an object: its fields of that name with a constant, or with a few named values."""
    due = [name for name in TAGS if name in schema.get("required", [])]
    fields = {name: each for name in due if isinstance(each := schema["properties"].get(name), dict)}
    values = {name: [each["const"]] if "const" in each else each.get("enum", []) for name, each in fields.items()}
    return {
        name: Field(Shape(text=Text(named=frozenset(said)), declared=True))
        for name, said in values.items()
        if said and all(isinstance(value, str) for value in said)
    }


def _valued(values: list[Any]) -> Shape:
    """The shape of named values."""
    texts = frozenset(value for value in values if isinstance(value, str))
    kinds = {SCALARS[type(value)]: 0 for value in values if type(value) in SCALARS}
    return Shape(kinds=kinds, text=Text(named=texts) if texts else None)
