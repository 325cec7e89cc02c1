"""Two texts: the words that changed, and no others."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaykit.core.compare.words import LINES, MOST, by_edit, by_line, edits, is_brief, told

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


def test_all_edits_are_told_where_all_are_wanted() -> None:
    """An account tells three and how many more; a diff leaves none out."""
    before = " ".join(f"word{number} stays here" for number in range(8))
    after = before.replace("word", "term")
    assert told(before, after).endswith("and 5 more")
    assert 8 == len(list(by_edit(before, after)))
    assert not is_brief(before, after)
    assert is_brief("You must always answer", "You must never answer")
    assert not is_brief("", "x" * 61)


def test_long_texts_are_compared_line_by_line() -> None:
    """Only the lines that changed and two around them, each stretch with its place."""
    lines = [f"line {number}" for number in range(1, 201)]
    changed = [*lines]
    changed[49] = "another line 50"
    del changed[149]
    assert [
        "@@ line 48 @@",
        "  line 48",
        "  line 49",
        "- line 50",
        "+ another line 50",
        "  line 51",
        "  line 52",
        "@@ line 148 @@",
        "  line 148",
        "  line 149",
        "- line 150",
        "  line 151",
        "  line 152",
    ] == list(by_line("\n".join(lines), "\n".join(changed)))


@settings(max_examples=50)
@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12), st.booleans())
def test_the_lines_of_a_diff_lead_from_one_text_to_the_other(ours: list[str], theirs: list[str], long: bool) -> None:  # noqa: FBT001
    """What is left out of the earlier text and put into it makes it the later one, at any length."""
    around = [f"same {number}" for number in range(LINES + 1 if long else 4)]
    before, after = "\n".join([*ours, *around, "x"]), "\n".join([*theirs, *around, "y"])
    found = list(by_line(before, after))
    removed, added = (Counter(each[2:] for each in found if each.startswith(mark)) for mark in ("- ", "+ "))
    expected = Counter(before.split("\n"))
    expected.subtract(removed)
    expected.update(added)
    assert Counter(after.split("\n")) == +expected


def test_a_line_of_a_diff_gives_no_orders() -> None:
    """Escapes and carriage returns in changed lines are spelled out."""
    found = "".join(by_line("a\n\x1b[2J\r\n", "a\n\u202eb\n"))
    assert [] == [character for character in found if not character.isprintable()]
