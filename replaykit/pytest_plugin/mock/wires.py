"""What answers look like on the wires of Anthropic and OpenAI, plain and streamed.

    wire                 path                   a stream ends with
    anthropic            …/v1/messages          message_stop
    openai.chat          …/chat/completions     [DONE]
    openai.responses     …/responses            response.completed

Law: pure, and what is answered follows from the question, the message and its number alone: the same
test gives the same bytes. Sources: the providers' API references and streaming guides.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from replaykit.demo import events as anthropic_stream
from replaykit.demo.events import PIECE, WORD
from replaykit.pytest_plugin.mock.answers import OVERLOADED, Error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from replaykit.pytest_plugin.mock.answers import Json, Message, Tool

KEYS: Final = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY")
"""Variables without which an SDK refuses to ask anything."""

MADE: Final = 1_767_225_600
"""When every answer was made, in Unix seconds: 2026-01-01."""

LETTERS: Final = 4
"""Characters of a token, in an estimate: what both providers call usual for English."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer about to be given: to which question, and the how-many-eth of all."""

    question: Json
    message: Message
    number: int

    @property
    def model(self) -> str:
        """The model that was asked."""
        return str(self.question.get("model", "mock"))

    def id(self, prefix: str, place: int = 0) -> str:
        """An id that is the same whenever the test runs."""
        return f"{prefix}_mock_{self.number}_{place}"

    def tool_id(self, prefix: str, place: int, tool: Tool) -> str:
        """The id of a call, which its result repeats."""
        return tool.id or self.id(prefix, place)

    @property
    def usage(self) -> tuple[int, int]:
        """Tokens of the question and of the answer."""
        spoken = sum(map(len, self.message.texts)) + sum(len(arguments(tool)) for tool in self.message.tools)
        return self.message.usage or (1 + len(json.dumps(self.question)) // LETTERS, 1 + spoken // LETTERS)


@dataclass(frozen=True, slots=True)
class Wire:
    """One way of asking and answering.

    `path` is a pattern of the end of its path, `whole` and `stream` give an answer plain and as events,
    `error` the status and document of an error, and `failed` the event of one, as the how-many-eth of its
    stream. `delta` is how an event begins that adds a piece of text, and `request_id` names the header with
    an answer's id.
    """

    name: str
    path: re.Pattern[str]
    whole: Callable[[Said], Json]
    stream: Callable[[Said], Iterator[bytes]]
    error: Callable[[Error], tuple[int, Json]]
    failed: Callable[[Error, int], bytes]
    delta: re.Pattern[bytes]
    request_id: str

    def broken(self, said: Said, then: Error | Exception) -> Iterator[bytes]:
        """The events up to the last piece of text, and that of the error, if it is the service's."""
        events = list(self.stream(said))
        whole = 1 + max((at for at, event in enumerate(events) if self.delta.match(event)), default=-1)
        yield from events[:whole]
        if isinstance(then, Error):
            yield self.failed(then, whole)


def arguments(tool: Tool) -> str:
    """The arguments of a call as the JSON text that models write."""
    return json.dumps(dict(tool.arguments), ensure_ascii=False)


# ---------------------------------------------------------------- Anthropic

_ANTHROPIC_ERRORS: Mapping[int, str] = {
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


def _anthropic_error(error: Error) -> tuple[int, Json]:
    kind = _ANTHROPIC_ERRORS.get(error.status, "api_error" if error.status >= 500 else "invalid_request_error")  # noqa: PLR2004 - faults of the server's
    return error.status, {"type": "error", "error": {"type": kind, "message": error.message or _spoken(kind)}}


def _anthropic(said: Said) -> Json:
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


def _block(said: Said, place: int, part: str | Tool) -> Json:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    return {
        "type": "tool_use",
        "id": said.tool_id("toolu", place, part),
        "name": part.name,
        "input": dict(part.arguments),
    }


# ------------------------------------------------------------------- OpenAI

_OPENAI_ERRORS: Mapping[int, tuple[str, str | None]] = {
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}
"""Type and code of an error; others are `server_error` or `invalid_request_error`, without a code."""

_OPENAI_OVERLOADED = 503


def _openai_error(error: Error) -> tuple[int, Json]:
    status = _OPENAI_OVERLOADED if error.status == OVERLOADED else error.status
    usual = ("server_error" if status >= 500 else "invalid_request_error", None)  # noqa: PLR2004 - as above
    kind, code = _OPENAI_ERRORS.get(status, usual)
    message = error.message or ("overloaded" if status == _OPENAI_OVERLOADED else _spoken(code or kind))
    return status, {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _chat(said: Said) -> Json:
    took, gave = said.usage
    calls = [{"type": "function", **_call(said, place, tool)} for place, tool in enumerate(said.message.tools)]
    message: Json = {"role": "assistant", "content": "".join(said.message.texts) or None, "refusal": None}
    return {
        **_completion(said, "chat.completion", [_choice({"message": message | _calls(calls)}, _finish(said))]),
        "usage": {"prompt_tokens": took, "completion_tokens": gave, "total_tokens": took + gave},
    }


def _chat_stream(said: Said) -> Iterator[bytes]:
    """The chunks of an answer; the usage last, where it was asked for."""
    for delta in _chat_deltas(said):
        yield _data(_completion(said, "chat.completion.chunk", [_choice({"delta": delta}, None)]))
    yield _data(_completion(said, "chat.completion.chunk", [_choice({"delta": {}}, _finish(said))]))
    if (said.question.get("stream_options") or {}).get("include_usage"):
        yield _data(_completion(said, "chat.completion.chunk", []) | {"usage": _chat(said)["usage"]})
    yield b"data: [DONE]\n\n"


def _chat_deltas(said: Said) -> Iterator[Json]:
    yield {"role": "assistant", "content": "" if said.message.texts else None}
    yield from ({"content": word} for text in said.message.texts for word in WORD.findall(text))
    for place, tool in enumerate(said.message.tools):
        call = _call(said, place, tool)
        head = {"index": place, "type": "function", **call, "function": {**call["function"], "arguments": ""}}
        yield {"tool_calls": [head]}
        for piece in _pieces(arguments(tool)):
            yield {"tool_calls": [{"index": place, "function": {"arguments": piece}}]}


def _completion(said: Said, kind: str, choices: list[Json]) -> Json:
    return {"id": said.id("chatcmpl"), "object": kind, "created": MADE, "model": said.model, "choices": choices}


def _choice(part: Json, finish: str | None) -> Json:
    return {"index": 0, **part, "finish_reason": finish, "logprobs": None}


def _call(said: Said, place: int, tool: Tool) -> Json:
    """A call as chat completions have it."""
    return {"id": said.tool_id("call", place, tool), "function": {"name": tool.name, "arguments": arguments(tool)}}


def _calls(calls: list[Json]) -> Json:
    return {"tool_calls": calls} if calls else {}


def _finish(said: Said) -> str:
    return said.message.stop or ("tool_calls" if said.message.tools else "stop")


def _response(said: Said, *, done: bool = True) -> Json:
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


def _item(said: Said, place: int, part: str | Tool) -> Json:
    """One thing in an answer's output."""
    if isinstance(part, str):
        text = {"type": "output_text", "text": part, "annotations": [], "logprobs": []}
        ours: Json = {"type": "message", "id": said.id("msg", place), "role": "assistant", "content": [text]}
    else:
        ours = {"type": "function_call", "id": said.id("fc", place), "call_id": said.tool_id("call", place, part)}
        ours |= {"name": part.name, "arguments": arguments(part)}
    return ours | {"status": "completed"}


def _response_stream(said: Said) -> Iterator[bytes]:
    """The events of an answer, numbered; each says its name twice, as the API's do."""
    for number, event in enumerate(_response_events(said)):
        document = {**event, "sequence_number": number}
        yield f"event: {event['type']}\n".encode() + _data(document)


def _response_events(said: Said) -> Iterator[Json]:
    for kind in ("response.created", "response.in_progress"):
        yield {"type": kind, "response": _response(said, done=False)}
    for place, part in enumerate(said.message.parts):
        item = _item(said, place, part)
        begun: Json = {"content": []} if isinstance(part, str) else {"arguments": ""}
        started = item | begun | {"status": "in_progress"}
        yield {"type": "response.output_item.added", "output_index": place, "item": started}
        yield from (event | {"output_index": place, "item_id": item["id"]} for event in _item_events(item))
        yield {"type": "response.output_item.done", "output_index": place, "item": item}
    whole = _response(said)
    yield {"type": f"response.{whole['status']}", "response": whole}


def _item_events(item: Json) -> Iterator[Json]:
    if item["type"] == "function_call":
        kind, text = "response.function_call_arguments", item["arguments"]
        yield from ({"type": f"{kind}.delta", "delta": piece} for piece in _pieces(text))
        yield {"type": f"{kind}.done", "name": item["name"], "arguments": text}
        return
    (part,) = item["content"]
    at: Json = {"content_index": 0}
    yield {"type": "response.content_part.added", **at, "part": part | {"text": ""}}
    for word in WORD.findall(part["text"]):
        yield {"type": "response.output_text.delta", **at, "delta": word, "logprobs": []}
    yield {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **at, "part": part}


def _data(document: Json) -> bytes:
    """A document as the data of an event."""
    return f"data: {json.dumps(document, separators=(',', ':'))}\n\n".encode()


def _pieces(text: str) -> Iterator[str]:
    """JSON as it is streamed: cut anywhere."""
    return (text[start : start + PIECE] for start in range(0, len(text), PIECE))


def _spoken(kind: str) -> str:
    """An error's type as a sentence would have it."""
    return kind.replace("_", " ")


def _anthropic_stream(said: Said) -> Iterator[bytes]:
    message: Any = _anthropic(said)
    return anthropic_stream.events(message)


def _anthropic_failed(error: Error, _number: int) -> bytes:
    return b"event: error\n" + _data(_anthropic_error(error)[1])


def _chat_failed(error: Error, _number: int) -> bytes:
    return _data(_openai_error(error)[1])


def _response_failed(error: Error, number: int) -> bytes:
    said = _openai_error(error)[1]["error"]
    told = {"code": said["code"] or said["type"], "message": said["message"], "param": None}
    return b"event: error\n" + _data({"type": "error", **told, "sequence_number": number})


ANTHROPIC: Final = Wire(
    "anthropic",
    re.compile(r"/v1/messages$"),
    whole=_anthropic,
    stream=_anthropic_stream,
    error=_anthropic_error,
    failed=_anthropic_failed,
    delta=re.compile(rb"event: content_block_delta\n"),
    request_id="request-id",
)
CHAT: Final = Wire(
    "openai.chat",
    re.compile(r"/chat/completions$"),
    whole=_chat,
    stream=_chat_stream,
    error=_openai_error,
    failed=_chat_failed,
    delta=re.compile(rb'data: .*"finish_reason":null'),
    request_id="x-request-id",
)
RESPONSES: Final = Wire(
    "openai.responses",
    re.compile(r"/responses$"),
    whole=_response,
    stream=_response_stream,
    error=_openai_error,
    failed=_response_failed,
    delta=re.compile(rb"event: \S+\.delta\n"),
    request_id="x-request-id",
)
WIRES: Final = (ANTHROPIC, CHAT, RESPONSES)
