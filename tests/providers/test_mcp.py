"""MCP over HTTP: messages named, answers found in streams, what may change and what comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from replaykit.core.conversation import Part, Turn
from replaykit.providers.registry import find
from tests.providers.wires import sse

if TYPE_CHECKING:
    from replaykit.core.model import JSON

VERSION = (("Mcp-Protocol-Version", "2025-11-25"),)


def message(method: str, params: JSON = None, **fields: JSON) -> dict[str, JSON]:
    """A JSON-RPC message; with `id`, a request."""
    return {"jsonrpc": "2.0", "method": method, **({"params": params} if params else {}), **fields}


CALL = message(
    "tools/call", {"name": "get_weather", "arguments": {"city": "Paris"}, "_meta": {"progressToken": 1}}, id=2
)
RESULT: dict[str, JSON] = {"jsonrpc": "2.0", "id": 2, "result": {"content": [{"type": "text", "text": "rain"}]}}
FAILED: dict[str, JSON] = {"jsonrpc": "2.0", "id": 2, "error": {"code": -32602, "message": "no such city"}}
PROGRESS = message("notifications/progress", {"progressToken": 1, "progress": 0.5})
_, OPERATION = find("POST", "http://127.0.0.1/mcp", VERSION, CALL)


@pytest.mark.parametrize(
    ("method", "headers", "document", "expected"),
    [
        ("POST", (), message("initialize", {"protocolVersion": "2025-11-25"}, id=0), ("mcp", "initialize", "/id")),
        ("POST", VERSION, CALL, ("mcp", "tools.call", "/id")),
        ("POST", (), CALL, ("mcp", "tools.call", "/id")),
        ("POST", VERSION, message("tasks/get", id=1), ("mcp", "tasks.get", "/id")),
        ("POST", VERSION, message("notifications/initialized"), ("mcp", "notifications.initialized", "")),
        ("POST", VERSION, {"jsonrpc": "2.0", "id": 9, "result": {}}, ("mcp", "send", "")),
        ("GET", (("mcp-session-id", "s"),), None, ("mcp", "listen", "")),
        ("DELETE", (("mcp-session-id", "s"),), None, ("mcp", "close", "")),
        ("POST", (), message("tasks/get", id=1), ("other", "jsonrpc", "/id")),
        ("POST", (), message("initialize", {"rootUri": None}, id=1), ("other", "jsonrpc", "/id")),
    ],
)
def test_a_message_is_named_by_its_method(
    method: str, headers: tuple[tuple[str, str], ...], document: JSON, expected: tuple[str, str, str]
) -> None:
    """Messages of the protocol are told from other JSON-RPC; only a request has an id that comes back."""
    provider, operation = find(method, "http://127.0.0.1/", headers, document)
    assert expected == (provider.name, operation.name, operation.correlation)


@pytest.mark.parametrize("answer", [RESULT, FAILED])
def test_the_response_is_found_among_notifications(answer: dict[str, JSON]) -> None:
    """A stream amounts to the response in it, wherever the notifications stand."""
    body = b": ping\r\n\r\n" + sse([PROGRESS, answer], names=False)
    assert answer == OPERATION.add_up(body)
    assert OPERATION.ended(body)


def test_a_stream_without_a_response_gives_its_messages() -> None:
    """Cut before the response, a stream amounts to the notifications that came."""
    body = sse([PROGRESS, PROGRESS], names=False)
    assert [PROGRESS, PROGRESS] == OPERATION.add_up(body)
    assert not OPERATION.ended(body)
    assert OPERATION.add_up(json.dumps(RESULT).encode()) is None


def test_a_call_reads_as_a_turn() -> None:
    """A tool's call and its result are parts like those of a model's conversation."""
    question, answer = OPERATION.read_request(CALL), OPERATION.read_answer(RESULT)
    assert question is not None
    assert answer is not None
    assert (Turn("client", (Part("tool_call", name="get_weather", id="2", data={"city": "Paris"}),)),) == question.turns
    assert {} == question.settings
    assert Turn("server", (Part("tool_result", "rain", id="2"),)) == answer.turn


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"tools": [{"name": "f", "description": "Does."}]}, (Part("other", "Does.", "f"),)),
        ({"serverInfo": {"name": "Wiki", "version": "2"}}, (Part("other", "Wiki 2"),)),
        ({"contents": [{"uri": "file:///a", "text": "rain"}]}, (Part("text", "rain"),)),
        ({}, ()),
    ],
)
def test_other_results_are_read_as_far_as_they_have_words(result: JSON, expected: tuple[Part, ...]) -> None:
    """Tools, the server and resources are named; an empty result is an empty turn."""
    answer = OPERATION.read_answer({"jsonrpc": "2.0", "id": 1, "result": result})
    assert answer is not None
    assert Turn("server", expected) == answer.turn


def test_an_error_has_its_code() -> None:
    """The code of JSON-RPC stands for the type."""
    answer = OPERATION.read_answer(FAILED)
    assert answer is not None
    assert "-32602: no such city" == answer.error


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("id",), "request id"),
        (("params", "name"), "tool name"),
        (("params", "arguments", "city"), "tool call get_weather.city"),
        (("params", "arguments"), "tool call get_weather"),
        (("params", "_meta", "progressToken"), "_meta.progressToken"),
        (("method",), "method"),
        ((), "request body"),
    ],
)
def test_places_have_words(path: tuple[str | int, ...], expected: str) -> None:
    """A path of a call is told by the tool and its argument."""
    assert expected == OPERATION.place(path, CALL)


def test_progress_tokens_are_volatile() -> None:
    """A request's progress token is made up each time; the notification that repeats it too."""
    assert "/params/_meta/progressToken" in OPERATION.volatile
    _, sent = find("POST", "http://h/mcp", VERSION, PROGRESS)
    assert "/params/progressToken" in sent.volatile
