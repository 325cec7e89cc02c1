"""Secrets that a stream cut into pieces: found over its deltas added up, hidden where they stand.

Law: the strings at one place of successive events are one text, whatever cut it. Only the bytes of
a secret inside its string literals change; events, their order and every other byte stay.

Which strings belong together is not asked of any provider. Strings are added up in three ways, and
a secret found in any of them is hidden:

    by                                       so that these are found
    the path, and the indexes and ids on it  parallel blocks, choices and tool calls
    the path                                 events that are numbered
    the last key, with those indexes         a text that a first event of another shape begins

Streams without a secret, which is nearly all, pay for a parse and one search over all the texts;
where each string stands is worked out only when that search finds something.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from heapq import merge
from itertools import accumulate
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias

import orjson

from replaykit.core.redact.edit import Edit, settle
from replaykit.core.stream import events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from replaykit.core.model import JSON
    from replaykit.core.redact.field import Untouchable

_Find: TypeAlias = "Callable[[bytes], list[Edit]]"
_Spans: TypeAlias = tuple[tuple[int, int], ...]
_Place: TypeAlias = tuple[str, str, str]
"""Where a string stands in its event: its path, the indexes and ids on that path, its last key."""
_Said: TypeAlias = tuple[int, str]
"""The number of an event, and a string in it."""

_WAYS: Final[tuple[Callable[[_Place], _Place], ...]] = (
    lambda place: place,
    lambda place: (place[0], "", ""),
    lambda place: ("", place[1], place[2]),
)
"""What strings must have in common to be one text: the table above."""

_MARKS = ("index", "output_index", "content_index", "summary_index", "item_id", "id")
"""Keys that tell texts apart which grow side by side."""
_MARKED = frozenset(_MARKS)
_SCALARS = frozenset({int, str})
_PLAIN: _Place = ("", "", "")
"""The place of what is no JSON: all of it is one text."""
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|([{}\[\],])')
_CHARACTERS = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.|[^\\]+", re.DOTALL)
_GAP = "\0"
"""Between texts that have nothing to do with each other."""
_NO_JSON = object()


@dataclass(frozen=True, slots=True)
class Finders:
    """What is looked for in a text that was added up.

    `every` finds all there is, `known` only known secrets, in texts that repeat one constant;
    `longest` is the size in bytes of the longest known secret; `heads` are how known secrets begin,
    for one that a cut stream ends in.
    """

    every: _Find
    known: _Find
    untouchable: Untouchable
    longest: int
    heads: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """One string of one event: where it stands in the body (without its quotes), what it says, where in the event."""

    start: int
    end: int
    text: bytes
    place: _Place
    literal: bool


def find(body: bytes, content_type: str, finders: Finders) -> list[Edit]:
    """The edits that hide what stands in the deltas added up, in any of the three ways."""
    documents = [event.spans for event in events(body, content_type) if event.spans]
    if not _suspicious(body, documents, finders):
        return []
    pieces = [piece for spans in documents for piece in _pieces(body, spans, finders.untouchable)]
    found: list[list[Edit]] = []
    for way in _WAYS:
        texts: defaultdict[_Place, list[_Piece]] = defaultdict(list)
        for piece in pieces:
            texts[way(piece.place)].append(piece)
        for text in texts.values():
            found += _over(body, text, finders)
    found.sort(
        key=lambda edits: sum(edit.start - edit.end for edit in edits)
    )  # what one way cut short, another has whole
    return settle(edit for edits in found for edit in edits)


def _suspicious(body: bytes, documents: Sequence[_Spans], finders: Finders) -> bool:
    """True when any text, added up in any way, holds something to hide."""
    said: defaultdict[_Place, list[_Said]] = defaultdict(list)
    for number, spans in enumerate(documents):
        data = _joined(body, spans)
        document = _parsed(data)
        if document is _NO_JSON:
            said[_PLAIN].append((number, data.decode("utf-8", "replace")))
        else:
            for place, text in _strings(document, finders.untouchable):
                said[place].append((number, text))
    constant, growing = set(), set()
    for texts in _added_up(said):
        if _is_constant(texts):
            constant.add(_repeated(texts[0], finders.longest))
        else:
            growing.add("".join(texts))
    grown = _bytes(_GAP.join(growing))
    cut = any(head in grown for head in finders.heads)
    return cut or bool(finders.every(grown) or finders.known(_bytes(_GAP.join(constant))))


def _added_up(said: dict[_Place, list[_Said]]) -> Iterator[list[str]]:
    """The strings of every text, in each of the ways in which they may belong together."""
    yield from ([text for _, text in strings] for strings in said.values())
    for way in _WAYS[1:]:
        texts: defaultdict[_Place, list[list[_Said]]] = defaultdict(list)
        for place, strings in said.items():
            texts[way(place)].append(strings)
        yield from (
            [text for _, text in merge(*parts, key=itemgetter(0))] for parts in texts.values() if len(parts) > 1
        )


def _is_constant(texts: Sequence[str] | Sequence[bytes]) -> bool:
    """True when a text is one value over and over, as a type or an id is."""
    return len(texts) > 1 and len(set(texts)) == 1


def _repeated(text: str, longest: int) -> str:
    """A constant as often as it takes to hold any secret that it could make up."""
    return text * (longest // len(text) + 2) if text else ""


def _bytes(text: str) -> bytes:
    """A text as UTF-8, halves of surrogate pairs included."""
    return text.encode("utf-8", "surrogatepass")


def _joined(body: bytes, spans: _Spans) -> bytes:
    """The data of one event, its lines joined."""
    return b"\n".join([body[start:end] for start, end in spans])


def _parsed(data: bytes) -> JSON | object:
    """The document that an event's data is, or `_NO_JSON`."""
    document: JSON
    try:
        document = orjson.loads(data)
    except ValueError:
        try:  # reads what the fast one refuses: halves of surrogate pairs, NaN
            document = json.loads(data)
        except (ValueError, RecursionError):
            return _NO_JSON
    return document


def _strings(document: JSON | object, untouchable: Untouchable) -> Iterator[tuple[_Place, str]]:
    """The strings of a document but the untouchable ones; by a stack, for depth is the sender's choice."""
    if isinstance(document, str):
        yield _PLAIN, document
    stack: list[tuple[object, str, str]] = [(document, "", "")]
    while stack:
        value, path, marks = stack.pop()
        items: Iterable[tuple[object, object]] = ()
        if isinstance(value, dict):
            items = value.items()
            if not _MARKED.isdisjoint(value):
                marks += _marks(value)
        elif isinstance(value, list):
            items = enumerate(value)
        for key, item in items:
            kind = type(item)
            if kind is str:
                if not untouchable.holds(key, value):
                    yield (f"{path}/{key}", marks, f"{key}"), item  # type: ignore[misc]
            elif kind is dict or kind is list:
                stack.append((item, f"{path}/{key}", marks))


def _marks(value: dict[str, JSON]) -> str:
    """The indexes and ids of an object, as one text."""
    return "".join([f"{mark}={value[mark]}," for mark in _MARKS if mark in value and type(value[mark]) in _SCALARS])


def _pieces(body: bytes, spans: _Spans, untouchable: Untouchable) -> Iterator[_Piece]:
    """The strings of one event with their places in the body; a text that is no JSON is one per line."""
    data = _joined(body, spans)
    document = _parsed(data)
    if document is _NO_JSON:
        for start, end in spans:
            yield _Piece(start, end, body[start:end], _PLAIN, literal=False)
        return
    places = {place[0]: place for place, _ in _strings(document, untouchable)}
    lines = [0, *accumulate(end - start + 1 for start, end in spans)]
    for path, start, end in _located(data):
        if path in places:
            line = bisect_right(lines, start) - 1
            by = spans[line][0] - lines[line]  # a string never spans lines
            yield _Piece(start + by, end + by, _said(data[start:end]), places[path], literal=True)


def _located(data: bytes) -> Iterator[tuple[str, int, int]]:
    """The path and the span, without quotes, of every string value of a JSON document."""
    places: list[_Container] = []
    for token in _TOKEN.finditer(data):
        match token[2]:
            case b"{" | b"[":
                places.append(_Container(places[-1].path() if places else "", None if token[2] == b"{" else 0))
            case b"}" | b"]":
                places.pop()
            case b",":
                places[-1].next()
            case _ if places and places[-1].key is None:
                places[-1].key = json.loads(token[0])
            case _:
                yield places[-1].path() if places else "", token.start(1), token.end(1)


@dataclass(slots=True)
class _Container:
    """An array or an object under way; `key` is the current item's index or name, None before a name."""

    parent: str
    key: str | int | None

    def path(self) -> str:
        """The path of the current item."""
        return f"{self.parent}/{self.key}"

    def next(self) -> None:
        """Go on to the next item."""
        self.key = self.key + 1 if isinstance(self.key, int) else None


def _said(literal: bytes) -> bytes:
    """What a string literal says, as UTF-8; `literal` is without its quotes."""
    if b"\\" not in literal:
        return literal
    text: str = json.loads(b'"' + literal + b'"', strict=False)
    return _bytes(text)


def _over(body: bytes, pieces: Sequence[_Piece], finders: Finders) -> Iterator[list[Edit]]:
    """What is found in one text that is cut into pieces, each as its edits: of the first piece to the stand-in."""
    texts = [piece.text for piece in pieces]
    ends = list(accumulate(map(len, texts)))
    finder = finders.known if _is_constant(texts) or _is_mixed(pieces) else finders.every
    for edit in finder(b"".join(texts)):
        edits: list[Edit] = []
        for at in range(bisect_right(ends, edit.start), bisect_left(ends, edit.end) + 1):
            begin = ends[at] - len(texts[at])
            within = (max(edit.start - begin, 0), min(edit.end - begin, len(texts[at])))
            if texts[at]:
                edits.append(_placed(body, pieces[at], within, replace(edit, names=()) if edits else edit))
        yield edits


def _is_mixed(pieces: Sequence[_Piece]) -> bool:
    """True when several texts that grow were put together: a shape may not go on from one into the other."""
    marks = {piece.place[1] for piece in pieces}
    return 1 < len(marks) < len(pieces)


def _placed(body: bytes, piece: _Piece, within: tuple[int, int], edit: Edit) -> Edit:
    """An edit of what a piece says as an edit of the body; one without names takes away and puts nothing."""
    text = edit.text if edit.names else b""
    if not piece.literal:
        return Edit(piece.start + within[0], piece.start + within[1], text, edit.names)
    start, end = _written(body[piece.start : piece.end], *within)
    escaped = _bytes(json.dumps(text.decode("utf-8", "surrogateescape"), ensure_ascii=False)[1:-1])
    return Edit(piece.start + start, piece.start + end, escaped, edit.names)


def _written(literal: bytes, start: int, end: int) -> tuple[int, int]:
    """Where a part of what a string literal says is written in it."""
    said, begin = 0, -1
    for token in _CHARACTERS.finditer(literal):
        escaped = token[0].startswith(b"\\")
        size = len(_said(token[0])) if escaped else len(token[0])
        if begin < 0 and start < said + size:
            begin = token.start() + (0 if escaped else start - said)
        if end <= said + size:
            return begin, token.end() if escaped else token.start() + end - said
        said += size
    return begin, len(literal)
