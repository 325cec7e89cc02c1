"""What answers of OpenAI's wires look like, plain and streamed.

    wire                 path                   a stream ends with
    openai.chat          …/chat/completions     [DONE]
    openai.responses     …/responses            response.completed

Law: pure. Source: OpenAI's API reference and streaming guide.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from replaykit.providers.speech import MADE, OVERLOADED, WORD, Error, Speech, arguments, data, pieces, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from replaykit.providers.speech import Document, Said, Tool

_ERRORS: Mapping[int, tuple[str, str | None]] = {
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}
"""Type and code of an error; others are `server_error` or `invalid_request_error`, without a code."""

_OVERLOADED = 503


def _error(error: Error) -> tuple[int, Document]:
    status = _OVERLOADED if error.status == OVERLOADED else error.status
    usual = ("server_error" if status >= 500 else "invalid_request_error", None)  # noqa: PLR2004 - as above
    kind, code = _ERRORS.get(status, usual)
    message = error.message or ("overloaded" if status == _OVERLOADED else spoken(code or kind))
    return status, {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _chat(said: Said) -> Document:
    took, gave = said.usage
    calls = [{"type": "function", **_call(said, place, tool)} for place, tool in enumerate(said.message.tools)]
    message: Document = {"role": "assistant", "content": "".join(said.message.texts) or None, "refusal": None}
    return {
        **_completion(said, "chat.completion", [_choice({"message": message | _calls(calls)}, _finish(said))]),
        "usage": {"prompt_tokens": took, "completion_tokens": gave, "total_tokens": took + gave},
    }


def _chat_stream(said: Said) -> Iterator[bytes]:
    """The chunks of an answer; the usage last, where it was asked for."""
    for delta in _chat_deltas(said):
        yield data(_completion(said, "chat.completion.chunk", [_choice({"delta": delta}, None)]))
    yield data(_completion(said, "chat.completion.chunk", [_choice({"delta": {}}, _finish(said))]))
    if (said.question.get("stream_options") or {}).get("include_usage"):
        yield data(_completion(said, "chat.completion.chunk", []) | {"usage": _chat(said)["usage"]})
    yield b"data: [DONE]\n\n"


def _chat_deltas(said: Said) -> Iterator[Document]:
    yield {"role": "assistant", "content": "" if said.message.texts else None}
    yield from ({"content": word} for text in said.message.texts for word in WORD.findall(text))
    for place, tool in enumerate(said.message.tools):
        call = _call(said, place, tool)
        head = {"index": place, "type": "function", **call, "function": {**call["function"], "arguments": ""}}
        yield {"tool_calls": [head]}
        for piece in pieces(arguments(tool)):
            yield {"tool_calls": [{"index": place, "function": {"arguments": piece}}]}


def _completion(said: Said, kind: str, choices: list[Document]) -> Document:
    return {"id": said.id("chatcmpl"), "object": kind, "created": MADE, "model": said.model, "choices": choices}


def _choice(part: Document, finish: str | None) -> Document:
    return {"index": 0, **part, "finish_reason": finish, "logprobs": None}


def _call(said: Said, place: int, tool: Tool) -> Document:
    """A call as chat completions have it."""
    return {"id": said.tool_id("call", place, tool), "function": {"name": tool.name, "arguments": arguments(tool)}}


def _calls(calls: list[Document]) -> Document:
    return {"tool_calls": calls} if calls else {}


def _finish(said: Said) -> str:
    return said.message.stop or ("tool_calls" if said.message.tools else "stop")


def _response(said: Said, *, done: bool = True) -> Document:
    took, gave = said.usage
    cut = said.message.stop if done else ""
    usage = {
        "input_tokens": took,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": gave,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": took + gave,
    }
    asked = said.question
    return {
        "id": said.id("resp"),
        "object": "response",
        "created_at": MADE,
        "status": ("incomplete" if cut else "completed") if done else "in_progress",
        "model": said.model,
        "output": [_item(said, place, part) for place, part in enumerate(said.message.parts)] if done else [],
        "parallel_tool_calls": asked.get("parallel_tool_calls", True),
        "tool_choice": asked.get("tool_choice", "auto"),
        "tools": asked.get("tools", []),
        "error": None,
        "incomplete_details": {"reason": cut} if cut else None,
        "instructions": asked.get("instructions"),
        "metadata": asked.get("metadata") or {},
        "temperature": asked.get("temperature", 1.0),
        "top_p": asked.get("top_p", 1.0),
        "usage": usage if done else None,
    }


def _item(said: Said, place: int, part: str | Tool) -> Document:
    """One thing in an answer's output."""
    if isinstance(part, str):
        text = {"type": "output_text", "text": part, "annotations": [], "logprobs": []}
        ours: Document = {"type": "message", "id": said.id("msg", place), "role": "assistant", "content": [text]}
    else:
        ours = {"type": "function_call", "id": said.id("fc", place), "call_id": said.tool_id("call", place, part)}
        ours |= {"name": part.name, "arguments": arguments(part)}
    return ours | {"status": "completed"}


def _response_stream(said: Said) -> Iterator[bytes]:
    """The events of an answer, numbered; each says its name twice, as the API's do."""
    for number, event in enumerate(_response_events(said)):
        document = {**event, "sequence_number": number}
        yield f"event: {event['type']}\n".encode() + data(document)


def _response_events(said: Said) -> Iterator[Document]:
    for kind in ("response.created", "response.in_progress"):
        yield {"type": kind, "response": _response(said, done=False)}
    for place, part in enumerate(said.message.parts):
        item = _item(said, place, part)
        begun: Document = {"content": []} if isinstance(part, str) else {"arguments": ""}
        started = item | begun | {"status": "in_progress"}
        yield {"type": "response.output_item.added", "output_index": place, "item": started}
        yield from (event | {"output_index": place, "item_id": item["id"]} for event in _item_events(item))
        yield {"type": "response.output_item.done", "output_index": place, "item": item}
    whole = _response(said)
    yield {"type": f"response.{whole['status']}", "response": whole}


def _item_events(item: Document) -> Iterator[Document]:
    if item["type"] == "function_call":
        kind, text = "response.function_call_arguments", item["arguments"]
        yield from ({"type": f"{kind}.delta", "delta": piece} for piece in pieces(text))
        yield {"type": f"{kind}.done", "name": item["name"], "arguments": text}
        return
    (part,) = item["content"]
    at: Document = {"content_index": 0}
    yield {"type": "response.content_part.added", **at, "part": part | {"text": ""}}
    for word in WORD.findall(part["text"]):
        yield {"type": "response.output_text.delta", **at, "delta": word, "logprobs": []}
    yield {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **at, "part": part}


def _chat_failed(error: Error, _number: int) -> bytes:
    return data(_error(error)[1])


def _response_failed(error: Error, number: int) -> bytes:
    said = _error(error)[1]["error"]
    told = {"code": said["code"] or said["type"], "message": said["message"], "param": None}
    return b"event: error\n" + data({"type": "error", **told, "sequence_number": number})


CHAT: Final = Speech(
    "openai.chat",
    re.compile(r"/chat/completions$"),
    whole=_chat,
    stream=_chat_stream,
    error=_error,
    failed=_chat_failed,
    delta=re.compile(rb'data: .*"finish_reason":null'),
    request_id="x-request-id",
)
RESPONSES: Final = Speech(
    "openai.responses",
    re.compile(r"/responses$"),
    whole=_response,
    stream=_response_stream,
    error=_error,
    failed=_response_failed,
    delta=re.compile(rb"event: \S+\.delta\n"),
    request_id="x-request-id",
)
