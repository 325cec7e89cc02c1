"""Patterns as automata: what is found in a text, and the shortest text that fulfils them all."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.contract.schema.limits import Budget, Undecided
from replaykit.core.contract.schema.words import Wanted, matches, regular, shortest

PATTERNS = [
    "a",
    "^a",
    "a$",
    "^$",
    "",
    "^a*b+c?$",
    "(ab|ba)+$",
    "^(?:a|b){2,3}$",
    "^[^ab]$",
    "[a-c-]",
    "^a{2}$",
    "^a{1,}b{0,1}$",
    "a|^b|c$",
    "(^a|b)c",
    r"^[\d.]+$",
    r"\.",
    "^(a*)*$",
    "[]a]"[1:],
    r"^\x61\u0062$",
    "^(?P<name>a)b",
]


@given(st.sampled_from(PATTERNS), st.text("abc1-. ", max_size=6))
def test_a_pattern_is_found_where_python_finds_it(pattern: str, text: str) -> None:
    """Where both languages agree, the automaton and Python's own engine do."""
    assert (re.search(pattern, text) is not None) is matches(pattern, text)


@given(st.lists(st.tuples(st.sampled_from(PATTERNS), st.booleans()), min_size=1, max_size=3), st.integers(0, 3))
def test_the_shortest_text_fulfils_all(patterns: list[tuple[str, bool]], least: int) -> None:
    """What is found fulfils every pattern, and where nothing is found, no short text does either."""
    word = shortest(Wanted(tuple(patterns), least), Budget())
    texts = [text for text in ("", "a", "b", "aa", "ab", "ba", "abc", "aaa", "c", "1") if len(text) >= least]
    fitting = [text for text in texts if all(matches(pattern, text) is holds for pattern, holds in patterns)]
    assert word is not None or not fitting
    assert word is None or (
        len(word) >= least and all((re.search(pattern, word) is not None) is holds for pattern, holds in patterns)
    )


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted((("^a+$", True),), 2), "aa"),
        (Wanted((("^a+$", True), ("aa", False))), "a"),
        (Wanted((("^a+$", True), ("^a", False))), None),
        (Wanted((("^a?$", True),), excluded=frozenset({"", "a"})), None),
        (Wanted((("^.$", True),), 2), None),
        (Wanted(least=3), "aaa"),
        (Wanted(least=3, most=2), None),
        (Wanted(excluded=frozenset({"", "a"})), "b"),
        (Wanted((("^[^ -~]$", True),)), "\x00"),
    ],
)
def test_the_shortest_text(wanted: Wanted, expected: str | None) -> None:
    """The shortest text is found, the most readable of equal ones, and none where there is none."""
    assert expected == shortest(wanted, Budget())


@pytest.mark.parametrize(
    "pattern", ["(?=a)", "(?<!a)b", r"(a)\1", r"\bword\b", r"\p{L}", "(", "a**", "[b-a]", "*", r"\c"]
)
def test_irregular_patterns_are_known_as_such(pattern: str) -> None:
    """What no automaton can say, or nobody can read, is left alone."""
    assert not regular(pattern)
    assert matches(pattern, "a") is None


def test_an_endless_search_ends() -> None:
    """A pattern of exponentially many states takes the steps that there are, and no more."""
    wanted = Wanted((("^(.*a.{20})$", True), ("^(.*b.{20})$", False)), least=60)
    with pytest.raises(Undecided, match="too entangled"):
        shortest(wanted, Budget(20_000))
