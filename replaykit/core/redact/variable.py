"""Secrets of an environment: which variables hold one, or have one in what they hold.

Law: what a name calls secret is hidden, or it is said that it is not. Of an address only what lets
somebody in is secret; the rest of it may stand in any text.

    the variable's name          its value                                     what happens
    says secret                  12 characters or more, no word                hidden
    says secret                  a stand-in already (a replay)                 hidden in its encoded forms
    says secret                  short, a word, a path, an address             a warning
    says secret                  empty, `true`, `1`, `none`                    nothing: it is a switch
    says something else          an address with a password or a key in it     that part is hidden
    says something else          pairs (`AccountName=…;AccountKey=…`)          what a pair calls secret is hidden
    says webhook                 an address                                    what was drawn by lot in its path, too
    says something else          anything else                                 nothing
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from replaykit.core.redact.naming import Says, said, says, words
from replaykit.core.redact.secret import Secret, bare, drawn, harmless, placeholder
from replaykit.core.redact.wire import authority, parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SWITCHES = frozenset({"", "0", "1", "true", "false", "yes", "no", "on", "off", "none", "null"})
_OWN = frozenset({"PWD", "OLDPWD"})
"""Variables of the shell that are called like a secret."""

_WHICH: Final = re.compile(
    r"[a-z]|id|value|json|pem|b64|base64|prod|production|dev|test|staging|live|old|new|primary|secondary"
)
"""Last words that say which of several secrets it is, or in what form; so does a single letter."""

_ABOUT: Final = re.compile(
    r"names?|arn|file|path|dir|ur[li]|host|endpoint|header|length|enabled|required|ttl|expiry|seconds|minutes|hours|days|"
    r"type|region|version|prefix|backend|manager|store|provider|timeout|policy|limit|count|max|min|size"
)
"""Last words of names that are about a secret."""

_INSIDE = re.compile(r"(?:^|_)(?:secret|password|api_?key|access_token|private_key)_")
"""Words that say secret whatever follows: `API_KEY_OPENAI`."""

_WORD = re.compile(r"(?!-)[^\s()'\"]+")
"""What may be a secret on a command line: no option, no code."""
_PAIR = re.compile(r"(?:\A|[;\s])\s*([\w.-]+)\s*=\s*([^;\s]+)")


def secrets_of(environment: Mapping[str, str]) -> tuple[tuple[Secret, ...], tuple[str, ...]]:
    """The secrets of an environment in its order, and a warning for each that is not hidden."""
    secrets, warnings = [], []
    for name, value in environment.items():
        plain = value.strip()
        if plain.lower() in _SWITCHES:
            continue
        if not says_secret(name):
            parts = (part for part in dict.fromkeys(_parts(name, plain)) if not harmless(part))
            secrets += [Secret(name, part, part=True) for part in parts]
        elif why := harmless(plain):
            warnings.append(f"{name} is named like a secret, but its value is {why}: it is not hidden")
        else:
            secrets.append(Secret(name, plain))
    return tuple(secrets), tuple(warnings)


@lru_cache(1024)
def says_secret(name: str) -> bool:
    """True when a variable's name says that its value is one: `DB_PASSWORD`, not `MAX_TOKENS` or `TOKEN_URL`."""
    found = words(name)
    if not found or _ABOUT.fullmatch(found[-1]) or name in _OWN:
        return False
    if _INSIDE.search("_".join(found)):
        return True
    while len(found) > 1 and _WHICH.fullmatch(found[-1]):
        found = found[:-1]
    return said(found) is not Says.NOTHING


def doubtful(name: str, value: str) -> bool:
    """True when an option, a header or a variable of this name may not be shown with this value."""
    said = says(name)
    hides = said is Says.SURE or (said is Says.LIKELY and drawn(value))
    return hides and _WORD.fullmatch(value) is not None and value.lower() not in _SWITCHES


def _parts(name: str, value: str) -> Iterator[str]:
    """What is secret in a value that is none as a whole."""
    if "://" in value:
        yield from _of_address(name, value)
    elif "=" in value and (";" in value or " " in value):
        yield from (pair[2] for pair in _PAIR.finditer(value) if says(pair[1]) is not Says.NOTHING)


def _of_address(name: str, value: str) -> Iterator[str]:
    """What lets somebody in, of an address: as it stands there, and as it is meant."""
    data = value.encode("utf-8", "surrogateescape")
    for edit in chain(authority(data)[1], parameters(data, frozenset())):
        part = data[edit.start : edit.end].decode("utf-8", "surrogateescape")
        yield from (part, unquote(part, errors="surrogateescape"))
    yield from (each for each in (bare(name), placeholder(name)) if each in value)  # a replay's: it stands for the same
    if "hook" in name.lower():
        yield from (part for part in _path(value).split("/") if drawn(part))


def _path(value: str) -> str:
    """The path of an address; empty where it is none."""
    try:
        return urlsplit(value).path
    except ValueError:
        return ""
