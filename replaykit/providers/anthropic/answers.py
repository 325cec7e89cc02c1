"""What answers of the Messages API look like, plain and streamed: a stream ends with `message_stop`.

Law: pure. The events are those of Anthropic's streaming guide and in its order: `message_start`, for
each block `content_block_start`, its deltas and `content_block_stop`, then `message_delta` and
`message_stop`. Source: Anthropic's API reference and streaming guide.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import orjson

from replaykit.providers.speech import OVERLOADED, PIECE, WORD, Error, Speech, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from replaykit.providers.speech import Document, Said, Tool

_ERRORS: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    OVERLOADED: "overloaded_error",
}


def _error(error: Error) -> tuple[int, Document]:
    kind = _ERRORS.get(error.status, "api_error" if error.status >= 500 else "invalid_request_error")  # noqa: PLR2004 - faults of the server's
    return error.status, {"type": "error", "error": {"type": kind, "message": error.message or spoken(kind)}}


def _whole(said: Said) -> Document:
    took, gave = said.usage
    return {
        "id": said.id("msg"),
        "type": "message",
        "role": "assistant",
        "model": said.model,
        "content": [_block(said, place, part) for place, part in enumerate(said.message.parts)],
        "stop_reason": said.message.stop or ("tool_use" if said.message.tools else "end_turn"),
        "stop_sequence": None,
        "usage": {"input_tokens": took, "output_tokens": gave},
    }


def _block(said: Said, place: int, part: str | Tool) -> Document:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    return {
        "type": "tool_use",
        "id": said.tool_id("toolu", place, part),
        "name": part.name,
        "input": dict(part.arguments),
    }


def _stream(said: Said) -> Iterator[bytes]:
    return events(_whole(said))


def _failed(error: Error, _number: int) -> bytes:
    return event(**_error(error)[1])


def events(message: Document) -> Iterator[bytes]:
    """The events of a message, ready for the wire, one by one."""
    opening: Document = {"content": [], "stop_reason": None, "usage": {**message["usage"], "output_tokens": 1}}
    yield event("message_start", message=message | opening)
    yield event("ping")
    for index, block in enumerate(message["content"]):
        yield from (event(kind, index=index, **fields) for kind, fields in parts(block))
    ending = {key: message[key] for key in ("stop_reason", "stop_sequence")}
    yield event("message_delta", delta=ending, usage={"output_tokens": message["usage"]["output_tokens"]})
    yield event("message_stop")


def event(type: str, **fields: object) -> bytes:  # noqa: A002 - as it stands in the data
    """One event: its name, and its data as one line of JSON."""
    return b"event: %s\ndata: %s\n\n" % (type.encode(), orjson.dumps({"type": type, **fields}))


def parts(block: Document) -> Iterator[tuple[str, Document]]:
    """The events of one content block, as names and fields."""
    empty: Document = {"text": ""} if block["type"] == "text" else {"input": {}}
    yield "content_block_start", {"content_block": block | empty}
    yield from (("content_block_delta", {"delta": delta}) for delta in deltas(block))
    yield "content_block_stop", {}


def deltas(block: Document) -> Iterator[Document]:
    """What a block's deltas add, piece by piece: words of a text, slices of a tool's arguments."""
    if block["type"] == "text":
        yield from ({"type": "text_delta", "text": word} for word in WORD.findall(block["text"]))
        return
    text = orjson.dumps(block["input"]).decode()
    for start in range(0, len(text), PIECE):
        yield {"type": "input_json_delta", "partial_json": text[start : start + PIECE]}


MESSAGES: Final = Speech(
    "anthropic",
    re.compile(r"/v1/messages$"),
    whole=_whole,
    stream=_stream,
    error=_error,
    failed=_failed,
    delta=re.compile(rb"event: content_block_delta\n"),
    request_id="request-id",
)
