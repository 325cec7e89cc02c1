"""The YAML of pages: whatever text or value goes in, readers of YAML get it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from replaykit.cassette.yaml import mapping
from tests.strategies import COSTLY

if TYPE_CHECKING:
    from replaykit.core.model import JSON

AWKWARD = [*"ab: #-\n\t \r\0\"'\\|>?[]{}&*!%@`~=<0e.", "\n\n", "\x85", "\u2028", "\ufeff", "\ud800", "\U0001f469\u200d"]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(AWKWARD)).map("".join))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(TEXTS, inner)),
    max_leaves=12,
)


def written(value: dict[str, JSON]) -> str:
    return "".join(f"{line}\n" for line in mapping(value))


def shown(text: str) -> str:
    """How a text stands behind the key `a`."""
    return written({"a": text}).removeprefix("a:").removesuffix("\n").removeprefix(" ")


@COSTLY
@given(st.dictionaries(TEXTS, VALUES, min_size=1))
def test_every_value_comes_back(value: dict[str, Any]) -> None:
    """Reading what was written gives the value, keys and all."""
    assert value == yaml.safe_load(written(value))


@given(st.lists(st.text(alphabet="ab :#-\t'\"|>", max_size=9)).map("\n".join))
def test_every_text_comes_back_through_libyaml(text: str) -> None:
    """The reader that most programs use has the same text as PyYAML's own."""
    assert {"a": [text]} == yaml.load(written({"a": [text]}), yaml.CSafeLoader)


def test_every_character_comes_back() -> None:
    """All of Unicode but lone surrogates, 4,096 in a text, a line for every 64."""
    points = [point for point in range(0x110000) if not 0xD800 <= point <= 0xDFFF]
    texts: dict[str, JSON] = {
        f"k{start}": "\n".join(
            "".join(map(chr, points[line : line + 64])) for line in range(start, min(start + 4096, len(points)), 64)
        )
        for start in range(0, len(points), 4096)
    }
    assert texts == yaml.load(written(texts), yaml.CSafeLoader)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Let me look.", "Let me look."),
        ("180 in, 20 out", "180 in, 20 out"),
        ("", '""'),
        ("yes", '"yes"'),
        ("Null", '"Null"'),
        ("2026-11-20", '"2026-11-20"'),
        ("12 34", '"12 34"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("https://a.example/?b=c", "https://a.example/?b=c"),
        ("trailing ", '"trailing "'),
        ('{"a": 1}', "'{\"a\": 1}'"),
        ('"it\'s"', '"\\"it\'s\\""'),
        ("\x1b[31mred", '"\\x1b[31mred"'),
        ("\u202eabc", '"\\u202eabc"'),
        ("one\ntwo\n", "|\n  one\n  two"),
        ("one\ntwo", "|-\n  one\n  two"),
        ("one\n\n", "|+\n  one\n"),
        (" one\ntwo", "|2-\n   one\n  two"),
        ("one \ntwo", '"one \\n\\\n  two"'),
        ("one\n two \n", '"one\\n\\\n  \\ two \\n"'),
        ("\n", '"\\n"'),
        ("x" * 101, "|-\n  " + "x" * 101),
    ],
)
def test_the_form_of_a_text(text: str, form: str) -> None:
    """A text has the most readable form that gives it back."""
    assert form == shown(text)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (None, "null"),
        (True, "true"),
        (-5, "-5"),
        (1e22, "1.0e+22"),
        (1.5, "1.5"),
        ([1, 2.5], "[1, 2.5]"),
        ([], "[]"),
        ({}, "{}"),
    ],
)
def test_the_form_of_a_value(value: JSON, form: str) -> None:
    """What is no text stands as YAML 1.1 and 1.2 both read it."""
    assert f"a: {form}\n" == written({"a": value})


def test_a_key_longer_than_yaml_looks_for_a_colon() -> None:
    """A key beyond 1,024 characters is still a key."""
    value: dict[str, JSON] = {"k" * 5_000: {"a": "b\nc"}, "next": [1, "x"]}
    assert value == yaml.safe_load(written(value))
