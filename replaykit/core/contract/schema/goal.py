"""A goal: what one value must be, and what came of looking for such a value.

Law: `empty` is a proof. What is not empty may come with a value; without one it is simply not decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from replaykit.core.contract.schema.atoms import Node
    from replaykit.core.contract.schema.formula import Formulas
    from replaykit.core.contract.schema.limits import Budget
    from replaykit.core.model import JSON

Goal: TypeAlias = "frozenset[Node]"
"""Formulas that one value must fulfil, all of them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """There is no such value (`empty`), there is this one (`found`), or nobody knows (neither)."""

    empty: bool = False
    found: tuple[JSON, ...] = ()


EMPTY: Final = Outcome(empty=True)
OPEN: Final = Outcome()


class Search(Protocol):
    """What a kind's own rules need: the nodes, the steps that are left, and answers for parts of the value."""

    formulas: Formulas
    budget: Budget

    def solve(self, goal: Goal) -> Outcome:
        """Whether some value fulfils all of the goal."""
        ...

    def holds(self, node: Node, value: JSON) -> bool | None:
        """Whether a value fulfils a formula; None when that cannot be said."""
        ...
