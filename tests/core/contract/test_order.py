"""The order of events: patterns are followed event by event, whatever they are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.contract.model import Unfit
from replaykit.core.contract.order import machine

ANTHROPIC = "start (open delta* close)* update+ stop"


def follows(pattern: str, names: str) -> bool:
    """Whether events of these names are a whole stream of the pattern."""
    walk = machine(pattern).begin()
    return all(map(walk.step, names.split())) and walk.over


def test_a_stream_is_followed_to_its_end() -> None:
    """Blocks come any number of times, and each is closed before the next one opens."""
    assert follows(ANTHROPIC, "start update stop")
    assert follows(ANTHROPIC, "start open delta delta close open close update update stop")
    assert not follows(ANTHROPIC, "start open open close update stop")
    assert not follows(ANTHROPIC, "start open close stop")
    assert not follows(ANTHROPIC, "start open close update")


def test_what_is_due_is_said() -> None:
    """After a refusal the walk stands where it stood, and names what it waits for."""
    walk = machine(ANTHROPIC).begin()
    assert walk.step("start")
    assert not walk.step("stop")
    assert ("open", "update") == walk.due


@st.composite
def patterns(draw: st.DrawFn, depth: int = 3) -> str:
    """A pattern of a few names, with every sign."""
    if depth == 0:
        return draw(st.sampled_from("abc"))
    inner = patterns(depth - 1)
    kind = draw(st.sampled_from(["name", "row", "either", "sign"]))
    if kind == "row":
        return f"{draw(inner)} {draw(inner)}"
    if kind == "either":
        return f"({draw(inner)} | {draw(inner)})"
    if kind == "sign":
        return f"({draw(inner)}){draw(st.sampled_from('*+?'))}"
    return draw(st.sampled_from("abc"))


@given(patterns(), st.lists(st.sampled_from("abc"), max_size=6))
def test_a_pattern_means_what_it_means_as_a_regular_expression(pattern: str, names: list[str]) -> None:
    """Every stream of single letters is judged as Python's own regular expressions judge it."""
    assert bool(re.fullmatch(pattern.replace(" ", ""), "".join(names))) == follows(pattern, " ".join(names))


def test_a_pattern_that_makes_others_search_is_followed_at_once() -> None:
    """`((a*)*)*` over thousands of events: a machine does not try again."""
    assert not follows("((a*)*)* b", "a " * 20_000)


@pytest.mark.parametrize("pattern", ["(a", "a)", "* a", "a |* b", "(" * 50 + "a" + ")" * 50, "a " * 600])
def test_a_pattern_that_is_none_says_so(pattern: str) -> None:
    """Open groups, signs without a name before them, and depths nobody writes are refused."""
    with pytest.raises(Unfit) as told:
        machine(pattern)
    assert "/order/events" == told.value.place
