"""What a miss says: what happened, to what, what came nearest, where it differs, what to do."""

from __future__ import annotations

import time
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.core.compare.differing import MOST
from replaykit.core.compare.ground import Ground
from replaykit.core.compare.nearest import COMPARED, FIRST, SIZED
from replaykit.core.explain import account_of, left_early, tool_account
from replaykit.core.match import Ambiguous, Missing
from replaykit.core.model import Body, Origin, Span, ToolCall
from replaykit.core.normalize import Facts, Rules
from tests.core.agents import NOON, Agent, called, episode, exchange, printed, question, request, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.core.explain import Account
    from replaykit.core.model import Episode, Request

REMEDY = [
    "if this change is meant:  replaykit record --again support",
    "and to see what it does:  replaykit diff support",
]
TURN_2 = question("Where is it warm?", called("Paris"), told("Paris: 22 C"), temperature=0)
RECORDED = episode(exchange(question("Where is it warm?", temperature=0)), exchange(TURN_2))


def lines(asked: Any, recorded: Episode = RECORDED, **more: Any) -> list[str]:
    """The account of a request, line by line."""
    live = asked if not isinstance(asked, dict) else request(asked)
    return account_of(recorded, live, Missing(), **more).text.split("\n")


def places(account: Account) -> list[Any]:
    """The places that programs get."""
    found = account.detail["places"]
    assert isinstance(found, list)
    return found


def changed(change: Callable[[Any], object]) -> Request:
    """The second request of the recording, changed."""
    document = deepcopy(TURN_2)
    change(document)
    return request(document)


def test_a_miss_is_told_in_an_authors_words() -> None:
    """The prompt, a tool's schema and a setting that changed are named as such, and nothing else is."""

    def change(document: Any) -> None:
        document["system"] = "You must never answer politely."
        del document["tools"][0]["input_schema"]["properties"]["units"]
        document["temperature"] = 0.2

    assert [
        "not recorded: turn 2 of support (anthropic messages, claude-x)",
        "nearest: step 2",
        '  turn 2, system prompt: "always" → "never" (in "You must … answer politely.")',
        "  tool schema get_weather.units removed",
        "  temperature 0 → 0.2",
        *REMEDY,
    ] == lines(changed(change))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda document: document["messages"].insert(1, {"role": "user", "content": "Be brief."}),
            ['turn 1, user message added: "Be brief."'],
        ),
        (lambda document: document.pop("temperature"), ["temperature removed: 0"]),
        (lambda document: document.update(top_k=5), ["top_k added: 5"]),
        (lambda document: document.update(temperature="0"), ['temperature 0 → "0"']),
        (lambda document: document.update(tools=[]), ["tool get_weather removed"]),
        (
            lambda document: document["messages"][2]["content"][0].update(content="Paris: 25 C"),
            ['turn 2, tool result of get_weather: "22" → "25" (in "Paris: … C")'],
        ),
        (
            lambda document: document["messages"][1]["content"].pop(),
            ['turn 1, tool call get_weather removed: {"city": "Paris"}'],
        ),
        (
            lambda document: document["messages"][1]["content"][0]["input"].update(city="Oslo"),
            ['turn 1, tool call get_weather.city: "Paris" → "Oslo"'],
        ),
    ],
)
def test_every_kind_of_change_has_its_words(change: Callable[[Any], object], expected: list[str]) -> None:
    """Added, removed and changed places read as an author would say them."""
    assert [f"  {text}" for text in expected] == lines(changed(change))[2:-2]


def test_a_changed_url_is_told_by_its_parts() -> None:
    """A query parameter, a path, a host and a method are named as such."""
    recorded = episode(exchange(b"", url="https://api.weather.example/v1/today?city=Oslo&units=C", method="GET"))
    live = request(b"", "https://api.weather.example/v1/today?city=Oslo&units=F&days=2", "GET")
    assert [
        "not recorded in support: GET api.weather.example/v1/today",
        "nearest: step 1",
        '  query parameter units: "C" → "F"',
        '  query parameter days added: "2"',
        *REMEDY,
    ] == lines(live, recorded)
    moved = request(b"", "https://api.weather.example/v2/today?city=Oslo&units=C", "POST")
    assert {'  method: "GET" → "POST"', '  path: "/v1/today" → "/v2/today"'} <= set(lines(moved, recorded))


TOMORROW = Span(NOON + 86_400, NOON + 86_409)


def forgiving(recorded: Episode) -> Ground:
    """What rules forgive between a run and one on the next day."""
    return Ground(Rules.of(recorded.span, TOMORROW), Facts(recorded.span, TOMORROW))


def run_of(run: str, now: str, **settings: Any) -> dict[str, Any]:
    """A request whose system prompt says when it is and which run this is, as agents do."""
    return question("Where is it warm?", system=f"It is {now}. This is run {run}.\nAlways be kind.", **settings)


STARTED = run_of("10483ace-1b2c-4d5e-8f90-aabbccddeeff", "2026-11-01T12:00:03Z", temperature=0.0)
AGAIN = run_of("2c04fd7b-0a1b-4c2d-9e3f-112233445566", "2026-11-02T12:00:05Z", temperature=0.0)


def test_what_rules_forgive_is_counted_and_not_told() -> None:
    """A fresh id and the time of day stand in one closing line; what somebody changed stands alone."""
    recorded = episode(exchange(STARTED), span=Span(NOON, NOON + 9))
    live = request(
        {**AGAIN, "temperature": 0.2, "system": AGAIN["system"].replace("Always", "Never")},
    )
    account = account_of(recorded, live, Missing(), (), forgiving(recorded))
    assert [
        '  turn 1, system prompt: "Always" → "Never" (in "… be kind.")',
        "  temperature 0.0 → 0.2",
        "  also differ, as rules allow: 1 time and 1 id",
    ] == account.text.split("\n")[2:-2]
    assert ["turn 1, system prompt", "temperature"] == [place["place"] for place in places(account)]


def test_a_place_that_differs_in_ids_alone_is_no_place() -> None:
    """With everything forgiven in the prompt, the temperature is all that is told."""
    recorded = episode(exchange(STARTED), span=Span(NOON, NOON + 9))
    account = account_of(recorded, request({**AGAIN, "temperature": 0.2}), Missing(), (), forgiving(recorded))
    assert ["  temperature 0.0 → 0.2", "  also differ, as rules allow: 1 time and 1 id"] == account.text.split("\n")[
        2:-2
    ]


def test_another_day_is_told() -> None:
    """A date that was not the recorded run's own is a change like any other."""
    recorded = episode(exchange(question("Fly on 24 December 2026", temperature=0)), span=Span(NOON, NOON + 9))
    live = request(question("Fly on 25 December 2026", temperature=1))
    text = account_of(recorded, live, Missing(), (), forgiving(recorded)).text
    assert '  turn 1, user message: "24" → "25" (in "Fly on … December 2026")' in text.split("\n")
    assert "as rules allow" not in text


def test_where_nothing_else_differs_it_is_said_why_that_is_not_the_same() -> None:
    """What rules would forgive is the very thing then, with the reason; or the step was served already."""
    recorded = episode(exchange(STARTED), span=Span(NOON, NOON + 9))
    told = account_of(recorded, request(AGAIN), Missing(why="the clock stood still"), (), forgiving(recorded)).text
    assert '"10483ace-1b2c-4d5e-8f90-aabbccddeeff" → "2c04fd7b-0a1b-4c2d-9e3f-112233445566"' in told
    assert "  no rule makes them the same: the clock stood still" in told.split("\n")
    served = account_of(recorded, request(AGAIN), Missing(), {0}, forgiving(recorded)).text
    assert "it was served already: this is one request more than recorded" in served


def test_a_call_of_a_function_forgives_the_same() -> None:
    """Fresh ids in a function's arguments are counted, too."""
    call = ToolCall("book", b'{"run": "10483ace-1b2c-4d5e-8f90-aabbccddeeff", "seat": 1}', b"1")
    recorded = episode(call)
    live = b'{"run": "2c04fd7b-0a1b-4c2d-9e3f-112233445566", "seat": 2}'
    text = tool_account(recorded, "book", live, forgiving(recorded)).split("\n")
    assert ["  tool call book.seat 1 → 2", "  also differ, as rules allow: 1 id"] == text[2:-2]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("rd.py", 'if this change is meant:  run rd.py again with replaykit.record("support")'),
        ("", 'if this change is meant:  run the program again with replaykit.record("support")'),
    ],
)
def test_an_episode_of_a_block_is_recorded_by_running_its_program(program: str, expected: str) -> None:
    """There is no command to run again, so none is named."""
    recorded = replace(RECORDED, origin=Origin(program=program))
    text = account_of(recorded, request(question("Where?")), Missing()).text
    assert [expected, "and to see what it does:  replaykit diff support"] == text.split("\n")[-2:]


def test_hosts_are_named_where_there_are_several() -> None:
    """With one host, operation and model say more; with two, each says where."""
    gateway = exchange(TURN_2, url="https://gateway.example/v1/messages")
    two = episode(*RECORDED.steps, gateway)
    assert "not recorded: turn 1 of support (anthropic messages, claude-x)" == lines(question("Where?"))[0]
    assert (
        "not recorded: turn 1 of support (anthropic messages, claude-x, at api.anthropic.com)"
        == (lines(question("Where?"), two)[0])
    )
    ports = [exchange(TURN_2, url=f"http://127.0.0.1:{port}/v1/messages") for port in (40_001, 40_002)]
    live = request(question("Where?"), "http://127.0.0.1:40003/v1/messages")
    assert "not recorded: turn 1 of support (anthropic messages, claude-x)" == lines(live, episode(*ports))[0]


@pytest.mark.parametrize("size", [3 << 20, 12 << 20])
def test_a_large_body_is_told_by_its_first_difference(size: int) -> None:
    """Bodies beyond 2 MB are not taken apart: where the first difference is that rules do not forgive, in no time."""
    rows = "x" * size
    before, after = (
        printed({"run": run, "rows": rows, "end": end})
        for run, end in (
            ("10483ace-1b2c-4d5e-8f90-aabbccddeeff", "always"),
            ("2c04fd7b-0a1b-4c2d-9e3f-112233445566", "never"),
        )
    )
    recorded = episode(*(exchange(before, url="https://a.example/", began=began) for began in range(4)))
    began = time.perf_counter()
    text = account_of(recorded, request(after, "https://a.example/"), Missing(), (), forgiving(recorded)).text
    assert 1.0 > time.perf_counter() - began
    assert f"different from byte {after.index(b'never'):,} on" in text
    assert "  also differ, as rules allow: 1 id" in text.split("\n")


def test_another_host_for_the_same_path_is_near() -> None:
    """A gateway or another port is named as what differs, not as something unknown."""
    live = request(TURN_2, "http://127.0.0.1:8000/v1/messages")
    assert '  host: "api.anthropic.com" → "127.0.0.1:8000"' in lines(live)


def test_a_host_nobody_recorded_is_told_with_those_that_were() -> None:
    """Where nothing is near, the account says what was recorded."""
    live = request(b"", "https://api.other.example/x", "GET")
    assert "nothing was recorded of api.other.example; recorded: api.anthropic.com (2 requests)" in lines(live)
    assert "support holds no requests at all" in lines(live, episode())


def test_bodies_that_are_no_json_are_told_by_size_and_place() -> None:
    """Sizes, digests and where they begin to differ; a form by its fields."""
    recorded = episode(exchange(b"\x00\x01binary body", url="https://files.example/put", method="PUT"))
    (said,) = lines(request(b"\x00\x01binary bodies", "https://files.example/put", "PUT"), recorded)[2:-2]
    assert said.startswith("  request body: 13 bytes (")
    assert "different from byte 12 on" in said
    form = (("content-type", "application/x-www-form-urlencoded"),)
    asked = replace(request(b"grant=code&code=1", "https://auth.example/token"), headers=form)
    live = replace(asked, body=Body.of(b"grant=code&code=2"))
    assert '  form field code: "1" → "2"' in lines(live, episode(replace(exchange(b""), request=asked)))


def test_numbers_that_parsers_cannot_tell_apart_are_told() -> None:
    """1.0 and 1.00 are different requests, and the account does not say that nothing differs."""
    recorded = episode(exchange(b'{"x": 1.0}', url="https://a.example/"))
    assert any("different from byte" in text for text in lines(request(b'{"x": 1.00}', "https://a.example/"), recorded))


def test_white_space_in_json_is_no_difference() -> None:
    """The same document, spelled otherwise, differs in nothing that counts."""
    recorded = episode(exchange(b'{"x": 1.0, "y": 2}', url="https://a.example/"))
    assert 4 == len(lines(request(b'{"y":2,"x":1.0}', "https://a.example/"), recorded))


def test_a_model_that_the_url_names_has_turns() -> None:
    """Where a gateway keeps the model out of the body, turns are still counted."""
    document = {key: value for key, value in TURN_2.items() if key != "model"}
    assert lines(document)[0].startswith("not recorded: turn 2 of support")


def test_ids_that_rules_fold_are_told_only_when_nothing_else_differs() -> None:
    """Fresh ids are no news beside a changed prompt; alone they are the very thing, with the reason."""
    recorded = Agent(seed="aB").episode(name="support")
    live = Agent(seed="cD").episode().exchanges[2].request
    alone = account_of(recorded, live, Missing(why="toolu_1 came from an answer"))
    assert 4 == len(places(alone))
    assert "  no rule makes them the same: toolu_1 came from an answer" in alone.text.split("\n")
    prompted = Agent(seed="cD", system="You must never answer politely.").episode().exchanges[2].request
    assert 1 == len(places(account_of(recorded, prompted, Missing())))


def test_the_step_that_was_meant_is_nearest() -> None:
    """Of many turns that repeat each other, the one with the fewest differences is named."""
    recorded = Agent(cities=tuple(f"City {index}" for index in range(12))).episode(name="support")
    agent = Agent(cities=tuple(f"City {index}" for index in range(12)), system="You must never answer politely.")
    live = agent.episode().exchanges[7].request
    assert "nearest: step 15" in lines(live, recorded)


def test_steps_not_yet_served_come_first() -> None:
    """What was served already is only named when nothing else is left, and then as such."""
    recorded = episode(exchange(question("one")), exchange(question("two")))
    assert "nearest: step 2, not served yet" in lines(question("one!"), recorded, served={0})
    assert "nearest: step 1, already served" in lines(question("one!"), recorded, served={0, 1})


def test_equal_requests_that_are_all_served_are_told_as_such() -> None:
    """One request more than recorded is a matter of retries and loops, not of what it says."""
    recorded = episode(*(exchange(question("again"), began=began) for began in range(3)))
    account = account_of(recorded, recorded.exchanges[0].request, Missing(served=(0, 1, 2)))
    assert "asked for once more than recorded: 3 recorded (steps 1, 2 and 3), all served already" in account.text
    assert ("repeated", [1, 2, 3]) == (account.detail["case"], account.detail["steps"])


def test_an_ambiguous_request_names_the_steps_and_what_varies() -> None:
    """Which steps could answer, what tells them apart, and the remedy."""
    recorded = episode(exchange(question("job 7")), exchange(question("job 8")))
    account = account_of(recorded, request(question("job 9")), Ambiguous((0, 1)))
    assert "ambiguous: steps 1 and 2 could answer it" in account.text
    assert '  turn 1, user message: "7" → "8" (in "job …")' in account.text.split("\n")
    assert "[tool.replaykit] rules" in account.text


def test_a_request_of_another_holder_is_told_what_decides() -> None:
    """Where credentials decided between equal requests, rules have nothing to do with it, and are not advised."""
    alike = exchange(question("me"))
    holders = [((name, f"Bearer [REDACTED:{name}]"),) for name in ("ALICE", "BOB")]
    recorded = episode(*(replace(alike, request=replace(alike.request, headers=each)) for each in holders))
    text = account_of(recorded, alike.request, Ambiguous((0, 1))).text
    assert "ambiguous: steps 1 and 2 could answer it: they carried different credentials" in text
    assert "rules" not in text


def test_retries_are_no_steps_of_their_own() -> None:
    """Steps are counted as people count them: an SDK's second attempt has the number of the first."""
    first = exchange(question("one"))
    recorded = episode(first, replace(first, attempt=1), exchange(question("two")))
    assert "nearest: step 2" in lines(question("two!"), recorded)


def test_many_places_are_cut_short() -> None:
    """At most ten places are told, and how many there are besides."""
    recorded = episode(exchange({f"field{index}": index for index in range(24)}, url="https://a.example/"))
    live = request({f"field{index}": index + 1 for index in range(24)}, "https://a.example/")
    account = account_of(recorded, live, Missing())
    assert "  and 14 more" in account.text.split("\n")
    assert (MOST, 14) == (len(places(account)), account.detail["more"])


def test_nothing_recorded_reaches_the_terminal() -> None:
    """Escapes in names, URLs, texts and field names come out as text."""
    evil = "\x1b[2J\u202e"
    recorded = episode(exchange({evil: "a"}, url=f"https://a.example/{evil}"), name=f"support{evil}")
    text = account_of(recorded, request({evil: "b" + evil}, f"https://a.example/{evil}"), Missing()).text
    assert [] == [character for character in text if not character.isprintable() and character != "\n"]


def test_programs_get_the_places_as_values() -> None:
    """The detail holds the request, the nearest step and each place with both values."""
    detail = account_of(RECORDED, changed(lambda document: document.update(temperature=0.2)), Missing()).detail
    assert {"case": "different", "method": "POST", "turn": 2, "step": 2} == {
        key: detail[key] for key in ("case", "method", "turn", "step")
    }
    assert [{"place": "temperature", "kind": "changed", "before": 0, "after": 0.2}] == detail["places"]


def test_few_bodies_are_read_whatever_the_episode() -> None:
    """Of two thousand long requests a handful is read, and the explanation is still the right one."""
    read: list[int] = []

    def kept(number: int) -> Request:
        body = Body.of(printed(question("lorem " * 100 * (1 + number % 50), number=number)))

        def data() -> bytes:
            read.append(number)
            return body.data

        return replace(request(b""), body=Body(body.digest, body.size, data))

    recorded = episode(*(replace(exchange(b""), request=kept(number), began=number) for number in range(2_000)))
    assert any(text.startswith("nearest: step") for text in lines(question("lorem " * 1_000, number=-1), recorded))
    assert COMPARED <= len(read) <= FIRST + SIZED


def test_documents_beyond_reason_are_told_as_bytes() -> None:
    """Nesting that no parser follows does not break the account."""
    deep = b"[" * 100_000 + b"]" * 100_000
    recorded = episode(exchange(deep, url="https://a.example/"))
    assert any("request body" in text for text in lines(request(deep + b" ", "https://a.example/"), recorded))
    half = b"[" * 900 + b"1" + b"]" * 900
    recorded = episode(exchange(half, url="https://a.example/"))
    live = request(half.replace(b"1", b"2"), "https://a.example/")
    assert any("different from byte 900" in text or "1 → 2" in text for text in lines(live, recorded))


TOOLS = episode(
    ToolCall("get_weather", b'{"city": "Paris", "units": "C"}', b'"22"'), ToolCall("book", b'{"seat": 1}', b"null")
)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("get_weather", b'{"city":"Oslo","units":"C"}', '  tool call get_weather.city: "Paris" → "Oslo"'),
        ("get_weather", b'{"city":"Paris"}', '  tool call get_weather.units removed: "C"'),
        (
            "get_weather",
            b'{"units":"C","city":"Paris"}',
            "asked for once more than recorded: 1 recorded (step 1), and served already",
        ),
        ("forget", b"{}", "no call of forget was recorded; recorded tools: get_weather and book"),
    ],
)
def test_a_call_that_was_not_recorded_is_told(name: str, arguments: bytes, expected: str) -> None:
    """A local function's call is explained like a request."""
    text = tool_account(TOOLS, name, arguments).split("\n")
    assert text[0].startswith(f"not recorded in support: tool call {name}")
    assert expected in text
    assert REMEDY == text[-2:]


def test_reading_on_is_told() -> None:
    """A program that reads beyond the place where the recorded one left hears what was recorded."""
    left = replace(exchange(question("one"), b"data: one\n\n", began=3), left=True)
    text = left_early(episode(exchange(question("zero")), left), left)
    assert text.startswith("not recorded: the rest of step 2 of support: turn 1 (anthropic messages, claude-x)")
    assert "stopped reading this answer after 1 chunk (11 bytes)" in text
