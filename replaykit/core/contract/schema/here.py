"""One schema under the reader's eye, and the values of its keywords, checked for sense.

Law: a keyword whose value makes no sense there (a negative length, a type that does not exist) ends the
question with a sentence; it is never passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from replaykit.core.contract.schema.atoms import Every, Keys, Some
from replaykit.core.contract.schema.limits import Undecided
from replaykit.core.contract.schema.value import exact
from replaykit.core.plain import gist

if TYPE_CHECKING:
    from fractions import Fraction

    from replaykit.core.contract.schema.atoms import Form, Node
    from replaykit.core.contract.schema.document import Document, Place
    from replaykit.core.contract.schema.formula import Formulas
    from replaykit.core.contract.schema.limits import Budget
    from replaykit.core.model import JSON


class Reading(Protocol):
    """What is needed of the reader: the document, the nodes, the places, and a schema as a formula."""

    @property
    def document(self) -> Document:
        """The document that is read."""
        ...

    @property
    def formulas(self) -> Formulas:
        """The nodes of the question."""
        ...

    @property
    def budget(self) -> Budget:
        """The steps that are left."""
        ...

    def read(self, schema: JSON, base: str) -> Node:
        """The schema as a formula."""
        ...

    def refer(self, place: Place) -> Node:
        """The schema at a place, not read before somebody looks."""
        ...

    def number(self, schema: JSON) -> int:
        """The number of a schema that has an unevaluated keyword: equal for what says the same, word for word."""
        ...


@dataclass(frozen=True, slots=True)
class Here:
    """One schema under the reader's eye: its keywords, and the address that its references start from."""

    reader: Reading
    schema: JSON
    words: dict[str, JSON]
    base: str

    @property
    def formulas(self) -> Formulas:
        """The nodes of the question."""
        return self.reader.formulas

    @property
    def number(self) -> int:
        """See `Reading.number`."""
        return self.reader.number(self.schema)

    def make(self, form: Form) -> Node:
        """The node of this form."""
        return self.formulas.make(form)

    def read(self, schema: JSON) -> Node:
        """A schema inside this one."""
        return self.reader.read(schema, self.base)

    def count(self, word: str, value: JSON) -> int:
        """A keyword's value as a number of things."""
        size = number(word, value)
        if size < 0 or size.denominator != 1:
            raise senseless(word, value)
        return int(size)

    def every(self, keys: Keys, node: Node) -> Node:
        """Every member with these names is so."""
        return self.formulas.true if node is self.formulas.true else self.make(Every(keys, node))

    def has(self, name: str) -> Node:
        """A member of this name is there."""
        return self.make(Some(Keys(frozenset({name})), self.formulas.true))

    def implies(self, condition: Node, result: Node) -> Node:
        """The result, where the condition holds."""
        return self.formulas.any([self.formulas.contrary(condition), result])


def senseless(word: str, value: JSON) -> Undecided:
    """Why the question ends: this value of this keyword makes no sense."""
    return Undecided(f"{gist(value, 40)} makes no sense as {word} of a schema: correct the schema and ask again")


def number(word: str, value: JSON) -> Fraction:
    """A keyword's value as a number."""
    number = exact(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    if number is None:
        raise senseless(word, value)
    return number


def listed(word: str, value: JSON) -> list[JSON]:
    """A keyword's value as a list."""
    if not isinstance(value, list):
        raise senseless(word, value)
    return value


def mapped(word: str, value: JSON) -> dict[str, JSON]:
    """A keyword's value as a map."""
    if not isinstance(value, dict):
        raise senseless(word, value)
    return value


def worded(word: str, value: JSON) -> str:
    """A keyword's value as a text."""
    if not isinstance(value, str):
        raise senseless(word, value)
    return value
