"""What no rule can make equal is told without the rules' whole work, and never where they would make it so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaykit.core.match import Found, Index
from replaykit.core.model import Body, Episode, Exchange, Request, Span
from replaykit.core.normalize import Rules
from replaykit.providers.registry import declared, tells
from replaykit.pytest_plugin.vcr.apart import apart
from replaykit.session.ledger import Memory
from tests.vcr.tapes import URL

ONE, TWO = "3f2b8c1e-9a4d-4e6f-8b7a-1c2d3e4f5a6b", "7d6c5b4a-1e2f-4a3b-9c8d-0f1e2d3c4b5a"
SPAN = Span(1_790_000_000.0, 1_790_000_060.0, "/home/ann", "/home/ann/work", "/tmp")  # noqa: S108 - a text


def asked(value: Any, url: str = URL, method: str = "POST") -> Request:
    """A request with this value as its JSON, or with these bytes."""
    return Request(method, url, (), Body.of(value if isinstance(value, bytes) else json.dumps(value).encode()))


def nowhere() -> Any:
    """No file for the children of a fork."""
    raise OSError


def served(live: Request, recorded: Request) -> bool:
    """Whether the rules' whole work answers one with the other."""
    episode = Episode("", "", span=SPAN, steps=(Exchange(recorded, None),))
    index = Index(episode, lambda: SPAN, (), declared, tells=tells)
    return isinstance(index.search(live, Memory(lambda _kind, _detail: None, nowhere)), Found)


@pytest.mark.parametrize(
    ("live", "recorded", "expected"),
    [
        ({"a": "b"}, {"a": "b"}, False),
        ({"a": "b"}, {"a": "c"}, True),
        ({"a": 1}, {"a": 2}, True),
        ({"id": ONE, "a": "b"}, {"id": TWO, "a": "b"}, False),
        ({"id": ONE, "a": "b"}, {"id": TWO, "a": "c"}, True),
        ({"at": f"see {ONE} for"}, {"at": f"see {TWO} for"}, False),
        (b'{"b": 1, "a": 2}', b'{"a":2,"b":1}', False),
        (b'{"b": 1, "a": 2}', b'{"a":2,"b":3}', True),
        (b'{"b": "' + ONE.encode() + b'", "a": 2}', b'{"a":2,"b":"' + TWO.encode() + b'"}', False),
        (b"plain", b"plane", True),
        (b"\xff\xfe1", b"\xff\xfe2", True),
        (b"", b"{}", True),
    ],
)
def test_bodies(live: Any, recorded: Any, expected: bool) -> None:  # noqa: FBT001 - a parameter
    """Words and numbers set them apart; ids, key order and white space do not."""
    assert expected is apart(asked(live), asked(recorded), Rules.of(SPAN, SPAN))
    assert not (expected and served(asked(live), asked(recorded)))


def test_addresses_and_declared_fields() -> None:
    """A method and a word of the address set them apart; an id of the address, and what an answer repeats, do not."""
    rules = Rules.of(SPAN, SPAN)
    assert apart(asked({}, method="PUT"), asked({}), rules)
    assert apart(asked({}, f"{URL}/a"), asked({}, f"{URL}/b"), rules)
    assert not apart(asked({}, f"{URL}/{ONE}"), asked({}, f"{URL}/{TWO}"), rules)
    call = {"jsonrpc": "2.0", "method": "tools/list", "params": {}}
    assert not apart(asked({**call, "id": 1}), asked({**call, "id": 2}), rules)


WORDS = st.sampled_from(
    [ONE, TWO, "Paris", "Oslo", "2026-09-21T14:13:20Z", "2026-09-21T14:13:30Z", "a", '"', "é", "\\n"]
)
VALUES = st.recursive(
    st.lists(WORDS, max_size=3).map(" ".join) | st.integers(0, 2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(VALUES, VALUES, st.booleans())
def test_what_rules_take_is_never_apart(live: Any, recorded: Any, spaced: bool) -> None:  # noqa: FBT001 - a parameter
    """Whatever two documents hold: a yes is right."""
    text = json.dumps(live, separators=None if spaced else (",", ":"), ensure_ascii=spaced).encode()
    for other in (asked(recorded), asked(text.replace(ONE.encode(), TWO.encode())), asked(live)):
        assert not (apart(asked(text), other, Rules.of(SPAN, SPAN)) and served(asked(text), other))
