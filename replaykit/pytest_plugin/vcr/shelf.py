"""Cassettes that were read before, beside pytest's own cache: reading one again takes a tenth of the time.

    an entry     replaykit-vcr <form> <version>⏎, the digest of the rest, that of the file, a length,
                 a document (JSON), and all bodies, end to end
    its name     the digest of the file's path, so that a file which changes has one entry

Law: an entry is only what a file and this version come to: it counts when its digests are right and every
value is what the model has. Anything else, one half written above all, is as if it were not there. It holds
nothing that the file does not say in plain text. Digests are no signature: whoever may write into pytest's
cache, which lies beside the tests, may write the tests.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import orjson
from xxhash import xxh3_64_hexdigest, xxh3_128, xxh3_128_digest

from replaykit.core.model import Body, Exchange, Request, Response, Span
from replaykit.vcr.cassette import Played
from replaykit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FORM = 1
"""What an entry looks like; to be raised with every change of it, or of what is read from the same file."""

HEAD = f"replaykit-vcr {FORM} {VERSION}\n".encode()

_DIGEST, _LENGTH = 16, 8
"""Bytes of an XXH3-128, and of a length."""

_STATUSES = range(100, 600)


class Unsound(ValueError):
    """An entry is not what this version writes."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file holds: its exchanges, and the bodies of their answers as the file has them."""

    played: Played
    bodies: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The entries of a folder."""

    folder: Path

    def get(self, path: str, data: bytes, salt: bytes = b"") -> Kept | None:
        """What a file with these bytes holds; None when nobody has kept it. `salt` tells apart who reads it."""
        try:
            entry = self._place(path).read_bytes()
        except OSError:
            return None
        try:
            return unpacked(entry, _digest(data, salt))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return None

    def put(self, path: str, data: bytes, kept: Kept, salt: bytes = b"") -> None:
        """Keep it, where that is possible: it is needed by nobody."""
        with suppress(OSError, ValueError, TypeError):
            self._place(path).write_bytes(packed(kept, _digest(data, salt)))

    def _place(self, path: str) -> Path:
        return self.folder / xxh3_64_hexdigest(os.path.abspath(path).encode("utf-8", "surrogateescape"))  # noqa: PTH100 - a text by vcrpy's rules


def packed(kept: Kept, digest: bytes) -> bytes:
    """The entry of a file with this digest; `TypeError` for text that JSON does not have."""
    blobs: list[bytes] = []
    rows = [_row(*each, blobs) for each in zip(kept.played.exchanges, kept.bodies, strict=True)]
    span = kept.played.span
    document = orjson.dumps([span.began, span.ended, rows])
    rest = b"".join((digest, len(document).to_bytes(_LENGTH, "big"), document, *blobs))
    return HEAD + xxh3_128_digest(rest) + rest


def unpacked(entry: bytes, digest: bytes) -> Kept:
    """What was kept of the file with this digest; `Unsound`, or another `ValueError` or `TypeError`, for all else."""
    body = memoryview(entry)[len(HEAD) :]  # a view, for images make it megabytes
    own, whose, rest = body[:_DIGEST], body[_DIGEST : 2 * _DIGEST], body[_DIGEST:]
    _sure(entry.startswith(HEAD) and whose == digest and own == xxh3_128_digest(rest))
    start = _DIGEST + _LENGTH
    end = start + int.from_bytes(rest[_DIGEST:start], "big")
    began, ended, rows = orjson.loads(rest[start:end])
    blobs = _Blobs(rest, end)
    found = [_pair(row, blobs) for row in rows]
    _sure(type(began) is type(ended) is float and blobs.done)
    return Kept(Played(tuple(each for each, _ in found), Span(began, ended)), tuple(raw for _, raw in found))


def _digest(data: bytes, salt: bytes) -> bytes:
    digest = xxh3_128(data)
    digest.update(salt)
    return digest.digest()


class _Blobs:
    """Bodies, taken off one after the other."""

    def __init__(self, data: memoryview, at: int) -> None:
        self._data = data
        self._at = at

    @property
    def done(self) -> bool:
        return self._at == len(self._data)

    def take(self, size: Any) -> bytes:
        _sure(type(size) is int and 0 <= size <= len(self._data) - self._at)
        self._at += size
        return bytes(self._data[self._at - size : self._at])


def _row(exchange: Exchange, raw: bytes, blobs: list[bytes]) -> list[Any]:
    """An exchange as a row, its bodies put to the others."""
    request, response = exchange.request, exchange.response
    if response is None:
        raise Unsound
    own = raw != response.body.data
    blobs += (request.body.data, response.body.data, *([raw] if own else []))
    return [
        [request.method, request.url, request.headers, request.body.size],
        [response.status, response.headers, response.body.size, response.lengths, response.encoding],
        [response.version, response.reason, exchange.began, exchange.attempt, len(raw) if own else -1],
    ]


def _pair(row: Any, blobs: _Blobs) -> tuple[Exchange, bytes]:
    """An exchange of a row, and the body of its answer as the file has it."""
    (method, url, asked, size), (status, said, much, lengths, encoding), (version, reason, began, attempt, raw) = row
    _texts(method, url, encoding, version, reason)
    _numbers(began, attempt, *lengths)
    _sure(type(status) is int and status in _STATUSES)
    request = Request(method, url, _headers(asked), Body.of(blobs.take(size)))
    body = blobs.take(much)
    _sure(sum(lengths) == len(body))
    response = Response(
        status, _headers(said), Body.of(body), tuple(lengths), (0,) * len(lengths), encoding, version, reason
    )
    exchange = Exchange(request, response, began=began, attempt=attempt)
    return exchange, body if raw == -1 else blobs.take(raw)


def _headers(rows: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    found = [(name, value) for name, value in rows]
    _sure(set(map(type, chain.from_iterable(found))) <= {str})
    return tuple(found)


def _texts(*values: object) -> None:
    _sure(all(type(each) is str for each in values))


def _numbers(*values: Any) -> None:
    _sure(all(type(each) is int and each >= 0 for each in values))


def _sure(sound: bool) -> None:  # noqa: FBT001 - what it is about
    if not sound:
        raise Unsound
