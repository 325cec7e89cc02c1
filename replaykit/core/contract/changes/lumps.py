"""Parts that are decided as a whole: who accepts more is for proof to say.

Law: a lump that neither side can be proved to cover is `undecided`, and said to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from replaykit.core import pointer
from replaykit.core.contract.changes.found import Example
from replaykit.core.contract.changes.words import form, is_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from replaykit.core.contract.changes.change import Side
    from replaykit.core.contract.changes.found import Here
    from replaykit.core.contract.changes.view import View, Way
    from replaykit.core.contract.changes.walk import Walk
    from replaykit.core.contract.model import Schema
    from replaykit.core.contract.schema import Inclusion
    from replaykit.core.contract.schema.document import Document

_SHELVES = ("#/$defs/", "#/definitions/")


def union(ways: Sequence[Way]) -> Schema:
    """The ways as one schema."""
    plain = [{word: value for word, value in way.items() if word != "title"} for way in ways]
    return plain[0] if len(plain) == 1 else {"anyOf": plain}


def lump(  # noqa: PLR0913 - what to compare, where, and how to tell it
    walk: Walk,
    here: Here,
    words: Iterable[str],
    sides: tuple[Schema, Schema],
    texts: tuple[str, str],
    *,
    ways: tuple[Way, Way] = ({}, {}),
) -> None:
    """Tell how one side relates to the other; nothing where both accept the same.

    `words` are the keywords that differ; `ways` what the sides are only a part of.
    """
    old, new = _alone(sides[0], walk.alike.old, walk), _alone(sides[1], walk.alike.new, walk)
    if walk.alike.same(*sides):
        return
    if old is None or new is None:
        walk.tell("undecided", here, *texts)
        return
    backward, forward = walk.prove(old, new), walk.prove(new, old)
    if move := _move("form" if is_form(words) else "bound", backward.answer, forward.answer):
        walk.tell(move, here, *texts, *_examples(backward, forward, ways))


def beside(walk: Walk, here: Here, old: View, new: View) -> None:
    """Tell how what stands beside the ways of two schemas differs, as far as their common types go."""
    common = [name for name in old.ways if name in new.ways]
    if walk.alike.same(old.beside, new.beside) or not common:
        return
    ours, theirs = ({**each.beside, **({} if "type" in each.beside else {"type": common})} for each in (old, new))
    words = sorted(old.beside.keys() | new.beside.keys())
    lump(walk, here, (), (ours, theirs), (form([old.beside], words), form([new.beside], words)))


def _alone(schema: Schema, document: Document, walk: Walk) -> Schema | None:
    """A part as a document of its own, with all that it refers to; None where it refers to what cannot be moved."""
    if not isinstance(schema, dict):
        return schema
    names = walk.alike.reached(schema, document)
    if not all(name.startswith(_SHELVES) for name in names):
        return None
    root: Any = document.root.schema
    result = {"$schema": root["$schema"], **schema} if isinstance(root, dict) and "$schema" in root else {**schema}
    for name in names:
        _, shelf, key = name.split("/", 2)
        if "/" in key:
            return None
        result.setdefault(shelf, {})[pointer.name(key)] = walk.alike.target(name, document)
    return result


def _move(what: str, backward: bool | None, forward: bool | None) -> str:  # noqa: FBT001 - a verdict has three values
    match backward, forward:
        case True, True:
            return ""
        case True, _:
            return f"{what}.widened"
        case _, True:
            return f"{what}.narrowed"
        case None, None:
            return "undecided"
        case _:
            return f"{what}.changed"


def _examples(backward: Inclusion, forward: Inclusion, ways: tuple[Way, Way]) -> list[Example]:
    """The witnesses, and before them something as large that is more than a part."""
    sides: list[tuple[Side, Inclusion, Way]] = [("new", forward, ways[1]), ("old", backward, ways[0])]
    found: list[Example] = []
    for side, proof, way in sides:
        for witness in proof.witness:
            if isinstance(witness, dict | list) and way:
                found.append(Example(side, {**way, _LEAST[type(witness)]: len(witness)}))
            found.append(Example(side, {"enum": [witness]}))
    return found


_LEAST: Final = {dict: "minProperties", list: "minItems"}
