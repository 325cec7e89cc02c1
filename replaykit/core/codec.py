r"""A step as bytes, and back: the form in which store and tape keep it.

Law: pure and canonical. One step gives one pair of texts, always the same:

    question   the request's body                    (empty for a tool call)
    answer     head + "\n" + the response's body    (a tool call: head + "\n")

The head is one line of JSON with everything else; the request's body is known there by digest and
size, so that a step can be matched and served without it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson

from replaykit.core.model import Body, Exchange, Failure, Request, Response, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replaykit.core.model import Headers, Step

_OPTIONS = orjson.OPT_SORT_KEYS


class Malformed(ValueError):
    """A text that is not a step."""


def answer_of(step: Step) -> bytes:
    """The text that keeps a step, all but the body of its request."""
    match step:
        case ToolCall():
            return _line(_tool_head(step)) + b"\n"
        case Exchange():
            body = b"" if step.response is None else step.response.body.data
            return _line(_exchange_head(step)) + b"\n" + body


def step_of(answer: bytes, question: Callable[[], bytes]) -> Step:
    """The step that `answer_of` wrote; `question` gives the request's body when it is asked for."""
    end = answer.find(b"\n")
    try:
        head = orjson.loads(answer[:end])
        if head["kind"] == "tool":
            return _tool_call(head)
        return _exchange(head, answer[end + 1 :], question)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise Malformed(f"not a recorded step: {error}") from error


def _line(head: Mapping[str, Any]) -> bytes:
    return orjson.dumps(head, option=_OPTIONS)


def _exchange_head(step: Exchange) -> dict[str, Any]:
    request, response = step.request, step.response
    head: dict[str, Any] = {
        "kind": "exchange",
        "method": request.method,
        "url": request.url,
        "headers": request.headers,
        "digest": request.body.digest.hex(),
        "size": request.body.size,
        "began": step.began,
        "first": step.first,
        "took": step.took,
        "left": step.left,
        "attempt": step.attempt,
        "hidden": step.hidden,
        "failure": asdict(step.failure) if step.failure else None,
    }
    if response is not None:
        head["response"] = {
            "status": response.status,
            "headers": response.headers,
            "lengths": response.lengths,
            "times": response.times,
            "encoding": response.encoding,
            "version": response.version,
            "reason": response.reason,
        }
    return head


def _exchange(head: Mapping[str, Any], content: bytes, question: Callable[[], bytes]) -> Exchange:
    request = Request(
        head["method"],
        head["url"],
        _headers(head["headers"]),
        Body(bytes.fromhex(head["digest"]), head["size"], question),
    )
    response = None
    if "response" in head:
        kept = head["response"]
        if sum(kept["lengths"]) != len(content) or len(kept["lengths"]) != len(kept["times"]):
            raise Malformed("the chunks do not add up to the body")
        response = Response(
            kept["status"],
            _headers(kept["headers"]),
            Body.of(content),
            tuple(kept["lengths"]),
            tuple(kept["times"]),
            kept["encoding"],
            kept["version"],
            kept["reason"],
        )
    return Exchange(
        request,
        response,
        _failure(head["failure"]),
        began=head["began"],
        first=head["first"],
        took=head["took"],
        left=head["left"],
        attempt=head["attempt"],
        hidden=tuple(head["hidden"]),
    )


def _tool_head(step: ToolCall) -> dict[str, Any]:
    return {
        "kind": "tool",
        "name": step.name,
        "arguments": step.arguments.decode(),
        "result": step.result.decode(),
        "began": step.began,
        "took": step.took,
        "opaque": step.opaque,
        "hidden": step.hidden,
        "failure": asdict(step.failure) if step.failure else None,
    }


def _tool_call(head: Mapping[str, Any]) -> ToolCall:
    return ToolCall(
        head["name"],
        head["arguments"].encode(),
        head["result"].encode(),
        _failure(head["failure"]),
        began=head["began"],
        took=head["took"],
        opaque=head["opaque"],
        hidden=tuple(head["hidden"]),
    )


def _failure(kept: Mapping[str, str] | None) -> Failure | None:
    return None if kept is None else Failure(kept["kind"], kept["message"])


def _headers(kept: list[list[str]]) -> Headers:
    return tuple((name, value) for name, value in kept)
