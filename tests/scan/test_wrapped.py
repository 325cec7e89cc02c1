"""Secrets that are wrapped: in base64, packed, and both."""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64encode, encodebytes, urlsafe_b64encode
from typing import TYPE_CHECKING

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from replaykit.scan.wrapped import MOST, inner, narrow
from tests.scan.hoard import GITHUB, PLAIN, episode, exchange, found, on_tape

if TYPE_CHECKING:
    from pathlib import Path

TEXT = json.dumps({"notes": "what the tool said, at some length", "token": GITHUB}).encode()
TOKEN = "github token"


def quoted(data: bytes) -> bytes:
    return json.dumps({"content": data.decode()}).encode()


def escaped(text: str) -> str:
    """A text as a writer of JSON may put it who escapes everything."""
    return "".join(f"\\u{ord(each):04X}" for each in text)


BODIES = {
    "escapes": f'{{"t": "{escaped(GITHUB)}"}}'.encode(),
    "escapes ": f'{{"t": "{GITHUB[:9]}{escaped(GITHUB[9])}{GITHUB[10:]}"}}'.encode(),
    "escapes  ": json.dumps({"call": f'{{"t": "{escaped(GITHUB[0])}{GITHUB[1:]}"}}'}).encode(),
    "UTF-16": TEXT.decode().encode("utf-16"),
    "UTF-16 ": TEXT.decode().encode("utf-16-be"),
    "UTF-32": TEXT.decode().encode("utf-32"),
    "escapes, in UTF-16": f'{{"t": "{escaped(GITHUB)}"}}'.encode("utf-16"),
    "base64": quoted(b64encode(TEXT)),
    "base64 ": quoted(encodebytes(TEXT * 3)),
    "base64  ": quoted(urlsafe_b64encode(TEXT).rstrip(b"=")),
    "gzip": gzip.compress(TEXT),
    "zlib": zlib.compress(TEXT),
    "zstd": zstd.compress(TEXT),
    "gzip, in base64": quoted(b64encode(gzip.compress(TEXT))),
    "zstd, in base64": quoted(b64encode(zstd.compress(TEXT))),
    "base64   ": b"x^2 is no zlib: " + b64encode(TEXT),
    "base64, in gzip": gzip.compress(quoted(b64encode(TEXT))),
}


@pytest.mark.parametrize("how", BODIES)
def test_a_wrapped_secret_is_found(tmp_path: Path, how: str) -> None:
    """In every wrapping, and in a wrapping within another; the finding says in which."""
    path = on_tape(tmp_path, episode(exchange(BODIES[how])))
    (line,) = found(path)
    assert line.startswith(f"support.tape: step 1, request body: {TOKEN}, in {how.strip()}")


def test_a_password_in_an_address_whose_slashes_are_escaped(tmp_path: Path) -> None:
    """As some writers of JSON put it."""
    body = json.dumps({"at": f"https://me:{PLAIN}@a.example/x"}).replace("/", "\\/").encode()
    (line,) = found(on_tape(tmp_path, episode(exchange(body))))
    assert line.endswith("request body: url password, in escapes")


@pytest.mark.parametrize("data", [b"\xff\xfe\x00\xd8 no text", bytes(400), b"\0a\0b" * 9 + b"\xd8\0" * 40, b"a\0"])
def test_bytes_that_are_no_wide_text(data: bytes) -> None:
    """What only begins like UTF-16 is not read as that."""
    assert None is narrow(data)


def test_a_body_that_is_not_what_its_encoding_says(tmp_path: Path) -> None:
    """An answer that was kept packed is looked through unpacked."""
    path = on_tape(tmp_path, episode(exchange(answer=gzip.compress(TEXT), kind="text/plain")))
    assert [f"support.tape: step 1, response body: {TOKEN}, in gzip"] == found(path)


def test_what_came_before_the_damage(tmp_path: Path) -> None:
    """A packed text that was cut off is looked through as far as it goes."""
    noise = b64encode(zlib.compress(bytes(range(256)) * 8)) * 40
    path = on_tape(tmp_path, episode(exchange(gzip.compress(TEXT + noise)[:-40])))
    assert [f"support.tape: step 1, request body: {TOKEN}, in gzip"] == found(path)


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress, zlib.compress])
def test_a_bomb_ends_somewhere(pack: object) -> None:
    """What would unpack to much more than any body is unpacked to a bound."""
    assert callable(pack)
    (opened,) = inner(pack(bytes(MOST + (1 << 20))))
    assert MOST >= len(opened.data)


@given(st.binary(max_size=400))
def test_any_bytes_are_looked_into(data: bytes) -> None:
    """Whatever the bytes are, what they wrap is bytes, and lies in them."""
    for each in inner(data):
        assert 0 <= each.start < each.end <= len(data)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=24, max_size=200))
def test_base64_of_text_is_undone(text: str) -> None:
    """Base64 of a text is that text again, in both alphabets, with padding or without."""
    data = text.encode()
    for encoded in (b64encode(data), urlsafe_b64encode(data), b64encode(data).rstrip(b"=")):
        assert [data] == [each.data for each in inner(b'"' + encoded + b'"')]
