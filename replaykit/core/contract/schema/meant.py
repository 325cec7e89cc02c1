"""The same question for patterns as their authors mean them.

`pattern: "[a-z]*"` is found in every text, for patterns are not anchored: by the standard it says nothing. Nobody
writes a pattern to say nothing; what is meant is the whole text. A change to such a pattern is a change to
what was meant, though no validator will ever see it.

Law: what is meant only ever takes back a True, with the reason; it never grants one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.core.contract.schema.dialect import KEYWORDS, SHELVES
from replaykit.core.contract.schema.inclusion import Inclusion, included
from replaykit.core.contract.schema.limits import Budget, Undecided
from replaykit.core.contract.schema.words import Wanted, regular, shortest
from replaykit.core.plain import gist

if TYPE_CHECKING:
    from replaykit.core.contract.schema.dialect import Shape
    from replaykit.core.contract.schema.inclusion import Schema, Valid
    from replaykit.core.model import JSON

_STEPS = 2000
"""States of one pattern's automaton; a pattern that takes more is left as it is."""


def intended(old: Schema, new: Schema, *, valid: Valid) -> Inclusion:
    """As `included`, but False where that is only true because a pattern says nothing as it stands.

    Such a False has a reason and no witness, for no validator would confirm one.
    """
    plain = included(old, new, valid=valid)
    if plain.answer is not True:
        return plain
    try:
        first, second = meant(old), meant(new)
    except RecursionError:
        return plain
    if (first, second) == (old, new):
        return plain
    strict = included(first, second, valid=valid)
    if strict.answer is not False:
        return plain
    return Inclusion(
        answer=False, why=f"a pattern that every text fulfils was meant for whole texts: {gist(strict.witness[0])}"
    )


def meant(schema: Schema) -> Schema:
    """The schema with every pattern anchored that says nothing as it stands."""
    found = _schema(schema)
    assert isinstance(found, dict | bool)  # noqa: S101 - a schema stays one
    return found


def _schema(schema: JSON) -> JSON:
    if not isinstance(schema, dict):
        return schema
    return {word: _value(word, value) for word, value in schema.items()}


def _value(word: str, value: JSON) -> JSON:
    if word == "pattern" and isinstance(value, str):
        return f"^(?:{value})$" if _says_nothing(value) else value
    shape: Shape = KEYWORDS[word][2] if word in KEYWORDS else SHELVES.get(word, "data")
    match shape, value:
        case (("map" | "mixed"), dict()):
            return {name: _schema(item) for name, item in value.items()}
        case (("list" | "either"), list()):
            return [_schema(item) for item in value]
        case (("schema" | "either"), dict()):
            return _schema(value)
        case _:
            return value


def _says_nothing(pattern: str) -> bool:
    """Whether the pattern is found in every text."""
    try:
        return regular(pattern) and shortest(Wanted(((pattern, False),)), Budget(_STEPS)) is None
    except Undecided:
        return False
