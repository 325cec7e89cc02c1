"""The interactions of a vcrpy cassette as exchanges, in the order of the file.

    form                          an interaction has
    vcrpy 1.0 and later           request {method, uri, headers, body}, response {status, headers, body}
    httpx before vcrpy 6          response {status_code, http_version, headers, content}
    the dialect of pydantic-ai    `parsed_body` in place of `body`
    vcrpy before 1.0              a bare list; request {protocol, host, port, path, …}, headers as lines

Law: all of a file or none of it. What is not as expected is an `Unfit` that names the interaction, the
line and the part; nothing is guessed and nothing left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from replaykit.core import stream
from replaykit.core.model import Body, Exchange, Request, Response, header
from replaykit.core.plain import line, measure
from replaykit.core.sound import FREE
from replaykit.providers.registry import attempt_of
from replaykit.vcr import body
from replaykit.vcr.document import Node, Unfit
from replaykit.vcr.encoding import Bomb, undone
from replaykit.vcr.moments import moment, placed
from replaykit.vcr.url import composed, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from replaykit.core.model import Headers, Span

ROOM = 32
"""Times a file's size that its bodies may unpack to, beyond `FREE`: recorded text packs to a tenth."""

_VERSIONS = frozenset({None, 1, "1"})
"""What `version` says in vcrpy's cassettes: nothing, or that it is the format of vcrpy 1.0 and later."""
_VERSION = re.compile(r"HTTP/\d(\.\d)?")
_LEAST, _MOST = 100, 599


@dataclass(frozen=True, slots=True)
class Played:
    """What a file holds: the exchanges, and when the run took place."""

    exchanges: tuple[Exchange, ...]
    span: Span


def played(root: Node, size: int) -> Played:
    """The exchanges of a file of so many bytes; `Unfit` when it is not vcrpy's, or one of them cannot be read."""
    exchanges, moments = list[Exchange](), list[float | None]()
    room = bound = max(FREE, ROOM * size)
    for number, node in enumerate(_interactions(root), start=1):
        try:
            exchange = _exchange(node, room)
        except Unfit as error:
            raise Unfit(f"interaction {number}: {error.reason}", error.line or node.line) from error
        except Bomb as error:
            reason = f"interaction {number}: with its body, {error} {measure(bound)}"
            raise Unfit(reason, node.line) from error
        room -= exchange.response.body.size if exchange.response is not None and exchange.response.encoding else 0
        exchanges.append(exchange)
        moments.append(_moment(node, exchange))
    span, began = placed(moments)
    return Played(tuple(replace(each, began=at) for each, at in zip(exchanges, began, strict=True)), span)


def _interactions(root: Node) -> tuple[Node, ...]:
    match root.value:
        case tuple() as members if members and all(_is_interaction(each) for each in members):
            return members
        case {"interactions": Node(value=tuple() as members)}:
            version = root.value.get("version", Node(None))
            if version.value not in _VERSIONS:
                said = f"version {line(str(version.value))} of a cassette is not known"
                raise Unfit(f"{said}: that of vcrpy is 1", version.line)
            return tuple(members)
    raise Unfit("this is no cassette of vcrpy: it has no list of interactions", root.line)


def _is_interaction(node: Node) -> bool:
    match node.value:
        case {"request": Node(value=dict()), "response": Node(value=dict())}:
            return True
    return False


def _exchange(node: Node, room: int) -> Exchange:
    asked, answered = _part(node, "request"), _part(node, "response")
    request = _request(asked)
    return Exchange(request, _response(answered, room), attempt=attempt_of(request.headers))


def _part(node: Node, name: str) -> Node:
    """The mapping of that name in another one."""
    if not isinstance(node.value, dict):
        raise Unfit("it is no mapping", node.line)
    part: Node | None = node.value.get(name)
    if part is None or not isinstance(part.value, dict):
        raise Unfit(f"it has no {name}" if part is None else f"its {name} is no mapping", (part or node).line)
    return part


def _request(node: Node) -> Request:
    fields = node.value
    headers = _headers(fields.get("headers"))
    method = _text(node, "method", "request").upper()  # as httpx has it on the wire, whatever a caller wrote
    url = spelled(composed(fields) or _text(node, "uri", "request"))
    return Request(method, url, headers, Body.of(body.asked(fields, header(headers, "content-type"))))


def _response(node: Node, room: int) -> Response:
    fields = node.value
    headers = _headers(fields.get("headers"))
    kind = header(headers, "content-type")
    data, encoding = undone(body.answered(fields), header(headers, "content-encoding"), room)
    status, reason = _status(node)
    lengths = _lengths(data, kind)
    return Response(
        status,
        headers,
        Body.of(data),
        lengths,
        (0,) * len(lengths),
        encoding,
        _version(fields),
        reason,
    )


def _status(node: Node) -> tuple[int, str]:
    """The status and its phrase."""
    fields = node.value
    code, reason = fields.get("status_code"), Node(None)
    if code is None:
        status = _part(node, "status")
        code, reason = status.value.get("code", Node(None, status.line)), status.value.get("message", reason)
    number = int(code.value) if isinstance(code.value, str) and code.value.isdecimal() else code.value
    if type(number) is not int or not _LEAST <= number <= _MOST:
        raise Unfit(f"its status code is {line(str(code.value))}, and no number from {_LEAST} to {_MOST}", code.line)
    said = reason.text or (reason.value if isinstance(reason.value, str) else "")
    return number, _wire(said) or _phrase(number)


def _phrase(status: int) -> str:
    """What clients call a status that was recorded without a phrase, as vcrpy leaves it to them."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _version(fields: Mapping[Any, Node]) -> str:
    said = fields.get("http_version", Node(None)).value
    return said if isinstance(said, str) and _VERSION.fullmatch(said) else "HTTP/1.1"


def _text(node: Node, name: str, whose: str) -> str:
    found = node.value.get(name)
    if found is None or not isinstance(found.value, str) or not found.value:
        raise Unfit(f"its {whose} has no {name}" if found is None else f"its {name} is no text", (found or node).line)
    return str(found.value)


def _headers(node: Node | None) -> Headers:
    """Names and values, in the order of the file; a name with several values stands that often."""
    match node:
        case None | Node(value=None):
            return ()
        case Node(value=dict() as named):
            return tuple((_wire(name, node.line), said) for name, each in named.items() for said in _values(each))
        case Node(value=tuple() as lines):
            return tuple(_line(each) for each in lines)
    raise Unfit("its headers are neither a mapping nor a list of lines", node.line)


def _values(node: Node) -> Iterator[str]:
    """What a header says, as often as it stands; null is a header that was taken out."""
    for each in node.value if isinstance(node.value, tuple) else (node,):
        if each.value is not None:
            yield _wire(each.text or each.value, each.line)


def _line(node: Node) -> tuple[str, str]:
    """A header as a line of its own: `name: value` (vcrpy before 1.0)."""
    name, colon, value = node.value.partition(":") if isinstance(node.value, str) else ("", "", "")
    if not colon:
        raise Unfit("a header is no line of a name and a value", node.line)
    return _wire(name.strip()), _wire(value.strip())


def _wire(value: Any, at: int = 0) -> str:  # noqa: ANN401 - any value of a file
    """Text or bytes of a header, read as Latin-1, as the model has it; what Latin-1 lacks, as UTF-8."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise Unfit("a header is neither text nor bytes", at)
    return value if value.isascii() or _is_latin(value) else value.encode("utf-8", "surrogatepass").decode("latin-1")


def _is_latin(text: str) -> bool:
    return max(text) <= "\xff"


def _lengths(data: bytes, content_type: str) -> tuple[int, ...]:
    """The sizes of the chunks: one for each event of a stream, else one for the whole."""
    kind = stream.kind(data, content_type)
    if kind in {"", stream.ARRAY}:
        return (len(data),) if data else ()
    return tuple(event.end - event.start for event in stream.events(data, kind))


def _moment(node: Node, exchange: Exchange) -> float | None:
    date = header(exchange.response.headers, "date") if exchange.response is not None else ""
    return moment(node.value.get("recorded_at"), date)
