"""A step as bytes, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replaykit.core.codec import Malformed, answer_of, dumps, loads, origin_form, origin_of, step_of
from replaykit.core.model import Body, Exchange, Origin, Step, ToolCall
from tests.strategies import exchanges, origins, steps
from tests.turns import question


def again(step: Step, answer: bytes | None = None, body: bytes | None = None) -> Step:
    """The step read back, from its own texts or from changed ones."""
    asked = step.request.body.data if isinstance(step, Exchange) else b""
    return step_of(answer_of(step) if answer is None else answer, lambda: asked if body is None else body, Malformed)


@given(steps)
def test_any_step_comes_back(step: Step) -> None:
    """Whatever a step holds, lone surrogates and repeated headers included, it is the same when it is read."""
    found = again(step)
    assert step == found
    if isinstance(step, Exchange) and isinstance(found, Exchange):
        assert step.request.body.data == found.request.body.data
        assert (step.response and step.response.body.data) == (found.response and found.response.body.data)


@given(steps)
def test_one_step_has_one_text(step: Step) -> None:
    """The text of a step is canonical: reading and writing it again changes nothing."""
    assert answer_of(step) == answer_of(again(step))


@given(exchanges)
def test_a_question_is_not_read_unasked(step: Exchange) -> None:
    """The request's body is known by digest and size, and is fetched only when somebody wants it."""
    asked = list[bool]()

    def read() -> bytes:
        asked.append(True)
        return step.request.body.data

    found = step_of(answer_of(step), read, Malformed)
    assert isinstance(found, Exchange)
    assert (step.request.body, []) == (found.request.body, asked)
    assert step.request.body.data == found.request.body.data
    assert [True] == asked


def test_another_question_is_noticed() -> None:
    """A body that is not the one that was recorded is an error when it is asked for, never served."""
    found = again(question(b"Paris"), body=b"Berlin")
    assert isinstance(found, Exchange)
    with pytest.raises(Malformed, match="not the one that was recorded"):
        _ = found.request.body.data


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"status":200', b'"status":"200"'),
        (b'"took":2', b'"took":null'),
        (b'"lengths":[2]', b'"lengths":[3]'),
        (b'"times":[1]', b'"times":[1,2]'),
        (b'"method":"POST",', b""),
        (b'"kind":"exchange"', b'"kind":"tool"'),
        (b'"headers":[["content-type","application/json"]]', b'"headers":[["content-type"]]'),
        (b'"digest":"', b'"digest":"xyz'),
        (b"{", b"[" * 100_000),
    ],
)
def test_what_is_no_step_is_refused(before: bytes, after: bytes) -> None:
    """A head with a field missing, of another type or that does not add up is an error, and names the reason."""
    answer = answer_of(question(b"Paris"))
    assert before in answer
    with pytest.raises(Malformed, match="does not read as a step"):
        again(question(b"Paris"), answer.replace(before, after, 1))


@given(st.binary(max_size=200))
def test_noise_is_no_step(noise: bytes) -> None:
    """Bytes that nobody wrote are an error of ours, never another."""
    with pytest.raises(Malformed):
        step_of(noise, lambda: b"", Malformed)


@given(origins)
def test_an_origin_comes_back(origin: Origin) -> None:
    """What started an episode is the same when it is read, its bytes and surrogates included."""
    assert origin == origin_of(loads(dumps(origin_form(origin))))


def test_json_of_a_tool_may_be_any_bytes() -> None:
    """Arguments that are no UTF-8 come back as they were."""
    step = ToolCall("weigh", b"\xff\xed\xa0\x80", b"\x80")
    assert step == again(step)


def test_an_empty_body_is_a_body() -> None:
    """A response without a byte is a response, and no failure."""
    found = again(question(b"", answer=b""))
    assert isinstance(found, Exchange)
    assert found.response is not None
    assert (Body.of(b""), ()) == (found.response.body, found.response.lengths)
