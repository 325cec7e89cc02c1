"""What several wordings have in common, and which text is no wording of theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.diff.frame import framed

SEATS = ("It is 57 °F in Oslo. Seat 12A.", "It is 57 °F in Oslo. Seat 8A.", "It is 57 °F in Oslo. Seat 31A.")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("It is 57 °F in Oslo. Seat 26A.", True),
        ("It is 57 °F in Oslo. Seat number 26A, a window.", True),
        ("It is 14 °C in Oslo. Seat 26A.", False),
        ("It is 57 °F in sunny Oslo. Seat 26A.", False),
        ("It is 57 °F in Oslo.", False),
        ("", False),
    ],
)
def test_what_differs_between_runs_may_differ(text: str, fits: bool) -> None:  # noqa: FBT001
    """Other words in the gaps, and nowhere else; every word of the frame is there."""
    assert fits is framed(SEATS).fits(text)


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=6).map(" ".join), min_size=1, max_size=4))
def test_the_runs_have_all_of_their_frame(texts: list[str]) -> None:
    """In their order, whatever they have besides."""
    frame = framed(texts)
    for text in texts:
        words = iter(text.split())
        assert all(word in words for word in frame.words)


def test_of_long_texts_nothing_is_said() -> None:
    """They are as noisy as the place that they stand in."""
    long = " ".join(map(str, range(5_000)))
    assert framed([long, f"{long} and more"]).fits("anything")
