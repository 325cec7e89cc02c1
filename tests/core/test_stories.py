"""What happens to agents from one day to the next, and what a difference makes of it: told once, and who did it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaykit.core.diff import diff, first
from replaykit.core.model import Span, ToolCall
from tests.core.agents import NOON, TOOL, answer, called, episode, exchange, question, response, told
from tests.core.stories import AFTER, BEFORE, culprit, edited, story

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replaykit.core.model import Episode, Step
    from tests.core.stories import Edit

CHAT = "https://api.openai.com/v1/chat/completions"


SETTINGS: dict[str, tuple[Edit, str]] = {
    "prompt": (
        lambda document: document.update(system="You must never answer politely."),
        '1 changed: turn 1, system prompt: "always" → "never" (in "You must … answer politely.")',
    ),
    "temperature": (lambda document: document.update(temperature=0.2), "1 changed: temperature added: 0.2"),
    "model": (lambda document: document.update(model="claude-y"), '1 changed: model: "claude-x" → "claude-y"'),
    "renamed tool": (
        lambda document: document["tools"][0].update(name="fetch_weather"),
        '1 changed: tool fetch_weather, name: "get_weather" → "fetch_weather"',
    ),
    "second tool": (
        lambda document: document["tools"].insert(0, {**TOOL, "name": "get_time"}),
        "1 changed: tool get_time added",
    ),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_every_request_repeats_is_told_once(setting: str) -> None:
    """A prompt, a setting or a tool that changed is one line at the first step, and the program's doing."""
    edit, expected = SETTINGS[setting]
    difference = diff(BEFORE.episode(), edited(AFTER.episode(), edit))
    assert [expected] == story(difference)
    assert (1, "program") == culprit(difference)


@pytest.mark.parametrize("place", ["prompt", "task"])
def test_a_prompt_that_tells_the_time_is_told_once(place: str) -> None:
    """It is another text in every request, on both sides; what a person changed in it is one line."""

    def run(said: str, began: float) -> Episode:
        clock = iter(range(60))

        def tell(document: dict[str, Any]) -> None:
            text = f"It is 12:00:{next(clock):02}. {said}"
            document.update({"system": text} if place == "prompt" else {"system": "Hi."})
            document["messages"][0]["content"] = text if place == "task" else "Hi."

        return edited(replace(BEFORE.episode(), span=Span(began, began + 60)), tell)

    found = story(diff(run("Be kind.", NOON), run("Be brief.", NOON + 86_400)))
    assert 1 == len(found)
    assert '"kind" → "brief"' in found[0]


def test_the_model_that_answers_is_told_once() -> None:
    """Every answer names its model; that it is another one is told with the first of them."""
    steps = [
        replace(step, response=response(json.loads(step.response.body.data) | {"model": "claude-y"}))
        if not isinstance(step, ToolCall) and step.response
        else step
        for step in AFTER.episode().steps
    ]
    found = story(diff(BEFORE.episode(), replace(AFTER.episode(), steps=tuple(steps))))
    assert ['1 changed: answer, model: "claude-x" → "claude-y"'] == found


def test_a_changed_prompt_leaves_an_inserted_call_one_insertion() -> None:
    """Where every request differs, the steps are still paired by what each adds."""
    after = replace(AFTER, system="Be brief.", cities=("Paris", "Cairo", "Oslo", "Rome", "Lima"))
    difference = diff(BEFORE.episode(), after.episode())
    assert ["changed", "changed", "added", "added"] == [p.kind for p in difference.steps if p.kind != "same"]
    assert 'answer, tool call get_weather.city: "Oslo" → "Cairo"' in story(difference)[1]


def test_what_an_added_step_says_is_not_told_again() -> None:
    """One more city is two steps; the requests behind them repeat what these say, and are the same."""
    after = replace(AFTER, cities=("Paris", "Cairo", "Oslo", "Rome", "Lima"))
    assert [
        '3 changed: answer, tool call get_weather.city: "Oslo" → "Cairo"',
        "4 added",
        "5 added",
    ] == story(diff(BEFORE.episode(), after.episode()))


def test_a_result_that_the_program_drops_is_its_own_doing() -> None:
    """A tool's result that is no longer sent is told where it is missing first."""

    def drop(document: dict[str, Any]) -> None:
        del document["messages"][2:3]

    difference = diff(BEFORE.episode(), edited(AFTER.episode(), drop))
    assert ['3 changed: turn 2, user message removed: "Paris: 22 C"'] == story(difference)
    assert (3, "program") == culprit(difference)


def test_answers_that_the_program_swaps_are_its_own_doing() -> None:
    """What the model said is on both sides; that it stands elsewhere in the history is told."""

    def swap(document: dict[str, Any]) -> None:
        messages = document["messages"]
        if len(messages) > 6:
            messages[1], messages[3] = messages[3], messages[1]

    difference = diff(BEFORE.episode(), edited(AFTER.episode(), swap))
    assert (7, "program") == culprit(difference)


def test_messages_that_the_program_moves_are_its_own_doing() -> None:
    """A message that stands elsewhere in the history, word for word and with its id, is no echo."""

    def move(document: dict[str, Any]) -> None:
        messages = document["messages"]
        if len(messages) > 6:
            messages.insert(3, messages.pop(1))

    difference = diff(BEFORE.episode(), edited(BEFORE.episode(), move))
    assert ["7 changed: turn 2, assistant message moved"] == story(difference)[:1]
    assert (7, "program") == culprit(difference)


def test_what_the_program_strips_is_still_what_the_model_said() -> None:
    """White space around an answer is gone in the history, which tells nothing of its own."""
    before, after = (
        episode(
            exchange(question("Hi"), answer(f"{said}\n\n")),
            exchange(question("Hi", said, "And now?"), answer("Still.")),
        )
        for said in ("Warm.", "Cold.")
    )
    assert 1 == len(story(diff(before, after)))


def test_results_that_the_program_mixes_up_are_told() -> None:
    """Two results in one message that changed places are no echo of the tools' own steps."""
    calls = [*called("Paris", "toolu_01A"), *called("Oslo", "toolu_01B")]
    results = [told("22", "toolu_01A")[0], told("9", "toolu_01B")[0]]
    mixed = [told("9", "toolu_01A")[0], told("22", "toolu_01B")[0]]
    tools = [ToolCall("get_weather", b'{"city":"Paris"}', b"22"), ToolCall("get_weather", b'{"city":"Oslo"}', b"9")]
    before, after = (
        episode(
            exchange(question("Where?"), answer(calls)),
            *tools,
            exchange(question("Where?", calls, content), answer("There.")),
        )
        for content in (results, mixed)
    )
    difference = diff(before, after)
    assert not difference.same
    assert "changed" == difference.steps[-1].kind


def test_a_compacted_history_is_one_line() -> None:
    """Turns that the program drops are told as one stretch, at the step where they go, and never again."""

    def compact(document: dict[str, Any]) -> None:
        if len(document["messages"]) > 6:
            del document["messages"][1:5]

    difference = diff(BEFORE.episode(), edited(AFTER.episode(), compact))
    assert ["7 changed: turn 1, assistant message to turn 3, user message: 4 items removed"] == story(difference)
    (place,) = difference.steps[6].places
    assert 4 == len(place.before)  # type: ignore[arg-type]  # a list of messages
    assert (7, "program") == culprit(difference)


def _agents(order: Sequence[int], prompt: str = "Answer.", reply: str = "done") -> Episode:
    """Three agents that take turns in an order, each with its own task and the same small talk."""
    steps: list[Step] = []
    for turn in range(3):
        for agent in order:
            said = [f"Task {agent}", *(["working", "go on"] * turn)]
            end = f"{reply} {agent}" if turn == 2 else "working"
            steps.append(exchange(question(*said, system=prompt), answer(end), began=len(steps)))
    return episode(*steps)


def test_agents_that_take_turns_in_another_order_are_the_same() -> None:
    """Each step is paired within its own conversation, though all are told to go on in the same words."""
    assert diff(_agents((0, 1, 2)), _agents((2, 0, 1))).same


def test_agents_in_another_order_with_another_prompt_are_told_once() -> None:
    """A prompt that all of them share, and the answers that differ, are all there is to tell."""
    difference = diff(_agents((0, 1, 2)), _agents((2, 0, 1), "Answer briefly.", "finished"))
    texts = story(difference)
    assert 4 == len(texts)
    assert 1 == sum("system prompt" in text for text in texts)
    assert 3 == sum('answer: "done" → "finished"' in text for text in texts)


def test_another_task_with_another_prompt_leaves_an_inserted_call_one_insertion() -> None:
    """Where nothing tells whose conversation it is any more, what each step adds still does."""
    after = replace(
        AFTER, system="Be brief.", asked="Which one is warm?", cities=("Paris", "Cairo", "Oslo", "Rome", "Lima")
    )
    difference = diff(BEFORE.episode(), after.episode())
    assert ["changed", "changed", "added", "added"] == [p.kind for p in difference.steps if p.kind != "same"]


def test_agents_in_another_order_with_other_tasks_are_paired_by_what_they_add() -> None:
    """A second turn that says the same belongs together, though its conversation begins otherwise."""

    def run(order: Sequence[int], prompt: str, task: str) -> Episode:
        firsts = [exchange(question(f"{task} {agent}", system=prompt), answer(f"a{agent}")) for agent in order]
        return episode(
            *firsts,
            *(
                exchange(question(f"{task} {agent}", f"a{agent}", f"go on {agent}", system=prompt), answer(f"b{agent}"))
                for agent in order
            ),
        )

    difference = diff(run((0, 1), "Be kind.", "Do"), run((1, 0), "Be brief.", "Try"))
    assert [(3, 4), (4, 3)] == sorted((p.before, p.after) for p in difference.steps if p.before and p.before > 2)


def test_calls_that_differ_are_paired_between_their_neighbours() -> None:
    """A call that is no more is not taken for a later one."""
    turns = [exchange(question(f"q{number}"), answer(f"a{number}")) for number in range(3)]
    a, b, c = (
        ToolCall("get_weather", json.dumps({"city": city}).encode(), b"22") for city in ("Paris", "Oslo", "Rome")
    )
    difference = diff(episode(turns[0], a, turns[1], b, turns[2]), episode(turns[0], turns[1], c, turns[2]))
    assert ["2 removed", '3 changed: tool call get_weather.city: "Oslo" → "Rome"'] == story(difference)


def test_one_of_several_agents_asks_once_more() -> None:
    """A step more of one agent leaves the others paired."""
    whole = _agents((0, 1, 2))
    extra = exchange(question("Task 1", *["working", "go on"] * 3, system="Answer."), answer("done 1"), began=9)
    longer = replace(whole, steps=(*whole.steps, extra))
    assert ["10 added"] == story(diff(whole, longer))
    assert ["10 removed"] == story(diff(longer, whole))


def test_a_mark_that_moves_along_is_no_difference_of_what_it_marks() -> None:
    """A changed first message is told once, though only the first request marks it for the cache."""

    def marked(document: dict[str, Any]) -> None:
        last = document["messages"][-1]
        blocks = last["content"] if isinstance(last["content"], list) else [{"type": "text", "text": last["content"]}]
        for message in document["messages"]:
            if isinstance(message["content"], str):
                message["content"] = [{"type": "text", "text": message["content"]}]
        last["content"] = [*blocks[:-1], {**blocks[-1], "cache_control": {"type": "ephemeral"}}]

    before, after = (edited(each.episode(), marked) for each in (BEFORE, replace(AFTER, asked="Where is it cold?")))
    assert ['1 changed: turn 1, user message: "warm" → "cold" (in "Where is it … ?")'] == story(diff(before, after))


def test_thoughts_are_compared_by_their_words() -> None:
    """The signature of a thought is another one in every run, here and in the history."""

    def run(signature: str) -> Episode:
        said = [{"type": "thinking", "thinking": "Hm.", "signature": signature}, {"type": "text", "text": "Warm."}]
        return episode(
            exchange(question("Hi"), answer(said)), exchange(question("Hi", said, "And now?"), answer("Still warm."))
        )

    assert diff(run("c2lnbmF0dXJl"), run("YW5vdGhlciBvbmU=")).same


def test_the_same_holds_of_another_wire() -> None:
    """A chat whose prompt stands among its messages: told once, with one call more as one insertion."""

    def run(prompt: str, cities: Sequence[str]) -> Episode:
        messages: list[Any] = [{"role": "system", "content": prompt}, {"role": "user", "content": "Where is it warm?"}]
        steps = []
        for number, city in enumerate([*cities, ""]):
            function = {"name": "get_weather", "arguments": json.dumps({"city": city})}
            call = {"id": f"call_{city}", "type": "function", "function": function}
            said: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": [call]}
            if not city:
                said = {"role": "assistant", "content": "Everywhere."}
            reply = {"model": "gpt-x", "choices": [{"message": said, "finish_reason": "stop"}]}
            steps.append(exchange({"model": "gpt-x", "messages": list(messages)}, reply, CHAT, began=number))
            messages += [said, {"role": "tool", "tool_call_id": f"call_{city}", "content": f"{city}: 22 C"}]
        return episode(*steps)

    difference = diff(run("Be kind.", ("Paris", "Oslo")), run("Be brief.", ("Paris", "Cairo", "Oslo")))
    assert [
        '1 changed: turn 1, system prompt: "kind" → "brief" (in "Be … .")',
        '2 changed: answer, tool call get_weather.city: "Oslo" → "Cairo"',
        "3 added",
    ] == story(difference)
    assert (1, "program") == culprit(difference)


EDITS: dict[str, Callable[[list[Any], int], Any]] = {
    "says something else": lambda messages, at: messages.__setitem__(at, {**messages[at], "content": "Never mind."}),
    "is dropped": lambda messages, at: messages.__delitem__(at),
    "gets another before it": lambda messages, at: messages.insert(at, {"role": "user", "content": "By the way."}),
    "gets another field": lambda messages, at: messages.__setitem__(at, {**messages[at], "extra": True}),
}


@settings(max_examples=40)
@given(st.sampled_from(list(EDITS)), st.integers(0, 8), st.integers(1, 9), st.sampled_from(["aB", "cD"]))
def test_whatever_the_program_does_to_a_message_is_told_once(edit: str, at: int, since: int, seed: str) -> None:
    """The first request that has the message tells what became of it; every later one repeats it, and is the same."""

    def apply(document: dict[str, Any]) -> None:
        messages = document["messages"]
        if since <= len(messages) and at < len(messages):
            EDITS[edit](messages, at)

    difference = diff(BEFORE.episode(), edited(replace(BEFORE, seed=seed).episode(), apply))
    step = max(at + 1 + at % 2, since + 1 - since % 2)  # a request has an odd number of messages
    assert [f"{step} changed"] == [text.partition(":")[0] for text in story(difference)]
    assert (step, "program") == culprit(difference)


def test_the_first_difference_is_found_alone() -> None:
    """It is the one that the whole comparison finds, and none where there is none."""
    for after in (
        AFTER,
        replace(AFTER, system="Be brief."),
        replace(AFTER, cities=("Paris",)),
        replace(AFTER, verdict="No."),
    ):
        assert diff(BEFORE.episode(), after.episode()).first == first(BEFORE.episode(), after.episode())
