"""All providers, and which of them a request belongs to.

Law: the first that recognises a request has it, and the last recognises every one. MCP comes first,
for its headers are its own; then the wire that names its version; then the widely spoken one.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import orjson

from replaykit.core.reading import Declared
from replaykit.providers import anthropic, mcp, openai, other

if TYPE_CHECKING:
    from replaykit.core.model import JSON, Headers, Request
    from replaykit.providers import Operation, Provider
    from replaykit.providers.promise import Promise
    from replaykit.providers.speech import Speech

PROVIDERS: tuple[Provider, ...] = (mcp.PROVIDER, anthropic.PROVIDER, openai.PROVIDER, other.PROVIDER)

COUNTED = "x-stainless-retry-count"
"""The header of SDKs that count their retries; they obey `retry-after-ms`."""

RETRIED = frozenset({408, 409, 429, *range(500, 600)})
"""Statuses after which those SDKs try again."""


def find(method: str, url: str, headers: Headers, document: JSON) -> tuple[Provider, Operation]:
    """The provider that a request belongs to, and what it asks it for; plain HTTP when nobody knows it.

    `document` is the parsed JSON body, or None: then the path and the headers decide, which they can
    for all but the first message of MCP and for paths that are too common a word.
    """
    for provider in PROVIDERS:
        operation = provider.operation(method, url, headers, document)
        if operation is not None:
            return provider, operation
    return other.PROVIDER, other.PLAIN


TELLING = frozenset(name for provider in PROVIDERS for name in provider.telling)
"""Headers, in lower case, that tell which API was meant: whatever they are called, their change is reported."""

VOLATILE = frozenset(
    {
        # the wire's own
        *("accept-encoding", "connection", "content-length", "host", "keep-alive", "te", "transfer-encoding"),
        # what follows from the body
        *("content-digest", "content-md5", "digest", "repr-digest", "x-amz-content-sha256"),
        # what a server gave
        *("cookie", "if-modified-since", "if-none-match", "mcp-session-id"),
        # when, which try, by what
        *("date", "x-amz-date", "idempotency-key", "user-agent", "x-goog-api-client"),
        # traces
        *("b3", "baggage", "correlation-id", "request-id", "sentry-trace", "trace-id", "traceparent", "tracestate"),
        *("uber-trace-id", "x-amzn-trace-id", "x-cloud-trace-context"),
    }
)
"""Headers, in lower case, that change from run to run and mean nothing."""

_VOLATILE_BEGINS = ("x-b3-", "x-client-", "x-datadog-", "x-stainless-")
_VOLATILE_ENDS = ("-correlation-id", "-idempotency-key", "-request-id", "-trace-id")


@cache
def tells(name: str) -> bool:
    """Whether a header, by its name in lower case, means something: a change of it is *sent differently*.

    Every header does that is not known to be volatile, or to carry a credential: one that nobody
    thought of may turn a trial into an order (`X-Dry-Run`, `X-HTTP-Method-Override`, `Range`).
    """
    if name in TELLING:
        return True
    if name in VOLATILE or name.startswith(_VOLATILE_BEGINS) or name.endswith(_VOLATILE_ENDS):
        return False
    from replaykit.core.redact.wire import credential

    return not credential(name, CREDENTIALS)


CREDENTIALS = frozenset(name for provider in PROVIDERS for name in provider.credentials)
"""Headers, in lower case, that carry keys."""

UNTOUCHABLE = frozenset(name for provider in PROVIDERS for name in provider.untouchable)
"""JSON fields whose text redaction must never change."""

DELAYS = tuple(dict.fromkeys(delay for provider in PROVIDERS for delay in provider.delays))
"""Module attributes (`package.module:NAME`) that hold the seconds an SDK waits before it tries again."""


KEYS = tuple(key for provider in PROVIDERS for key in provider.keys)
"""Variables without which an SDK asks nothing."""


def speeches(name: str = "") -> tuple[Speech, ...]:
    """How answers look on the wires of this name: of a provider (`openai`), on one wire (`openai.chat`), or all."""
    found = (speech for provider in PROVIDERS for speech in provider.speeches())
    return tuple(speech for speech in found if f"{speech.name}.".startswith(f"{name}." if name else ""))


def promise(provider: str, operation: str) -> Promise:
    """What is promised of an operation; an empty promise where nothing is known."""
    from replaykit.providers.promise import Promise

    found = next((each.promises() for each in PROVIDERS if each.name == provider), {})
    return found.get(operation) or found.get("") or Promise()


def attempt_of(headers: Headers) -> int:
    """The number of the SDK's retry that a request is, 0 for the first try."""
    return max(provider.attempt(headers) for provider in PROVIDERS)


def declared(request: Request) -> Declared:
    """What the provider of a request declares of its body."""
    _, operation = find(request.method, request.url, request.headers, document_of(request))
    return Declared(operation.volatile, operation.correlation)


def document_of(request: Request) -> JSON:
    """The JSON that a request's body holds; None when it is not JSON."""
    try:
        document: JSON = orjson.loads(request.body.data)
    except orjson.JSONDecodeError:
        return None
    return document


def hurried(asked: Headers, status: int, headers: Headers) -> Headers:
    """An answer's headers, so that an SDK which tries again does so at once.

    `retry-after-ms` beats `retry-after` in the SDKs that count their retries (3.0 s become 3 ms);
    0 would be ignored. Other programs read the headers as they were recorded.
    """
    if status not in RETRIED or not any(name.lower() == COUNTED for name, _ in asked):
        return headers
    return (*(pair for pair in headers if pair[0].lower() != "retry-after-ms"), ("retry-after-ms", "1"))
