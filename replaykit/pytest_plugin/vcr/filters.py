"""What is taken out of requests and answers before they are compared or kept: vcrpy's filters, as functions.

    a filter's parameter      means
    "name"                    it is taken out
    ("name", "text")          it gets this value
    ("name", function)        what function(key=…, value=…, request=…) gives; None takes it out

Law: a filter gets a copy and gives one back. A body that is not what its content type says stays as it is.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote_plus, urlencode

from replaykit.vcr.encoding import undone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from replaykit.pytest_plugin.vcr.request import Request

Filter: TypeAlias = "Callable[[Request], Request | None]"
Answer: TypeAlias = dict[str, Any]
"""An answer as vcrpy has it: {status: {code, message}, headers: {name: [value]}, body: {string: bytes}}."""

LOCAL = ("localhost", "0.0.0.0", "127.0.0.1", "::1")  # noqa: S104 - compared, not bound
"""The hosts that `ignore_localhost` means."""

ROOM = 134_217_728
"""Bytes that a compressed answer may unpack to."""


def headers(parameters: Iterable[Any]) -> Filter:
    """Of the headers."""
    return partial(_headers, pairs=_pairs(parameters))


def query(parameters: Iterable[Any]) -> Filter:
    """Of the parameters of the address."""
    return partial(_query, pairs=_pairs(parameters))


def post_data(parameters: Iterable[Any], *, nested: bool) -> Filter:
    """Of the body: a form, in parts or not, or a JSON object, there also `nested` at any depth."""
    return partial(_post_data, pairs=_pairs(parameters), nested=nested)


def among(hosts: Iterable[Any]) -> Callable[[str], bool]:
    """Whether a host is one of these: a name, or what an expression matches as a whole."""
    names = frozenset(host for host in hosts if isinstance(host, str))
    patterns = tuple(host for host in hosts if isinstance(host, re.Pattern))
    return lambda host: host in names or any(each.fullmatch(host) for each in patterns)


def ignored(is_one: Callable[[str], bool]) -> Filter:
    """None for a request to one of these hosts: it goes where it wants to, and is not recorded."""
    return lambda request: None if is_one(request.host or "") else request


def decompressed(answer: Answer) -> Answer:
    """The answer with its body decoded, and its headers saying so."""
    names = {name.lower(): name for name in answer["headers"]}
    if "content-encoding" not in names:
        return answer
    said = answer["headers"][names["content-encoding"]]
    data, encoding = undone(answer["body"]["string"], ", ".join([said] if isinstance(said, str) else said), ROOM)
    if not encoding:
        return answer
    kept = {name: value for name, value in answer["headers"].items() if name.lower() != "content-encoding"}
    kept[names.get("content-length", "content-length")] = [str(len(data))]
    return {**answer, "headers": kept, "body": {**answer["body"], "string": data}}


def _pairs(parameters: Iterable[Any]) -> dict[str, Any]:
    """What becomes of each name."""
    return {each: None for each in parameters if isinstance(each, str)} | {
        each[0]: each[1] for each in parameters if not isinstance(each, str)
    }


def _becomes(pairs: Mapping[str, Any], name: str, value: Any, request: Request) -> Any:
    """What becomes of a value; None when it is taken out."""
    new = pairs[name]
    return new(key=name, value=value, request=request) if callable(new) else new


def _headers(request: Request, *, pairs: Mapping[str, Any]) -> Request:
    for name in pairs:
        if name in request.headers:
            new = _becomes(pairs, name, request.headers.pop(name), request)
            if new is not None:
                request.headers[name] = new
    return request


def _query(request: Request, *, pairs: Mapping[str, Any]) -> Request:
    if not any(name in pairs for name, _ in request.query):
        return request
    kept = []
    for name, value in request.query:
        new = _becomes(pairs, name, value, request) if name in pairs else value
        if new is not None:
            kept.append((name, new))
    request.uri = request.parsed_uri._replace(query=urlencode(kept)).geturl()
    return request


def _post_data(request: Request, *, pairs: Mapping[str, Any], nested: bool) -> Request:
    if request.method.upper() != "POST" or not request.body:
        return request
    kind = str(request.headers.get("content-type", "")).partition(";")[0].strip().lower()
    with suppress(ValueError):
        request.body = _BODIES.get(kind, _form)(request.body, pairs, request, nested=nested)
    return request


def _json(body: bytes, pairs: Mapping[str, Any], request: Request, *, nested: bool) -> bytes:
    """The JSON without what is taken out; the very bytes when that is nothing."""
    before = json.loads(body)
    after = _taken(before, pairs, request, nested=nested)
    return body if after == before else json.dumps(after).encode()


def _taken(value: Any, pairs: Mapping[str, Any], request: Request, *, nested: bool) -> Any:
    if isinstance(value, list) and nested:
        return [_taken(each, pairs, request, nested=nested) for each in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, held in value.items():
        if name not in pairs:
            found[name] = _taken(held, pairs, request, nested=nested) if nested else held
        elif (new := _becomes(pairs, name, held, request)) is not None:
            found[name] = new
    return found


def _form(body: bytes, pairs: Mapping[str, Any], request: Request, *, nested: bool) -> bytes:  # noqa: ARG001 - as `_json`
    """The form without what is taken out, its other parameters as they were written."""
    kept = []
    for part in body.decode().split("&"):
        name, equals, value = part.partition("=")
        plain = name if name in pairs else unquote_plus(name)
        if not equals or plain not in pairs:
            kept.append(part)
        elif (new := _becomes(pairs, plain, value, request)) is not None:
            kept.append(f"{name}={new}")
    return "&".join(kept).encode()


def _parts(body: bytes, pairs: Mapping[str, Any], request: Request, *, nested: bool) -> bytes:  # noqa: ARG001 - as `_json`
    """The form in parts (RFC 7578) without what is taken out, all other bytes as they were."""
    boundary = _BOUNDARY.search(str(request.headers.get("content-type", "")))
    if boundary is None:
        return body
    delimiter = b"--" + (boundary[1] or boundary[2]).encode()
    first, *parts = body.split(delimiter)
    return delimiter.join([first, *(left for each in parts if (left := _part(each, pairs, request)) is not None)])


def _part(part: bytes, pairs: Mapping[str, Any], request: Request) -> bytes | None:
    """What becomes of one part, from behind its delimiter to before the next; None when it is taken out."""
    head, gap, value = part.partition(b"\r\n\r\n")
    named = _NAMED.search(head)
    name = named[1].decode(errors="replace") if named else ""
    if not gap or named is None or name not in pairs:
        return part
    said, end = value.removesuffix(b"\r\n"), b"\r\n" if value.endswith(b"\r\n") else b""
    new = _becomes(pairs, name, _text(said), request)
    return None if new is None else head + gap + (new.encode() if isinstance(new, str) else bytes(new)) + end


def _text(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^";,\s]+))', re.IGNORECASE)
_NAMED = re.compile(rb'^content-disposition:[^\r\n]*?;[ \t]*name="([^"\r\n]*)"', re.IGNORECASE | re.MULTILINE)

_BODIES = {"application/json": _json, "multipart/form-data": _parts}
"""What changes a body of each content type; all others are taken for forms."""
