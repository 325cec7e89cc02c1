"""Content encodings undone, chunk by chunk."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.content import CHAIN, decoded, sealed
from replaykit.core.model import Body, Response

if TYPE_CHECKING:
    from collections.abc import Callable


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return engine.compress(data) + engine.flush()


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "x-gzip": lambda data: gzip.compress(data, mtime=0),
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


def bomb(name: str, size: int) -> bytes:
    """A body of zeros, packed in each of these encodings, one in the other."""
    data = bytes(size)
    for each in name.split(", "):
        data = ENCODERS[each](data)
    return data


@pytest.mark.parametrize("name", [*sorted(ENCODERS), "gzip, gzip", "br, zstd"])
def test_a_bomb_stays_packed(name: str) -> None:
    """A body that unpacks to more than there is room for is kept as it came, and one that fits is unpacked."""
    wire = split(bomb(name, 100_000), [20, 40])
    assert (wire, "") == decoded(wire, name, 99_999)
    assert bytes(100_000) == b"".join(decoded(wire, name, 100_000)[0])


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd", "gzip, gzip"])
def test_a_bomb_takes_no_memory(name: str) -> None:
    """No more is unpacked than there is room for, whatever the rest would come to."""
    wire = [bomb(name, 20_000_000)]
    decoded(wire, name, 10)  # so that what is loaded late is there
    tracemalloc.start()
    try:
        decoded(wire, name, 100_000)
        assert 2_000_000 > tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_many_frames_take_no_longer_than_their_bytes() -> None:
    """What follows a frame is not copied for each of them: 64 MB in 2,000 frames would take two minutes."""
    size = 32_760
    skipped = b"\x50\x2a\x4d\x18" + size.to_bytes(4, "little") + bytes(size)
    wire = [skipped * 2_000 + zstd.compress(b"at last")]
    began = time.perf_counter()
    assert ([b"at last"], "zstd") == decoded(wire, "zstd")
    assert time.perf_counter() - began < 5


def test_a_chain_of_encodings_ends_somewhere() -> None:
    """So many are undone, one in the other; who names more gets no decoder for any of them."""
    most, more = (", ".join(["gzip"] * count) for count in (CHAIN, CHAIN + 1))
    assert ([bytes(10)], most) == decoded([bomb(most, 10)], most)
    assert ([bomb(more, 10)], "") == decoded([bomb(more, 10)], more)


@pytest.mark.parametrize(
    ("data", "encoding", "undone", "expected"),
    [
        (b"\x1f\x8b damaged", "gzip", "", "gzip"),
        (b"\x00\xff", "x-own", "", "x-own"),
        (b"\x00\xff", "gzip", "gzip", ""),
        (b"\x00\xff", "identity", "", ""),
        (b"\x00\xff", "", "", ""),
        (b"no gzip at all", "gzip", "", ""),
        (b"", "gzip", "", ""),
    ],
)
def test_what_nobody_has_looked_into_is_sealed(data: bytes, encoding: str, undone: str, expected: str) -> None:
    """An answer is sealed when its bytes are still in an encoding: not when they were undone, or are text after all."""
    headers = (("Content-Encoding", encoding),) if encoding else ()
    assert expected == sealed(Response(200, headers, Body.of(data), encoding=undone))


def test_a_cut_body_is_what_came_of_it() -> None:
    """Of a body that was cut on the way, everything up to the cut is there."""
    wire = gzip.compress(bytes(range(256)) * 200)
    chunks, encoding = decoded([wire[: len(wire) // 2]], "gzip")
    assert "gzip" == encoding
    assert (bytes(range(256)) * 200).startswith(chunks[0])
    assert chunks[0]
