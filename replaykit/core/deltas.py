"""Bodies as differences: Zstandard frames that take earlier bytes as their prefix.

Law: pure, and exact both ways: `unpack(pack(data, prefix), prefix, len(data)) == data`.

An agent's request repeats its history, so a body packed against an earlier one costs what it adds:
200 turns of 37 MB take 112 kB in 0.16 ms each. Above `LONG` the match finder has to look farther
than its window reaches (5 MB: 3.75 MB without, 526 B with), which costs half as much time again.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or sys.version_info < (3, 14):
    from backports import zstd
else:
    from compression import zstd

LEVEL = 3
"""Zstandard's own default: level 1 is no faster with a prefix, and 10 % larger."""

LONG = 1 << 20
"""Bytes of prefix and data together from which on long-distance matching is worth its time."""

WINDOW_LOG = 27
"""128 MB: the largest window a decoder opens unasked (RFC 8878, section 3.1.1.1.2)."""

LARGEST = 1 << 30
"""Bytes of the largest body that is unpacked: SQLite keeps no larger value, and a bomb must end somewhere."""

_NEAR: dict[int, int] = {zstd.CompressionParameter.compression_level: LEVEL, zstd.CompressionParameter.checksum_flag: 1}
_FAR: dict[int, int] = {
    **_NEAR,
    zstd.CompressionParameter.enable_long_distance_matching: 1,
    zstd.CompressionParameter.window_log: WINDOW_LOG,
}
_WIDE: dict[int, int] = {zstd.DecompressionParameter.window_log_max: WINDOW_LOG}


class Damaged(ValueError):
    """These bytes are not a frame that we packed against this prefix."""


def pack(data: bytes, prefix: bytes = b"") -> bytes:
    """The frame that holds `data`, given that its reader has `prefix`."""
    options = _FAR if len(prefix) + len(data) > LONG else _NEAR
    if not prefix:
        return zstd.compress(data, options=options)
    return zstd.compress(data, options=options, zstd_dict=zstd.ZstdDict(prefix, is_raw=True).as_prefix)


def unpack(frame: bytes, prefix: bytes = b"", size: int = LARGEST) -> bytes:
    """The bytes that a frame holds; `Damaged` when it is not whole or holds more than `size` bytes."""
    dictionary = zstd.ZstdDict(prefix, is_raw=True).as_prefix if prefix else None
    try:
        decoder = zstd.ZstdDecompressor(zstd_dict=dictionary, options=_WIDE)
        data = decoder.decompress(frame, max_length=size + 1)
    except zstd.ZstdError as error:
        raise Damaged(str(error)) from error
    if len(data) > size:
        raise Damaged(f"the frame holds more than the {size} bytes it should")
    if not decoder.eof:
        raise Damaged("the frame is cut short")
    return data
