"""Which parts of two schemas say the same: the order of keys, of `required`, `enum` and of alternatives aside.

Law: exact, and blind to what is only annotation (titles, descriptions, evidence; defaults, unless they are asked for).
Two equal parts have equal numbers; a reference equals the same reference if all that it leads to is equal. In two
drafts, or where a document has several addresses, the same words may say something else: then nothing is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from replaykit.core.contract.schema.dialect import KEYWORDS, readable, said
from replaykit.core.contract.schema.document import Document
from replaykit.core.contract.schema.value import freeze

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from replaykit.core.contract.model import Schema

_SETS: Final = frozenset({"required", "enum", "type"})

_BAGS: Final = frozenset({"allOf", "anyOf", "oneOf"})
_LEADS: Final = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
_IDLE: Final[dict[str, Hashable]] = {
    "required": ("required", frozenset()),
    "properties": ("properties", frozenset()),
    "additionalProperties": ("additionalProperties", 0),
    "items": ("items", 0),
    "uniqueItems": ("uniqueItems", ("boolean", False)),
}
"""What a keyword comes to when it says nothing; 0 is the number of what accepts everything."""


class Alike:
    """Two schemas, taken apart once: `same` says of a part of either whether they say the same."""

    def __init__(self, old: Schema, new: Schema, *, defaults: bool = False) -> None:
        """Number nothing yet; with `defaults`, a default counts as something that is said."""
        self._more = ("default",) if defaults else ()
        self.old, self.new = Document(old), Document(new)
        self._table: dict[Hashable, int] = {frozenset(): 0, False: 1}
        self._numbers: dict[int, int] = {}
        self._leads: dict[int, frozenset[str]] = {}
        self._kept: list[Any] = []
        self._firm: frozenset[str] | None = None
        simple = self.old.single and self.new.single and readable(old) and readable(new)
        self._idle = {} if self.old.remaining or self.new.remaining else _IDLE
        self._comparable = simple and self.old.draft == self.new.draft

    def same(self, old: Schema, new: Schema) -> bool:
        """Whether a part of the old schema and a part of the new one say the same."""
        if not self._comparable or self.number(old, self.old) != self.number(new, self.new):
            return False
        return self.leads(old, self.old) <= self._settled()

    def number(self, schema: Schema, document: Document) -> int:
        """The number of a part; equal numbers are equal but for where references lead."""
        if not isinstance(schema, dict):
            return 1 if schema is False else 0
        if id(schema) not in self._numbers:
            self._take(schema, document)
        return self._numbers[id(schema)]

    def leads(self, schema: Schema, document: Document) -> frozenset[str]:
        """The references in a part."""
        if not isinstance(schema, dict):
            return frozenset()
        self.number(schema, document)
        return self._leads[id(schema)]

    def reached(self, schema: Schema, document: Document) -> frozenset[str]:
        """The references in a part, and in all that they lead to."""
        found, queue = set[str](), list(self.leads(schema, document))
        while queue:
            name = queue.pop()
            if name not in found:
                found.add(name)
                queue.extend(self.leads(self.target(name, document), document))
        return frozenset(found)

    def target(self, reference: str, document: Document) -> Schema:
        """What a reference leads to; a schema of its own that equals nothing where it leads nowhere."""
        place = document.find(reference, document.root.base)
        return place.schema if place is not None and isinstance(place.schema, dict | bool) else {}

    def _settled(self) -> frozenset[str]:
        """The references that mean the same on both sides, all the way: what is left when no more can be told apart."""
        if self._firm is None:
            firm = {
                name
                for name in self.reached(self.old.root.schema, self.old)  # type: ignore[arg-type]  # a root is a schema
                if self.old.find(name, self.old.root.base) and self.new.find(name, self.new.root.base)
                if self._equal(name)
            }
            while loose := {name for name in firm if not self._onward(name) <= firm}:
                firm -= loose
            self._firm = frozenset(firm)
        return self._firm

    def _equal(self, name: str) -> bool:
        ours, theirs = self.target(name, self.old), self.target(name, self.new)
        return self.number(ours, self.old) == self.number(theirs, self.new)

    def _onward(self, name: str) -> frozenset[str]:
        return self.leads(self.target(name, self.old), self.old)

    def _take(self, schema: dict[str, Any], document: Document) -> None:
        parts: list[Hashable] = []
        leads = set[str]()
        for word, value in said(schema, document.draft).items():
            part = self._part(word, value, document, leads)
            if part is not None and part != self._idle.get(word):
                parts.append(part)
        parts += [(word, freeze(schema[word])) for word in self._more if word in schema]
        self._kept.append(schema)
        self._numbers[id(schema)] = self._table.setdefault(frozenset(parts), len(self._table))
        self._leads[id(schema)] = frozenset(leads)

    def _part(self, word: str, value: Any, document: Document, leads: set[str]) -> Hashable:  # noqa: ANN401 - a keyword's
        """What a keyword says, as a value that can stand in a set."""
        if word == "const":
            return ("enum", frozenset({freeze(value)}))
        if word in _SETS:
            return (word, frozenset(freeze(each) for each in (value if isinstance(value, list) else [value])))
        if word in _LEADS and isinstance(value, str):
            leads.add(value)
            return (word, value)
        return self._schemas(word, value, document, leads)

    def _schemas(self, word: str, value: Any, document: Document, leads: set[str]) -> Hashable:  # noqa: ANN401 - a keyword's
        """What a keyword says that may hold schemas."""
        match KEYWORDS[word][2], value:
            case ("list" | "either", list()):
                items = [self._inner(each, document, leads) for each in value]
                return (word, tuple(sorted(items)) if word in _BAGS else tuple(items))
            case ("schema" | "either", dict() | bool()):
                return (word, self._inner(value, document, leads))
            case ("map" | "mixed", dict()):
                return (word, frozenset(self._entries(value, document, leads)))
            case _:
                return (word, freeze(value))

    def _entries(self, entries: dict[str, Any], document: Document, leads: set[str]) -> Iterable[Hashable]:
        for name, each in entries.items():
            if isinstance(each, dict | bool):
                yield name, self._inner(each, document, leads)
            else:
                yield name, frozenset(freeze(item) for item in (each if isinstance(each, list) else [each]))

    def _inner(self, schema: Schema, document: Document, leads: set[str]) -> int:
        number = self.number(schema, document)
        leads |= self.leads(schema, document)
        return number
