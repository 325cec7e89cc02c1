"""What can happen to a schema, and what kind of finding that is in each direction.

    move              an answer may          a request may          proves that the schema got
    value.added       res.enum.added         req.enum.added         wider
    …                 …                      …                      …

Law: the table is the whole decision. A move that is both wider and narrower and is proved to be only
one of them is told as that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from replaykit.core.contract.grades import Direction

Effect: TypeAlias = Literal["", "wider", "narrower", "other"]
"""What a move does to the set of valid documents; `other`: some come in and some go; empty: says nothing of it."""


@dataclass(frozen=True, slots=True)
class Move:
    """A kind of change, before a direction makes a finding of it. `request` is empty where it means nothing there."""

    answer: str
    request: str
    effect: Effect = ""


MOVES: Final[dict[str, Move]] = {
    "field.added": Move("res.field.added", "req.field.added"),
    "field.demanded": Move("res.field.added", "req.field.required", "narrower"),
    "field.removed": Move("res.field.removed", "req.field.refused", "wider"),
    "field.dropped": Move("res.field.dropped", "req.field.refused"),
    "field.faded": Move("res.field.optional", "req.field.refused"),
    "field.barred": Move("res.field.removed", "req.field.refused", "narrower"),
    "field.refused": Move("res.field.dropped", "req.field.refused", "narrower"),
    "field.allowed": Move("res.field.added", "req.field.added", "wider"),
    "field.optional": Move("res.field.optional", "req.field.optional", "wider"),
    "field.required": Move("res.field.required", "req.field.required", "narrower"),
    "rest.refused": Move("res.bound.narrowed", "req.field.refused", "narrower"),
    "rest.allowed": Move("res.field.added", "req.field.added", "wider"),
    "type.changed": Move("res.type.changed", "req.type.changed", "other"),
    "type.widened": Move("res.type.widened", "req.type.widened", "wider"),
    "type.narrowed": Move("res.type.narrowed", "req.type.narrowed", "narrower"),
    "null.added": Move("res.null.added", "req.type.widened", "wider"),
    "null.removed": Move("res.type.narrowed", "req.type.narrowed", "narrower"),
    "value.added": Move("res.enum.added", "req.enum.added", "wider"),
    "value.removed": Move("res.enum.removed", "req.enum.removed", "narrower"),
    "const.changed": Move("res.const.changed", "req.const.changed", "other"),
    "variant.added": Move("res.variant.added", "req.variant.added", "wider"),
    "variant.removed": Move("res.variant.removed", "req.variant.removed", "narrower"),
    "tag.missing": Move("res.tag.missing", "req.type.widened", "wider"),
    "form.changed": Move("res.format.changed", "req.format.changed", "other"),
    "form.widened": Move("res.format.changed", "req.bound.widened", "wider"),
    "form.narrowed": Move("res.bound.narrowed", "req.format.changed", "narrower"),
    "bound.changed": Move("res.bound.widened", "req.bound.narrowed", "other"),
    "bound.widened": Move("res.bound.widened", "req.bound.widened", "wider"),
    "bound.narrowed": Move("res.bound.narrowed", "req.bound.narrowed", "narrower"),
    "default.changed": Move("", "req.default.changed"),
    "undecided": Move("res.undecided", "req.undecided"),
}

_HEADERS: Final = {
    "field.added": "hdr.added",
    "field.demanded": "hdr.added",
    "field.allowed": "hdr.added",
    "field.removed": "hdr.required.gone",
    "field.barred": "hdr.required.gone",
    "field.dropped": "hdr.dropped",
    "field.refused": "hdr.dropped",
    "field.faded": "hdr.group.gone",
    "field.optional": "hdr.optional",
    "field.required": "hdr.required",
    "form.changed": "hdr.format.changed",
    "form.widened": "hdr.format.changed",
    "const.changed": "hdr.format.changed",
    "value.added": "hdr.format.changed",
}
"""The moves that have words of their own where headers are meant."""

_ENVELOPE: Final = frozenset(
    {"field.removed", "field.barred", "type.changed", "type.widened", "const.changed", "tag.missing", "variant.removed"}
)
"""What makes another envelope of an error."""

_NEW_ERROR: Final = frozenset({"value.added", "variant.added"})
_NAMES_ERROR: Final = ("/type", "/code", "/status")
_NEW_EVENT: Final = {"variant.added": "str.event.added", "variant.removed": "str.event.removed"}
_CONTENT_TYPE: Final = "/content-type"

_ONLY: Final = {
    ("type", "wider"): "type.widened",
    ("type", "narrower"): "type.narrowed",
    ("const", "wider"): "value.added",
    ("const", "narrower"): "value.removed",
    ("form", "wider"): "form.widened",
    ("form", "narrower"): "form.narrowed",
    ("bound", "wider"): "bound.widened",
    ("bound", "narrower"): "bound.narrowed",
}


def kind(move: str, direction: Direction, path: str) -> str:
    """The id of the finding that a move is; empty where it means nothing in this direction."""
    entry = MOVES[move]
    match direction:
        case "request":
            return entry.request
        case "headers":
            told = _HEADERS.get(move, entry.answer)
            return "hdr.type.changed" if path == _CONTENT_TYPE and told == "hdr.format.changed" else told
        case "stream" if path == "" or path.count("/") == 0:
            return _NEW_EVENT.get(move, entry.answer)
        case "error" if move in _ENVELOPE:
            return "err.envelope.changed"
        case "error" if move in _NEW_ERROR and path.partition("<")[0].endswith(_NAMES_ERROR):
            return "err.type.added"
        case _:
            return entry.answer


def settled(move: str, backward: bool | None, forward: bool | None) -> str:  # noqa: FBT001 - a verdict has three values
    """The move as the verdicts on the whole leave it; empty where they prove that nothing happened."""
    effect = MOVES[move].effect
    if backward and forward:
        return "" if effect or move == "undecided" else move
    if (forward and effect == "wider") or (backward and effect == "narrower"):
        return ""
    if effect == "other" and (backward or forward):
        return _ONLY[move.partition(".")[0], "wider" if backward else "narrower"]
    return move
