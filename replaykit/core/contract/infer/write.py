"""Shapes as the schemas of a contract: what is claimed, with the evidence beside it.

    claim                         is made when
    required                      it was there each of 5 times or more; of a declared record: all declarations
                                  demand it, and traffic, where there was any, had it each time, often enough
    enum                          a declaration names the values; else 20 texts, no more different ones than √n
    const                         it is a tag
    pattern, date-time            5 texts that are all alike
    integer                       5 that were; else number

Law: what a schema claims it says how often it saw (`x-seen`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from replaykit.core.contract.infer.learn import ENOUGH
from replaykit.core.contract.infer.shape import Choice, Field, Free, Map, Record, Ref, Shape, Text, Thing
from replaykit.core.contract.strict import DECLARED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.core.contract.infer.pool import Pool
    from replaykit.core.contract.model import Schema

_MANY: Final = 20
"""Texts of which the different ones are all there are, if they are few."""

ORDER: Final = ("string", "integer", "number", "boolean", "array", "object", "null")
"""How the types of a place are listed."""


@dataclass(slots=True)
class Writer:
    """Schemas of shapes, and the definitions that they refer to.

    `sure` is how often a field that a declaration demands must have been there, each time, to be required; one
    that was never missing, and not so often there, is only noted as demanded. `begins` stands before the name
    of every definition. `wary`: a source speaks of this part, so that of
    what no source knows little is claimed: it is never required, and may be null.
    """

    pool: Pool
    sure: int = 0
    begins: str = ""
    defs: dict[str, Schema] = field(default_factory=dict)
    wary: bool = False

    def part(self, name: str, shape: Shape) -> None:
        """Write a part of a contract, with all that it refers to and that is not yet written."""
        self.defs[name] = self.schema(shape, name)

    def schema(self, shape: Shape, path: str) -> dict[str, Any]:
        """The schema of a shape; `path` names the definitions of variants that have no name of their own."""
        found = {"deprecated": True} if shape.retired else {}
        if shape.anything or (shape.types == {"null"} and not shape.declared):
            return found  # that there was never anything says nothing of what there may be
        parts = list(self._alternatives(shape, path))
        if not parts:
            return found
        plain = [each for each in parts if each.keys() == {"type"}]
        rich = [each for each in parts if each.keys() != {"type"}]
        if len(rich) == 1 and (merged := nullable(rich[0], [each["type"] for each in plain])):
            return merged | found
        types = sorted((each["type"] for each in plain), key=ORDER.index)
        one = [{"type": types[0] if len(types) == 1 else types}] if types else []
        return (one[0] if not rich else {"anyOf": [*rich, *one]} if len(rich) + len(one) > 1 else rich[0]) | found

    def _alternatives(self, shape: Shape, path: str) -> Iterator[dict[str, Any]]:
        """A schema for each type that may stand here."""
        if shape.text is not None:
            yield _text(shape.text)
        yield from ({"type": name} for name in _numbers(shape))
        if shape.items is not None:
            items = self.schema(shape.items, path)
            yield {"type": "array", "items": items} if items else {"type": "array"}
        if shape.thing is not None:
            yield self._thing(shape.thing, path)
        yield from ({"type": name} for name in ("boolean", "null") if name in shape.kinds)

    def _thing(self, thing: Thing, path: str) -> dict[str, Any]:
        match thing:
            case Ref(name):
                return {"$ref": self._defined(self.pool.called(name))}
            case Record():
                return self._record(thing, path)
            case Choice(tag, variants):
                refs = dict.fromkeys(self._variant(each, f"{path}.{name}") for name, each in sorted(variants.items()))
                return {"discriminator": {"propertyName": tag}, "oneOf": [{"$ref": ref} for ref in refs]}
            case Map(values):
                below = self.schema(values, path)
                return {"type": "object", "additionalProperties": below} if below else {"type": "object"}
            case Free():
                return {"type": "object"}

    def _variant(self, variant: Record | Ref, path: str) -> str:
        if isinstance(variant, Ref):
            return self._defined(self.pool.called(variant.name))
        record, name = self._record(variant, path), safe(path)
        while self.defs.setdefault(name, record) != record:  # one stands in an array, and one in its place
            name += ".2"
        return f"#/$defs/{name}"

    def _defined(self, name: str) -> str:
        """The address of a definition, which is written the first time."""
        key = self.begins + safe(name)
        if key not in self.defs:
            self.defs[key] = {}
            self.defs[key] = self._thing(self.pool.thing(Ref(name)), key)
        return f"#/$defs/{key}"

    def _record(self, record: Record, path: str) -> dict[str, Any]:
        required = [name for name, each in record.fields.items() if self._demanded(record, each)]
        found: dict[str, Any] = {"type": "object"}
        if record.fields:
            fields = sorted(record.fields.items())
            found["properties"] = {name: self._field(record, each, f"{path}.{name}") for name, each in fields}
        return found | ({"required": sorted(required)} if required else {})

    def _field(self, record: Record, each: Field, path: str) -> dict[str, Any]:
        shape = each.shape
        if self.wary and not shape.declared and not _is_tag(each) and not shape.anything:
            shape = replace(shape, kinds={**shape.kinds, "null": shape.kinds.get("null", 0)})
        found = self.schema(shape, path)
        if record.count:
            found["x-seen"] = [each.n, record.count]
        if self._optional(record, each):
            found[DECLARED] = "optional"
        elif each.due and each.n == record.count and not self._demanded(record, each):
            found[DECLARED] = "required"
        return found

    def _optional(self, record: Record, each: Field) -> bool:
        """Whether a field that was always there is not to be missed, for a source might demand it and does not."""
        return (record.declared or self.wary) and not each.due and 0 < each.n == record.count and not _is_tag(each)

    def _demanded(self, record: Record, each: Field) -> bool:
        if not record.declared:
            return (each.n == record.count >= ENOUGH and not self.wary) or _is_tag(each)
        return bool(each.due) and (each.n == record.count >= self.sure or _is_tag(each))


def _is_tag(each: Field) -> bool:
    text = each.shape.text
    return text is not None and len(text.named) == 1 and not text.open_ and each.shape.types == {"string"}


def _numbers(shape: Shape) -> list[str]:
    """The name of the numbers that may stand here: whole ones only when enough of them were."""
    if "number" in shape.kinds:
        return ["number"]
    if "integer" not in shape.kinds:
        return []
    return ["integer" if shape.declared or shape.kinds["integer"] >= ENOUGH else "number"]


def _text(text: Text) -> dict[str, Any]:
    words = text.words
    if text.named and not text.open_ and words is not None:
        values = sorted(text.named | words)
        return {"const": values[0]} if len(values) == 1 else {"type": "string", "enum": values}
    few = not text.open_ and words is not None and text.n >= _MANY and len(words) ** 2 <= text.n
    if few and words:
        return {"type": "string", "enum": sorted(words)}
    if text.n >= ENOUGH and text.moments:
        return {"type": "string", "format": "date-time"}
    if text.n >= ENOUGH and text.prefix:
        return {"type": "string", "pattern": f"^{re.escape(text.prefix).replace(chr(92) + '-', '-')}"}
    return {"type": "string"}


def nullable(rich: dict[str, Any], plain: list[str]) -> dict[str, Any] | None:
    """A schema and bare types as one; None where that takes an `anyOf`."""
    if not plain:
        return rich
    if "type" not in rich or "const" in rich or "$ref" in rich:
        return None
    named = rich["type"]
    types = sorted({*([named] if isinstance(named, str) else named), *plain}, key=ORDER.index)
    if "enum" not in rich:
        return {**rich, "type": types}
    return {**rich, "type": types, "enum": [*rich["enum"], None]} if plain == ["null"] else None


def safe(path: str) -> str:
    """A path as a name that a reference can hold without escapes."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", path)
