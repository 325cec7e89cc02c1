"""JSON values as a schema compares them: one kind each, equal by mathematics, hashable.

Law: exact. 1 and 1.0 are one value, 1 and true are two, and a decimal fraction is the fraction that was
written (0.1 is one tenth), never the binary number next to it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from replaykit.core.model import JSON

Kind: TypeAlias = Literal["null", "boolean", "number", "string", "array", "object"]

KINDS: Final[tuple[Kind, ...]] = ("null", "boolean", "number", "string", "array", "object")
"""Every JSON value is of exactly one kind; an integer is a number without a fraction."""

Plain: TypeAlias = "bool | int | float | str | None"
Frozen: TypeAlias = "tuple[Kind, Plain | tuple[Frozen, ...] | frozenset[tuple[str, Frozen]]]"
"""A value that can stand in a set; two are equal exactly when JSON Schema calls the values equal."""


def kind(value: JSON) -> Kind:
    """The kind of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def freeze(value: JSON) -> Frozen:
    """The value as one that can stand in a set."""
    match value:
        case list():
            return "array", tuple(freeze(item) for item in value)
        case dict():
            return "object", frozenset((key, freeze(item)) for key, item in value.items())
        case _:
            return kind(value), value


def thaw(frozen: Frozen) -> JSON:
    """The value again, an object's members sorted by name."""
    match frozen:
        case ("array", tuple(items)):
            return [thaw(item) for item in items]
        case ("object", frozenset(members)):
            return {key: thaw(item) for key, item in sorted(members, key=lambda member: member[0])}
        case (_, plain):
            return plain  # type: ignore[return-value]  # what is neither array nor object is plain


def exact(number: float) -> Fraction | None:
    """The number that was written; None for infinities and NaN, which are not JSON."""
    try:
        return Fraction(number) if isinstance(number, int) else Fraction(repr(number))
    except ValueError:
        return None


def written(number: Fraction) -> int | float:
    """The JSON number that says this, as an integer where it is one; the nearest double where it is not."""
    try:
        return number.numerator if number.denominator == 1 else float(number)
    except OverflowError:
        return int(number)
