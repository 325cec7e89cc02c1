"""What several wordings of one text have in common: their frame, and the gaps in which they differ.

    It is 57 °F. Seat 12A.    It is 57 °F. Seat 8A.      the frame: It is 57 °F. Seat […].
    It is 57 °F. Seat 26A.    fits
    It is 14 °C. Seat 26A.    does not: it lacks 57

Law: a text that may fit in several ways is aligned in one, and does not fit when that one fails. A change
that is marked as noise is a change that nobody sees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 4_000
"""Words that are aligned; of longer texts nothing is said (aligning takes a second there)."""

_WORDS = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Frame:
    """The words that all have, and before which of them (counted from 0, the end included) some have others."""

    words: tuple[str, ...]
    gaps: frozenset[int]

    def fits(self, text: str) -> bool:
        """Whether a text has all of the frame, and others only in its gaps."""
        words = _WORDS.findall(text)
        if max(len(words), len(self.words)) > MOST:
            return not self.words
        opcodes = SequenceMatcher(None, self.words, words, autojunk=False).get_opcodes()
        return all(tag == "equal" or (tag == "insert" and start in self.gaps) for tag, start, *_ in opcodes)


def framed(texts: Sequence[str]) -> Frame:
    """The frame of some texts, of which there is one at least."""
    first, *others = (_WORDS.findall(text) for text in texts)
    frame = Frame(tuple(first), frozenset())
    for words in others:
        if max(len(words), len(frame.words)) > MOST:
            return Frame((), frozenset({0}))
        frame = _narrowed(frame, words)
    return frame


def _narrowed(frame: Frame, words: Sequence[str]) -> Frame:
    """What is left of a frame beside one more text."""
    kept: list[str] = []
    gaps: set[int] = set()
    for tag, start, end, *_ in SequenceMatcher(None, frame.words, words, autojunk=False).get_opcodes():
        if tag != "equal":
            gaps.add(len(kept))
            continue
        for at in range(start, end):
            if at in frame.gaps:
                gaps.add(len(kept))
            kept.append(frame.words[at])
    if len(frame.words) in frame.gaps:
        gaps.add(len(kept))
    return Frame(tuple(kept), frozenset(gaps))
