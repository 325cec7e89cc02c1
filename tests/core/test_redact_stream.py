"""Secrets in answers: over chunks and over the deltas of a stream, with everything else byte for byte."""

from __future__ import annotations

import json
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import pytest

from replaykit.core.redact import Redactor, Rule, Secret
from replaykit.core.stream import events

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replaykit.core.model import JSON

SSE = "text/event-stream; charset=utf-8"
NDJSON = "application/x-ndjson"
KEY = "sk-ant-api03-Ab12-Cd34_Ef56Gh78Ij90Kl12Mn34Op56"
PASSWORD = 'pä ss/"w\\ö+rd😀&7'
REDACTOR = Redactor((Secret("API_KEY", KEY), Secret("DB_PASSWORD", PASSWORD)), untouchable=frozenset({"signature"}))


def cut(text: str, *places: int) -> list[str]:
    """A text in pieces."""
    return [text[start:end] for start, end in pairwise((0, *places, len(text)))]


def sse(documents: Sequence[JSON]) -> bytes:
    """A stream of events, one for each document."""
    return b"".join(b"event: delta\ndata: %b\n\n" % json.dumps(document).encode() for document in documents)


def said(body: bytes) -> list[JSON]:
    """The documents of a stream of events."""
    return [json.loads(event.data) for event in events(body) if event.data]


def messages(pieces: Sequence[str]) -> list[JSON]:
    """Deltas of one block of text."""
    return [{"type": "delta", "index": 0, "delta": {"type": "text_delta", "text": piece}} for piece in pieces]


def chunks_of(pieces: Sequence[str]) -> list[JSON]:
    """Deltas of a chat with a number of its own in each chunk."""
    return [
        {"id": "chatcmpl-1", "n": n, "choices": [{"index": 0, "delta": {"content": piece}}]}
        for n, piece in enumerate(pieces)
    ]


def arguments(pieces: Sequence[str]) -> list[JSON]:
    """Arguments of a tool call, a JSON document in pieces, numbered by an id that differs in each event."""
    return [
        {"id": n, "delta": {"tool_calls": [{"index": 1, "function": {"arguments": piece}}]}}
        for n, piece in enumerate(pieces)
    ]


def begun(pieces: Sequence[str]) -> list[JSON]:
    """A block whose first text stands elsewhere than the rest of it."""
    first: JSON = {"index": 0, "block": {"text": pieces[0]}}
    rest: list[JSON] = [{"index": 0, "delta": {"text": piece}} for piece in pieces[1:]]
    return [first, *rest]


@pytest.mark.parametrize("shape", [messages, chunks_of, arguments, begun])
def test_a_secret_cut_anywhere_is_found_over_the_deltas(shape: Callable[[Sequence[str]], list[JSON]]) -> None:
    """The stand-in lies in the event where the secret began; the texts of the other events lose their part."""
    bodies = {place: sse(shape(["it is ", KEY[:place], KEY[place:], " ok"])) for place in range(1, len(KEY))}
    expected = sse(shape(["it is ", "[REDACTED:API_KEY]", "", " ok"]))
    found = {place: REDACTOR.chunks(body, (len(body),), SSE)[::2] for place, body in bodies.items()}
    assert dict.fromkeys(bodies, (expected, ("API_KEY",))) == found


def test_a_secret_over_five_events_is_found() -> None:
    """However small the deltas are."""
    body = sse(messages(["a", *cut(KEY, 1, 5, 11, 30), "b"]))
    assert sse(messages(["a", "[REDACTED:API_KEY]", "", "", "", "", "b"])) == REDACTOR.chunks(body, (), SSE)[0]


@pytest.mark.parametrize("place", range(1, len(PASSWORD)))
@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_secret_that_json_escapes_is_found_over_the_deltas(place: int, ascii_only: bool) -> None:  # noqa: FBT001
    """Text before and after it in the same literal stays as it was written."""
    texts = [f"ü\t{PASSWORD[:place]}", f"{PASSWORD[place:]}\u20ac"]
    body = b"".join(b"data: %b\r\n\r\n" % json.dumps({"t": text}, ensure_ascii=ascii_only).encode() for text in texts)
    expected = b"".join(
        b"data: %b\r\n\r\n" % json.dumps({"t": text}, ensure_ascii=ascii_only).encode()
        for text in ("ü\t[REDACTED:DB_PASSWORD]", "\u20ac")
    )
    assert expected == REDACTOR.chunks(body, (len(body),), SSE)[0]


@pytest.mark.parametrize("place", range(1, len(json.dumps(PASSWORD)) - 1))
def test_a_secret_in_arguments_is_found_wherever_its_escapes_are_cut(place: int) -> None:
    """The deltas of a tool call are JSON in JSON; the arguments still parse when they are added up."""
    whole = json.dumps({"to": PASSWORD})
    start = whole.index(json.dumps(PASSWORD)) + 1
    body = sse(arguments([whole[: start + place], whole[start + place :]]))
    kept = said(REDACTOR.chunks(body, (len(body),), SSE)[0])
    texts = [event["delta"]["tool_calls"][0]["function"]["arguments"] for event in kept]  # type: ignore[index,call-overload]
    assert {"to": "[REDACTED:DB_PASSWORD]"} == json.loads("".join(texts))  # type: ignore[arg-type]


def test_halves_of_a_surrogate_pair_in_two_events_are_one_character() -> None:
    """A stream may cut an emoji in two; the secret that holds it is found."""
    before, after = PASSWORD.split("😀")
    literals = (json.dumps(before)[:-1] + '\\ud83d"', '"\\ude00' + json.dumps(after)[1:])
    body = b"".join(b'data: {"t": %b}\n\n' % literal.encode() for literal in literals)
    assert b'data: {"t": "[REDACTED:DB_PASSWORD]"}\n\ndata: {"t": ""}\n\n' == REDACTOR.chunks(body, (), SSE)[0]


def test_texts_that_grow_side_by_side_are_added_up_apart() -> None:
    """Two tool calls whose deltas alternate each lose their secret."""
    halves = zip(cut(KEY, 9, 20), cut(KEY, 4, 30), strict=True)
    pieces: list[JSON] = [{"index": n, "text": piece} for both in halves for n, piece in enumerate(both)]
    kept = said(REDACTOR.chunks(sse(pieces), (), SSE)[0])
    assert ["[REDACTED:API_KEY]", "[REDACTED:API_KEY]", "", "", "", ""] == [event["text"] for event in kept]  # type: ignore[index,call-overload]


def test_a_shape_does_not_go_on_from_one_text_into_another() -> None:
    """What the second block begins with is no part of the first one's key."""
    token = "ghp_" + "a1B2c3D4" * 5
    pieces: list[JSON] = [{"index": n, "text": text} for n, text in ((0, "a"), (0, token), (1, "Hello"), (1, "World"))]
    kept = said(REDACTOR.chunks(sse(pieces), (), SSE)[0])
    assert ["a", "ghp_[REDACTED]", "Hello", "World"] == [event["text"] for event in kept]  # type: ignore[index,call-overload]


def test_a_secret_that_a_cut_stream_ends_in_is_hidden() -> None:
    """What had come of it is enough to guess the rest."""
    expected = (sse(messages(["it is ", "[REDACTED:API_KEY]", ""])), ("API_KEY",))
    assert expected == REDACTOR.chunks(sse(messages(["it is ", KEY[:9], KEY[9:40]])), (), SSE)[::2]
    assert (b"it is [REDACTED:API_KEY]", ("API_KEY",)) == REDACTOR.body(f"it is {KEY[:40]}".encode())


def test_a_shape_is_found_over_the_deltas() -> None:
    """Keys that no variable holds, too."""
    token = "ghp_" + "a1B2c3D4" * 5
    body = sse(messages(["see ", *cut(token, 2, 9), "."]))
    assert sse(messages(["see ", "ghp_[REDACTED]", "", "", "."])) == REDACTOR.chunks(body, (), SSE)[0]


def test_a_field_is_found_over_the_deltas_of_arguments() -> None:
    """The value of a credential's field goes, though its name came three events earlier."""
    body = sse(arguments(['{"pass', 'word": "hun', "ter", '2", "n": 1}']))
    assert sse(arguments(['{"pass', 'word": "[REDACTED]', "", '", "n": 1}'])) == REDACTOR.chunks(body, (), SSE)[0]


def test_a_rule_is_not_applied_across_ids() -> None:
    """What repeats in every event is no text that grows."""
    redactor = Redactor(rules=(Rule("phone", r"\d{10}", "0000000000"),))
    body = sse([{"id": "123456", "text": text} for text in ("0170", "123", "4567")])
    expected = sse([{"id": "123456", "text": text} for text in ("0000000000", "", "7")])
    assert expected == redactor.chunks(body, (), SSE)[0]


def test_signatures_in_a_stream_are_never_touched() -> None:
    """Not even where two of them add up to what looks like a secret."""
    body = sse([{"index": 0, "delta": {"signature": piece}} for piece in cut(KEY, 20)])
    assert (body, (len(body),), ()) == REDACTOR.chunks(body, (len(body),), SSE)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_plain_text_in_events_is_added_up(end: bytes) -> None:
    """Events need not hold JSON."""
    body = b"".join(b"id: 1" + end + b"data: " + piece.encode() + end + end for piece in (*cut(KEY, 7, 9), "[DONE]"))
    expected = b"".join(
        b"id: 1" + end + b"data: " + piece + end + end for piece in (b"[REDACTED:API_KEY]", b"", b"", b"[DONE]")
    )
    assert expected == REDACTOR.chunks(body, (), SSE)[0]


def test_a_document_over_several_data_lines_is_edited_in_its_line() -> None:
    """Where an event's JSON is spread over lines, the right bytes change."""
    event = b'data: {"a": 1,\ndata:  "t": "%b",\ndata: "b": [2]}\n\n'
    body = event % KEY[:9].encode() + event % KEY[9:].encode()
    assert event % b"[REDACTED:API_KEY]" + event % b"" == REDACTOR.chunks(body, (), SSE)[0]


def test_records_of_json_lines_are_added_up() -> None:
    """NDJSON is a stream like any other."""
    body = b"".join(json.dumps({"response": piece}).encode() + b"\n" for piece in cut(KEY, 3, 17))
    expected = b'{"response": "[REDACTED:API_KEY]"}\n' + b'{"response": ""}\n' * 2
    assert expected == REDACTOR.chunks(body, (), NDJSON)[0]


def lines(pieces: Sequence[str]) -> bytes:
    """A document in each line."""
    return b"".join(json.dumps({"t": piece}).encode() + b"\n" for piece in pieces)


def listed(pieces: Sequence[str]) -> bytes:
    """An array of answers, each a part of the whole."""
    return json.dumps([{"candidates": [{"content": {"parts": [{"text": piece}]}}]} for piece in pieces]).encode()


def evented(pieces: Sequence[str]) -> bytes:
    """A stream of events."""
    return sse(messages(pieces))


@pytest.mark.parametrize(
    ("form", "content_type"),
    [
        (evented, "text/plain"),
        (evented, "application/json"),
        (lines, "application/json"),
        (lines, "application/json-lines"),
        (lines, "application/stream+json"),
        (listed, "application/json"),
    ],
)
def test_a_stream_by_another_name_is_a_stream(form: Callable[[Sequence[str]], bytes], content_type: str) -> None:
    """What a body looks like counts where its type says nothing."""
    pieces = cut(KEY, 3, 17, 30)
    expected = form(["[REDACTED:API_KEY]", "", "", ""])
    assert (expected, ("API_KEY",)) == REDACTOR.chunks(form(pieces), (), content_type)[::2]
    assert (expected, ()) == REDACTOR.chunks(expected, (), content_type)[::2]


def test_an_array_is_a_list_of_anything() -> None:
    """Shapes and rules are not looked for over its elements: what follows a number there is another one."""
    redactor = Redactor(rules=(Rule("phone", r"\d{10}", "0000000000"),))
    body = json.dumps([{"zip": "12345"}, {"zip": "67890"}]).encode()
    assert (body, (len(body),), ()) == redactor.chunks(body, (len(body),), "application/json")


def test_a_text_that_grows_keeps_no_part_of_a_secret() -> None:
    """Events that repeat the text so far say the beginning of a key once more each time."""
    value = "DOTENVx8Kq2LmzR7vTT1abc"
    body = sse([{"text": f"it is {value[:size]}"} for size in range(3, len(value) + 1, 4)])
    kept, _, _ = Redactor((Secret("NAME", value),)).chunks(body, (), SSE)
    texts = [event["text"] for event in said(kept)]  # type: ignore[index,call-overload]
    assert ["it is DOT", "it is DOTENVx", *["it is [REDACTED:NAME]"] * 4] == texts


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"data: \xff\xfe\n\n",
        b"data: {broken\n\n",
        b": ping\n\n",
        b'data: {"a": "torn',
        b"data: " + b"[" * 5000 + b"\n\n",
    ],
)
def test_what_is_no_stream_of_json_passes_through(body: bytes) -> None:
    """Binary, broken, torn, deep and empty bodies come out as they went in."""
    assert (body, (len(body),), ()) == REDACTOR.chunks(body, (len(body),), SSE)


@pytest.mark.parametrize("content_type", ["application/json", SSE, ""])
@pytest.mark.parametrize("bounds", [(3,), (10,), (12, 20), (11, 30, 58), (58,), (59,), (5, 5, 12, 13, 14, 70)])
def test_a_replaced_text_lies_in_the_chunk_where_it_started(content_type: str, bounds: tuple[int, ...]) -> None:
    """As many chunks as came; those that held only the rest of a secret are empty."""
    body = f'{{"text": " {KEY}", "b": "{"x" * 40}"}}'.encode()
    ends = (*bounds, len(body))
    lengths = tuple(end - start for start, end in pairwise((0, *ends)))
    start = body.index(KEY.encode())
    shorter = len(KEY) - len("[REDACTED:API_KEY]")
    moved = [end if end <= start else max(end - shorter, start + len("[REDACTED:API_KEY]")) for end in ends]
    kept, after, _ = REDACTOR.chunks(body, lengths, content_type)
    assert body.replace(KEY.encode(), b"[REDACTED:API_KEY]") == kept
    assert moved == list(accumulate(after))


def test_chunks_of_a_clean_answer_stay() -> None:
    """Nothing moves where nothing is hidden."""
    assert (b"hello", (2, 0, 3), ()) == REDACTOR.chunks(b"hello", (2, 0, 3), "text/plain")
