"""What documents look like, as values: seen in traffic, declared by a source, or both.

    Shape     one place: the types that stand there
      Text      its texts: words, what they begin with, whether they are moments
      items     what stands in its arrays
      thing     its objects:
        Record    fields by name            Choice    records, told apart by a tag
        Map       any names, one shape      Free      anything
        Ref       a definition of its own

Law: frozen. Everything that is counted can be added up, so that it does not matter in which order, or at
how many places, the same thing was seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TAGS: Final = ("type", "object", "role")
"""Fields by which objects say what they are, the first that all have counts."""

FEW: Final = 64
"""Different words that are remembered of one place: an enumeration of more would be a dictionary."""


@dataclass(frozen=True, slots=True)
class Text:
    """The texts of one place.

    `n` were seen. `words` are all of them while they are few and look like words, else None. `prefix` is
    what all ids begin with: None as long as none was seen, empty when there is no such thing; `moments`:
    all were RFC 3339. `named` are the values that a declaration or a tag names, `open_`: a declaration
    allows any other.
    """

    n: int = 0
    words: frozenset[str] | None = frozenset()
    prefix: str | None = None
    moments: bool = True
    named: frozenset[str] = frozenset()
    open_: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its shape, how many records had it, and whether a declaration demands it (None: there is none)."""

    shape: Shape
    n: int = 0
    due: bool | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Objects with fields of their own; `count` were seen. `declared`: a declaration knows its fields."""

    fields: Mapping[str, Field]
    count: int = 0
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Objects that say by a tag what they are; `variants` by its value."""

    tag: str
    variants: Mapping[str, Record | Ref]


@dataclass(frozen=True, slots=True)
class Map:
    """Objects whose names are data; `values` stand under them."""

    values: Shape


@dataclass(frozen=True, slots=True)
class Free:
    """Objects of which nothing is promised."""


@dataclass(frozen=True, slots=True)
class Ref:
    """Objects that are described once, under a name."""

    name: str


Thing: TypeAlias = Record | Choice | Map | Free | Ref


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand at one place; nothing, as long as nothing is known.

    `kinds` are null, boolean, integer and number, with how often each was seen. `declared`: a
    declaration speaks of it. `anything`: nothing is promised. `retired`: it is deprecated.
    """

    kinds: Mapping[str, int] = field(default_factory=dict)
    text: Text | None = None
    items: Shape | None = None
    thing: Thing | None = None
    anything: bool = False
    declared: bool = False
    retired: bool = False

    @property
    def types(self) -> frozenset[str]:
        """The JSON types that may stand here."""
        held = {"string": self.text, "array": self.items, "object": self.thing}
        return frozenset(self.kinds) | {name for name, part in held.items() if part is not None}


ANYTHING: Final = Shape(anything=True)


def tag_of(thing: Thing, follow: Callable[[Thing], Thing]) -> tuple[str, frozenset[str]] | None:
    """The tag by which objects say what they are, and its values; None where there is none.

    `follow` is what a reference leads to.
    """
    match follow(thing):
        case Choice(tag, variants):
            return tag, frozenset(variants)
        case Record(fields):
            found = ((name, names) for name in TAGS if name in fields and (names := _named(fields[name].shape)))
            return next(found, None)
        case _:
            return None


def _named(shape: Shape) -> frozenset[str]:
    """The values of a tag: a text whose values are all named; none of any other."""
    text = shape.text
    if text is None or text.open_ or text.words is None or shape.types != {"string"}:
        return frozenset()
    return text.named if text.words <= text.named else frozenset()
