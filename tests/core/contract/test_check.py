"""One exchange against a contract: each departure is found, graded and placed, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.core.model import Body
from tests.core.contract.promises import HEADERS, answered, asked, check, contract, message, streamed

if TYPE_CHECKING:
    from replaykit.core.contract.model import Finding
    from replaykit.core.model import Exchange

START = {"type": "message_start", "message": {}}
STOP = {"type": "message_stop"}


def delta(text: str = "Par") -> dict[str, Any]:
    """One delta of a stream."""
    return {"type": "delta", "index": 0, "text": text}


def found(exchange: Exchange) -> list[tuple[str, str, str]]:
    """The id, the grade and the place of each finding."""
    return [(each.id, each.grade, each.path) for each in check().exchange(exchange).findings]


def only(exchange: Exchange) -> Finding:
    """The one finding that there is."""
    (each,) = check().exchange(exchange).findings
    return each


def test_an_answer_that_keeps_its_contract_has_no_findings() -> None:
    """Plain, with null where null may stand, streamed, and an error in its envelope: nothing to say."""
    assert [] == found(answered(message()))
    assert [] == found(answered(message(stop_reason=None, started="2026-11-20T10:00:00Z")))
    assert [] == found(streamed(START, {"type": "ping"}, delta(), delta(), STOP))
    assert [] == found(answered({"type": "error", "error": {"type": "api_error", "message": "no"}}, status=500))


ANSWERS: dict[str, tuple[dict[str, Any], tuple[str, str, str]]] = {
    "a new stop reason": (message(stop_reason="pause"), ("res.enum.added", "RISK", "/stop_reason")),
    "a new field": (message(container="c"), ("res.field.added", "ADD", "/container")),
    "a new field of a variant": (
        message(content=[{"type": "text", "text": "x", "cited": 1}]),
        ("res.field.added", "ADD", "/content/*<text>/cited"),
    ),
    "a field of a variant is gone": (
        message(content=[{"type": "text"}]),
        ("res.field.removed", "BREAK", "/content/*<text>/text"),
    ),
    "a variant's field has another type": (
        message(content=[{"type": "text", "text": 7}]),
        ("res.type.changed", "BREAK", "/content/*<text>/text"),
    ),
    "a new variant": (message(content=[{"type": "video"}]), ("res.variant.added", "RISK", "/content/*")),
    "no tag": (message(content=[{"text": "x"}]), ("res.tag.missing", "BREAK", "/content/*/type")),
    "another constant": (message(type="reply"), ("res.const.changed", "BREAK", "/type")),
    "another form of an id": (message(id="m-1"), ("res.format.changed", "RISK", "/id")),
    "another form of a time": (message(started="yesterday"), ("res.format.changed", "RISK", "/started")),
    "null where none was": (message(model=None), ("res.null.added", "BREAK", "/model")),
    "a whole number with a fraction": (
        message(usage={"output_tokens": 1.5}),
        ("res.type.widened", "BREAK", "/usage/output_tokens"),
    ),
}


@pytest.mark.parametrize(("answer", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_each_departure_of_an_answer_is_one_finding_in_its_place(
    answer: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    """A service that changes one thing gets one finding, with the grade of that thing."""
    assert [expected] == found(answered(answer))


def test_a_required_field_that_is_gone_breaks_and_one_that_always_came_is_a_risk() -> None:
    """`id` is promised; `model` was there 41 of 41 times, which nobody promised."""
    answer = message()
    del answer["id"], answer["model"]
    assert [("res.field.optional", "RISK", "/model"), ("res.field.removed", "BREAK", "/id")] == sorted(
        found(answered(answer))
    )


def test_what_a_value_says_is_never_told_unless_it_is_a_word() -> None:
    """A new stop reason is named; a key, a number and a sentence in its place are not."""
    assert 'new "pause_turn"' == only(answered(message(stop_reason="pause_turn"))).text
    for secret in ("sk-ant-REALKEY", "4929 1234 5678", "My name is Ann", "AKIA2E0A8F3B7C9D1E5F"):
        told = only(answered(message(stop_reason=secret)))
        assert "new a string" == told.text
        assert secret not in told.shape


def test_the_name_of_a_new_field_is_told_only_if_it_is_a_word() -> None:
    """A map of customers by their number does not put the numbers into a report."""
    assert ["/…"] == [path for _, _, path in found(answered(message(**{"4929123456789": 1})))]


def test_an_answer_that_is_no_json_breaks() -> None:
    """The page of a proxy in the place of an answer is told as what it is."""
    assert [("res.body.unreadable", "BREAK", "")] == found(answered(b"<html>busy</html>"))
    assert "not the JSON that was promised" == only(answered(b"<html>busy</html>")).text
    assert "not the JSON that was promised (it is empty)" == only(answered(b"")).text


HEAD_CHANGES: dict[str, tuple[dict[str, str | None], tuple[str, str, str]]] = {
    "a group is gone": (
        {"limit-requests": None, "remaining-requests": None},
        ("hdr.group.gone", "RISK", "/limit-requests"),
    ),
    "another form": ({"limit-requests": "50/min"}, ("hdr.format.changed", "BREAK", "/limit-requests")),
    "another content type": ({"content-type": "text/html"}, ("hdr.type.changed", "BREAK", "/content-type")),
    "a required one is gone": ({"content-type": None}, ("hdr.required.gone", "BREAK", "/content-type")),
    "a new one": ({"x-acme-tier": "gold"}, ("hdr.added", "ADD", "/x-acme-tier")),
}


@pytest.mark.parametrize(("changes", "expected"), HEAD_CHANGES.values(), ids=HEAD_CHANGES)
def test_each_departure_of_headers_is_found(changes: dict[str, str | None], expected: tuple[str, str, str]) -> None:
    """Limits that go, change their form or come are told; dates and cookies never."""
    heads = {name: value for name, value in {**HEADERS, **changes}.items() if value is not None}
    assert expected in found(answered(message(), headers={**heads, "set-cookie": "a=b", "cf-ray": "1"}))


def test_a_group_of_headers_goes_as_one() -> None:
    """Limit and remaining that no longer come are one thing that happened, which names both."""
    heads = {name: value for name, value in HEADERS.items() if not name.endswith("-requests")}
    gone = [
        each for each in check().exchange(answered(message(), headers=heads)).findings if each.direction == "headers"
    ]
    assert ["a header that always came is gone (and with it remaining-requests)"] == [each.text for each in gone]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("6m0s", ", now a span of time (6m0s)"), ("2026-11-20T10:00:00Z", ", now a moment (RFC 3339)"), ("50/min", "")],
)
def test_a_form_that_has_a_name_is_named(value: str, expected: str) -> None:
    """What a header is now is told where it has a known form; never what it says."""
    (told,) = [
        each.text
        for each in check().exchange(answered(message(), headers={**HEADERS, "limit-requests": value})).findings
        if each.path == "/limit-requests"
    ]
    assert f"another form no longer ^[0-9]+${expected}" == told


def test_a_group_of_headers_that_comes_in_part_is_torn() -> None:
    """Limit without remaining: they have always come together."""
    heads = {name: value for name, value in HEADERS.items() if name != "remaining-requests"}
    assert ("hdr.group.torn", "RISK", "/remaining-requests") in found(answered(message(), headers=heads))


STREAMS: dict[str, tuple[tuple[Any, ...], tuple[str, str, str]]] = {
    "a new event": ((START, {"type": "thought"}, delta(), STOP), ("str.event.added", "RISK", "")),
    "an event by another name": (
        (START, {**delta(), "type": "piece"}, {**delta(), "type": "piece"}, STOP),
        ("str.event.removed", "BREAK", ""),
    ),
    "no beginning": ((delta(), STOP), ("str.order.broken", "BREAK", "")),
    "an event after the end": ((START, delta(), STOP, delta()), ("str.order.broken", "BREAK", "")),
    "no end": ((START, delta()), ("str.end.missing", "BREAK", "")),
    "a delta without its text": (
        (START, {"type": "delta", "index": 0}, delta(), STOP),
        ("res.field.removed", "BREAK", "/text"),
    ),
    "an event that is a list": ((START, [1], STOP), ("str.event.unreadable", "BREAK", "")),
}


@pytest.mark.parametrize(("events", "expected"), STREAMS.values(), ids=STREAMS)
def test_each_departure_of_a_stream_is_one_finding(events: tuple[Any, ...], expected: tuple[str, str, str]) -> None:
    """Events that come, go, change or stand in the wrong place are found; heartbeats may come at any time."""
    assert [expected] == found(streamed(*events))


def test_a_stream_that_was_left_lacks_nothing() -> None:
    """A program that stops reading, and an error that ends the stream, are no broken order."""
    assert [] == found(streamed(START, delta(), left=True))
    assert [] == found(streamed(START, delta(), {"type": "error", "error": {}}))


def test_a_last_word_that_nobody_promised_is_no_finding() -> None:
    """`[DONE]` after the last event, under a contract that never saw one: nothing to say; a text in its place is."""
    said = streamed(START, delta(), STOP)
    assert said.response is not None
    for word, expected in (("[DONE]", []), ("The service is busy, try again later.", ["str.event.unreadable"])):
        body = Body.of(said.response.body.data + f"data: {word}\n\n".encode())
        spoken = replace(said, response=replace(said.response, body=body))
        assert expected == [each.id for each in check().exchange(spoken).findings]


def test_an_event_is_told_with_its_name() -> None:
    """A finding says in which event it is, and what was due where the order broke."""
    assert "event<delta>" == only(streamed(START, {"type": "delta", "index": 0}, STOP)).part
    assert "out of order delta where message_start is due" == only(streamed(delta(), STOP)).text


def test_an_error_is_held_to_its_envelope() -> None:
    """A new type of error is a risk, another envelope breaks, and what it says is nobody's business."""
    new = {"type": "error", "error": {"type": "overloaded", "message": "x"}}
    assert [("err.type.added", "RISK", "/error/type")] == found(answered(new, status=400))
    assert ("err.envelope.changed", "BREAK", "/error") in found(answered({"type": "error"}, status=400))
    assert [] == found(answered(b"<html>Bad gateway</html>", status=502, headers={"content-type": "text/html"}))


def test_a_limit_that_does_not_say_when_to_try_again_is_a_risk() -> None:
    """429 without `retry-after`: whoever waited for it waits in vain."""
    error = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}
    assert [("hdr.retry.missing", "RISK", "/retry-after")] == found(answered(error, status=429))
    assert [] == found(answered(error, status=429, headers={**HEADERS, "retry-after": "3"}))


def test_what_our_own_program_sends_is_a_class_of_its_own() -> None:
    """An SDK that asks for another version, or sends what is refused, is OURS and not the service's drift."""
    newer = answered(message(), request=asked(acme_version="2026-10-21"))
    assert [("ours.version", "OURS", "/acme-version")] == found(newer)
    warm = answered(message(), request=asked({"messages": [], "temperature": 0.5}))
    assert [("ours.field.refused", "OURS", "/temperature")] == found(warm)
    assert [("ours.field.removed", "OURS", "/messages")] == found(answered(message(), request=asked({"model": "m"})))
    assert [("ours.field.added", "OURS", "/top_k")] == found(
        answered(message(), request=asked({"messages": [], "top_k": 5}))
    )


def test_a_policy_lowers_what_a_provider_announced() -> None:
    """New events are announced: they are an ADD, and the finding says where that stands."""
    announced = {
        "id": "str.event.added",
        "path": "*",
        "grade": "ADD",
        "why": "events may be added",
        "source": "https://acme.example/versioning",
        "date": "2026-11-20",
    }
    (each,) = check(contract(policy=[announced])).exchange(streamed(START, {"type": "thought"}, STOP)).findings
    assert ("ADD", "https://acme.example/versioning (2026-11-20)") == (each.grade, each.policy)


def test_an_event_like_a_rare_one_is_a_risk_whatever_was_announced() -> None:
    """`cited` stands in two of nine streams: one like it may be it, by another name, or something new beside it."""
    announced = {"id": "str.event.added", "grade": "ADD", "why": "w", "source": "s", "date": "2026-11-20"}
    new = streamed(START, delta(), {"type": "quoted", "source": "a book"}, STOP)
    (each,) = check(contract(policy=[announced])).exchange(new).findings
    assert ("str.event.added", "RISK", 'new event "quoted", like cited') == (each.id, each.grade, each.text)


def test_an_error_in_place_of_an_event_is_an_outcome() -> None:
    """A gateway that says `{"error": …}` in mid-stream keeps the error's envelope or does not; no end is due."""
    fine = {"type": "error", "error": {"type": "api_error", "message": "no"}}
    del fine["type"]
    assert [("err.envelope.changed", "BREAK", "/type")] == found(streamed(START, delta(), fine))


def test_hidden_content_is_not_judged_by_its_form() -> None:
    """An id that redaction replaced is no new form of ids."""
    assert [] == found(answered(message(id="[REDACTED:ACME_KEY]")))


def test_the_same_thing_in_many_items_is_told_once() -> None:
    """A hundred blocks with a new field are one finding."""
    blocks = [{"type": "text", "text": "x", "cited": number} for number in range(100)]
    assert [("res.field.added", "ADD", "/content/*<text>/cited")] == list(
        dict.fromkeys(found(answered(message(content=blocks))))
    )
    assert "/content/*<text>/cited" == only(answered(message(content=[{**blocks[0], "cited": 1}] * 100))).path


def test_a_stream_that_was_asked_for_and_did_not_come_breaks() -> None:
    """An answer at once is no stream, however sound it is; who did not ask for one lacks none."""
    wanted = answered(message(), request=asked({"messages": [], "stream": True}))
    assert [("hdr.type.changed", "BREAK", "/content-type")] == found(wanted)
    assert [] == found(answered(message(), request=asked({"messages": [], "stream": False})))
    assert [] == found(answered(message(), request=asked({"messages": ["stream"], "model": "stream"})))


def test_the_name_of_an_event_is_told_only_if_it_is_a_word() -> None:
    """What stands where a name should may be anybody's: it is in no part of a finding."""
    heads = {**HEADERS, "content-type": "text/event-stream"}
    body = b"event: Alice Liddell, 4711 Main St\x1b[31m\ndata: no document at all\n\n"
    (unreadable, *_) = check().exchange(answered(body, headers=heads)).findings
    assert ("str.event.unreadable", "event<…>") == (unreadable.id, unreadable.part)
    alone = contract(**{"$defs": {**check().contract.defs, "event": {"$ref": "#/$defs/event.delta"}}})
    told = check(alone).exchange(streamed({"type": "Alice Liddell, 4711 Main St"})).findings
    assert told
    assert not any("Alice" in f"{each.part}{each.path}{each.text}{each.shape}" for each in told)


def test_a_flood_of_new_fields_is_one_finding() -> None:
    """An object with a field for each customer is told as what it is, with no customer in the place."""
    flood = {f"customer-{chr(97 + at // 26)}{chr(97 + at % 26)}": at for at in range(500)}
    (each,) = check().exchange(answered(message(**flood))).findings
    assert ("res.field.added", "/…") == (each.id, each.path)
