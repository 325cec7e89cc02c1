"""Rules may not hide meaning: what looks random, or like now, and still says what is wanted."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.core.match import Found
from replaykit.core.model import Body, Exchange, Origin, Response, Span
from replaykit.core.normalize import Bindings, Conflict, Facts, Paired, Rules, fold, pair
from replaykit.core.replay import Serve
from tests.core.test_match import MORE, NOW, ONE, OTHER, THEN, TWO, URL, Run, ask, step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replaykit.core.model import Headers

HOUR = 3600
SSE: Headers = (("Content-Type", "text/event-stream"),)


def streamed(pieces: Iterable[dict[str, Any]]) -> bytes:
    """A stream of server-sent events."""
    return b"".join(b"data: " + json.dumps(piece).encode() + b"\n\n" for piece in pieces)


def deltas(text: str, size: int = 5) -> bytes:
    """A tool's arguments in pieces, as a model streams them."""
    return streamed(
        {"type": "content_block_delta", "index": 1, "delta": {"partial_json": text[at : at + size]}}
        for at in range(0, len(text), size)
    )


def choices(text: str, size: int = 3) -> bytes:
    """A tool's arguments in pieces, the first with the call's id, as another wire streams them."""
    first = {"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "call_a", "function": {"arguments": ""}}]}}]}
    return streamed(
        [
            first,
            *(
                {
                    "choices": [
                        {"delta": {"tool_calls": [{"index": 0, "function": {"arguments": text[at : at + size]}}]}}
                    ]
                }
                for at in range(0, len(text), size)
            ),
        ]
    )


def told(body: object, data: bytes = b"", headers: Headers = SSE, **options: Any) -> Exchange:
    """A recorded exchange with this answer."""
    return Exchange(ask(body, **options), Response(200, headers, Body.of(data), (len(data),), (1,)))


ARGUMENTS = (
    ("pay GB29NWBK60161331926819", "pay GB94BARC10201530093459"),
    ("pay BE68539007547034", "pay BE71096123456769"),
    ("pay AD1200012030200359100100", "pay AD1400080001001234567890"),
    ("pay 0x52908400098527886E0F7030069857D2E4169EE7", "pay 0x8617E340B3D01FA5F11F306F4090FD50E238070D"),
    ("pay 1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "pay 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("deploy 4b825dc642cb6eb9a060e54bf8d69288fbee4904", "deploy 9c5a7d2f60e11b3c4d5e6f708192a3b4c5d6e7f8"),
    ("pull app@sha256:" + "3f" * 32, "pull app@sha256:" + "4e" * 32),
    ("pull app@sha256:3f4e5d6c7b8a9f0e", "pull app@sha256:4e5d6c7b8a9f0e3f"),
    ("check md5:9f86d081884c7d659a2feaa0c55ad015", "check md5:1a86d081884c7d659a2feaa0c55ad015"),
    ("terminate i-0abc12def34567890", "terminate i-0fed12cba34567890"),
    ("call 0x5f3759df5f3759df", "call 0x1a2b3c4d5e6f7a8b"),
    ("register 1HGCM82633A004352", "register 2HGCM82633A004352"),
    ("activate A1B2C3D4E5F6G7H8I9J0K1L2M3", "activate Z1B2C3D4E5F6G7H8I9J0K1L2M3"),
    ("activate A1B2C3D4E5F6G7H8J9K0M1N2P3", "activate Z1B2C3D4E5F6G7H8J9K0M1N2P3"),
    ("exec ZWNobyBoaSB0aGVyZQ", "exec cm0gLXJmIC9ob21lMQ"),
    ("exec q7+9f86d081884c7d65/b1==", "exec q7+1a86d081884c7d65/b1=="),
    ("open 550e8400-e29b-91d4-a716-446655440000", "open 650e8400-e29b-91d4-a716-446655440000"),
    ("open 550e8400-e29b-41d4-c716-446655440000", "open 650e8400-e29b-41d4-c716-446655440000"),
    ("send ord_V1StGXR8Z5jdHi6BmyT1", "send ord_W1StGXR8Z5jdHi6BmyT1"),
)


@pytest.mark.parametrize(("recorded", "live"), ARGUMENTS)
def test_what_people_use_as_an_argument_is_no_id(recorded: str, live: str) -> None:
    """Accounts, wallets, commits, digests, machines, keys and commands match only themselves."""
    assert Run((step({"do": recorded}),)).asks({"do": live}) == "missing"


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        ("4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"),
        ("507f1f77bcf86cd799439011", "65a1b2c3d4e5f60718293a4b"),
        ("00f067aa0ba902b7", "b7ad6b7169203331"),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01BX5ZZKBKACTAV9WEVGEMMVRZ"),
        ("msg_01XFDUDYJgAACzvnptvVoYEL", "msg_01EhbVDCJYYkcZoPUpYaFyyA"),
        ("chatcmpl-AbCdEf123456gHiJkL789", "chatcmpl-ZyXwVu987654tSrQpO321"),
        ("resp_67ccd2bed1ec8190b14f964abc054267", "resp_a7ccd2bed1ec8190b14f964abc054268"),
        ("018f3a5c-7e2b-7c3d-9a1b-2c3d4e5f6a7b", "018f3a5d-1f2e-7a4b-8c5d-6e7f8a9b0c1d"),
    ],
)
def test_what_programs_draw_for_each_run_is_an_id(recorded: str, live: str) -> None:
    """Traces, spans, documents, ULIDs, UUIDs and the ids of model services may differ."""
    assert Run((step({"id": recorded}),)).asks({"id": live}) == 0


@pytest.mark.parametrize(
    "origin",
    [
        Origin(command=("python", "agent.py", "--job", ONE)),
        Origin(command=("python", "agent.py", f"--job={ONE.upper()}")),
        Origin(command=("python", "agent.py", ONE.replace("-", ""))),
        Origin(stdin=f"cancel {ONE}\n".encode()),
        Origin(environment={"JOB": ONE}),
    ],
    ids=["argument", "capitals", "no dashes", "stdin", "environment"],
)
def test_an_id_that_the_run_was_started_with_is_an_argument(origin: Origin) -> None:
    """Neither may another stand for it, nor may it stand for another."""
    assert [0, "missing"] == [Run((step({"job": ONE}),), origin=origin).asks({"job": each}) for each in (ONE, OTHER)]
    assert Run((step({"job": TWO}),), origin=origin).asks({"job": ONE}) == "missing"
    assert Run((step({"job": TWO}),), origin=origin).asks({"job": OTHER}) == 0


ANSWERS = (
    pytest.param(told("create", b"", (("Location", f"/jobs/{ONE}"),)), id="a header"),
    pytest.param(told("create", deltas(f'{{"job":"{ONE}"}}')), id="deltas"),
    pytest.param(told("create", choices(f'{{"job":"{ONE}"}}')), id="deltas behind another shape"),
)


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_id_that_any_part_of_an_answer_gave_comes_back_as_it_was_given(answer: Exchange) -> None:
    """An id in a header, or spread over the pieces of a stream, was given by the server like any other."""
    run = Run((answer, step({"job": ONE}, "done"), step({"job": ONE}, "again")))
    assert [0, "missing", 1] == [run.asks("create"), run.asks({"job": OTHER}), run.asks({"job": ONE})]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_id_that_any_part_of_an_answer_holds_stands_for_no_other(answer: Exchange) -> None:
    """A live id that the recording knows, wherever from, means what it means there."""
    assert Run((answer, step({"job": TWO}))).asks({"job": ONE}) == "missing"


@pytest.mark.parametrize("pieces", [deltas, choices])
def test_a_stream_names_ids_as_the_caller_knows_them(pieces: Any) -> None:
    """What was streamed back in pieces is the live id, so that the history made of it is found again."""
    echo = told({"job": ONE}, pieces(f'{{"job":"{ONE}"}}'))
    run = Run((echo, step({"job": ONE, "history": f"I take {ONE}"})))
    found = run.index.search(ask({"job": OTHER}), run)
    assert isinstance(found, Found)
    data, lengths = Serve(echo, found.bindings, rules=run.index.rules).content()
    assert (pieces(f'{{"job":"{OTHER}"}}'), (len(data),)) == (data, lengths)
    assert run.asks({"job": OTHER, "history": f"I take {OTHER}"}) == 1


def test_a_redirect_leads_to_where_the_caller_knows_it() -> None:
    """A header names the live id; what holds none stays as it was."""
    moved = told({"job": ONE}, b"", (("Location", f"/jobs/{ONE}/"), ("Server", "x")))
    run = Run((moved,))
    found = run.index.search(ask({"job": OTHER}), run)
    assert isinstance(found, Found)
    assert (("Location", f"/jobs/{OTHER}/"), ("Server", "x")) == Serve(moved, found.bindings).headers()


def test_two_ports_of_the_recording_are_not_swapped() -> None:
    """A port that stands in the recording is that server, and no other."""
    first, second = (step({"stop": f"http://localhost:{port}"}, port) for port in (40001, 40002))
    assert Run((first, second)).asks({"stop": "http://localhost:40003"}) == "ambiguous"
    assert [1, 0] == [
        run.asks({"stop": f"http://localhost:{port}"}) for run in [Run((first, second))] for port in (40002, 40001)
    ]
    swapped = Run((step({"from": "http://localhost:40001"}), step({"to": "http://localhost:40002"})))
    assert swapped.asks({"from": "http://localhost:40002"}) == "missing"


@pytest.mark.parametrize(("recorded", "live"), [(5432, 3306), (5432, 40001), (40001, 3306), (32767, 40001)])
def test_a_port_that_somebody_chose_is_another_service(recorded: int, live: int) -> None:
    """Below those that systems draw, a port says what runs there."""
    run = Run((step({"stop": f"http://localhost:{recorded}"}),))
    assert run.asks({"stop": f"http://localhost:{live}"}) == "missing"


def test_the_lowest_port_that_systems_draw_may_differ() -> None:
    """32768 is drawn for whoever asks for any."""
    assert Run((step("http://localhost:32768/"),)).asks("http://localhost:61000/") == 0


LONG = Span(began=1_795_168_800.0, ended=1_795_168_800.0 + 8 * HOUR)
"""2026-11-20T10:00:00Z, and a working day."""
LATER = Span(began=LONG.began + 26 * HOUR, ended=LONG.began + 26 * HOUR + 8 * HOUR)


def clocks(recorded: str, live: str, moment: float, present: float) -> bool:
    """Whether two texts pair, said at these hours of the two runs."""
    rules = Rules.of(LONG, LATER)
    facts = Facts(LONG, replace(LATER, ended=LATER.began + present * HOUR), moment=LONG.began + moment * HOUR)
    one, other = (fold(text.encode(), rules) for text in (recorded, live))
    assert one.skeleton == other.skeleton
    return isinstance(pair(one.tokens, other.tokens, Bindings(), facts), Paired)


@pytest.mark.parametrize(
    ("expected", "recorded", "live", "moment", "present"),
    [
        (False, "alarm 11:30", "alarm 17:45", 7.9, 7.9),
        (False, "ratio 13:00", "ratio 14:00", 7.9, 7.9),
        (False, "at 2026-11-20T11:30:00Z", "at 2026-11-21T17:45:00Z", 7.9, 7.9),
        (False, "alarm 11:30", "alarm 13:30", 1.5, 7.9),
        (False, "alarm 11:30", "alarm 13:30", 7.9, 1.5),
        (True, "it is 11:30", "it is 13:30", 1.5, 1.5),
        (True, "it is 11:27", "it is 13:33", 1.5, 1.55),
        (False, "it is 11:20", "it is 13:30", 1.5, 1.5),
        (True, "begun at 10:01", "begun at 12:02", 7.9, 7.9),
        (True, "at 2026-11-20T10:00:10Z", "at 2026-11-21T12:00:00Z", 7.9, 7.9),
    ],
)
def test_now_is_near_the_step_that_says_it_or_the_begin(
    expected: bool,  # noqa: FBT001 - a row of the table
    recorded: str,
    live: str,
    moment: float,
    present: float,
) -> None:
    """In a run of hours a clock time is now for five minutes, and not for as long as the run takes."""
    assert expected == clocks(recorded, live, moment, present)


def test_each_step_has_a_now_of_its_own() -> None:
    """What a step says late in a long run is measured by when it began."""
    late = replace(step("it is 17:30"), began=int(7.5 * HOUR * 1e9))
    for said, expected in (("it is 19:30", 0), ("it is 15:00", "missing")):
        run = Run((late,), span=LONG, live=replace(LATER, ended=LATER.began + 7.5 * HOUR))
        assert expected == run.asks(said)
    early = Run((replace(late, began=0),), span=LONG, live=replace(LATER, ended=LATER.began + 7.5 * HOUR))
    assert early.asks("it is 19:30") == "missing"


def today(recorded: str, live: str, bindings: Bindings | None = None, facts: Facts | None = None) -> Paired | Conflict:
    """Two texts paired, of runs over midnight."""
    one, other = (
        Span(began=1_795_219_000.0 + day * 24 * HOUR, ended=1_795_219_000.0 + (day + 1) * 24 * HOUR) for day in (0, 3)
    )  # 2026-11-20 and 21; 2026-11-23 and 24
    texts = [fold(text.encode()) for text in (recorded, live)]
    return pair(texts[0].tokens, texts[1].tokens, bindings or Bindings(), facts or Facts(one, other))


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        ("from 2026-11-20 to 2026-11-20", "from 2026-11-23 to 2026-11-24"),
        ("from 2026-11-20 to 2026-11-21", "from 2026-11-23 to 2026-11-23"),
        ("from 2026-11-20 to 2026-11-20", "from 2026-11-20 to 2026-11-23"),
        ("from 2026-11-20T23:59:59Z to 2026-11-20T23:59:59Z", "from 2026-11-23T23:59:58Z to 2026-11-23T23:59:59Z"),
    ],
)
def test_a_day_stands_for_one_day(recorded: str, live: str) -> None:
    """A span of one day does not become one of two, nor the other way round, though each day is today."""
    assert isinstance(today(recorded, live), Conflict)


def test_a_day_stands_for_one_day_in_the_whole_run() -> None:
    """What one request has bound holds for the next, also when it stayed as it was."""
    for first in ("2026-11-23", "2026-11-20"):
        bound = today("on 2026-11-20", f"on {first}")
        assert isinstance(bound, Paired)
        assert isinstance(today("by 2026-11-20", "by 2026-11-24", bound.bindings), Conflict)
        assert isinstance(today("by 2026-11-20", f"by {first}", bound.bindings), Paired)


def test_days_in_answers_stay_while_today_moves_on() -> None:
    """The history repeats answers of the recorded day beside the day that it is now: that is no conflict."""
    weather = step({"ask": "weather"}, {"day": "2026-12-24", "sky": "clear"})
    run = Run(
        (weather, step({"today": "2026-12-24", "history": []}), step({"today": "2026-12-24", "saw": "2026-12-24"}))
    )
    assert [0, 1, 2] == [
        run.asks({"ask": "weather"}),
        run.asks({"today": "2026-12-25", "history": []}),
        run.asks({"today": "2026-12-25", "saw": "2026-12-24"}),
    ]


def test_a_clock_may_show_one_time_to_several_requests() -> None:
    """A replay is faster than what it replays: three recorded minutes are one now, and one may be two."""
    stamps = [f"2026-12-24T00:00:{second:02}Z" for second in (1, 7, 7)]
    live = [f"2026-12-25T00:00:{second:02}Z" for second in (1, 1, 2)]
    run = Run(tuple(step({"at": stamps[: turn + 1]}, turn) for turn in range(3)))
    assert [0, 1, 2] == [run.asks({"at": live[: turn + 1]}) for turn in range(3)]


@pytest.mark.parametrize(
    ("recorded", "live", "expected"),
    [
        ("report-2025a1", "report-2026q4", "missing"),
        ("report-november", "report-december", "missing"),
        ("report-20251120", "report-20261231", "missing"),
        ("backup24", "backup25", "missing"),
        ("run-report24", "run-report25", "missing"),
        ("run-2025abcd", "run-2026abcd", "missing"),
        ("run-q42025v2", "run-q12026v1", "missing"),
        ("job-1234567", "job-7654321", "missing"),
        ("tmpk3v9q2_x", "tmpa8b7c6d5", 0),
        ("agent-k3v9q2ab", "agent-x1y2z3w4", 0),
        ("tmp.aB3dE5gH1k", "tmp.Zy9xW8vU7t", 0),
        ("agent.aB3dE5gH1k", "agent.Zy9xW8vU7t", 0),
        ("pytest-of-ada/pytest-12", "pytest-of-bob/pytest-7", 0),
    ],
)
def test_a_name_below_temp_differs_when_it_was_drawn_by_lot(recorded: str, live: str, expected: int | str) -> None:
    """The names of tempfile, mktemp and pytest may differ; a chosen word, a year or a number may not."""
    run = Run((step({"rm": f"{THEN.temp}/{recorded}/x"}),))
    assert expected == run.asks({"rm": f"{NOW.temp}/{live}/x"})


def test_a_temp_name_of_the_recording_means_only_itself() -> None:
    """Two drawn names that both stand in the recording are not swapped."""
    names = ("tmpk3v9q2_x", "tmpa8b7c6d5")
    run = Run((step({"rm": f"/scratch/a/{names[0]}"}), step({"keep": f"/scratch/a/{names[1]}"})))
    assert run.asks({"rm": f"/scratch/b/{names[1]}"}) == "missing"


def test_the_number_of_a_pytest_folder_is_no_argument() -> None:
    """`12` stands in many a command; the folder of that number may still be another one."""
    run = Run((step({"rm": f"{THEN.temp}/pytest-of-ada/pytest-12/x"}),), origin=Origin(command=("agent", "12")))
    assert run.asks({"rm": f"{NOW.temp}/pytest-of-ada/pytest-7/x"}) == 0


def test_every_changed_id_is_named() -> None:
    """A verdict can list what was folded, for each request and each of its ids."""
    run = Run((step({"a": ONE, "b": TWO}, url=f"{URL}/{ONE}"),))
    assert run.asks({"a": OTHER, "b": MORE}, url=f"{URL}/{OTHER}") == 0
    assert {"id": [(ONE, OTHER), (TWO, MORE)]} == run.details[0]["rules"]
