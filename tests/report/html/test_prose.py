"""Texts in pieces: nothing is lost, what is long is folded, JSON is JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaykit.report.html.prose import FEW, LINES, Passage, Piece, code, document, members, prose

MARKED = st.text(st.sampled_from('ab \n`#*~"{}[]:\\,1e-.😀'), max_size=120)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def whole(passage: Passage) -> str:
    return "".join(piece.text for piece in (*passage.head, *passage.rest))


@given(MARKED | st.text(max_size=60))
def test_no_character_is_lost(text: str) -> None:
    """The pieces laid end to end are the text, but for white space at its end."""
    assert text.rstrip() == whole(prose(text))


@settings(max_examples=40)
@given(VALUES)
def test_json_stays_json(value: Any) -> None:
    """The pieces of a value laid end to end are its JSON."""
    assert value == json.loads(whole(document(value)))


def test_what_a_model_writes_is_set_as_it_means_it() -> None:
    """Headings, code and bold words look like that, and keep their signs."""
    found = prose("# Fares\n\nUse `fare()`, **not** `price`.\n```python\nx = `1`  # **no**\n```\ndone")
    assert [
        Piece("# Fares", "head"),
        Piece("\n\nUse "),
        Piece("`fare()`", "tick"),
        Piece(", "),
        Piece("**not**", "bold"),
        Piece(" "),
        Piece("`price`", "tick"),
        Piece(".\n"),
        Piece("```python\nx = `1`  # **no**\n```", "code"),
        Piece("\ndone"),
    ] == list(found.head)


def test_a_fence_that_nobody_closes_ends_with_the_text() -> None:
    """The rest is code, as it is in Markdown."""
    assert Piece("```\nx = 1", "code") == prose("so:\n```\nx = 1").head[-1]


def test_json_is_coloured_by_what_it_is() -> None:
    """Names, texts, numbers and words are told apart; signs inside texts are text."""
    found = document({"a": 'x: "1"', "b": [-1.5, None]})
    assert [
        Piece('"a"', "key"),
        Piece('"x: \\"1\\""', "str"),
        Piece('"b"', "key"),
        Piece("-1.5", "num"),
        Piece("null", "word"),
    ] == [piece for piece in found.head if piece.look]


@pytest.mark.parametrize("lines", [1, LINES, int(LINES * 1.5)])
def test_a_text_that_is_hardly_too_long_is_not_folded(lines: int) -> None:
    """A fold over a few lines would be a nuisance."""
    assert () == prose("\n".join("x" * lines)).rest


def test_a_long_text_is_folded_at_the_end_of_a_line() -> None:
    """Its beginning stands there, and how much more there is."""
    found = code("\n".join(f"line {n}" for n in range(100)))
    assert "line 23\n" == "".join(piece.text for piece in found.head)[-8:]
    assert "76 lines more, 607 bytes" == found.more


def test_a_long_line_is_folded_too() -> None:
    """What has no lines is cut where so many lines would be full."""
    found = code("x" * 10_000, FEW)
    assert 600 == len(found.head[0].text)
    assert "1 line more, 9.4 kB" == found.more


def test_a_letter_among_arguments_is_read_in_its_lines() -> None:
    """An object with a text of several lines is shown member by member; any other is JSON."""
    found = members({"path": "a.py", "content": "one\ntwo"})
    assert ["path", "content"] == [each.name for each in found]
    assert ['"a.py"', "one\ntwo"] == [whole(each.value) for each in found]
    assert () == members({"path": "a.py"})
    assert () == members(["one\ntwo"])


def test_nesting_beyond_reason_is_bounded() -> None:
    """What cannot be printed is said in a sign; what would be white space for the most part stands on one line."""
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    assert 802 == len(whole(document(deep)))
    for _ in range(100_000):
        deep = [deep]
    assert "…" == whole(document(deep))
