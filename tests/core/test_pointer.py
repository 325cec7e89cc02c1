"""JSON Pointers: names become steps and are the same names again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.pointer import name, step, steps


def test_steps_are_unescaped() -> None:
    """`~1` is a slash and `~0` a tilde, in this order; the empty pointer leads nowhere, `/` to the empty name."""
    assert ("a/b", "m~n", "~1", "0") == steps("/a~1b/m~0n/~01/0")
    assert () == steps("")
    assert ("",) == steps("/")


@given(st.lists(st.text()))
def test_names_come_back(names: list[str]) -> None:
    """Whatever an object's names are, the pointer made of them leads through them."""
    assert tuple(names) == steps("".join(f"/{step(each)}" for each in names))
    assert names == [name(step(each)) for each in names]
