"""What differs between two texts, by word: only the words that changed, and a little of what stands around them.

    told       the first few edits, in one line
    by_edit    all edits, each in a line
    by_line    the lines that changed, with two lines around them, as `diff -u` has them

Law: pure, and bounded: whatever the two texts are, comparing them costs milliseconds. What both
begin and end with is skipped at the speed of memcmp; what is left is compared by word, where it is
long by line first, and where it is longer still as one piece.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

from replaykit.core.plain import ELLIPSIS, WIDTH, harmless, line, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_Opcode: TypeAlias = "tuple[str, int, int, int, int]"

MOST = 400
"""Words, or lines, on a side that are aligned: the matcher is quadratic (400 against 400 take 10 ms at worst)."""

SHOWN = 3
"""Edits of one text that are told one by one."""

KINSHIP = 0.3
"""Texts with a smaller share of common words are two texts, not one that was edited."""

NEAR = 3
"""Words of context on either side."""

AROUND = 2
"""Lines shown on either side of lines that changed."""

LINES = 2_000
"""Lines on a side that are aligned where all of them are shown; more than that stand in each other's place."""

LONGEST = 10_000
"""Characters of one line: beyond that it is data, which nobody reads in a diff."""

_WORD = re.compile(r"\w+(?:[.,:/'’@-]\w+)*|[^\w\s]")
"""A word, a number, a time or a date in one piece (`12.5`, `don't`, `2026-11-20`), or one sign."""

_REACH = 200
"""Characters within which a word is expected to begin or end; there are longer ones (base64), but they are no words."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Words that stand on one side (`before`) where other ones stand on the other (`after`); one may be empty.

    `left` and `right` are the words around them.
    """

    before: str
    after: str
    left: str = ""
    right: str = ""

    def said(self, width: int = WIDTH) -> str:
        """The edit in one line: `"always" → "never" (in "You must … answer")`."""
        return f"{self._change(width)}{self._context()}"

    def _change(self, width: int) -> str:
        if not self.before:
            return f"added {quoted(self.after, width)}"
        if not self.after:
            return f"removed {quoted(self.before, width)}"
        return f"{quoted(self.before, width)} → {quoted(self.after, width)}"

    def _context(self) -> str:
        around = " ".join(filter(None, (self.left.strip(), ELLIPSIS, self.right.strip())))
        return f' (in "{line(around)}")' if self.left.strip() or self.right.strip() else ""


def edits(before: str, after: str) -> tuple[Edit, ...]:
    """The edits that make the one text the other, in order; none when they are equal."""
    if before == after:
        return ()
    head, tail = _frame(before, after)
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    left, right = before[max(0, head - _REACH) : head], before[len(before) - tail :][:_REACH]
    return tuple(_edits(old, new, left, right)) or (Edit(old, new, *_around(left, right)),)


def told(before: str, after: str) -> str:
    """The edits in one line, at most `SHOWN` of them."""
    found = edits(before, after)
    more = len(found) - SHOWN
    return "; ".join(edit.said() for edit in found[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


def is_brief(before: str, after: str) -> bool:
    """Whether `told` leaves nothing out."""
    found = edits(before, after)
    return len(found) <= SHOWN and all(len(text) <= WIDTH for edit in found for text in (edit.before, edit.after))


def by_edit(before: str, after: str) -> Iterator[str]:
    """All edits, each in a line."""
    return (edit.said(LONGEST) for edit in edits(before, after))


def by_line(before: str, after: str) -> Iterator[str]:
    """The lines that changed: `- was`, `+ is`, and what stands around them; each stretch begins with its place."""
    ours, theirs = before.split("\n"), after.split("\n")
    head = alike(ours, theirs)
    tail = alike(ours[head:][::-1], theirs[head:][::-1])
    skip = max(0, head - AROUND)  # what is aligned: the lines that changed and those around them
    rest = max(0, tail - AROUND)
    old, new = ours[skip : len(ours) - rest], theirs[skip : len(theirs) - rest]
    for group in _stretches(old, new, head - skip, tail - rest):
        yield f"@@ line {skip + group[0][3] + 1} @@"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (f"  {each}" for each in _shown(old[i1:i2]))
            else:
                yield from (f"- {each}" for each in _shown(old[i1:i2]))
                yield from (f"+ {each}" for each in _shown(new[j1:j2]))


def spelled(text: str) -> list[str]:
    """The lines of a text, harmless."""
    return _shown(text.removesuffix("\n").split("\n"))


def _shown(lines: Sequence[str]) -> list[str]:
    return [harmless(each if len(each) <= LONGEST else each[: LONGEST - 1] + ELLIPSIS) for each in lines]


def alike(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """How many lines two texts begin with in common."""
    return next(
        (at for at, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs))
    )


def _stretches(old: Sequence[str], new: Sequence[str], head: int, tail: int) -> Iterable[list[_Opcode]]:
    """The stretches that changed, as the matcher groups them; one stretch where it would take too long."""
    if max(len(old), len(new)) <= LINES:
        return SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND)
    ends, others = len(old) - tail, len(new) - tail
    return [
        [
            ("equal", 0, head, 0, head),
            ("replace", head, ends, head, others),
            ("equal", ends, len(old), others, len(new)),
        ]
    ]


def _frame(before: str, after: str) -> tuple[int, int]:
    """How many characters the two begin and end with in common, in whole words."""
    head = _common(before, after)
    head = _back(before, head) if head < len(before) or head < len(after) else head
    limit = min(len(before), len(after)) - head
    tail = min(limit, _common(before[::-1], after[::-1]))
    ahead = _back(before[::-1], tail)
    return head, ahead


def _common(a: str, b: str) -> int:
    """The length of the common beginning, by halving: each step is one memcmp."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _back(text: str, end: int) -> int:
    """The last place before `end` where white space ends, not farther away than words are long."""
    for place in range(end, max(0, end - _REACH), -1):
        if text[place - 1].isspace():
            return place
    return 0 if end <= _REACH else end


def _edits(old: str, new: str, left: str, right: str) -> Iterator[Edit]:
    """The edits of two stretches: by word, by line and then by word, or none where both are too long."""
    ours, theirs = _spans(old), _spans(new)
    if max(len(ours), len(theirs)) <= MOST:
        yield from _by_word(old, new, ours, theirs, (left, right))
        return
    lines, others = old.splitlines(keepends=True), new.splitlines(keepends=True)
    if max(len(lines), len(others)) > MOST:
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, lines, others, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from _block("".join(lines[i1:i2]), "".join(others[j1:j2]))


def _block(old: str, new: str) -> Iterator[Edit]:
    """The edits of lines that stand in each other's place."""
    ours, theirs = _spans(old), _spans(new)
    if max(len(ours), len(theirs)) <= MOST:
        yield from _by_word(old, new, ours, theirs, ("", ""))
    else:
        yield Edit(old, new)


def _spans(text: str) -> list[tuple[int, int]]:
    """Where the words are; one more than are aligned is enough to know that there are too many."""
    found: list[tuple[int, int]] = []
    for match in _WORD.finditer(text):
        found.append(match.span())
        if len(found) > MOST:
            break
    return found


def _by_word(
    old: str, new: str, ours: Sequence[tuple[int, int]], theirs: Sequence[tuple[int, int]], around: tuple[str, str]
) -> Iterator[Edit]:
    """The edits between words; white space counts where nothing else differs."""
    words, others = [old[a:b] for a, b in ours], [new[a:b] for a, b in theirs]
    matcher = SequenceMatcher(None, words, others, autojunk=False)
    if words and others and matcher.ratio() < KINSHIP:
        yield Edit(old.strip(), new.strip(), *_around(*around))
        return
    left, right = around
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            began = ours[i1][0] if i1 < len(ours) else len(old)
            ended = ours[i2 - 1][1] if i2 > i1 else began
            context = _around(left + old[:began], old[ended:] + right)
            yield Edit(_stretch(old, ours, i1, i2), _stretch(new, theirs, j1, j2), *context)


def _stretch(text: str, spans: Sequence[tuple[int, int]], first: int, end: int) -> str:
    """The text from the first word to the last before `end`."""
    return text[spans[first][0] : spans[end - 1][1]] if end > first else ""


def _around(left: str, right: str) -> tuple[str, str]:
    """The nearest words on both sides, on the line of the edit."""
    before = left[-_REACH:].rpartition("\n")[2].split()[-NEAR:]
    after = right[:_REACH].partition("\n")[0].split()[:NEAR]
    return " ".join(before), " ".join(after)
