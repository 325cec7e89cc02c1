"""Serving: recorded answers with the ids of today, and no other byte touched."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.normalize import Bindings, Paired, Rules, declare, fold, pair
from replaykit.core.normalize.serving import echo, substitute

A = "550e8400-e29b-41d4-a716-446655440000"
B = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
X = "f47ac10b-58cc-4372-a567-0e02b2c3d479"


def bound(*pairs: tuple[str, str], rules: Rules | None = None) -> Bindings:
    """Bindings that a run with these pairs of texts has."""
    bindings = Bindings()
    for one, other in pairs:
        result = pair(
            fold(one.encode(), rules or Rules()).tokens, fold(other.encode(), rules or Rules()).tokens, bindings
        )
        assert isinstance(result, Paired)
        bindings = result.bindings
    return bindings


def test_an_answer_names_the_ids_of_today() -> None:
    """Bound ids are replaced wherever they stand whole; unbound and equal ones, and parts of words, stay."""
    data = f'{{"job":"{A}","again":"run-{A}","other":"{B}","longer":"{A}0"}}'.encode()
    expected = data.replace(f'"{A}"'.encode(), f'"{X}"'.encode()).replace(f"run-{A}".encode(), f"run-{X}".encode())
    assert (expected, (len(data),)) == substitute(data, (len(data),), bound((A, X), (B, B)))


def test_without_changes_the_very_same_bytes_come_back() -> None:
    """Nothing is copied when nothing was bound to anything else."""
    data = A.encode()
    for bindings in (Bindings(), bound((A, A)), bound((B, X))):
        assert substitute(data, (9,), bindings)[0] is data


def test_a_big_answer_that_holds_no_bound_id_is_only_searched() -> None:
    """100 kB without the id come back as they are, and with the id they are served like any other."""
    data, bindings = b"word " * 20_000, bound((A, X))
    assert substitute(data, (len(data),), bindings)[0] is data
    assert data + X.encode() == substitute(data + A.encode(), (), bindings)[0]


def test_ports_are_those_of_today() -> None:
    """An answer that points back at a local server points at where it is now, in the same chunk."""
    bindings = bound(("http://localhost:40001/", "http://localhost:54321/"))
    assert (b"see http://localhost:54321/ or 80", (14, 19)) == substitute(
        b"see http://localhost:40001/ or 80", (14, 19), bindings
    )


TICKETS = Rules((declare("ticket", r"<(\w+)>"),))


@given(
    st.lists(st.sampled_from(["<ab>", "<cdef>", "<x>", "--", "é", "<ab"]), max_size=8),
    st.lists(st.integers(0, 60), max_size=8),
)
def test_chunks_stay_the_chunks_they_were(words: list[str], cuts: list[int]) -> None:
    """Lengths add up to the new answer, and a chunk that held no piece of a changed id holds the same bytes."""
    bindings = bound(("<ab>", "<abcdefgh>"), ("<cdef>", "<y>"), rules=TICKETS)
    data = "".join(words).encode()
    ends = sorted(min(cut, len(data)) for cut in cuts)
    ends.append(len(data))
    lengths = tuple(end - start for start, end in zip([0, *ends[:-1]], ends, strict=True))
    served, moved = substitute(data, lengths, bindings, TICKETS)
    assert data.replace(b"<ab>", b"<abcdefgh>").replace(b"<cdef>", b"<y>") == served
    assert len(lengths) == len(moved)
    assert len(served) == sum(moved)
    assert min(moved) >= 0
    touched = [range(token.start, token.end) for token in fold(data, TICKETS).tokens if token.text != b"x"]
    start = place = 0
    for length, size in zip(lengths, moved, strict=True):
        if all(span.stop <= start or span.start >= start + length for span in touched):
            assert data[start : start + length] == served[place : place + size]
        start, place = start + length, place + size


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"jsonrpc":"2.0","id":1,"result":{"id":1,"n":1}}', b'{"jsonrpc":"2.0","id":42,"result":{"id":1,"n":1}}'),
        (b'{"result" : 1 , "id" : 1 }', b'{"result" : 1 , "id" : 42 }'),
        (b'{"id":"1"}', b'{"id":"1"}'),
        (b'{"id":10}', b'{"id":10}'),
        (b'{"text":"\\"id\\":1"}', b'{"text":"\\"id\\":1"}'),
        (b'data: {"id":1}\n\n', b'data: {"id":42}\n\n'),
        (
            b'event: message\r\nid: 1\r\ndata: {"id":1,"x":[1]}\r\n\r\ndata:{"id":1}\r\n\r\n',
            b'event: message\r\nid: 1\r\ndata: {"id":42,"x":[1]}\r\n\r\ndata:{"id":42}\r\n\r\n',
        ),
        (b'data: {"x":{\ndata: "id":1},\ndata: "id":1}\n\n', b'data: {"x":{\ndata: "id":1},\ndata: "id":42}\n\n'),
        (b": 1\n\nid: 1\n\n", b": 1\n\nid: 1\n\n"),
        (b"id=1", b"id=1"),
    ],
)
def test_the_id_of_a_call_comes_back_as_the_caller_knows_it(data: bytes, expected: bytes) -> None:
    """Only that field, in JSON and in events, by structure; every other byte stays."""
    served, lengths = echo(data, (4, len(data) - 4), "/id", b"1", b"42")
    assert expected == served
    assert len(expected) == sum(lengths)


def test_a_string_id_may_hold_anything() -> None:
    """An id is JSON text, whatever characters it needs."""
    recorded, live = (json.dumps(text).encode() for text in ('a"}\n', "é\\"))
    data = b'{"id":' + recorded + b',"result":{}}'
    assert (b'{"id":' + live + b',"result":{}}', ()) == echo(data, (), "/id", recorded, live)


def test_a_batch_is_answered_item_by_item() -> None:
    """`*` names any item of an array; only the one that is meant changes."""
    served, _ = echo(b'[{"id":1},{"id":2}]', (19,), "/*/id", b"2", b'"two"')
    assert b'[{"id":1},{"id":"two"}]' == served
