"""Plain values: constants, enumerations, and texts and numbers within a form or within bounds.

Law: each value that came or went is told by itself. Forms and bounds are decided by proof, not by what
they look like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replaykit.core.contract.changes import lumps
from replaykit.core.contract.changes.found import Example
from replaykit.core.contract.changes.view import free
from replaykit.core.contract.changes.words import form
from replaykit.core.contract.schema.value import freeze
from replaykit.core.plain import either, gist

if TYPE_CHECKING:
    from replaykit.core.contract.changes.found import Here
    from replaykit.core.contract.changes.view import Way, Ways
    from replaykit.core.contract.changes.walk import Walk
    from replaykit.core.model import JSON


def scalars(walk: Walk, here: Here, old: Ways, new: Ways) -> None:
    """Tell what changed among the values of one type."""
    (ours, old_open), (theirs, new_open) = _split(old), _split(new)
    if not old_open and not new_open:
        _values(walk, here, ours, theirs)
    elif old_open and free(new_open) and free(old_open):
        return
    elif free(new_open) and not old_open:
        _opened(walk, here, ours, new_open)
    elif free(old_open) and not new_open:
        _closed(walk, here, old_open, theirs)
    else:
        _open(walk, here, old, new)


def _split(ways: Ways) -> tuple[list[JSON], Ways]:
    """The values that are told one by one, and the ways that are not."""
    told = [way for way in ways if way.keys() <= {"type", "enum", "title"} and "enum" in way]
    values: dict[object, JSON] = {freeze(value): value for way in told for value in way["enum"]}
    rest = tuple(way for way in ways if way not in told)
    if any(way["type"] == "boolean" for way in rest) and free(rest):
        return [False, True], ()
    return list(values.values()), rest


def _values(walk: Walk, here: Here, old: list[JSON], new: list[JSON]) -> None:
    ours, theirs = {freeze(value) for value in old}, {freeze(value) for value in new}
    added = [value for value in new if freeze(value) not in ours]
    gone = [value for value in old if freeze(value) not in theirs]
    if added and gone and len(old) == len(new) == 1:
        examples = Example("new", {"enum": new}), Example("old", {"enum": old})
        walk.tell("const.changed", here, gist(old[0]), gist(new[0]), *examples)
        return
    for value in added:
        walk.tell("value.added", here, "", gist(value), Example("new", {"enum": [value]}))
    for value in gone:
        walk.tell("value.removed", here, gist(value), "", Example("old", {"enum": [value]}))


_UNLISTED: Final[dict[str, JSON]] = {"string": "none of these", "number": 123456.5, "integer": 123457}
"""A value that no list has, by type."""


def _opened(walk: Walk, here: Here, values: list[JSON], new: Ways) -> None:
    """Any value may come where only some could."""
    walk.tell("value.added", here, _listed(values), f"any {new[0]['type']}", Example("new", _other(new)))


def _closed(walk: Walk, here: Here, old: Ways, values: list[JSON]) -> None:
    """Only some values may come where any could."""
    walk.tell("value.removed", here, f"any {old[0]['type']}", _listed(values), Example("old", _other(old)))


def _other(ways: Ways) -> Way:
    return {"enum": [_UNLISTED.get(ways[0]["type"])]}


def _listed(values: list[JSON]) -> str:
    return either(list(dict.fromkeys(map(gist, values[:4])))) + (" …" if len(values) > 4 else "")  # noqa: PLR2004 - a few


def _open(walk: Walk, here: Here, old: Ways, new: Ways) -> None:
    """Forms and bounds: which of the two accepts more is for proof to say."""
    ours, theirs = lumps.union(_widened(old)), lumps.union(_widened(new))
    words = sorted({word for way in (*old, *new) for word in way} - {"type", "title"})
    changed = [word for word in words if [way.get(word) for way in old] != [way.get(word) for way in new]]
    lumps.lump(walk, here, changed, (ours, theirs), (form(old, changed), form(new, changed)))


def _widened(ways: Ways) -> list[Way]:
    """The ways without the difference between integers and numbers, which is told as one of types."""
    return [{**way, "type": "number"} if way["type"] == "integer" else way for way in ways]
