"""A difference between two episodes, as values.

cause      the first thing that differs is
program    what the program asks for, beyond what answers and tools explain: its prompt, its code
tool       what a tool gave back, or did while it ran: a function, a service, a result that stands in a request
model      what the model answered to an equal question

`same` says of a step that it tells nothing new: a later request repeats what an earlier one told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from replaykit.core.compare.place import Place

Cause: TypeAlias = Literal["program", "tool", "model"]
Kind: TypeAlias = Literal["same", "changed", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A step on both sides, or on one: its numbers there (None where it is not), what it is, where it differs.

    `asked` are places in the request or the call's arguments, without what an earlier step explains;
    `answered` those in the answer or the call's result. `model`: it is a question to a model.
    """

    kind: Kind
    before: int | None
    after: int | None
    title: str
    asked: tuple[Place, ...] = ()
    answered: tuple[Place, ...] = ()
    cause: Cause | None = None
    model: bool = False

    @property
    def number(self) -> int:
        """The number it is told by: the later side's, else the earlier side's."""
        return self.after or self.before or 0

    @property
    def places(self) -> tuple[Place, ...]:
        """All places, the request's first."""
        return self.asked + self.answered


@dataclass(frozen=True, slots=True)
class First:
    """The step that differed first, and who made it differ; `places` are where, none when it is only on one side."""

    step: int
    cause: Cause
    pair: Pair

    @property
    def places(self) -> tuple[Place, ...]:
        """Where it differs in what made it differ: the request, or the answer to an equal one."""
        return self.pair.asked or self.pair.answered


@dataclass(frozen=True, slots=True)
class Counts:
    """How much of something a run took, before and after."""

    turns: tuple[int, int] = (0, 0)
    tool_calls: tuple[int, int] = (0, 0)
    tokens: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two episodes (`before`, `after`: what they are called).

    `allowed` says what else does, as rules allow it: `2 ids and 1 time`, or nothing.
    """

    before: str
    after: str
    first: First | None
    steps: tuple[Pair, ...]
    outputs: tuple[Place, ...]
    counts: Counts
    allowed: str = ""

    @property
    def same(self) -> bool:
        """Whether nothing differs that rules do not fold."""
        return self.first is None and not self.outputs
