"""Which places of the documents say the same: references to them are then one reference.

Law: two places are one only if they are equal down to the last place they lead to, circles included
(the coarsest partition that survives its own refinement). What does not count in a draft, titles and
descriptions among it, does not tell places apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from replaykit.core.contract.schema.dialect import KEYWORDS, UNEVALUATED, said
from replaykit.core.contract.schema.document import Place
from replaykit.core.contract.schema.limits import Undecided
from replaykit.core.contract.schema.value import freeze

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from replaykit.core.contract.schema.document import Document
    from replaykit.core.model import JSON

Spot: TypeAlias = "tuple[Document, Place]"

REFERENCES = ("$ref", "$recursiveRef", "$dynamicRef")


class Places:
    """Every place that can be reached from the documents' roots, and the number of those that equal it."""

    def __init__(self, roots: Sequence[Spot]) -> None:
        """Follow every reference, then tell places apart until no more can be told apart."""
        self._spots: list[Spot] = []
        self._moving: list[Document] = []
        self._index: dict[tuple[int, int], int] = {}
        self._leads: list[list[int]] = []
        shapes: list[Hashable] = []
        for spot in roots:
            self._add(spot)
        while len(shapes) < len(self._spots):
            document, place = self._spots[len(shapes)]
            self._leads.append([])
            shapes.append((document.draft, self._shape(document, place.schema, place.base)))
        self._numbers = _refined(shapes, self._leads)
        self._refuse_moving()
        self._first: dict[int, Spot] = {}
        for number, spot in zip(self._numbers, self._spots, strict=True):
            self._first.setdefault(number, spot)

    def number(self, document: Document, place: Place) -> int:
        """The number of a place that can be reached; equal places have equal numbers."""
        return self._numbers[self._index[id(document), id(place.schema)]]

    def spot(self, number: int) -> Spot:
        """The first of the places of this number."""
        return self._first[number]

    def _refuse_moving(self) -> None:
        """Where a reference leads by who came by, a place means one thing here and another there: no answer then."""
        if any(not document.single for document in self._moving):
            raise Undecided("a $dynamicRef or $recursiveRef leads from one address of a schema into another")

    def _add(self, spot: Spot) -> int:
        document, place = spot
        index = self._index.setdefault((id(document), id(place.schema)), len(self._spots))
        if index == len(self._spots):
            self._spots.append(spot)
        return index

    def _shape(self, document: Document, schema: JSON, base: str) -> Hashable:
        """A schema with its references left blank; where they lead is noted in their order."""
        if not isinstance(schema, dict):
            return freeze(schema)
        words = said(schema, document.draft)
        if not UNEVALUATED.isdisjoint(words):  # its answer depends on how all beside it is spelled
            self._add((document, Place(schema, base)))
        base = document.enter(schema, base).base
        return tuple((word, self._value(document, word, value, base)) for word, value in words.items())

    def _value(self, document: Document, word: str, value: JSON, base: str) -> Hashable:
        if word in REFERENCES and isinstance(value, str):
            self._moving += [document] if word != "$ref" else []
            return self._reference(document, value, base)
        match KEYWORDS[word][2], value:
            case (("schema" | "either"), dict()):
                return self._shape(document, value, base)
            case (("list" | "either"), list()):
                return tuple(self._shape(document, item, base) for item in value)
            case (("map" | "mixed"), dict()):
                return tuple((name, self._entry(document, value[name], base)) for name in sorted(value))
            case _:
                return freeze(value)

    def _entry(self, document: Document, value: JSON, base: str) -> Hashable:
        return self._shape(document, value, base) if isinstance(value, dict) else freeze(value)

    def _reference(self, document: Document, reference: str, base: str) -> Hashable:
        place = document.find(reference, base)
        if place is None or not isinstance(place.schema, dict):
            return (reference, None if place is None else freeze(place.schema))
        index = self._add((document, place))
        self._leads[-1].append(index)
        return "→"


def _refined(shapes: Sequence[Hashable], leads: Sequence[Sequence[int]]) -> list[int]:
    """Numbers: equal for equal shapes whose references lead to equal numbers, all the way."""
    numbers, count = _numbered(shapes)
    while True:
        finer, more = _numbered([(number, *(numbers[lead] for lead in leads[at])) for at, number in enumerate(numbers)])
        if more == count:
            return finer
        numbers, count = finer, more


def _numbered(things: Sequence[Hashable]) -> tuple[list[int], int]:
    seen: dict[Hashable, int] = {}
    return [seen.setdefault(thing, len(seen)) for thing in things], len(seen)
