"""Model endpoints as the real SDKs know them: Anthropic Messages, OpenAI chat completions and Responses.

Law: what is answered depends on the request alone. A question with tools is answered by a tool call,
a tool's result or a question without tools by a text that quotes it; `"stream": true` streams the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tests.servers.script import Asked, Script, document, events, stream

if TYPE_CHECKING:
    from collections.abc import Sequence

Json: TypeAlias = dict[str, Any]

ARGUMENTS: Final = '{"city": "Paris"}'
"""What the model gives to the tool it calls, in the pieces in which it is streamed."""


# ---------------------------------------------------------------- Anthropic


def anthropic_messages(asked: Asked) -> Script:
    """The answer of `POST /v1/messages`."""
    message = _message(asked.json())
    if asked.json().get("stream"):
        return stream(*events(_message_events(message), names=True))
    return document(message, headers=(("request-id", "req_011CRzTestRequest"),))


def anthropic_error(status: int, kind: str, headers: tuple[tuple[str, str], ...] = ()) -> Script:
    """An error envelope."""
    return document({"type": "error", "error": {"type": kind, "message": f"{kind}!"}}, status, headers, kind)


def _message(question: Json) -> Json:
    last = question["messages"][-1]["content"]
    blocks: list[Json]
    if question.get("tools") and isinstance(last, str):
        blocks = [{"type": "tool_use", "id": "toolu_01A09q90qw90lq91", "name": "weather", "input": {"city": "Paris"}}]
    else:
        said = last if isinstance(last, str) else last[0]["content"]
        blocks = [{"type": "text", "text": f"You said: {said}"}]
    return {
        "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
        "type": "message",
        "role": "assistant",
        "model": question["model"],
        "content": blocks,
        "stop_reason": "tool_use" if blocks[0]["type"] == "tool_use" else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 12, "output_tokens": 7},
    }


def _message_events(message: Json) -> list[Json]:
    (block,) = message["content"]
    empty = {**block, "input": {}} if block["type"] == "tool_use" else {**block, "text": ""}
    return [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": empty},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in _message_deltas(block)),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": message["stop_reason"], "stop_sequence": None},
            "usage": {"output_tokens": 7},
        },
        {"type": "message_stop"},
    ]


def _message_deltas(block: Json) -> list[Json]:
    if block["type"] == "tool_use":
        return [{"type": "input_json_delta", "partial_json": piece} for piece in _cut(ARGUMENTS)]
    return [{"type": "text_delta", "text": piece} for piece in _cut(block["text"])]


# ------------------------------------------------------------------- OpenAI


def openai_error(status: int, kind: str, headers: tuple[tuple[str, str], ...] = ()) -> Script:
    """An error envelope."""
    return document({"error": {"message": f"{kind}!", "type": kind, "param": None, "code": kind}}, status, headers)


def openai_chat(asked: Asked) -> Script:
    """The answer of `POST /v1/chat/completions`."""
    question = asked.json()
    message = _chat_message(question)
    stop = "tool_calls" if "tool_calls" in message else "stop"
    if question.get("stream"):
        deltas = [({"role": "assistant", "content": ""}, None), *((d, None) for d in _chat_deltas(message)), ({}, stop)]
        chunks = [_chat(question, "delta", delta, reason) for delta, reason in deltas]
        return stream(*events(chunks), b"data: [DONE]\n\n")
    usage = {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19}
    return document({**_chat(question, "message", message, stop), "usage": usage})


def _chat(question: Json, part: str, said: Json, reason: str | None) -> Json:
    return {
        "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
        "object": "chat.completion" if part == "message" else "chat.completion.chunk",
        "created": 1741569952,
        "model": question["model"],
        "choices": [{"index": 0, part: said, "finish_reason": reason, "logprobs": None}],
    }


def _chat_message(question: Json) -> Json:
    last = question["messages"][-1]
    if question.get("tools") and last["role"] == "user":
        call = {"id": "call_abc123", "type": "function", "function": {"name": "weather", "arguments": ARGUMENTS}}
        return {"role": "assistant", "content": None, "tool_calls": [call]}
    return {"role": "assistant", "content": f"You said: {last['content']}", "refusal": None}


def _chat_deltas(message: Json) -> list[Json]:
    if "tool_calls" not in message:
        return [{"content": piece} for piece in _cut(message["content"])]
    (call,) = message["tool_calls"]
    start = {**call, "index": 0, "function": {"name": "weather", "arguments": ""}}
    more = ({"index": 0, "function": {"arguments": piece}} for piece in _cut(ARGUMENTS))
    return [{"tool_calls": [each]} for each in (start, *more)]


def openai_responses(asked: Asked) -> Script:
    """The answer of `POST /v1/responses`."""
    question = asked.json()
    item = _output_item(question)
    done = _response(question, "completed", [item])
    if not question.get("stream"):
        return document(done)
    told = [
        {"type": "response.created", "response": _response(question, "in_progress", [])},
        {"type": "response.in_progress", "response": _response(question, "in_progress", [])},
        *_item_events(item),
        {"type": "response.completed", "response": done},
    ]
    return stream(*events([{**event, "sequence_number": number} for number, event in enumerate(told)], names=True))


def _response(question: Json, status: str, output: list[Json]) -> Json:
    tokens = {
        "input_tokens": 12,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 19,
    }
    return {
        "id": "resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b",
        "object": "response",
        "created_at": 1741476542,
        "status": status,
        "model": question["model"],
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": question.get("tools", []),
        "error": None,
        "incomplete_details": None,
        "instructions": question.get("instructions"),
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "usage": tokens if status == "completed" else None,
    }


def _output_item(question: Json) -> Json:
    asked = question["input"]
    if question.get("tools") and isinstance(asked, str):
        return {
            "type": "function_call",
            "id": "fc_67ca09c6bedc8190a7abfec07b1a1332096610f474011cc0",
            "call_id": "call_unDRuyfTEAvq1xzYoKcKXgDS",
            "name": "weather",
            "arguments": ARGUMENTS,
            "status": "completed",
        }
    said = asked if isinstance(asked, str) else asked[-1]["output"]
    text = {"type": "output_text", "text": f"You said: {said}", "annotations": [], "logprobs": []}
    identity = "msg_67ccd2bf17f0819081ff3bb2cf6508e60bb6a6b452d3795b"
    return {"type": "message", "id": identity, "status": "completed", "role": "assistant", "content": [text]}


def _item_events(item: Json) -> list[Json]:
    where = {"output_index": 0, "item_id": item["id"]}
    if item["type"] == "function_call":
        kind, start = "response.function_call_arguments", {**item, "arguments": "", "status": "in_progress"}
        pieces = [{"type": f"{kind}.delta", **where, "delta": piece} for piece in _cut(ARGUMENTS)]
        middle = [*pieces, {"type": f"{kind}.done", **where, "name": "weather", "arguments": ARGUMENTS}]
    else:
        start = {**item, "content": [], "status": "in_progress"}
        middle = _text_events(item["content"][0], {**where, "content_index": 0})
    added = {"type": "response.output_item.added", "output_index": 0, "item": start}
    return [added, *middle, {"type": "response.output_item.done", "output_index": 0, "item": item}]


def _text_events(part: Json, where: Json) -> list[Json]:
    deltas = [
        {"type": "response.output_text.delta", **where, "delta": piece, "logprobs": []} for piece in _cut(part["text"])
    ]
    return [
        {"type": "response.content_part.added", **where, "part": {**part, "text": ""}},
        *deltas,
        {"type": "response.output_text.done", **where, "text": part["text"], "logprobs": []},
        {"type": "response.content_part.done", **where, "part": part},
    ]


def _cut(text: str) -> Sequence[str]:
    """The text in pieces of five characters."""
    return [text[start : start + 5] for start in range(0, len(text), 5)]
