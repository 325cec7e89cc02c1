"""What streams add up to: read, found again in its pieces, and edited there."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given
from hypothesis import strategies as st

from replaykit.core.normalize import Bindings
from replaykit.core.normalize.serving import substitute
from replaykit.core.strands import documents, parts, strands, texts, written
from replaykit.core.stream import SSE

if TYPE_CHECKING:
    from collections.abc import Sequence

RECORDED, LIVE = "0b1f6d1e-7c55-4a50-9a52-3ad1a1d0a001", "9d8e6d1e-7c55-4a50-9a52-3ad1a1d0a009"
OTHER = "1c2f6d1e-7c55-4a50-9a52-3ad1a1d0a002"
BOUND = Bindings(changes={("id", RECORDED.encode()): LIVE.encode()})

words = st.lists(st.sampled_from([RECORDED, OTHER, " ", '"', "\\", "é", "\n", "-x-", "😀"]), max_size=6).map("".join)
cuts = st.lists(st.integers(0, 120), max_size=12)


def pieces(text: str, cuts: Sequence[int]) -> list[str]:
    """A text, cut."""
    ends = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    return [text[start:end] for start, end in pairwise(ends)] or [""]


def stream(said: Sequence[str]) -> tuple[bytes, tuple[int, ...]]:
    """The events that say these pieces, a chunk each."""
    deltas = [{"type": "delta", "index": 0, "delta": {"text": piece}} for piece in said]
    events = [f"event: delta\ndata: {json.dumps(delta, ensure_ascii=False)}\n\n".encode() for delta in deltas]
    return b"".join(events), tuple(map(len, events))


def heard(body: bytes) -> list[str]:
    """The pieces that a client reads."""
    data: list[dict[str, Any]] = [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: ")]
    return [event["delta"]["text"] for event in data]


@given(words, cuts)
def test_an_id_in_pieces_is_given_as_the_caller_knows_it(text: str, cuts: Sequence[int]) -> None:
    """However a text is cut, a client reads it with the live id, in pieces of the same sizes, event by event."""
    assume(all(pair not in text for pair in (RECORDED * 2, OTHER + RECORDED, RECORDED + OTHER)))  # one word, and no id
    said = pieces(text, cuts)
    body, lengths = stream(said)
    served, moved = substitute(body, lengths, BOUND, content_type=SSE)
    assert text.replace(RECORDED, LIVE) == "".join(heard(served))
    assert [len(piece) for piece in said] == [len(piece) for piece in heard(served)]
    assert sum(moved) == len(served)
    assert len(lengths) == len(moved)


@given(words, cuts)
def test_a_stream_without_a_changed_id_is_served_as_it_came(text: str, cuts: Sequence[int]) -> None:
    """The very bytes come back where nothing is bound to anything else."""
    body, lengths = stream(pieces(text.replace(RECORDED, OTHER), cuts))
    assert substitute(body, lengths, BOUND, content_type=SSE)[0] is body


@given(words, cuts)
def test_pieces_say_what_the_text_says(text: str, cuts: Sequence[int]) -> None:
    """A text is its pieces laid end to end, and each part of it is where `written` says."""
    body, _ = stream(pieces(text, cuts))
    spans = documents(body, SSE)
    assert [text] in [["".join(each)] for each in texts(body, spans)]
    for strand in strands(body, spans):
        whole = b"".join(piece.text for piece in strand)
        for piece, start, end in parts(strand, 0, len(whole)):
            low, high = written(body, piece, start, end)
            assert (piece.start, piece.end) == (low, high)


def test_two_texts_that_take_turns_are_told_apart() -> None:
    """Blocks that grow side by side keep their ids to themselves."""
    halves = RECORDED[:18], RECORDED[18:]
    said = [(0, "go "), (1, "no "), (0, halves[0]), (1, OTHER[:9]), (0, halves[1]), (1, OTHER[9:])]
    body = b"".join(
        b"data: " + json.dumps({"index": index, "delta": {"text": text}}).encode() + b"\n\n" for index, text in said
    )
    served, _ = substitute(body, (), BOUND, content_type=SSE)
    events = [json.loads(line[6:]) for line in served.splitlines() if line]
    told = ["".join(each["delta"]["text"] for each in events if each["index"] == index) for index in (0, 1)]
    assert [f"go {LIVE}", f"no {OTHER}"] == told


def test_a_longer_id_ends_in_the_last_piece() -> None:
    """A declared id may be of any length: each piece holds its share, and the last one the rest."""
    body, lengths = stream([RECORDED[:8], RECORDED[8:]])
    changed = Bindings(changes={("id", RECORDED.encode()): b"1234567890" * 5})
    served, _ = substitute(body, lengths, changed, content_type=SSE)
    assert ["12345678", ("1234567890" * 5)[8:]] == heard(served)


def test_ndjson_is_a_stream_too() -> None:
    """Lines of JSON are read like events."""
    body = b"".join(json.dumps({"text": piece}).encode() + b"\n" for piece in (RECORDED[:5], RECORDED[5:]))
    served, _ = substitute(body, (), BOUND, content_type="application/x-ndjson")
    assert LIVE == "".join(json.loads(line)["text"] for line in served.splitlines())
