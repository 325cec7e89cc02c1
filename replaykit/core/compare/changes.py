"""What differs between two JSON documents: the places, with one inserted item as one insertion.

Law: exact and strict. Equal documents have no changes, and 1, 1.0 and true are three values. Items
of arrays are aligned by what they hold, not by where they stand; what was only moved is said to be.

    items are                                    they come out as
    equal                                        nothing (or moved)
    in each other's place and of one sort        the changes inside them
    on one side only                             removed, added
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal, TypeAlias

import orjson

from replaykit.core.canonical import common_prefix, common_suffix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from replaykit.core.model import JSON

Path: TypeAlias = "tuple[str | int, ...]"
Kind: TypeAlias = Literal["changed", "added", "removed", "moved"]
_Pair: TypeAlias = "tuple[int | None, int | None]"
_Sort: TypeAlias = "tuple[tuple[object, ...], tuple[str, ...]]"

MOST = 1_000
"""Items that are aligned by what they hold: the matcher is quadratic where they repeat."""

BLOCK = 40
"""Items in each other's place that are paired by likeness: 40 against 40 are 1,600 comparisons of 1 µs."""

RENAMED = 0.6
"""Objects of two names that share more of their text than this are one that was renamed."""

_TELLING = ("role", "type")
"""Members that say what sort of thing an object is, wherever JSON is used to say it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One place that differs: its path in either document (where it is not, the path it would have), and both values.

    A value that is absent is None; `kind` tells it from null.
    """

    kind: Kind
    old: Path
    new: Path
    before: JSON
    after: JSON


def changes(before: JSON, after: JSON, known: Mapping[str, tuple[int, int]] | None = None) -> Iterator[Change]:
    """The places that differ, in the order of the later document, removed ones where they were.

    `known` says of arrays, by their member of the document, how many of their first items on either
    side need no comparing: what a conversation repeats. Raises `RecursionError` for documents that are
    nested beyond reason.
    """
    if not known:
        yield from _changes(before, after, (), ())
        return
    for change in _changes(_without(before, known, 0), _without(after, known, 1), (), ()):
        skipped = known.get(str(change.new[0])) if len(change.new) > 1 else None
        yield change if skipped is None else _shifted(change, *skipped)


def _without(document: JSON, known: Mapping[str, tuple[int, int]], side: int) -> JSON:
    """The document without the items that are known."""
    if not isinstance(document, dict):
        return document
    return {
        key: value[known[key][side] :] if key in known and isinstance(value, list) else value
        for key, value in document.items()
    }


def _shifted(change: Change, old: int, new: int) -> Change:
    """The change with its paths as they are in the whole documents."""
    return replace(change, old=_moved_on(change.old, old), new=_moved_on(change.new, new))


def _moved_on(path: Path, by: int) -> Path:
    return (path[0], path[1] + by, *path[2:]) if isinstance(path[1], int) else path


def same(a: JSON, b: JSON) -> bool:
    """Whether two values are the same JSON: 1, 1.0 and true are not."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, dict) and isinstance(b, dict):
        return len(a) == len(b) and all(key in b and same(value, b[key]) for key, value in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def _changes(before: JSON, after: JSON, old: Path, new: Path) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _members(before, after, old, new)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _items(before, after, old, new)
    elif not same(before, after):
        yield Change("changed", old, new, before, after)


def _members(before: dict[str, JSON], after: dict[str, JSON], old: Path, new: Path) -> Iterator[Change]:
    for key, value in after.items():
        if key in before:
            yield from _changes(before[key], value, (*old, key), (*new, key))
        else:
            yield Change("added", (*old, key), (*new, key), None, value)
    for key, value in before.items():
        if key not in after:
            yield Change("removed", (*old, key), (*new, key), value, None)


def _items(before: list[JSON], after: list[JSON], old: Path, new: Path) -> Iterator[Change]:
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    ours, theirs = before[head : len(before) - tail], after[head : len(after) - tail]
    pairs = list(_aligned(ours, theirs))
    moved = _moved(ours, theirs, pairs)
    for i, j in pairs:
        here, there = head + (i or 0), head + (j or 0)
        if i is not None and j is not None:
            yield from _changes(ours[i], theirs[j], (*old, here), (*new, there))
        elif j is not None:
            kind: Kind = "moved" if j in moved else "added"
            was = moved.get(j)
            origin = (*old, there if was is None else head + was)
            yield Change(kind, origin, (*new, there), None if was is None else ours[was], theirs[j])
        elif i not in moved.values() and i is not None:
            yield Change("removed", (*old, here), (*new, here), ours[i], None)


def _shared(a: Sequence[JSON], b: Sequence[JSON]) -> int:
    """How many items two arrays begin with in common."""
    count = 0
    for one, other in zip(a, b, strict=False):
        if not same(one, other):
            break
        count += 1
    return count


def _aligned(ours: Sequence[JSON], theirs: Sequence[JSON]) -> Iterator[_Pair]:
    """Positions that belong together, in order; None on the side where there is none. Equal ones are left out."""
    if not ours or not theirs or max(len(ours), len(theirs)) > MOST:
        yield from _in_order(len(ours), len(theirs))
        return
    matcher = SequenceMatcher(None, [_text(item) for item in ours], [_text(item) for item in theirs], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            for i, j in _paired(ours[i1:i2], theirs[j1:j2]):
                yield None if i is None else i1 + i, None if j is None else j1 + j


def _in_order(ours: int, theirs: int) -> Iterator[_Pair]:
    """First with first, second with second; what is left over on its own."""
    for index in range(max(ours, theirs)):
        yield index if index < ours else None, index if index < theirs else None


def _paired(ours: Sequence[JSON], theirs: Sequence[JSON]) -> Iterator[_Pair]:
    """Items that stand in each other's place, by their sort and, where that leaves a choice, by likeness."""
    sorts, others = [_sort(item) for item in ours], [_sort(item) for item in theirs]
    if sorts == others or max(len(ours), len(theirs)) > BLOCK:
        yield from _in_order(len(ours), len(theirs))
        return
    one, other = list(zip(sorts, map(_text, ours), strict=True)), list(zip(others, map(_text, theirs), strict=True))
    likeness = [[_likeness(*mine, *yours) for yours in other] for mine in one]
    yield from _walk(likeness, len(ours), len(theirs))


def _walk(likeness: list[list[float]], rows: int, columns: int) -> Iterator[_Pair]:
    """The pairs, none crossing another, whose likeness adds up to the most."""
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            paired = likeness[i][j] + best[i + 1][j + 1] if likeness[i][j] else 0.0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    i = j = 0
    while i < rows and j < columns:
        if likeness[i][j] and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            yield i, j
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            yield i, None
            i += 1
        else:
            yield None, j
            j += 1
    yield from ((rest, None) for rest in range(i, rows))
    yield from ((None, rest) for rest in range(j, columns))


def _moved(ours: Sequence[JSON], theirs: Sequence[JSON], pairs: Sequence[_Pair]) -> dict[int, int]:
    """Later position to earlier one, of items that left one place and appeared at another."""
    if not any(i is None for i, _ in pairs):
        return {}
    left = {_text(ours[i]): i for i, j in reversed(pairs) if j is None and i is not None}
    found: dict[int, int] = {}
    for i, j in pairs:
        if i is None and j is not None and left and (was := left.pop(_text(theirs[j]), None)) is not None:
            found[j] = was
    return found


def _text(item: JSON) -> bytes:
    """An item as text that only equal items share."""
    try:
        return orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # integers beyond 64 bits, lone surrogates, nesting beyond 254 levels
        return json.dumps(item, sort_keys=True, separators=(",", ":")).encode()


def _sort(item: JSON) -> _Sort:
    """What sort of thing an item is: its type, and of an object what it says of itself, then what it is called."""
    if not isinstance(item, dict):
        return (float if type(item) is int else type(item),), ()
    inner = [item, *(value for value in item.values() if isinstance(value, dict))]
    said = [value for each in inner for key in _TELLING if isinstance(value := each.get(key), str)]
    return (dict, *said), tuple(value for each in inner if isinstance(value := each.get("name"), str))


def _likeness(sort: _Sort, one: bytes, other_sort: _Sort, other: bytes) -> float:
    """How alike two items are, by what their texts begin and end with in common.

    Above 1 and up to 2 where they are of one sort. Where they are only called otherwise, and share most
    of their text, it is one item that was renamed, unless one of its name is there: up to 1 for a block.
    """
    if sort[0] != other_sort[0]:
        return 0.0
    shared = min(common_prefix(one, other) + common_suffix(one, other), len(one), len(other))
    share = shared / max(len(one), len(other), 1)
    if sort == other_sort:
        return 1.0 + share
    return share / BLOCK if share > RENAMED else 0.0
