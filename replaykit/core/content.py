"""Content encodings undone, chunk by chunk.

    encoding            by
    gzip, x-gzip        zlib
    deflate             zlib, with or without its header (RFC 9110, 8.4.1.2, and what servers do)
    br                  brotli or brotlicffi, when the program has it: else its client never asked for it
    zstd                Zstandard

Law: pure and bounded, and a body that is not what its encoding says is kept as it came. Real servers lie
(217 of 11,113 recorded answers name an encoding over a body that has none), and what the caller's client
makes of that must be the same in a replay. So is one that unpacks to more than `MOST`: a replay serves it
under its encoding, and the client does with it what it did.
"""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING, Final, Protocol

from replaykit.core.model import header

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replaykit.core.model import Response

MOST: Final = 64_000_000
"""Bytes that a body may unpack to: redacting so many takes about a second, a gigabyte of them half a minute.

The largest of 11,113 recorded answers has 2 MB unpacked; a bomb of 1 MB on the wire has a gigabyte.
"""

CHAIN: Final = 5
"""Encodings that are undone, one in the other: each takes memory before its first byte, and real answers have one."""

_PIECE: Final = 16
"""Bytes of brotli that are undone at once where it has no bound of its own: 16 hold a few copies at most."""

_SLICE: Final = 16_384
"""Bytes of Zstandard that are undone at once: what follows a frame is copied, and a frame has 8 bytes at least."""


class _Bomb(ValueError):
    """A body unpacks to more than there is room for."""


class _Decoder(Protocol):
    def decode(self, data: bytes, room: int) -> bytes:
        """What these bytes add to the body, a byte more than `room` at most; raises when they are not of the encoding.

        What lies beyond the room is lost to the decoder: whoever gets more than there is room for gives up.
        """


class _Zlib:
    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._engine = zlib.decompressobj(bits)
        self._begun = False

    def decode(self, data: bytes, room: int) -> bytes:
        try:
            decoded = self._engine.decompress(data, room + 1)
        except zlib.error:
            if self._begun or self._bits != zlib.MAX_WBITS:
                raise
            self._engine = zlib.decompressobj(-zlib.MAX_WBITS)
            decoded = self._engine.decompress(data, room + 1)
        self._begun = True
        return decoded


class Zstandard:
    """Undoes Zstandard, frame after frame."""

    def __init__(self) -> None:
        """Nothing was undone yet."""
        if sys.version_info >= (3, 14):
            from compression.zstd import ZstdDecompressor
        else:
            from backports.zstd import ZstdDecompressor
        self._new: Callable[[], ZstdDecompressor] = ZstdDecompressor
        self._engine = self._new()

    def decode(self, data: bytes, room: int) -> bytes:
        """See `_Decoder`."""
        pieces = list[bytes]()
        for start in range(0, len(data), _SLICE):
            rest = data[start : start + _SLICE]
            while rest and room >= 0:
                if self._engine.eof:
                    self._engine = self._new()
                pieces.append(self._engine.decompress(rest, room + 1))
                room -= len(pieces[-1])
                rest = self._engine.unused_data if self._engine.eof else b""
        return b"".join(pieces)


class Brotli:
    """Undoes brotli; `ImportError` where the program has none."""

    def __init__(self) -> None:
        """Nothing was undone yet."""
        try:
            import brotli
        except ImportError:
            import brotlicffi as brotli
        engine = brotli.Decompressor()
        self._decode: Callable[[bytes], bytes] = getattr(engine, "process", None) or engine.decompress

    def decode(self, data: bytes, room: int) -> bytes:
        """See `_Decoder`."""
        pieces = list[bytes]()
        for start in range(0, len(data), _PIECE):
            pieces.append(self._decode(data[start : start + _PIECE]))
            room -= len(pieces[-1])
            if room < 0:
                break
        return b"".join(pieces)


_DECODERS: dict[str, Callable[[], _Decoder]] = {
    "gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "x-gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "deflate": lambda: _Zlib(zlib.MAX_WBITS),
    "br": Brotli,
    "zstd": Zstandard,
}


def decoded(wire: Sequence[bytes], encoding: str, room: int = MOST) -> tuple[list[bytes], str]:
    """What each chunk of the wire adds to the body, and the encoding that was undone.

    The chunks come back as they are, with an empty encoding, when there is nothing to undo, when
    the encoding is not known here, when the body is not what it says, or when it unpacks to more
    than `room` bytes.
    """
    names = _names(encoding)
    if not names or len(names) > CHAIN or any(name not in _DECODERS for name in names):
        return list(wire), ""
    try:
        return _undone(wire, [_DECODERS[name]() for name in reversed(names)], room), encoding
    except Exception:  # noqa: BLE001 - each library has errors of its own, and all say the same
        return list(wire), ""


def sealed(response: Response) -> str:
    """The encoding that an answer's body is still in, so that nobody has looked into it; empty when it can be read."""
    encoding = "" if response.encoding else header(response.headers, "content-encoding")
    if not response.body.size or set(_names(encoding)) <= {"identity"}:
        return ""
    try:
        response.body.data.decode()
    except UnicodeDecodeError:
        return encoding
    return ""


def _names(encoding: str) -> list[str]:
    return [name.strip().lower() for name in encoding.split(",") if name.strip()]


def _undone(wire: Sequence[bytes], chain: Sequence[_Decoder], room: int) -> list[bytes]:
    """What the chunks come to; `_Bomb` when that, or what is between two decoders, is more than there is room for."""
    left, found = [room] * len(chain), list[bytes]()
    for data in wire:
        for place, decoder in enumerate(chain):
            data = decoder.decode(data, left[place])  # noqa: PLW2901 - from one to the next
            left[place] -= len(data)
            if left[place] < 0:
                raise _Bomb
        found.append(data)
    return found
