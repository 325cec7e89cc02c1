"""What the real SDKs make of a stream is what we make of it; and what holds their retries' delays."""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING

import pytest

from replaykit.providers.registry import PROVIDERS, find
from tests.providers.wires import (
    CALL,
    DONE,
    PING,
    TEXT,
    THINKING,
    block,
    choice,
    chunk,
    close,
    numbered,
    piece,
    sse,
    start,
)
from tests.servers.script import stream

if TYPE_CHECKING:
    from anthropic import Anthropic
    from openai import OpenAI

    from replaykit.core.model import JSON
    from tests.servers.wire import Server

CITED = block(
    0,
    {"type": "text", "text": "", "citations": []},
    {"type": "text_delta", "text": "It rains."},
    {"type": "citations_delta", "citation": {"type": "char_location", "cited_text": "rain", "document_index": 0}},
)
SEARCH = block(
    1,
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
    {"type": "input_json_delta", "partial_json": '{"query": "weather'},
    {"type": "input_json_delta", "partial_json": ' Paris"}'},
)


def anthropic_client(url: str, retries: int = 0) -> Anthropic:
    """The real client."""
    from anthropic import Anthropic

    return Anthropic(api_key="none", base_url=url, max_retries=retries)


def openai_client(url: str, retries: int = 0) -> OpenAI:
    """The real client."""
    from openai import OpenAI

    return OpenAI(api_key="none", base_url=f"{url}/v1", max_retries=retries)


@pytest.mark.parametrize(
    "story",
    [
        [start(), *TEXT, *close("end_turn")],
        [start(), PING, *THINKING, *CALL, *close("tool_use", input_tokens=13, cache_read_input_tokens=None)],
        [start(), *CITED, *SEARCH, *close("pause_turn", server_tool_use={"web_search_requests": 1})],
        [start(), *close("refusal")],
    ],
    ids=["text", "thinking and a call", "citations and a search", "nothing"],
)
def test_a_message_is_what_the_anthropic_sdk_makes_of_it(server: Server, story: list[dict[str, JSON]]) -> None:
    """The SDK's accumulator and ours give the same message."""
    body = sse(story)
    server.on("POST /v1/messages", stream(body))
    question: JSON = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Go"}]}
    with anthropic_client(server.url) as client, client.messages.stream(**question) as told:  # type: ignore[arg-type]
        expected = told.get_final_message().to_dict()
    _, operation = find("POST", f"{server.url}/v1/messages", (), None)
    assert _said(expected) == _said(operation.add_up(body))


def _said(document: object) -> object:
    """A document without what is null: the SDK writes out fields that nobody sent."""
    if isinstance(document, dict):
        return {key: _said(value) for key, value in document.items() if value is not None}
    return [_said(value) for value in document] if isinstance(document, list) else document


def test_a_completion_is_what_the_openai_sdk_makes_of_it(server: Server) -> None:
    """Two choices, one with two tool calls in turns, are the same for the SDK and for us."""
    story = [
        chunk(choice(0, role="assistant", content="", refusal=None), choice(1, role="assistant", content=None)),
        chunk(choice(0, content="It is "), choice(1, tool_calls=[piece(0, "", id="c0", type="function", name="f")])),
        chunk(choice(1, tool_calls=[piece(0, '{"a"')])),
        chunk(choice(0, content="raining"), choice(1, tool_calls=[piece(1, "", id="c1", type="function", name="g")])),
        chunk(choice(1, tool_calls=[piece(0, ":1}"), piece(1, "{}")])),
        chunk(choice(0, "stop"), choice(1, "tool_calls")),
        chunk(usage={"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}),
    ]
    body = sse(story) + DONE
    server.on("POST /v1/chat/completions", stream(body))
    with (
        openai_client(server.url) as client,
        client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "Go"}]) as told,
    ):
        expected = told.get_final_completion().to_dict()
    _, operation = find("POST", f"{server.url}/v1/chat/completions", (), None)
    ours = operation.add_up(body)
    for each in expected["choices"]:  # type: ignore[attr-defined]
        for call in each["message"].get("tool_calls") or []:
            call.pop("index", None)  # only streams have it
            call["function"].pop("parsed_arguments", None)  # the SDK's own
    assert _said(expected) == _said(ours)


def test_a_response_is_what_the_openai_sdk_makes_of_it(server: Server) -> None:
    """A cut stream leaves the SDK's snapshot and us with the same output."""
    message: JSON = {"type": "message", "id": "m", "role": "assistant", "status": "in_progress", "content": []}
    call: JSON = {
        "type": "function_call",
        "id": "f",
        "call_id": "c",
        "name": "g",
        "arguments": "",
        "status": "in_progress",
    }
    text: JSON = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    begun: JSON = {
        "id": "resp_1",
        "object": "response",
        "created_at": 7,
        "model": "gpt-x",
        "status": "in_progress",
        "output": [],
    }
    base: dict[str, JSON] = {"item_id": "m", "output_index": 0, "content_index": 0}
    story = numbered(
        {"type": "response.created", "response": begun},
        {"type": "response.output_item.added", "output_index": 0, "item": message},
        {"type": "response.content_part.added", **base, "part": text},
        {"type": "response.output_text.delta", **base, "delta": "It is ", "logprobs": []},
        {"type": "response.output_text.delta", **base, "delta": "raining", "logprobs": []},
        {"type": "response.output_item.added", "output_index": 1, "item": call},
        {"type": "response.function_call_arguments.delta", "item_id": "f", "output_index": 1, "delta": '{"a"'},
        {"type": "response.function_call_arguments.delta", "item_id": "f", "output_index": 1, "delta": ":1}"},
    )
    body = sse(story)
    server.on("POST /v1/responses", stream(body))
    with openai_client(server.url) as client, client.responses.stream(model="m", input="Go") as told:
        snapshots = [event.snapshot for event in told if event.type.endswith(".delta")]  # type: ignore[union-attr]
    _, operation = find("POST", f"{server.url}/v1/responses", (), None)
    ours = operation.add_up(body)
    assert isinstance(ours, dict)
    said = [ours["output"][0]["content"][0]["text"], ours["output"][1]["arguments"]]  # type: ignore[call-overload, index]
    assert [snapshots[1], snapshots[3]] == said


@pytest.mark.parametrize("name", ["anthropic", "openai"])
def test_a_retry_waits_for_nothing(name: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the named attributes at zero, the SDK's retries of a refused connection do not sleep."""
    naps: list[float] = []
    provider = next(provider for provider in PROVIDERS if provider.name == name)
    for place in provider.delays:
        module, _, attribute = place.partition(":")
        monkeypatch.setattr(importlib.import_module(module), attribute, 0.0)
    monkeypatch.setattr(time, "sleep", naps.append)
    server.stop()
    if name == "anthropic":
        from anthropic import APIConnectionError as Refused

        ask = anthropic_client(server.url, retries=2).models.list
    else:
        from openai import APIConnectionError as Refused  # type: ignore[assignment]

        ask = openai_client(server.url, retries=2).models.list  # type: ignore[assignment]
    with pytest.raises(Refused):
        ask()
    assert [0.0, 0.0] == naps


@pytest.mark.parametrize("name", ["anthropic", "openai"])
def test_an_sdks_request_is_recognised(name: str, server: Server) -> None:
    """What the real client sends is known by its provider, and its headers by their names."""
    body = b'{"data": [], "has_more": false, "object": "list"}'
    server.on(
        "GET /v1/models",
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body),),
    )
    if name == "anthropic":
        with anthropic_client(server.url) as client:
            client.models.list()
    else:
        with openai_client(server.url) as other:
            other.models.list()
    (asked,) = server.requests
    headers = tuple(asked.headers.items())
    provider, operation = find(asked.method, server.url + asked.path, headers, None)
    assert (name, "models", 0) == (provider.name, operation.name, provider.attempt(headers))
    assert {"authorization"} <= set(provider.credentials) & set(asked.headers)
