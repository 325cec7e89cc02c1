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

from replaykit.core.model import Acceptance, Body, Exchange, Failure, Origin, Request, Response, Span, ToolCall, Unseen
from replaykit.core.sound import (
    COUNT,
    COUNTS,
    DURATION,
    DURATIONS,
    FLAG,
    HEX,
    LABEL,
    MOMENT,
    NAME,
    NUMBER,
    PAIRS,
    TEXT,
    WORD,
    ZONE,
    checked,
    listed,
    mapped,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replaykit.core.model import Headers, Step
    from replaykit.core.sound import Kind

_FAILURE: dict[str, Kind] = {"kind": TEXT, "message": TEXT}

_EXCHANGE: dict[str, Kind] = {
    "method": TEXT,
    "url": TEXT,
    "headers": PAIRS,
    "digest": HEX,
    "size": COUNT,
    "began": NUMBER,
    "first": DURATION,
    "took": DURATION,
    "left": FLAG,
    "attempt": COUNT,
    "hidden": listed(TEXT),
    "within": NUMBER,
}

_RESPONSE: dict[str, Kind] = {
    "status": NUMBER,
    "headers": PAIRS,
    "lengths": COUNTS,
    "times": DURATIONS,
    "encoding": TEXT,
    "version": TEXT,
    "reason": TEXT,
}

_TOOL: dict[str, Kind] = {
    "name": TEXT,
    "arguments": TEXT,
    "result": TEXT,
    "began": NUMBER,
    "took": DURATION,
    "opaque": FLAG,
    "hidden": listed(TEXT),
    "within": NUMBER,
}

_ORIGIN: dict[str, Kind] = {
    "command": listed(WORD),
    "folder": WORD,
    "stdin": HEX,
    "environment": mapped(NAME, WORD),
    "secrets": listed(NAME),
    "seed": WORD,
    "timezone": WORD,
    "python": TEXT,
    "versions": mapped(TEXT, TEXT),
    "commit": TEXT,
    "program": TEXT,
    "source": TEXT,
}

_OPTIONAL = {"program": "", "source": ""}
"""Fields of an origin that most lack."""

_SPAN: dict[str, Kind] = {
    "began": MOMENT,
    "ended": MOMENT,
    "home": WORD,
    "folder": WORD,
    "temp": WORD,
    "zone": ZONE,
}

_UNSEEN: dict[str, Kind] = {"what": TEXT, "how": TEXT, "times": COUNT}

_ACCEPTANCE: dict[str, Kind] = {
    "who": LABEL,
    "when": MOMENT,
    "draft": LABEL,
    "why": LABEL,
    "instead": LABEL,
    "changed": LABEL,
    "only": LABEL,
}

_OUTPUT: dict[str, Kind] = {"name": TEXT, "value": TEXT}


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
    head, end, content = answer.partition(b"\n")
    if not end:
        raise damaged("it does not read as a step: it was cut short")
    return step_from(head, lambda: Body.of(content), question, damaged)


def step_from(
    head: bytes, content: Callable[[], Body], question: Callable[[], bytes], damaged: Callable[[str], Exception]
) -> Step:
    """The same, given the two parts of its answer; `content` is called for an exchange alone."""
    try:
        form = loads(head)
        kind = form["kind"] if type(form) is dict and "kind" in form else None
        if kind == "tool":
            return _tool_call(form)
        if kind == "exchange":
            return _exchange(form, content, question, damaged)
    except ValueError as error:
        raise damaged(f"it does not read as a step: {error}") from error
    raise damaged("it does not read as a step: it is of no kind that we know")


def origin_form(origin: Origin) -> dict[str, Any]:
    """An origin as JSON holds it; `program` and `source` stand there only where they say something."""
    form = asdict(replace(origin, stdin=b"")) | {"stdin": origin.stdin.hex()}
    return {name: value for name, value in form.items() if value or name not in _OPTIONAL}


def origin_of(form: object) -> Origin:
    """The origin that `origin_form` wrote; a `ValueError` when it is none."""
    kept = _only(checked(_OPTIONAL | form if type(form) is dict else form, _ORIGIN), _ORIGIN)
    for name in ("command", "secrets"):
        kept[name] = tuple(kept[name])
    kept["stdin"] = bytes.fromhex(kept["stdin"])
    return Origin(**kept)


def span_of(form: object) -> Span:
    """The span that a form holds, field by field; a `ValueError` when it is none."""
    return Span(**_only(checked(form, _SPAN), _SPAN))


def unseen_of(form: object) -> Unseen:
    """What was not seen, from its form; a `ValueError` when it is none."""
    return Unseen(**_only(checked(form, _UNSEEN), _UNSEEN))


def acceptance_of(form: object) -> Acceptance:
    """A decision, from its form; a `ValueError` when it is none."""
    return Acceptance(**_only(checked(form, _ACCEPTANCE), _ACCEPTANCE))


def output_of(form: object) -> tuple[str, bytes]:
    """The name of an output and its JSON, from its form; a `ValueError` when it is none."""
    kept = checked(form, _OUTPUT)
    return kept["name"], kept["value"].encode()


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
    form: Mapping[str, Any],
    content: Callable[[], Body],
    question: Callable[[], bytes],
    damaged: Callable[[str], Exception],
) -> Exchange:
    head = checked(form, _EXCHANGE)
    digest, size = bytes.fromhex(head["digest"]), head["size"]

    def read() -> bytes:
        data = question()
        if len(data) != size or xxh3_128_digest(data) != digest:
            raise damaged("its request's body is not the one that was recorded")
        return data

    return Exchange(
        Request(head["method"], head["url"], _headers(head["headers"]), Body(digest, size, read)),
        _response(head["response"], content()) if "response" in head else None,
        _failure(head),
        began=head["began"],
        first=head["first"],
        took=head["took"],
        left=head["left"],
        attempt=head["attempt"],
        hidden=tuple(head["hidden"]),
        within=head["within"],
    )


def _response(form: Mapping[str, Any], content: Body) -> Response:
    kept = checked(form, _RESPONSE)
    if sum(kept["lengths"]) != content.size or len(kept["lengths"]) != len(kept["times"]):
        raise Malformed("the chunks do not add up to the body")
    return Response(
        kept["status"],
        _headers(kept["headers"]),
        content,
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
    head = checked(form, _TOOL)
    return ToolCall(
        head["name"],
        head["arguments"].encode("utf-8", "surrogateescape"),
        head["result"].encode("utf-8", "surrogateescape"),
        _failure(head),
        began=head["began"],
        took=head["took"],
        opaque=head["opaque"],
        hidden=tuple(head["hidden"]),
        within=head["within"],
    )


def _failure(head: Mapping[str, Any]) -> Failure | None:
    """How a step failed; every head says so, or that it did not."""
    if "failure" not in head:
        raise Malformed("it lacks 'failure'")
    if head["failure"] is None:
        return None
    kept = checked(head["failure"], _FAILURE)
    return Failure(kept["kind"], kept["message"])


def _only(form: Mapping[str, Any], shape: Mapping[str, Kind]) -> dict[str, Any]:
    """The fields of the shape; `Malformed` when the form has others."""
    if len(form) != len(shape):
        raise Malformed(f"it has {', '.join(map(repr, sorted(form.keys() - shape.keys())))} besides")
    return dict(form)


def _headers(kept: list[list[str]]) -> Headers:
    return tuple([(name, value) for name, value in kept])
