"""Named forms of strings, as assertions: what is of the form, what is not, and what nobody knows."""

from __future__ import annotations

import pytest

from replaykit.core.contract.schema import asserted
from replaykit.core.contract.schema.forms import ENCODINGS, FORMATS, examples

NOT = {
    "date-time": ["2026-11-20", "2026-02-30T00:00:00Z", "2026-11-20 12:00:00Z", "2026-11-20T12:00:00"],
    "date": ["2026-13-01", "2025-02-29", "20261120", "2026-11-20\n"],
    "time": ["12:00", "24:00:00Z", "12:00:00"],
    "duration": ["P", "PT", "1D", "P1H"],
    "email": ["ada", "ada@", "@example.org"],
    "hostname": ["-a", "a..b", "a_b", "", "a" * 64],
    "ipv4": ["256.0.0.1", "1.2.3", "01.2.3.4"],
    "ipv6": [":::", "12345::", "1.2.3.4"],
    "uri": ["/a", "a b:c", "http://a b"],
    "uri-reference": ["a b", "\\a"],
    "uuid": ["00000000-0000-4000-8000-00000000000", "0000000000004000800000000000000g"],
    "json-pointer": ["a", "/~2"],
    "regex": ["(", "[a"],
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_tells_texts_apart(name: str) -> None:
    """Every example of a format is of it, and what looks like it is not."""
    assert [True] * len(examples("format", name)) == [
        asserted("format", name, text) for text in examples("format", name)
    ]
    assert [False] * len(NOT[name]) == [asserted("format", name, text) for text in NOT[name]]


@pytest.mark.parametrize(("year", "expected"), [(2024, True), (2025, False), (1900, False), (2000, True)])
def test_february_has_its_days(year: int, expected: bool) -> None:  # noqa: FBT001 - the expected value
    """The 29th of February is a date in leap years only."""
    assert expected is asserted("format", "date", f"{year}-02-29")


@pytest.mark.parametrize("name", ENCODINGS)
def test_an_encoding_reads_its_example(name: str) -> None:
    """Every encoding's example is in it."""
    assert [True] == [asserted("contentEncoding", name, text) for text in examples("contentEncoding", name)]


@pytest.mark.parametrize(
    ("expected", "name", "text", "within"),
    [
        (True, "application/json", '{"a": 1}', ""),
        (False, "application/json", "{", ""),
        (True, "application/json", "e30=", "base64"),
        (False, "application/json", "e3=", "base64"),
        (True, "image/png", "\x89PNG\r\n\x1a\n…"[:8], ""),
        (False, "image/jpeg", "\x89PNG\r\n\x1a\n", ""),
        (True, "image/png", "iVBORw0KGgo=", "base64"),
        (None, "text/turtle", "a", ""),
        (None, "image/png", "a", "made-up"),
    ],
)
def test_a_media_type_is_seen_by_its_content(expected: bool | None, name: str, text: str, within: str) -> None:  # noqa: FBT001
    """JSON parses, and pictures begin as they do, plain or in an encoding."""
    assert expected is asserted("contentMediaType", name, text, within)


def test_nobody_knows_an_unknown_form() -> None:
    """An unknown format says nothing; an unknown encoding is at least none of the known ones."""
    assert asserted("format", "made-up", "a") is None
    assert asserted("contentEncoding", "made-up", "a!") is None
    assert asserted("contentEncoding", "made-up", "YQ==") is False
