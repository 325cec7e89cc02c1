"""Pairs of schemas and whether the first is included in the second, both ways.

Each line is a pair and two answers: `<` the first is included in the second and not the reverse, `=` both ways,
`x` neither. Every False brings a document that the validator has confirmed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from replaykit.contracts.validators import valid
from replaykit.core.contract.schema import included, intended

if TYPE_CHECKING:
    from replaykit.core.contract.schema import Schema

D4 = {"$schema": "http://json-schema.org/draft-04/schema#"}
D19 = {"$schema": "https://json-schema.org/draft/2019-09/schema"}
D20 = {"$schema": "https://json-schema.org/draft/2020-12/schema"}

TEXT = {"type": "string"}
COUNT = {"type": "integer"}
TREE = {"type": "object", "properties": {"left": {"$ref": "#"}, "size": COUNT}, "required": ["size"]}
LOOSE_TREE = {"type": "object", "properties": {"left": {"$ref": "#"}, "size": {"type": "number"}}}

PAIRS: dict[str, list[tuple[Any, str, Any]]] = {
    "kinds": [
        (COUNT, "<", {"type": "number"}),
        (TEXT, "<", {"type": ["null", "string"]}),
        ({"type": ["string", "null"]}, "=", {"anyOf": [{"type": "null"}, TEXT]}),
        (TEXT, "x", COUNT),
        (False, "<", TEXT),
        (TEXT, "<", True),
        ({"not": {}}, "=", False),
        ({"type": ["null", "boolean", "number", "string", "array", "object"]}, "=", True),
    ],
    "values": [
        ({"const": 1}, "=", {"enum": [1.0]}),
        ({"const": True}, "x", {"const": 1}),
        ({"enum": ["a", "b"]}, "<", {"enum": ["c", "b", "a"]}),
        ({"enum": ["a", 1]}, "<", {"type": ["string", "integer"]}),
        ({"type": "boolean"}, "=", {"enum": [False, True]}),
        ({"enum": ["a", 1, None], "type": "string"}, "=", {"const": "a"}),
        ({"const": {"a": [1]}}, "<", {"required": ["a"], "properties": {"a": {"items": COUNT}}}),
    ],
    "numbers": [
        ({"minimum": 3}, "<", {"exclusiveMinimum": 2}),
        ({"type": "integer", "minimum": 3}, "=", {"type": "integer", "exclusiveMinimum": 2}),
        ({"multipleOf": 6}, "<", {"multipleOf": 2}),
        ({"multipleOf": 6}, "=", {"allOf": [{"multipleOf": 2}, {"multipleOf": 3}]}),
        ({"multipleOf": 0.1}, "x", {"multipleOf": 0.25}),
        ({"type": "integer", "minimum": 1, "maximum": 3}, "=", {"enum": [1, 2, 3]}),
        ({"type": "number", "minimum": 5, "maximum": 1}, "=", False),
        ({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, "=", False),
        (D4 | {"minimum": 1, "exclusiveMinimum": True}, "=", {"exclusiveMinimum": 1}),
        (D4 | COUNT, "<", COUNT),
    ],
    "strings": [
        ({"minLength": 2}, "<", {"minLength": 1}),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "=", False),
        ({"type": "string", "pattern": "^ab?$"}, "=", {"enum": ["a", "ab"]}),
        ({"pattern": "^msg_[0-9a-f]{4}$"}, "<", {"pattern": "^msg_"}),
        ({"pattern": r"^\d+$"}, "<", {"pattern": r"^\w+$"}),
        ({"pattern": "^(a|b)*$"}, "=", {"pattern": "^[ab]*$"}),
        ({"pattern": "^a+$"}, "<", {"minLength": 1}),
        ({"type": "string", "pattern": "^.{3}$", "maxLength": 2}, "=", False),
        ({"pattern": "x*"}, "=", {"type": ["string", "null", "boolean", "number", "array", "object"]}),
        ({"format": "date"}, "x", {"format": "date-time"}),
        ({"type": "string", "format": "uuid"}, "<", TEXT),
        ({"contentEncoding": "base64"}, "x", {"contentEncoding": "base16", "minLength": 5}),
        ({"contentMediaType": "image/png"}, "x", {"contentMediaType": "image/gif"}),
    ],
    "objects": [
        ({"properties": {"a": TEXT}}, "<", {"properties": {"a": {}}}),
        ({"required": ["a", "b"]}, "<", {"required": ["b"]}),
        ({"properties": {"a": TEXT}, "additionalProperties": False}, "<", {"properties": {"a": TEXT, "b": COUNT}}),
        ({"type": "object", "properties": {"a": False}, "required": ["a"]}, "=", False),
        ({"type": "object", "additionalProperties": False}, "=", {"const": {}}),
        ({"type": "object", "maxProperties": 0}, "=", {"const": {}}),
        ({"patternProperties": {"^x": TEXT}}, "<", {"properties": {"x1": TEXT}}),
        ({"patternProperties": {"^x": TEXT, "y$": COUNT}}, "<", {"properties": {"xy": {"maxLength": 0}}}),
        ({"propertyNames": {"pattern": "^a"}}, "<", {"patternProperties": {"^b": False}}),
        ({"propertyNames": {"enum": ["a", "b"]}, "type": "object"}, "<", {"maxProperties": 2}),
        ({"dependencies": {"a": ["b"]}}, "<", {"dependencies": {"a": {"minProperties": 2}}}),
        (
            D20 | {"dependentRequired": {"a": ["b"]}},
            "=",
            {"anyOf": [{"not": {"required": ["a"]}}, {"required": ["b"]}, {"not": {"type": "object"}}]},
        ),
        ({"additionalProperties": COUNT}, "<", {"properties": {"a": {"type": "number"}}}),
        ({"minProperties": 3}, "<", {"minProperties": 2}),
        (
            D20 | {"allOf": [{"properties": {"a": TEXT}}], "unevaluatedProperties": False},
            "=",
            {"properties": {"a": TEXT}, "additionalProperties": False},
        ),
        (
            D20 | {"anyOf": [{"required": ["a"], "properties": {"a": TEXT}}, {}], "unevaluatedProperties": False},
            "=",
            {"properties": {"a": TEXT}, "additionalProperties": False},
        ),
    ],
    "arrays": [
        ({"items": COUNT}, "<", {"items": {"type": "number"}}),
        ({"items": [TEXT, COUNT]}, "<", {"items": [TEXT]}),
        (D20 | {"prefixItems": [TEXT], "items": False}, "=", {"items": [TEXT], "additionalItems": False}),
        ({"type": "array", "items": False}, "=", {"const": []}),
        ({"type": "array", "items": [True, False]}, "<", {"maxItems": 1}),
        ({"contains": COUNT}, "<", {"contains": {"type": "number"}}),
        ({"type": "array", "contains": TEXT, "items": COUNT}, "=", False),
        ({"type": "array", "contains": TEXT}, "<", {"minItems": 1}),
        (D20 | {"contains": TEXT, "minContains": 3}, "<", D20 | {"contains": TEXT, "minContains": 2}),
        (D20 | {"contains": TEXT, "maxContains": 1}, "<", D20 | {"contains": TEXT, "minContains": 0, "maxContains": 2}),
        ({"uniqueItems": True, "items": {"type": "boolean"}}, "<", {"maxItems": 2}),
        ({"maxItems": 1}, "<", {"uniqueItems": True}),
        (D19 | {"items": [TEXT], "unevaluatedItems": False}, "=", {"items": [TEXT], "additionalItems": False}),
    ],
    "together": [
        ({"allOf": [TEXT, {"minLength": 1}]}, "=", {"type": "string", "minLength": 1}),
        ({"anyOf": [{"minimum": 1}, {"maximum": 1}]}, "=", {}),
        ({"oneOf": [TEXT, COUNT]}, "=", {"anyOf": [COUNT, TEXT]}),
        ({"oneOf": [TEXT, {"type": ["string", "null"]}]}, "=", {"type": "null"}),
        ({"oneOf": [{"multipleOf": 2}, {"multipleOf": 3}]}, "<", {"anyOf": [{"multipleOf": 2}, {"multipleOf": 3}]}),
        ({"not": {"type": ["string", "null"]}}, "<", {"not": {"type": "null"}}),
        ({"not": {"required": ["a"]}}, "=", {"properties": {"a": False}, "type": "object"}),
        ({"not": {"not": {"minLength": 3}}}, "=", {"minLength": 3}),
        ({"if": TEXT, "then": {"minLength": 1}, "else": COUNT}, "=", {"anyOf": [TEXT | {"minLength": 1}, COUNT]}),
    ],
    "references": [
        ({"$ref": "#/definitions/a~1b%20c", "definitions": {"a/b c": TEXT}}, "=", TEXT),
        ({"$ref": "#a", "definitions": {"x": {"$id": "#a"} | COUNT}}, "=", COUNT),
        (D20 | {"$ref": "#a", "$defs": {"x": {"$anchor": "a"} | COUNT}, "minimum": 1}, "=", COUNT | {"minimum": 1}),
        ({"$ref": "#/definitions/a", "minimum": 1, "definitions": {"a": COUNT}}, "=", COUNT),
        (
            D20
            | {
                "$id": "https://example.org/a",
                "$ref": "b",
                "$defs": {"b": {"$id": "b", "$ref": "#/$defs/c", "$defs": {"c": TEXT}}},
            },
            "=",
            TEXT,
        ),
        (TREE, "<", LOOSE_TREE),
        ({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "=", False),
        ({"type": "array", "items": {"$ref": "#"}}, "<", {"type": "array", "items": {"type": "array"}}),
        (D4 | {"id": "https://example.org/x", "$ref": "#/definitions/a", "definitions": {"a": TEXT}}, "=", TEXT),
    ],
}

LABELS = {"<": (True, False), "=": (True, True), "x": (False, False)}

CASES = [
    pytest.param(old, new, LABELS[label], id=f"{topic}-{at}")
    for topic, pairs in PAIRS.items()
    for at, (old, label, new) in enumerate(pairs)
]


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_inclusion_is_decided(old: Schema, new: Schema, expected: tuple[bool, bool]) -> None:
    """Both directions are answered, and every no comes with a document that shows it."""
    there, back = included(old, new, valid=valid), included(new, old, valid=valid)
    assert expected == (there.answer, back.answer)
    for answer, first, second in ((there, old, new), (back, new, old)):
        assert (answer.answer is False) == bool(answer.witness)
        assert all(valid(first, document) and not valid(second, document) for document in answer.witness)


def variant(tag: str, **members: object) -> dict[str, Any]:
    """One variant of a union, told by its `type`."""
    return {"type": "object", "properties": {"type": {"const": tag}, **members}, "required": ["type", *members]}


@pytest.mark.parametrize("union", ["anyOf", "oneOf"])
def test_unions_are_told_apart_by_their_tag(union: str) -> None:
    """A variant more widens a union of thirty, a narrower member in one narrows it, and both are found."""
    variants = [variant(f"event_{at}", id=TEXT, size=COUNT) for at in range(30)]
    narrow = [*variants[:-1], variant("event_29", id={"const": "a"}, size=COUNT)]
    more = [*variants, variant("event_30", id=TEXT)]
    assert included({union: variants}, {union: more}, valid=valid).answer is True
    back = included({union: more}, {union: variants}, valid=valid)
    assert ({"type": "event_30", "id": ""},) == back.witness
    assert included({union: narrow}, {union: variants}, valid=valid).answer is True
    assert included({union: variants}, {union: narrow}, valid=valid).answer is False


def test_a_pattern_that_says_nothing_is_meant_for_the_whole_text() -> None:
    """By the standard `[a-z]*` is found in every text; what is meant is something else, and a change to it counts."""
    lower, upper = {"type": "string", "pattern": "[a-z]*"}, {"type": "string", "pattern": "[A-Z]*"}
    assert included(lower, upper, valid=valid).answer is True
    meant = intended(lower, upper, valid=valid)
    assert (False, ()) == (meant.answer, meant.witness)
    assert "meant for whole texts" in meant.why
    assert intended(lower, lower | {"title": "Name"}, valid=valid).answer is True


def test_what_is_meant_never_makes_a_no_a_yes() -> None:
    """A text that the standard lets through stays a counterexample, whatever the author meant."""
    loose, exact = {"type": "string", "pattern": "[a-z]*"}, {"type": "string", "pattern": "^[a-z]*$"}
    answer = intended(loose, exact, valid=valid)
    assert answer.answer is False
    assert valid(loose, answer.witness[0])


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "strin"}, '"strin" makes no sense as type'),
        ({"minLength": -1}, "-1 makes no sense as a least size"),
        ({"properties": [1]}, "[1] makes no sense as properties"),
        ({"multipleOf": 0}, "0 makes no sense as multipleOf"),
        ({"items": 7}, "7 makes no sense as schema"),
        ({"format": "made-up"}, "confirmed none"),
    ],
)
def test_what_cannot_be_decided_is_said(schema: dict[str, Any], said: str) -> None:
    """A schema that is none, or a form that nobody knows, gives no answer and a reason."""
    answer = included({"type": "string"}, schema, valid=valid)
    assert answer.answer is None
    assert said in answer.why


def test_a_reference_out_of_the_document_equals_itself_only() -> None:
    """Nothing is fetched: the same address is the same schema, another one is unknown."""
    here = {"properties": {"a": {"$ref": "https://example.org/a"}, "b": TEXT}}
    loose = {"properties": {"a": {"$ref": "https://example.org/a"}}}
    other = {"properties": {"a": {"$ref": "https://example.org/b"}}}
    assert included(here, loose, valid=lambda *_: False).answer is True
    assert included(here, other, valid=lambda *_: False).answer is None


def test_titles_and_key_order_say_nothing() -> None:
    """Schemas that differ in annotations and in order only are one."""
    old = {"title": "A", "type": "object", "properties": {"a": TEXT, "b": COUNT}, "required": ["a", "b"]}
    new = {"required": ["b", "a"], "properties": {"b": COUNT | {"description": "…"}, "a": TEXT}, "type": "object"}
    assert included(old, new, valid=lambda *_: False).answer is True
    assert included(new, old, valid=lambda *_: False).answer is True


def test_what_was_concluded_in_a_circle_is_forgotten_with_it() -> None:
    """A part that has no value while its whole is thought to have none has one, once the whole is seen to have one."""
    whole = {"anyOf": [needs("a", "#/definitions/part"), needs("b", "#/definitions/text")]}
    definitions = {"whole": whole, "part": needs("a", "#/definitions/whole"), "text": TEXT}
    both = {"allOf": [needs("x", "#/definitions/whole"), needs("y", "#/definitions/part")], "definitions": definitions}
    answer = included(both, False, valid=valid)  # noqa: FBT003 - a schema
    assert answer.answer is False
    assert valid(both, answer.witness[0])


def needs(name: str, reference: str) -> dict[str, Any]:
    """An object that must have a member, and what that is."""
    return {"type": "object", "properties": {name: {"$ref": reference}}, "required": [name]}
