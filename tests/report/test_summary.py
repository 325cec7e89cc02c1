"""What is said after a replay: the cause first, its consequences once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from replaykit.core.model import Episode, Unseen
from replaykit.core.uses import Used
from replaykit.core.verdict import Difference, Verdict
from replaykit.report.outside import outside
from replaykit.report.summary import Course, replayed_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

EPISODE = Episode("episode_abc234", "agent")
REQUESTS = Unseen("127.0.0.1", "urllib3")
SEARCH = Unseen("api.tavily.com", "urllib3", 2)
CURL = Unseen("curl", "subprocess")
CHILD = Unseen("python -S -c pass", "started with -S")


def said(verdict: Verdict, course: Course | None = None) -> list[str]:
    """The lines after the first one, without colours."""
    return [click.unstyle(each) for each in replayed_lines(EPISODE, verdict, course or Course(0.34))][1:]


def different(*differences: Difference) -> Verdict:
    return Verdict("different", same=2, differences=differences)


def never(steps: Sequence[int]) -> list[Difference]:
    return [Difference("never_asked_for", step, f"step {step} was never asked for: GET /{step}") for step in steps]


def printed(number: int, after: str | None) -> Difference:
    return Difference("output", None, f"stdout line {number}", {"place": f"stdout line {number}", "after": after})


def sent(step: int, value: str) -> Difference:
    rows = [{"name": "anthropic-version", "before": "1", "after": value}]
    text = f"step {step} was sent differently: anthropic-version 1 → {value}"
    return Difference("differently", step, text, {"headers": rows})


CRASH = Difference("output", None, "exit code 0 → 1", {"place": "exit code", "before": 0, "after": 1})
MISS = Difference("not_recorded", 1, "not recorded: GET /x")


def test_a_crash_is_one_line() -> None:
    """How the program ended, where, what it left out and what it reached for; none of that is told again."""
    verdict = different(*never(range(3, 11)), printed(1, None), printed(2, None), CRASH)
    assert [
        "ran for real, beside the episode: 127.0.0.1 ×1 (urllib3), curl ×1 (subprocess)",
        "refused, for it is not from the episode: api.tavily.com ×2 (urllib3)",
        "",
        (
            "the program ended with exit code 1 (recorded: 0) after step 2; 8 recorded steps were not reached; "
            "it called 127.0.0.1 (urllib3) and api.tavily.com (urllib3), which are not in the episode; "
            "2 outputs of the recorded run are missing"
        ),
    ] == said(verdict._replace(unseen=(REQUESTS, SEARCH, CURL)), Course(0.3, reached=2))


def test_what_a_crash_does_not_explain_is_told() -> None:
    """A step that was left out before the end, and an output that is another one, stand behind it."""
    verdict = different(*never([1, 3]), printed(1, "something else"), CRASH)
    assert [
        "",
        "the program ended with exit code 1 (recorded: 0) after step 2; 1 recorded step was not reached",
        "",
        "step 1 was never asked for: GET /1",
        "",
        "stdout line 1",
    ] == said(verdict, Course(0.3, reached=2))


@pytest.mark.parametrize(
    ("steps", "reached", "where"), [([1], 0, "before its first step"), ([], 2, "after the last recorded step")]
)
def test_where_it_crashed(steps: list[int], reached: int, where: str) -> None:
    """Before the first step and after the last one there is no number to name."""
    (_, line) = said(different(*never(steps), CRASH), Course(0.3, reached=reached))
    assert line.startswith(f"the program ended with exit code 1 (recorded: 0) {where}")


def test_a_miss_comes_before_the_crash_it_caused() -> None:
    """With --keep-going what was not recorded is told first."""
    lines = said(different(MISS, *never([3]), CRASH), Course(0.3, reached=2))
    assert ["", "not recorded: GET /x", ""] == lines[:3]
    assert lines[3].startswith("the program ended with exit code 1")


def test_a_program_that_now_ends_well_has_not_crashed() -> None:
    """Exit code 0 instead of 1 is a difference like others."""
    well = Difference("output", None, "exit code 1 → 0", {"place": "exit code", "before": 1, "after": 0})
    assert ["", "exit code 1 → 0"] == said(different(well))


def test_the_same_change_of_headers_is_told_once() -> None:
    """Steps that were sent differently in the same way share a line; another change has its own."""
    assert [
        "",
        "sent differently ×2, steps 1 and 3: anthropic-version 1 → 2",
        "step 2 was sent differently: anthropic-version 1 → 9",
    ] == said(different(sent(1, "2"), sent(2, "9"), sent(3, "2")))


def test_long_lists_are_folded() -> None:
    """A few steps that nobody asked for are told in full, the others by number; so are outputs."""
    lines = said(different(*never(range(1, 7)), *(printed(number, "x") for number in range(1, 8))))
    assert [
        "",
        *(each.text for each in never([1, 2, 3])),
        "steps 4, 5 and 6 were never asked for, either",
        "",
        *(f"stdout line {number}" for number in range(1, 6)),
        "and 2 more differences in what came out (--json lists all)",
    ] == lines


def test_what_was_not_reached_is_told_once() -> None:
    """The counts say how many steps a run did not reach, and its last line only where it was ended."""
    end = Difference("ended", None, "the run was ended here; 4 recorded steps were not reached")
    verdict = Verdict("different", not_recorded=1, not_reached=4, differences=(MISS, end))
    first, *lines = replayed_lines(EPISODE, verdict, Course(0.34))
    assert "agent (draft episode_abc234)   different: 1 not recorded, 4 not reached · 340 ms · guarded" == first
    assert ["", "not recorded: GET /x", "", "the run was ended here (--keep-going goes on)"] == lines


def test_rules_are_told_with_their_place() -> None:
    """Each kind of rule that was needed has one example: where, and what was taken for what."""
    used = Used("id", 3, "10483ace-0000-4000-8000-000000000000", "2c04fd7b", 2, "turn 1, system prompt")
    verdict = Verdict("same", after_rules=1, rules=(used,))
    assert ["by rules: id in step 2, turn 1, system prompt: 10483ace-0000-4000-8000… as 2c04fd7b (and 2 more)"] == said(
        verdict
    )


@pytest.mark.parametrize(("isolated", "ran"), [(False, (REQUESTS, CURL, CHILD)), (True, (CURL, CHILD))])
def test_what_ran_and_what_was_refused(isolated: bool, ran: tuple[Unseen, ...]) -> None:  # noqa: FBT001 - a parameter
    """Programs run, and so do connections to this machine where there is one; any others were refused."""
    found = outside((REQUESTS, CURL, CHILD, SEARCH), isolated=isolated)
    assert ran == found[0]
    assert {REQUESTS, CURL, CHILD, SEARCH} == {*found[0], *found[1]}
    assert SEARCH in found[1]


def test_what_ran_for_real_stands_out() -> None:
    """The line under the counts is yellow on a terminal."""
    _, line = replayed_lines(EPISODE, Verdict("same", same=1, unseen=(CURL,)), Course(0.3))
    assert click.style("ran for real, beside the episode: curl ×1 (subprocess)", fg="yellow") == line
