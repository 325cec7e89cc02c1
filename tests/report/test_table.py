"""`list` as text: every episode in one line."""

from __future__ import annotations

from dataclasses import replace

from replaykit.report.clock import when
from replaykit.report.table import joined, summary_of, table
from replaykit.report.terminal import plain
from replaykit.store import Summary

ONE = Summary("episode_k3v9q2", "support", "draft", 1e9, 1e9, True, 7, ("claude-x", "gpt-y"), 30_000, 1_204, 0)  # noqa: FBT003


def test_a_table_is_aligned() -> None:
    """Columns are as wide as their widest cell, numbers to the right."""
    head, first, second = plain(table([ONE, replace(ONE, id="x", steps=12, models=(), input_tokens=0)])).splitlines()
    assert "ID              NAME     STATE  WHEN              STEPS  MODELS           TOKENS" == head
    assert f"episode_k3v9q2  support  draft  {when(1e9)}      7  claude-x, gpt-y  31,204" == first
    assert second.startswith("x               support  draft")
    assert second.endswith("12  –                 1,204")


def test_a_killed_run_is_unfinished() -> None:
    """The state of a run that was killed is said in the table."""
    assert "unfinished" in plain(table([replace(ONE, finished=False)]))


def test_a_name_gives_no_orders() -> None:
    """A name with an escape sequence is spelled out."""
    assert "\x1b" not in plain(table([replace(ONE, name="\x1b[2J")]))


def test_an_accepted_draft_is_listed_once() -> None:
    """A draft that became a cassette is the cassette."""
    accepted, other = replace(ONE, state="accepted"), replace(ONE, id="episode_aaaaaa")
    assert (accepted, other) == joined([accepted], [ONE, other])


def test_times_in_the_zone_of_the_run() -> None:
    """A time is told as the clocks of the run showed it."""
    assert "2026-11-01 14:00" == when(1_793_534_400.0, 7_200)
    assert "–" == when(0)


def test_a_cassette_in_one_line() -> None:
    """An episode without a store has the same summary, retries counted with their step."""
    from replaykit.core.model import Episode
    from tests.report.scenes import travel

    run = travel()
    found = summary_of(Episode("episode_a", "support", "accepted", span=run.span, steps=tuple(run.steps)))
    assert (5, ("claude-sonnet-5-5",), 1_020, 60) == (
        found.steps,
        found.models,
        found.input_tokens,
        found.output_tokens,
    )
