"""URLs and headers: which parameters and which headers carry credentials, and what stays of them.

Law: what remains still parses as what it was: a URL has its parts, a cookie its name and attributes,
a header its scheme. A short or plain value of an ambiguous name (`?key=paris`) is no credential:
hiding it would make two different requests equal.

    where                                          becomes
    https://user:password@host                     https://user:REDACTED@host
    ?api_key=…  (a name that surely says so)       ?api_key=[REDACTED]
    ?key=…      when drawn by lot                  ?key=[REDACTED]
    X-Vault-Token: …  (a name that says so)        [REDACTED]
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
from replaykit.core.redact.naming import Says, says
from replaykit.core.redact.secret import STAND_IN, drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CREDENTIALS: Final = frozenset({"authorization", "cookie", "private-token", "proxy-authorization", "set-cookie"})
"""Headers that carry credentials on any service, in lower case; others say so by their name."""

_PUBLIC: Final = frozenset({"access-control-allow-credentials"})
"""Headers that are called like a credential, and are none."""

ADDRESSES: Final = frozenset({"content-location", "location", "origin", "referer"})
"""Headers whose value is a URL."""

_SCHEME = re.compile(r"([A-Za-z][\w-]*) +(?=\S)")

QUERY: Final = frozenset({"x-amz-credential", "x-amz-signature", "x-goog-credential", "x-goog-signature"})
"""Query parameters that are credentials whatever their value, in lower case; others say so by their name."""

_AMBIGUOUS: Final = frozenset(
    {"appid", "auth", "code", "key", "pass", "secret", "session_id", "sessionid", "sid", "sig", "signature", "token"}
)
"""Query parameters that are credentials when their value looks like one."""
_PARAMETER = re.compile(rb"[?&;#]([^=&;#?]+)=([^&;#]+)")
_AUTHORITY = re.compile(rb"[A-Za-z][\w+.-]*://(?:([^/?#@]*)@)?[^/?#]*")


@lru_cache(maxsize=1024)
def credential(name: str, declared: frozenset[str]) -> bool:
    """True when a header carries a credential: known, declared, or called like one."""
    lower = name.lower()
    return lower in CREDENTIALS or lower in declared or (says(name) is not Says.NOTHING and lower not in _PUBLIC)


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
        if not STAND_IN.fullmatch(match[2]) and _opens(name, value, declared):
            yield Edit(match.start(2), match.end(2), b"[REDACTED]", (f"query {name.lower()}",))


def _opens(name: str, value: str, declared: frozenset[str]) -> bool:
    """True when a parameter is a credential: by its name alone, or by a name and a value that look like one."""
    lower = name.lower()
    if lower in QUERY or lower in declared:
        return True
    if lower in _AMBIGUOUS:
        return drawn(value)
    said = says(name)
    return said is Says.SURE or (said is Says.LIKELY and drawn(value))


def authority(url: bytes) -> tuple[int, list[Edit]]:
    """Where the authority of a URL ends, and the edit of the credential before its host, if there is one.

    `REDACTED` without brackets: in an authority, they mean an IPv6 address (RFC 3986, section 3.2.2).
    """
    match = _AUTHORITY.match(url)
    if match is None:
        return 0, []
    user, colon, _ = (match[1] or b"").partition(b":")
    start = match.start(1) + len(user) + 1 if colon else match.start(1)
    hides = colon or drawn(user.decode("latin-1"))
    if not hides or start >= match.end(1) or url.startswith(b"REDACTED", start):
        return match.end(), []
    return match.end(), [Edit(start, match.end(1), b"REDACTED", ("url password",))]


def bare(edit: Edit) -> Edit:
    """The same edit with a stand-in that may stand in an authority: `REDACTED-NAME`."""
    return replace(edit, text=edit.text.replace(b"[", b"").replace(b"]", b"").replace(b":", b"-"))
