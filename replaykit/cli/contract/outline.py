"""A contract as lines that one can read: what it binds to, its parts, their fields with the evidence for each.

    response
      /id                  text ^msg_                      required   115 of 115
      /content/*           content<text> | content<tool_use>          115 of 115

Law: every text of a contract is harmless here. A field is told in one line, what has a name of its own in a
block of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from replaykit.core.plain import gist, line, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from replaykit.core.contract.model import Binds, Contract, Order, Schema
    from replaykit.report.terminal import Line

WORDS: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
    "array": "list",
    "object": "object",
}
"""What JSON Schema's types are called."""

VALUES: Final = 12
"""Values of an enumeration that are told one by one."""

WIDE: Final = 100
"""Characters of what a field is."""

COLUMN: Final = 56
"""Characters of a column: what is longer stands out of it."""

Row: TypeAlias = tuple[str, str, str]
"""A field's place, what it is, and the evidence for it."""


def outline(contract: Contract, path: str = "") -> Iterator[Line]:
    """All lines of a contract; `path` is where its file is."""
    yield (f"{contract.title or contract.name}", "title"), (f"   {contract.date}   {path}".rstrip(), "faint")
    yield ("binds to  ", "faint"), (line(binds(contract.binds), 200), "")
    for source in contract.sources:
        yield ("from      ", "faint"), (line(source, 200), "")
    for part in (*contract.parts, *sorted(contract.defs.keys() - set(contract.parts))):
        yield ()
        yield (line(part, WIDE), "title"), *_evident(contract.defs[part])
        yield from _block(contract.defs[part])
    if contract.order is not None:
        yield ()
        yield (("order", "title"),)
        yield from _order(contract.order)
    yield from _more(contract)


def binds(about: Binds) -> str:
    """What a contract is about, in one line."""
    place = f"{about.method} {about.host}{about.path}"
    whose = f"{about.provider} {about.operation}".strip()
    versions = [f"{name} {listed(values)}" for name, values in about.versions.items()]
    betas = [f"{name} {listed(values)}" for name, values in about.betas.items() if "*" not in values]
    ways = " and ".join("streaming" if each else "plain" for each in sorted(about.streaming))
    return ", ".join(filter(None, [f"{whose}: {place}" if whose else place, *versions, *betas, about.status, ways]))


def thin(contract: Contract, enough: int) -> Mapping[str, int]:
    """How many claims of each part and named definition rest on fewer than `enough` sightings, where there are some."""
    counts = {part: sum(_is_thin(each, enough) for each in _schemas(schema)) for part, schema in contract.defs.items()}
    return {part: count for part, count in counts.items() if count}


def kind(schema: Schema) -> str:
    """What a value is to be, in words."""
    if isinstance(schema, bool) or not schema:
        return "refused" if schema is False else "anything"
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix("#/$defs/")
    if "const" in schema:
        return gist(schema["const"], 40)
    if isinstance(schema.get("enum"), list):
        return " | ".join(_values(schema["enum"]))
    for word in ("oneOf", "anyOf"):
        if isinstance(schema.get(word), list):
            return " | ".join(dict.fromkeys(kind(each) for each in schema[word]))
    return _typed(schema)


def _typed(schema: Mapping[str, Any]) -> str:
    types = schema.get("type", [])
    names = [types] if isinstance(types, str) else types if isinstance(types, list) else []
    found = [_named(str(name), schema) for name in names]
    form = next((str(schema[word]) for word in ("pattern", "format") if word in schema), "")
    return " | ".join(found or ["anything"]) + (f" {form}" if form else "")


def _named(name: str, schema: Mapping[str, Any]) -> str:
    inner = schema.get("items")
    if name == "array" and isinstance(inner, dict) and "properties" not in inner:
        return f"list of {kind(inner)}"
    values = schema.get("additionalProperties")
    if name == "object" and isinstance(values, dict):
        return f"object of {kind(values)}"
    if name == "object" and "properties" not in schema:
        return "object of its own"
    return WORDS.get(name, name)


def _values(values: list[Any]) -> list[str]:
    shown = [gist(each, 40) for each in values[:VALUES]]
    return shown if len(values) <= VALUES else [*shown, f"{len(values) - VALUES} more"]


def _block(schema: Schema) -> Iterator[Line]:
    """A line for each field of a part, in columns."""
    rows = list(_fields(schema, ""))
    widths = [min(max((len(row[at]) for row in rows), default=0), COLUMN) for at in range(2)]
    for place, what, told in rows:
        yield (f"  {place:<{widths[0]}}   ", ""), (f"{what:<{widths[1]}}   ", "role"), (told, "faint")


def _fields(schema: Schema, path: str) -> Iterator[Row]:
    """Each field below a place, those within it behind it."""
    if not isinstance(schema, dict):
        return
    for inner in (*_listed(schema, "oneOf"), *_listed(schema, "anyOf")):
        yield from _fields(inner, path)
    for word in ("items", "additionalProperties"):
        yield from _fields(schema.get(word, True), f"{path}/*")
    properties, required = schema.get("properties"), schema.get("required", ())
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        place = f"{path}/{name}"
        yield line(place, WIDE), line(kind(inner), WIDE), _told(inner, required=name in required)
        yield from _fields(inner, place)


def _told(schema: Schema, *, required: bool) -> str:
    """What else is known of a field: whether it is always there, and how often it was seen."""
    deprecated = isinstance(schema, dict) and schema.get("deprecated") is True
    marks = [word for word, held in (("required", required), ("deprecated", deprecated)) if held]
    seen = _seen(schema)
    return "  ".join([*marks, *([f"{seen[0]} of {seen[1]}"] if seen else [])])


def _evident(schema: Schema) -> Line:
    """What a part itself is, where that is more than an object."""
    what = kind(schema)
    return () if what in ("object", "anything") else ((f"   {line(what, WIDE)}", "role"),)


def _seen(schema: Schema) -> tuple[int, int] | None:
    """How many of how many had it, where the contract says so."""
    match schema.get("x-seen") if isinstance(schema, dict) else None:
        case [int() as seen, int() as total]:
            return seen, total
    return None


def _is_thin(schema: Schema, enough: int) -> bool:
    seen = _seen(schema)
    return seen is not None and seen[0] < enough


def _schemas(schema: Schema) -> Iterator[Schema]:
    """A schema and all that stand within it."""
    yield schema
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    inner = [*properties.values()] if isinstance(properties, dict) else []
    inner += [schema[word] for word in ("items", "additionalProperties") if isinstance(schema.get(word), dict)]
    for each in (*inner, *_listed(schema, "oneOf"), *_listed(schema, "anyOf")):
        yield from _schemas(each)


def _listed(schema: Mapping[str, Any], word: str) -> list[Any]:
    found = schema.get(word)
    return found if isinstance(found, list) else []


def _order(order: Order) -> Iterator[Line]:
    told = {
        "events": order.events,
        "any time": ", ".join(order.anywhere),
        "or it ends": ", ".join(order.ends),
        "numbered": f"{order.index} from 0, at each {order.opens}" if order.index else "",
        "counted": f"{order.count}, one more each time" if order.count else "",
        "at the end": order.end,
    }
    for name, text in told.items():
        if text:
            yield (f"  {name:<12}", "faint"), (line(text, 200), "")


def _more(contract: Contract) -> Iterator[Line]:
    """What its provider has announced."""
    if contract.policy:
        yield ()
        yield (("announced", "title"),)
    for each in contract.policy:
        what = line(f"{each.id} {each.path} is {each.grade}: {each.why}", 200)
        yield (f"  {what}", ""), (f"   {line(f'{each.source} ({each.date})', 200)}", "faint")
    for model, day in contract.retires.items():
        yield ((f"  {line(model)} is switched off on {line(day)}", ""),)
