"""Large and hostile schemas: every question ends after a number of steps, and real ones are quick."""

from __future__ import annotations

import copy
import time
from functools import cache
from typing import Any

import pytest

from replaykit.contracts.validators import valid
from replaykit.core.contract.schema import included
from replaykit.core.contract.schema.limits import STEPS, Budget


def nested(depth: int, leaf: dict[str, Any]) -> dict[str, Any]:
    """An object in an object in an object."""
    for _ in range(depth):
        leaf = {"type": "object", "properties": {"a": leaf}, "required": ["a"]}
    return leaf


def untagged(most: int) -> dict[str, Any]:
    """Many variants that nothing tells apart."""
    return {
        "anyOf": [{"properties": {f"p{at}": {"maximum": at + most}, f"q{at}": {"minimum": at}}} for at in range(40)]
    }


DOUBLED = {f"d{at}": {"properties": {name: {"$ref": f"#/definitions/d{at + 1}"} for name in "ab"}} for at in range(30)}

HOSTILE: dict[str, tuple[Any, Any]] = {
    "deep": (nested(400, {"type": "string"}), nested(400, {"type": "integer"})),
    "alternatives": (
        {"allOf": [untagged(1)] * 3},
        {"allOf": [untagged(0), {"anyOf": [untagged(0), {"minProperties": 9}]}]},
    ),
    "states": ({"pattern": "^(.*a.{19})$"}, {"pattern": "^(.*a.{19})$|^b+$|^(.*b.{19})$"}),
    "long text": ({"type": "string", "minLength": 10**9}, {"minLength": 10**9 + 1}),
    "long array": ({"type": "array", "minItems": 10**9}, {"minItems": 10**9 + 1}),
    "many members": ({"type": "object", "minProperties": 10**9}, {"minProperties": 10**9 + 1}),
    "itself": ({"$ref": "#"}, {"type": "string"}),
    "each other": ({"$ref": "#/definitions/a", "definitions": {"a": {"allOf": [{"$ref": "#"}]}}}, {"type": "string"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_every_question_ends(name: str) -> None:
    """Within the steps that there are, with an answer or with the reason why there is none."""
    old, new = HOSTILE[name]
    budget = Budget(STEPS // 5)
    answer = included(old, new, valid=valid, budget=budget)
    assert answer.answer is not None or answer.why
    assert budget.left >= -(STEPS // 5)


def test_what_is_said_twice_is_looked_at_once() -> None:
    """Definitions that each refer twice to the next are 30 questions, not a billion."""
    old = {"$ref": "#/definitions/d0", "definitions": DOUBLED | {"d30": {"type": "string"}}}
    new = {"$ref": "#/definitions/d0", "definitions": DOUBLED | {"d30": {"type": ["string", "null"]}}}
    budget = Budget()
    assert included(old, new, valid=valid, budget=budget).answer is True
    assert STEPS - budget.left < 20_000


@cache
def events() -> dict[str, Any]:
    """The schema of OpenAI's stream events as its SDK has it: some 50 variants, 180 kB."""
    responses = pytest.importorskip("openai.types.responses")
    pydantic = pytest.importorskip("pydantic")
    schema: dict[str, Any] = pydantic.TypeAdapter(responses.ResponseStreamEvent).json_schema()
    return schema


def test_a_large_schema_is_itself_at_once() -> None:
    """No step is needed to see that a schema is itself, and few where only a title differs."""
    budget = Budget()
    began = time.perf_counter()
    assert included(events(), copy.deepcopy(events()), valid=valid, budget=budget).answer is True
    assert included(events(), events() | {"title": "Event"}, valid=valid, budget=budget).answer is True
    assert time.perf_counter() - began < 5
    assert STEPS - budget.left < 100


def test_one_edited_leaf_of_a_large_schema_is_found() -> None:
    """A type that became wider deep inside is included one way, and the document that shows the other holds it."""
    wider = copy.deepcopy(events())
    wider["$defs"]["ResponseUsage"]["properties"]["total_tokens"] = {"type": ["integer", "null"]}
    budget = Budget()
    assert included(events(), wider, valid=valid, budget=budget).answer is True
    back = included(wider, events(), valid=valid, budget=budget)
    assert back.answer is False
    assert back.witness[0]["response"]["usage"]["total_tokens"] is None  # type: ignore[index,call-overload]
    assert budget.left > 0
