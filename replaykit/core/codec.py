r"""A step as bytes, and back: the form in which store and tape keep it.

Law: pure and canonical. One step gives one pair of texts, always the same:

    question   the request's body                    (empty for a tool call)
    answer     head + "\n" + the response's body    (a tool call: head + "\n")

The head is one line of JSON with everything else; the request's body is known there by digest and
size, so that a step can be matched and served without it. What is read is checked, for it may have
been damaged or edited: each field is of its type, and the bodies are those that were written.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import orjson
from xxhash import xxh3_128_digest

from replaykit.core.model import Body, Exchange, Failure, Origin, Request, Response, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replaykit.core.model import Headers, Step

_EXCHANGE: dict[str, type] = {
    "method": str,
    "url": str,
    "headers": list,
    "digest": str,
    "size": int,
    "began": int,
    "first": int,
    "took": int,
    "left": bool,
    "attempt": int,
    "hidden": list,
    "within": int,
}

_RESPONSE: dict[str, type] = {
    "status": int,
    "headers": list,
    "lengths": list,
    "times": list,
    "encoding": str,
    "version": str,
    "reason": str,
}

_TOOL: dict[str, type] = {
    "name": str,
    "arguments": str,
    "result": str,
    "began": int,
    "took": int,
    "opaque": bool,
    "hidden": list,
    "within": int,
}

_ORIGIN: dict[str, type] = {
    "command": list,
    "folder": str,
    "stdin": str,
    "environment": dict,
    "secrets": list,
    "seed": str,
    "timezone": str,
    "python": str,
    "versions": dict,
    "commit": str,
}


class Malformed(ValueError):
    """A text that is not what it should be."""


def dumps(value: object) -> bytes:
    """The JSON text of a value, on one line with sorted keys; lone surrogates are kept."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def loads(text: bytes | str) -> Any:  # noqa: ANN401 - JSON
    """The value of a text that `dumps` wrote; `Malformed` when it is not one."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from error


def answer_of(step: Step) -> bytes:
    """The text that keeps a step, all but the body of its request."""
    match step:
        case ToolCall():
            return dumps(_tool_head(step)) + b"\n"
        case Exchange():
            body = b"" if step.response is None else step.response.body.data
            return dumps(_exchange_head(step)) + b"\n" + body


def step_of(answer: bytes, question: Callable[[], bytes], damaged: Callable[[str], Exception]) -> Step:
    """The step that `answer_of` wrote; `question` gives the request's body when it is asked for.

    What `damaged` makes of the reason is raised when this is no step, and, when the body is asked
    for, if that is another one than the step had.
    """
    end = answer.find(b"\n")
    try:
        head = loads(answer[:end])
        if head["kind"] == "tool":
            return _tool_call(head)
        return _exchange(head, answer[end + 1 :], question, damaged)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(f"it does not read as a step: {_reason(error)}") from error


def origin_form(origin: Origin) -> dict[str, Any]:
    """An origin as JSON holds it."""
    return asdict(replace(origin, stdin=b"")) | {"stdin": origin.stdin.hex()}


def origin_of(form: Mapping[str, Any]) -> Origin:
    """The origin that `origin_form` wrote; a `ValueError`, `TypeError` or `KeyError` when it is none."""
    kept = _checked(form, _ORIGIN)
    lists = {name: tuple(kept[name]) for name in ("command", "secrets")}
    return Origin(**{**kept, **lists, "stdin": bytes.fromhex(kept["stdin"])})


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
        "within": step.within,
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


def _exchange(
    form: Mapping[str, Any], content: bytes, question: Callable[[], bytes], damaged: Callable[[str], Exception]
) -> Exchange:
    head = _checked(form, _EXCHANGE)
    digest = bytes.fromhex(head["digest"])

    def read() -> bytes:
        data = question()
        if xxh3_128_digest(data) != digest:
            raise damaged("its request's body is not the one that was recorded")
        return data

    return Exchange(
        Request(head["method"], head["url"], _headers(head["headers"]), Body(digest, head["size"], read)),
        _response(form["response"], content) if "response" in form else None,
        _failure(form["failure"]),
        began=head["began"],
        first=head["first"],
        took=head["took"],
        left=head["left"],
        attempt=head["attempt"],
        hidden=tuple(head["hidden"]),
        within=head["within"],
    )


def _response(form: Mapping[str, Any], content: bytes) -> Response:
    kept = _checked(form, _RESPONSE)
    if sum(kept["lengths"]) != len(content) or len(kept["lengths"]) != len(kept["times"]):
        raise Malformed("the chunks do not add up to the body")
    return Response(
        kept["status"],
        _headers(kept["headers"]),
        Body.of(content),
        tuple(kept["lengths"]),
        tuple(kept["times"]),
        kept["encoding"],
        kept["version"],
        kept["reason"],
    )


def _tool_head(step: ToolCall) -> dict[str, Any]:
    return {
        "kind": "tool",
        "name": step.name,
        "arguments": step.arguments.decode("utf-8", "surrogateescape"),
        "result": step.result.decode("utf-8", "surrogateescape"),
        "began": step.began,
        "took": step.took,
        "opaque": step.opaque,
        "hidden": step.hidden,
        "within": step.within,
        "failure": asdict(step.failure) if step.failure else None,
    }


def _tool_call(form: Mapping[str, Any]) -> ToolCall:
    head = _checked(form, _TOOL)
    return ToolCall(
        head["name"],
        head["arguments"].encode("utf-8", "surrogateescape"),
        head["result"].encode("utf-8", "surrogateescape"),
        _failure(form["failure"]),
        began=head["began"],
        took=head["took"],
        opaque=head["opaque"],
        hidden=tuple(head["hidden"]),
        within=head["within"],
    )


def _checked(form: Mapping[str, Any], shape: Mapping[str, type]) -> Mapping[str, Any]:
    """The form, whose fields are of these types; `Malformed` when one is of another."""
    for name, kind in shape.items():
        if type(form[name]) is not kind:
            raise Malformed(f"{name!r} is no {kind.__name__}")
    return form


def _failure(kept: Mapping[str, str] | None) -> Failure | None:
    return None if kept is None else Failure(kept["kind"], kept["message"])


def _headers(kept: list[list[str]]) -> Headers:
    return tuple([(name, value) for name, value in kept])


def _reason(error: Exception) -> str:
    return f"it lacks {error}" if isinstance(error, KeyError) else str(error)
