"""The content encoding of a recorded body: undone, or found to be undone already.

    the body                                   becomes             the encoding
    is not what its encoding says              itself              noted: vcrpy had undone it
    is compressed as its encoding says         decoded             noted
    begins so and is damaged, or cannot be     itself              served: the client sees what was sent
    undone here (no brotli), or is unknown

Law: pure and bounded. No more than `room` bytes are unpacked, whatever a body says of itself.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from replaykit.core.content import Brotli, Zstandard

if TYPE_CHECKING:
    from collections.abc import Callable

_GZIP = zlib.MAX_WBITS | 16


class Bomb(ValueError):
    """A body unpacks to more than there is room for."""


def undone(data: bytes, encoding: str, room: int) -> tuple[bytes, str]:
    """The decoded body and the encoding that was undone, by us or before; `Bomb` beyond `room` bytes."""
    names = [name.strip().lower() for name in encoding.split(",") if name.strip()]
    if not any(name in _DECODERS for name in names):
        return data, ""
    if _is_text(data):
        return data, encoding
    for name in reversed(names):
        decode, opens = _DECODERS.get(name, (_never, b""))
        if not data.startswith(opens):
            return data, encoding
        try:
            data = _within(decode(data, room), room)
        except Bomb:
            raise
        except Exception:  # noqa: BLE001 - each library has errors of its own, and all say the same
            return data, "" if opens or name not in _DECODERS else encoding
    return data, encoding


def _within(data: bytes, room: int) -> bytes:
    if len(data) > room:
        raise Bomb("what is compressed would unpack to more than")
    return data


def _is_text(data: bytes) -> bool:
    """Whether it is UTF-8, which nothing compressed of any length is."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _never(_data: bytes, _room: int) -> bytes:
    """No body: an encoding that nobody here knows."""
    raise ValueError


def _gzip(data: bytes, room: int) -> bytes:
    return zlib.decompressobj(_GZIP).decompress(data, room + 1)


def _deflate(data: bytes, room: int) -> bytes:
    """With or without the header of zlib (RFC 9110, 8.4.1.2, and what servers do)."""
    try:
        return zlib.decompressobj().decompress(data, room + 1)
    except zlib.error:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, room + 1)


_DECODERS: dict[str, tuple[Callable[[bytes, int], bytes], bytes]] = {
    "gzip": (_gzip, b"\x1f\x8b"),
    "x-gzip": (_gzip, b"\x1f\x8b"),
    "deflate": (_deflate, b""),
    "br": (lambda data, room: Brotli().decode(data, room), b""),
    "zstd": (lambda data, room: Zstandard().decode(data, room), b"\x28\xb5\x2f\xfd"),
}
"""What undoes each encoding, and the bytes it begins with, where it has any (RFC 1952, 8878)."""
