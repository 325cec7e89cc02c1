"""A place in which two steps or outputs differ, as a review shows it.

    a text, a value      its lines on both sides, the words that changed marked
    only on one side     what it says, a message by its words
    anything else        in the words of its place (`200 → 500`, `moved`)

Law: all that differs. What is long is folded, and none of it is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from replaykit.core.compare.words import spelled
from replaykit.providers.shape import print_json
from replaykit.report.html.prose import code, document, indented
from replaykit.report.html.sides import rows

if TYPE_CHECKING:
    from replaykit.core.compare.place import Place
    from replaykit.core.model import JSON
    from replaykit.report.html.prose import Passage
    from replaykit.report.html.sides import Row

SHOWN = 60
"""Rows of two texts that stand before the fold: two screens."""

_MARK = 4
"""Characters before a line of `Place.whole` that say which side it is on: `  + `."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that differs: in rows side by side, as a text that is only on one side, or in words (`said`)."""

    place: str
    kind: str
    said: str = ""
    rows: tuple[Row, ...] = ()
    rest: tuple[Row, ...] = ()
    passage: Passage | None = None


def spot(place: Place) -> Spot:
    """A place that differs, as it is set."""
    if place.said is not None or place.kind == "moved":
        return Spot(place.place, place.kind, said=what(place))
    if place.kind != "changed":
        return _one_sided(place)
    now = place.after if place.shown is None else place.shown
    found = rows(_lines(place.before), _lines(now))
    return Spot(place.place, place.kind, rows=found[:SHOWN], rest=found[SHOWN:])


def _one_sided(place: Place) -> Spot:
    """A place that is on one side only: a message by what it says, anything else as it is."""
    value = place.after if place.kind == "added" else place.before
    if isinstance(value, str):
        return Spot(place.place, place.kind, passage=code(value))
    lines = [text[_MARK:] for text in place.whole[1:]]
    said = what(place).removeprefix(place.kind).lstrip(": ")
    if lines and lines != spelled(print_json(value)):
        return Spot(place.place, place.kind, passage=code("\n".join(lines)))
    if said and not lines:
        return Spot(place.place, place.kind, said=said)
    return Spot(place.place, place.kind, passage=document(value))


def what(place: Place) -> str:
    """What happened at a place, in words."""
    return place.text[len(place.place) :].lstrip(": ")


def _lines(value: JSON) -> str:
    """A value in lines, so that its members can be told apart."""
    return value if isinstance(value, str) else indented(value) or print_json(value)
