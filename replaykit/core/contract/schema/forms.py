"""Named forms of strings: formats, encodings and media types, as assertions, with examples of each.

Law: `asserted` is True or False only for a form that is known here, and then for every text; of an unknown
form it says None. Every example is asserted by its own form.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Test: TypeAlias = "Callable[[str], bool]"

_DATE: Final = r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])"
_TIME: Final = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([zZ]|[+-]([01]\d|2[0-3]):[0-5]\d)"
_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FEBRUARY: Final = 2
_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LONGEST_HOST: Final = 253
_REFERENCE: Final = r"(%[0-9A-Fa-f]{2}|[^\s\"<>\\^`{|}%\x00-\x1f])*"


def _form(pattern: str) -> Test:
    return lambda text: re.fullmatch(pattern, text, re.ASCII) is not None


def _dated(pattern: str) -> Test:
    """The form, with a day that the month has."""

    def test(text: str) -> bool:
        match = re.fullmatch(pattern, text, re.ASCII)
        return match is not None and int(match["day"]) <= _length(int(match["year"]), int(match["month"]))

    return test


def _length(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return _DAYS[month - 1] + (leap and month == _FEBRUARY)


def _parsed(parse: Callable[[str], object]) -> Test:
    """What this reads without an error."""

    def test(text: str) -> bool:
        try:
            parse(text)
        except (ValueError, RecursionError, OverflowError, re.error):
            return False
        return True

    return test


def _host(text: str) -> bool:
    return len(text) <= _LONGEST_HOST and re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", text) is not None


FORMATS: Final[dict[str, tuple[Test, tuple[str, ...]]]] = {
    "date-time": (_dated(rf"{_DATE}[tT]{_TIME}"), ("2026-11-20T12:00:00Z", "1999-02-28t23:59:59.5+01:00")),
    "date": (_dated(_DATE), ("2026-11-20", "1999-02-28")),
    "time": (_form(_TIME), ("12:00:00Z", "23:59:59.5+01:00")),
    "duration": (_form(r"P(?=.)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?)"), ("P1D", "PT5M")),
    "email": (_form(r"[^@\s]+@[^@\s]+"), ("ada@example.org",)),
    "hostname": (_host, ("example.org", "localhost")),
    "ipv4": (_parsed(IPv4Address), ("192.0.2.1", "203.0.113.255")),
    "ipv6": (_parsed(IPv6Address), ("2001:db8::1", "::")),
    "uri": (_form(rf"[A-Za-z][A-Za-z0-9+.-]*:{_REFERENCE}"), ("https://example.org/a?b=c", "urn:a:b")),
    "uri-reference": (_form(_REFERENCE), ("/a/b", "https://example.org/", "")),
    "uuid": (
        _form(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
        ("00000000-0000-4000-8000-000000000000", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
    ),
    "json-pointer": (_form(r"(/([^/~]|~[01])*)*"), ("", "/a/0")),
    "regex": (_parsed(re.compile), ("a", "^[a-z]+$")),
}
"""What each format asks of a text (RFC 3339, 5321 loosely, 1123, 3986, 4122, 6901; ISO 8601), and examples."""

ENCODINGS: Final[dict[str, tuple[Callable[[str], bytes], str]]] = {
    "base64": (lambda text: base64.b64decode(text, validate=True), "YQ=="),
    "base64url": (lambda text: base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True), "_-8="),
    "base32": (base64.b32decode, "ME======"),
    "base16": (lambda text: base64.b16decode(text, casefold=True), "61"),
    "7bit": (lambda text: text.encode("ascii"), "a"),
    "8bit": (lambda text: text.encode("latin-1"), "é"),
}
"""How a text is decoded (RFC 4648, RFC 2045), and an example."""

_BASES: Final = ("base64", "base64url", "base32", "base16")
"""Encodings that tell their texts from others; every text is in 8bit, or nearly."""

_SIGNATURES: Final[dict[str, bytes]] = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
    "application/pdf": b"%PDF-",
    "application/zip": b"PK",
}
"""What the content of these media types begins with."""

_JSON: Final = "application/json"


def asserted(keyword: str, name: str, text: str, within: str = "") -> bool | None:
    """Whether a text is of the form that `format`, `contentEncoding` or `contentMediaType` names; None: unknown.

    `within` is the encoding that stands beside a media type; without one the text is the content itself.
    """
    match keyword:
        case "format":
            return FORMATS[name][0](text) if name in FORMATS else None
        case "contentEncoding":
            return _encoded(name, text)
        case _:
            return _medium(name, text, within)


def examples(keyword: str, name: str, within: str = "") -> tuple[str, ...]:
    """Texts of this form; none when it is unknown."""
    match keyword:
        case "format":
            return FORMATS[name][1] if name in FORMATS else ()
        case "contentEncoding":
            return (ENCODINGS[name][1],) if name in ENCODINGS else ()
        case _:
            return _contents(name, within)


def _encoded(name: str, text: str) -> bool | None:
    """Whether a text is in the encoding. One that nobody knows is at least none of the known ones."""
    if name in ENCODINGS:
        return _decoded(name, text) is not None
    return False if any(_decoded(known, text) is not None for known in _BASES) else None


def _decoded(encoding: str, text: str) -> bytes | None:
    try:
        return ENCODINGS[encoding][0](text)
    except (ValueError, binascii.Error):
        return None


def _medium(name: str, text: str, within: str) -> bool | None:
    if (within and within not in ENCODINGS) or (name != _JSON and name not in _SIGNATURES):
        return None
    content = _decoded(within or "8bit", text)
    if name == _JSON and not within:
        return _parsed(json.loads)(text)
    if content is None:
        return False
    return _parsed(json.loads)(content.decode("latin-1")) if name == _JSON else content.startswith(_SIGNATURES[name])


def _contents(name: str, within: str) -> tuple[str, ...]:
    content = b"{}" if name == _JSON else _SIGNATURES.get(name)
    if content is None:
        return ()
    match within:
        case "":
            return (content.decode("latin-1"),)
        case "base64":
            return (base64.b64encode(content).decode(),)
        case "base16":
            return (base64.b16encode(content).decode(),)
        case _:
            return ()
