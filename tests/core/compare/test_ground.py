"""What rules forgive: counted and passed over where a difference is told, and never deciding anything."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.compare.ground import Ground
from replaykit.core.model import Span
from replaykit.core.normalize import Facts, Rules
from tests.core.agents import NOON

RECORDED, LIVE = Span(NOON, NOON + 9, folder="/home/ada/agent"), Span(NOON + 86_400, NOON + 86_409, folder="/ci/agent")
ONE, OTHER = "10483ace-1b2c-4d5e-8f90-aabbccddeeff", "2c04fd7b-0a1b-4c2d-9e3f-112233445566"


def ground() -> Ground:
    return Ground(Rules.of(RECORDED, LIVE), Facts(RECORDED, LIVE))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (f"run {ONE}: always", f"run {OTHER}: never", f"run {ONE}: never"),
        ("at 12:00:03, kindly", "at 12:00:05, rudely", "at 12:00:03, rudely"),
        ("A http://127.0.0.1:45001/x", "B http://127.0.0.1:40001/x", "B http://127.0.0.1:45001/x"),
        ("in /home/ada/agent: a", "in /ci/agent: b", "in /home/ada/agent: b"),
        ("a flight on 24 December 2026, please", "a flight on 25 December 2026", "a flight on 25 December 2026"),
        (f"old {ONE} end", f"new {ONE} and {OTHER} end", f"new {ONE} and {OTHER} end"),
        (f"be brief. {ONE}", f"be very brief. {OTHER} is the run", f"be very brief. {ONE} is the run"),
    ],
)
def test_a_later_text_is_told_with_the_earlier_ones_ids_and_times(before: str, after: str, expected: str) -> None:
    """Ids, the time that it is, ports and folders are put back; another day and another id are not."""
    assert expected == ground().reconciled(before, after)


def test_what_was_forgiven_is_counted_once() -> None:
    """Each pair of texts counts, however often it is met."""
    shared = ground()
    for _ in range(2):
        shared.reconciled(f"{ONE} at 12:00:03 was", f"{OTHER} at 12:00:05 is")
    assert "1 id and 1 time" == shared.said()
    assert "" == shared.fresh().said()


def test_a_map_stays_one_to_one() -> None:
    """An id that stands for one id cannot stand for another one as well."""
    shared = ground()
    shared.reconciled(f"{ONE} was", f"{OTHER} is")
    third = str(uuid.UUID(int=7 << 64))
    assert f"{third} is" == shared.reconciled(f"{ONE} was", f"{third} is")


def test_a_number_that_is_now_is_forgiven() -> None:
    """A Unix time in a field of its own is judged as it is in a text; other numbers are what they are."""
    assert ground().folds(int(NOON) + 1, int(NOON) + 86_401)
    assert not ground().folds(int(NOON) + 1, int(NOON) + 8_640_001)
    assert not ground().folds(1, 2)
    assert not ground().folds(1, True)  # noqa: FBT003 - a value of JSON


def test_the_first_difference_of_long_texts_is_one_that_counts() -> None:
    """An id on the way is passed over, wherever it makes the two texts drift apart."""
    before, after = (
        f"run {ONE} ".encode() + b"x" * 5_000 + b"always",
        f"run {OTHER} ".encode() + b"x" * 5_000 + b"never",
    )
    here, there = ground().parting(before, after)
    assert (b"always", b"never") == (before[here:], after[there:])


@given(st.text("ab \n7-", max_size=40), st.text("ab \n7-", max_size=40))
def test_texts_without_ids_stay_what_they_are(before: str, after: str) -> None:
    """Reconciling changes nothing but what rules know."""
    assert after == ground().reconciled(before, after)


@given(st.lists(st.uuids(), min_size=1, max_size=6), st.lists(st.uuids(), min_size=1, max_size=6), st.booleans())
def test_reconciling_makes_nothing_equal(ours: list[uuid.UUID], theirs: list[uuid.UUID], same: bool) -> None:  # noqa: FBT001
    """Where the words around ids differ, the texts still differ afterwards."""
    before = "was " + " ".join(map(str, ours))
    after = ("is " if not same else "was, ") + " ".join(map(str, theirs))
    assert before != ground().reconciled(before, after)
