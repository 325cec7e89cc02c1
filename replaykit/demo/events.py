"""A message as the server-sent events in which the Messages API streams it.

Law: pure. The events are those of Anthropic's streaming guide and in its order: `message_start`, for
each block `content_block_start`, its deltas and `content_block_stop`, then `message_delta` and
`message_stop`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.demo.script import Document

WORD: Final = re.compile(r"\s*\S+|\s+")
"""A word with the space before it: the deltas of a text add up to it, byte for byte."""

PIECE: Final = 12
"""Characters of a tool's arguments in one delta: the API cuts JSON anywhere."""


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


def event(kind: str, **fields: object) -> bytes:
    """One event: its name, and its data as one line of JSON."""
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), orjson.dumps({"type": kind, **fields}))


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
