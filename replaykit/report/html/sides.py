"""Two texts side by side: their lines in rows, in each line the words that are not on the other side.

    a row        left             right
    same         a line           the same line
    changed      a line           what stands in its place, both with their words marked
    gone, new    a line           nothing, or an empty line; or the other way round
    skipped      how many lines that are the same on both sides

Law: what differs is shown whole; what is the same may be left out, and then how much is said. Bounded,
as in `core.compare.words`: what both begin and end with is skipped, the rest is aligned line by line and word by
word where it is short enough, and stands in each other's place where it is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING, Literal, TypeAlias

from replaykit.core.compare.words import AROUND, KINSHIP, LINES, MOST, alike
from replaykit.core.plain import ELLIPSIS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Sort: TypeAlias = Literal["same", "changed", "gone", "new", "skipped"]

FEWEST = 3
"""Lines that are worth skipping: in place of fewer, the words that say so would be longer."""

LONG, KEPT = 600, 200
"""Characters of a stretch that is the same and shown whole; of a longer one, those at either end."""

_TOKEN = re.compile(r"\w+(?:[.,:/'’@-]\w+)*|\s+|[^\w\s]")
"""A word, a number or a date in one piece, white space, or one sign: laid end to end they are the line."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a line; `marked` when it is not on the other side, `ours` when it says what was left out."""

    text: str
    marked: bool = False
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row: both sides are empty where `skipped` lines are left out."""

    sort: Sort
    left: tuple[Stretch, ...] = ()
    right: tuple[Stretch, ...] = ()
    skipped: int = 0


_Sides: TypeAlias = tuple[tuple[Stretch, ...], tuple[Stretch, ...]]


def rows(before: str, after: str) -> tuple[Row, ...]:
    """The rows of two texts; lines far from any that changed are skipped."""
    if before.endswith("\n") and after.endswith("\n"):  # the line feed that ends both begins no line
        before, after = before[:-1], after[:-1]
    ours, theirs = before.split("\n"), after.split("\n")
    found: list[Row] = []
    codes = list(_blocks(ours, theirs))
    for at, (equal, i1, i2, j1, j2) in enumerate(codes):
        if equal:
            found += _same(ours[i1:i2], first=not at, last=at == len(codes) - 1)
        else:
            found += _replaced(ours[i1:i2], theirs[j1:j2])
    return tuple(found)


def _blocks(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[bool, int, int, int, int]]:
    """The stretches of lines that are equal, and those that stand in each other's place."""
    head = alike(ours, theirs)
    tail = alike(ours[head:][::-1], theirs[head:][::-1])
    old, new = ours[head : len(ours) - tail], theirs[head : len(theirs) - tail]
    if head:
        yield True, 0, head, 0, head
    if max(len(old), len(new)) > LINES:
        yield False, head, head + len(old), head, head + len(new)
    else:
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            yield tag == "equal", head + i1, head + i2, head + j1, head + j2
    if tail:
        yield True, len(ours) - tail, len(ours), len(theirs) - tail, len(theirs)


def _same(lines: Sequence[str], *, first: bool, last: bool) -> Iterator[Row]:
    """Lines that are equal: a few next to what changed, the others by their number."""
    ahead, behind = (0 if first else AROUND), (0 if last else AROUND)
    skipped = len(lines) - ahead - behind
    if skipped < FEWEST:
        ahead, skipped, behind = len(lines), 0, 0
    yield from map(_row, lines[:ahead])
    if skipped:
        yield Row("skipped", skipped=skipped)
    yield from map(_row, lines[len(lines) - behind :])


def _row(line: str) -> Row:
    shown = tuple(_elided(line))
    return Row("same", shown, shown)


def _replaced(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[Row]:
    edited = max(len(ours), len(theirs)) <= MOST
    for one, other in zip_longest(ours, theirs, fillvalue=""):
        if not other:
            yield Row("gone", (Stretch(one),))
        elif not one:
            yield Row("new", right=(Stretch(other),))
        else:
            yield Row("changed", *(_words if edited else _whole)(one, other))


def _whole(before: str, after: str) -> _Sides:
    """Two lines of texts that were written anew: nothing in them is worth comparing."""
    return (Stretch(before, marked=True),), (Stretch(after, marked=True),)


def _elided(text: str) -> Iterator[Stretch]:
    """A stretch that is the same on both sides, without its middle where it is long."""
    if len(text) <= LONG:
        yield Stretch(text)
        return
    yield Stretch(text[:KEPT])
    yield Stretch(f" {ELLIPSIS} {len(text) - 2 * KEPT:,} characters the same {ELLIPSIS} ", ours=True)
    yield Stretch(text[-KEPT:])


def _words(before: str, after: str) -> _Sides:
    """Two lines with the words marked that are not on the other side."""
    ours, theirs = _TOKEN.findall(before), _TOKEN.findall(after)
    head = alike(ours, theirs)
    tail = alike(ours[head:][::-1], theirs[head:][::-1])
    old, new = ours[head : len(ours) - tail], theirs[head : len(theirs) - tail]
    left, right = [True] * len(old), [True] * len(new)
    if max(len(old), len(new)) <= MOST:
        _unmark(old, new, left, right, kin=head + tail > 0)
    frame, end = [False] * head, [False] * tail
    return _joined(ours, [*frame, *left, *end]), _joined(theirs, [*frame, *right, *end])


def _unmark(old: Sequence[str], new: Sequence[str], left: list[bool], right: list[bool], *, kin: bool) -> None:
    """The marks without the words that both sides have, unless they are two texts and not one that was edited."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    alike = sum(_count(old[block.a : block.a + block.size]) for block in blocks)
    if not kin and 2 * alike < KINSHIP * (_count(old) + _count(new)):
        return
    for block in blocks:
        if _count(old[block.a : block.a + block.size]):
            left[block.a : block.a + block.size] = [False] * block.size
            right[block.b : block.b + block.size] = [False] * block.size


def _count(tokens: Sequence[str]) -> int:
    """How many of them are no white space."""
    return sum(not token.isspace() for token in tokens)


def _joined(tokens: Sequence[str], marks: Sequence[bool]) -> tuple[Stretch, ...]:
    """The tokens as stretches, neighbours of one sort together; white space around a marked word is not marked."""
    groups = groupby(zip(tokens, marks, strict=True), key=lambda pair: pair[1])
    found = [("".join(token for token, _ in group), marked) for marked, group in groups]
    return tuple(stretch for text, marked in found for stretch in _trimmed(text, marked=marked))


def _trimmed(text: str, *, marked: bool) -> Iterator[Stretch]:
    """A stretch; of a marked one, the white space around it is not."""
    core = text.strip()
    if not marked:
        yield from _elided(text)
    elif not core:
        yield Stretch(text, marked=True)
    else:
        start = text.index(core)
        parts = ((text[:start], False), (core, True), (text[start + len(core) :], False))
        yield from (Stretch(part, sign) for part, sign in parts if part)
