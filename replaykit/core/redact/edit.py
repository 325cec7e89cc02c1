"""Edits: which bytes of a body are replaced, by what, and under which names.

Law: finders only say what they found; one place settles what overlaps and applies it, so that every
byte outside an edit stays as it came.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_CUT = re.compile(rb"(?<!\\)(?:\\\\)*(\\(?:u[0-9A-Fa-f]{0,3})?)\Z|(%[0-9A-Fa-f]?)\Z")
"""The first half of an escape, as JSON (`\\`, `\\u00`) and URLs (`%2`) have them."""
_TRAILING = re.compile(rb"(?<!\\)(?:\\\\)*\\\Z")
_HEX = re.compile(rb"[0-9A-Fa-f]")
_FAR = 64
"""Bytes: no text has more backslashes in a row by other means than ill will."""


@dataclass(frozen=True, slots=True)
class Edit:
    """The bytes from `start` to `end` become `text`; `names` are what was hidden there, one per occurrence."""

    start: int
    end: int
    text: bytes
    names: tuple[str, ...]

    def moved(self, by: int) -> Edit:
        """The same edit, `by` bytes further on."""
        return Edit(self.start + by, self.end + by, self.text, self.names)


def settle(edits: Iterable[Edit]) -> list[Edit]:
    """The edits in order, none overlapping: the outermost wins, of equal ones the first that was found.

    Where two overlap in part, both are one edit with the first one's text: nothing of either may stay.
    """
    settled: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, -edit.end)):
        last = settled[-1] if settled else None
        if last is None or edit.start >= last.end:
            settled.append(edit)
        elif edit.end > last.end:
            settled[-1] = replace(last, end=edit.end, names=last.names + edit.names)
    return settled


def changing(data: bytes, edits: Iterable[Edit]) -> list[Edit]:
    """The edits that change a byte; a stand-in that replaces itself is none."""
    return [edit for edit in edits if data[edit.start : edit.end] != edit.text]


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The data after settled edits."""
    parts, at = [], 0
    for edit in edits:
        parts += [data[at : edit.start], edit.text]
        at = edit.end
    return b"".join((*parts, data[at:]))


def shift(lengths: Sequence[int], edits: Sequence[Edit]) -> tuple[int, ...]:
    """The lengths of the same chunks after settled edits: a replaced text lies in the chunk where it started.

    A chunk that held nothing but the rest of a replaced text is empty afterwards; none disappears.
    """
    ends = [edit.end for edit in edits]
    gained = [0, *accumulate(len(edit.text) - (edit.end - edit.start) for edit in edits)]

    def moved(place: int) -> int:
        """Where a boundary lies afterwards; one inside an edit moves behind its text."""
        done = bisect_left(ends, place)
        if done < len(edits) and edits[done].start < place:
            return ends[done] + gained[done + 1]
        done += done < len(edits) and ends[done] == place
        return place + gained[done]

    bounds = [0, *(moved(place) for place in accumulate(lengths))]
    return tuple(after - before for before, after in pairwise(bounds))


def wide(data: bytes, edit: Edit) -> Edit:
    """The edit with the whole of an escape that it starts inside: nothing may stay, and the rest must parse."""
    cut = _CUT.search(data, max(0, edit.start - _FAR), edit.start)
    if cut and (cut[1] or _HEX.match(data, edit.start)):
        return replace(edit, start=edit.start - len(cut[1] or cut[2]))
    return edit


def snug(data: bytes, edit: Edit) -> Edit | None:
    """The edit without the halves of escapes at its ends; None when nothing else is left."""
    start, end = edit.start, edit.end
    cut = _CUT.search(data, max(0, start - _FAR), start)
    if cut and cut[1]:
        start += 1 if cut[1] == b"\\" and data[start : start + 1] != b"u" else 6 - len(cut[1])
    if _TRAILING.search(data, start, max(start, end)):
        end -= 1
    return replace(edit, start=start, end=end) if start < end else None


def names(edits: Iterable[Edit]) -> tuple[str, ...]:
    """What the edits hid, one name per occurrence."""
    return tuple(name for edit in edits for name in edit.names)
