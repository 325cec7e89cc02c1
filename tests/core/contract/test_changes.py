"""Two schemas, side by side: each change once, graded by its direction, at its place, and nothing else."""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.contracts.validators import valid
from replaykit.core.contract.changes import Change, Comparison, compared
from replaykit.core.contract.changes.moves import MOVES
from replaykit.core.contract.changes.words import form
from replaykit.core.contract.grades import KINDS

if TYPE_CHECKING:
    from replaykit.core.contract.grades import Direction
    from replaykit.core.contract.model import Schema
    from replaykit.core.model import JSON

TEXT: dict[str, Any] = {
    "type": "object",
    "required": ["type", "text"],
    "properties": {"type": {"const": "text"}, "text": {"type": "string"}, "note": {"type": "string"}},
}
TOOL: dict[str, Any] = {
    "type": "object",
    "required": ["type", "name"],
    "properties": {"type": {"const": "tool"}, "name": {"type": "string"}, "input": {"type": "object"}},
}
PING: dict[str, Any] = {"type": "object", "required": ["type"], "properties": {"type": {"const": "ping"}}}


def fields(required: str = "", /, **properties: Any) -> dict[str, Any]:
    """An object with these fields; `required` names some of them."""
    return {"type": "object", "required": required.split(), "properties": properties}


def either(*variants: Schema) -> dict[str, Any]:
    """An array of variants that are told apart by `type`."""
    return fields(content={"type": "array", "items": {"discriminator": {"propertyName": "type"}, "oneOf": [*variants]}})


def changed(schema: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """The object with other fields; None takes one away."""
    kept = {**schema["properties"], **properties}
    return {**schema, "properties": {name: each for name, each in kept.items() if each is not None}}


def told(old: Schema, new: Schema, direction: Direction = "response") -> list[tuple[str, str, str]]:
    """What changed: id, path and text of each change."""
    return [(each.id, each.path, each.text) for each in compared(old, new, direction, valid=valid).changes]


STRING, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
OBJECT = {"type": "object"}

CASES: dict[str, tuple[Schema, Schema, tuple[str, str, str], tuple[str, str, str]]] = {
    "a new field": (
        fields(a=STRING),
        fields(a=STRING, b=INTEGER),
        ("res.field.added", "/b", "integer, optional"),
        ("req.field.added", "/b", "integer, optional"),
    ),
    "a new required field": (
        fields(a=STRING),
        fields("b", a=STRING, b=INTEGER),
        ("res.field.added", "/b", "integer, required"),
        ("req.field.required", "/b", "integer, required"),
    ),
    "a required field is gone": (
        fields("a b", a=STRING, b=STRING),
        fields("a", a=STRING),
        ("res.field.removed", "/b", "string, required"),
        ("req.field.refused", "/b", "string, required"),
    ),
    "an optional field is gone": (
        fields(a=STRING, b=STRING),
        fields(a=STRING),
        ("res.field.dropped", "/b", "string, optional"),
        ("req.field.refused", "/b", "string, optional"),
    ),
    "a field that was always seen is gone": (
        fields(a=STRING, b={**STRING, "x-seen": [41, 41]}),
        fields(a=STRING),
        ("res.field.optional", "/b", "seen every time → not known"),
        ("req.field.refused", "/b", "seen every time → not known"),
    ),
    "a field is refused": (
        fields(temperature=NUMBER),
        fields(temperature=False),
        ("res.field.dropped", "/temperature", "number → refused"),
        ("req.field.refused", "/temperature", "number → refused"),
    ),
    "a required field is refused": (
        fields("a", a=NUMBER),
        fields(a=False),
        ("res.field.removed", "/a", "number → refused"),
        ("req.field.refused", "/a", "number → refused"),
    ),
    "a refused field is allowed": (
        fields(a=False),
        fields(a=NUMBER),
        ("res.field.added", "/a", "refused → number"),
        ("req.field.added", "/a", "refused → number"),
    ),
    "required becomes optional": (
        fields("a", a=STRING),
        fields(a=STRING),
        ("res.field.optional", "/a", "required → optional"),
        ("req.field.optional", "/a", "required → optional"),
    ),
    "optional becomes required": (
        fields(a=STRING),
        fields("a", a=STRING),
        ("res.field.required", "/a", "optional → required"),
        ("req.field.required", "/a", "optional → required"),
    ),
    "another type": (
        fields(a=STRING),
        fields(a=INTEGER),
        ("res.type.changed", "/a", "string → integer"),
        ("req.type.changed", "/a", "string → integer"),
    ),
    "integers become numbers": (
        fields(a=INTEGER),
        fields(a=NUMBER),
        ("res.type.widened", "/a", "integer → number"),
        ("req.type.widened", "/a", "integer → number"),
    ),
    "numbers become integers": (
        fields(a=NUMBER),
        fields(a=INTEGER),
        ("res.type.narrowed", "/a", "number → integer"),
        ("req.type.narrowed", "/a", "number → integer"),
    ),
    "null is allowed": (
        fields(a=STRING),
        fields(a={"anyOf": [STRING, {"type": "null"}]}),
        ("res.null.added", "/a", "string → null or string"),
        ("req.type.widened", "/a", "string → null or string"),
    ),
    "null is no longer allowed": (
        fields(a={"type": ["string", "null"]}),
        fields(a=STRING),
        ("res.type.narrowed", "/a", "null or string → string"),
        ("req.type.narrowed", "/a", "null or string → string"),
    ),
    "anything goes": (
        fields(a=STRING),
        fields(a={}),
        ("res.type.widened", "/a", "string → anything"),
        ("req.type.widened", "/a", "string → anything"),
    ),
    "a new value": (
        fields(a={"enum": ["x", "y"]}),
        fields(a={"enum": ["y", "z", "x"]}),
        ("res.enum.added", "/a", '"z"'),
        ("req.enum.added", "/a", '"z"'),
    ),
    "a value is gone": (
        fields(a={"enum": ["x", "y", None]}),
        fields(a={"enum": ["x", None]}),
        ("res.enum.removed", "/a", '"y"'),
        ("req.enum.removed", "/a", '"y"'),
    ),
    "any text where some were": (
        fields(a={"enum": ["x", "y"]}),
        fields(a=STRING),
        ("res.enum.added", "/a", '"x" or "y" → any string'),
        ("req.enum.added", "/a", '"x" or "y" → any string'),
    ),
    "another constant": (
        fields(object={"const": "list"}),
        fields(object={"const": "page"}),
        ("res.const.changed", "/object", '"list" → "page"'),
        ("req.const.changed", "/object", '"list" → "page"'),
    ),
    "another prefix": (
        fields(id={**STRING, "pattern": "^msg_"}),
        fields(id={**STRING, "pattern": "^m-"}),
        ("res.format.changed", "/id", 'pattern "^msg_" → pattern "^m-"'),
        ("req.format.changed", "/id", 'pattern "^msg_" → pattern "^m-"'),
    ),
    "a prefix is promised": (
        fields(id=STRING),
        fields(id={**STRING, "pattern": "^msg_"}),
        ("res.bound.narrowed", "/id", 'any → pattern "^msg_"'),
        ("req.format.changed", "/id", 'any → pattern "^msg_"'),
    ),
    "wider bounds": (
        fields(a={**INTEGER, "minimum": 0, "maximum": 10}),
        fields(a={**INTEGER, "minimum": 0, "maximum": 20}),
        ("res.bound.widened", "/a", "maximum 10 → maximum 20"),
        ("req.bound.widened", "/a", "maximum 10 → maximum 20"),
    ),
    "narrower bounds": (
        fields(a={"type": "array", "items": STRING}),
        fields(a={"type": "array", "items": STRING, "maxItems": 3}),
        ("res.bound.narrowed", "/a", "any → maxItems 3"),
        ("req.bound.narrowed", "/a", "any → maxItems 3"),
    ),
    "a new variant": (
        either(TEXT),
        either(TEXT, TOOL),
        ("res.variant.added", "/content/*", '"tool"'),
        ("req.variant.added", "/content/*", '"tool"'),
    ),
    "a variant is gone": (
        either(TEXT, TOOL),
        either(TOOL),
        ("res.variant.removed", "/content/*", '"text"'),
        ("req.variant.removed", "/content/*", '"text"'),
    ),
    "within a variant": (
        either(TEXT, TOOL),
        either(changed(TEXT, note=INTEGER), TOOL),
        ("res.type.changed", "/content/*<text>/note", "string → integer"),
        ("req.type.changed", "/content/*<text>/note", "string → integer"),
    ),
    "a tag is no longer required": (
        either(TEXT, TOOL),
        either({**TEXT, "required": ["text"]}, TOOL),
        ("res.tag.missing", "/content/*<text>/type", "required → optional"),
        ("req.type.widened", "/content/*<text>/type", "required → optional"),
    ),
    "the values of a map": (
        fields(a={"type": "object", "additionalProperties": INTEGER}),
        fields(a={"type": "object", "additionalProperties": STRING}),
        ("res.type.changed", "/a/*", "integer → string"),
        ("req.type.changed", "/a/*", "integer → string"),
    ),
    "no other fields": (
        {**fields(a=STRING), "additionalProperties": True},
        {**fields(a=STRING), "additionalProperties": False},
        ("res.bound.narrowed", "/*", "other fields: anything → no other field"),
        ("req.field.refused", "/*", "other fields: anything → no other field"),
    ),
    "a free object gets fields": (
        fields(a=OBJECT),
        fields(a=fields("b", b=STRING)),
        ("res.type.narrowed", "/a", "any object → object of b"),
        ("req.type.narrowed", "/a", "any object → object of b"),
    ),
    "an item with a place of its own": (
        fields(a={"type": "array", "items": [STRING, STRING]}),
        fields(a={"type": "array", "items": [STRING, INTEGER]}),
        ("res.type.changed", "/a/1", "string → integer"),
        ("req.type.changed", "/a/1", "string → integer"),
    ),
    "what must not be": (
        fields(a={**STRING, "not": {"maxLength": 2}}),
        fields(a={**STRING, "not": {"maxLength": 1}}),
        ("res.bound.widened", "/a", 'not {"maxLength": 2} → not {"maxLength": 1}'),
        ("req.bound.widened", "/a", 'not {"maxLength": 2} → not {"maxLength": 1}'),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_told_by_its_direction(case: str) -> None:
    """One change has one id in answers and one in requests, at the same place, in the same words."""
    old, new, response, request = CASES[case]
    assert [response] == told(old, new)
    assert [request] == told(old, new, "request")


@pytest.mark.parametrize("case", CASES)
def test_a_verdict_agrees_with_what_is_told(case: str) -> None:
    """What got wider is not proved to be forward compatible, what got narrower not backward; and none is silent."""
    old, new, _, _ = CASES[case]
    found = compared(old, new, valid=valid)
    (change,) = found.changes
    effects = {move.effect for move in MOVES.values() if move.answer == change.id}
    assert found.backward is not True or effects != {"narrower"}
    assert found.forward is not True or effects != {"wider"}
    assert (found.backward, found.forward) != (True, True)
    assert (found.forward, found.backward) == verdict(compared(new, old, valid=valid))


@pytest.mark.parametrize("direction", ["response", "request"])
@pytest.mark.parametrize("case", CASES)
def test_a_counterexample_is_one(case: str, direction: Direction) -> None:
    """The document is valid under the side that it names, and under the other it is not."""
    old, new, _, _ = CASES[case]
    for change in compared(old, new, direction, valid=valid).changes:
        assert proved(change, old, new)


def proved(change: Change, old: Schema, new: Schema) -> bool:
    """Whether a change's counterexample holds; one that is only news has none."""
    if change.counterexample is None:
        return change.grade == "ADD" or change.id in {"req.field.refused", "res.field.optional"}
    document = change.counterexample.document
    return (valid(old, document), valid(new, document)) == (
        (True, False) if change.counterexample.under == "old" else (False, True)
    )


def verdict(found: Comparison) -> tuple[bool | None, bool | None]:
    return found.backward, found.forward


SAME: dict[str, tuple[Schema, Schema]] = {
    "order": (
        {"type": ["string", "null"], "enum": ["a", "b", None]},
        {"enum": [None, "b", "a"], "type": ["null", "string"]},
    ),
    "required": (fields("a b", a=STRING, b=STRING), fields("b a", b=STRING, a=STRING)),
    "annotations": (
        fields(a=STRING),
        fields(a={**STRING, "title": "A", "description": "x", "x-seen": [1, 2], "examples": ["a"], "deprecated": True}),
    ),
    "one of one": ({"const": "a"}, {"enum": ["a"]}),
    "variants": (either(TEXT, TOOL), either(TOOL, TEXT)),
    "types": ({"anyOf": [STRING, {"type": "null"}]}, {"type": ["null", "string"]}),
    "nothing said": (OBJECT, {"type": "object", "required": [], "additionalProperties": True, "properties": {}}),
    "another name": (
        {"$ref": "#/definitions/a", "definitions": {"a": fields(x=STRING)}},
        {"$ref": "#/definitions/b", "definitions": {"b": fields(x=STRING)}},
    ),
    "no name": (fields(x=STRING), {"$ref": "#/definitions/b", "definitions": {"b": fields(x=STRING)}}),
    "all of one": (fields(x=STRING), {"allOf": [fields(x=STRING)]}),
    "numbers": ({**NUMBER, "maximum": 1}, {**NUMBER, "maximum": 1.0}),
}


@pytest.mark.parametrize("case", SAME)
def test_what_says_the_same_has_no_change(case: str) -> None:
    """Another order, another name, a description: no change in either direction, and both verdicts are yes."""
    old, new = SAME[case]
    for ours, theirs in ((old, new), (new, old), (old, copy.deepcopy(old))):
        found = compared(ours, theirs, valid=valid)
        assert ((), True, True) == (found.changes, found.backward, found.forward)
    assert () == compared(old, new, "request", valid=valid).changes


def test_a_text_that_changed_is_said_to_have_changed() -> None:
    """A description is no change of what is promised, and a reason for a new patch version."""
    assert compared(STRING, {**STRING, "description": "x"}, valid=valid).text_changed
    assert not compared(STRING, dict(STRING), valid=valid).text_changed


def test_one_and_true_are_two_values() -> None:
    """JSON's `1` and `true` are equal to Python, and to nobody else."""
    assert ["res.type.changed"] == [each for each, _, _ in told({"enum": [1]}, {"enum": [True]})]


def test_a_default_counts_in_requests() -> None:
    """What happens when nothing is sent is told of requests, and of nothing else."""
    old, new = fields(n={**INTEGER, "default": 1}), fields(n={**INTEGER, "default": 2})
    assert [("req.default.changed", "/n", "1 → 2")] == told(old, new, "request")
    assert [] == told(old, new)


def test_a_field_that_moved_says_where_it_went() -> None:
    """Gone here and new there, as it was: both say so, and the grade stays what it is."""
    old = fields("usage tokens", tokens=fields(n=INTEGER), usage=fields(a=STRING))
    new = fields("usage", usage=fields(a=STRING, tokens=fields(n=INTEGER)))
    assert [
        ("res.field.removed", "/tokens", "object, required → moved to /usage/tokens"),
        ("res.field.added", "/usage/tokens", "moved from /tokens → object, optional"),
    ] == told(old, new)


def test_a_tag_that_is_gone_breaks() -> None:
    """A field that named what an object is, and no longer does, is more than a new text."""
    assert [("res.tag.missing", "/type", '"text" → string')] == told(TEXT, changed(TEXT, type=STRING))


def test_recursive_schemas_end() -> None:
    """A tree within a tree within a tree: the change in it is told once, where it is first met."""

    def tree(value: Schema) -> Schema:
        node = fields("value", value=value, children={"type": "array", "items": {"$ref": "#/definitions/node"}})
        return {**fields(root={"$ref": "#/definitions/node"}), "definitions": {"node": node}}

    assert [("res.type.changed", "/root/value", "string → integer")] == told(tree(STRING), tree(INTEGER))
    assert [] == told(tree(STRING), tree(STRING))


def test_what_many_places_share_is_told_once() -> None:
    """A schema with a name is one thing, wherever it is referred to; a schema without one is not."""
    old, new = (
        {
            **fields(a={"$ref": "#/definitions/x"}, b={"$ref": "#/definitions/x"}, c=each, d=each),
            "definitions": {"x": fields(n=each)},
        }
        for each in (STRING, INTEGER)
    )
    assert ["/c", "/d", "/a/n"] == [path for _, path, _ in told(old, new)]


def test_variants_are_told_apart_by_whatever_tells_them_apart() -> None:
    """By another field than `type`, by a tag of several values, and by two tags one after the other."""
    cats = [fields("sort", sort={"enum": ["a", "b"]}, n=each) for each in (STRING, INTEGER)]
    dog = fields("sort", sort={"const": "c"}, n=STRING)
    assert [("res.type.changed", "/content/*<a>/n", "string → integer")] == told(
        either(cats[0], dog), either(cats[1], dog)
    )
    old, new = (
        [fields("type role", type={"const": "m"}, role={"const": role}, n=each) for role in ("x", "y")]
        for each in (STRING, INTEGER)
    )
    assert [
        ("res.type.changed", "/content/*<m><x>/n", "string → integer"),
        ("res.type.changed", "/content/*<m><y>/n", "string → integer"),
    ] == told(either(*old, TEXT), either(*new, TEXT))


def test_a_variant_without_a_tag_is_told_by_its_name() -> None:
    """Objects that nothing tells apart are those of one name; a new name is a new variant."""

    def union(**variants: Schema) -> Schema:
        refs = [{"$ref": f"#/definitions/{name}"} for name in variants]
        return {"anyOf": refs, "definitions": variants}

    old = union(Cat=fields("purrs", purrs=STRING), Dog=fields("barks", barks=STRING))
    new = union(Cat=fields("purrs", purrs=INTEGER), Dog=fields("barks", barks=STRING), Cow=fields("moos", moos=STRING))
    assert [("res.type.changed", "<Cat>/purrs", "string → integer"), ("res.variant.added", "", "Cow")] == sorted(
        told(old, new)
    )


def test_events_are_told_apart_even_when_there_is_only_one() -> None:
    """Events that came and went have ids of their own, and what is in one is below its name."""
    old, new = {"oneOf": [PING, TEXT]}, {"oneOf": [changed(TEXT, note=None), TOOL]}
    assert [
        ("str.event.removed", "<ping>", '"ping"'),
        ("str.event.added", "<tool>", '"tool"'),
        ("res.field.dropped", "<text>/note", "string, optional"),
    ] == sorted(told(old, new, "stream"), key=lambda each: each[0], reverse=True)
    assert [("str.event.added", "<tool>", '"tool"')] == told(TEXT, {"oneOf": [TEXT, TOOL]}, "stream")


HEADERS: list[tuple[Schema, Schema, str, str]] = [
    (fields(), fields(a=STRING), "hdr.added", "ADD"),
    (fields("a", a=STRING), fields(b=STRING), "hdr.required.gone", "BREAK"),
    (fields(a=STRING, b=STRING), fields(b=STRING), "hdr.dropped", "ADD"),
    (fields(a={**STRING, "x-seen": [9, 9]}, b=STRING), fields(b=STRING), "hdr.group.gone", "RISK"),
    (fields("a", a=STRING), fields(a=STRING), "hdr.optional", "RISK"),
    (fields(a=STRING), fields("a", a=STRING), "hdr.required", "ADD"),
    (fields(a={**STRING, "pattern": "^a"}), fields(a={**STRING, "pattern": "^b"}), "hdr.format.changed", "BREAK"),
    (
        fields(**{"content-type": {**STRING, "pattern": "^application/json"}}),
        fields(**{"content-type": {**STRING, "pattern": "^text/html"}}),
        "hdr.type.changed",
        "BREAK",
    ),
]


@pytest.mark.parametrize(("old", "new", "kind", "grade"), HEADERS)
def test_headers_have_findings_of_their_own(old: Schema, new: Schema, kind: str, grade: str) -> None:
    """A header that came, went, or looks different is told as a header."""
    found = compared(old, new, "headers", valid=valid).changes
    assert (kind, grade) in [(each.id, each.grade) for each in found]


def test_errors_have_findings_of_their_own() -> None:
    """A new type of error is a risk, another envelope breaks, and a new field is a new field."""
    old = fields("error", error=fields("type", type={"enum": ["a"]}))
    assert [("err.type.added", "/error/type", '"b"')] == told(
        old, fields("error", error=fields("type", type={"enum": ["a", "b"]})), "error"
    )
    assert ["err.envelope.changed"] == [each for each, _, _ in told(old, fields("error", error=STRING), "error")]


@pytest.mark.parametrize("draft", ["draft-04/schema#", "draft-06/schema#", "draft-07/schema#"])
def test_older_drafts_are_read_as_they_are_meant(draft: str) -> None:
    """`definitions`, an array of items, what stands beside a reference: as the draft has it."""
    head = {"$schema": f"http://json-schema.org/{draft}"}
    old, new = (
        {**head, "definitions": {"a": fields(x=each)}, **fields(p={"$ref": "#/definitions/a", "maxProperties": 1})}
        for each in (STRING, INTEGER)
    )
    assert [("res.type.changed", "/p/x", "string → integer")] == told(old, new)


def test_an_exclusive_bound_of_draft_four_is_a_bound() -> None:
    """There it is true or false, beside the bound that it is about."""
    head = {"$schema": "http://json-schema.org/draft-04/schema#", "type": "number", "minimum": 1}
    assert ["res.bound.widened"] == [each for each, _, _ in told({**head, "exclusiveMinimum": True}, head)]


def test_values_from_a_schema_give_no_orders() -> None:
    """Escapes in names, values and tags are spelled out, and long ones cut."""
    evil = "\x1b[2J\u202e" + "x" * 500
    old = fields(a={"enum": ["a"]}, content=either(TEXT, PING))
    new = fields(a={"enum": ["a", evil]}, content=either(TEXT, changed(PING, type={"const": evil})), **{evil: STRING})
    for path, text in ((path, text) for _, path, text in told(old, new)):
        assert (path + text).isprintable()
        assert len(path) < 200


def test_a_schema_nested_too_deeply_ends() -> None:
    """It cannot be decided, which is said; nothing crashes."""
    deep: dict[str, Any] = {"type": "string"}
    other: dict[str, Any] = {"type": "integer"}
    for _ in range(3000):
        deep, other = {"type": "array", "items": deep}, {"type": "array", "items": other}
    found = compared(deep, other, valid=valid)
    assert ["res.undecided"] == [each.id for each in found.changes]
    assert (None, None) == verdict(found)


NONSENSE: list[Any] = [
    {"type": 5},
    {"required": "a"},
    {"enum": []},
    {"items": 5},
    {"anyOf": {}},
    {"$ref": "#/nowhere"},
    {"$ref": "#"},
    {"allOf": [{"$ref": "#"}]},
    {"properties": {"a": 5}},
    {"properties": []},
    {"pattern": "("},
    {"type": "object", "minProperties": "a"},
    False,
]


@pytest.mark.parametrize("schema", NONSENSE, ids=str)
def test_a_schema_that_makes_no_sense_crashes_nothing(schema: Any) -> None:
    """Whatever comes of it, it is a comparison; with itself it has no change."""

    def never(_schema: Schema, _document: JSON) -> bool:
        return False

    assert Comparison() == compared(schema, copy.deepcopy(schema), valid=never)
    for other in ({}, fields("a", a=STRING)):
        found = compared(schema, other, valid=never)
        assert found.changes or verdict(found) == (True, True)


@pytest.fixture(scope="module")
def large() -> dict[str, Any]:
    """A schema as SDKs have them for the events of a stream: 60 variants without a discriminator, 200 kB."""
    parts = {
        f"Part{number}": fields(
            "type id",
            type={"const": f"part.{number}", "type": "string"},
            id=STRING,
            next={"anyOf": [{"$ref": f"#/$defs/Part{(number + 7) % 60}"}, {"type": "null"}], "default": None},
            **{f"field_{each}": {"anyOf": [STRING, {"type": "null"}], "title": f"Field {each}"} for each in range(30)},
        )
        for number in range(60)
    }
    return {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in parts], "$defs": parts}


def test_a_large_schema_equals_itself_at_once(large: dict[str, Any]) -> None:
    """No finding, far within the seconds allowed here; also when keys and variants are in another order."""
    turned = dict(reversed(copy.deepcopy(large).items()))
    turned["anyOf"].reverse()
    began = time.perf_counter()
    assert Comparison() == compared(large, copy.deepcopy(large), "stream", valid=valid)
    assert () == compared(large, turned, "stream", valid=valid).changes
    assert time.perf_counter() - began < 5


def test_a_small_change_of_a_large_schema_is_found(large: dict[str, Any]) -> None:
    """One field of one event: told alone, with an event that shows it."""
    new = copy.deepcopy(large)
    new["$defs"]["Part31"]["properties"]["id"] = {"type": "integer"}
    (change,) = compared(large, new, "stream", valid=valid).changes
    assert ("res.type.changed", "<part.31>/id") == (change.id, change.path)
    assert proved(change, large, new)


def test_every_move_has_a_kind() -> None:
    """What can happen is graded in the one place where grades stand."""
    assert set() == {name for move in MOVES.values() for name in (move.answer, move.request) if name} - KINDS.keys()


def test_variants_with_and_without_a_title_are_told_apart() -> None:
    """One untagged variant has a name and stays, one has none and goes: the first is compared, the second told."""
    place = {"title": "Place", **fields("city", city=STRING)}
    moved = {"title": "Place", **fields("city", city=INTEGER)}
    without = fields("zip", zip=STRING)
    old, new = {"anyOf": [without, place]}, {"anyOf": [fields("box", box=STRING), moved]}
    assert ("res.type.changed", "<Place>/city") in [(each[0], each[1]) for each in told(old, new)]


def test_what_comes_together_is_told_in_words() -> None:
    """Limit, remaining and reset of a rate, once, and not as a keyword's value."""
    names = ("limit", "remaining", "reset")
    needs = {name: [other for other in names if other != name] for name in names}
    assert '"limit", "remaining" and "reset" together' == form([{"dependentRequired": needs}], ["dependentRequired"])


def test_fields_that_come_together_with_nonsense_are_no_crash() -> None:
    """A list that is a number in one of the schemas is told like any keyword: nobody has looked at its sense before."""
    old = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "dependentRequired": {"a": ["b"]},
    }
    comparison = compared(old, {**old, "dependentRequired": {"a": 5}}, valid=lambda _schema, _document: True)
    assert (None, None) == (comparison.backward, comparison.forward)
    assert comparison.changes
