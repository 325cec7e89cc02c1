"""Schemas in a few words: `string`, `array of string or null`, `"a" or "b"`, `object of type "text"`.

Law: everything quoted from a schema is harmless to show, and short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replaykit.core.contract.changes.view import tag_values, view
from replaykit.core.plain import either, gist, line, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replaykit.core.contract.changes.view import View, Way
    from replaykit.core.contract.model import Schema
    from replaykit.core.contract.schema.document import Document

TAGS: Final = ("type", "object", "role", "event", "kind")
"""Fields that say which variant an object is, the likeliest first."""

_FEW: Final = 4
"""Values that are told one by one."""

_WHOLE: Final = 6
"""How many types there are: all of them are anything."""

_PATTERNS: Final = ("pattern", "format", "contentEncoding", "contentMediaType")


def told(schema: Schema, document: Document) -> str:
    """What a schema accepts."""
    return types(view(schema, document))


def types(seen: View) -> str:
    """What a view accepts: its types, values where these are few."""
    if not seen.ways:
        return "nothing"
    if len(seen.ways) == _WHOLE:
        return "anything"
    names = (_ways(name, ways) for name, ways in zip(seen.names, seen.ways.values(), strict=True))
    return either(list(dict.fromkeys(names)))


def _ways(name: str, ways: tuple[Way, ...]) -> str:
    values = [value for way in ways for value in way.get("enum", ())]
    if values and all("enum" in way for way in ways) and len(values) <= _FEW:
        return either(list(dict.fromkeys(map(gist, values))))
    if name == "object" and (tags := {tag for way in ways for tag in tag_values(way, "type")}):
        return f"object of type {listed([gist(tag) for tag in sorted(tags)], _FEW)}"
    return name


def form(ways: Iterable[Way], words: Iterable[str]) -> str:
    """What the keywords say, one after the other: `pattern "^a", minLength 3`."""
    said = [_keyword(word, way) for way in ways for word in words if word in way]
    return line(", ".join(dict.fromkeys(said)), 120) or "any"


def _keyword(word: str, way: Way) -> str:
    """What a keyword says; which fields come together, in words."""
    value = way[word]
    if word != "dependentRequired" or not isinstance(value, dict) or not all(map(_is_names, value.values())):
        return f"{word} {gist(value)}"
    groups = dict.fromkeys(tuple(sorted({name, *needs})) for name, needs in value.items())
    return " and ".join(f"{listed([gist(name) for name in names], _FEW)} together" for names in groups)


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def is_form(words: Iterable[str]) -> bool:
    """Whether one of the keywords is about how a text is written."""
    return any(word in _PATTERNS for word in words)
