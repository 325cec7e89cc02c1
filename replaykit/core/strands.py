"""What a stream adds up to: the strings of its events laid end to end, and where each piece of them stands.

Law: the strings at one place of successive events are one text, whatever cut it. Which strings belong
together is not asked of any provider. They are added up in three ways, so that what is looked for is
found in one of them:

    by                                       so that these are found
    the path, and the indexes and ids on it  parallel blocks, choices and tool calls
    the path                                 events that are numbered
    the last key, with those indexes         a text that a first event of another shape begins

Reading the texts takes a parse (`texts`); where each piece stands in the body is worked out apart
(`strands`), for those few streams in which something was found.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from heapq import merge
from itertools import accumulate
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias

import orjson

from replaykit.core.stream import events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from replaykit.core.model import JSON

Spans: TypeAlias = tuple[tuple[int, int], ...]
"""Where the data of one event stands in the body, line by line."""
Place: TypeAlias = tuple[str, str, str]
"""Where a string stands in its event: its path, the indexes and ids on that path, its last key."""
Skip: TypeAlias = "Callable[[object, object], bool]"
"""Whether the string of this key in this object is left out."""
_Said: TypeAlias = tuple[int, str]
"""The number of an event, and a string in it."""

WAYS: Final[tuple[Callable[[Place], Place], ...]] = (
    lambda place: place,
    lambda place: (place[0], "", ""),
    lambda place: ("", place[1], place[2]),
)
"""What strings must have in common to be one text: the table above."""

_MARKS = ("index", "output_index", "content_index", "summary_index", "item_id", "id")
"""Keys that tell texts apart which grow side by side."""
_MARKED = frozenset(_MARKS)
_SCALARS = frozenset({int, str})
_PLAIN: Place = ("", "", "")
"""The place of what is no JSON: all of it is one text."""
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|([{}\[\],])')
_CHARACTERS = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.|[^\\]+", re.DOTALL)
_NO_JSON = object()


def _every(_key: object, _within: object) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Piece:
    """One string of one event: where it stands in the body (without its quotes), what it says, where in the event.

    `literal`: it stands there as JSON writes it, escapes and all.
    """

    start: int
    end: int
    text: bytes
    place: Place
    literal: bool


def documents(body: bytes, content_type: str) -> list[Spans]:
    """Where the data of each event of a stream stands; empty for what is no stream."""
    return [event.spans for event in events(body, content_type) if event.spans]


def texts(body: bytes, documents: Sequence[Spans], skip: Skip = _every) -> Iterator[list[str]]:
    """The strings of every text, in each of the ways in which they may belong together."""
    said: defaultdict[Place, list[_Said]] = defaultdict(list)
    for number, spans in enumerate(documents):
        data = _joined(body, spans)
        document = _parsed(data)
        if document is _NO_JSON:
            said[_PLAIN].append((number, data.decode("utf-8", "replace")))
        else:
            for place, text in _strings(document, skip):
                said[place].append((number, text))
    yield from ([text for _, text in strings] for strings in said.values())
    for way in WAYS[1:]:
        together: defaultdict[Place, list[list[_Said]]] = defaultdict(list)
        for place, strings in said.items():
            together[way(place)].append(strings)
        yield from (
            [text for _, text in merge(*parts, key=itemgetter(0))] for parts in together.values() if len(parts) > 1
        )


def strands(body: bytes, documents: Sequence[Spans], skip: Skip = _every) -> Iterator[list[Piece]]:
    """The same texts, piece by piece, with where each piece stands in the body."""
    pieces = [piece for spans in documents for piece in _pieces(body, spans, skip)]
    for way in WAYS:
        together: defaultdict[Place, list[Piece]] = defaultdict(list)
        for piece in pieces:
            together[way(piece.place)].append(piece)
        yield from together.values()


def is_constant(texts: Sequence[str] | Sequence[bytes]) -> bool:
    """True when a text is one value over and over, as a type or an id is."""
    return len(texts) > 1 and len(set(texts)) == 1


def parts(pieces: Sequence[Piece], start: int, end: int, ends: Sequence[int] = ()) -> list[tuple[Piece, int, int]]:
    """The pieces over which a stretch of their text extends, each with the part of what it says.

    `ends` are the offsets at which each piece ends in the text, for who asks often.
    """
    ends = ends or list(accumulate(len(piece.text) for piece in pieces))
    found = []
    for at in range(bisect_right(ends, start), min(bisect_left(ends, end) + 1, len(ends))):
        size = len(pieces[at].text)
        begin = ends[at] - size
        if size:
            found.append((pieces[at], max(start - begin, 0), min(end - begin, size)))
    return found


def written(body: bytes, piece: Piece, start: int, end: int) -> tuple[int, int]:
    """Where in the body a part of what a piece says is written, escapes and all."""
    if not piece.literal:
        return piece.start + start, piece.start + end
    low, high = _written(body[piece.start : piece.end], start, end)
    return piece.start + low, piece.start + high


def spelled(piece: Piece, text: bytes) -> bytes:
    """A text as it is written in a piece."""
    if not piece.literal:
        return text
    return as_bytes(json.dumps(text.decode("utf-8", "surrogateescape"), ensure_ascii=False)[1:-1])


def as_bytes(text: str) -> bytes:
    """A text as UTF-8, halves of surrogate pairs included."""
    return text.encode("utf-8", "surrogatepass")


def _joined(body: bytes, spans: Spans) -> bytes:
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


def _strings(document: JSON | object, skip: Skip) -> Iterator[tuple[Place, str]]:
    """The strings of a document but those that are left out; by a stack, for depth is the sender's choice."""
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
                if not skip(key, value):
                    yield (f"{path}/{key}", marks, f"{key}"), item  # type: ignore[misc]
            elif kind is dict or kind is list:
                stack.append((item, f"{path}/{key}", marks))


def _marks(value: dict[str, JSON]) -> str:
    """The indexes and ids of an object, as one text."""
    return "".join([f"{mark}={value[mark]}," for mark in _MARKS if mark in value and type(value[mark]) in _SCALARS])


def _pieces(body: bytes, spans: Spans, skip: Skip) -> Iterator[Piece]:
    """The strings of one event with their places in the body; a text that is no JSON is one per line."""
    data = _joined(body, spans)
    document = _parsed(data)
    if document is _NO_JSON:
        for start, end in spans:
            yield Piece(start, end, body[start:end], _PLAIN, literal=False)
        return
    places = {place[0]: place for place, _ in _strings(document, skip)}
    lines = [0, *accumulate(end - start + 1 for start, end in spans)]
    for path, start, end in _located(data):
        if path in places:
            line = bisect_right(lines, start) - 1
            by = spans[line][0] - lines[line]  # a string never spans lines
            yield Piece(start + by, end + by, _said(data[start:end]), places[path], literal=True)


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
    return as_bytes(text)


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
