"""URLs and headers: which parameters and which headers carry credentials, and what stays of them.

Law: what remains still parses as what it was: a URL has its parts, a cookie its name and attributes,
a header its scheme. A short or plain value of an ambiguous name (`?key=paris`) is no credential:
hiding it would make two different requests equal.

    where                                          becomes
    https://user:password@host                     https://user:REDACTED@host
    ?api_key=…  (and the other names below)        ?api_key=[REDACTED]
    ?key=…      when drawn by lot                  ?key=[REDACTED]
    Authorization: Bearer …                        Bearer [REDACTED], Bearer [REDACTED:NAME] when known
    Cookie: a=1; b=2                               a=[REDACTED]; b=[REDACTED]
    Set-Cookie: a=1; Path=/                        a=[REDACTED]; Path=/
    Location: a URL                                as a URL
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from replaykit.core.redact.edit import Edit
from replaykit.core.redact.secret import SHORTEST, STAND_IN, random

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CREDENTIALS: Final = frozenset(
    {
        "api-key",
        "apikey",
        "authorization",
        "cookie",
        "ocp-apim-subscription-key",
        "private-token",
        "proxy-authorization",
        "set-cookie",
        "x-amz-security-token",
        "x-api-key",
        "x-csrf-token",
        "x-goog-api-key",
    }
)
"""Headers that carry credentials on any service, in lower case."""

ADDRESSES: Final = frozenset({"content-location", "location", "origin", "referer"})
"""Headers whose value is a URL."""

_CARRIES = re.compile(r"(?:^|-)(?:api-?key|auth|authorization|auth-token|access-token|id-token|secret|password)$")
_SCHEME = re.compile(r"([A-Za-z][\w-]*) +(?=\S)")

QUERY: Final = frozenset(
    {
        "access_token",
        "api-key",
        "api_key",
        "apikey",
        "auth_token",
        "authorization",
        "client_secret",
        "id_token",
        "password",
        "refresh_token",
        "subscription-key",
        "x-amz-credential",
        "x-amz-security-token",
        "x-amz-signature",
        "x-goog-credential",
        "x-goog-signature",
    }
)
"""Query parameters that are credentials whatever their value, in lower case."""

_AMBIGUOUS: Final = frozenset({"auth", "code", "key", "secret", "sig", "signature", "token"})
"""Query parameters that are credentials when their value looks like one."""
_PARAMETER = re.compile(rb"[?&;#]([^=&;#?]+)=([^&;#]+)")
_AUTHORITY = re.compile(rb"[A-Za-z][\w+.-]*://(?:([^/?#@]*)@)?[^/?#]*")


@lru_cache(maxsize=1024)
def credential(name: str, declared: frozenset[str]) -> bool:
    """True when a header carries a credential: known, declared, or called like one."""
    lower = name.lower()
    return lower in CREDENTIALS or lower in declared or _CARRIES.search(lower) is not None


def without(name: str, value: str, hide: Callable[[str], str]) -> str:
    """A credential header's value with `hide` applied to what is secret in it: not to schemes, names, attributes."""
    match name.lower():
        case "cookie":
            return ";".join(_cookie(part, hide) for part in value.split(";"))
        case "set-cookie":
            pair, semicolon, attributes = value.partition(";")
            return _cookie(pair, hide) + semicolon + attributes
    scheme = _SCHEME.match(value)
    start = scheme.end() if scheme else 0
    return value[:start] + (hide(value[start:]) if value[start:] else "")


def _cookie(pair: str, hide: Callable[[str], str]) -> str:
    """A cookie with its name; an empty one deletes it, and stays."""
    name, equals, value = pair.partition("=")
    return f"{name}={hide(value)}" if equals and value else pair


def parameters(url: bytes, declared: frozenset[str]) -> Iterator[Edit]:
    """The values of query (and fragment) parameters that are credentials."""
    for match in _PARAMETER.finditer(url):
        name, value = (unquote_plus(part.decode("latin-1")) for part in match.groups())
        lower = name.lower()
        certain = lower in QUERY or lower in declared
        if (certain or (lower in _AMBIGUOUS and _drawn(value))) and not STAND_IN.fullmatch(match[2]):
            yield Edit(match.start(2), match.end(2), b"[REDACTED]", (f"query {lower}",))


def authority(url: bytes) -> tuple[int, list[Edit]]:
    """Where the authority of a URL ends, and the edit of the credential before its host, if there is one.

    `REDACTED` without brackets: in an authority, they mean an IPv6 address (RFC 3986, section 3.2.2).
    """
    match = _AUTHORITY.match(url)
    if match is None:
        return 0, []
    user, colon, _ = (match[1] or b"").partition(b":")
    start = match.start(1) + len(user) + 1 if colon else match.start(1)
    hides = colon or _drawn(user.decode("latin-1"))
    if not hides or start >= match.end(1) or url.startswith(b"REDACTED", start):
        return match.end(), []
    return match.end(), [Edit(start, match.end(1), b"REDACTED", ("url password",))]


def bare(edit: Edit) -> Edit:
    """The same edit with a stand-in that may stand in an authority: `REDACTED-NAME`."""
    return replace(edit, text=edit.text.replace(b"[", b"").replace(b"]", b"").replace(b":", b"-"))


def _drawn(value: str) -> bool:
    """True for a value that is long and looks drawn by lot."""
    return len(value) >= SHORTEST and random(value)
