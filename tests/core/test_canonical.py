"""Canonical JSON, places in JSON text, and shared ends."""

from __future__ import annotations

import json
from itertools import takewhile
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaykit.core.canonical import canonical, common_prefix, common_suffix, drop, locate

Document: TypeAlias = "bool | int | float | str | list[Document] | dict[str, Document] | None"

documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def exact(document: Document) -> object:
    """The document as a value that equals another's only when both say the same, to the digit and the type."""
    match document:
        case dict():
            return frozenset((key, exact(value)) for key, value in document.items())
        case list():
            return tuple(exact(value) for value in document)
        case _:
            return type(document), repr(document)


@given(documents, st.sampled_from(["ascii", "utf-8"]), st.sampled_from([None, 0, 3]))
def test_key_order_white_space_and_escapes_do_not_matter(document: Document, escape: str, indent: int | None) -> None:
    """However a document is printed, its canonical form is the same."""
    plain = canonical(json.dumps(document).encode())
    printed = json.dumps(_reversed(document), ensure_ascii=escape == "ascii", indent=indent).encode()
    assert plain == canonical(printed)


def _reversed(document: Document) -> Document:
    match document:
        case dict():
            return {key: _reversed(document[key]) for key in reversed(document)}
        case list():
            return [_reversed(value) for value in document]
        case _:
            return document


@given(documents, documents)
def test_different_documents_stay_different(one: Document, other: Document) -> None:
    """Two documents have one canonical form exactly when they say the same."""
    first, second = (canonical(json.dumps(document).encode()) for document in (one, other))
    assert first is not None
    assert second is not None
    assert (exact(one) == exact(other)) == (first == second)


@given(documents)
def test_a_canonical_form_is_its_own_canonical_form_and_says_the_same(document: Document) -> None:
    """Nothing is lost: the canonical form parses to the document, and is a fixed point."""
    form = canonical(json.dumps(document).encode())
    assert form is not None
    assert exact(document) == exact(json.loads(form))
    assert form == canonical(form)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("123456789012345678901234567890", "123456789012345678901234567891"),
        ("18446744073709551616", "18446744073709551617"),
        ("0.1000000000000000055", "0.1"),
        ("1e400", "2e400"),
        ("1", "1.0"),
        ("1.0", "1e0"),
        ("-0", "0"),
        ("-0.0", "0.0"),
        ('""', "null"),
        ('"1"', "1"),
        ("true", "1"),
        ("[]", "{}"),
        ("[1,2]", "[2,1]"),
        ('"\\u0000"', '"\\\\u0000"'),
    ],
)
@pytest.mark.parametrize("around", ["{}", '{{"b": {}, "a": 1}}', "[{} ]"])
def test_numbers_and_types_are_kept_to_the_last_digit(one: str, other: str, around: str) -> None:
    """What a careless parser makes equal stays different, alone and in a document."""
    first, second = (canonical(around.format(value).encode()) for value in (one, other))
    assert first is not None
    assert second is not None
    assert first != second


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'[{"x": 1, "x": 2}]',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity ]",
        b'"\\ud800"',
        b'["\\udc00\\ud800"]',
        b"\xff",
        b'"\xed\xa0\x80"',
        b"[1,]",
        b"{'a': 1}",
        b"01",
        b'"a\nb"',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b"[" * 255 + b"]" * 255,
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
    ids=lambda body: repr(body[:16]),
)
def test_what_has_no_single_meaning_has_no_canonical_form(body: bytes) -> None:
    """Broken, ambiguous and bottomless documents give None, and never an exception."""
    assert canonical(body) is None


@given(st.binary())
def test_any_bytes_give_a_form_or_none(body: bytes) -> None:
    """No input makes it raise, and a form is a fixed point."""
    form = canonical(body)
    assert form is None or form == canonical(form)


DOCUMENT = b'{"a/b":{"c~d":1},"list":[{"keep":1,"x":2},{"x":3}],"max":12345678901234567890123}'


@pytest.mark.parametrize(
    ("pointers", "expected"),
    [
        ((), DOCUMENT),
        (("/nowhere", "/list/7", "/list/x", "/max/deeper", ""), DOCUMENT),
        (("/list/*/x", "/a~1b"), b'{"list":[{"keep":1},{}],"max":12345678901234567890123}'),
        (("/a~1b/c~0d", "/list"), b'{"a/b":{},"max":12345678901234567890123}'),
        (("/list/0",), b'{"a/b":{"c~d":1},"list":[{"x":3}],"max":12345678901234567890123}'),
        (("/list/*",), b'{"a/b":{"c~d":1},"list":[],"max":12345678901234567890123}'),
        (("/*",), b"{}"),
    ],
)
def test_declared_fields_are_dropped(pointers: tuple[str, ...], expected: bytes) -> None:
    """A pointer takes away what it names, `*` any, and leaves every other digit alone."""
    assert expected == drop(DOCUMENT, pointers)


def test_what_is_not_json_keeps_its_fields() -> None:
    """There is nothing to drop from a text that is not JSON."""
    assert b"a=1&b=2" == drop(b"a=1&b=2", ("/a",))


@pytest.mark.parametrize(
    ("text", "pointer", "expected"),
    [
        (b'{"id":1,"result":{"id":2}}', "/id", [b"1"]),
        (b'{ "result" : {"id":2}, "id" : "x\\"y" }', "/id", [b'"x\\"y"']),
        (b'{"a":{"id":1},"id":null}', "/a/id", [b"1"]),
        (b'[{"id":1},{"id":-2.50e3}]', "/*/id", [b"1", b"-2.50e3"]),
        (b'[[],{},[1,[7],{"id":8}]]', "/2/2/id", [b"8"]),
        (b'{"\\u0069d":5}', "/id", [b"5"]),
        (b'{"x":"id","id":{"id":1}}', "/id", []),
        (b'{"id', "/id", []),
        (b'}]]}{"id":3}', "/id", [b"3"]),
        (b"", "/id", []),
        (b"7", "", [b"7"]),
    ],
)
def test_a_field_is_found_where_it_stands(text: bytes, pointer: str, expected: list[bytes]) -> None:
    """The place of a value, by structure and not by looks."""
    assert expected == [text[start:end] for start, end in locate(text, pointer)]


@given(st.dictionaries(st.text(max_size=4), st.integers() | st.text(), min_size=1), st.sampled_from([None, 2]))
def test_every_member_can_be_located(document: dict[str, int | str], indent: int | None) -> None:
    """Whatever a key is called, its pointer leads to its value."""
    text = json.dumps(document, indent=indent).encode()
    for key, value in document.items():
        if key == "*":
            continue
        pointer = "/" + key.replace("~", "~0").replace("/", "~1")
        assert [value] == [json.loads(text[start:end]) for start, end in locate(text, pointer)]


@settings(max_examples=200)
@given(st.binary(max_size=50), st.binary(max_size=9), st.binary(max_size=9), st.integers(1, 3000))
def test_the_shared_ends_are_what_a_loop_would_find(shared: bytes, one: bytes, other: bytes, times: int) -> None:
    """Doubling and halving find the first difference, at both ends and at any length."""
    a, b = shared * times + one, shared * times + other
    expected = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False))))
    assert expected == common_prefix(a, b) == common_prefix(b, a)
    assert expected == common_suffix(a[::-1], b[::-1])
