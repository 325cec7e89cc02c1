"""Requests that repeat one another are read as each of them alone would be, and what they share is shared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replaykit.core.growth import Reader
from replaykit.core.model import Body
from replaykit.providers.anthropic import messages
from replaykit.providers.openai import chat, responses
from replaykit.providers.shape import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replaykit.core.conversation import Question

TEXTS = st.sampled_from(["", "yes", "nö", 'a "quote"', "\\", "\U0001f600", "],[", "22"])
IDS = st.sampled_from(["", "call_1", "call_2"])
SPELLINGS: dict[str, dict[str, Any]] = {
    "compact": {"separators": (",", ":"), "ensure_ascii": False},
    "compact ascii": {"separators": (",", ":")},
    "spaced": {"ensure_ascii": False},
    "spaced ascii": {},
    "indented": {"indent": 1},
}


def block(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields}


ANTHROPIC = st.one_of(
    st.builds(lambda text: {"role": "user", "content": text}, TEXTS),
    st.builds(lambda text: {"role": "assistant", "content": [block("text", text=text)]}, TEXTS),
    st.builds(
        lambda ref, text: {"role": "assistant", "content": [block("tool_use", id=ref, name=text, input={})]},
        IDS,
        TEXTS,
    ),
    st.builds(
        lambda ref, text: {"role": "user", "content": [block("tool_result", tool_use_id=ref, content=text)]},
        IDS,
        TEXTS,
    ),
)
CHAT = st.one_of(
    st.builds(
        lambda role, text: {"role": role, "content": text},
        st.sampled_from(["system", "developer", "user", "assistant"]),
        TEXTS,
    ),
    st.builds(
        lambda ref, text: {"role": "assistant", "tool_calls": [{"id": ref, "function": {"name": text}}]}, IDS, TEXTS
    ),
    st.builds(lambda ref, text: {"role": "tool", "tool_call_id": ref, "content": text}, IDS, TEXTS),
)
RESPONSES = st.one_of(
    st.builds(
        lambda role, text: {"role": role, "content": text},
        st.sampled_from(["system", "developer", "user", "assistant"]),
        TEXTS,
    ),
    st.builds(lambda text: {"type": "reasoning", "summary": [{"type": "summary_text", "text": text}]}, TEXTS),
    st.builds(lambda ref, text: {"type": "function_call", "call_id": ref, "name": text, "arguments": "{}"}, IDS, TEXTS),
    st.builds(lambda ref, text: {"type": "function_call_output", "call_id": ref, "output": text}, IDS, TEXTS),
)
WIRES: dict[str, tuple[str, Any, Callable[[Any], Question | None]]] = {
    "anthropic": ("messages", ANTHROPIC, messages.read_request),
    "chat": ("messages", CHAT, chat.read_request),
    "responses": ("input", RESPONSES, responses.read_request),
}


def body(document: Any, **spelling: Any) -> Body:
    return Body.of(json.dumps(document, **(spelling or SPELLINGS["compact"])).encode())


@pytest.mark.parametrize("wire", WIRES)
@settings(max_examples=60)
@given(data=st.data())
def test_a_question_is_the_one_that_would_be_read_alone(wire: str, data: st.DataObject) -> None:
    """However a history grows, is cut, edited in the middle or interleaved with another."""
    history, items, ask = WIRES[wire]
    tools = [{"name": "get_weather"}, {"name": "get_time"}]
    spelling = SPELLINGS[data.draw(st.sampled_from(list(SPELLINGS)))]
    heads: st.SearchStrategy[list[Any]] = st.lists(items, max_size=2)
    said: list[Any] = data.draw(st.lists(items, max_size=4))
    reader = Reader()
    for _ in range(data.draw(st.integers(1, 5))):
        if data.draw(st.booleans()):
            front = data.draw(heads)
            said = [*front, *said[len(front) :]]
        head = {"system": data.draw(TEXTS), "stop": data.draw(st.lists(TEXTS, max_size=2))}
        document = {**head, history: list(said), "tools": tools, "temperature": data.draw(st.integers(0, 1))}
        text = reader.text(body(document, **spelling))
        assert document == text.document
        if data.draw(st.booleans()):
            assert ask(document) == reader.question(ask, text)
        said = said[: data.draw(st.integers(0, len(said)))] if data.draw(st.booleans()) else said
        said = [*said, *data.draw(st.lists(items, max_size=3))]


USER, ANSWER, OTHER = (
    {"role": role, "content": text} for role, text in (("user", "u"), ("assistant", "a"), ("user", "o"))
)
CALL, TOLD = {"type": "function_call", "call_id": "c", "name": "n"}, {"type": "function_call_output", "call_id": "c"}
NEW = {"role": "user", "content": "n"}
SYSTEM = {"role": "system", "content": "s"}


@pytest.mark.parametrize("wire", ["chat", "responses"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([USER, ANSWER, OTHER], [ANSWER, ANSWER, OTHER, ANSWER]),
        ([USER, ANSWER, OTHER], [OTHER, OTHER, OTHER, ANSWER]),
        ([USER, ANSWER, OTHER], [NEW, NEW, OTHER, ANSWER]),
        ([USER, ANSWER, OTHER], [SYSTEM, ANSWER, OTHER, ANSWER]),
        ([SYSTEM, USER, ANSWER, OTHER], [USER, USER, ANSWER, OTHER]),
        ([USER, CALL, TOLD], [USER, CALL, TOLD, ANSWER, OTHER]),
        ([USER, CALL], [USER, CALL, ANSWER, TOLD]),
        ([USER, CALL, TOLD, ANSWER], [USER, CALL, ANSWER]),
        ([ANSWER, USER], [ANSWER, USER, ANSWER]),
    ],
)
def test_a_question_whose_beginning_differs_is_read_alone(wire: str, first: list[Any], second: list[Any]) -> None:
    """What it shares with another behind its beginning is taken from there only where that changes nothing."""
    history, _, ask = WIRES[wire]
    reader = Reader()
    for said in (first, second):
        document = {"system": str(len(said)), history: said}
        assert ask(document) == reader.question(ask, reader.text(body(document)))


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "é"]), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "é", "m"]), PLAIN | st.lists(PLAIN, max_size=4), max_size=4)


@settings(max_examples=60)
@given(st.lists(st.tuples(OBJECTS, st.sampled_from(list(SPELLINGS))), min_size=1, max_size=6))
def test_a_document_is_the_one_that_would_be_read_alone(documents: Sequence[tuple[Any, str]]) -> None:
    """Whatever was read before, a text is read to the last digit; 1, 1.0 and true stay three values."""
    reader = Reader()
    for document, name in documents:
        data = json.dumps(document, **SPELLINGS[name]).encode()
        found = reader.text(Body.of(data))
        assert json.dumps(parse(data)) == json.dumps(found.document)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (b'{"m":["a","b"]}', b'{"x":{"m":["a","b"]},"m":["a"]}'),
        (b'{"m":["a","b"]}', b'{"x":"m","m":["c","b",]}'),
        (b'{"m":["a","b"]}', b'{"m":["c","x","b"]}'),
        (b'{"m":["a","b"]}', b'{"m":["b","b","b"]}'),
        (b'{"m":["a","b"]}', b'{"m":["c","b"}'),
        (b'{"m":[[1],[2]]}', b'{"m":[[[1],[2]],[2]]}'),
        (b'{"m":[1,2]}', b'{"m":[1,23]}'),
        (b'{"m":[1,2]}', b'{"m":[1,2,]}'),
        (b'{"m":[1,2]}', b'{"m":[1,2'),
        (b'{"m":[1,2]}', b'{"m":[1,2],"m":[3]}'),
        (b'{"a":1,"m":[1]}', b'{"a":1,"m":[1],"a":2}'),
        (b'{"m":[1]}', b'{"m":[1,12345678901234567890123]}'),
        (b'{"m":[1]}', b'{"m":[1,1.00]}'),
        (b'{"m":["a"]}', b'{"m":["a","\\ud800"]}'),
        (b'{"m":[{"a":1}]}', b'{"m":[{"a":1}}'),
        (b'{"m":[1]}', b'{"m":[1]]}'),
        (b'{"m":[1]}', b"[1]"),
        (b'{"m":[1]}', b""),
    ],
)
def test_what_only_looks_like_more_of_the_same_is_read_alone(first: bytes, second: bytes) -> None:
    """A number that goes on, a key that stands twice, a text that is cut or is no JSON."""
    reader = Reader()
    reader.text(Body.of(first))
    assert json.dumps(parse(second)) == json.dumps(reader.text(Body.of(second)).document)


def test_what_follows_a_key_that_stands_twice_is_read_alone() -> None:
    """The last of two members counts, and what stands between them is not lost."""
    texts = [b'{"a":[1],"m":[1]}', b'{"a":[1],"m":[1],"a":[2]}', b'{"a":[1],"m":[1],"a":[2,3]}']
    reader = Reader()
    assert [parse(text) for text in texts] == [reader.text(Body.of(text)).document for text in texts]


@pytest.mark.parametrize("spelling", ["compact", "compact ascii", "spaced", "spaced ascii"])
def test_what_requests_share_is_one_value(spelling: str) -> None:
    """Items that a later request repeats are the earlier one's own, so that comparing them costs nothing."""
    said: list[Any] = [{"role": "user", "content": "Grüße"}, {"role": "assistant", "content": "\\u"}]
    reader = Reader()
    one = reader.text(body({"model": "m", "messages": said, "tools": ["t"]}, **SPELLINGS[spelling]))
    more = [*said, {"role": "user", "content": "more"}]
    other = reader.text(body({"model": "m", "messages": more, "tools": ["t"]}, **SPELLINGS[spelling]))
    assert (one, "messages", 0, 2) == (other.base, other.grown, other.first, other.last)
    assert all(a is b for a, b in zip(one.items("messages"), other.items("messages"), strict=False))
    assert [] == one.items("nothing")
    last = reader.text(body({"model": "m", "messages": more, "tools": ["t", "u"]}, **SPELLINGS[spelling]))
    assert (other, "tools", 0, 1) == (last.base, last.grown, last.first, last.last)


@pytest.mark.parametrize("clock", ["nowhere", "system", "task"])
def test_only_what_is_new_is_read_as_turns(clock: str) -> None:
    """A request of a long conversation costs its last turn, also where it tells the time in front of all others."""
    looked = []

    def ask(document: Any) -> Question | None:
        looked.append(len(document["messages"]))
        return messages.read_request(document)

    reader = Reader()
    said: list[Any] = [{"role": "user", "content": "Hi"}]
    for turn in range(100):
        if clock == "task":
            said[0] = {"role": "user", "content": f"It is {turn}:00."}
        system = f"It is {turn}:00." if clock == "system" else "Hi."
        found = reader.question(ask, reader.text(body({"system": system, "messages": said})))
        assert found is not None
        assert said[0]["content"] == found.turns[0].parts[0].text
        assert len(said) == len(found.turns)
        said = [*said, {"role": "assistant", "content": f"a{turn}"}, {"role": "user", "content": f"b{turn}"}]
    assert 3 == max(looked)
