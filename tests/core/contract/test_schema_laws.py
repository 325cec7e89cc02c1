"""The laws of inclusion, for schemas at random: yes is never contradicted, no is always shown, equal is included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from replaykit.contracts.validators import valid
from replaykit.core.contract.schema import included
from tests.core.contract.schemas import DIALECT, documents, editions, names, parts, schemas

if TYPE_CHECKING:
    from replaykit.core.model import JSON

FEW = settings(max_examples=40)


@FEW
@given(schemas())
def test_a_schema_is_included_in_itself(schema: dict[str, Any]) -> None:
    """Every schema accepts what it accepts, spelled the same or wrapped."""
    assert included(schema, schema, valid=valid).answer is True
    assert included(schema, {"title": "the same"} | schema, valid=valid).answer is True
    assert included(schema, schema | {"allOf": [{"allOf": schema["allOf"]}]}, valid=valid).answer is True


@settings(max_examples=90)
@given(editions(), st.lists(documents, max_size=6))
def test_an_answer_is_never_contradicted(pair: tuple[dict[str, Any], dict[str, Any]], tried: list[JSON]) -> None:
    """No document refutes a yes, and the document of a no shows it."""
    for old, new in (pair, pair[::-1]):
        answer = included(old, new, valid=valid)
        shown = [
            document for document in [*tried, *answer.witness] if valid(old, document) and not valid(new, document)
        ]
        assert not (answer.answer is True and shown)
        assert not (answer.answer is False and not shown)


@FEW
@given(editions())
def test_both_together_are_included_in_each(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """What both editions accept, each accepts; what one accepts, either accepts."""
    old, new = pair
    both = old | {"allOf": [*old["allOf"], *new["allOf"]]}
    either = old | {"allOf": [{"anyOf": [{"allOf": old["allOf"]}, {"allOf": new["allOf"]}]}]}
    for edition in pair:
        assert included(both, edition, valid=valid).answer is not False
        assert included(edition, either, valid=valid).answer is not False


@FEW
@given(st.dictionaries(names, parts, max_size=3), parts, st.sets(names, max_size=2))
def test_a_closed_object_may_get_an_optional_member(members: dict[str, Any], more: object, needed: set[str]) -> None:
    """An object that allows nothing else is included in the same with one member more."""
    rest = {"$schema": DIALECT, "$defs": {"node": True}, "type": "object", "additionalProperties": False}
    old = rest | {"properties": members, "required": sorted(needed)}
    new = old | {"properties": members | {"fresh": more}}
    assert included(old, new, valid=valid).answer is True


@FEW
@given(st.lists(documents, min_size=1, max_size=4), documents)
def test_an_enumeration_may_get_a_value(values: list[JSON], more: JSON) -> None:
    """A list of values is included in a longer one, and the reverse is true only of a value that was there."""
    longer = {"enum": [*values, more]}
    assert included({"enum": values}, longer, valid=valid).answer is True
    assert included(longer, {"enum": values}, valid=valid).answer is valid({"enum": values}, more)


@FEW
@given(st.integers(0, 4), st.integers(0, 2), st.integers(0, 3))
def test_a_bound_may_become_wider(low: int, span: int, wider: int) -> None:
    """Wider bounds include narrower ones, for numbers and for every size, and the reverse only where none is wider."""
    for kind, least, most in (
        ("number", "minimum", "maximum"),
        ("string", "minLength", "maxLength"),
        ("array", "minItems", "maxItems"),
        ("object", "minProperties", "maxProperties"),
    ):
        old = {"type": kind, least: low, most: low + span}
        new = {"type": kind, least: max(low - wider, 0), most: low + span + wider}
        assert included(old, new, valid=valid).answer is True
        assert included(new, old, valid=valid).answer is (not wider)
