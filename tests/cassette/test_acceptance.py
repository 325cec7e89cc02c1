"""A decision takes what it says of a draft, keeps the rest, and stays in the cassette."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from replaykit.cassette import page as pages
from replaykit.cassette import read, save, shown
from replaykit.cassette.acceptance import Choice, summary
from replaykit.cassette.page import page, verify
from replaykit.core.diff import diff
from replaykit.core.model import Acceptance, Outputs
from tests.core.agents import Agent

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

FIRST = Acceptance("Ann <ann@example.org>", 1_793_534_400, "episode_a", "it works")
THEN = Acceptance("Bob", 1_793_620_800, "episode_b", "shorter:\nsee #214", "episode_a", "1 request", "requests")

ACCEPTED = replace(Agent().episode().accepted(), history=(FIRST,))
DRAFT = Agent(cities=("Paris",), verdict="No.", seed="b").episode()


def test_the_first_time_all_of_it_is_taken() -> None:
    """Without a history of its own: a draft has none."""
    assert DRAFT == Choice(replace(DRAFT, history=(FIRST,))).episode


def test_the_whole_takes_the_place_of_all_but_the_history() -> None:
    """Steps, outputs and id are the draft's."""
    assert replace(DRAFT, name="weather", history=(FIRST,)) == Choice(DRAFT, ACCEPTED).episode


def test_requests_alone() -> None:
    """The outputs stay what they were, so that a replay fails until they are so again."""
    found = Choice(DRAFT, ACCEPTED, "requests").episode
    assert (DRAFT.id, DRAFT.steps, ACCEPTED.outputs, (FIRST,)) == (found.id, found.steps, found.outputs, found.history)


def test_outputs_alone() -> None:
    """The steps stay what they were."""
    found = Choice(DRAFT, ACCEPTED, "outputs").episode
    assert (ACCEPTED.id, ACCEPTED.steps, DRAFT.outputs, (FIRST,)) == (
        found.id,
        found.steps,
        found.outputs,
        found.history,
    )


def test_decisions_are_in_the_tape_and_at_the_end_of_the_page(tmp_path: Path) -> None:
    """The latest last, with who, when, why, from what to what; a new one is one insertion in the page's diff."""
    first = replace(DRAFT, history=(FIRST,))
    then = replace(first, history=(FIRST, THEN))
    written, tape = save(tmp_path, then)
    assert (FIRST, THEN) == read(tape).history
    assert () == verify(tmp_path)
    before, after = page(first.accepted()), written.read_text()
    assert after.startswith(before)
    assert after.removeprefix(before).splitlines() == [
        '- accepted: "2026-11-02 12:00 UTC"',
        "  by: Bob",
        "  draft: episode_b, in place of episode_a",
        "  only: requests",
        "  changed: 1 request",
        "  why: |-",
        "    shorter:",
        "    see #214",
    ]


def test_a_decision_says_what_it_changed() -> None:
    """From what to what, by whom; where nothing but the page is new, nobody has decided anything."""
    first = Choice(DRAFT).decided(who="Ann\x1b", when=7)
    assert (Acceptance("Ann\\x1b", 7, DRAFT.id),) == first.history
    found = Choice(DRAFT, ACCEPTED).decided(who="Bob", when=8, why="see #214")
    assert (FIRST, ("Bob", "see #214", ACCEPTED.id)) == (
        found.history[0],
        (found.history[1].who, found.history[1].why, found.history[1].instead),
    )
    assert "1 output" in found.history[1].changed
    again = replace(ACCEPTED, id="episode_c")
    assert ACCEPTED.history == Choice(again, ACCEPTED).decided(who="Bob", when=9).history


def test_the_page_is_made_once(tmp_path: Path) -> None:
    """A decision that changes something looks at one page, and makes that once; what is written is what it says."""
    save(tmp_path, ACCEPTED)
    made = list[str]()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is pages.body_of.__code__:
            made.append(frame.f_locals["episode"].id)

    sys.setprofile(count)
    try:
        choice = Choice(DRAFT, ACCEPTED)
        assert choice.is_news(shown(tmp_path, ACCEPTED.name))
        save(tmp_path, choice.decided(who="Bob", when=8), choice.body)
    finally:
        sys.setprofile(None)
    assert [DRAFT.id] == made
    assert () == verify(tmp_path)


def test_what_a_difference_amounts_to() -> None:
    """Each sort by its number, and nothing for what is the same."""
    assert "" == summary(diff(ACCEPTED, ACCEPTED))
    outputs = replace(ACCEPTED, outputs=Outputs(b"Else.\n", 0))
    assert "1 output" == summary(diff(ACCEPTED, outputs))
    said = summary(diff(ACCEPTED, DRAFT))
    assert "removed steps" in said
    assert "1 answer and 1 output" in said
