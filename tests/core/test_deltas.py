"""Bytes packed against earlier bytes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.deltas import Damaged, Stream, cut, pack, rewound, unpack, unroll

blobs = st.one_of(st.binary(max_size=300), st.sampled_from([b"", b"a" * 3000, bytes(range(256)) * 9]))


@given(blobs, blobs)
def test_any_bytes_come_back(data: bytes, prefix: bytes) -> None:
    """What was packed against a prefix is the same, unpacked against it."""
    assert data == unpack(pack(data, prefix), prefix, len(data))


@given(st.lists(blobs, max_size=8))
def test_a_stream_comes_back(texts: list[bytes]) -> None:
    """The texts of a stream are the same, and so is every beginning of it: that is what a killed writer leaves."""
    stream = Stream()
    frames = [stream.add(text) for text in texts]
    for count in range(len(texts) + 1):
        assert texts[:count] == unroll(b"".join(frames[:count]), [len(text) for text in texts[:count]])


@given(st.lists(blobs, min_size=1, max_size=8))
def test_a_stream_is_packed_once_more(texts: list[bytes]) -> None:
    """The single frame that a stream becomes holds the same texts."""
    stream, sizes = Stream(), [len(text) for text in texts]
    frame = rewound(b"".join(stream.add(text) for text in texts), sum(sizes))
    assert texts == unroll(frame, sizes)


def test_a_body_costs_what_it_adds() -> None:
    """Random bytes that are known take next to nothing, also where 5 MB lie between them and their copy."""
    dice = random.Random(7)
    for size in (100_000, 5_000_000):
        data = dice.randbytes(size)
        assert len(pack(b"begin" + data + b"end", data)) * 100 < size < len(pack(data))


def test_a_bomb_is_stopped() -> None:
    """A frame that holds more than it should is refused after that much, however much it holds."""
    bomb = pack(b"\0" * 50_000_000)
    assert len(bomb) < 10_000
    with pytest.raises(Damaged, match="more than the 100 bytes"):
        unpack(bomb, size=100)
    with pytest.raises(Damaged, match="holds 101 bytes where 100 should be"):
        unroll(bomb, [100])


@given(st.data())
def test_a_damaged_frame_is_refused(data: st.DataObject) -> None:
    """A frame that is cut, changed or read against another prefix is an error, never other bytes."""
    text, prefix = b"the answer is forty-two, " * 9, b"the answer is " * 5
    frame = bytearray(pack(text, prefix))
    place = data.draw(st.integers(0, len(frame) - 1))
    with pytest.raises(Damaged):
        unpack(bytes(frame[:place]), prefix, len(text))
    frame[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        assert text == unpack(bytes(frame), prefix, len(text))  # a bit of the header may mean nothing
    except Damaged:
        return


def test_noise_is_no_stream() -> None:
    """Bytes that are no frame, or too few of them, are an error."""
    with pytest.raises(Damaged):
        unroll(b"noise", [5])
    with pytest.raises(Damaged, match="holds 0 bytes where 5 should be"):
        unroll(b"", [5])


def test_pieces_lie_end_to_end() -> None:
    """Cutting gives one piece per size, empty ones included."""
    assert [b"", b"ab", b"", b"c"] == cut(b"abc", [0, 2, 0, 1])
