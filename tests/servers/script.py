"""What a scripted server says: a sequence of acts, and builders for the usual ones.

Law: values only. An act is bytes to send in one piece, an event to wait for, or an ending. Where a
body stops before its terminator, or lies about itself, that is because a test wrote it so.
"""

from __future__ import annotations

import enum
import gzip
import json
import threading
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import brotli
from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Headers: TypeAlias = tuple[tuple[str, str], ...]


class Ending(enum.Enum):
    """How a connection ends before its time."""

    FIN = "the server closes it in good order"
    RST = "the server resets it"
    SILENCE = "the server says nothing more, until the client hangs up"


Act: TypeAlias = bytes | threading.Event | Ending
Script: TypeAlias = tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the server read it; header names are in lower case, the last of a name counts."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> dict[str, object]:
        """The body, parsed."""
        document: dict[str, object] = json.loads(self.body)
        return document


ENCODERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def head(status: int = 200, headers: Headers = (), reason: str = "OK") -> bytes:
    """A status line, headers and the empty line after them."""
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def plain(body: bytes = b"", status: int = 200, headers: Headers = (), reason: str = "OK") -> Script:
    """An answer with a content length, in one piece."""
    return (head(status, (*headers, ("Content-Length", str(len(body)))), reason) + body,)


def document(value: object, status: int = 200, headers: Headers = (), reason: str = "OK") -> Script:
    """A JSON answer."""
    return plain(json.dumps(value).encode(), status, (*headers, ("Content-Type", "application/json")), reason)


def chunked(*parts: Act, status: int = 200, headers: Headers = ()) -> Script:
    """An answer in chunks, each sent by itself; an ending among the parts leaves the body unfinished."""
    acts = [framed(part) if isinstance(part, bytes) else part for part in parts]
    whole = not any(isinstance(part, Ending) for part in parts)
    last: tuple[Act, ...] = (b"0\r\n\r\n",) if whole else ()
    return (head(status, (*headers, ("Transfer-Encoding", "chunked"))), *acts, *last)


def framed(part: bytes) -> bytes:
    """One chunk in the framing of HTTP/1.1 (RFC 9112, section 7.1)."""
    return f"{len(part):x}\r\n".encode() + part + b"\r\n"


def stream(*parts: Act) -> Script:
    """Server-sent events, each part a chunk."""
    return chunked(*parts, headers=(("Content-Type", "text/event-stream"),))


def encoded(encoding: str, *parts: bytes) -> Script:
    """A body in a content encoding, cut anew into as many chunks as there were parts."""
    data = ENCODERS[encoding](b"".join(parts))
    return chunked(*pieces(data, len(parts)), headers=(("Content-Encoding", encoding),))


def pieces(data: bytes, count: int) -> Iterable[bytes]:
    """The data cut into `count` pieces of about one size."""
    size = -(-len(data) // count)
    return [data[start : start + size] for start in range(0, len(data), size)]


def events(documents: Sequence[object], *, names: bool = False) -> tuple[bytes, ...]:
    """Documents as server-sent events; with `names`, each carries its `type` as the event's name."""
    return tuple(_event(document, names=names) for document in documents)


def _event(document: object, *, names: bool) -> bytes:
    name = f"event: {document['type']}\n" if names and isinstance(document, dict) else ""
    return f"{name}data: {json.dumps(document)}\n\n".encode()
