"""The address of a recorded request, spelled as httpx and httpx2 spell it.

vcrpy keeps what its caller wrote, in each of the libraries that it records. httpx spells an address
in one way before it is sent (scheme and host in lower case, no default port, no dot segments, `%20`
for a space), and a replay compares what was sent.

    part        these are percent-encoded, beside what is not ASCII (WHATWG URL, 1.3)
    path        space " # < > ? ` { }
    query       space " # < >
    fragment    space " < > `

Law: pure, and idempotent. Escapes that are there stay as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from replaykit.vcr.document import Node, Unfit

if TYPE_CHECKING:
    from collections.abc import Mapping

PORTS = {"ftp": "21", "http": "80", "https": "443", "ws": "80", "wss": "443"}
"""What a scheme's port is when none is given."""

_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
"""Scheme, authority, path, query and fragment (RFC 3986, appendix B)."""
_AUTHORITY = re.compile(r"(.*@)?(\[.*\]|[^:]*)(?::(.*))?", re.DOTALL)
_IN_PATH = re.compile(r"[^\x21\x24-\x3b\x3d\x40-\x5f\x61-\x7a\x7c\x7e%]")
_IN_QUERY = re.compile(r"[^\x21\x24-\x3b\x3d\x3f-\x7e%]")
_IN_FRAGMENT = re.compile(r"[^\x21\x23-\x3b\x3d\x3f-\x5f\x61-\x7e%]")


def spelled(url: str) -> str:
    """The address as a client of httpx sends it; one that has no scheme and host stays as it is."""
    parts = _PARTS.fullmatch(url)
    if parts is None:
        return url
    scheme, authority, path, query, fragment = parts.groups(default="")
    scheme = scheme.lower()
    return "".join(
        (
            f"{scheme}://{_authority(authority, scheme)}",
            _encoded(_IN_PATH, _straight(path)),
            query[:1] + _encoded(_IN_QUERY, query[1:]),
            fragment[:1] + _encoded(_IN_FRAGMENT, fragment[1:]),
        )
    )


def composed(fields: Mapping[Any, Node]) -> str:
    """The address of a request that gives it in parts, as vcrpy did before 1.0; empty when it does not."""
    if "uri" in fields or not {"protocol", "host", "path"} <= set(fields):
        return ""
    named = {name: fields[name].value for name in ("protocol", "host", "path")}
    wrong = next((name for name, value in named.items() if not isinstance(value, str)), None)
    if wrong is not None:
        raise Unfit(f"its {wrong} is no text", fields[wrong].line)
    port = fields.get("port", Node(None))
    said = port.text or port.value
    return f"{named['protocol']}://{named['host']}{f':{said}' if said else ''}{named['path']}"


def _authority(text: str, scheme: str) -> str:
    """User, host and port; the host in lower case and in ASCII (RFC 3490)."""
    parts = _AUTHORITY.fullmatch(text)
    if parts is None:
        return text
    user, host, port = parts.groups(default="")
    try:
        host = host.lower() if host.isascii() else host.lower().encode("idna").decode("ascii")
    except UnicodeError:
        host = host.lower()
    return f"{user}{host}{f':{port}' if port and port != PORTS.get(scheme) else ''}"


def _straight(path: str) -> str:
    """The path without `.` and `..` (RFC 3986, 5.2.4)."""
    parts = path.split("/")
    if not {".", ".."} & set(parts):
        return path
    kept = list[str]()
    for part in parts:
        if part == ".." and kept and kept != [""]:
            kept.pop()
        elif part not in {".", ".."}:
            kept.append(part)
    return "/".join(kept)


def _encoded(wrong: re.Pattern[str], text: str) -> str:
    return wrong.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass")), text)
