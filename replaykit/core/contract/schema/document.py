"""A schema document: what a reference in it leads to.

Law: nothing is fetched. A reference that leads out of the document leads nowhere, and the place where it
stands is opaque: equal to the same reference, and to nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urljoin

from replaykit.core import pointer
from replaykit.core.contract.schema.dialect import KEYWORDS, SHELVES, UNEVALUATED, Draft, draft, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.core.model import JSON

_FRAGMENT_IDS: Final = 7
"""Up to this draft `$id: "#name"` is an anchor; later drafts have `$anchor`."""

_DIGITS: Final = 10
"""Digits of a position in a list; a longer one leads nowhere."""

_ANCHORS: Final = ("$anchor", "$dynamicAnchor")


@dataclass(frozen=True, slots=True)
class Place:
    """A schema in a document, and the address that references in it start from."""

    schema: JSON
    base: str


class Document:
    """One schema document; its addresses and anchors are listed when a reference needs them."""

    def __init__(self, schema: JSON) -> None:
        """Take the document; its draft is what its `$schema` says."""
        self.draft: Draft = draft(schema)
        self._word = "id" if self.draft == 4 else "$id"  # noqa: PLR2004 - the draft
        self.root = self.enter(schema, "")
        self._roots: dict[str, JSON] = {self.root.base: schema, "": schema}
        self._anchors: dict[tuple[str, str], Place] = {}
        self._listed = self._remaining = False

    def enter(self, schema: JSON, base: str) -> Place:
        """The schema as a place: its own address counts from here on."""
        name = self._name(schema)
        return Place(schema, _joined(base, name) if name and not name.startswith("#") else base)

    @property
    def single(self) -> bool:
        """Whether all of it has one address, so that a reference means the same wherever it stands."""
        self._list()
        return len({id(schema) for schema in self._roots.values()}) == 1

    @property
    def remaining(self) -> bool:
        """Whether some schema in it judges what others leave, so that what allows everything says something."""
        self._list()
        return self._remaining

    def find(self, reference: str, base: str) -> Place | None:
        """What a reference leads to; None when that is not in this document."""
        address, _, fragment = reference.partition("#")
        target = _joined(base, address) if address else base
        if target not in self._roots:
            self._list()
        if target not in self._roots:
            return None
        place = Place(self._roots[target], target)
        if not fragment:
            return place
        if fragment.startswith("/"):
            return self._walk(place, unquote(fragment).split("/")[1:])
        self._list()
        return self._anchors.get((target, unquote(fragment)))

    def _walk(self, place: Place, steps: list[str]) -> Place | None:
        """Where a JSON pointer leads (RFC 6901)."""
        schema, base = place.schema, place.base
        for step in steps:
            schema = _step(schema, pointer.name(step))
            if not isinstance(schema, dict | list | bool):
                return None
            base = self.enter(schema, base).base
            self._roots.setdefault(base, schema)
        return Place(schema, base) if isinstance(schema, dict | bool) else None

    def _list(self) -> None:
        """Note every address and anchor in the document."""
        if self._listed:
            return
        self._listed = True
        queue = [Place(self.root.schema, "")]
        while queue:
            outer = queue.pop()
            place = self.enter(outer.schema, outer.base)
            if isinstance(place.schema, dict):
                self._roots.setdefault(place.base, place.schema)
                self._remaining |= not UNEVALUATED.isdisjoint(place.schema)
                for anchor in self._named(place.schema):
                    self._anchors.setdefault((place.base, anchor), place)
                queue.extend(Place(inner, place.base) for inner in _inside(place.schema))

    def _name(self, schema: JSON) -> str:
        """The address that a schema gives itself; nothing beside an old `$ref` counts."""
        if not isinstance(schema, dict) or (self.draft <= _FRAGMENT_IDS and "$ref" in schema):
            return ""
        name = schema.get(self._word)
        return name.removesuffix("#") if isinstance(name, str) else ""

    def _named(self, schema: dict[str, JSON]) -> Iterator[str]:
        if self.draft <= _FRAGMENT_IDS:
            name = self._name(schema)
            if name.startswith("#"):
                yield name[1:]
        else:
            names = [schema.get(word) for word in _ANCHORS]
            yield from (name for name in names if isinstance(name, str))


def _joined(base: str, address: str) -> str:
    """An address, from another; what is none stays as it was written."""
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def _step(schema: JSON, name: str) -> JSON:
    if isinstance(schema, dict):
        return schema.get(name)
    if isinstance(schema, list) and name.isdecimal() and len(name) < _DIGITS and int(name) < len(schema):
        return schema[int(name)]
    return None


def _inside(schema: dict[str, JSON]) -> Iterator[JSON]:
    """The schemas right inside one, wherever a reference could lead to them."""
    for word, value in schema.items():
        if word in KEYWORDS:
            yield from parts(value, KEYWORDS[word][2])
        elif word in SHELVES:
            yield from parts(value, SHELVES[word])
