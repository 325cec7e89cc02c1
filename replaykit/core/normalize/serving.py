"""Recorded answers as the caller of today knows them: with the live ids in place of the recorded ones.

Law: only whole ids change, and only bound ones; no other byte. An id that a stream has cut into pieces
is whole when they are added up, and each piece holds its share of the live one. Chunks stay the chunks
they were, longer or shorter by what changed in them.
"""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from replaykit.core.canonical import locate
from replaykit.core.normalize.rules import Rules
from replaykit.core.normalize.scan import find
from replaykit.core.strands import as_bytes, documents, is_constant, parts, spelled, strands, texts, written
from replaykit.core.stream import is_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from replaykit.core.normalize.pairing import Bindings
    from replaykit.core.strands import Piece

Lengths = tuple[int, ...]

_SCANNED = 65_536
"""Bytes beyond which an answer is searched for the changed texts before it is taken apart."""


class Edit(NamedTuple):
    """A stretch of the recorded answer and what stands there now."""

    start: int
    end: int
    text: bytes


def substitute(
    data: bytes,
    lengths: Lengths,
    bindings: Bindings,
    rules: Rules | None = None,
    content_type: str = "",
) -> tuple[bytes, Lengths]:
    """The answer and its chunk lengths with bound tokens (ids, ports, folders) as they are in the live run.

    `rules` say how tokens are found, by default those of every run.
    """
    changes, rules = bindings.changes, rules or Rules()
    if not changes:
        return data, lengths
    edits = list[Edit]()
    if len(data) <= _SCANNED or any(text in data for _, text in changes):
        edits = _whole(data, bindings, rules)
    if is_stream(content_type):
        edits = _apart(edits, _spread(data, content_type, bindings, rules))
    return _edited(data, lengths, edits)


def renamed(text: str, bindings: Bindings, rules: Rules | None = None) -> str:
    """A text with bound tokens as they are in the live run: the value of a header."""
    data = text.encode("utf-8", "surrogatepass")
    if not any(recorded in data for _, recorded in bindings.changes):
        return text
    return _edited(data, (), _whole(data, bindings, rules or Rules()))[0].decode("utf-8", "surrogatepass")


def _whole(data: bytes, bindings: Bindings, rules: Rules) -> list[Edit]:
    """The edits of tokens that stand in one piece."""
    return [
        Edit(found.start, found.end, live)
        for found in find(data, rules)
        if (live := bindings.changes.get((found.rule.kind, data[found.start : found.end])))
    ]


def _spread(data: bytes, content_type: str, bindings: Bindings, rules: Rules) -> Iterator[Edit]:
    """The edits of tokens that stand in several pieces of a stream.

    Where the pieces are is worked out only for a stream that holds one, in any way of adding it up.
    """
    spans = documents(data, content_type)
    grown = {"".join(each) for each in texts(data, spans) if len(each) > 1 and not is_constant(each)}
    whole = as_bytes("\n".join(grown))
    if not any(recorded in whole for _, recorded in bindings.changes):
        return
    for pieces in strands(data, spans):
        said = b"".join([piece.text for piece in pieces])
        for start, end, live in _whole(said, bindings, rules):
            over = parts(pieces, start, end)
            if len(over) > 1:
                yield from _shared(data, over, live)


def _shared(data: bytes, over: Sequence[tuple[Piece, int, int]], live: bytes) -> Iterator[Edit]:
    """The edits by which each piece holds as much of the live token as of the recorded one; the last one, the rest."""
    done = 0
    for piece, start, end in over:
        size = len(live) if piece is over[-1][0] else end - start
        yield Edit(*written(data, piece, start, end), spelled(piece, live[done : done + size]))
        done += size


def _apart(edits: Iterable[Edit], more: Iterable[Edit]) -> list[Edit]:
    """All edits in order, without those that overlap an earlier one: two ways of adding up find the same token."""
    kept = list[Edit]()
    for edit in sorted({*edits, *more}):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return kept


def echo(data: bytes, lengths: Lengths, pointer: str, recorded: bytes, live: bytes) -> tuple[bytes, Lengths]:
    """The answer with the value at the JSON pointer, where it is `recorded`, as `live` (both as JSON text).

    For an id that the answer repeats from the request, as JSON-RPC does. Read in JSON and in the
    data of server-sent events; nowhere else is anything touched.
    """
    if recorded == live or recorded not in data:
        return data, lengths
    edits = [
        Edit(start, end, live)
        for offset, document in _documents(data)
        for start, end in ((low + offset, high + offset) for low, high in locate(document, pointer))
        if data[start:end] == recorded
    ]
    return _edited(data, lengths, edits)


_DATA = re.compile(rb"^data:[^\r\n]*(?:\r?\ndata:[^\r\n]*)*", re.MULTILINE)
_FIELD = re.compile(rb"^data:", re.MULTILINE)


def _documents(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The JSON texts in an answer, with their offsets: the whole, or each event's data.

    An event's data may go on over several lines; JSON breaks lines only between its words, where the
    field's name may become white space and every offset stays what it is.
    """
    if data.lstrip()[:1] in (b"{", b"["):
        yield 0, data
        return
    for match in _DATA.finditer(data):
        yield match.start(), _FIELD.sub(b"     ", match[0])


def _edited(data: bytes, lengths: Lengths, edits: list[Edit]) -> tuple[bytes, Lengths]:
    """Data and lengths after the edits, which are in order and apart."""
    if not edits:
        return data, lengths
    parts: list[bytes] = []
    done = 0
    for start, end, text in edits:
        parts += (data[done:start], text)
        done = end
    parts.append(data[done:])
    return b"".join(parts), _moved(lengths, edits)


def _moved(lengths: Lengths, edits: list[Edit]) -> Lengths:
    """The chunk lengths; a boundary inside an edit stays as far from the edit's start as it can."""
    ends: list[int] = []
    shift, position = 0, 0
    for boundary in accumulate(lengths):
        while position < len(edits) and edits[position].end <= boundary:
            edit = edits[position]
            shift += len(edit.text) - (edit.end - edit.start)
            position += 1
        inside = 0
        if position < len(edits) and edits[position].start < boundary:
            edit = edits[position]
            inside = min(0, len(edit.text) - (boundary - edit.start))
        ends.append(boundary + shift + inside)
    return tuple(end - start for start, end in pairwise([0, *ends]))
