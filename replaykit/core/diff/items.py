"""What the places of a request lie in: the message that says it, the item that later requests repeat.

Law: pure, and as lenient as the providers that read the messages.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

import orjson

from replaykit.core.compare.place import Place
from replaykit.core.compare.words import edits
from replaykit.core.plain import counted
from replaykit.providers.shape import member

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from replaykit.core.compare.changes import Path
    from replaykit.core.conversation import Part
    from replaykit.core.diff.side import Seen
    from replaykit.core.model import JSON

_ITEM = 2
"""The length of a path to an item of a request: the field, and the place in it."""

_BLOCK = 4
"""The length of a path to a block of a message: the item's, the field in it, and the place in that."""

_FRONT = 3
"""Items that stand in front of a conversation: instructions, and a task."""

_FEW = 3
"""Items in a row that are told one by one; a longer row of them is told as one."""

_Sides: TypeAlias = "tuple[Sequence[Part], Sequence[Part]]"


def parts(place: Place, before: Seen, after: Seen) -> _Sides:
    """What is said where a place lies, on either side: by its block of a message, else by the message.

    Nothing where it is not, or where it is no message.
    """
    if place.change is None:
        return (), ()
    (ours, theirs), kind = _items(place, before, after), place.kind
    whole = len(place.change.new) <= _BLOCK
    return (
        _message(before, place.change.old, None if whole and kind == "added" else ours),
        _message(after, place.change.new, None if whole and kind == "removed" else theirs),
    )


def identity(place: Place, before: Seen, after: Seen) -> tuple[Hashable, ...]:
    """What later requests repeat of a place: its item on both sides, and its values where they stand in a conversation.

    A field of a message that comes and goes (a mark for a cache) changes the item, not the value.
    """
    change = place.change
    if change is None:
        return ((place.place, _text(place.before), _text(place.after)),)
    values = (change.new, _text(place.before), _text(place.after))
    ours, theirs = _items(place, before, after)
    if ours is None and theirs is None:
        return (values,)
    return (_text(ours), _text(theirs)), (after.thread[1], *values)


def wording(place: Place, seen: Seen) -> Hashable:
    """The words that differ at a place in front of a conversation, where each request may tell the time besides.

    None for other places, which later requests repeat as they are.
    """
    before, after = place.before, place.after if place.shown is None else place.shown
    if place.folds or place.change is None or not isinstance(before, str) or not isinstance(after, str):
        return None
    match place.change.new:
        case (_, int() as index, *_) if index >= _FRONT:
            return None
        case path:
            return seen.thread[1], path, tuple((edit.before, edit.after) for edit in edits(before, after))


def volatile(place: Place, seen: Seen) -> bool:
    """Whether a place is in a field that its provider declares to mean nothing."""
    return seen.asked is not None and any(leads(pointer, place) for pointer in seen.asked.meaningless)


def leads(pointer: str, place: Place) -> bool:
    """Whether a JSON pointer leads to a place or above it; `*` in it stands for any step."""
    path, steps = place.change.new if place.change is not None else (), pointer.split("/")[1:]
    return len(path) >= len(steps) > 0 and all(step in ("*", str(key)) for step, key in zip(steps, path, strict=False))


def gathered(places: Sequence[Place]) -> tuple[Place, ...]:
    """The places, a row of items that are gone from one array told as one."""
    found: list[Place] = []
    for run in _runs(places):
        found += [_as_one(run)] if len(run) > _FEW else run
    return tuple(found)


def _runs(places: Sequence[Place]) -> Iterator[list[Place]]:
    """The places in stretches: removed items that stood one behind the other, or one place."""
    run: list[Place] = []
    for place in places:
        if run and not _follows(run[-1], place):
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _follows(one: Place, other: Place) -> bool:
    if one.change is None or other.change is None or not (one.kind == other.kind == "removed"):
        return False
    match one.change.old, other.change.old:
        case (str() as name, int() as here), (str() as same, int() as there):
            return name == same and there == here + 1
        case _:
            return False


def _as_one(run: Sequence[Place]) -> Place:
    ends = run[0], run[-1]
    return Place(
        [each.before for each in run],
        None,
        lambda: f"{ends[0].place} to {ends[1].place}",
        "removed",
        f": {counted(len(run), 'item')} removed",
        change=run[0].change,
    )


def _message(seen: Seen, path: Path, item: JSON) -> Sequence[Part]:
    """The parts of a message; none when the item is no message."""
    if item is None or seen.asked is None:
        return ()
    question = seen.asked.wire[1].read_request({str(path[0]): [_narrowed(item, path)]})
    return [part for turn in question.turns for part in turn.parts] if question is not None else ()


def _narrowed(item: JSON, path: Path) -> JSON:
    """The message with nothing but the block that a path leads into."""
    match path, item:
        case (_, _, str() as name, int() as index, *_), dict() as fields:
            block = member(fields.get(name), index)
            return item if block is None else {**fields, name: [block]}
        case _:
            return item


def _items(place: Place, before: Seen, after: Seen) -> tuple[JSON, JSON]:
    """The message, tool or other item that a place lies in, on either side; None where there is none."""
    change = place.change
    if change is None:
        return None, None
    whole = len(change.new) == _ITEM
    ours = None if whole and change.kind == "added" else _item(before, change.old)
    theirs = None if whole and change.kind == "removed" else _item(after, change.new)
    return ours, theirs


def _item(seen: Seen, path: Path) -> JSON:
    """The item that a path leads into."""
    match path:
        case (str() as name, int() as index, *_):
            return member(member(seen.asked.document, name), index) if seen.asked is not None else None
        case _:
            return None


def _text(value: JSON) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # integers beyond 64 bits, lone surrogates
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
