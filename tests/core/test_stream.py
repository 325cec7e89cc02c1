"""Streams of events: what a client would hear, where it stands in the body, and nothing lost."""

from __future__ import annotations

import json
from itertools import pairwise
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.stream import ARRAY, Event, Splitter, events, is_stream, kind

NDJSON = "application/x-ndjson"
KINDS = ("text/event-stream", NDJSON)

PIECES = ("data: x", "data", "data:", ": ping", "event: a", "retry: 1", "id: 7", "é", "\ufeff", "\r", "\n", "\r\n", " ")
BODIES = st.lists(st.sampled_from(PIECES)).map(lambda pieces: "".join(pieces).encode()) | st.binary(max_size=200)

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)
SAID = st.tuples(st.none() | TEXTS.filter(lambda name: name.strip(" ") == name != ""), st.lists(TEXTS, min_size=1))


def heard(body: bytes) -> list[tuple[str, str]]:
    """What a client would dispatch, by name and data."""
    return [(event.name, event.data) for event in events(body) if event.dispatched]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", []),
        (b"data: one\n\ndata: two\n\n", [("message", "one"), ("message", "two")]),
        (b"event: add\ndata: 7\n\n", [("add", "7")]),
        (b"data: 7\nevent: add\n\n", [("add", "7")]),
        (b"event: a\nevent: b\ndata: 7\n\n", [("b", "7")]),
        (b"event: a\ndata: 1\n\ndata: 2\n\n", [("a", "1"), ("message", "2")]),
        (b"data: one\r\n\r\ndata: two\r\n\r\n", [("message", "one"), ("message", "two")]),
        (b"data: one\r\rdata: two\r\r", [("message", "one"), ("message", "two")]),
        (b"data: one\ndata: two\n\n", [("message", "one\ntwo")]),
        (b"data:one\n\n", [("message", "one")]),
        (b"data:  one\n\n", [("message", " one")]),
        (b"data\n\n", [("message", "")]),
        (b"data:\ndata\n\n", [("message", "\n")]),
        (b"database: 1\nDATA: 2\n data: 3\n\n", []),
        (b": ping\n\ndata: one\n: pong\n\n", [("message", "one")]),
        (b"retry: 3\nid: 4\n\n", []),
        (b"event: a\n\ndata: 1\n\n", [("message", "1")]),
        (b"\xef\xbb\xbfdata: one\n\n", [("message", "one")]),
        (b"data: \xff\xfe\n\n", [("message", "\ufffd\ufffd")]),
        (b"data: a\xe2\x80\xa8b\x0bc\x85\n\n", [("message", "a\u2028b\x0bc\ufffd")]),
        (b"data: one", []),
        (b"data: one\n", []),
        (b"data: one\n\ndata: tw", [("message", "one")]),
    ],
)
def test_a_client_hears(body: bytes, expected: list[tuple[str, str]]) -> None:
    """Server-sent events are read as the HTML standard says."""
    assert expected == heard(body)


def test_a_torn_event_is_kept_and_marked() -> None:
    """What was cut off in the middle of an event is the last event, and not dispatched."""
    whole, torn = events(b'data: one\n\nevent: add\ndata: {"a')
    assert (False, True) == (whole.torn, whole.dispatched)
    assert (True, False) == (torn.torn, torn.dispatched)
    assert ("add", '{"a') == (torn.name, torn.data)


def test_data_is_found_in_the_body() -> None:
    """Each data line has its bytes' place in the body, so that it can be edited there."""
    body = b"\xef\xbb\xbfdata: one\r\nevent: a\r\ndata:two\r\n\r\n"
    (event,) = events(body)
    assert [b"one", b"two"] == [body[start:end] for start, end in event.spans]
    assert (0, len(body)) == (event.start, event.end)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", []),
        (b'{"a":1}\n{"a":2}\n', [('{"a":1}', False), ('{"a":2}', False)]),
        (b'{"a":1}\r\n{"a":2}', [('{"a":1}', False), ('{"a":2}', True)]),
        (b'\n{"a":\r1}\n', [("", False), ('{"a":\r1}', False)]),
        (b'\xef\xbb\xbf{"a":1}\n', [('{"a":1}', False)]),
    ],
)
def test_a_record_is_a_line(body: bytes, expected: list[tuple[str, bool]]) -> None:
    """In NDJSON each line is an event; the last one is torn when its line feed is missing."""
    assert expected == [(event.data, event.torn) for event in events(body, NDJSON)]


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/event-stream", True),
        ("Text/Event-Stream; charset=utf-8", True),
        ("application/x-ndjson", True),
        ("application/jsonl", True),
        ("application/json", False),
        ("application/vnd.amazon.eventstream", False),
        ("", False),
    ],
)
def test_a_stream_is_known_by_its_content_type(content_type: str, expected: bool) -> None:  # noqa: FBT001  (a column)
    """Event streams and NDJSON are cut; JSON and binary streams are not."""
    assert expected == is_stream(content_type)


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"{}", "application/x-ndjson; charset=utf-8", "application/x-ndjson; charset=utf-8"),
        (b"data: 1\n\n", "text/plain", "text/event-stream"),
        (b"\xef\xbb\xbf: hi\r\nevent: a\r\ndata: 1\r\n\r\n", "", "text/event-stream"),
        (b'{"a": 1}\n{"a": 2}\n', "application/json", NDJSON),
        (b'{"a": 1}\r\n\r\n{"a": 2}\r\n{"a', "application/json", NDJSON),
        (b' [ {"a": 1}]', "application/json", ARRAY),
        (b'{"a": 1}\n', "application/json", ""),
        (b'{\n  "a": {\n  }\n}\n', "application/json", ""),
        (b"[1, 2]", "application/json", ""),
        (b"the data: 1\n", "text/plain", ""),
        (b"\x00\xff", "", ""),
    ],
)
def test_a_stream_is_known_by_its_looks(body: bytes, content_type: str, expected: str) -> None:
    """Where the type says no stream, fields of events, a document in each line, or an array of objects do."""
    assert expected == kind(body, content_type)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'[{"a": 1},\n {"b": "\xc3\xa9]"}]\n', [(b'{"a": 1}', False), (b'{"b": "\xc3\xa9]"}', False), (b"", True)]),
        (b'[{"a": 1}, {"b"', [(b'{"a": 1}', False), (b"", True)]),
        (b"[" * 5000, [(b"", True)]),
    ],
)
def test_an_array_is_cut_into_its_elements(body: bytes, expected: list[tuple[bytes, bool]]) -> None:
    """Each stands where it stood, and what is no element is the torn end."""
    found = events(body, ARRAY)
    assert expected == [(b"".join(body[start:end] for start, end in event.spans), event.torn) for event in found]
    assert body == b"".join(body[event.start : event.end] for event in found)


@pytest.mark.parametrize("body", [b":\n" * 300_000, b"\n" * 500_000, b'{"a":1}\n' * 100_000 + b"x", b"[{" * 300_000])
def test_looking_takes_linear_time(body: bytes) -> None:
    """Bodies made to be slow to tell are told at once: quadratic work would take minutes."""
    began = perf_counter()
    kind(body, "application/json")
    assert perf_counter() - began < 5.0


@given(BODIES, st.sampled_from(KINDS))
def test_spans_cover_the_body(body: bytes, kind: str) -> None:
    """The events laid end to end are the body, and data lies within its event."""
    found = events(body, kind)
    assert body == b"".join(body[event.start : event.end] for event in found)
    assert [event.start for event in found[1:]] == [event.end for event in found[:-1]]
    assert all(event.start <= start <= end <= event.end for event in found for start, end in event.spans)
    assert [False] * (len(found) - 1) == [event.torn for event in found[:-1]]


@given(BODIES, st.sampled_from(KINDS))
def test_data_is_what_its_spans_hold(body: bytes, kind: str) -> None:
    """An event's data is its spans' bytes, decoded and joined by line feeds."""
    for event in events(body, kind):
        expected = b"\n".join(body[start:end] for start, end in event.spans).decode("utf-8", "replace")
        assert expected == event.data


@given(BODIES, st.sampled_from(KINDS), st.lists(st.integers(0, 200)))
def test_chunks_make_no_difference(body: bytes, kind: str, cuts: list[int]) -> None:
    """However a body is cut into chunks, the same events come out."""
    edges = [0, *sorted(cuts), len(body)]
    splitter = Splitter(kind)
    found: list[Event] = []
    for start, end in pairwise(edges):
        found += splitter.feed(body[start:end])
    assert events(body, kind) == [*found, *splitter.close()]


@given(st.lists(SAID), st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_is_sent_is_heard(said: list[tuple[str | None, list[str]]], newline: str) -> None:
    """Events written as the standard says come back as they were, with every kind of line end."""
    body = ""
    for name, lines in said:
        fields = [*([f"event: {name}"] if name else []), *(f"data: {line}" for line in lines), "", ""]
        body += newline.join(fields)
    assert [(name or "message", "\n".join(lines)) for name, lines in said] == heard(body.encode())


def test_an_event_comes_out_with_its_last_byte() -> None:
    """A splitter gives an event as soon as it is whole, and not before."""
    splitter = Splitter()
    assert [] == splitter.feed(b"data: one\n")
    assert ["one"] == [event.data for event in splitter.feed(b"\ndata: tw")]
    assert [] == splitter.feed(b"o\r\n\r")
    assert ["two"] == [event.data for event in splitter.feed(b"\n")]
    assert [] == splitter.close()


def test_a_long_line_in_small_chunks_is_one_event() -> None:
    """A megabyte in chunks of 16 bytes is held until its line ends, then given out in one piece."""
    payload = json.dumps("x" * 1_000_000).encode()
    splitter = Splitter()
    body = b"data: " + payload + b"\n\n"
    found = [event for start in range(0, len(body), 16) for event in splitter.feed(body[start : start + 16])]
    assert [payload.decode()] == [event.data for event in found]
