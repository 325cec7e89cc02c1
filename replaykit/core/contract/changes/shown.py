"""What a walk found, made good: fields that moved are told to have moved, and changes get a document that shows them.

Law: a document is shown only if the validator accepts it under one side and refuses it under the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.changes.change import Counterexample
from replaykit.core.contract.changes.sample import Nothing, around, sample, without

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from replaykit.core.contract.changes.change import Side, Valid
    from replaykit.core.contract.changes.found import Example, Found
    from replaykit.core.contract.changes.walk import Walk
    from replaykit.core.contract.grades import Direction
    from replaykit.core.contract.model import Schema
    from replaykit.core.model import JSON

_GONE: Final = frozenset({"field.removed", "field.dropped", "field.faded"})
_CAME: Final = frozenset({"field.added", "field.demanded", "field.allowed"})

_UNFIT = (Nothing, TypeError, ValueError, KeyError, AttributeError)
"""How making a document up fails, where a schema is not what schemas are."""


def prefers_new(direction: Direction) -> bool:
    """Whether the new documents are those that may surprise: of answers they are, of requests the old ones."""
    return direction != "request"


def confirmed(
    found: Found, walk: Walk, roots: tuple[Schema, Schema], direction: Direction, valid: Valid
) -> list[Counterexample]:
    """Documents that are valid on one side only because of this, one for each side at most, the worse one first."""
    first: Side = "new" if prefers_new(direction) else "old"
    sides = {"old": roots[0], "new": roots[1]}
    shown: dict[Side, Counterexample] = {}
    for example in sorted(found.examples, key=lambda each: each.under != first):
        if example.under in shown:
            continue
        ours, theirs = sides[example.under], sides["new" if example.under == "old" else "old"]
        for document in _documents(found, example, walk):
            if valid(ours, document) and not valid(theirs, document):
                shown[example.under] = Counterexample(document, example.under)
                break
    return list(shown.values())


def _documents(found: Found, example: Example, walk: Walk) -> Iterator[JSON]:
    """Documents with the example in its place: one with the fields of both sides around it, one with its own side's."""
    place, side = found.here.place, example.under
    last = None
    for both in (True, False):
        try:
            if example.schema is not None:
                value = sample(example.schema, walk.documents[side])
                document = around(value, place, side, walk.documents, both=both)
            elif place is not None:
                document = without(place, side, walk.documents, both=both)
            else:
                continue
        except _UNFIT:
            continue
        if both or document != last:
            yield document
        last = document


def moved(walk: Walk) -> Iterator[Found]:
    """What was found; a field that is gone here and came there, as it was, says where it went."""
    pairs = dict(_pairs(walk, [each for each in walk.found if each.schema is not None]))
    for each in walk.found:
        if other := pairs.get(id(each)):
            gone = each.move in _GONE
            text = f"{'moved to' if gone else 'moved from'} {other.here.path}"
            yield replace(each, before=each.before if gone else text, after=text if gone else each.after)
        else:
            yield each


def _pairs(walk: Walk, found: list[Found]) -> Iterable[tuple[int, Found]]:
    """The fields that moved, by the one that went and by the one that came."""
    for gone in found:
        came = [each for each in found if each.move in _CAME and _same(walk, gone, each)] if gone.move in _GONE else []
        twins = [each for each in found if each.move in _GONE and came and _same(walk, each, came[0])]
        if len(came) == len(twins) == 1:
            yield id(gone), came[0]
            yield id(came[0]), gone


def _same(walk: Walk, gone: Found, came: Found) -> bool:
    """Whether two fields have one name, and say the same."""
    names = [each.here.place.key for each in (gone, came) if each.here.place is not None]
    return (
        len(names) == 2  # noqa: PLR2004 - one of each
        and names[0] == names[1]
        and gone.schema is not None
        and came.schema is not None
        and walk.alike.same(gone.schema, came.schema)
    )
