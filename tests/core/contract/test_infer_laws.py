"""Laws of inference: what was seen is allowed, tags are never merged, and order does not matter."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from replaykit.contracts.validators import Validators
from replaykit.core.contract.check import Check
from replaykit.core.contract.infer import Declaration, infer, reconciled
from replaykit.core.contract.model import read, write
from tests.core.contract.traffic import answered

DAY = "2026-11-20"

NAMES = st.sampled_from(["id", "type", "object", "role", "a", "b", "items", "17", "properties"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.sampled_from(["", "text", "call", "msg_12345678", "2026-11-20T10:00:00Z", "Hello, you", "x y"]) | st.text()
VALUES = st.recursive(
    LEAVES | TEXTS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=12
)
DOCUMENTS = st.lists(VALUES, min_size=1, max_size=30)

TAGGED = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "call", "image"])},
    optional={"text": st.text(), "name": st.integers(), "on": st.booleans()},
)


@settings(max_examples=60)
@given(DOCUMENTS)
def test_what_was_seen_is_allowed(documents: list[Any]) -> None:
    """Every document is valid under what was learned from it and others, and no news; the contract reads back."""
    exchanges = [answered(each) for each in documents]
    contract = infer("shop.orders", exchanges, date=DAY)
    validator = Draft202012Validator(contract.schema("response"))
    assert [] == [each for each in documents if not validator.is_valid(each)]
    assert contract == read(json.loads(json.dumps(write(contract))))
    check = Check(contract, Validators(contract))
    assert [] == [finding for each in exchanges for finding in check.exchange(each).findings]


@settings(max_examples=60)
@given(DOCUMENTS, st.randoms(use_true_random=False))
def test_order_does_not_matter(documents: list[Any], dice: Any) -> None:
    """The same answers in another order give the same contract, and so does asking twice."""
    exchanges = [answered(each) for each in documents]
    first = write(infer("shop.orders", exchanges, date=DAY))
    assert first == write(infer("shop.orders", exchanges, date=DAY))
    dice.shuffle(exchanges)
    assert first == write(infer("shop.orders", exchanges, date=DAY))


@given(st.lists(TAGGED, min_size=1, max_size=20))
def test_tags_are_never_merged(items: list[dict[str, Any]]) -> None:
    """A variant knows the fields that objects of its tag had, and no others; another tag is no variant."""
    contract = infer("shop.orders", [answered({"items": items})], date=DAY)
    union: Any = contract.defs["response"]["properties"]["items"]["items"]  # type: ignore[index]
    known = {
        each["$ref"].rpartition(".")[2]: contract.defs[each["$ref"].removeprefix("#/$defs/")] for each in union["oneOf"]
    }
    expected = {
        item["type"]: {name for each in items if each["type"] == item["type"] for name in each} for item in items
    }
    assert expected == {tag: set(schema["properties"]) for tag, schema in known.items()}  # type: ignore[index]
    assert not Draft202012Validator(contract.schema("response")).is_valid({"items": [{**items[0], "type": "wrong"}]})


@given(st.lists(TAGGED, min_size=2, max_size=4))
def test_thin_evidence_breaks_nothing(items: list[dict[str, Any]]) -> None:
    """What is learned from the first of a few answers says of the others at most that something is new or gone."""
    exchanges = [answered({"items": [each]}) for each in items]
    contract = infer("shop.orders", exchanges[:1], date=DAY)
    check = Check(contract, Validators(contract))
    grades = {finding.grade for each in exchanges for finding in check.exchange(each).findings}
    assert grades <= {"ADD", "RISK"}


def declaration(schema: dict[str, Any]) -> Declaration:
    """What a package declares of an answer."""
    return Declaration("response", "shop 1.0: shop:Order", schema)


FIELDS = {
    "id": {"type": "string"},
    "state": {"anyOf": [{"enum": ["open", "paid"], "type": "string"}, {"type": "null"}]},
    "total": {"type": "integer"},
    "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
}
LINE = {"type": "object", "title": "Line", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}


@settings(max_examples=50)
@given(st.sets(st.sampled_from(sorted(FIELDS))), st.lists(st.dictionaries(st.sampled_from(sorted(FIELDS)), VALUES)))
def test_the_more_permissive_holds(required: set[str], documents: list[Any]) -> None:
    """Whatever a source declares, what was seen is allowed; and saying it twice says nothing new."""
    schema = {
        "type": "object",
        "title": "Order",
        "properties": FIELDS,
        "required": sorted(required),
        "$defs": {"Line": LINE},
    }
    exchanges = [answered(each) for each in documents]
    once = reconciled("shop.orders", exchanges, [declaration(schema)], date=DAY)
    twice = reconciled("shop.orders", exchanges, [declaration(schema)] * 2, date=DAY)
    validator = Draft202012Validator(once.contract.schema("response"))
    assert [] == [each for each in documents if not validator.is_valid(each)]
    assert once == twice
