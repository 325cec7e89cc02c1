"""What a replay came to: every step counted once, every difference told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.model import Outputs, Span, ToolCall, Unseen
from replaykit.core.verdict import DESCRIBED, as_json, verdict_of
from tests.core.agents import NOON, Agent, answer, called, episode, exchange, question, told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replaykit.core.model import Episode
    from replaykit.core.verdict import Verdict

RECORDED = Agent().episode()
LIVE = Span(NOON + 86_400, NOON + 86_409)
SERVED: dict[int, Mapping[str, Any]] = {position: {} for position in range(len(RECORDED.steps))}


def judged(
    recorded: Episode = RECORDED,
    plays: Mapping[int, Mapping[str, Any]] = SERVED,
    remarks: Sequence[tuple[str, Mapping[str, Any]]] = (),
    outputs: Outputs | None = RECORDED.outputs,
) -> Verdict:
    return verdict_of(recorded, plays, remarks, outputs, LIVE)


def texts(verdict: Verdict) -> list[str]:
    return [difference.text for difference in verdict.differences]


def test_all_served_and_the_same_outputs_are_the_same() -> None:
    """Seven steps, byte for byte, and what came out: exit code 0, nothing to tell."""
    verdict = judged()
    assert ("same", 0, 7, ()) == (verdict.verdict, verdict.exit_code, verdict.same, verdict.differences)


def test_rules_that_were_used_are_told_with_a_place() -> None:
    """Steps that are the same after rules are counted, and each kind of rule shows one use and where it was."""
    recorded = episode(
        exchange(question("job 7f3a9c2e4b8d1f60 is waiting")), exchange(question("job 7f3a9c2e4b8d1f60, once more"))
    )
    ids = {"rules": {"id": [["7f3a9c2e4b8d1f60", "1c9d8e7f6a5b4c3d"]]}}
    verdict = verdict_of(
        recorded, {0: ids, 1: {"rules": {**ids["rules"], "time": [["12:00", "12:05"]]}}}, (), None, LIVE
    )
    assert ("same", 0, 2) == (verdict.verdict, verdict.same, verdict.after_rules)
    assert [("id", 1, 1, "turn 1, user message"), ("time", 1, 2, "request body")] == [
        (used.kind, used.times, used.step, used.place) for used in verdict.rules
    ]
    assert ("7f3a9c2e4b8d1f60", "1c9d8e7f6a5b4c3d") == (verdict.rules[0].before, verdict.rules[0].after)


def test_what_was_sent_differently_fails() -> None:
    """A changed API version is served, named, and different."""
    row = ["anthropic-version", "2023-06-01", "2026-10-21"]
    verdict = judged(plays={**SERVED, 2: {"differently": [row]}})
    assert ("different", 1, 6, 1) == (verdict.verdict, verdict.exit_code, verdict.same, verdict.differently)
    (text,) = texts(verdict)
    assert "step 3 was sent differently: anthropic-version 2023-06-01 → 2026-10-21: anthropic messages" == text


def test_a_step_nobody_asked_for_says_what_it_was() -> None:
    """Its number, its turn, its operation and the last thing that it said."""
    verdict = judged(plays={position: {} for position in (0, 1, 3, 4, 5)})
    assert (5, 2) == (verdict.same, verdict.never_asked_for)
    rest = 'of "Where is it warm?" (anthropic messages, claude-x), with the result of get_weather'
    assert [
        f'step 3 was never asked for: turn 2 {rest}: "Paris: 22 C"',
        f'step 7 was never asked for: turn 4 {rest}: "Rome: 22 C"',
    ] == texts(verdict)
    assert ['step 2 was never asked for: tool call get_weather {"city": "Paris"}'] == texts(
        judged(plays={position: {} for position in (0, 2, 3, 4, 5, 6)})
    )


def test_a_conversation_is_named_so_that_it_can_be_told() -> None:
    """By its first words, or by its system prompt where two begin alike, or by how they end, or by its tool."""
    long = "Read all of the report that lies on the table in the hall, and "
    recorded = episode(
        exchange(question("Ask the writer")),
        exchange(question("Review it", system="You are the critic.")),
        exchange(question("Review it", system="You are the editor.")),
        exchange(question(f"{long}then sum up the first half")),
        exchange(question(f"{long}then sum up the other half")),
        exchange(question(told("22 C")), began=1),
    )
    of = [text.partition("turn 1 of ")[2].partition(" (")[0] for text in texts(judged(recorded, {}, (), None))]
    assert [
        '"Ask the writer"',
        '"Review it" by "You are the critic."',
        '"Review it" by "You are the editor."',
        '"…the hall, and then sum up the first half"',
        '"…the hall, and then sum up the other half"',
        "a conversation",
    ] == of


def test_of_many_steps_nobody_asked_for_few_are_read() -> None:
    """All are told; what they said is looked up for the first few only."""
    recorded = episode(*(exchange(question(f"number {number}"), began=number) for number in range(30)))
    found = texts(judged(recorded, {}, (), None))
    assert 30 == len(found)
    assert DESCRIBED == sum("turn 1 of " in text for text in found)


def test_retries_are_attempts_of_one_step() -> None:
    """A limited request and its second attempt are one step; leaving out the second is told as that."""
    first = exchange(question("one"), began=1)
    recorded = episode(first, replace(first, attempt=1, began=2), exchange(question("two"), began=3))
    assert ("same", 2) == ((both := judged(recorded, {0: {}, 1: {}, 2: {}}, (), None)).verdict, both.same)
    once = judged(recorded, {0: {}, 2: {}}, (), None)
    assert (1, 1) == (once.same, once.never_asked_for)
    assert texts(once)[0].startswith("step 1 took 2 attempts when it was recorded, and only 1 now: turn 1 of ")


def test_a_miss_is_told_once_however_often_it_was_tried() -> None:
    """An SDK that tries again makes no second miss; another request does."""
    miss = {"account": "not recorded: turn 1", "step": 4, "places": [{"place": "temperature", "before": 0, "after": 1}]}
    verdict = judged(remarks=[("miss", miss), ("miss", miss), ("miss", {"account": "another"})])
    assert ("different", 2) == (verdict.verdict, verdict.not_recorded)
    first, second = verdict.differences
    assert ("not recorded: turn 1", 4, 2) == (first.text, first.step, first.detail["times"])
    assert ("another", None) == (second.text, second.step)


def test_outputs_are_compared_after_normalization() -> None:
    """Now is now, ids pair one to one as the requests have bound them, and words are words."""
    recorded = episode(outputs=Outputs(b"job 7f3a9c2e4b8d1f60 at 2026-11-01T12:00:03Z\n", 0), span=Span(NOON, NOON + 9))
    now = Outputs(b"job 1c9d8e7f6a5b4c3d at 2026-11-02T12:00:05Z\n", 0)
    assert "same" == judged(recorded, {}, (), now).verdict
    late = Outputs(b"job 1c9d8e7f6a5b4c3d at 2026-12-24T12:00:05Z\n", 0)
    assert "different" == judged(recorded, {}, (), late).verdict
    asked = replace(recorded, steps=(exchange(question("job 7f3a9c2e4b8d1f60")),))
    other = {0: {"rules": {"id": [["7f3a9c2e4b8d1f60", "aaaa8e7f6a5b4c3d"]]}}}
    assert "different" == judged(asked, other, (), now).verdict
    said = judged(recorded, {}, (), Outputs(b"job 1c9d8e7f6a5b4c3d was lost\n", 3))
    assert ["exit code 0 → 3"] == texts(said)[1:]


def test_an_id_that_replay_served_is_printed_as_it_was_served() -> None:
    """What came from a recorded answer can only be printed verbatim."""
    recorded = episode(
        exchange(question("book"), answer("order 7f3a9c2e4b8d1f60")), outputs=Outputs(b"order 7f3a9c2e4b8d1f60\n", 0)
    )
    assert "same" == judged(recorded, {0: {}}, (), recorded.outputs).verdict
    assert "different" == judged(recorded, {0: {}}, (), Outputs(b"order 1c9d8e7f6a5b4c3d\n", 0)).verdict


def test_named_values_are_compared_by_place() -> None:
    """The last value of a name counts; one that was not given again is missed."""
    recorded = episode(outputs=Outputs(values={"answer": b'{"city": "Oslo", "warm": true}', "count": b"2"}))
    given = [("output", {"name": "answer", "value": '{"warm": true, "city": "Rome"}'})]
    assert ['output answer.city: "Oslo" → "Rome"', "output count was not given this time"] == texts(
        judged(recorded, {}, given, None)
    )
    right = [*given, ("output", {"name": "answer", "value": '{"warm":true,"city":"Oslo"}'})]
    assert "same" == judged(recorded, {}, [*right, ("output", {"name": "count", "value": "2"})], None).verdict


@pytest.mark.parametrize("outputs", [None, Outputs(b"half a l"), Outputs(b"", 143), Outputs(b"", -9)])
def test_a_run_that_a_miss_ended_is_not_blamed_for_its_outputs(outputs: Outputs | None) -> None:
    """Where the run was ended at a miss, the miss is what is told; what came out too little is not."""
    recorded = replace(RECORDED, outputs=Outputs(b"half a line\n", 0, {"answer": b"1"}))
    verdict = judged(recorded, SERVED, [("miss", {"account": "not recorded"})], outputs)
    assert ["not recorded"] == texts(verdict)


def test_an_unfinished_recording_has_no_outputs_to_compare() -> None:
    """What was killed while it was recorded said less than a run that ends."""
    recorded = replace(RECORDED, finished=False, outputs=Outputs(b"half", None))
    assert "same" == judged(recorded, outputs=Outputs(b"half and half\n", 0)).verdict


def test_a_run_that_was_killed_is_different() -> None:
    """A recorded exit code and none, or a signal's, now are told where no miss explains it."""
    assert ["exit code 0 → 143"] == texts(judged(outputs=replace(RECORDED.outputs, exit_code=143)))
    assert ["exit code 0 → none, it was killed"] == texts(judged(outputs=replace(RECORDED.outputs, exit_code=None)))


def test_what_was_lost_fails_and_what_was_unseen_does_not() -> None:
    """A replay that could not be kept is not the same; connections, real tools and warnings are counted."""
    remarks: list[tuple[str, dict[str, Any]]] = [
        ("unseen", {"what": "api.tavily.com", "how": "urllib3", "times": 1}),
        ("unseen", {"what": "api.tavily.com", "how": "urllib3", "times": 2}),
        ("ran", {"name": "book"}),
        ("ran", {"name": "book"}),
        ("warning", {"text": "slow"}),
    ]
    verdict = judged(remarks=remarks)
    assert ("same", 2, (("book", 2),)) == (verdict.verdict, verdict.ran, verdict.tools)
    assert ((Unseen("api.tavily.com", "urllib3", 3),), ("slow",)) == (verdict.unseen, verdict.warnings)
    assert ["two remarks"] == texts(judged(remarks=[*remarks, ("lost", {"text": "two remarks"})]))


def test_programs_get_the_counts_and_the_differences() -> None:
    """The JSON holds the verdict, each count and each difference, and is JSON."""
    found = json.loads(json.dumps(as_json(judged(plays={}, remarks=[("miss", {"account": "no", "step": 2, "x": 1})]))))
    assert {"verdict": "different", "same": 0, "not_recorded": 1, "never_asked_for": 7} == {
        key: found[key] for key in ("verdict", "same", "not_recorded", "never_asked_for")
    }
    assert {"kind": "not_recorded", "step": 2, "text": "no", "times": 1, "x": 1} == found["differences"][0]
    assert 8 == len(found["differences"])


def test_recorded_text_is_harmless_in_a_verdict() -> None:
    """Escapes in requests, headers, names and outputs come out as text."""
    evil = "\x1b[2J\u202e"
    recorded = episode(
        exchange(question("a", called(evil), told(evil))),
        ToolCall(evil, json.dumps(evil).encode()),
        exchange(question(evil)),
        outputs=Outputs(evil.encode(), 0, {evil: b"1"}),
    )
    plays = {2: {"differently": [["anthropic-beta", evil, "x" + evil]], "rules": {"id": [[evil, "x" + evil]]}}}
    verdict = judged(recorded, plays, [("warning", {"text": evil}), ("lost", {"text": evil})], Outputs(b"", 0))
    said = [*texts(verdict), *verdict.warnings, *(used.before + used.after + used.place for used in verdict.rules)]
    assert [] == [text for text in said if not text.isprintable()]


DETAILS = st.fixed_dictionaries(
    {},
    optional={
        "rules": st.just({"id": [["a", "b"]]}),
        "differently": st.just([["anthropic-version", "2023-06-01", "2026-10-21"]]),
    },
)


@given(st.dictionaries(st.integers(0, 6), DETAILS), st.sets(st.integers(1, 6)))
def test_every_step_is_counted_once(plays: dict[int, dict[str, Any]], retries: set[int]) -> None:
    """Whatever was served, and whatever was a retry, the counts add up to the steps that people count."""
    first = exchange(question("one"))
    steps = tuple(replace(first, attempt=int(number in retries), began=number) for number in range(7))
    verdict = verdict_of(episode(*steps), plays, (), None, LIVE)
    assert 7 - len(retries) == verdict.same + verdict.after_rules + verdict.differently + verdict.never_asked_for
    assert bool(verdict.differently or verdict.never_asked_for) == bool(verdict.exit_code)


@given(st.sets(st.integers(1, 6)), st.sets(st.integers(0, 6)))
def test_an_exact_play_comes_to_the_same_the_short_way_and_the_long_one(retries: set[int], inside: set[int]) -> None:
    """A remark that nobody counts has the play looked at in full: that changes nothing, whatever the steps are."""
    first, call = exchange(question("one")), ToolCall("look", b"{}", b"1", began=9)
    asked = (
        replace(first, attempt=int(number in retries), began=number, within=9 * (number in inside))
        for number in range(7)
    )
    recorded = episode(*asked, call)
    plays: dict[int, dict[str, Any]] = {number: {} for number in range(8)}
    short, long = judged(recorded, plays, (), None), judged(recorded, plays, [("sent", {})], None)
    assert (long, 8 - len(retries)) == (short, short.same)


def test_a_rule_that_a_header_needed_is_told_with_its_name() -> None:
    """An id that stands in no URL and no body is said to stand where it does."""
    step = exchange(question("hello"))
    step = replace(step, request=replace(step.request, headers=(("X-Session", "7f3a9c2e4b8d1f60"),)))
    ids = {0: {"rules": {"id": [["7f3a9c2e4b8d1f60", "1c9d8e7f6a5b4c3d"]]}}}
    assert ["header x-session"] == [used.place for used in verdict_of(episode(step), ids, (), None, LIVE).rules]


def test_an_output_may_name_today_and_a_day_of_an_answer() -> None:
    """What an answer says is of the recorded day, also in a line that says what day it is now."""
    span = Span(NOON, NOON + 9)
    then, today = (datetime.fromtimestamp(each.began, UTC).strftime("%Y-%m-%d") for each in (span, LIVE))
    for forecast, expected in ((then, "same"), ("", "different")):
        recorded = replace(
            episode(exchange(question("weather"), answer(f"clear on {forecast}")), span=span),
            outputs=Outputs(f"{then}: clear on {then}\n".encode(), 0),
        )
        came = Outputs(f"{today}: clear on {then}\n".encode(), 0)
        assert expected == verdict_of(recorded, {0: {}}, (), came, LIVE).verdict
