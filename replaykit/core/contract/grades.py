"""Every kind of departure from a contract: its id, its grade, and what it is called.

    BREAK   a program that was right yesterday is wrong today
    RISK    it may be: a program that did not expect this may fail on it
    OURS    what the program itself sends has changed
    ADD     nothing that was there has changed; a line in the changelog

Law: grades stand here and nowhere else. A policy of a contract may lower one, with its source and date.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Grade: TypeAlias = Literal["BREAK", "RISK", "OURS", "ADD"]

RANK: Final[dict[Grade, int]] = {"ADD": 0, "OURS": 1, "RISK": 2, "BREAK": 3}
"""How bad a grade is: the worst has the highest number."""

Direction: TypeAlias = Literal["request", "response", "stream", "headers", "error", "models"]
"""Which part of an exchange a finding is about."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding: its `grade`, and what happened, in words that a place and a value complete."""

    grade: Grade
    words: str


KINDS: Final[dict[str, Kind]] = {
    # answers: may a new document surprise the old reader?
    "res.field.added": Kind("ADD", "new field"),
    "res.field.removed": Kind("BREAK", "a required field is gone"),
    "res.field.optional": Kind("RISK", "a field that was always there is not"),
    "res.field.required": Kind("ADD", "an optional field is now always there"),
    "res.field.dropped": Kind("ADD", "an optional field is no longer known"),
    "res.type.changed": Kind("BREAK", "another type"),
    "res.type.widened": Kind("BREAK", "one more type"),
    "res.type.narrowed": Kind("ADD", "fewer types"),
    "res.null.added": Kind("BREAK", "null"),
    "res.enum.added": Kind("RISK", "new"),
    "res.enum.removed": Kind("ADD", "no longer"),
    "res.variant.added": Kind("RISK", "new variant"),
    "res.variant.removed": Kind("BREAK", "a variant is gone"),
    "res.tag.missing": Kind("BREAK", "nothing says which variant it is"),
    "res.const.changed": Kind("BREAK", "another constant"),
    "res.format.changed": Kind("RISK", "another form"),
    "res.bound.widened": Kind("RISK", "beyond the bounds"),
    "res.bound.narrowed": Kind("ADD", "narrower bounds"),
    "res.undecided": Kind("RISK", "cannot be decided"),
    "res.body.unreadable": Kind("BREAK", "not the JSON that was promised"),
    # requests: is what is sent still accepted?
    "req.field.refused": Kind("BREAK", "refused"),
    "req.field.required": Kind("BREAK", "newly required"),
    "req.field.added": Kind("ADD", "may be sent"),
    "req.field.optional": Kind("ADD", "no longer required"),
    "req.type.narrowed": Kind("BREAK", "fewer types are accepted"),
    "req.type.changed": Kind("BREAK", "another type is accepted"),
    "req.type.widened": Kind("ADD", "more types are accepted"),
    "req.enum.removed": Kind("BREAK", "no longer accepted"),
    "req.enum.added": Kind("ADD", "accepted"),
    "req.variant.removed": Kind("BREAK", "a variant is no longer accepted"),
    "req.variant.added": Kind("ADD", "a variant is accepted"),
    "req.bound.narrowed": Kind("BREAK", "narrower bounds"),
    "req.bound.widened": Kind("ADD", "wider bounds"),
    "req.const.changed": Kind("BREAK", "another constant is accepted"),
    "req.format.changed": Kind("BREAK", "another form is accepted"),
    "req.default.changed": Kind("RISK", "another default"),
    "req.undecided": Kind("RISK", "cannot be decided"),
    # what our own program sends
    "ours.version": Kind("OURS", "another version of the interface is asked for"),
    "ours.header": Kind("OURS", "another header is sent"),
    "ours.field.added": Kind("OURS", "a field that the contract does not know is sent"),
    "ours.field.refused": Kind("OURS", "a field is sent that is refused"),
    "ours.field.removed": Kind("OURS", "a required field is not sent"),
    "ours.type.changed": Kind("OURS", "another type is sent"),
    "ours.value.changed": Kind("OURS", "a value is sent that the contract does not know"),
    # streams
    "str.event.added": Kind("RISK", "new event"),
    "str.event.removed": Kind("BREAK", "an event is gone"),
    "str.order.broken": Kind("BREAK", "out of order"),
    "str.order.changed": Kind("BREAK", "another order"),
    "str.order.narrowed": Kind("ADD", "fewer orders"),
    "str.end.missing": Kind("BREAK", "the stream has no end"),
    "str.event.unreadable": Kind("BREAK", "an event is not the JSON that was promised"),
    # what a contract is about
    "con.bound.changed": Kind("BREAK", "it is about something else"),
    "con.bound.added": Kind("ADD", "it is about more"),
    "con.bound.removed": Kind("BREAK", "it is no longer about"),
    "con.part.added": Kind("ADD", "it says something about"),
    "con.part.removed": Kind("RISK", "it no longer says anything about"),
    # headers
    "hdr.required.gone": Kind("BREAK", "a required header is gone"),
    "hdr.group.gone": Kind("RISK", "a header that always came is gone"),
    "hdr.group.torn": Kind("RISK", "headers that come together did not"),
    "hdr.format.changed": Kind("BREAK", "another form"),
    "hdr.type.changed": Kind("BREAK", "another content type"),
    "hdr.added": Kind("ADD", "new header"),
    "hdr.dropped": Kind("ADD", "a header that sometimes came is no longer known"),
    "hdr.optional": Kind("RISK", "a header that always came may be missing"),
    "hdr.required": Kind("ADD", "a header that sometimes came now always does"),
    "hdr.retry.missing": Kind("RISK", "no word of when to try again"),
    # errors and models
    "err.envelope.changed": Kind("BREAK", "another shape of errors"),
    "err.status.changed": Kind("BREAK", "another status"),
    "err.type.added": Kind("RISK", "new type of error"),
    "mod.gone": Kind("BREAK", "a model is gone"),
    "mod.snapshot.changed": Kind("RISK", "an alias answers with another model"),
    "mod.deprecated": Kind("RISK", "a model is to be retired"),
}
"""By id, as findings carry it."""


def grade_of(kind: str) -> Grade:
    """The grade of a kind of finding, policies aside."""
    return KINDS[kind].grade


def worst(grades: list[Grade]) -> Grade | None:
    """The worst of some grades; None of none."""
    return max(grades, key=RANK.__getitem__, default=None)
