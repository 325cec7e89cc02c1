"""Recorded answers as the caller of today knows them: with the live ids in place of the recorded ones.

Law: only whole ids change, and only bound ones; no other byte. Chunks stay the chunks they were,
longer or shorter by what changed in them.
"""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from replaykit.core.canonical import locate
from replaykit.core.normalize.rules import Rules
from replaykit.core.normalize.scan import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.core.normalize.pairing import Bindings

Lengths = tuple[int, ...]

_SCANNED = 65_536
"""Bytes beyond which an answer is searched for the changed texts before it is taken apart."""


class Edit(NamedTuple):
    """A stretch of the recorded answer and what stands there now."""

    start: int
    end: int
    text: bytes


def substitute(data: bytes, lengths: Lengths, bindings: Bindings, rules: Rules = Rules()) -> tuple[bytes, Lengths]:  # noqa: B008  a frozen value
    """The answer and its chunk lengths with bound tokens (ids, ports, folders) as they are in the live run."""
    changes = bindings.changes
    if not changes or (len(data) > _SCANNED and not any(text in data for _, text in changes)):
        return data, lengths
    edits = [
        Edit(found.start, found.end, live)
        for found in find(data, rules)
        if (live := changes.get((found.rule.kind, data[found.start : found.end])))
    ]
    return _edited(data, lengths, edits)


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
