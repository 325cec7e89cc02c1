"""Contracts from traffic: what is claimed, from how much evidence, and what never is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from replaykit.contracts.validators import Validators
from replaykit.core.contract.check import Check
from replaykit.core.contract.infer import infer, operations, reconciled
from replaykit.core.contract.model import Contract, Unfit, write
from tests.core.contract.traffic import answered, asked, streamed

DAY = "2026-11-20"


def inferred(*documents: Any) -> Contract:
    """The contract of a server that answered with these documents."""
    return infer("shop.orders", [answered(each) for each in documents], date=DAY)


def response(*documents: Any) -> Any:
    """What is promised of the answers."""
    return inferred(*documents).defs["response"]


def kinds(contract: Contract, *documents: Any) -> list[str]:
    """The findings of other answers against a contract."""
    check = Check(contract, Validators(contract))
    return [finding.id for each in documents for finding in check.exchange(answered(each)).findings]


def test_evidence_stands_beside_each_claim() -> None:
    """A field says how many of its parents had it; only what was always there, often enough, is required."""
    documents = [{"total": 3, "note": "x"}, *[{"total": 3}] * 4]
    assert {
        "type": "object",
        "properties": {
            "note": {"type": "string", "x-seen": [1, 5]},
            "total": {"type": "integer", "x-seen": [5, 5]},
        },
        "required": ["total"],
    } == response(*documents)
    assert "required" not in response(*documents[:4])


def test_objects_are_split_by_their_tag() -> None:
    """Objects of one list that say what they are have each a schema of their own, from the first one on."""
    contract = inferred({"items": [{"type": "text", "text": "a"}, {"type": "call", "name": "b", "input": 3}]})
    items = contract.defs["response"]["properties"]["items"]["items"]  # type: ignore[index]
    assert {"propertyName": "type"} == items["discriminator"]
    assert ["#/$defs/response.items.call", "#/$defs/response.items.text"] == [each["$ref"] for each in items["oneOf"]]
    assert ["res.variant.added"] == kinds(contract, {"items": [{"type": "image"}]})
    assert ["res.field.added"] == kinds(contract, {"items": [{"type": "text", "text": "a", "name": "b"}]})


def test_a_kind_of_value_is_no_tag() -> None:
    """Where objects of all types look the same and the types are many, the type is a text like any other."""
    items = [{"type": f"bug{number % 9}", "title": "x"} for number in range(12)]
    items_schema = response({"items": items})["properties"]["items"]["items"]
    assert "discriminator" not in items_schema
    assert "string" == items_schema["properties"]["type"]["type"]


def test_the_top_has_a_constant() -> None:
    """The type of the whole answer is a constant, whatever else is known of it."""
    assert {"const": "order", "x-seen": [1, 1]} == response({"object": "order", "id": 3})["properties"]["object"]


MOMENTS = [f"2026-11-{day:02}T10:00:00Z" for day in range(1, 6)]
STATES = ["open", "paid", "sent", "open"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (STATES * 5, {"type": "string", "enum": ["open", "paid", "sent"]}),
        ((STATES * 5)[:19], {"type": "string"}),
        ([f"state_{chr(97 + number)}" for number in range(20)], {"type": "string"}),
        (["Hello, you"] * 20, {"type": "string"}),
        ([*STATES * 5, None], {"type": ["string", "null"], "enum": ["open", "paid", "sent", None]}),
        (MOMENTS, {"type": "string", "format": "date-time"}),
        (MOMENTS[:4], {"type": "string"}),
        ([*MOMENTS, "soon"], {"type": "string"}),
        ([1, 2, 3, 4, 5], {"type": "integer"}),
        ([1, 2, 3, 4], {"type": "number"}),
        ([1, 2, 3, 4, 5, 0.5], {"type": "number"}),
        ([None] * 9, {}),
    ],
)
def test_a_claim_takes_evidence(values: list[Any], expected: dict[str, Any]) -> None:
    """Words are all there are, texts moments and numbers whole ones once that was seen often enough, and always."""
    found = response(*[{"state": value} for value in values])["properties"]["state"]
    assert {**expected, "x-seen": [len(values), len(values)]} == found


@pytest.mark.parametrize(
    ("field", "values", "pattern"),
    [
        ("id", [f"ord_8f3kz92mq{number}" for number in range(5)], "^ord_"),
        ("id", [f"ord_8f3kz92mq{number}" for number in range(4)], None),
        ("order_id", [f"ord-0000{number}" for number in range(5)], "^ord-"),
        ("id", [*[f"ord_8f3kz92mq{number}" for number in range(5)], "inv_8f3kz92mq0"], None),
        ("key", [f"ord_8f3kz92mq{number}" for number in range(5)], None),
        ("id", [f"ord_{number}" for number in range(5)], None),
    ],
)
def test_ids_begin_alike(field: str, values: list[str], pattern: str | None) -> None:
    """What five ids have in common before their separator is a pattern, and only where ids stand."""
    found = response(*[{field: value} for value in values])["properties"][field]
    assert pattern == found.get("pattern")


@pytest.mark.parametrize(
    "document",
    [
        {"17": 3, "18": 4, "total": 5},
        {"2026-11-19": 3, "2026-11-20": 4},
        {"0b5c2a3e-9d1f-4c7b-8a6e-2f4d6c8b0a1e": 3, "ann@example.org": 4},
        {f"name_{number}": number for number in range(201)},
    ],
)
def test_names_that_are_data_make_a_map(document: dict[str, int]) -> None:
    """Numbers, days, ids, addresses, and more names than any interface has are no fields: any name may come."""
    contract = inferred({"prices": document})
    prices = contract.defs["response"]["properties"]["prices"]  # type: ignore[index]
    assert {"type", "additionalProperties", "x-seen"} == prices.keys()
    assert [] == kinds(contract, {"prices": {"another": 7}})
    assert ["res.type.changed"] == kinds(contract, {"prices": {"another": "seven"}})


def test_what_scatters_is_free() -> None:
    """Of objects that have hardly a name in common, the arguments of various tools, nothing is promised."""
    calls = [{"input": {name: 1}} for name in ("city", "flight", "seat", "query")]
    contract = inferred(*calls)
    assert {"type": "object", "x-seen": [4, 4]} == contract.defs["response"]["properties"]["input"]  # type: ignore[index]
    assert [] == kinds(contract, {"input": {"hotel": "Ritz"}})


def test_nothing_that_was_said_gets_in() -> None:
    """Sentences, names of people, numbers, ids and keys are not in the contract, wherever they stood."""
    secrets = ["Hello, I am Ann", "sk-ant-api03-REALKEY99", "4929123456789", "ann@example.org", "8f3kz92mq0"]
    documents = [
        {"text": secrets[0], "key": secrets[1], "id": f"ord_{secrets[4]}", "by": {secrets[2]: 1, secrets[3]: 2}}
    ] * 20
    heads = (("Content-Type", "application/json"), ("X-Account", secrets[1]))
    exchanges = [answered(each, asked(sent={"said": secrets[0]}), headers=heads) for each in documents]
    text = json.dumps(write(infer("shop.orders", exchanges, date=DAY)))
    assert [] == [each for each in secrets if each in text]
    assert '"^ord_"' in text


@pytest.mark.parametrize("field", ["password", "apiKey", "client_secret", "firstName", "customer", "owner", "login"])
def test_what_is_somebodys_own_is_no_list_of_words(field: str) -> None:
    """A password of plain words and the one customer of all recordings are texts: no contract has them."""
    found = response(*[{field: "correct-horse", "state": "open"}] * 30)["properties"]
    assert {"type": "string", "x-seen": [30, 30]} == found[field]
    assert ["open"] == found["state"]["enum"]


def test_events_come_in_the_order_that_was_seen() -> None:
    """First and last are claimed from five whole streams on; between them any event may come that was seen."""
    events = [{"type": "start"}, {"type": "part"}, {"type": "note"}, {"type": "part"}, {"type": "stop"}]
    order = infer("shop.advice", [streamed(events, "[DONE]")] * 5, date=DAY).order
    assert order is not None
    assert ("start (note | part)* stop", "type", "[DONE]") == (order.events, order.tag, order.end)
    few = infer("shop.advice", [streamed(events, "[DONE]")] * 4, date=DAY).order
    assert few is not None
    assert ("(note | part | start | stop)*", "") == (few.events, few.end)


def test_an_error_has_a_contract_of_its_own() -> None:
    """What comes with 4xx and 5xx is no answer; and its headers may be anybody's."""
    error = answered({"error": {"type": "not_found", "message": "no"}}, status=404)
    contract = infer("shop.orders", [answered({"total": 3}), error], date=DAY)
    assert {"request.headers", "response", "response.headers", "error", "error.headers"} >= set(contract.parts)
    assert ["total"] == list(contract.defs["response"]["properties"])  # type: ignore[index]
    assert ["error"] == list(contract.defs["error"]["properties"])  # type: ignore[index]
    assert {"type": "string", "x-seen": [1, 1]} == contract.defs["error.headers"]["properties"]["content-type"]  # type: ignore[index]


def test_headers_come_in_groups() -> None:
    """Limit, remaining and reset of one thing need each other; a header that promises nothing is not there."""
    limits = {f"x-ratelimit-{role}-requests": "60" for role in ("limit", "remaining")} | {
        "x-ratelimit-reset-requests": "6m0s"
    }
    headers = (("Content-Type", "application/json"), *limits.items(), ("x-tier", "gold"), ("Date", "today"))
    contract = infer("shop.orders", [answered({}, headers=headers)] * 5, date=DAY)
    schema: Any = contract.defs["response.headers"]
    assert {"content-type", "x-tier", *limits} == schema["properties"].keys()
    assert {name: sorted(limits.keys() - {name}) for name in limits} == schema["dependentRequired"]
    assert r"^\d+$" == schema["properties"]["x-ratelimit-limit-requests"]["pattern"]
    assert "optional" == schema["properties"]["x-tier"]["x-declared"]
    assert "x-declared" not in schema["properties"]["x-ratelimit-limit-requests"]


@pytest.mark.parametrize("date", ["today", "1 Jan 99999999999 00:00:00 GMT", "1 Jan 0001 00:00:00 +0900"])
def test_a_date_that_is_none_names_no_month(date: str) -> None:
    """What a server writes for a date is not always one, nor one that there can be."""
    headers = (("Content-Type", "application/json"), ("Date", date))
    assert "response" in infer("shop.orders", [answered({}, headers=headers)], date=DAY).parts


def test_a_hostile_document_ends() -> None:
    """What is nested without end is free below a depth, and what has names without end is a map."""
    deep: Any = 1
    for _ in range(300):
        deep = {"a": deep}
    wide = {f"n{number}": {"x": number} for number in range(3_000)}
    text = json.dumps(write(inferred({"deep": deep, "wide": wide})))
    assert len(text) < 10_000
    assert "n2999" not in text


def test_a_known_provider_brings_what_it_promises() -> None:
    """Its host, path and versions, the order of its events and what it has announced, with the source."""
    headers = (("anthropic-version", "2026-10-21"),)
    request = asked("http://127.0.0.1:9000/v1/messages", {"model": "m", "messages": []}, headers)
    message = {"type": "message", "content": [], "usage": {}}
    events = [{"type": "message_start", "message": message}, {"type": "message_delta"}, {"type": "message_stop"}]
    contract = infer("anthropic.messages", [streamed(events, request=request)], date=DAY)
    binds = contract.binds
    assert ("api.anthropic.com", "POST", "/v1/messages") == (binds.host, binds.method, binds.path)
    assert {"anthropic-version": ("2026-10-21",)} == binds.versions
    assert contract.order is not None
    assert "message_start" in contract.order.events
    assert all(each.source.startswith("https://") for each in contract.policy)
    assert contract.policy


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        (("2023-06-01",), {"type": "number"}),
        (("2026-10-21",), False),
        (("2023-06-01", "2026-10-21"), None),
    ],
)
def test_a_version_says_what_it_refuses(versions: tuple[str, ...], expected: dict[str, str] | bool | None) -> None:  # noqa: FBT001
    """A field that one version takes and the next refuses is in each as it says, and in both of them not at all."""
    request = asked("https://api.anthropic.com/v1/messages", {"model": "m", "messages": []})
    (group,) = operations([answered({"type": "message"}, request)])
    binds = replace(group.binds, versions={"anthropic-version": versions})
    found = reconciled("anthropic.messages", group.exchanges, (), date=DAY, binds=binds).contract
    assert expected == found.defs["request"]["properties"].get("temperature")  # type: ignore[index]


def test_half_an_answer_is_none() -> None:
    """A stream that the client left counts event by event, and not for what it adds up to."""
    request = asked("https://api.anthropic.com/v1/messages", {"model": "m", "messages": []})
    message = {"type": "message", "content": [], "usage": {}}
    events = [{"type": "message_start", "message": message}, {"type": "message_delta"}, {"type": "message_stop"}]
    parts = infer("anthropic.messages", [streamed(events, request=request, left=True)], date=DAY).parts
    assert ("request", "response.headers", "event") == parts
    assert "response" in infer("anthropic.messages", [streamed(events, request=request)], date=DAY).parts


def test_there_is_something_to_infer() -> None:
    """Requests are grouped by what they ask for: an operation that is known, or method, host and path."""
    chat = asked("http://127.0.0.1:9000/v1/chat/completions", {"model": "m", "messages": []})
    requests = [
        chat,
        asked("http://localhost:8000/orders/17"),
        asked("http://localhost:8000/orders/18?full=1"),
        asked("https://api.shop.io/v1/orders/", {}),
    ]
    groups = operations([answered({}, request) for request in requests])
    assert [("local.orders-one", 2), ("openai.chat", 1), ("shop.orders", 1)] == [
        (each.name, len(each.exchanges)) for each in groups
    ]
    assert ("GET", "localhost", "/orders/{id}") == (groups[0].binds.method, groups[0].binds.host, groups[0].binds.path)
    assert ["shop.orders"] == [
        each.name for each in operations([answered({}, request) for request in requests], "api.shop.io")
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/orders/17/items/2", "/orders/{id}/items/{id}"),
        ("/o/0b5c2a3e-9d1f-4c7b-8a6e-2f4d6c8b0a1e", "/o/{id}"),
        ("/o/5f2b8c9d0e1a2b3c4d5e6f70", "/o/{id}"),
        ("/o/ord_8f3kz92mq0", "/o/{id}"),
        ("/o/ord_000017", "/o/{id}"),
        ("/v1/orders/latest/", "/v1/orders/latest"),
        ("/", "/"),
    ],
)
def test_ids_in_a_path_are_any(path: str, expected: str) -> None:
    """Digits, UUIDs, digests and prefixed ids are no part of what a path names."""
    (group,) = operations([answered({}, asked(f"http://shop.io{path}"))])
    assert expected == group.binds.path


def test_what_a_person_calls_any_is_any() -> None:
    """`/o/{order}` gathers the orders whose names look like words, and leaves what lies beside and below them."""
    requests = [asked(f"http://shop.io{path}") for path in ("/o/first", "/o/second", "/o", "/o/first/lines", "/p/x")]
    groups = operations([answered({}, request) for request in requests], path="/o/{order}")
    found = {each.binds.path: len(each.exchanges) for each in groups}
    assert {"/o": 1, "/o/{order}": 2, "/o/first/lines": 1, "/p/x": 1} == found


@pytest.mark.parametrize("url", ["http://[::1/x", "http://h\x1b[1m/x", "no address", ""])
def test_what_has_no_address_is_left_out(url: str) -> None:
    """A recorded request that nobody can send again is no operation, and hides no other."""
    (group,) = operations([answered({}, asked(url)), answered({}, asked("http://shop.io/x"))])
    assert ("shop.x", 1) == (group.name, len(group.exchanges))


def test_nothing_to_learn_from_is_said() -> None:
    """Without an exchange, or without a document in any, there is no contract."""
    with pytest.raises(Unfit, match="no exchange of this operation was recorded"):
        infer("shop.orders", [], date=DAY)
    with pytest.raises(Unfit, match="has a JSON document"):
        infer("shop.orders", [streamed([])], date=DAY)
    with pytest.raises(Unfit, match="is no name"):
        infer("Orders", [answered({})], date=DAY)


def test_variants_alone_and_in_a_list_are_two() -> None:
    """A place that holds one block or a list of them has each as it was seen there: neither takes the other's name."""
    alone: Any = {"a": {"type": "t", "x": 1}}
    listed: Any = {"a": [{"type": "t", "y": "s"}, {"type": "u", "z": True}]}
    found = Validators(infer("shop.a", [answered(alone), answered(listed)] * 3, date=DAY))
    assert found.fits("response", alone)
    assert found.fits("response", listed)
    assert not found.fits("response", {"a": {"type": "t", "y": "s"}})
