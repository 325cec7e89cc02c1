"""Recorded text in a terminal: shown, and never obeyed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.plain import either, gist, harmless, line, listed, measure, quoted

ANY = st.text(st.characters(), max_size=80)
HARMLESS = set("\n\t\u00a0\u2002\u2003\u2007\u2009\u202f\u3000\u200c\u200d")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("abc\rxyz\x08", r"abc\rxyz\x08"),
        ("file\u202etxt.exe", r"file\u202etxt.exe"),
        ("a\u2066b\u2069", r"a\u2066b\u2069"),
        ("\x9b31m", r"\x9b31m"),
        ("lone \ud800", r"lone \ud800"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("naïve 雨 👩‍💻", "naïve 雨 👩‍💻"),
    ],
)
def test_what_a_terminal_obeys_is_spelled_out(text: str, expected: str) -> None:
    """Control characters, bidirectional controls and lone surrogates become escapes; text stays text."""
    assert expected == harmless(text)


@given(ANY)
def test_nothing_gets_through(text: str) -> None:
    """Whatever was recorded, only what can be printed comes out, and it can be encoded."""
    shown = harmless(text)
    assert [] == [character for character in shown if not character.isprintable() and character not in HARMLESS]
    assert shown == shown.encode().decode()


@given(ANY, st.integers(2, 40))
def test_a_line_is_one_line_of_its_width(text: str, width: int) -> None:
    """A line holds no line feed and is no longer than asked for."""
    shown = line(text, width)
    assert len(shown) <= width
    assert "\n" not in shown


def test_long_texts_are_cut() -> None:
    """What is too long ends in an ellipsis; what fits does not."""
    assert "abcd…" == line("abcdefgh", 5)
    assert "abcde" == line("abcde", 5)
    assert r'"a\nb"' == quoted("a\nb")


def test_values_are_told_on_one_line() -> None:
    """Texts stand in quotation marks, everything else as JSON."""
    assert '"0"' == gist("0")
    assert "0" == gist(0)
    assert '{"a": [null, true, "雨"]}' == gist({"a": [None, True, "雨"]})


def test_sizes_and_lists_read_well() -> None:
    """Bytes have a unit, lists an `and`, long lists an end."""
    assert ["1 byte", "412 bytes", "4.2 kB", "1.3 MB"] == [measure(size) for size in (1, 412, 4_200, 1_300_000)]
    assert ["", "2", "2 and 3", "2, 3 and 5"] == [listed(steps) for steps in ((), (2,), (2, 3), (2, 3, 5))]
    assert "0, 1 and 8 more" == listed(range(10), 3)
    assert ["", "a", "a or b", "a, b or c"] == [either(words) for words in ("", "a", "ab", "abc")]
