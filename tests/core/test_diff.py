"""Two episodes: what differs, what differed first, and whose doing it was."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from replaykit.core.diff import as_json, diff, first
from replaykit.core.model import Body, Exchange, Failure, Outputs, Span, ToolCall
from tests import strategies
from tests.core.agents import NOON, Agent, answer, episode, exchange, lines_of, question

if TYPE_CHECKING:
    from replaykit.core.diff import Difference
    from replaykit.core.model import Episode

BEFORE = Agent(seed="aB")
AFTER = Agent(seed="cD")


def compared(after: Agent, before: Agent = BEFORE) -> Difference:
    return diff(before.episode(), after.episode())


def kinds(difference: Difference) -> list[str]:
    return [pair.kind for pair in difference.steps]


def texts(difference: Difference) -> list[str]:
    return [place.text for pair in difference.steps for place in pair.places]


def test_recording_again_without_a_change_is_the_same() -> None:
    """Other ids, and nothing else: seven steps, all the same."""
    difference = compared(AFTER)
    assert difference.same
    assert ["same"] * 7 == kinds(difference)
    assert "same: 7 steps, nothing differs" in lines_of(difference)


def test_ids_that_look_like_words_are_ids_where_the_model_gives_them() -> None:
    """A call's id is bound to its partner by its place, whatever it looks like."""
    assert compared(replace(AFTER, seed="Handle"), replace(BEFORE, seed="Weather")).same


def test_a_changed_prompt_is_told_once() -> None:
    """Every request repeats the prompt; it is told where it began, as the program's doing."""
    difference = compared(replace(AFTER, system="You must never answer politely."))
    assert ['turn 1, system prompt: "always" → "never" (in "You must … answer politely.")'] == texts(difference)
    assert difference.first is not None
    assert (1, "program") == (difference.first.step, difference.first.cause)


def test_a_header_that_a_replay_reports_is_told_once() -> None:
    """What fails a replay as sent differently is a difference, the program's doing; other headers are none."""
    before = BEFORE.episode()
    extra = (("anthropic-beta", "tools-2026-10-21"), ("user-agent", "other"))
    steps = [
        replace(step, request=replace(step.request, headers=(*step.request.headers, *extra)))
        if isinstance(step, Exchange)
        else step
        for step in before.steps
    ]
    difference = diff(before, replace(before, steps=tuple(steps)))
    assert ['header anthropic-beta: "" → "tools-2026-10-21"'] == texts(difference)
    assert difference.first is not None
    assert (1, "program") == (difference.first.step, difference.first.cause)


def test_a_tools_result_is_the_tools_doing() -> None:
    """What the function gave back is told at its call, and not again where the next request repeats it."""
    difference = compared(replace(AFTER, weather=lambda city: f"{city}: {22 + (city == 'Oslo')} C"))
    assert difference.first is not None
    assert (4, "tool") == (difference.first.step, difference.first.cause)
    assert ['result of get_weather: "22" → "23" (in "Oslo: … C")'] == [p.text for p in difference.first.places]
    assert 1 == len(texts(difference))


def test_a_tool_that_is_no_step_is_still_the_tools_doing() -> None:
    """Where the function's call was not recorded, its result in the request says so."""
    before = BEFORE.episode()
    after = replace(AFTER, weather=lambda city: f"{city}: 23 C").episode()
    difference = diff(replace(before, steps=before.exchanges), replace(after, steps=after.exchanges))
    assert difference.first is not None
    assert (2, "tool") == (difference.first.step, difference.first.cause)


def test_a_models_answer_is_the_models_doing() -> None:
    """An equal request that is answered otherwise; the call that follows from it is told after it."""
    difference = compared(replace(AFTER, cities=("Paris", "Bergen", "Rome")))
    assert difference.first is not None
    assert (3, "model") == (difference.first.step, difference.first.cause)
    assert ['answer, tool call get_weather.city: "Oslo" → "Bergen"'] == [p.text for p in difference.first.places]
    assert ["same"] * 2 == kinds(difference)[:2]
    assert "same" == kinds(difference)[-1]


def test_an_inserted_call_is_one_insertion() -> None:
    """One more city in the middle adds its two steps; what follows stays paired."""
    difference = compared(replace(AFTER, cities=("Paris", "Lima", "Oslo", "Rome")))
    assert 2 == kinds(difference).count("added")
    assert 0 == kinds(difference).count("removed")
    assert (4, 5) == difference.counts.turns
    assert (3, 4) == difference.counts.tool_calls


def test_a_history_that_the_program_cuts_is_the_programs_doing() -> None:
    """Messages that are missing from a later request are not explained by any answer."""
    before, after = BEFORE.episode(), AFTER.episode()
    last = after.exchanges[-1]
    document = json.loads(last.request.body.data)
    del document["messages"][1:3]
    cut = replace(last, request=replace(last.request, body=Body.of(json.dumps(document).encode())))
    difference = diff(before, replace(after, steps=(*after.steps[:-1], cut)))
    assert difference.first is not None
    assert (7, "program") == (difference.first.step, difference.first.cause)
    assert 2 == len(difference.first.places)


def test_parallel_calls_in_another_order_are_the_same() -> None:
    """Calls that began in another order are the same calls."""
    calls = [exchange(question(text), answer(text)) for text in ("one", "two", "three")]
    assert diff(episode(*calls), episode(calls[2], calls[0], calls[1])).same


def test_retries_do_not_count() -> None:
    """A request that needed a second attempt is the step that it was, by its last outcome."""
    good = exchange(question("one"), answer("yes"))
    limited = replace(good, response=replace(exchange(b"", b"{}").response, status=429))  # type: ignore[type-var]
    assert diff(episode(good), episode(limited, replace(good, attempt=1))).same


def test_answers_are_compared_by_what_they_mean() -> None:
    """Ids, tokens and chunks of an answer do not count; its words, its end and its status do."""
    asked = question("one")
    before = episode(exchange(asked, answer("It is warm.", id="msg_1")))
    assert diff(before, episode(exchange(asked, answer("It is warm.", id="msg_2", usage={"input_tokens": 9})))).same
    colder = diff(before, episode(exchange(asked, answer("It is cold.", stop="max_tokens"))))
    assert ['answer: "warm" → "cold" (in "It is … .")', 'answer, stop reason: "end_turn" → "max_tokens"'] == texts(
        colder
    )
    failed = replace(exchange(asked), response=None, failure=Failure("ReadTimeout", "slow"))
    assert ['outcome: "success" → "ReadTimeout: slow"'] == texts(diff(before, episode(failed)))


def test_services_are_compared_by_place() -> None:
    """An answer that no model gave is compared as JSON, else as bytes, and is a tool's doing."""
    url = "https://api.weather.example/today"
    before = episode(exchange(b"", {"temperature": 22, "at": "noon"}, url, "GET"))
    after = episode(exchange(b"", {"temperature": 23, "at": "noon"}, url, "GET"))
    difference = diff(before, after)
    assert ["answer.temperature 22 → 23"] == texts(difference)
    assert difference.first is not None
    assert "tool" == difference.first.cause
    assert texts(diff(before, episode(exchange(b"", b"\x00", url, "GET"))))[0].startswith("answer: ")


def test_outputs_are_compared_by_line_word_and_place() -> None:
    """Standard output, the exit code and named values, each in its words."""
    before = episode(outputs=Outputs(b"hello\nIt is 22 C\n", 0, {"answer": b'{"city": "Oslo"}', "old": b"1"}))
    after = episode(outputs=Outputs(b"hello\nIt is 23 C\nbye\n", 1, {"answer": b'{"city": "Rome"}', "new": b"2"}))
    assert [
        'stdout line 2: "22" → "23" (in "It is … C")',
        'stdout line 3 added: "bye"',
        "exit code 0 → 1",
        'output answer.city: "Oslo" → "Rome"',
        "output old was not given this time",
        "output new added: 2",
    ] == [place.text for place in diff(before, after).outputs]


def test_now_is_now_in_outputs() -> None:
    """A time within each run's own span is no difference; a day in December is."""
    before = episode(outputs=Outputs(b"at 2026-11-01T12:00:03Z, for 24 December 2026\n", 0), span=Span(NOON, NOON + 9))
    later = Span(NOON + 86_400, NOON + 86_409)
    after = replace(before, span=later, outputs=Outputs(b"at 2026-11-02T12:00:05Z, for 24 December 2026\n", 0))
    assert diff(before, after).same
    moved = replace(after, outputs=Outputs(b"at 2026-11-02T12:00:05Z, for 25 December 2026\n", 0))
    assert not diff(before, moved).same


def test_an_empty_run_is_a_run() -> None:
    """Nothing against nothing is the same; against something, every step is removed."""
    assert diff(episode(), episode()).same
    assert ["removed"] * 7 == kinds(diff(BEFORE.episode(), episode()))


def test_programs_get_the_keys_they_were_promised() -> None:
    """`same`, `first`, `steps` and `outputs` are there, and all of it is JSON."""
    found: dict[str, Any] = json.loads(json.dumps(as_json(compared(replace(AFTER, system="Be kind.")))))
    assert found["same"] is False
    assert {"step", "before", "after", "cause", "places"} == set(found["first"])
    assert {"same", "changed"} == {step["kind"] for step in found["steps"]}
    assert [] == found["outputs"]
    assert as_json(compared(AFTER))["first"] is None


def test_people_get_the_first_difference_first() -> None:
    """The text opens with outputs, turns, tool calls, tokens and cost, then says what differed first and who did it."""
    text = lines_of(compared(replace(AFTER, cities=("Paris",), verdict="No.", tokens=90)))
    assert ["outputs", "turns", "tool", "tokens", "cost"] == [line.split()[0] for line in text[1:6]]
    assert text[6].startswith("first difference: step 3, the model answered something else: turn 2 (anthropic messages")


def test_recorded_text_is_harmless_in_a_difference() -> None:
    """Escapes in answers, tools and outputs come out as text."""
    evil = "\x1b[2J\u202e"
    after = replace(AFTER, verdict=evil, weather=lambda _city: evil, system=evil, asked=evil).episode(name=evil)
    text = "\n".join(lines_of(diff(BEFORE.episode(), after)))
    assert [] == [character for character in text if not character.isprintable() and character != "\n"]


CITIES = st.lists(st.sampled_from(["Paris", "Oslo", "Rome"]), max_size=4).map(tuple)


@settings(max_examples=50)
@given(CITIES, CITIES)
def test_each_step_is_told_once(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Whatever the runs, every step of both sides is in one pair, and only equal runs are the same."""
    ours, theirs = replace(BEFORE, cities=before).episode(), replace(AFTER, cities=after).episode()
    difference = diff(ours, theirs)
    assert list(range(1, len(ours.steps) + 1)) == sorted(pair.before for pair in difference.steps if pair.before)
    assert list(range(1, len(theirs.steps) + 1)) == sorted(pair.after for pair in difference.steps if pair.after)
    assert (before == after) == difference.same


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(strategies.episodes, strategies.episodes)
def test_whatever_was_recorded_can_be_compared(before: Episode, after: Episode) -> None:
    """Any two episodes: the later side's steps in their order, the first difference as it is found alone, all JSON."""
    difference = diff(before, after)
    numbers = [pair.after for pair in difference.steps if pair.after]
    assert list(range(1, len(numbers) + 1)) == numbers
    assert difference.first == first(before, after)
    assert difference.same == as_json(difference)["same"]
    assert json.dumps(as_json(difference)).isascii()
    assert diff(after, after).same


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_changed_step_is_changed_from_either_side(side: str) -> None:
    """Which of two episodes is the earlier one turns the words round, and nothing else."""
    one, other = BEFORE.episode(), replace(AFTER, verdict="It is cold.").episode()
    ours, theirs = (one, other) if side == "before" else (other, one)
    difference: Difference = diff(ours, theirs)
    assert ["same"] * 6 + ["changed"] == kinds(difference)


def test_a_lost_tool_call_is_removed() -> None:
    """A function that is not called any more is one removed step."""
    whole: Episode = BEFORE.episode()
    rest = replace(whole, steps=tuple(step for step in whole.steps if not isinstance(step, ToolCall)))
    assert 3 == kinds(diff(whole, rest)).count("removed")


def test_a_diff_leaves_nothing_out() -> None:
    """A prompt of many lines is told by its lines, a long message in full, and every place of a step."""
    prompt = [f"Rule {number}: be kind." for number in range(1, 201)]
    changed = list(prompt)
    for number in range(0, 200, 20):
        changed[number] = changed[number].replace("kind", "brief")
    before = episode(exchange(question("hello", system="\n".join(prompt)), answer("yes")))
    said = ["hello", "I am here.", "A long question " * 20]
    settings: dict[str, Any] = {f"setting_{number}": number for number in range(14)}
    after = episode(exchange(question(*said, system="\n".join(changed), **settings), answer("yes")))
    text = lines_of(diff(before, after))
    assert 10 == sum(line.startswith("    @@ line ") for line in text)
    assert {
        "    - Rule 1: be kind.",
        "    + Rule 1: be brief.",
        "    - Rule 181: be kind.",
        "    + Rule 181: be brief.",
    } <= {*text}
    assert ("    + " + "A long question " * 20).rstrip() in text
    assert {f"  setting_{number} added: {number}" for number in range(14)} <= {*text}
    assert [] == [line for line in text if "more" in line]


def test_programs_get_whole_values() -> None:
    """Long texts are not cut in JSON either."""
    before, after = (episode(exchange(question("x" * 5_000 + end), answer("yes"))) for end in ("a", "b"))
    (place,) = as_json(diff(before, after))["first"]["places"]
    assert (5_001, 5_001) == (len(place["before"]), len(place["after"]))


def test_what_rules_forgive_is_one_line_of_a_diff() -> None:
    """Fresh ids and the time of day are counted at the end, beside what changed and where nothing did."""
    ids = ("10483ace-1b2c-4d5e-8f90-aabbccddeeff", "2c04fd7b-0a1b-4c2d-9e3f-112233445566")
    before, same, other = (
        episode(
            exchange(question("Hi", system=f"Run {run}, at {time}. Be {how}."), answer("yes")),
            span=Span(began, began + 9),
        )
        for run, time, how, began in (
            (ids[0], "12:00:03", "kind", NOON),
            (ids[1], "12:00:05", "kind", NOON + 86_400),
            (ids[1], "12:00:05", "brief", NOON + 86_400),
        )
    )
    assert ["same: 1 step, nothing differs", "also differ, as rules allow: 1 id and 1 time"] == lines_of(
        diff(before, same)
    )[-2:]
    found = diff(before, other)
    assert ['turn 1, system prompt: "kind" → "brief" (in "at 12:00:03. Be … .")'] == texts(found)
    assert "also differ, as rules allow: 1 id and 1 time" == lines_of(found)[-1]
    assert "1 id and 1 time" == as_json(found)["allowed"]


def test_printed_json_is_compared_by_place() -> None:
    """A line, or the whole, that is JSON on both sides is told by place; items that only moved are said to have."""
    before = episode(outputs=Outputs(b'done\n{"parts": ["a b", "c d"], "n": 1}\n', 0))
    after = episode(outputs=Outputs(b'done\n{"parts": ["a b", "x y"], "n": 2}\n', 0))
    assert ['stdout line 2, parts[1]: "c d" → "x y"', "stdout line 2, n 1 → 2"] == [
        p.text for p in diff(before, after).outputs
    ]
    whole = [
        episode(outputs=Outputs(json.dumps({"parts": parts}, indent=2).encode(), 0))
        for parts in (["a", "b"], ["b", "a"])
    ]
    assert ["stdout, parts[0] moved"] == [place.text for place in diff(*whole).outputs]
    spaced = [episode(outputs=Outputs(text, 0)) for text in (b'{"n": 1}\n', b'{"n":1}\n')]
    assert not diff(*spaced).same
    assert diff(*spaced).outputs
