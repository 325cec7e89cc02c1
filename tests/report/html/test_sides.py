"""Two texts side by side: every line on its side, the words that changed marked, the rest skipped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from replaykit.report.html.sides import Row, Stretch, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT = st.text(st.sampled_from("ab c\n.é"), max_size=80)


def side(stretches: Sequence[Stretch]) -> str:
    return "".join(each.text for each in stretches)


def marked(stretches: Sequence[Stretch]) -> list[str]:
    return [each.text for each in stretches if each.marked]


def told(found: Sequence[Row]) -> list[tuple[str, str, str]]:
    return [(row.sort, side(row.left), side(row.right)) for row in found]


@given(TEXT, TEXT)
def test_every_line_that_changed_is_told(before: str, after: str) -> None:
    """What stands on a side, with what was skipped, are its lines; marks are only on lines that changed."""
    found = rows(before, after)
    skipped = sum(row.skipped for row in found)
    left = [side(row.left) for row in found if row.sort in ("same", "changed", "gone")]
    lines = [line for line in before.split("\n") if line]
    assert [line for line in left if line] == lines or skipped
    assert not any(marked(row.left) or marked(row.right) for row in found if row.sort != "changed")


@given(TEXT)
def test_equal_texts_have_no_row_that_differs(text: str) -> None:
    """Whatever they are."""
    assert {"same", "skipped"} >= {row.sort for row in rows(text, text)}


def test_the_words_that_changed_are_marked() -> None:
    """Only they, without the white space around them."""
    (row,) = rows("You must always answer in Celsius.", "You must never answer in degrees Celsius.")
    assert ["always"] == marked(row.left)
    assert ["never", "degrees"] == marked(row.right)


def test_two_texts_that_have_nothing_in_common_are_two_texts() -> None:
    """A common `the` makes no edit of them."""
    (row,) = rows("Look at the weather first", "Bring an umbrella or the blue coat, whatever happens tomorrow")
    assert ["Look at the weather first"] == marked(row.left)


def test_lines_far_from_a_change_are_skipped() -> None:
    """Two stay on either side, the others are counted; few are not worth it."""
    lines = [f"line {number}" for number in range(20)]
    found = rows("\n".join(lines), "\n".join([*lines[:10], "new", *lines[10:]]))
    assert [
        ("skipped", "", ""),
        ("same", "line 8", "line 8"),
        ("same", "line 9", "line 9"),
        ("new", "", "new"),
        ("same", "line 10", "line 10"),
        ("same", "line 11", "line 11"),
        ("skipped", "", ""),
    ] == told(found)
    assert [8, 8] == [row.skipped for row in found if row.skipped]


def test_a_line_that_became_empty_is_gone() -> None:
    """Nothing stands in its place."""
    assert [("same", "a", "a"), ("gone", "b", ""), ("same", "c", "c")] == told(rows("a\nb\nc", "a\n\nc"))


def test_a_change_at_the_end_of_a_long_line_is_shown() -> None:
    """What is the same before it is left out, and how much that is stands there."""
    (row,) = rows("word " * 10_000 + "old", "word " * 10_000 + "new")
    assert (["old"], ["new"]) == (marked(row.left), marked(row.right))
    assert [" … 49,600 characters the same … "] == [each.text for each in row.left if each.ours]
    assert 440 > len(side(row.left))


def test_large_texts_take_no_time() -> None:
    """Texts that have nothing in common, as long as a book, and in one line, are compared at once."""
    began = time.perf_counter()
    rows("\n".join(f"a {n}" for n in range(100_000)), "\n".join(f"b {n}" for n in range(100_000)))
    rows("a b " * 200_000, "c d " * 200_000)
    assert time.perf_counter() - began < 5
