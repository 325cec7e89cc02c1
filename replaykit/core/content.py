"""Content encodings undone, chunk by chunk.

    encoding            by
    gzip, x-gzip        zlib
    deflate             zlib, with or without its header (RFC 9110, 8.4.1.2, and what servers do)
    br                  brotli or brotlicffi, when the program has it: else its client never asked for it
    zstd                Zstandard

Law: pure, and a body that is not what its encoding says is kept as it came. Real servers lie (217 of
11,113 recorded answers name an encoding over a body that has none), and what the caller's client
makes of that must be the same in a replay.
"""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class _Decoder(Protocol):
    def decode(self, data: bytes) -> bytes:
        """What these bytes add to the body; raises when they are not of the encoding."""


class _Zlib:
    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._engine = zlib.decompressobj(bits)
        self._begun = False

    def decode(self, data: bytes) -> bytes:
        try:
            decoded = self._engine.decompress(data)
        except zlib.error:
            if self._begun or self._bits != zlib.MAX_WBITS:
                raise
            self._engine = zlib.decompressobj(-zlib.MAX_WBITS)
            decoded = self._engine.decompress(data)
        self._begun = True
        return decoded


class _Zstandard:
    def __init__(self) -> None:
        if sys.version_info >= (3, 14):
            from compression.zstd import ZstdDecompressor
        else:
            from backports.zstd import ZstdDecompressor
        self._new: Callable[[], ZstdDecompressor] = ZstdDecompressor
        self._engine = self._new()

    def decode(self, data: bytes) -> bytes:
        decoded = b""
        while data:
            if self._engine.eof:
                self._engine = self._new()
            decoded += self._engine.decompress(data)
            data = self._engine.unused_data if self._engine.eof else b""
        return decoded


class _Brotli:
    def __init__(self) -> None:
        try:
            import brotli
        except ImportError:
            import brotlicffi as brotli
        engine = brotli.Decompressor()
        self._decode: Callable[[bytes], bytes] = getattr(engine, "process", None) or engine.decompress

    def decode(self, data: bytes) -> bytes:
        return self._decode(data)


_DECODERS: dict[str, Callable[[], _Decoder]] = {
    "gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "x-gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "deflate": lambda: _Zlib(zlib.MAX_WBITS),
    "br": _Brotli,
    "zstd": _Zstandard,
}


def decoded(wire: Sequence[bytes], encoding: str) -> tuple[list[bytes], str]:
    """What each chunk of the wire adds to the body, and the encoding that was undone.

    The chunks come back as they are, with an empty encoding, when there is nothing to undo, when
    the encoding is not known here, or when the body is not what it says.
    """
    names = [name.strip().lower() for name in encoding.split(",") if name.strip()]
    if not names or any(name not in _DECODERS for name in names):
        return list(wire), ""
    try:
        chain = [_DECODERS[name]() for name in reversed(names)]
        return [_through(chain, chunk) for chunk in wire], encoding
    except Exception:  # noqa: BLE001 - each library has errors of its own, and all say the same
        return list(wire), ""


def _through(chain: Sequence[_Decoder], data: bytes) -> bytes:
    for decoder in chain:
        data = decoder.decode(data)
    return data
