"""When two requests are the same to vcrpy: its matchers by their names, and those that a project registers.

    method scheme host port path query uri (url) headers    the part is equal; no path is the path `/`
    body                                                     equal as JSON or as a form where the content type says so
    raw_body                                                 equal byte for byte

Law: a matcher says no by giving False or by raising AssertionError, and yes by anything else.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from replaykit.pytest_plugin.vcr.request import Request

Matcher: TypeAlias = "Callable[[Request, Request], object]"

DEFAULT = ("method", "scheme", "host", "port", "path", "query")
"""What vcrpy matches on when it is told nothing."""

IMPLIED = frozenset({*DEFAULT, "uri", "url", "body", "raw_body"})
"""The matchers that cannot tell requests apart whose method, address and body are equal."""


def failing(matchers: Iterable[tuple[str, Matcher]], live: Request, recorded: Request) -> list[tuple[str, str]]:
    """The matchers that say no, each with what it says."""
    found = []
    for name, matcher in matchers:
        said = _said(matcher, live, recorded)
        if said is not None:
            found.append((name, said))
    return found


def fits(matchers: Iterable[tuple[str, Matcher]], live: Request, recorded: Request) -> bool:
    """Whether no matcher says no; the first that does ends it."""
    return all(_said(matcher, live, recorded) is None for _, matcher in matchers)


def _said(matcher: Matcher, live: Request, recorded: Request) -> str | None:
    """What a matcher has against two requests; None for nothing."""
    try:
        result = matcher(live, recorded)
    except AssertionError as error:
        return str(error)
    return None if result or result is None else ""


def _equal(part: Callable[[Request], object]) -> Matcher:
    return lambda live, recorded: part(live) == part(recorded)


def _whole(request: Request) -> str:
    """The address, with a path."""
    parts = request.parsed_uri
    return request.uri if parts.path or not parts.netloc else parts._replace(path="/").geturl()


def _document(request: Request) -> object:
    """What a body says: JSON or a form where the content type says so and it is, else its bytes."""
    body, kind = request.body or b"", str(request.headers.get("content-type", "")).lower()
    try:
        if "application/json" in kind:
            return json.loads(body) if body else None
        if "application/x-www-form-urlencoded" in kind:
            return parse_qs(body.decode("ascii"))
    except ValueError:
        pass
    return body


def _body(live: Request, recorded: Request) -> bool:
    return (live.body or b"") == (recorded.body or b"") or _document(live) == _document(recorded)


BUILT_IN: dict[str, Any] = {
    "method": _equal(lambda request: request.method),
    "scheme": _equal(lambda request: request.scheme),
    "host": _equal(lambda request: request.host),
    "port": _equal(lambda request: request.port),
    "path": _equal(lambda request: request.path or "/"),
    "query": _equal(lambda request: request.query),
    "uri": _equal(_whole),
    "url": _equal(_whole),
    "headers": _equal(lambda request: request.headers),
    "raw_body": _equal(lambda request: request.body or b""),
    "body": _body,
}
"""The matchers that vcrpy has."""
