"""What the headers of two equal requests say: which were sent differently, and whose credentials they carry.

    a header                                     counts as sent differently when
    that tells nothing (a date, an agent, …)     never
    that carries a credential, then or now       never: whose it is decides between equal requests (match.py)
    any other                                    its value is another, or it is on one side only

Law: pure, and cheap where nothing differs: headers that are equal pair by pair are not looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.core.model import Headers

Tells: TypeAlias = "Callable[[str], bool]"
"""Whether the value of a header, by its name in lower case, means something."""
Row: TypeAlias = tuple[str, str, str]
"""The name of a header, its recorded value and its live one, empty for none."""

_HIDDEN = "[REDACTED"
_NAMED = re.compile(r"\[REDACTED:([^\]]+)\]")


def differing(recorded: Headers, live: Headers, tells: Tells) -> list[Row]:
    """The headers that were sent differently, by name."""
    if recorded == live or _alike(recorded, live, tells):
        return []
    before, now = _told(recorded, tells), _told(live, tells)
    return [
        (name, before.get(name, ""), now.get(name, ""))
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name) and _HIDDEN not in before.get(name, "") + now.get(name, "")
    ]


def holders(headers: Headers) -> frozenset[tuple[str, str]]:
    """Whose credentials a redacted request carries: the names of headers and of the secrets hidden in them."""
    return frozenset(
        (name.lower(), secret) for name, value in headers if _HIDDEN in value for secret in _NAMED.findall(value)
    )


def _alike(recorded: Headers, live: Headers, tells: Tells) -> bool:
    """Whether they are the same pair by pair, but for values that tell nothing: the way of nearly all requests."""
    return len(recorded) == len(live) and all(
        one[0] == other[0] and (_HIDDEN in one[1] or not tells(one[0].lower()))
        for one, other in zip(recorded, live, strict=True)
        if one != other
    )


def _told(headers: Headers, tells: Tells) -> dict[str, str]:
    """The headers that tell something, several of one name as one; a multipart boundary tells nothing."""
    found: dict[str, str] = {}
    for name, value in headers:
        if tells(lower := name.lower()):
            plain = value.partition("; boundary=")[0] if lower == "content-type" else value
            found[lower] = f"{found[lower]}, {plain}" if lower in found else plain
    return found
