"""Content encodings undone, chunk by chunk."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.content import decoded

if TYPE_CHECKING:
    from collections.abc import Callable


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return engine.compress(data) + engine.flush()


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


def split(data: bytes, places: list[int]) -> list[bytes]:
    ends = [*sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(st.sampled_from(sorted(ENCODERS)), st.binary(max_size=2000), st.lists(st.integers(0, 10_000), max_size=6))
def test_every_encoding_is_undone(name: str, data: bytes, places: list[int]) -> None:
    """However the wire was cut, the decoded chunks are the body, and there are as many of them."""
    wire = split(ENCODERS[name](data), places)
    chunks, encoding = decoded(wire, name)
    assert (data, len(wire), name) == (b"".join(chunks), len(chunks), encoding)


def test_a_stream_arrives_as_it_is_sent() -> None:
    """What a server flushes is decoded with the chunk that brought it, not at the end."""
    engine = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    wire = [engine.compress(part) + engine.flush(zlib.Z_SYNC_FLUSH) for part in (b"one", b"two")]
    assert ([b"one", b"two"], "gzip") == decoded(wire, "gzip")


def test_deflate_may_lack_its_header() -> None:
    """Servers that say deflate and send the bare stream are understood, as clients understand them."""
    assert ([b"body"], "deflate") == decoded([raw_deflate(b"body")], "deflate")


def test_encodings_in_a_row() -> None:
    """Several encodings are undone from the last to the first, whatever their case and white space."""
    assert ([b"body"], " GZIP, br ") == decoded([brotli.compress(gzip.compress(b"body"))], " GZIP, br ")


def test_several_members() -> None:
    """A body of several Zstandard frames is all of them, a gzip body of several members the first: as httpx has it."""
    assert ([b"onetwo"], "zstd") == decoded([zstd.compress(b"one") + zstd.compress(b"two")], "zstd")
    assert ([b"one"], "gzip") == decoded([gzip.compress(b"one") + gzip.compress(b"two")], "gzip")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, br"])
def test_a_body_that_is_not_what_it_says_is_kept_as_it_came(encoding: str) -> None:
    """A server that names an encoding and sends none is taken at its bytes."""
    wire = [b'{"plain": "jso', b'n"}']
    assert (wire, "") == decoded(wire, encoding)


@pytest.mark.parametrize("encoding", ["", "identity", "snappy", "gzip, snappy", ","])
def test_what_is_not_known_is_not_touched(encoding: str) -> None:
    """A body without an encoding, or with one that nobody knows here, stays as it is."""
    wire = [gzip.compress(b"body")]
    assert (wire, "") == decoded(wire, encoding)


def test_a_cut_body_is_what_came_of_it() -> None:
    """Of a body that was cut on the way, everything up to the cut is there."""
    wire = gzip.compress(bytes(range(256)) * 200)
    chunks, encoding = decoded([wire[: len(wire) // 2]], "gzip")
    assert "gzip" == encoding
    assert (bytes(range(256)) * 200).startswith(chunks[0])
    assert chunks[0]
