"""Two documents: the places that changed, and one for each insertion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.compare.changes import changes, same

if TYPE_CHECKING:
    from replaykit.core.compare.changes import Path
    from replaykit.core.model import JSON

LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 0.5]) | st.sampled_from("abc")
DOCUMENTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
)


def found(before: JSON, after: JSON) -> list[tuple[str, Path]]:
    return [(each.kind, each.old if each.kind == "removed" else each.new) for each in changes(before, after)]


def said(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": text}


HISTORY = [said("user", "one"), said("assistant", "two"), said("user", "three")]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (HISTORY, []),
        ([said("user", "zero"), *HISTORY], [("added", (0,))]),
        ([HISTORY[0], said("user", "new"), *HISTORY[1:]], [("added", (1,))]),
        (HISTORY[1:], [("removed", (0,))]),
        ([said("user", "one!"), *HISTORY[1:]], [("changed", (0, "content"))]),
        ([said("user", "zero"), said("user", "one!"), *HISTORY[1:]], [("added", (0,)), ("changed", (1, "content"))]),
        ([*HISTORY[1:], HISTORY[0]], [("moved", (2,))]),
        ([said("system", "one"), *HISTORY[1:]], [("removed", (0,)), ("added", (0,))]),
    ],
)
def test_items_are_aligned_by_what_they_hold(after: list[JSON], expected: list[tuple[str, Path]]) -> None:
    """An inserted, removed, changed or moved message is one place, whatever its neighbours do."""
    assert sorted(expected) == sorted(found(list(HISTORY), after))


@pytest.mark.parametrize(
    ("before", "after"), [(1, 1.0), (1, True), (0, False), (0, None), ("1", 1), ({}, []), ("", None)]
)
def test_values_of_another_type_differ(before: JSON, after: JSON) -> None:
    """1, 1.0 and true are three values, wherever they stand."""
    assert [("changed", ())] == found(before, after)
    assert [("changed", ("x", "y"))] == found({"x": {"y": before}}, {"x": {"y": after}})


def test_a_number_in_the_place_of_a_number_is_one_change() -> None:
    """Whole or not, a number that is another one now was neither removed nor added."""
    assert [("changed", (1,))] == found([1, 2, 3], [1, 2.5, 3])


@given(DOCUMENTS, DOCUMENTS)
def test_only_different_documents_have_changes(before: JSON, after: JSON) -> None:
    """Equal documents have none, different ones at least one."""
    assert same(before, after) == (not found(before, after))
    assert [] == found(before, before)


@given(st.lists(st.integers(), unique=True, max_size=12), st.data())
def test_one_insertion_is_one_change(items: list[JSON], data: st.DataObject) -> None:
    """An item put in anywhere is one addition, there; taken out again, one removal."""
    place = data.draw(st.integers(0, len(items)))
    longer = [*items[:place], "new", *items[place:]]
    assert [("added", (place,))] == found(items, longer)
    assert [("removed", (place,))] == found(longer, items)


@given(st.lists(DOCUMENTS, max_size=5), DOCUMENTS, DOCUMENTS)
def test_known_items_are_left_out_and_paths_stay(head: list[JSON], before: JSON, after: JSON) -> None:
    """What both begin with can be left out, and changes are where they are in the whole."""
    ours: JSON = {"x": [*head, before]}
    theirs: JSON = {"x": [*head, after]}
    whole, rest = list(changes(ours, theirs)), list(changes(ours, theirs, {"x": (len(head), len(head))}))
    assert [] == [change for change in rest if change.new[1:2] < (len(head),)]
    assert bool(whole) == bool(rest)
