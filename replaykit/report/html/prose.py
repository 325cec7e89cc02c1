"""Recorded text as it stands on a page: in pieces that may look different, its beginning first where it is long.

    text        what pieces it has
    prose       fenced code, headings, `code` and **bold** words, and the rest as it is
    JSON        member names, strings, numbers and words, and the signs between them
    else        one piece

Law: every character of the text stands in exactly one piece, and the pieces stand in its order. A look
is put over the text and takes nothing away: what a model wrote is shown, and not what it may have meant.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from replaykit.core.plain import counted, measure
from replaykit.providers.shape import parse, print_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from replaykit.core.model import JSON

Look: TypeAlias = Literal["", "code", "head", "tick", "bold", "key", "str", "num", "word"]
Font: TypeAlias = Literal["prose", "mono"]

LINES = 24
"""Lines of a long text that stand before its fold: half a screen."""

FEW = 8
"""Lines of one that stands nearby, too, as a tool's result does when a model is told of it."""

WIDE = 75
"""Characters that a line has on average, where a text has no lines."""

SLACK = 1.5
"""How much longer a text has to be than what stands before its fold: a fold over three lines is a nuisance."""

BRIEF = 72
"""Characters of a JSON value that stands on one line."""

SPREAD = 8
"""How much longer JSON may be in lines than on one: 20 levels of small values are about as much."""

COLOURED = 20_000
"""Characters of a JSON text that is taken apart: a longer one is data, and its pieces would weigh more than it."""

_FENCE = re.compile(r"^(?:```|~~~).*?(?:^(?:```|~~~)[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_MARKED = re.compile(r"^#{1,6} [^\n]*|`[^`\n]+`|\*\*[^*\n]+\*\*", re.MULTILINE)
_JSON = re.compile(r'("(?:[^"\\]|\\.)*+")(\s*:)?|(-?\d[\d.eE+-]*)|(true|false|null)')
_LOOKS: dict[str, Look] = {"#": "head", "`": "tick", "*": "bold"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text, and how it looks."""

    text: str
    look: Look = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text as it is shown: `head` at once, `rest` in a fold that `more` describes (`31 lines more, 2.4 kB`)."""

    head: tuple[Piece, ...] = ()
    rest: tuple[Piece, ...] = ()
    more: str = ""
    font: Font = "prose"

    @property
    def brief(self) -> bool:
        """Whether it stands on one line."""
        return not self.rest and all("\n" not in piece.text for piece in self.head)


EMPTY = Passage()
"""A passage that says nothing."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object that is shown with its texts in their own lines."""

    name: str
    value: Passage


def prose(text: str) -> Passage:
    """What somebody said; its white space at the end is not shown."""
    return _folded(list(_prose(text.rstrip())), "prose")


def code(text: str, lines: int = LINES) -> Passage:
    """What a program printed or sent, so many lines of it before the fold; JSON set as JSON."""
    value = parse(text) if text.lstrip()[:1] in ("{", "[") and len(text) <= COLOURED else None
    return _folded([Piece(text.removesuffix("\n"))], "mono", lines) if value is None else document(value, lines)


def document(value: JSON, lines: int = LINES) -> Passage:
    """A JSON value: on one line where it fits, else indented, so many lines of it before the fold."""
    text = _printed(value) or print_json(value)
    if len(text) > BRIEF:
        text = indented(value) or text
    return _folded(list(_json(text)) if len(text) <= COLOURED else [Piece(text)], "mono", lines)


def members(value: JSON) -> tuple[Member, ...]:
    """The members of an object one of which is a text of several lines; none for any other value.

    A program or a letter among the arguments of a call is read in its lines, not in JSON's escapes.
    """
    if not isinstance(value, dict) or not any(isinstance(each, str) and "\n" in each for each in value.values()):
        return ()
    return tuple(
        Member(name, code(each) if isinstance(each, str) and "\n" in each else document(each))
        for name, each in value.items()
    )


def indented(value: JSON) -> str:
    """JSON in lines; empty where it is nested beyond reason, for then it is mostly white space."""
    text = _printed(value, 2)
    return text if len(text) <= SPREAD * len(print_json(value)) else ""


def _printed(value: JSON, indent: int | None = None) -> str:
    """JSON as people set it; empty where it is nested beyond what can be printed."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=indent)
    except (ValueError, RecursionError):
        return ""


def _prose(text: str) -> Iterator[Piece]:
    start = 0
    for fence in _FENCE.finditer(text):
        yield from _marked(text[start : fence.start()])
        yield Piece(fence[0], "code")
        start = fence.end()
    yield from _marked(text[start:])


def _marked(text: str) -> Iterator[Piece]:
    start = 0
    for found in _MARKED.finditer(text):
        yield from _plain(text[start : found.start()])
        yield Piece(found[0], _LOOKS[found[0][0]])
        start = found.end()
    yield from _plain(text[start:])


def _json(text: str) -> Iterator[Piece]:
    start = 0
    for found in _JSON.finditer(text):
        yield from _plain(text[start : found.start()])
        string, colon, number, word = found.groups()
        if string is not None:
            yield Piece(string, "str" if colon is None else "key")
            yield from _plain(colon or "")
        else:
            yield Piece(number or word, "num" if number else "word")
        start = found.end()
    yield from _plain(text[start:])


def _plain(text: str) -> Iterator[Piece]:
    if text:
        yield Piece(text)


def _folded(pieces: Sequence[Piece], font: Font, most: int = LINES) -> Passage:
    """The pieces, those behind the first so many lines in the fold."""
    lines, letters = _extent(pieces)
    if lines <= most * SLACK and letters <= most * WIDE * SLACK:
        return Passage(tuple(pieces), font=font)
    head, rest = _cut(pieces, most)
    lines, _ = _extent(rest)
    size = measure(sum(len(piece.text.encode("utf-8", "replace")) for piece in rest))
    return Passage(tuple(head), tuple(rest), f"{counted(lines, 'line')} more, {size}", font)


def _extent(pieces: Iterable[Piece]) -> tuple[int, int]:
    """Lines and characters."""
    texts = [piece.text for piece in pieces]
    return 1 + sum(text.count("\n") for text in texts), sum(map(len, texts))


def _cut(pieces: Sequence[Piece], lines: int) -> tuple[list[Piece], list[Piece]]:
    """The pieces before the fold, and those in it; the cut is at the end of a line where one is near."""
    letters = lines * WIDE
    for at, piece in enumerate(pieces):
        place = _place(piece.text, lines, letters)
        if place < len(piece.text):
            ahead, behind = Piece(piece.text[:place], piece.look), Piece(piece.text[place:], piece.look)
            return [*pieces[:at], ahead], [behind, *pieces[at + 1 :]]
        lines -= piece.text.count("\n")
        letters -= len(piece.text)
    return list(pieces), []


def _place(text: str, lines: int, letters: int) -> int:
    """How many characters of a text fit into so many lines and characters, without empty lines at their end."""
    end = 0
    for _ in range(lines):
        following = text.find("\n", end) + 1
        if not following or following > letters:
            break
        end = following
    else:
        return _ended(text, end)
    if len(text) <= letters:
        return len(text)
    return _ended(text, end) if end > letters // 2 else max(letters, 0)


def _ended(text: str, end: int) -> int:
    """The end of the last line before a place that is not empty."""
    return min(len(text[:end].rstrip("\n")) + 1, end)
