"""Bytes packed against earlier bytes, with Zstandard.

    pack, unpack      one frame, with an earlier text as its prefix
    Stream, unroll    many small texts, each as what it adds to all before it

Law: pure, and exact both ways: `unpack(pack(data, prefix), prefix, len(data)) == data`, and
`unroll(frames, sizes)` gives the texts whose frames follow each other.

A stream is one frame, flushed after every text and never ended, so that what was written can be
read, whatever becomes of its writer. Small texts are a third smaller than in frames of their own,
which repeat their tables, and read ten times as fast. Above `LONG` the match finder has to look
farther than its window reaches (5 MB: 3.75 MB without, 526 B with), which costs half as much again.
"""

from __future__ import annotations

import sys
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

if TYPE_CHECKING or sys.version_info < (3, 14):
    from backports import zstd
else:
    from compression import zstd

LEVEL = 3
"""Zstandard's own default: level 1 is no faster with a prefix, and 10 % larger."""

STREAM_LEVEL = 6
"""4 % smaller than level 3 for 0.03 ms more a text; level 9 saves another 1 % and costs twice that."""

STREAM_WINDOW_LOG = 22
"""4 MB: how far back a stream looks; its writer and its reader hold that much in memory."""

LONG = 1 << 20
"""Bytes of prefix and data together from which on long-distance matching is worth its time."""

WINDOW_LOG = 27
"""128 MB: the largest window a decoder opens unasked (RFC 8878, section 3.1.1.1.2)."""

SHORTEST = 8
"""Bytes of the smallest prefix that Zstandard takes; a smaller one would be no help, and none is used."""

LARGEST = 1 << 30
"""Bytes of the largest text that is unpacked: SQLite keeps no larger value, and a bomb must end somewhere."""

_NEAR: dict[int, int] = {zstd.CompressionParameter.compression_level: LEVEL, zstd.CompressionParameter.checksum_flag: 1}
_FAR: dict[int, int] = {
    **_NEAR,
    zstd.CompressionParameter.enable_long_distance_matching: 1,
    zstd.CompressionParameter.window_log: WINDOW_LOG,
}
_STREAM: dict[int, int] = {
    zstd.CompressionParameter.compression_level: STREAM_LEVEL,
    zstd.CompressionParameter.window_log: STREAM_WINDOW_LOG,
}
_WIDE: dict[int, int] = {zstd.DecompressionParameter.window_log_max: WINDOW_LOG}


class Damaged(ValueError):
    """These bytes are not a frame that we packed against this prefix."""


def pack(data: bytes, prefix: bytes = b"") -> bytes:
    """The frame that holds `data`, given that its reader has `prefix`."""
    options = _FAR if len(prefix) + len(data) > LONG else _NEAR
    return zstd.compress(data, options=options, zstd_dict=_known(prefix))


def unpack(frame: bytes, prefix: bytes = b"", size: int = LARGEST) -> bytes:
    """The bytes that a frame holds; `Damaged` when it is not whole or holds more than `size` bytes."""
    try:
        decoder = zstd.ZstdDecompressor(zstd_dict=_known(prefix), options=_WIDE)
        data = decoder.decompress(frame, max_length=size + 1)
    except zstd.ZstdError as error:
        raise Damaged(str(error)) from error
    if len(data) > size:
        raise Damaged(f"the frame holds more than the {size} bytes it should")
    if not decoder.eof:
        raise Damaged("the frame is cut short")
    return data


def _known(prefix: bytes) -> tuple[zstd.ZstdDict, int] | None:
    return zstd.ZstdDict(prefix, is_raw=True).as_prefix if len(prefix) >= SHORTEST else None


class Stream:
    """Texts packed one after the other, each against all before it; one thread at a time."""

    def __init__(self) -> None:
        """Begin with nothing to build on."""
        self._engine = zstd.ZstdCompressor(options=_STREAM)

    def add(self, text: bytes) -> bytes:
        """The frame that a reader needs for this text, beside those of all texts before it."""
        return self._engine.compress(text, mode=zstd.ZstdCompressor.FLUSH_BLOCK)


def rewound(frames: bytes, size: int) -> bytes:
    """The frames of a stream as one that is ended, a tenth smaller; `size` is that of its texts together."""
    return zstd.compress(unroll(frames, [size])[0], options=_STREAM)


def unroll(frames: bytes, sizes: Sequence[int]) -> list[bytes]:
    """The texts of a stream, given its frames end to end; `Damaged` when they are not of these sizes."""
    total = sum(sizes)
    try:
        data = zstd.ZstdDecompressor(options=_WIDE).decompress(frames, max_length=total + 1)
    except zstd.ZstdError as error:
        raise Damaged(str(error)) from error
    if len(data) != total:
        raise Damaged(f"the stream holds {len(data)} bytes where {total} should be")
    return cut(data, sizes)


def cut(data: bytes, sizes: Sequence[int]) -> list[bytes]:
    """The pieces that lie end to end in `data`, of these sizes."""
    ends = list(accumulate(sizes))
    return [data[end - size : end] for size, end in zip(sizes, ends, strict=True)]
