"""Schemas and documents at random, small enough that the two often meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from replaykit.core.model import JSON

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMES = ["a", "b", "ab", "x"]
PATTERNS = ["^a", "b$", "^[a-z]*$", "^a*$", r"^\d+$", "^(a|b){1,2}$"]
PLAIN: list[JSON] = [None, True, False, 0, 1, 2, -1, 1.5, 10, "", "a", "b", "ab", "aaa", "1"]
KINDS = ["string", "number", "integer", "object", "array", "null", "boolean"]

names = st.sampled_from(NAMES)
sizes = st.integers(0, 3)
numbers = st.sampled_from([-1, 0, 1, 2, 1.5, 5])

documents: st.SearchStrategy[JSON] = st.recursive(
    st.sampled_from(PLAIN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)

LEAVES: list[st.SearchStrategy[dict[str, Any]]] = [
    st.fixed_dictionaries({"type": st.sampled_from(KINDS) | st.lists(st.sampled_from(KINDS), min_size=1, max_size=2)}),
    st.fixed_dictionaries({"enum": st.lists(documents, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"const": documents}),
    st.fixed_dictionaries({"minimum": numbers}),
    st.fixed_dictionaries({"exclusiveMaximum": numbers}),
    st.fixed_dictionaries({"multipleOf": st.sampled_from([1, 2, 3, 0.5])}),
    st.fixed_dictionaries({"type": st.just("string")}, optional={"minLength": sizes, "maxLength": sizes}),
    st.fixed_dictionaries({"pattern": st.sampled_from(PATTERNS)}),
    st.fixed_dictionaries({"type": st.just("object")}, optional={"minProperties": sizes, "maxProperties": sizes}),
    st.fixed_dictionaries({"type": st.just("array")}, optional={"minItems": sizes, "uniqueItems": st.booleans()}),
    st.fixed_dictionaries({"required": st.lists(names, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"dependentRequired": st.dictionaries(names, st.lists(names, max_size=1), max_size=1)}),
    st.just({"$ref": "#/$defs/node"}),
]


def _inner(schema: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(schema, min_size=1, max_size=2)
    members = st.dictionaries(names, schema, min_size=1, max_size=2)
    record = st.fixed_dictionaries(
        {"properties": members},
        optional={
            "required": st.lists(names, min_size=1, max_size=2),
            "additionalProperties": schema,
            "patternProperties": st.dictionaries(st.sampled_from(PATTERNS), schema, max_size=1),
            "unevaluatedProperties": st.booleans(),
        },
    )
    row = st.fixed_dictionaries({"items": schema}, optional={"prefixItems": some, "maxItems": sizes})
    held = st.fixed_dictionaries({"contains": schema}, optional={"minContains": sizes, "maxContains": sizes})
    union = st.fixed_dictionaries({}, optional={"anyOf": some, "oneOf": some, "allOf": some, "not": schema})
    branch = st.fixed_dictionaries({"if": schema}, optional={"then": schema, "else": schema})
    return record | row | held | union | branch | st.fixed_dictionaries({"propertyNames": schema})


parts = st.recursive(st.booleans() | st.one_of(LEAVES), _inner, max_leaves=5)


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    """A whole document: a schema with a definition that it may refer to, and that may refer to itself below itself."""
    item = draw(parts)
    node = draw(st.sampled_from(["items", "additionalProperties"]))
    return {
        "$schema": DIALECT,
        "allOf": [draw(parts)],
        "$defs": {"node": {"type": ["object", "array", "null"], node: item}},
    }


@st.composite
def editions(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two editions of a document: the second has one part beside the first, in its place, or as an alternative."""
    old, extra = draw(schemas()), draw(parts)
    first = old["allOf"][0]
    new = draw(st.sampled_from([[first, extra], [extra], [{"anyOf": [first, extra]}], [{"not": {"not": first}}]]))
    return old, old | {"allOf": new}
