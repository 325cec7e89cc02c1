"""What is published goes on: what was learned and is not contradicted stays, and evidence adds up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from replaykit.contracts.registry import shipped
from replaykit.contracts.validators import Validators
from replaykit.core.contract.check import Check
from replaykit.core.contract.infer import Declaration, infer, reconciled
from replaykit.core.contract.model import read, write
from tests.core.contract.test_infer_laws import DOCUMENTS, TAGGED, VALUES
from tests.core.contract.traffic import answered, asked, streamed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.core.contract.model import Contract
    from replaykit.core.model import Exchange

NAME, DAY = "shop.orders", "2026-11-20"


def onward(known: Contract, exchanges: Sequence[Exchange]) -> Contract:
    """What is published, and what was seen since."""
    return reconciled(known.name, exchanges, (), date=DAY, binds=known.binds, known=known).contract


def bare(schema: Any) -> Any:
    """A schema without its evidence."""
    if isinstance(schema, list):
        return [bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: bare(each) for name, each in schema.items() if name != "x-seen"}


def orders(*documents: Any) -> list[Exchange]:
    return [answered(each) for each in documents]


def response(contract: Contract) -> Any:
    return contract.defs["response"]


NESTED: st.SearchStrategy[Any] = st.deferred(lambda: st.none() | st.integers() | LOOSE | st.lists(LOOSE, max_size=3))
LOOSE: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"type": st.sampled_from(["a", "b", "Hello, you", ""]) | st.none()},
    optional={"x": NESTED, "id": st.sampled_from(["msg_12345678", "7", None, 3]), "17": st.booleans()},
)
STEPS = st.lists(st.lists(NESTED, min_size=1, max_size=8), min_size=2, max_size=4)


@settings(max_examples=40)
@given(STEPS)
def test_step_by_step_all_is_allowed(steps: list[list[Any]]) -> None:
    """However often a contract goes on, and whatever comes, it reads back and allows all that was ever seen."""
    known = infer(NAME, orders(*steps[0]), date=DAY)
    for documents in steps[1:]:
        known = onward(known, orders(*documents))
    validator = Draft202012Validator(known.schema("response"))
    validator.check_schema(validator.schema)
    assert [] == [each for documents in steps for each in documents if not validator.is_valid(each)]
    assert known == read(write(known))


@settings(max_examples=40)
@given(DOCUMENTS, DOCUMENTS)
def test_what_was_seen_at_first_and_since_is_allowed(first: list[Any], then: list[Any]) -> None:
    """Every document of both is valid under what goes on, and no news."""
    contract = onward(infer(NAME, orders(*first), date=DAY), orders(*then))
    validator = Draft202012Validator(contract.schema("response"))
    assert [] == [each for each in [*first, *then] if not validator.is_valid(each)]
    check = Check(contract, Validators(contract))
    assert [] == [each for exchange in orders(*first, *then) for each in check.exchange(exchange).findings]


@settings(max_examples=25)
@given(st.lists(VALUES, min_size=5, max_size=20), st.data())
def test_no_news_changes_nothing_but_evidence(documents: list[Any], data: Any) -> None:
    """What is seen again changes no claim of a contract that had evidence enough."""
    known = infer(NAME, orders(*documents * 5), date=DAY)
    again = data.draw(st.lists(st.sampled_from(documents), min_size=1, max_size=10))
    assert bare(known.defs) == bare(onward(known, orders(*again)).defs)


FLAT = st.fixed_dictionaries(
    {"id": st.just("ord_12345678"), "total": st.integers() | st.floats(0.5, 0.75)},
    optional={"note": st.none() | st.just("Hello, you"), "on": st.booleans(), "lines": st.lists(TAGGED, min_size=1)},
)


def evidence(contract: Contract) -> dict[str, Any]:
    return {name: each.get("x-seen") for name, each in response(contract)["properties"].items()}


@settings(max_examples=40)
@given(st.lists(FLAT, min_size=5, max_size=12), st.lists(FLAT, min_size=5, max_size=12))
def test_in_two_parts_as_at_once(first: list[Any], then: list[Any]) -> None:
    """Fields, what is required and how often each was seen are those of all answers, learned at once."""
    both, once = (
        onward(infer(NAME, orders(*first), date=DAY), orders(*then)),
        infer(NAME, orders(*first, *then), date=DAY),
    )
    assert response(once).get("required") == response(both).get("required")
    assert evidence(once) == evidence(both)
    assert once.defs.keys() == both.defs.keys()
    assert once.sources == both.sources


def order(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"ord_{number:08}",
        "at": "2026-11-20T10:00:00Z",
        "state": "open" if number % 2 else "paid",
        "total": number,
        "lines": [{"type": "item", "sku": "tea"}],
        **more,
    }


PUBLISHED = infer(NAME, orders(*(order(number) for number in range(30))), date=DAY)


def grown(*documents: Any) -> Any:
    """The schema of an answer after these."""
    return response(onward(PUBLISHED, orders(*documents)))


def test_few_recordings_lose_nothing() -> None:
    """One answer is enough to go on: forms, words and what is required stay, with one sighting more."""
    found = grown(order(31))
    assert bare(response(PUBLISHED)) == bare(found)
    assert {"enum": ["open", "paid"], "type": "string", "x-seen": [31, 31]} == found["properties"]["state"]
    assert "^ord_" == found["properties"]["id"]["pattern"]
    assert ["at", "id", "lines", "state", "total"] == found["required"]


@pytest.mark.parametrize(
    ("more", "field", "expected"),
    [
        ({"state": "sent"}, "state", {"type": "string", "enum": ["open", "paid", "sent"]}),
        ({"state": None}, "state", {"type": ["string", "null"], "enum": ["open", "paid", None]}),
        ({"state": "Hello, you"}, "state", {"type": "string"}),
        ({"state": 7}, "state", {"anyOf": [{"type": "string", "enum": ["open", "paid"]}, {"type": "number"}]}),
        ({"id": "17"}, "id", {"type": "string"}),
        ({"id": None}, "id", {"type": ["string", "null"], "pattern": "^ord_"}),
        ({"at": "yesterday"}, "at", {"type": "string"}),
        ({"total": 7.5}, "total", {"type": "number"}),
        ({"total": "7"}, "total", {"type": ["string", "integer"]}),
        ({"lines": []}, "lines", bare(response(PUBLISHED)["properties"]["lines"])),
        ({"lines": [{"sku": "tea"}]}, "lines", {"type": "array", "items": {"type": "object"}}),
        ({"note": "Hello, you"}, "note", {"type": "string"}),
    ],
)
def test_what_is_contradicted_is_widened(more: dict[str, Any], field: str, expected: Any) -> None:
    """One answer that departs changes the claim it departs from, as little as may be, and no other."""
    found = grown(order(31, **more))
    assert expected == bare(found["properties"][field])
    assert ["at", "id", "lines", "state", "total"] == found["required"]
    others = {name: each for name, each in found["properties"].items() if name != field}
    before = {name: each for name, each in response(PUBLISHED)["properties"].items() if name != field}
    assert bare(before) == bare(others)


def test_what_was_missing_once_is_not_required() -> None:
    """A required field that is absent is optional; a new one is optional, with its evidence."""
    short = order(31, note="new")
    del short["total"]
    found = grown(short)
    assert ["at", "id", "lines", "state"] == found["required"]
    assert ([30, 31], [1, 31]) == (found["properties"]["total"]["x-seen"], found["properties"]["note"]["x-seen"])


def test_evidence_that_adds_up_makes_a_claim() -> None:
    """Three answers and three more are enough to require what was always there; of what is sent nothing more is."""
    sent = [answered(order(number), asked(sent={"item": "tea"})) for number in range(3)]
    found = onward(infer(NAME, sent, date=DAY), sent)
    assert "required" not in response(infer(NAME, sent, date=DAY))
    assert ["at", "id", "lines", "state", "total"] == response(found)["required"]
    assert {"properties": {"item": {"type": "string", "x-seen": [6, 6]}}, "type": "object"} == found.defs["request"]
    assert ("6 recorded answers",) == found.sources


def test_another_tag_is_another_variant() -> None:
    """A union gains a variant; what was one thing becomes a union when there is another."""
    known = grown(order(31, lines=[{"type": "voucher", "code": "X"}, {"type": "item", "sku": "milk"}]))
    lines = known["properties"]["lines"]["items"]
    assert ["response.lines.item", "response.lines.voucher"] == [
        each["$ref"].removeprefix("#/$defs/") for each in lines["oneOf"]
    ]
    one = infer(NAME, orders(*[{"object": "order", "total": 1}] * 5), date=DAY)
    two = onward(one, orders({"object": "bill", "sum": 2}))
    assert {"propertyName": "object"} == response(two)["discriminator"]
    assert bare(one.defs["response"]) == bare(two.defs["response.order"])
    assert {"object", "sum"} == set(two.defs["response.bill"]["properties"])  # type: ignore[index]


def test_what_holds_itself_goes_on() -> None:
    """A definition that refers to itself grows by what stands at every depth."""
    node = {"type": "object", "properties": {"name": {"type": "string"}, "in": {"$ref": "#/$defs/node"}}}
    known = replace(PUBLISHED, defs={"response": {"$ref": "#/$defs/node"}, "node": node})
    found: Any = onward(known, orders({"name": "a", "in": {"name": None, "in": {"name": "c", "size": 3}}})).defs
    assert {"$ref": "#/$defs/node"} == found["response"]
    name = {"type": ["string", "null"], "x-seen": [3, 3], "x-declared": "optional"}
    assert name == found["node"]["properties"]["name"]
    assert [1, 3] == found["node"]["properties"]["size"]["x-seen"]


def test_what_a_person_wrote_stays() -> None:
    """Keywords that inference knows nothing of are kept, and bounds as long as they hold."""
    total = {"type": "integer", "minimum": 0, "description": "in cents"}
    defs = {"response": {**response(PUBLISHED), "properties": {"total": total}, "required": ["total"]}}
    known = replace(PUBLISHED, defs=defs)
    kept, lost = (response(onward(known, orders({"total": each})))["properties"]["total"] for each in (1, -1))
    assert {**total, "x-seen": [1, 1]} == kept
    assert "minimum" not in lost


def test_names_that_are_data_make_a_thing_free() -> None:
    """Ids for names do not become fields of what is published: it is any object then."""
    found = grown({str(number): number for number in range(20)})
    assert {"type": "object"} == found


LIMITS = (("Content-Type", "application/json"), ("x-ratelimit-limit", "10"), ("x-ratelimit-remaining", "9"))


def test_headers_go_on() -> None:
    """Forms and groups stay where the new values keep to them, and are widened where they do not."""
    known = infer(NAME, [answered({"a": 1}, headers=LIMITS)] * 6, date=DAY)
    same: Any = onward(known, [answered({"a": 1}, headers=LIMITS)]).defs["response.headers"]
    assert bare(known.defs["response.headers"]) == bare(same)
    assert [7, 7] == same["properties"]["x-ratelimit-limit"]["x-seen"]
    others = (("content-type", "text/plain"), ("x-ratelimit-limit", "0.5"), ("x-new", "17"))
    found: Any = onward(known, [answered({"a": 1}, headers=others)]).defs["response.headers"]
    assert "^(?:application/json|text/plain)" == found["properties"]["content-type"]["pattern"]
    assert r"^-?\d+(?:\.\d+)?$" == found["properties"]["x-ratelimit-limit"]["pattern"]
    assert "dependentRequired" not in found
    assert {"type": "string", "x-seen": [1, 7], "x-declared": "optional"} == found["properties"]["x-new"]
    assert [6, 7] == found["properties"]["x-ratelimit-remaining"]["x-seen"]


ROW = ["start", "part", "part", "stop"]


def stream(names: list[str], end: str = "[DONE]") -> Exchange:
    return streamed([{"type": name, "of": name} for name in names], end)


def test_the_order_of_events_goes_on() -> None:
    """It stays as long as streams keep it; else what is always first and last still is, and evidence adds up."""
    known = infer(NAME, [stream(ROW)] * 6, date=DAY)
    assert known.order is not None
    assert ("start (part)* stop", "[DONE]") == (known.order.events, known.order.end)
    assert known.order == onward(known, [stream(["start", "stop"])]).order
    news = onward(known, [stream(["start", "part", "ping", "stop", "bill"], "")])
    assert news.order == replace(known.order, events="start (bill | part | ping | stop)*", end="")
    event: Any = news.defs["event"]
    assert {"bill": [1, 7], "part": [7, 7], "ping": [1, 7], "start": [7, 7], "stop": [7, 7]} == {
        each["$ref"].rpartition(".")[2]: each["x-seen"] for each in event["oneOf"]
    }


MESSAGE = {
    "id": "msg_0123456789",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [{"type": "text", "text": "Hello", "citations": None}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": dict.fromkeys(
        ("input_tokens", "output_tokens", *(f"cache_{each}_input_tokens" for each in ("creation", "read"))), 5
    ),
}


def test_a_contract_of_the_package_goes_on() -> None:
    """What comes with the package keeps every claim over an answer that has no news, and learns from one that has."""
    known = shipped().contract("anthropic.messages", "1.0.0")
    question = {"model": "claude-x", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    request = replace(
        asked("https://api.anthropic.com/v1/messages", question),
        headers=(("anthropic-version", "2023-06-01"), ("content-type", "application/json")),
    )
    same = onward(known, [answered(MESSAGE, request)])
    assert bare(known.defs) == bare(same.defs)
    assert (known.order, known.binds, known.policy) == (same.order, same.binds, same.policy)
    assert ["21 recorded answers, 17 recorded streams, 1 recorded error (2025-03 to 2026-05)"] == list(same.sources[:1])
    assert known.sources[1:] == same.sources[1:]
    news = onward(known, [answered({**MESSAGE, "stop_reason": "rest", "mood": "good"}, request)])
    check = Check(news, Validators(news))
    assert () == check.exchange(answered({**MESSAGE, "stop_reason": "rest", "mood": None}, request)).findings


def test_what_a_source_says_is_kept() -> None:
    """A field that a source demands is required once it was there often enough; one that it does not is not missed."""
    schema = {
        "type": "object",
        "title": "Order",
        "properties": {"id": {"type": "string"}, "note": {"type": "string"}},
        "required": ["id"],
    }
    document = {"id": "a", "note": "b"}
    said = [Declaration("response", "shop 1.0: shop:Order", schema)]
    first = reconciled(NAME, [answered(document)] * 20, said, date=DAY).contract
    assert ["id"] == first.defs["Order"]["required"]  # type: ignore[index]
    kept, lost = (onward(first, orders(each)).defs["Order"] for each in (document, {"note": "b"}))
    assert "optional" == kept["properties"]["note"]["x-declared"]  # type: ignore[index]
    assert bare(first.defs["Order"]) == bare(kept)
    assert {"id": [20, 21], "note": [21, 21]} == {name: each["x-seen"] for name, each in lost["properties"].items()}  # type: ignore[index]
    missed: Any = onward(first, orders({"id": "a"})).defs["Order"]
    assert {"type": "string", "x-seen": [20, 21]} == missed["properties"]["note"]
    seldom = replace(first, defs={**first.defs, "Order": THIN})
    often: Any = onward(seldom, orders(*[document] * 10)).defs["Order"]
    assert {"properties": {"id": {"type": "string", "x-seen": [20, 20]}}, "required": ["id"]} == {
        "properties": {"id": often["properties"]["id"]},
        "required": often["required"],
    }


THIN = {"type": "object", "properties": {"id": {"type": "string", "x-seen": [10, 10], "x-declared": "required"}}}
"""What a source demands, and traffic had ten times."""
