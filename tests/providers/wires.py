"""Streams as providers send them, for the tests beside this file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from replaykit.core.model import JSON


def sse(documents: Iterable[Mapping[str, JSON]], *, names: bool = True) -> bytes:
    """Documents as a stream; with `names`, each event is named by its document's `type`."""
    return b"".join(event(document, names=names) for document in documents)


def event(document: Mapping[str, JSON], *, names: bool = True) -> bytes:
    """One event."""
    name = f"event: {document['type']}\n" if names and "type" in document else ""
    return f"{name}data: {json.dumps(document)}\n\n".encode()


DONE = b"data: [DONE]\n\n"


def start(**message: JSON) -> dict[str, JSON]:
    """A `message_start` of Anthropic's."""
    usage: JSON = {"input_tokens": 12, "cache_read_input_tokens": 100, "output_tokens": 1}
    plain: dict[str, JSON] = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x"}
    plain |= {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    return {"type": "message_start", "message": {**plain, **message}}


def block(index: int, content: dict[str, JSON], *deltas: dict[str, JSON]) -> list[dict[str, JSON]]:
    """A content block of Anthropic's: its start, its deltas, its stop."""
    begun: dict[str, JSON] = {"type": "content_block_start", "index": index, "content_block": content}
    between = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    return [begun, *between, {"type": "content_block_stop", "index": index}]  # type: ignore[list-item]


def close(reason: str, **usage: JSON) -> list[dict[str, JSON]]:
    """The end of a message of Anthropic's."""
    delta: JSON = {"stop_reason": reason, "stop_sequence": None}
    return [
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 42, **usage}},
        {"type": "message_stop"},
    ]


TEXT = block(
    0,
    {"type": "text", "text": ""},
    {"type": "text_delta", "text": "It is "},
    {"type": "text_delta", "text": "raining — 雨"},
)
THINKING = block(
    0,
    {"type": "thinking", "thinking": "", "signature": ""},
    {"type": "thinking_delta", "thinking": "Let me "},
    {"type": "thinking_delta", "thinking": "look."},
    {"type": "signature_delta", "signature": "Eo8BCkYI"},
)
CALL = block(
    1,
    {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}},
    {"type": "input_json_delta", "partial_json": ""},
    {"type": "input_json_delta", "partial_json": '{"city": "Par'},
    {"type": "input_json_delta", "partial_json": 'is", "days": 3}'},
)
PING: dict[str, JSON] = {"type": "ping"}
OVERLOADED: dict[str, JSON] = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


def chunk(*choices: dict[str, JSON], **fields: JSON) -> dict[str, JSON]:
    """A chunk of a chat completion."""
    plain: dict[str, JSON] = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 7, "model": "gpt-x"}
    return {**plain, "choices": list(choices), **fields}


def choice(index: int = 0, finish: str | None = None, **delta: JSON) -> dict[str, JSON]:
    """What a chunk says of one choice."""
    return {"index": index, "delta": delta, "finish_reason": finish, "logprobs": None}


def piece(index: int, arguments: str, **fields: JSON) -> dict[str, JSON]:
    """A piece of a tool call in a delta."""
    name = fields.pop("name", None)
    function: dict[str, JSON] = {"arguments": arguments, **({"name": name} if name else {})}
    return {"index": index, "function": function, **fields}


def numbered(*documents: dict[str, JSON]) -> list[dict[str, JSON]]:
    """Events of the Responses API with their sequence numbers."""
    return [{**document, "sequence_number": number} for number, document in enumerate(documents)]


def response(status: str, *output: dict[str, JSON], **fields: JSON) -> dict[str, JSON]:
    """A response object."""
    plain: dict[str, JSON] = {"id": "resp_1", "object": "response", "created_at": 7, "model": "gpt-x"}
    return {**plain, "status": status, "error": None, "output": list(output), **fields}
