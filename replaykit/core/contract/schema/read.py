"""Two schema documents, read into formulas over the same nodes.

Law: what says the same is one node, in one document or in both; so the question whether a schema accepts
what it accepts is answered before it is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from replaykit.core.contract.schema.atoms import Ref
from replaykit.core.contract.schema.dialect import readable, said
from replaykit.core.contract.schema.document import Document, Place
from replaykit.core.contract.schema.formula import Formulas
from replaykit.core.contract.schema.here import Here, senseless
from replaykit.core.contract.schema.keywords import READ
from replaykit.core.contract.schema.limits import Undecided
from replaykit.core.contract.schema.same import Places

if TYPE_CHECKING:
    from replaykit.core.contract.schema.atoms import Node
    from replaykit.core.contract.schema.limits import Budget
    from replaykit.core.model import JSON


@dataclass(frozen=True, slots=True)
class Pair:
    """Two schemas as formulas over the same nodes."""

    old: Node
    new: Node
    formulas: Formulas


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the schemas of one document."""

    document: Document
    formulas: Formulas
    places: Places
    budget: Budget

    def read(self, schema: JSON, base: str) -> Node:
        """The schema as a formula; what it refers to stays a reference."""
        self.budget.spend(5)
        if isinstance(schema, bool):
            return self.formulas.true if schema else self.formulas.false
        if not isinstance(schema, dict):
            raise senseless("schema", schema)
        here = Here(self, schema, said(schema, self.document.draft), self.document.enter(schema, base).base)
        return self.formulas.all([READ[word](here, value) for word, value in here.words.items() if word in READ])

    def refer(self, place: Place) -> Node:
        """The schema at a place, not read before somebody looks."""
        if not isinstance(place.schema, dict):
            return self.read(place.schema, place.base)
        return self.formulas.make(Ref(self.places.number(self.document, place)))

    def number(self, schema: JSON) -> int:
        """The number of a schema that has an unevaluated keyword: equal for what says the same, word for word."""
        return self.places.number(self.document, Place(schema, ""))


def pair(old: JSON, new: JSON, budget: Budget) -> Pair:
    """Both schemas, read; equal ones are one node. Raises Undecided for what is no schema."""
    if not (readable(old) and readable(new)):
        raise Undecided("a schema is written in a draft before draft-04, which nothing here reads")
    documents = Document(old), Document(new)
    places = Places([(document, document.root) for document in documents])
    readers: dict[int, Reader] = {}

    def at(number: int) -> Node:
        document, place = places.spot(number)
        return readers[id(document)].read(place.schema, place.base)

    formulas = Formulas(at)
    for document in documents:
        readers[id(document)] = Reader(document, formulas, places, budget)
    first, second = (readers[id(document)].refer(document.root) for document in documents)
    return Pair(first, second, formulas)
