"""Tools and services in a difference: functions, MCP, plain HTTP, what fails, and what is asked alike."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from replaykit.core.diff import diff
from replaykit.core.model import Failure, ToolCall
from tests.core.agents import answer, called, episode, exchange, question, response, told
from tests.core.stories import culprit, story

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.core.model import Episode, Exchange, Step

MCP = "https://tools.example/mcp"
WEATHER = "https://api.weather.example/today"


def test_calls_of_functions_and_services_in_another_order_are_the_same() -> None:
    """What runs side by side begins in any order."""
    calls: list[Step] = [ToolCall("get_weather", json.dumps({"city": city}).encode(), b"22") for city in "abc"]
    calls += [exchange(b"", {"t": 22}, f"{WEATHER}?city={city}", "GET") for city in "abc"]
    assert diff(episode(*calls), episode(*calls[::-1])).same


def test_a_request_that_failed_first_is_one_step_more() -> None:
    """A program that tries again by itself: the failed attempt is added, and not its doing."""
    good = exchange(question("Hi"), answer("Hello."))
    limited = replace(good, response=response({"type": "error", "error": {"type": "rate_limit_error"}}, 429))
    broken = replace(good, response=None, failure=Failure("ReadTimeout", "slow"))
    for failed in (limited, broken):
        difference = diff(episode(good), episode(failed, good))
        assert ["1 added"] == story(difference)
        assert (1, "model") == culprit(difference)
        assert ["1 removed"] == story(diff(episode(failed, good), episode(good)))


def test_a_service_that_is_asked_more_often_is_one_step_more() -> None:
    """Of calls that are asked alike, those are paired that were answered alike."""
    polls = [exchange(b"", {"state": state}, "https://api.jobs.example/jobs/7", "GET") for state in ("wait", "done")]
    difference = diff(episode(*polls), episode(polls[0], polls[0], polls[1]))
    assert ["2 added"] == story(difference)
    assert (2, "program") == culprit(difference)


def test_what_is_asked_alike_is_paired_by_how_it_was_answered() -> None:
    """The same where answers carry ids that differ in every run."""
    runs = ("7f9c2b44-1111-4a2b-8c3d-aabbccddee0", "0a1b2c3d-2222-4b3c-9d4e-ffeeddccbb0")
    wait, done, again, more, end = (
        exchange(b"", {"state": state, "request": f"{run}{number}"}, "https://api.jobs.example/jobs/7", "GET")
        for run, number, state in [
            (runs[0], 1, "wait"),
            (runs[0], 2, "done"),
            (runs[1], 1, "wait"),
            (runs[1], 2, "wait"),
            (runs[1], 3, "done"),
        ]
    )
    assert ["2 added"] == story(diff(episode(wait, done), episode(again, more, end)))


def test_a_service_is_paired_by_what_is_asked() -> None:
    """Paths that differ in an id are one step; a query that differs is told."""
    ids = ("7f9c2b44-1111-4a2b-8c3d-aabbccddee01", "0a1b2c3d-2222-4b3c-9d4e-ffeeddccbb02")
    before, after = (
        episode(
            exchange(b"", {"state": "done"}, f"https://api.jobs.example/jobs/{run}", "GET"),
            exchange(b"", {"t": 22}, f"{WEATHER}?units={units}", "GET"),
        )
        for run, units in zip(ids, "CF", strict=True)
    )
    assert ['2 changed: query parameter units: "C" → "F"'] == story(diff(before, after))


def _rpc(number: int, name: str, arguments: Any, result: str, url: str = MCP) -> Exchange:
    asked = {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    return exchange(
        asked, {"jsonrpc": "2.0", "id": number, "result": {"content": [{"type": "text", "text": result}]}}, url
    )


def test_the_numbers_of_messages_do_not_count() -> None:
    """One call of MCP more renumbers all others, and is the only one that is told."""
    calls = [("get_weather", {"city": "Paris"}, "22"), ("get_time", {}, "noon"), ("get_weather", {"city": "Oslo"}, "9")]
    more = [calls[0], ("get_news", {}, "none"), *calls[1:]]
    before, after = (episode(*(_rpc(n, *call) for n, call in enumerate(each, 1))) for each in (calls, more))
    assert ["2 added"] == story(diff(before, after))


def test_what_a_tool_elsewhere_gave_is_told_at_its_call() -> None:
    """A result of MCP that differs is the tool's doing, and the request that repeats it is the same."""
    before, after = (
        episode(
            exchange(question("Hi"), answer(called("Paris"))),
            _rpc(1, "get_weather", {"city": "Paris"}, f"{degrees} C"),
            exchange(question("Hi", called("Paris"), told(f"{degrees} C")), answer("Fine.")),
        )
        for degrees in (22, 23)
    )
    difference = diff(before, after)
    assert (2, "tool") == culprit(difference)
    assert 1 == len(story(difference))


def test_what_happens_while_a_tool_runs_is_the_tools_doing() -> None:
    """A function that asks another service, with the same arguments, is not what the program asked for."""
    call = ToolCall("get_weather", b'{"city":"Paris"}', b'"22 C"', began=1)
    inner = [exchange(b"", {"t": 22}, f"{WEATHER}?city=Paris{more}", "GET", began=2, within=1) for more in ("", "&v=2")]
    assert (2, "tool") == culprit(diff(episode(call, inner[0]), episode(call, inner[1])))
    assert (2, "tool") == culprit(diff(episode(call), episode(call, inner[0])))


def test_a_result_is_known_however_it_is_spelled() -> None:
    """A function gives an object, a request repeats it as JSON: one thing, told once."""
    before, after = (
        episode(
            ToolCall("get_weather", b'{"city":"Paris"}', json.dumps({"t": degrees, "sky": "clear"}).encode()),
            exchange(
                question("Hi", called("Paris"), told(json.dumps({"sky": "clear", "t": degrees}))), answer("Fine.")
            ),
        )
        for degrees in (22, 23)
    )
    assert ["1 changed: result of get_weather.t 22 → 23"] == story(diff(before, after))


def test_calls_of_one_answer_keep_their_ids() -> None:
    """Where the model calls one tool more, the ids of the others are still each other's, whatever they look like."""

    def run(cities: Sequence[str], ids: str) -> Episode:
        calls = [called(city, f"{ids}{city}")[0] for city in cities]
        results = [told(f"{city}: 22 C", f"{ids}{city}")[0] for city in cities]
        return episode(
            exchange(question("Where?"), answer(calls)), exchange(question("Where?", calls, results), answer("There."))
        )

    difference = diff(run(("Paris", "Rome"), "call "), run(("Oslo", "Paris", "Rome"), "ask "))
    assert [
        '1 changed: answer, tool call get_weather added: {"city": "Oslo"}',
        '2 changed: turn 2, tool result of get_weather added: "Oslo: 22 C"',
    ] == story(difference)


def test_calls_of_one_answer_in_another_order_are_told_once() -> None:
    """The model asks for the same in another order; that the results follow it is no news."""

    def run(cities: Sequence[str], ids: str) -> Episode:
        calls = [called(city, f"{ids}{city}")[0] for city in cities]
        results = [told(f"{city}: 22 C", f"{ids}{city}")[0] for city in cities]
        tools = [
            ToolCall("get_weather", json.dumps({"c": city}).encode(), f'"{city}: 22 C"'.encode()) for city in cities
        ]
        return episode(
            exchange(question("Where?"), answer(calls)),
            *tools,
            exchange(question("Where?", calls, results), answer("There.")),
        )

    difference = diff(run(("Paris", "Rome"), "call "), run(("Rome", "Paris"), "ask "))
    assert ["1 changed: answer, tool call get_weather moved"] == story(difference)
    assert (1, "model") == culprit(difference)
