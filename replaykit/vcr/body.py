"""The bodies of a vcrpy cassette as bytes, in every form in which vcrpy and its dialects write them.

    in the file                                     the bytes
    body: null, or none                             none
    body: text, content: text                       its UTF-8
    body: !!binary                                  themselves
    parsed_body: any JSON                           JSON, as that dialect's own reader prints it
    of a response
    body: {string: …}                               of the text or the bytes in it, likewise
    body: {base64_string: …}                        what the base64 says
    of a request
    body: a mapping or a list (aiohttp's `json=`)   JSON, or a form where the content type says form
    body: a list of texts (an iterator)             the texts, end to end

Law: what is text in the file is its UTF-8, whatever charset a header names: that is how vcrpy wrote it.
Only what a file holds as a value, and not as text, is printed.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from replaykit.core.stream import media
from replaykit.vcr.document import Node, Unfit

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM = "application/x-www-form-urlencoded"


def asked(message: Mapping[Any, Node], content_type: str) -> bytes:
    """The body of a request, given all that the file says of it."""
    body = message.get("body")
    if (parsed := _parsed(message)) is not None:
        return _printed(parsed)
    match body:
        case Node(value=dict()):
            return _form(body) if media(content_type) == FORM else _printed(body)
        case Node(value=tuple() as members) if not all(isinstance(each.value, str | bytes) for each in members):
            return _printed(body)
        case Node(value=tuple() as members):
            return b"".join(map(_bytes, members))
    return _bytes(body)


def answered(message: Mapping[Any, Node]) -> bytes:
    """The body of a response, given all that the file says of it."""
    parsed = _parsed(message)
    return _bytes(message.get("body") or message.get("content")) if parsed is None else _printed(parsed)


def _parsed(message: Mapping[Any, Node]) -> Node | None:
    """The body as the dialect holds it; null there means that it stands elsewhere."""
    parsed = message.get("parsed_body")
    return None if parsed is None or parsed.value is None else parsed


def _bytes(node: Node | None) -> bytes:
    match node:
        case None | Node(value=None):
            return b""
        case Node(value=str() as text):
            return text.encode("utf-8", "surrogatepass")
        case Node(value=bytes() as data):
            return data
        case Node(value={"base64_string": Node(value=str() | bytes()) as coded}):
            return _decoded(coded)
        case Node(value={"string": Node(value=str() | bytes() | None) as said}):
            return _bytes(said)
    raise Unfit(f"its body is {f'{node.text}, ' if node.text else ''}neither text nor bytes", node.line)


def _decoded(node: Node) -> bytes:
    try:
        return base64.b64decode(node.value)
    except (TypeError, ValueError) as error:
        raise Unfit("its base64_string is no base64", node.line) from error


def _form(node: Node) -> bytes:
    return urlencode(node.bare(), doseq=True).encode()


def _printed(node: Node) -> bytes:
    """A value as JSON: with spaces and in ASCII, as `json.dumps` has it, which is what the dialect serves."""
    try:
        return json.dumps(node.bare()).encode()
    except (TypeError, ValueError) as error:
        raise Unfit("a body holds a value that JSON does not have (bytes, a date)", node.line) from error
