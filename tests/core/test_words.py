"""Two texts: the words that changed, and no others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.words import MOST, edits, told

WORDS = st.lists(st.sampled_from(["always", "never", "answer", "12.5", "é", "\n", "  ", "."]), max_size=30)
TEXTS = WORDS.map(" ".join) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("always", "never", '"always" → "never"'),
        ("You must always answer.", "You must never answer.", '"always" → "never" (in "You must … answer.")'),
        ("Answer, please.", "Answer in French, please.", 'added "in French" (in "Answer … , please.")'),
        ("Please do answer", "Please answer", 'removed "do" (in "Please … answer")'),
        ("It costs 12.5 EUR", "It costs 12.7 EUR", '"12.5" → "12.7" (in "It costs … EUR")'),
        ("on 2026-12-24", "on 2026-12-25", '"2026-12-24" → "2026-12-25" (in "on …")'),
        ("", "new", 'added "new"'),
        ("old", "", 'removed "old"'),
        ("end", "end\n", r'"end" → "end\n"'),
        ("one two three", "four", '"one two three" → "four"'),
    ],
)
def test_an_edit_is_told_by_its_words(before: str, after: str, expected: str) -> None:
    """What changed stands alone, with a little of what stands around it."""
    assert expected == told(before, after)


def test_several_edits_are_told_one_by_one() -> None:
    """Edits far apart are edits of their own; the ones after the third are counted."""
    before = " ".join(f"word{index} stays here for good" for index in range(6))
    assert 6 == len(edits(before, before.replace("word", "term")))
    assert told(before, before.replace("word", "term")).endswith("; and 3 more")


def test_a_change_in_a_long_text_is_found() -> None:
    """One word among a hundred thousand is told alone."""
    text = "lorem ipsum " * 50_000
    assert '"always" → "never"' in told(f"{text}always {text}", f"{text}never {text}")


def test_changes_all_over_a_long_text_are_found_by_line() -> None:
    """Where too many words differ to be aligned, lines are, and then the words in them."""
    lines = [f"line {index} has a number of its own" for index in range(MOST - 10)]
    changed = [line.replace("its", "her") if index in (3, 300) else line for index, line in enumerate(lines)]
    assert [("its", "her")] * 2 == [(edit.before, edit.after) for edit in edits("\n".join(lines), "\n".join(changed))]


@given(TEXTS, TEXTS)
def test_only_different_texts_have_edits(before: str, after: str) -> None:
    """Equal texts have none, different ones at least one, and every edit is one."""
    found = edits(before, after)
    assert (before != after) == bool(found)
    assert [] == [edit for edit in found if edit.before == edit.after]
