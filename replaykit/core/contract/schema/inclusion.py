"""Whether every document that is valid under one schema is valid under the other.

    True    proved: there is no document that the old schema accepts and the new one refuses
    False   there is one, and it comes with the answer
    None    neither was found, and why

Law: True is a proof, False is a document that the validator itself has confirmed, and everything else is None.
The validator is passed in; nothing is fetched, and every question ends after a number of steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from replaykit.core.contract.schema.limits import Budget, Undecided
from replaykit.core.contract.schema.read import Pair, pair
from replaykit.core.contract.schema.solve import Solver

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.core.model import JSON

Schema: TypeAlias = "dict[str, Any] | bool"
Valid: TypeAlias = "Callable[[Schema, JSON], bool]"
"""Whether a document is valid under a schema, forms included (`forms.asserted` says what they mean)."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The answer; `witness` holds the one document that proves False, `why` says what is behind None."""

    answer: bool | None
    witness: tuple[JSON, ...] = ()
    why: str = ""


_UNCONFIRMED = "documents that could make the difference were found, but the validator confirmed none of them"
_UNKNOWN = "the schemas use keywords together in a way that nothing here can prove or refute"
_DEEP = "the schemas are nested too deeply"


def included(old: Schema, new: Schema, *, valid: Valid, budget: Budget | None = None) -> Inclusion:
    """Whether every document that is valid under `old` is valid under `new`.

    A counterexample is `witness[0]`; it is one that `valid` accepts under `old` and refuses under `new`.
    """
    spent = budget or Budget()
    if _identical(old, new):
        return Inclusion(answer=True)
    try:
        return _decided(pair(old, new, spent), spent, lambda value: valid(old, value) and not valid(new, value))
    except Undecided as undecided:
        return Inclusion(None, why=undecided.why)
    except RecursionError:
        return Inclusion(None, why=_DEEP)


def _identical(old: Schema, new: Schema) -> bool:
    """Whether both are equal and print alike: 1 equals true, and NaN, which equals nothing, prints as null."""
    try:
        return old == new and orjson.dumps(old, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
            new, option=orjson.OPT_SORT_KEYS
        )
    except (TypeError, ValueError, RecursionError):
        return False


def _decided(both: Pair, budget: Budget, differs: Callable[[JSON], bool]) -> Inclusion:
    if both.old is both.new:
        return Inclusion(answer=True)
    solver = Solver(both.formulas, budget)
    why = ""
    for outcome in solver.leaves(frozenset({both.old, both.formulas.contrary(both.new)})):
        if outcome.found and differs(outcome.found[0]):
            return Inclusion(answer=False, witness=outcome.found)
        if not outcome.empty:
            why = _UNCONFIRMED if outcome.found else why or _UNKNOWN
    return Inclusion(None, why=why) if why else Inclusion(answer=True)
