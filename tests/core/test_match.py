"""Which recorded step answers what is asked: a table of what is served, and the collisions that never are."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.match import Ambiguous, Found, Index, Learnt, Missing, tool_request
from replaykit.core.model import Body, Episode, Exchange, Origin, Request, Response, Span, ToolCall
from replaykit.core.normalize import declare
from replaykit.core.redact import Redactor, Secret
from replaykit.providers.registry import declared, tells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replaykit.core.match import Grant
    from replaykit.core.model import Headers, Step
    from replaykit.core.normalize import Bound, Rule

URL = "https://api.example.com/v1/agent"
THEN = Span(began=1_798_070_400.0, ended=1_798_070_460.0, home="/home/ada", folder="/home/ada/agent", temp="/scratch/a")
"""2026-12-24T00:00:00Z, and a minute."""
NOW = Span(began=1_798_156_800.0, ended=1_798_156_860.0, home="/home/bob", folder="/home/bob/work", temp="/scratch/b")
"""A day later."""
ONE, TWO = "0b1f6d1e-7c55-4a50-9a52-3ad1a1d0a001", "1c2f6d1e-7c55-4a50-9a52-3ad1a1d0a002"
OTHER, MORE = "9d8e6d1e-7c55-4a50-9a52-3ad1a1d0a009", "8d8e6d1e-7c55-4a50-9a52-3ad1a1d0a008"


def ask(body: object, url: str = URL, method: str = "POST", headers: Headers = ()) -> Request:
    """A request with a JSON body, or with the bytes that are given."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(method, url, headers, Body.of(data))


def step(body: object, answer: object = "fine", **options: Any) -> Exchange:
    """A recorded exchange."""
    data = json.dumps(answer).encode()
    return Exchange(ask(body, **options), Response(200, (), Body.of(data), (len(data),), (1,)))


@dataclass
class Run:
    """A live run against an episode; `details` are what was noted of each step that was served, `bound` the pairs."""

    steps: tuple[Step, ...]
    extra: tuple[Rule, ...] = ()
    details: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)
    span: Span = THEN
    live: Span = NOW
    bound: list[Bound] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the episode."""
        episode = Episode("episode_abc123", "story", span=self.span, steps=self.steps, origin=self.origin)
        redactor = Redactor((Secret("TENANT", "correct-horse-17-battery"),))
        self.index = Index(
            episode,
            lambda: self.live,
            self.extra,
            declared,
            tells=tells,
            hide=lambda headers: redactor.headers(headers)[0],
        )

    def claim(self, position: int, detail: Mapping[str, Any], bound: Sequence[Bound] = ()) -> Grant:
        """Grant each step once."""
        if position in self.details:
            return "taken"
        self.details[position] = detail
        self.bound += bound
        return "ours"

    def learn(self) -> Learnt:
        """Nothing: there is one process."""
        return Learnt()

    def asks(self, body: object, **options: Any) -> int | str:
        """The position of the step that is served, else `ambiguous` or `missing`."""
        match self.index.search(ask(body, **options), self):
            case Found(position=position):
                return position
            case Ambiguous():
                return "ambiguous"
            case Missing():
                return "missing"


def test_equal_requests_are_served_in_recorded_order_once_each() -> None:
    """Three equal requests get the three recorded answers in turn, and a fourth is a miss."""
    run = Run((step("a", 1), step("a", 2), step("a", 3)))
    assert [0, 1, 2, "missing"] == [run.asks("a") for _ in range(4)]


def test_different_requests_are_served_in_any_order() -> None:
    """What was gathered comes back each with its own answer, whoever asks first."""
    run = Run(tuple(step(number) for number in range(5)))
    assert [4, 0, 2, 1, 3] == [run.asks(number) for number in (4, 0, 2, 1, 3)]


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        ({"q": "fly on 24 December 2026"}, {"q": "fly on 25 December 2027"}),
        ({"q": "fly on 2026-12-28"}, {"q": "fly on 2026-12-29"}),
        ({"do": "say Paris"}, {"do": "DELETE everything"}),
        ({"n": 12345678901234567890123}, {"n": 12345678901234567890124}),
        ({"t": 0}, {"t": 0.2}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        (b"not json ", b"not json"),
        ({"path": "/home/eve/agent/x"}, {"path": "/home/mallory/work/x"}),
    ],
    ids=str,
)
def test_what_means_something_else_is_never_served(recorded: object, live: object) -> None:
    """A request that differs in meaning is a miss, however little it differs."""
    assert Run((step(recorded),)).asks(live) == "missing"


@pytest.mark.parametrize(
    ("recorded", "live", "kinds"),
    [
        ({"id": ONE}, {"id": OTHER}, {"id"}),
        ({"at": "2026-12-24T00:00:30Z"}, {"at": "2026-12-25T00:00:10Z"}, {"time"}),
        ({"today": "Thursday, December 24, 2026"}, {"today": "Friday, December 25, 2026"}, {"date"}),
        ({"cwd": "/home/ada/agent"}, {"cwd": "/home/bob/work"}, {"folder"}),
        ({"to": "http://127.0.0.1:50001/x"}, {"to": "http://127.0.0.1:60002/x"}, {"port"}),
    ],
    ids=str,
)
def test_what_only_varies_is_served_and_says_by_which_rule(recorded: object, live: object, kinds: set[str]) -> None:
    """Ids, now, here and local ports may differ, and the rules that were used are noted."""
    run = Run((step(recorded),))
    assert run.asks(live) == 0
    assert kinds == set(run.details[0]["rules"])


@pytest.mark.parametrize(
    "live", [b'{"a": 1, "b": [1.50, "x"]}', b'{"b":[1.50,"x"],"a":1}', b' {"a":1,\n"b":[1.50,"x"]} ']
)
def test_key_order_and_white_space_never_matter(live: bytes) -> None:
    """The same document in another spelling is the same, without any rule."""
    run = Run((step(b'{"a":1,"b":[1.50,"x"]}'),))
    assert run.asks(live) == 0
    assert not run.details[0]


def test_two_jobs_that_differ_by_an_id_keep_their_answers() -> None:
    """Each of two recorded ids is only itself, in whichever order the live run asks."""
    run = Run((step("", "job one", url=f"{URL}/{ONE}"), step("", "job two", url=f"{URL}/{TWO}")))
    assert [1, 0] == [run.asks("", url=f"{URL}/{each}") for each in (TWO, ONE)]


def test_an_id_that_could_stand_for_either_of_two_is_ambiguous() -> None:
    """A fresh id where two recorded ones would do, with different answers, is a miss that says so."""
    run = Run((step("", "job one", url=f"{URL}/{ONE}"), step("", "job two", url=f"{URL}/{TWO}")))
    assert run.asks("", url=f"{URL}/{OTHER}") == "ambiguous"


def test_candidates_that_answer_alike_are_not_ambiguous() -> None:
    """Where all candidates say the same it does not matter which of them answers."""
    run = Run((step({"id": ONE}), step({"id": TWO})))
    assert [0, 1] == [run.asks({"id": each}) for each in (OTHER, MORE)]


def test_an_id_stands_for_one_other_throughout_the_run() -> None:
    """Once a live id stands for a recorded one, it cannot stand for another."""
    run = Run((step({"first": ONE}), step({"second": TWO})))
    assert [0, "missing", 1] == [run.asks({"first": OTHER}), run.asks({"second": OTHER}), run.asks({"second": MORE})]


def test_an_id_that_an_answer_gave_must_come_back_as_it_was_given() -> None:
    """An id made by the server was served verbatim, so a program that sends another one means another thing."""
    run = Run((step("create", {"job": ONE}), step({"job": ONE}, "done")))
    assert [0, "missing"] == [run.asks("create"), run.asks({"job": OTHER})]


def test_an_id_of_the_recording_means_only_itself() -> None:
    """A live id that stands in the recording does not stand in for another."""
    run = Run((step({"job": ONE}), step({"other": TWO})))
    assert run.asks({"job": TWO}) == "missing"


def test_answers_name_ids_as_the_caller_knows_them() -> None:
    """The binding that a match established is handed on, for the answer to be given with it."""
    run = Run((step({"id": ONE}, {"echo": ONE}),))
    found = run.index.search(ask({"id": OTHER}), run)
    assert isinstance(found, Found)
    assert found.bindings is not None
    assert {OTHER.encode()} == set(found.bindings.changes.values())


def test_the_id_of_a_json_rpc_call_does_not_count_and_is_echoed() -> None:
    """A call is found whatever its number, and its answer is to be given with the live number."""
    call = {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "add"}}
    run = Run((step({**call, "id": 3}, {"jsonrpc": "2.0", "id": 3, "result": {}}),))
    found = run.index.search(ask({**call, "id": 7}), run)
    assert isinstance(found, Found)
    assert found.echo is not None
    assert ("/id", b"3", b"7") == (found.echo.pointer, found.echo.recorded, found.echo.live)


def test_a_projects_rule_makes_equal_what_it_declares() -> None:
    """Text that a project declares to vary does not count."""
    run = Run((step({"trace": "t-aaa"}),), (declare("trace", r'"trace": "([^"]*)"', "ignore"),))
    assert run.asks({"trace": "t-bbb"}) == 0


def test_a_changed_api_version_is_noted_and_credentials_are_not() -> None:
    """Headers that tell which API was meant are compared; keys, agents and retries are not."""
    then = (("anthropic-version", "2023-06-01"), ("x-api-key", "one"), ("User-Agent", "sdk/1"))
    now = (("Anthropic-Version", "2026-10-21"), ("authorization", "two"), ("x-stainless-retry-count", "1"))
    run = Run((step("a", headers=then),))
    assert run.asks("a", headers=now) == 0
    assert [("anthropic-version", "2023-06-01", "2026-10-21")] == run.details[0]["differently"]


def test_a_multipart_boundary_tells_nothing() -> None:
    """Two uploads whose boundaries were drawn by lot are the same."""
    one, other = "5f0c6e7b9d4a4f0e8b1d2c3a4e5f6071", "a1b2c3d4e5f60718293a4b5c6d7e8f90"

    def form(boundary: str) -> dict[str, Any]:
        return {
            "body": f'--{boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--{boundary}--\r\n'.encode(),
            "headers": (("Content-Type", f"multipart/form-data; boundary={boundary}"),),
        }

    recorded, live = form(one), form(other)
    run = Run((step(recorded["body"], headers=recorded["headers"]),))
    assert run.asks(live["body"], headers=live["headers"]) == 0
    assert "differently" not in run.details[0]


def test_a_step_that_somebody_else_served_is_passed_over() -> None:
    """A claim that is refused leads to the next equal step."""
    run = Run((step("a", 1), step("a", 2)))
    run.details[0] = {}
    assert run.asks("a") == 1


def test_tool_calls_are_found_by_name_and_arguments() -> None:
    """A call of a local function is found by what it was called with, and never by an HTTP request."""
    run = Run((ToolCall("add", b'{"a":1}', b"2"), ToolCall("sub", b'{"a":1}', b"0")))
    assert run.asks(b'{"a":1}', url="add") == "missing"
    found = run.index.search(tool_request("sub", b'{"a": 1}'), run)
    assert isinstance(found, Found)
    assert found.position == 1


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=12), st.randoms(use_true_random=False))
def test_a_replay_in_any_order_serves_every_step_once(bodies: list[str], random: Any) -> None:
    """Whatever was recorded, asking for the same in another order serves all of it, equal ones in order."""
    run = Run(tuple(step(body, number) for number, body in enumerate(bodies)))
    live = list(bodies)
    random.shuffle(live)
    served = [run.asks(body) for body in live]
    assert sorted(served, key=int) == list(range(len(bodies)))
    for body in set(bodies):
        positions = [position for position, each in zip(served, live, strict=True) if each == body]
        assert positions == sorted(positions, key=int)
