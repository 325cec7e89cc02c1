"""What a schema can say of one value: atoms, each about one kind of value, and how they are put together.

    Types  Member                                          a value of any kind
    Least  Most  Multiple  Whole                           a number
    Match  Named                                           a string (and, by `Size`, its length)
    Size                                                   a string, an array or an object
    Every  Some  EveryName  SomeName                       an object
    Items  Held  Count  Unique                             an array
    Opaque                                                 what cannot be taken apart
    AllOf  AnyOf  Ref                                      put together; what stands somewhere else

Law: values only. An atom is true of every value that is not of its kind, as keywords of JSON Schema are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from replaykit.core.contract.schema.value import KINDS, Frozen, Kind

if TYPE_CHECKING:
    from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Keys:
    """Names of members: some literal ones and those a pattern finds; `outside`: all the others."""

    names: frozenset[str]
    patterns: frozenset[str] = frozenset()
    outside: bool = False

    @property
    def single(self) -> str | None:
        """The one name that this is; None when it may be several."""
        return next(iter(self.names)) if len(self.names) == 1 and not self.patterns and not self.outside else None


@dataclass(frozen=True, slots=True)
class Types:
    """A value of one of these kinds."""

    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class Member:
    """One of these values; not `inside`: none of them."""

    values: frozenset[Frozen]
    inside: bool = True


@dataclass(frozen=True, slots=True)
class Least:
    """A number from the bound on; `open`: the bound itself excluded."""

    bound: Fraction
    open: bool


@dataclass(frozen=True, slots=True)
class Most:
    """A number up to the bound; `open`: the bound itself excluded."""

    bound: Fraction
    open: bool


@dataclass(frozen=True, slots=True)
class Multiple:
    """A number that is a whole multiple of the step, or is none."""

    step: Fraction
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Whole:
    """A number written without a fraction, or with one: draft-04 calls 1.0 no integer."""

    holds: bool = True


@dataclass(frozen=True, slots=True)
class Match:
    """A string in which the pattern is found, or is not."""

    pattern: str
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Named:
    """A string of a named form (`keyword` is format, contentEncoding or contentMediaType), or not of it."""

    keyword: str
    name: str
    within: str = ""
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Size:
    """Characters, items or members: at least so many, at most so many (None: no limit)."""

    kind: Kind
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Every:
    """An object whose members with these names all are so."""

    keys: Keys
    node: Node


@dataclass(frozen=True, slots=True)
class Some:
    """An object that has a member with one of these names that is so."""

    keys: Keys
    node: Node


@dataclass(frozen=True, slots=True)
class EveryName:
    """An object whose members' names all are so."""

    node: Node


@dataclass(frozen=True, slots=True)
class SomeName:
    """An object that has a member whose name is so."""

    node: Node


@dataclass(frozen=True, slots=True)
class Items:
    """An array whose items from `start` to before `stop` (None: to the end), where there are such, all are so."""

    start: int
    stop: int | None
    node: Node


@dataclass(frozen=True, slots=True)
class Held:
    """An array that has an item in this stretch that is so."""

    start: int
    stop: int | None
    node: Node


@dataclass(frozen=True, slots=True)
class Count:
    """An array with at least so many items (two or more) that are so, or with fewer."""

    node: Node
    least: int
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Unique:
    """An array without two equal items, or with two."""

    holds: bool = True


@dataclass(frozen=True, slots=True)
class Opaque:
    """Whatever this keyword says here: equal to itself, and to nothing else."""

    name: str
    place: int
    holds: bool = True


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of the parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """What stands at a place that is referred to, or its contrary; read when somebody looks."""

    target: int
    holds: bool = True


Text: TypeAlias = Match | Named
Atom: TypeAlias = (
    Types
    | Member
    | Least
    | Most
    | Multiple
    | Whole
    | Text
    | Size
    | Every
    | Some
    | EveryName
    | SomeName
    | Items
    | Held
    | Count
    | Unique
    | Opaque
)
Form: TypeAlias = Atom | AllOf | AnyOf | Ref


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A formula, the only one of its form; `serial` counts them, so that every order is the same in every run."""

    serial: int
    form: Form

    def __hash__(self) -> int:
        """The serial number: two nodes are equal when they are one."""
        return self.serial


_NUMBER: Final[tuple[Kind, ...]] = ("number",)
_STRING: Final[tuple[Kind, ...]] = ("string",)
_ARRAY: Final[tuple[Kind, ...]] = ("array",)
_OBJECT: Final[tuple[Kind, ...]] = ("object",)

GUARD: Final[dict[type, tuple[Kind, ...]]] = {
    Types: KINDS,
    Member: KINDS,
    Opaque: KINDS,
    Least: _NUMBER,
    Most: _NUMBER,
    Multiple: _NUMBER,
    Whole: _NUMBER,
    Match: _STRING,
    Named: _STRING,
    Every: _OBJECT,
    Some: _OBJECT,
    EveryName: _OBJECT,
    SomeName: _OBJECT,
    Items: _ARRAY,
    Held: _ARRAY,
    Count: _ARRAY,
    Unique: _ARRAY,
}
"""Which kinds an atom speaks of."""


def guard(atom: Atom) -> tuple[Kind, ...]:
    """The kinds that an atom speaks of; of all others it is true."""
    return (atom.kind,) if isinstance(atom, Size) else GUARD[type(atom)]
