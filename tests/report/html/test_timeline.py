"""The time line: to scale, in rows that never overlap, with its marks at round times."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.cassette.story import Told, story
from replaykit.core.model import Episode, Failure, ToolCall
from replaykit.report.html.timeline import LEAST, NAMED, WINDOW, Timeline, timeline
from tests.report.html import agents
from tests.report.scenes import Run, travel

MILLISECOND = 1_000_000


def calls(*times: tuple[int, int]) -> list[Told]:
    """Tool calls that began and took so many milliseconds."""
    steps = [ToolCall("wait", b"{}", began=began * MILLISECOND, took=took) for began, took in times]
    return [Told(number, step, title="wait") for number, step in enumerate(steps, start=1)]


def drawn(run: Run) -> Timeline:
    return timeline(tuple(story(Episode("id", "name", steps=tuple(run.steps)), str)))


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 200)), min_size=1, max_size=30))
def test_bars_of_a_row_never_overlap(times: list[tuple[int, int]]) -> None:
    """Whatever runs at the same time stands one below the other, and each bar is as long as its step took.

    What took next to nothing can be seen nevertheless.
    """
    found = timeline(calls(*times))
    whole = max(began + took for began, took in times)
    for bar in found.bars:
        began, took = times[bar.number - 1]
        width = max(100 * took / whole, 100 * LEAST / WINDOW)
        assert bar.width == pytest.approx(width, abs=0.001)
        assert bar.left == pytest.approx(min(100 * began / whole, 100 - width), abs=0.001)
    for top in {bar.top for bar in found.bars}:
        row = sorted((times[bar.number - 1], bar.left) for bar in found.bars if bar.top == top)
        assert all(began + took <= following for ((began, took), _), ((following, _), _) in pairwise(row))


def test_steps_one_after_the_other_share_a_row() -> None:
    """A row is free again when its step has ended."""
    assert 1 == len({bar.top for bar in timeline(calls((0, 100), (100, 50), (200, 20))).bars})


def test_the_first_token_stands_where_it_came() -> None:
    """Of a stream, the time until its first chunk; what came in one piece has none."""
    bars = drawn(travel()).bars
    assert [None, True, None, True, None, True] == [bar.first is not None or None for bar in bars]
    assert bars[1].first == pytest.approx(bars[1].left + bars[1].width * 100 / 1_200, abs=0.01)
    assert "first token after 100 ms" in bars[1].title


def test_attempts_have_bars_of_their_own() -> None:
    """One that came to nothing is drawn, and leads to the step that it was an attempt of."""
    tried, step = drawn(travel()).bars[:2]
    assert (1, True, True) == (tried.number, tried.tried, tried.failed)
    assert (1, False, False) == (step.number, step.tried, step.failed)
    assert "1. anthropic messages · +0.00 s · 80 ms · tried again" == tried.title


def test_what_a_tool_did_stands_below_it() -> None:
    """The tool began first; its requests are in the row beneath."""
    bars = {bar.number: bar for bar in drawn(agents.coder()).bars if not bar.tried}
    tool, *inner = (bars[number] for number in (6, 7, 8, 9))
    assert "tariff" == tool.name
    assert {True} == {each.top > tool.top for each in inner}
    assert [True, True, False] == [each.failed for each in inner]


def test_a_name_stands_where_there_is_room() -> None:
    """A bar of fewer pixels than a name needs has none."""
    found = timeline(calls((0, 1_000), (1_000, int(1_000 * NAMED / WINDOW) - 10)))
    assert ["wait", ""] == [bar.name for bar in found.bars]


@pytest.mark.parametrize(
    ("milliseconds", "marks"),
    [
        (7, ["0", "1 ms", "2 ms", "3 ms", "4 ms", "5 ms", "6 ms", "7 ms"]),
        (2_700, ["0", "500 ms", "1 s", "1.5 s", "2 s", "2.5 s"]),
        (400_000, ["0", "1:00 min", "2:00 min", "3:00 min", "4:00 min", "5:00 min", "6:00 min"]),
        (94_000_000_000, ["0", "200 d", "400 d", "600 d", "800 d", "1,000 d"]),
        (10_000_000, ["0", "30:00 min", "1:00 h", "1:30 h", "2:00 h", "2:30 h"]),
    ],
)
def test_marks_stand_at_round_times(milliseconds: int, marks: list[str]) -> None:
    """So many that one can read them, whatever a run takes."""
    assert marks == [mark.name for mark in timeline(calls((0, milliseconds))).marks]


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [(900, "900 ms"), (125_000, "2 min 05 s"), (11_400_000, "3 h 10 min"), (1_036_800_000, "12 days")],
)
def test_how_long_a_run_took_is_said_in_its_own_measure(milliseconds: int, said: str) -> None:
    """A cassette may hold recordings of several years."""
    assert said == timeline(calls((0, milliseconds))).took


def test_an_exchange_without_a_length_can_be_seen() -> None:
    """What was imported has moments and no lengths: a bar at each moment, inside the time line."""
    bars = timeline(calls((0, 0), (500, 0), (1_000, 0))).bars
    assert [0, 50, 100 - bars[2].width] == [bar.left for bar in bars]
    assert all(bar.width > 0.1 for bar in bars)


def test_a_long_run_is_wider_than_the_window() -> None:
    """Two thousand steps have room for a bar each; five have what there is."""
    assert 0 == timeline(calls(*((n, 1) for n in range(5)))).width
    assert WINDOW < timeline(calls(*((n, 1) for n in range(2_000)))).width <= 24_000


def test_a_failure_is_one() -> None:
    """A tool that raised is drawn as failed, and its title says so."""
    step = ToolCall("deploy", b"{}", failure=Failure("PermissionError", "no"), took=5)
    (bar,) = timeline([Told(1, step, title="deploy")]).bars
    assert bar.failed
    assert "1. deploy · +0.00 s · 5 ms · failed" == bar.title


def test_without_times_there_is_none() -> None:
    """No bar is made up."""
    assert Timeline() == timeline(calls((0, 0), (0, 0)))
    assert Timeline() == timeline([])
