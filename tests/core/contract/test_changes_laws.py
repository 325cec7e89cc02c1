"""The laws of comparing: equal schemas have no change, verdicts are true, and ADD rejects nobody.

    requests    all changes are ADD: what was sent before, of fields that were known, is still accepted
    answers     all changes are ADD: what now comes, without the fields that nobody knew, was possible before

Objects are open: what is said of a field that one side does not know is news, and no promise.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from replaykit.contracts.validators import valid
from replaykit.core.contract.changes import Comparison, compared

if TYPE_CHECKING:
    from replaykit.core.contract.model import Schema
    from replaykit.core.model import JSON

NAMES = st.sampled_from(["a", "b", "c"])
LEAVES: st.SearchStrategy[Any] = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "minLength": 2},
        {"type": "string", "pattern": "^m_"},
        {"type": "integer"},
        {"type": "number"},
        {"type": "integer", "minimum": 0, "maximum": 5},
        {"type": ["string", "null"]},
        {"type": "boolean"},
        {"enum": ["x", "y"]},
        {"enum": ["x", "y", "z", None]},
        {"const": "x"},
        {"enum": [1, 2]},
        {},
    ]
)


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects of up to three fields, some of them required."""
    return st.dictionaries(NAMES, inner, max_size=3).flatmap(
        lambda fields: (
            st.lists(st.sampled_from(sorted(fields)), unique=True).map(
                lambda names: {"type": "object", "properties": fields, "required": names}
            )
            if fields
            else st.just({"type": "object"})
        )
    )


def unions(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects that are told apart by their type."""

    def tagged(parts: dict[str, Any]) -> dict[str, Any]:
        return {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["type", *part.get("required", [])],
                    "properties": {**part.get("properties", {}), "type": {"const": name}},
                }
                for name, part in parts.items()
            ]
        }

    return st.dictionaries(st.sampled_from(["t", "u", "v"]), objects(inner), min_size=1, max_size=3).map(tagged)


SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        objects(inner),
        unions(inner),
        inner.map(lambda each: {"type": "array", "items": each}),
        inner.map(lambda each: {"type": "object", "additionalProperties": each}),
        inner.map(lambda each: {"anyOf": [each, {"type": "null"}]}),
    ),
    max_leaves=5,
)
"""Schemas as contracts have them."""


def edited(schema: Schema, draw: st.DrawFn) -> Schema:
    """The schema with one place in it made different."""
    if not isinstance(schema, dict) or draw(st.integers(0, 3)) == 0:
        return draw(LEAVES)  # type: ignore[no-any-return]
    result = copy.deepcopy(schema)
    if result.get("properties"):
        name = draw(st.sampled_from(sorted(result["properties"])))
        match draw(st.sampled_from(["inside", "required", "added", "gone"])):
            case "inside" if name != "type":
                result["properties"][name] = edited(result["properties"][name], draw)
            case "required" if name != "type":
                result["required"] = sorted({*result.get("required", [])} ^ {name})
            case "gone" if name != "type":
                del result["properties"][name]
                result["required"] = [each for each in result.get("required", []) if each != name]
            case _:
                result["properties"].setdefault("d", draw(LEAVES))
    elif "oneOf" in result:
        index = draw(st.integers(0, len(result["oneOf"]) - 1))
        result["oneOf"][index] = edited(result["oneOf"][index], draw)
    elif "enum" in result:
        result["enum"] = draw(st.lists(st.sampled_from(["x", "y", "z", "w"]), min_size=1, unique=True))
    elif isinstance(result.get("items"), dict):
        result["items"] = edited(result["items"], draw)
    else:
        return draw(LEAVES)  # type: ignore[no-any-return]
    return result


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Schema, Schema]:
    """A schema and what became of it."""
    old = draw(SCHEMAS)
    return old, edited(old, draw)


def documents(schema: Schema) -> st.SearchStrategy[JSON]:
    """Documents that are made of what a schema names: most of them valid under it."""
    if not isinstance(schema, dict) or not schema:
        return st.sampled_from([None, 1, "x", [], {}])
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return st.one_of([documents(each) for each in schema[word]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([typed(name, schema) for name in types])


def typed(name: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one for each type
    """Documents of one type."""
    match name:
        case "object":
            fields = {key: documents(each) for key, each in schema.get("properties", {}).items()}
            due = [key for key in fields if key in schema.get("required", [])]
            rest = {key: each for key, each in fields.items() if key not in due}
            if isinstance(more := schema.get("additionalProperties"), dict):
                return st.dictionaries(NAMES, documents(more), max_size=2)
            return st.fixed_dictionaries({key: fields[key] for key in due}, optional=rest)
        case "array":
            return st.lists(documents(schema.get("items", True)), max_size=2)
        case "string":
            return st.sampled_from(["x", "y", "w", "m_1", "none of them"])
        case "integer":
            return st.integers(-1, 9)
        case "number":
            return st.sampled_from([0.5, 1, 7])
        case "boolean":
            return st.booleans()
        case _:
            return st.none()


def known(document: JSON, schema: Schema) -> JSON:
    """The document without the fields that a schema does not know."""
    if not isinstance(schema, dict):
        return document
    for word in ("anyOf", "oneOf"):
        for each in schema.get(word, []):
            if valid(each, cut := known(document, each)):
                return cut
    if isinstance(document, list) and isinstance(schema.get("items"), dict):
        return [known(item, schema["items"]) for item in document]
    if isinstance(document, dict):
        other = schema.get("additionalProperties", True)
        if fields := schema.get("properties"):
            return {name: known(each, fields[name]) for name, each in document.items() if name in fields}
        return {name: known(each, other) for name, each in document.items()}
    return document


@settings(max_examples=60, deadline=None)
@given(SCHEMAS)
def test_a_schema_equals_itself(schema: Schema) -> None:
    """No change, and both verdicts are yes."""
    assert Comparison() == compared(schema, copy.deepcopy(schema), valid=valid)


@settings(max_examples=60, deadline=None)
@given(pairs(), st.data())
def test_verdicts_and_counterexamples_are_true(pair: tuple[Schema, Schema], data: st.DataObject) -> None:
    """A yes is contradicted by no document, a counterexample is one, no change means two yeses."""
    old, new = pair
    found = compared(old, new, valid=valid)
    document = data.draw(documents(old))
    assert not (found.backward and valid(old, document) and not valid(new, document))
    document = data.draw(documents(new))
    assert not (found.forward and valid(new, document) and not valid(old, document))
    assert found.changes or (found.backward, found.forward) == (True, True)
    for change in found.changes:
        if shown := change.counterexample:
            ours, theirs = (old, new) if shown.under == "old" else (new, old)
            assert valid(ours, shown.document)
            assert not valid(theirs, shown.document)


@settings(max_examples=120, deadline=None)
@given(pairs(), st.data())
def test_an_addition_rejects_no_document(pair: tuple[Schema, Schema], data: st.DataObject) -> None:
    """Where all is ADD, no request that was accepted is refused, and no answer surprises."""
    old, new = pair
    if all(change.grade == "ADD" for change in compared(old, new, "request", valid=valid).changes):
        sent = data.draw(documents(old))
        assert not valid(old, sent) or valid(new, sent)
    if all(change.grade == "ADD" for change in compared(old, new, valid=valid).changes):
        answer = data.draw(documents(new))
        assert not valid(new, answer) or valid(old, known(answer, old))
