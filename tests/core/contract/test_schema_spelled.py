"""Schemas in which the same words say something else: no yes rests on how they are spelled."""

from __future__ import annotations

from typing import Any

import pytest

from replaykit.contracts.validators import valid
from replaykit.core.contract.changes import compared
from replaykit.core.contract.schema import included
from replaykit.core.contract.schema.words import regular

LATEST = "https://json-schema.org/draft/2020-12/schema"


def bundled(kind: str) -> dict[str, Any]:
    """A document with another one in it, which has an address and definitions of its own."""
    inner = {"$id": "https://shop.example/item", "$ref": "#/$defs/a", "$defs": {"a": {"type": kind}}}
    return {"$schema": LATEST, "$id": "https://shop.example/", "$defs": {"a": {}}, "properties": {"x": inner}}


def tree(**leaf: str) -> dict[str, Any]:
    """A tree of nodes, and a document around it that asks more of each."""
    node = {
        "$id": "https://shop.example/tree",
        "$dynamicAnchor": "node",
        "properties": {"children": {"type": "array", "items": leaf}},
    }
    more = {"$dynamicAnchor": "node", "$ref": "tree", "properties": {"x": {"type": "string"}}}
    return {"$schema": LATEST, "$id": "https://shop.example/strict", **more, "$defs": {"tree": node}}


def latest(**words: Any) -> dict[str, Any]:
    """A schema of the latest draft."""
    return {"$schema": LATEST, **words}


REST = {"unevaluatedItems": False}
WRONG: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "definitions of another address": (bundled("string"), bundled("integer")),
    "an integer before draft 6": (
        {"$schema": "http://json-schema.org/draft-07/schema#", "type": "integer"},
        {"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"},
    ),
    "what leads where somebody came from": (tree(**{"$ref": "#"}), tree(**{"$dynamicRef": "#node"})),
    "what is there to be counted": (
        latest(contains={}, minContains=0, **REST),
        latest(contains={"required": ["a"]}, minContains=0, **REST),
    ),
    "what is there to be left out": (
        latest(contains={"const": 1}, prefixItems=[True, True], **REST),
        latest(contains={"const": 1}, prefixItems=[True], **REST),
    ),
    "what allows everything beside what judges the rest": (
        latest(additionalProperties=True, unevaluatedProperties=False),
        latest(unevaluatedProperties=False),
    ),
    "a draft that nobody reads": (
        {"$schema": "http://json-schema.org/draft-03/schema#"},
        {"$schema": "http://json-schema.org/draft-03/schema#", "disallow": "string"},
    ),
    "a number that is none": ({"const": float("nan")}, {"const": None}),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_only_spelled_alike_is_not_compatible(name: str) -> None:
    """Each pair has documents that the old schema accepts and the new one refuses; neither question is said yes to."""
    old, new = WRONG[name]
    assert included(old, new, valid=valid).answer is not True
    comparison = compared(old, new, valid=valid)
    assert comparison.backward is not True
    assert comparison.changes


def test_what_cannot_be_taken_apart_equals_itself() -> None:
    """A title within it, and around it, changes nothing about it."""
    old = latest(contains={"const": 1}, prefixItems=[True], **REST)
    new = latest(title="a row", contains={"const": 1, "description": "one"}, prefixItems=[True], **REST)
    assert included(old, new, valid=valid).answer is True
    assert not compared(old, new, valid=valid).changes


@pytest.mark.parametrize("pattern", [r"^\ud83d\ude00$", "^a{,3}$", r"^\x+1$"])
def test_a_pattern_that_engines_read_differently_is_not_reasoned_about(pattern: str) -> None:
    """Halves of a character, counts without a beginning and signs among digits mean this here and that there."""
    assert not regular(pattern)
