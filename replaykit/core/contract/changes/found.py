"""What a walk notes: where it is, what happened there, and what could prove it.

Law: values only; what they become in a direction is for `moves` to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replaykit.core.contract.changes.change import Side
    from replaykit.core.contract.changes.sample import Place
    from replaykit.core.contract.model import Schema


@dataclass(frozen=True, slots=True)
class Here:
    """A place in both: its path, and the way there through the documents."""

    path: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """What at a place may be valid on one side only: a schema whose documents are; None: nothing stands there."""

    under: Side
    schema: Schema | None


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that happened (`moves.MOVES`), where, what stood there before and after, and examples to try."""

    move: str
    here: Here
    before: str = ""
    after: str = ""
    examples: tuple[Example, ...] = ()
    schema: Schema | None = None
