"""Planted drifts: each is found by the check of its contract, and what a contract says nothing of has none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.core.contract.mutations import mutations, promised
from replaykit.core.contract.spots import GONE, Spot
from replaykit.core.model import Failure
from tests.core.contract.promises import MODEL, answered, check, contract, event, message, streamed

if TYPE_CHECKING:
    from replaykit.core.model import Exchange

EVENTS: tuple[dict[str, Any], ...] = (
    {"type": "message_start", "message": {"whatever": 1}},
    {"type": "ping"},
    {"type": "delta", "index": 0, "text": "Pa"},
    {"type": "delta", "index": 0, "text": "ris"},
    {"type": "message_stop"},
)
ERROR = {"type": "error", "error": {"type": "api_error", "message": "no"}}

ANSWERS = {
    "plain": answered(message(usage={"output_tokens": 3, "tier": None}, started="2026-11-20T10:00:00Z")),
    "stream": streamed(*EVENTS),
    "error": answered(ERROR, status=400),
}


def planted(exchange: Exchange) -> list[str]:
    """Every drift that can be planted, in words."""
    return [str(each) for each in mutations(check().contract, exchange)]


@pytest.mark.parametrize("exchange", ANSWERS.values(), ids=ANSWERS)
def test_every_planted_drift_is_found(exchange: Exchange) -> None:
    """The check says something of each that it does not say of the answer as it came."""
    ready = check()
    assert () == ready.exchange(exchange).findings
    found = [(str(each), ready.exchange(each.planted(exchange)).findings) for each in mutations(contract(), exchange)]
    assert len(found) > 9
    assert [] == [name for name, findings in found if not findings]


def test_an_answer_drifts_in_every_way_that_its_contract_can_tell() -> None:
    """Fields gone, tags and words new, forms lost, types changed: in it, and in what stands in its lists."""
    found = planted(ANSWERS["plain"])
    for each in (
        "response: field gone at /content",
        "response: field gone at /stop_reason",
        "response: form lost at /id",
        "response: word new at /type",
        "response: word new at /stop_reason",
        "response: tag renamed at /content/*/type",
        "response: field gone at /content/*/text",
        "response: type changed at /usage/output_tokens",
        "response: type changed at /usage/tier",
        "response.headers: header gone at /content-type",
        "response.headers: header gone at /remaining-requests",
        "response.headers: header form lost at /limit-requests",
    ):
        assert each in found
    assert len(found) == len(set(found))


def test_items_that_are_alike_drift_once() -> None:
    """Of a hundred blocks of one sort the first is enough."""
    block = {"type": "text", "text": "Paris"}
    assert planted(answered(message(content=[block]))) == planted(answered(message(content=[block] * 100)))


def test_a_stream_drifts_in_its_events_and_their_end() -> None:
    """Each event once, however often it comes: by another name, without a field; and the last one does not come."""
    found = planted(ANSWERS["stream"])
    assert 4 == sum("event renamed" in each for each in found)
    assert not [each for each in found if "tag renamed" in each]
    assert 1 == found.count("event<delta>: field gone at /text")
    assert "order: end gone at /" in found


def test_an_error_drifts_in_its_envelope() -> None:
    """What is promised of errors is planted into errors, and nothing of answers."""
    found = planted(ANSWERS["error"])
    assert {"error"} == {each.partition(":")[0] for each in found}
    assert "error: word new at /error/type" in found


def test_what_nobody_promises_is_not_planted() -> None:
    """An object without known fields may hold anything, and headers that are not spoken of may go."""
    tool = answered(message(content=[{"type": "tool_use", "name": "weather", "input": {"city": "Paris"}}]))
    assert not [each for each in planted(tool) if "/input/" in each or "/date" in each]
    assert "response: type changed at /content/*/input" in planted(tool)


@pytest.mark.parametrize(
    "exchange",
    [
        replace(ANSWERS["plain"], failure=Failure("ReadError", "cut")),
        replace(ANSWERS["stream"], left=True),
        replace(ANSWERS["plain"], response=None),
        answered(message(), status=302),
    ],
    ids=["cut", "left", "unanswered", "redirected"],
)
def test_an_answer_without_a_promise_is_left_alone(exchange: Exchange) -> None:
    """What was cut, left or never came has no end to promise anything of."""
    assert [] == planted(exchange)


def test_what_a_contract_has_no_part_for_is_not_promised() -> None:
    """A body is promised by its own part; an empty one by none."""
    only = {key: value for key, value in MODEL["$defs"].items() if key not in ("error", "event")}
    assert promised(contract(), ANSWERS["error"])
    assert not promised(contract(**{"$defs": only}), ANSWERS["error"])
    assert not promised(contract(**{"$defs": only}), ANSWERS["stream"])
    assert not promised(contract(), answered(b""))


def test_a_planted_document_is_a_copy() -> None:
    """What is planted into stays as it is, and only the place itself is another."""
    document: Any = {"a": [{"b": 1}, {"b": 2}]}
    assert {"a": [{"b": 1}, {"b": "x"}]} == Spot("type changed", ("a", 1, "b"), "x").planted(document)
    assert {"a": [{}, {"b": 2}]} == Spot("field gone", ("a", 0, "b"), GONE).planted(document)
    assert {"a": [{"b": 1}, {"b": 2}]} == document


def test_a_value_of_any_type_has_no_other_type() -> None:
    """Where every type is right, or any may be, none is planted as wrong."""
    free = {
        **MODEL["$defs"],
        "response": event("free", any={}, much={"type": ["string", "object", "boolean", "array"]}),
    }
    found = mutations(contract(**{"$defs": free}), answered({"type": "free", "any": 1, "much": "x"}))
    assert ["/type"] == [each.place for each in found if each.sort == "type changed"]
