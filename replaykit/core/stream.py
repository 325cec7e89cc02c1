"""Streams of events as bytes: server-sent events, NDJSON and arrays, cut into events and never changed.

Law: the spans of the events, laid end to end, are the body. What an event says is read from its
bytes; nothing is ever written back from what was read, so an edit inside one span leaves every
other byte as it came.

    format                  an event ends at        its data                        lines end with
    text/event-stream       an empty line           its `data` fields, joined       LF, CR or CRLF
    application/x-ndjson    the end of its line     the line                        LF
    an array of objects     its comma               the object                      -

Services send streams under other names, too: `kind` looks at the body where its type says nothing.
Server-sent events are read as the WHATWG HTML standard, section 9.2.6, has it, with one addition:
bytes that no client would dispatch (comments, `retry:`, a torn end) are events too, without data or
marked as torn, since they also belong to the body. AWS event streams are binary and are not cut.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

SSE = "text/event-stream"
RECORDS = "application/x-ndjson"
NDJSON = frozenset(
    {
        RECORDS,
        "application/json-lines",
        "application/jsonl",
        "application/jsonlines",
        "application/ndjson",
        "application/stream+json",
        "application/x-json-stream",
        "application/x-jsonl",
    }
)
ARRAY = "array"
"""What `kind` calls an array of objects; no media type is called like this."""
LARGEST = 1 << 20
"""Bytes of an array that is cut (0.3 s): longer ones are documents, not streams."""
BOM = b"\xef\xbb\xbf"

_FIELDS = re.compile(rb"(?:\xef\xbb\xbf)?(?:(?:event|id|retry)?:[^\r\n]*[\r\n]|[\r\n])*+data:")
_LINES = re.compile(rb"\s*\{[^\n]*\}[ \t\r]*(?:\n\s*\{[^\n]*\}[ \t\r]*)++(?:\n\s*(?:\{[^\n]*)?)?")
_OBJECTS = re.compile(rb"\s*\[\s*\{")
_BETWEEN = re.compile(r"[\s,]*")

_EMPTY = frozenset({b"\n", b"\r\n", b"\r"})
_NAMELESS = "message"
"""The name of an event that does not state one (WHATWG HTML, 9.2.6)."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: what it says, and where it stands in the body.

    - `name` is its type, `message` when it states none (always, in NDJSON).
    - `data` is its text, decoded as UTF-8 with U+FFFD for what is not; several `data` lines are
      joined by line feeds.
    - `start` and `end` span the whole event in the body, the empty line that ends it included.
    - `torn`: the body ends before the event does; a client never dispatches it.
    - `spans` are the byte spans of its data in the body, one per `data` line, without field name and
      line end; empty for a comment or an empty line.
    """

    name: str
    data: str
    start: int
    end: int
    torn: bool = False
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def dispatched(self) -> bool:
        """True when a client gets to see this event: it has data and came whole."""
        return bool(self.spans) and not self.torn


def media(content_type: str) -> str:
    """The media type of a `content-type` header, in lower case and without parameters."""
    return content_type.partition(";")[0].strip().lower()


def is_stream(content_type: str) -> bool:
    """True when a body of this content type is cut into events here."""
    kind = media(content_type)
    return kind == SSE or kind in NDJSON


def kind(body: bytes, content_type: str) -> str:
    """What to cut this body as: its type where that says stream, else what it looks like; empty for a document."""
    if is_stream(content_type):
        return content_type
    if _FIELDS.match(body):
        return SSE
    if _LINES.fullmatch(body):
        return RECORDS
    return ARRAY if len(body) <= LARGEST and _OBJECTS.match(body) else ""


def events(body: bytes, content_type: str = SSE) -> list[Event]:
    """All events of a body in their order; their spans cover it without gap or overlap."""
    if content_type == ARRAY:
        return _elements(body)
    splitter = Splitter(content_type)
    return [*splitter.feed(body), *splitter.close()]


def _elements(body: bytes) -> list[Event]:
    """The elements of an array, each with the comma before it; what stands behind the last that is whole is torn."""
    text, found, at = body.decode("latin-1"), list[Event](), 0  # Latin-1: a character is a byte
    place, decoder = text.find("[") + 1, json.JSONDecoder(strict=False)
    while True:
        blank = _BETWEEN.match(text, place)
        start = blank.end() if blank else place
        try:
            _, place = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            break
        data = body[start:place].decode("utf-8", "replace")
        found.append(Event(_NAMELESS, data, at, place, spans=((start, place),)))
        at = place
    return [*found, Event(_NAMELESS, "", at, len(body), torn=True)] if at < len(body) else found


@dataclass(slots=True)
class Splitter:
    """The same events, from a body that comes in chunks: `feed` each chunk, `close` at the end.

    However the body is cut, the events are those of `events`. An event is given out when its last
    byte is known; where a chunk ends in a carriage return that is one byte later, for a line feed
    may still belong to it. Work and memory are linear in the bytes, whatever the sizes of chunks.
    """

    content_type: str = SSE
    _records: bool = field(init=False, repr=False)
    _pending: list[bytes] = field(default_factory=list, init=False, repr=False)
    _offset: int = field(default=0, init=False, repr=False)
    _start: int = field(default=0, init=False, repr=False)
    _name: str = field(default="", init=False, repr=False)
    _data: list[bytes] = field(default_factory=list, init=False, repr=False)
    _spans: list[tuple[int, int]] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        """Look at the content type once: whether every line is a record."""
        self._records = media(self.content_type) in NDJSON

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that end in this chunk."""
        if not self._breaks(chunk):
            self._pending.append(chunk)
            return []
        lines = self._lines(b"".join((*self._pending, chunk)))
        self._pending = [] if lines[-1].endswith(b"\n") else [lines.pop()]
        take = self._record if self._records else self._field
        return [event for line in lines if (event := take(line)) is not None]

    def close(self) -> list[Event]:
        """What was still held back: an event that its last byte ended, and one that nothing ended, torn."""
        rest, self._pending = b"".join(self._pending), []
        take = self._record if self._records else self._field
        ended = take(rest) if rest else None
        torn = self._event(torn=True) if self._offset > self._start else None
        return [event for event in (ended, torn) if event is not None]

    def _breaks(self, chunk: bytes) -> bool:
        """True when a line ends in this chunk, or may have ended with the one before it."""
        if b"\n" in chunk:
            return True
        held = bool(self._pending) and self._pending[0].endswith(b"\r")
        return not self._records and bool(chunk) and (held or b"\r" in chunk)

    def _lines(self, data: bytes) -> list[bytes]:
        """The lines with their ends; for bytes, Python too knows no line ends but LF, CR and CRLF."""
        if not self._records:
            return data.splitlines(keepends=True)
        *whole, last = data.split(b"\n")
        return [*(line + b"\n" for line in whole), *([last] if last else [])]

    def _record(self, line: bytes) -> Event | None:
        """The event that is this line; None when its line feed is still missing."""
        text, start = self._text(line)
        if text:
            self._keep(text, start)
        return self._event(torn=False) if line.endswith(b"\n") else None

    def _field(self, line: bytes) -> Event | None:
        """The event that this line ends; else None, with what the line says noted for the event under way."""
        if line in _EMPTY:
            self._offset += len(line)
            return self._event(torn=False)
        text, start = self._text(line)
        name, _, value = text.partition(b":")
        if name == b"data":
            value = value.removeprefix(b" ")
            self._keep(value, start + len(text) - len(value))
        elif name == b"event":
            self._name = value.removeprefix(b" ").decode("utf-8", "replace")
        return None

    def _text(self, line: bytes) -> tuple[bytes, int]:
        """What a line says, without a byte order mark and its end, and where that begins; the line is now read."""
        start = self._offset
        self._offset += len(line)
        text = line.rstrip(b"\r\n")
        if start == 0 and text.startswith(BOM):
            return text[len(BOM) :], len(BOM)
        return text, start

    def _keep(self, data: bytes, start: int) -> None:
        """Add one line of data to the event under way."""
        self._data.append(data)
        self._spans.append((start, start + len(data)))

    def _event(self, *, torn: bool) -> Event:
        """The event under way, which ends here; the next one begins."""
        data = b"\n".join(self._data).decode("utf-8", "replace")
        event = Event(self._name or _NAMELESS, data, self._start, self._offset, torn, tuple(self._spans))
        self._start, self._name, self._data, self._spans = self._offset, "", [], []
        return event
