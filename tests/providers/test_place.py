"""Places in the words of somebody who writes agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replaykit.providers.registry import find

if TYPE_CHECKING:
    from replaykit.core.model import JSON

SCHEMA: JSON = {"type": "object", "properties": {"units": {"enum": ["C", "F"]}}, "required": ["units"]}

MESSAGES: JSON = {
    "model": "claude-x",
    "system": [{"type": "text", "text": "Be brief."}],
    "tools": [{"name": "get_weather", "input_schema": SCHEMA}],
    "messages": [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "get_place", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "Paris"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "Eo8"},
                {"type": "tool_use", "id": "b", "name": "get_weather", "input": {"days": [{"on": "24"}]}},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "b", "content": [{"type": "text", "text": "x"}]}],
        },
        {"role": "assistant", "content": "Rain."},
        {"role": "user", "content": [{"type": "text", "text": "And now?"}, {"type": "image", "source": {}}]},
    ],
}
CHAT: JSON = {
    "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}],
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "get_weather", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "a", "content": "rain"},
        {"role": "system", "content": "Hurry."},
    ],
}
RESPONSES: JSON = {
    "instructions": "Be brief.",
    "tools": [{"type": "function", "name": "get_weather", "parameters": SCHEMA}],
    "input": [
        {"role": "user", "content": "Weather?"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "function_call", "call_id": "a", "name": "get_weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "rain"},
        {"role": "user", "content": [{"type": "input_text", "text": "And now?"}]},
    ],
}

_, ANTHROPIC = find("POST", "http://h/v1/messages", (), MESSAGES)
_, OPENAI = find("POST", "http://h/v1/chat/completions", (), CHAT)
_, STATEFUL = find("POST", "http://h/v1/responses", (), RESPONSES)
_, PLAIN = find("POST", "http://h/search", (), {})


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("system",), "system prompt"),
        (("system", 0, "text"), "system prompt"),
        (("system", 0, "cache_control", "type"), "system prompt, cache_control.type"),
        (("messages", 0, "content"), "turn 1, user message"),
        (("messages", 1, "content", 0, "input"), "turn 1, tool call get_place"),
        (("messages", 2, "content", 0, "content"), "turn 2, tool result of get_place"),
        (("messages", 3, "content", 0, "thinking"), "turn 2, thinking"),
        (("messages", 3, "content", 0, "signature"), "turn 2, thinking, signature"),
        (("messages", 3, "content", 1, "input", "days", 0, "on"), "turn 2, tool call get_weather.days[0].on"),
        (("messages", 4, "content", 0, "content", 0, "text"), "turn 3, tool result of get_weather"),
        (("messages", 5, "content"), "turn 3, assistant message"),
        (("messages", 6, "content", 0, "text"), "turn 4, user message"),
        (("messages", 6, "content", 0, "cache_control"), "turn 4, user message, cache_control"),
        (("messages", 6, "content", 1, "source", "data"), "turn 4, image, source.data"),
        (("messages", 6), "turn 4, user message"),
        (("messages", 6, "role"), "turn 4, user message, role"),
        (("messages", 70), "turn 4, message"),
        (("messages", 2, "content", 9, "content"), "turn 2, user message"),
        (("messages",), "conversation"),
        (("tools", 0), "tool get_weather"),
        (("tools", 0, "description"), "tool get_weather, description"),
        (("tools", 0, "input_schema", "properties", "units"), "tool schema get_weather.units"),
        (("tools", 0, "input_schema", "properties", "units", "enum", 1), "tool schema get_weather.units, enum[1]"),
        (("tools", 0, "input_schema", "properties", "a", "items", "properties", "b"), "tool schema get_weather.a.b"),
        (("tools", 0, "input_schema", "$defs", "P", "anyOf", 1, "type"), "tool schema get_weather.P, type"),
        (("tools", 0, "input_schema", "required"), "tool schema get_weather, required"),
        (("tools", 3, "name"), "tool 4, name"),
        (("temperature",), "temperature"),
        (("model",), "model"),
        (("thinking", "budget_tokens"), "thinking.budget_tokens"),
        (("stop_sequences", 1), "stop_sequences[1]"),
        ((), "request body"),
    ],
)
def test_a_place_in_a_message(path: tuple[str | int, ...], expected: str) -> None:
    """Paths of the Messages API are told by turn, tool and field."""
    assert expected == ANTHROPIC.place(path, MESSAGES)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("messages", 0, "content"), "system prompt"),
        (("messages", 1, "content"), "turn 1, user message"),
        (("messages", 2, "tool_calls", 0, "function", "arguments"), "turn 1, tool call get_weather"),
        (("messages", 3, "content"), "turn 2, tool result of get_weather"),
        (("messages", 3, "tool_call_id"), "turn 2, tool result of get_weather, tool_call_id"),
        (("messages", 4, "content"), "turn 2, system message"),
        (("tools", 0, "function", "parameters", "properties", "units"), "tool schema get_weather.units"),
        (("tools", 0, "function", "description"), "tool get_weather, description"),
        (("temperature",), "temperature"),
    ],
)
def test_a_place_in_a_chat(path: tuple[str | int, ...], expected: str) -> None:
    """Paths of chat completions are told alike; opening instructions are the system prompt."""
    assert expected == OPENAI.place(path, CHAT)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("instructions",), "system prompt"),
        (("input", 0, "content"), "turn 1, user message"),
        (("input", 1, "summary", 0, "text"), "turn 1, thinking"),
        (("input", 2, "arguments"), "turn 1, tool call get_weather"),
        (("input", 3, "output"), "turn 2, tool result of get_weather"),
        (("input", 4, "content", 0, "text"), "turn 2, user message"),
        (("tools", 0, "parameters", "properties", "units"), "tool schema get_weather.units"),
        (("previous_response_id",), "previous_response_id"),
    ],
)
def test_a_place_in_a_response(path: tuple[str | int, ...], expected: str) -> None:
    """Paths of the Responses API are told alike; a run of the model's items is one turn."""
    assert expected == STATEFUL.place(path, RESPONSES)


def test_a_place_anywhere_else() -> None:
    """A path of any other request is written plainly; a text is the user's where that is all there is."""
    assert "filters[0].name" == PLAIN.place(("filters", 0, "name"), {})
    assert "turn 1, user message" == STATEFUL.place(("input",), {"input": "Go"})
