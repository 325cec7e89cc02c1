"""The values of a comparison: a change, the document that proves it, and the whole.

Law: values only. What is quoted from a schema is harmless to show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from replaykit.core.contract.grades import worst

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.core.contract.grades import Direction, Grade
    from replaykit.core.contract.model import Schema
    from replaykit.core.contract.schema import Inclusion
    from replaykit.core.model import JSON

Side: TypeAlias = Literal["old", "new"]


class Valid(Protocol):
    """Whether a document is valid under a schema; a validator that is passed in."""

    def __call__(self, schema: Schema, document: JSON, /) -> bool:
        """The verdict of one document."""


Prove: TypeAlias = "Callable[[Schema, Schema], Inclusion]"
"""What decides between two schemas, with its validator already in it."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A document that is valid under one side (`under`) and not under the other; a validator confirmed both."""

    document: JSON
    under: Side


@dataclass(frozen=True, slots=True)
class Change:
    """One change between an old and a new schema.

    `id` is its kind (`grades.KINDS`), `path` a JSON Pointer with `*` for any index or key and the tag of the
    variant that something is in (`/content/*<text>/text`), `before` and `after` what stood there, in words.
    `part` is the part of the contract (an event's with its name: `event<ping>`), empty for plain schemas.
    `policy` is the source of the policy that lowered its grade.
    """

    id: str
    grade: Grade
    direction: Direction
    path: str
    before: str = ""
    after: str = ""
    part: str = ""
    counterexample: Counterexample | None = None
    policy: str = ""

    @property
    def text(self) -> str:
        """What became what; one of the two where there is only one."""
        return " → ".join(filter(None, (self.before, self.after)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that changed.

    `backward`: every document valid under the old schema is valid under the new one; `forward`: the
    reverse; None where that could not be decided. `text_changed`: something else is written differently
    (a description, the evidence).
    """

    changes: tuple[Change, ...] = ()
    backward: bool | None = True
    forward: bool | None = True
    text_changed: bool = False

    @property
    def grade(self) -> Grade | None:
        """The worst grade among the changes; None where there are none."""
        return worst([change.grade for change in self.changes])
