"""The laws of redaction, for any secret in any text: nothing survives, nothing else changes, and twice is once."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from hypothesis import assume, given
from hypothesis import strategies as st

from replaykit.core.redact import Redactor, Rule, Secret, placeholder
from replaykit.core.redact.edit import Edit, apply, settle, shift
from replaykit.core.stream import events

if TYPE_CHECKING:
    from replaykit.core.model import JSON

SSE = "text/event-stream"
STAND_IN = placeholder("NAME")

CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cs"])
VALUES = st.text(CHARACTERS, min_size=12, max_size=40).map(str.strip).filter(lambda value: len(value) >= 12)
"""Secrets as an environment may hold them."""
KEYS = st.text("abcXYZ0189_-+/=", min_size=12, max_size=60)
SECRETS = (VALUES | KEYS).filter(lambda value: "REDACTED" not in value)
PROSE = st.lists(
    st.sampled_from(("the", "risk", "is", "task-", "max_tokens", '"', "\\n", "\n", "{", ":", "é", "😀", " "))
)
TEXTS = st.text(CHARACTERS, max_size=20) | PROSE.map(" ".join)

SHAPED = (
    "sk-ant-api03-a1B2c3D4e5F6a1B2c3D4e5F6",
    "ghp_a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6",
    "AKIAABCDEFGH234567AB",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJl",
    "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\\n-----END PRIVATE KEY-----",
    "Bearer a1B2c3D4e5F6a1B2",
    "postgres://bob:hunter22@db/x",
    "Basic Ym9iOm9wZW5zZXNhbWU=",
    "?sig=aB3dE5gH7jK9mN1paB3d%3D&x",
    "SG.aB3dE5gH7jK9mN1paB3d.aB3dE5gH7jK9mN1paB3d",
    '{"token": "aB3dE5gH7jK9mN1p"}',
    '{"password": "hunter2", "api_key": "a\\"b"}',
    '{\\"client_secret\\": \\"x\\\\\\"y\\"}',
    "api_key=abc&x=1",
    "bob@example.org",
    "[REDACTED]",
    "[REDACTED",
    "[REDACTED:NAME]",
    "sk-ant-api03-[REDACTED]",
    "https://bob:REDACTED-NAME@x/",
    "data: ",
    "\n\n",
    "]",
    "\\",
    "%2",
)
RULES = (Rule("e-mail", r"[\w.]+@[\w.]+\w", "someone@example.com"), Rule("digits", r"\d{9,}", "0"))


def forms(value: str, before: str, after: str) -> list[str]:
    """How programs send a value with something around it, one for each encoding."""
    whole = (before + value + after).encode()
    return [
        before + value + after,
        json.dumps(before + value + after),
        json.dumps(before + value + after, ensure_ascii=False),
        json.dumps({"arguments": json.dumps({"to": value})}),
        quote(before + value, safe=""),
        quote_plus(value + after),
        base64.b64encode(whole).decode(),
        base64.urlsafe_b64encode(whole).decode().rstrip("="),
        whole.hex(),
        value.encode().hex().upper(),
    ]


def readings(text: str) -> list[str]:
    """What a text says, and what it says when its longest runs of base64 or hexadecimal are decoded."""
    said = [text]
    for run in text.replace("-", "+").replace("_", "/").split():
        for padded in (run, run + "=", run + "=="):
            try:
                said.append(base64.b64decode(padded, validate=True).decode("utf-8", "replace"))
            except ValueError:
                continue
    return said


@given(SECRETS, TEXTS, TEXTS, st.integers(0, 9))
def test_no_secret_survives_in_any_encoding(value: str, before: str, after: str, form: int) -> None:
    """Neither the value nor the text that encodes it is there afterwards."""
    redactor = Redactor((Secret("NAME", value),))
    sent = forms(value, before, after)[form]
    kept, names = redactor.text(sent)
    assume(value not in STAND_IN)
    assert names
    assert not [said for said in readings(kept) if value in said.replace(STAND_IN, "")]
    assert forms(value, "", "")[form] not in kept


@given(SECRETS, st.lists(TEXTS | st.sampled_from(SHAPED) | st.just("SECRET"), max_size=8), st.integers(0, 9))
def test_twice_is_once(value: str, parts: list[str], form: int) -> None:
    """What has been redacted comes out as it went in, with nothing hidden."""
    redactor = Redactor((Secret("NAME", value), Secret("OTHER", value[:12])), RULES)
    sent = "".join(forms(value, "a", "b")[form] if part == "SECRET" else part for part in parts)
    once, _ = redactor.text(sent)
    assert (once, ()) == redactor.text(once)
    url, _ = redactor.url(f"https://x/{sent}")
    assert (url, ()) == redactor.url(url)
    stream, lengths, _ = redactor.chunks(sent.encode(), (len(sent.encode()),), SSE)
    assert (stream, lengths, ()) == redactor.chunks(stream, lengths, SSE)


@given(SECRETS, st.lists(st.text("abc def,.\n\"\\{}[]:'é😀", max_size=30)))
def test_a_text_without_secrets_is_unchanged(value: str, parts: list[str]) -> None:
    """Byte for byte, and the very same chunks."""
    data = "".join(parts).encode()
    lengths = tuple(len(part.encode()) for part in parts)
    assume(value not in data.decode())
    redactor = Redactor((Secret("NAME", value),))
    assert (data, lengths, ()) == redactor.chunks(data, lengths, SSE)


@given(st.binary())
def test_bytes_without_secrets_are_unchanged(data: bytes) -> None:
    """Whatever they are."""
    redactor = Redactor((Secret("NAME", "nowhere-in-there-77"),))
    kept, names = redactor.body(data)
    assert names or data == kept


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[str], int, bool]:
    """A secret cut anywhere with a text before and behind it, the shape of its events, and how they are escaped."""
    value = draw(SECRETS)
    places = sorted({min(place, len(value)) for place in draw(st.lists(st.integers(0, 60), max_size=6))})
    pieces = [value[start:end] for start, end in pairwise((0, *places, len(value)))]
    return [draw(TEXTS), *pieces, draw(TEXTS)], draw(st.integers(0, 3)), draw(st.booleans())


@given(streams())
def test_splitting_a_secret_over_deltas_never_leaks(stream: tuple[list[str], int, bool]) -> None:
    """However it is cut and written, the texts added up say the stand-in, and the rest of each event is as it was."""
    (before, *pieces, behind), shape, ascii_only = stream
    value = "".join(pieces)
    redactor = Redactor((Secret("NAME", value),))
    assume(not redactor.text(before)[1] + redactor.text(behind)[1])
    texts = [before, *pieces, behind]
    assume(not any(value in word for word in around(0, shape, ascii_only=ascii_only)))  # then it hides there too
    body = b"".join(event(text, number, shape, ascii_only=ascii_only) for number, text in enumerate(texts))
    kept, lengths, names = redactor.chunks(body, (7, len(body) - 7), SSE)
    said = [text_of(each.data, shape) for each in events(kept) if each.data]
    assert "NAME" in names
    assert value not in "".join(said).replace(STAND_IN, "")
    assert len(texts) == len(said)
    assert len(kept) == sum(lengths)
    for number, each in enumerate(events(kept)):
        first, last = around(number, shape, ascii_only=ascii_only)
        assert each.data.startswith(first)
        assert each.data.endswith(last)


def document(text: str, number: int, shape: int) -> JSON:
    """An event as one of four services writes it."""
    shapes: tuple[JSON, ...] = (
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"id": "c1", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]},
        {"type": "response.delta", "item_id": "i", "sequence_number": number, "delta": text},
        {"jsonrpc": "2.0", "id": number, "params": [1.50, {"data": text}]},
    )
    return shapes[shape]


def event(text: str, number: int, shape: int, *, ascii_only: bool) -> bytes:
    """The bytes of that event."""
    return f"data: {json.dumps(document(text, number, shape), ensure_ascii=ascii_only)}\n\n".encode()


def text_of(data: str, shape: int) -> str:
    """The text in an event."""
    found = json.loads(data)
    for key in (("delta", "text"), ("choices", 0, "delta", "content"), ("delta",), ("params", 1, "data"))[shape]:
        found = found[key]
    return str(found)


def around(number: int, shape: int, *, ascii_only: bool) -> tuple[str, str]:
    """The data of an event before its text and behind it."""
    before, _, behind = json.dumps(document("TEXT", number, shape), ensure_ascii=ascii_only).partition("TEXT")
    return before, behind


HISTORY = st.sampled_from(("lorem ipsum " * 60, "lorem-ipsum-" * 60))
"""Longer than what a search looks back."""


@given(
    SECRETS, st.lists(TEXTS | HISTORY | st.sampled_from(("SECRET", *SHAPED)), max_size=12), st.integers(0, 12), TEXTS
)
def test_a_scan_that_follows_another_finds_the_same(value: str, parts: list[str], turn: int, tail: str) -> None:
    """What an earlier scan found may be taken over wherever the two bodies part."""
    redactor = Redactor((Secret("NAME", value),), RULES)
    texts = [value if part == "SECRET" else part for part in parts]
    earlier = ("".join(texts[:turn]) + tail).encode()
    later = "".join(texts).encode()
    shared = next(
        (n for n, (a, b) in enumerate(zip(earlier, later, strict=False)) if a != b), min(len(earlier), len(later))
    )
    again = redactor.scan(later, redactor.scan(earlier), shared)
    assert redactor.body(later) == (again.data, again.names)


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9), st.binary(max_size=9)), max_size=6)


@given(st.lists(st.integers(0, 12), max_size=9), SPANS)
def test_chunks_add_up_to_the_body(lengths: list[int], spans: list[tuple[int, int, bytes]]) -> None:
    """As many chunks as before, together as long as the edited body, and each text in the chunk where it started."""
    size = sum(lengths)
    edits = settle(Edit(start, start + length, text, ("x",)) for start, length, text in spans if start + length <= size)
    data = bytes(size)
    after = shift(lengths, edits)
    assert len(lengths) == len(after)
    assert len(apply(data, edits)) == sum(after)
    assert all(length >= 0 for length in after)
