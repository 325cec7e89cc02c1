"""Probes made of what was recorded: the smallest plain question, the smallest stream, the smallest error.

Law: no secret and no recorded stand-in is in one: they become variables. Text that could be read as a
variable is never taken over, for it would be filled in with one. What may do harm is not sent before a
person has read it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from replaykit.contracts.probes import Probe
from replaykit.contracts.toml import sayable
from replaykit.core.model import header
from replaykit.core.redact.wire import credential, without
from replaykit.providers.registry import CREDENTIALS, document_of, find, tells

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from replaykit.core.model import JSON, Exchange, Request

HARMLESS: Final = frozenset({"GET", "HEAD"})
"""Methods that change nothing (RFC 9110, 9.2.1)."""

AGAIN: Final = frozenset({400, 404, 422})
"""Statuses of errors that the same request gets again: the others come from keys, limits and outages."""

_STREAMS: Final = ("text/event-stream", "application/x-ndjson")

_STAND_IN: Final = re.compile(
    r"(?:\[|%5B)REDACTED(?:(?::|%3A)(?P<name>[\w.-]{1,128}))?(?:\]|%5D)|REDACTED-(?P<bare>\w{1,128})"
)
_LOCAL: Final = frozenset({"", "*/*"})

_IMPLIED: Final = frozenset({"content-type"})
"""Headers that follow from the body."""


def probes(
    name: str, exchanges: Iterable[Exchange], harmless: Container[str], cost: Callable[[Exchange], int]
) -> tuple[Probe, ...]:
    """One probe of each sort that was recorded, for a contract of this name.

    `harmless` are the operations (`anthropic.messages`) that may be asked for every night whatever their
    method; `cost` is what an exchange took, in tokens.
    """
    smallest: dict[str, Exchange] = {}
    for exchange in exchanges:
        sort = _sort(exchange)
        if sort and _usable(exchange.request):
            known = smallest.get(sort)
            if known is None or _size(exchange.request) < _size(known.request):
                smallest[sort] = exchange
    order = ("plain", "stream", "error")
    return tuple(_probe(name, sort, smallest[sort], harmless, cost) for sort in order if sort in smallest)


def _sort(exchange: Exchange) -> str:
    """What kind of probe an exchange can be; empty for none."""
    response = exchange.response
    if response is None or exchange.failure is not None:
        return ""
    if response.status in AGAIN:
        return "error"
    if response.status not in range(200, 300):
        return ""
    kind = header(response.headers, "content-type").partition(";")[0].strip().lower()
    return "stream" if kind in _STREAMS else "plain"


def _size(request: Request) -> tuple[int, str]:
    return request.body.size + len(request.url), request.url


def _usable(request: Request) -> bool:
    """Whether a request can be said in a probe, and nothing in it would be taken for a variable."""
    body = _body(request)
    texts = (request.url, *(value for _, value in request.headers), request.body.data.decode("latin-1"))
    if request.body.size and (body is None or not sayable(body)):
        return False
    return request.url.startswith(("http://", "https://")) and not any("${" in text for text in texts)


def _body(request: Request) -> JSON:
    """The JSON that a request sends, without members that are null; None when it sends none, or another thing."""
    return _without_nulls(document_of(request)) if request.body.size else None


def _without_nulls(value: JSON) -> JSON:
    match value:
        case dict():
            return {name: _without_nulls(each) for name, each in value.items() if each is not None}
        case list():
            return [_without_nulls(each) for each in value]
        case _:
            return value


def _probe(
    name: str, sort: str, exchange: Exchange, harmless: Container[str], cost: Callable[[Exchange], int]
) -> Probe:
    request = exchange.request
    whose = re.sub(r"\W", "_", name.partition(".")[0]).upper()
    body = _body(request)
    provider, operation = find(request.method, request.url, request.headers, body)
    status = exchange.response.status if exchange.response is not None and sort == "error" else 0
    return Probe(
        sort,
        request.method.upper(),
        _url(request.url, whose),
        _headers(request, whose),
        _said(body, whose),
        has_body=request.body.size > 0,
        status=status,
        tokens=cost(exchange),
        send=request.method.upper() in HARMLESS or f"{provider.name}.{operation.name}" in harmless,
    )


def _url(url: str, whose: str) -> str:
    """The address, its host behind a variable."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    base = f"${{{whose}_BASE_URL:-{parts.scheme}://{host}}}"
    rest = parts.path + (f"?{parts.query}" if parts.query else "")
    return base + _variables(rest, whose)


def _headers(request: Request, whose: str) -> dict[str, str]:
    """The headers that mean something, and those with keys, in which variables stand."""
    found: dict[str, str] = {}
    for name, value in request.headers:
        lower = name.lower()
        if lower == "cookie" or lower in _IMPLIED or (lower == "accept" and value in _LOCAL):
            continue
        if credential(lower, CREDENTIALS):
            found[lower] = without(lower, value, lambda secret: _key(secret, whose))
        elif tells(lower):
            found[lower] = _variables(value, whose)
    return found


def _key(secret: str, whose: str) -> str:
    """The variable in place of what a header with a key holds: the recorded one's name, where that is known."""
    match = _STAND_IN.search(secret)
    return _variable(match, whose) if match else f"${{{whose}_API_KEY}}"


def _said(value: JSON, whose: str) -> JSON:
    match value:
        case str():
            return _variables(value, whose)
        case dict():
            return {name: _said(each, whose) for name, each in value.items()}
        case list():
            return [_said(each, whose) for each in value]
        case _:
            return value


def _variables(text: str, whose: str) -> str:
    return _STAND_IN.sub(lambda match: _variable(match, whose), text)


def _variable(match: re.Match[str], whose: str) -> str:
    """The variable that a stand-in names; that of the service's key when it names none."""
    name = re.sub(r"\W", "_", match["name"] or match["bare"] or "")
    return f"${{{name if name and not name[0].isdecimal() else f'{whose}_API_KEY'}}}"
