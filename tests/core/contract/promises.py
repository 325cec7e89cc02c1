"""Contracts and exchanges that tests of checking share: a shop that answers at once, and a model that streams."""

from __future__ import annotations

import json
from typing import Any

from replaykit.contracts.validators import Validators
from replaykit.core.contract.check import Check
from replaykit.core.contract.model import Contract, read
from replaykit.core.model import Body, Exchange, Request, Response

MESSAGE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "type", "content"],
    "properties": {
        "id": {"type": "string", "pattern": "^msg_", "x-seen": [41, 41]},
        "type": {"const": "message"},
        "model": {"type": "string", "x-seen": [41, 41]},
        "stop_reason": {"enum": ["end_turn", "tool_use", None], "x-seen": [41, 41]},
        "content": {
            "type": "array",
            "items": {
                "discriminator": {"propertyName": "type"},
                "oneOf": [{"$ref": "#/$defs/content.text"}, {"$ref": "#/$defs/content.tool_use"}],
            },
        },
        "usage": {
            "type": "object",
            "required": ["output_tokens"],
            "properties": {"output_tokens": {"type": "integer"}, "tier": {"type": ["string", "null"]}},
        },
        "started": {"type": "string", "format": "date-time"},
    },
}

EVENT: dict[str, Any] = {
    "discriminator": {"propertyName": "type"},
    "oneOf": [
        {"$ref": f"#/$defs/event.{name}", "x-seen": [seen, 9]}
        for name, seen in {"message_start": 9, "delta": 9, "message_stop": 9, "cited": 2, "ping": 9, "error": 0}.items()
    ],
}


def event(name: str, /, **properties: Any) -> dict[str, Any]:
    """The schema of one event."""
    return {
        "type": "object",
        "required": ["type", *properties],
        "properties": {"type": {"const": name}, **properties},
    }


MODEL: dict[str, Any] = {
    "contract": {"name": "acme.messages", "version": "1.0.0", "date": "2026-11-20", "sources": ["a test"]},
    "binds": {
        "host": "api.acme.example",
        "method": "POST",
        "path": "/v1/messages",
        "versions": {"acme-version": ["2023-06-01"]},
        "streaming": [False, True],
    },
    "order": {
        "tag": "type",
        "events": "message_start delta* message_stop",
        "anywhere": ["ping"],
        "ends": ["error"],
    },
    "policy": [],
    "$defs": {
        "request": {
            "type": "object",
            "required": ["messages"],
            "properties": {
                "messages": {"type": "array"},
                "model": {"type": "string"},
                "stream": {"type": "boolean"},
                "temperature": False,
            },
        },
        "response": MESSAGE,
        "response.headers": {
            "type": "object",
            "properties": {
                "content-type": {"type": "string", "pattern": "^(application/json|text/event-stream)"},
                "limit-requests": {"type": "string", "pattern": "^[0-9]+$", "x-seen": [9, 9]},
                "remaining-requests": {"type": "string", "x-seen": [9, 9]},
            },
            "required": ["content-type"],
            "dependentRequired": {"limit-requests": ["remaining-requests"]},
        },
        "event": EVENT,
        "error": {
            "type": "object",
            "required": ["type", "error"],
            "properties": {
                "type": {"const": "error"},
                "error": {
                    "type": "object",
                    "required": ["type", "message"],
                    "properties": {"type": {"enum": ["rate_limit_error", "api_error"]}, "message": {"type": "string"}},
                },
            },
        },
        "content.text": event("text", text={"type": "string"}),
        "content.tool_use": event("tool_use", name={"type": "string"}, input={"type": "object"}),
        "event.message_start": event("message_start", message={"type": "object"}),
        "event.delta": event("delta", index={"type": "integer"}, text={"type": "string"}),
        "event.cited": event("cited", source={"type": "string"}),
        "event.message_stop": event("message_stop"),
        "event.ping": event("ping"),
        "event.error": event("error", error={"type": "object"}),
    },
}

HEADERS = {"content-type": "application/json", "limit-requests": "50", "remaining-requests": "49", "date": "today"}


def contract(**changes: Any) -> Contract:
    """The model's contract, with these members of its document instead of its own."""
    return read({**MODEL, **changes})


def check(found: Contract | None = None) -> Check:
    """The contract with its validators."""
    about = found or contract()
    return Check(about, Validators(about))


def message(**changes: Any) -> dict[str, Any]:
    """An answer that keeps the contract, with these members instead of its own."""
    return {
        "id": "msg_1",
        "type": "message",
        "model": "acme-1",
        "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "Paris"}],
        "usage": {"output_tokens": 3},
        **changes,
    }


def asked(body: Any = None, **headers: str) -> Request:
    """A request as the contract wants it."""
    sent = json.dumps({"messages": []} if body is None else body).encode()
    heads = {"acme-version": "2023-06-01", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Request("POST", "https://api.acme.example/v1/messages", tuple(heads.items()), Body.of(sent))


def answered(
    document: Any, *, status: int = 200, headers: dict[str, str] | None = None, request: Request | None = None
) -> Exchange:
    """An exchange with this answer: a document, or the bytes of one."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    found = tuple((HEADERS if headers is None else headers).items())
    return Exchange(request or asked(), Response(status, found, Body.of(body), (len(body),)))


def streamed(*documents: Any, left: bool = False) -> Exchange:
    """An exchange whose answer is a stream of these events."""
    text = b"".join(b"data: %s\n\n" % json.dumps(each).encode() for each in documents)
    heads = tuple({**HEADERS, "content-type": "text/event-stream"}.items())
    return Exchange(asked(), Response(200, heads, Body.of(text), (len(text),)), left=left)
