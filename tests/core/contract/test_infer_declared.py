"""What SDKs declare, in a contract's words, and against what was seen."""

from __future__ import annotations

from typing import Any

from replaykit.core.contract.infer import Declaration, reconciled
from replaykit.core.contract.infer.pool import Pool
from replaykit.core.contract.infer.reader import Reader
from replaykit.core.contract.infer.write import Writer
from replaykit.core.contract.model import Binds
from tests.core.contract.traffic import answered

DAY = "2026-11-20"


def declared(schema: dict[str, Any], root: str = "response") -> dict[str, Any]:
    """The definitions of a contract that a JSON Schema amounts to, its own under the name `root`."""
    pool = Pool()
    shape = Reader(schema, pool).read()
    writer = Writer(pool)
    writer.part(root, shape)
    return writer.defs


TEXT: dict[str, Any] = {
    "type": "object",
    "title": "TextBlock",
    "additionalProperties": True,
    "properties": {"type": {"const": "text", "type": "string"}, "text": {"type": "string", "title": "Text"}},
    "required": ["text", "type"],
}
CALL: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {"enum": ["call", "call_2"], "type": "string"},
        "input": {"type": "object", "additionalProperties": True},
        "caller": {"anyOf": [{"$ref": "#/$defs/Message"}, {"type": "null"}], "default": None},
    },
    "required": ["type"],
}
MESSAGE: dict[str, Any] = {
    "type": "object",
    "title": "Message",
    "properties": {
        "model": {"anyOf": [{"enum": ["m-1"], "type": "string"}, {"type": "string"}]},
        "stop": {"anyOf": [{"enum": ["end", "length"], "type": "string"}, {"type": "null"}], "default": None},
        "content": {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/Text"}, {"$ref": "#/$defs/Call"}]}},
        "retired": {"type": "integer", "deprecated": True},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "size": {"anyOf": [{"$ref": "#/$defs/Wide"}, {"$ref": "#/$defs/High"}]},
    },
    "required": ["model", "content"],
}
DEFS = {
    "Text": TEXT,
    "Call": CALL,
    "Message": MESSAGE,
    "Wide": {"type": "object", "properties": {"w": {"type": "integer"}}, "required": ["w"]},
    "High": {"type": "object", "properties": {"h": {"type": "integer"}}, "required": ["h"]},
}
SCHEMA: dict[str, Any] = {**MESSAGE, "$defs": DEFS}


def said(
    part: str = "response", source: str = "shop 1.0: shop:Message", schema: Any = SCHEMA, at: str = ""
) -> Declaration:
    """A declaration of the shop's package."""
    return Declaration(part, source, schema, at)


def test_a_union_is_told_apart_by_its_tag() -> None:
    """What an SDK lists as one of several is a union with a discriminator; each variant keeps its name."""
    found: Any = declared(SCHEMA)
    assert {"$ref": "#/$defs/Message"} == found["response"]
    message = found["Message"]["properties"]
    assert {
        "discriminator": {"propertyName": "type"},
        "oneOf": [{"$ref": "#/$defs/Call"}, {"$ref": "#/$defs/Text"}],
    } == message["content"]["items"]
    assert {
        "type": "object",
        "properties": {"text": {"type": "string"}, "type": {"const": "text"}},
        "required": ["text", "type"],
    } == found["Text"]
    assert {"type": "string", "enum": ["call", "call_2"]} == found["Call"]["properties"]["type"]


def test_types_are_as_a_contract_says_them() -> None:
    """Names with any other are a text, a type or null is both, a dictionary is a map, what is retired says so."""
    found: Any = declared(SCHEMA)
    message = found["Message"]["properties"]
    assert {"type": "string"} == message["model"]
    assert {"type": ["string", "null"], "enum": ["end", "length", None]} == message["stop"]
    assert {"type": "object", "additionalProperties": {"type": "string"}} == message["labels"]
    assert {"type": "integer", "deprecated": True} == message["retired"]
    assert {"type": "object"} == found["Call"]["properties"]["input"]
    assert {"anyOf": [{"$ref": "#/$defs/Message"}, {"type": "null"}]} == found["Call"]["properties"]["caller"]
    assert ["content", "model"] == found["Message"]["required"]


def test_objects_without_a_tag_become_one() -> None:
    """Two objects that nothing tells apart are one with the fields of both, none of them required."""
    found: Any = declared(SCHEMA)
    expected = {"type": "object", "properties": {"h": {"type": "integer"}, "w": {"type": "integer"}}}
    assert expected == found["Message"]["properties"]["size"]


def test_anything_else_promises_nothing() -> None:
    """A schema in words that are not known here allows any document."""
    assert {"response": {}} == declared({"not": {"type": "string"}})
    assert {"response": {}} == declared({"allOf": [{"type": "string"}, {"minLength": 3}]})


def test_both_have_to_demand_a_field() -> None:
    """A field is required when the source demands it and it was always there, 20 times of so many answers."""
    full = {"model": "m-9", "content": [{"type": "text", "text": "a"}], "extra": 1}
    enough = reconciled("shop.chat", [answered(full)] * 20, [said()], date=DAY)
    empty = answered({**full, "content": []})
    fewer = reconciled("shop.chat", [answered(full)] * 19 + [empty], [said()], date=DAY)
    few = reconciled("shop.chat", [answered(full)] * 2, [said()], date=DAY)
    message: Any = enough.contract.defs["Message"]
    assert ["content", "model"] == message["required"]
    assert [["text", "type"], ["type"], ["text", "type"]] == [
        each.contract.defs["Text"]["required"]  # type: ignore[index]
        for each in (enough, fewer, few)
    ]
    text: Any = fewer.contract.defs["Text"]
    assert {"type": "string", "x-seen": [19, 19], "x-declared": "required"} == text["properties"]["text"]
    extra = {"type": ["integer", "null"], "x-seen": [20, 20], "x-declared": "optional"}
    assert extra == message["properties"]["extra"]
    assert {"type": "object", "additionalProperties": {"type": "string"}, "x-seen": [0, 20]} == message["properties"][
        "labels"
    ]
    assert ("20 recorded answers", "shop 1.0: shop:Message") == enough.contract.sources


def test_what_was_never_seen_is_as_declared() -> None:
    """A type alone makes a contract, with what it demands."""
    found = reconciled("shop.chat", [], [said()], date=DAY, binds=Binds(host="shop.io", path="/chat"))
    assert ["content", "model"] == found.contract.defs["Message"]["required"]  # type: ignore[index]
    assert () == found.disagreements
    assert "shop.io" == found.contract.binds.host


def test_disagreements_are_listed() -> None:
    """Where traffic is otherwise than declared, both sides are told, at a place with its variant."""
    documents = [
        {"model": "m-1", "content": [{"type": "text"}, {"type": "image"}], "stop": "pause"},
        {"model": "m-1", "content": [{"type": "text", "text": None}], "new": 1},
    ]
    found = reconciled("shop.chat", [answered(each) for each in documents], [said()], date=DAY)
    assert [
        "response /content/*<image>: traffic has this variant, shop 1.0 does not know it",
        "response /content/*<text>/text: traffic has null, shop 1.0 only string",
        "response /content/*<text>/text: traffic lacks it 1 of 2 times, shop 1.0 demands it",
        "response /new: traffic has this field, shop 1.0 does not know it",
        "response /stop: traffic has pause, shop 1.0 does not list it",
    ] == [str(each) for each in found.disagreements]
    message: Any = found.contract.defs["Message"]["properties"]  # type: ignore[index]
    assert ["end", "length", "pause", None] == message["stop"]["enum"]
    assert 3 == len(message["content"]["items"]["oneOf"])


def test_a_declaration_may_stand_inside() -> None:
    """What a source says of a result holds below the envelope that it comes in."""
    found = reconciled(
        "shop.chat",
        [answered({"id": 3, "result": {"text": "a", "type": "text"}})],
        [said(schema=TEXT, at="/result")],
        date=DAY,
    )
    answer: Any = found.contract.defs["response"]
    assert {"$ref": "#/$defs/TextBlock", "x-seen": [1, 1]} == answer["properties"]["result"]
    assert {"id", "result"} == set(answer["properties"])


def test_several_sources_are_united() -> None:
    """A field is demanded when all sources do; the variants of all are allowed; one definition of a thing is enough."""
    beta = {**TEXT, "title": "BetaTextBlock", "properties": {**TEXT["properties"], "mark": {"type": "string"}}}
    image = {
        "type": "object",
        "properties": {"type": {"const": "image"}, "url": {"type": "string"}},
        "required": ["type", "url"],
    }
    wide = {
        "type": "object",
        "title": "BetaMessage",
        "properties": {
            "content": {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/BetaText"}, {"$ref": "#/$defs/Image"}]}},
            "model": {"type": "string"},
        },
        "required": ["content"],
        "$defs": {"BetaText": beta, "Image": image},
    }
    found = reconciled("shop.chat", [], [said(), said(schema=wide)], date=DAY, binds=Binds())
    defs: Any = found.contract.defs
    assert ["content"] == defs["Message"]["required"]
    assert ["#/$defs/Call", "#/$defs/Image", "#/$defs/Text"] == [
        each["$ref"] for each in defs["Message"]["properties"]["content"]["items"]["oneOf"]
    ]
    assert {"mark", "text", "type"} == set(defs["Text"]["properties"])
    assert not {"BetaMessage", "BetaText"} & set(defs)


def test_a_schema_within_itself_ends() -> None:
    """Objects that hold others of their kind, and that nothing tells apart, are read once."""
    fields = {"next": {"anyOf": [{"$ref": "#/$defs/Left"}, {"$ref": "#/$defs/Right"}]}}
    sides = {name: {"type": "object", "properties": {**fields, name: {"type": "string"}}} for name in ("Left", "Right")}
    found: Any = declared({"$ref": "#/$defs/Left", "$defs": sides})
    assert {"$ref": "#/$defs/Left"} == found["response"]
    assert {"Left", "Right", "next"} == set(found["Left"]["properties"])
    assert {"$ref": "#/$defs/Left"} == found["Left"]["properties"]["next"]


def test_anything_is_anything_whoever_says_it() -> None:
    """Where one source allows anything, nothing is promised, whichever comes first and whatever was seen."""
    loose = {"type": "object", "title": "Order", "properties": {"note": {}}}
    tight = {"type": "object", "title": "Order", "properties": {"note": {"type": "string"}}}
    for schemas in ((loose, tight), (tight, loose)):
        sources = [said(schema=schema) for schema in schemas]
        found = reconciled("shop.orders", [answered({"note": "x"})], sources, date=DAY)
        assert [{"x-seen": [1, 1], "x-declared": "optional"}] == [
            schema["properties"]["note"]
            for name, schema in found.contract.defs.items()
            if name.startswith("Order") and isinstance(schema, dict)
        ]
