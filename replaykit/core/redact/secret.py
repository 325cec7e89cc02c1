"""Secrets of an environment: which variables hold one, and what stands in for it.

Law: what a name calls secret is hidden, or it is said that it is not. A value that may stand in any
text (`test`, a path, a host) is never hidden, for it would eat every "test".

    the variable's name               its value                              what happens
    says secret                       12 characters or more, no word         hidden
    says secret                       a stand-in already (a replay)          hidden in its encoded forms
    says secret                       short, a word, a path, an address      a warning
    says secret                       empty, `true`, `1`, `none`             nothing: it is a switch
    says something else               anything                               nothing
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST = 12
"""Characters: below that a value stands in texts by chance, and is too weak to be a key of any service."""

WORDY = 3
"""Changes between kinds of characters that a text of words has at most: `replayKitV2beta`."""

STAND_IN = re.compile(rb"\[REDACTED(?::[^\]\s\"\\]{1,128})?\]")
"""What stands in for a secret; nothing inside of one is ever replaced."""

_SAYS = re.compile(
    r"(?:^|_)(?:SECRETS?|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|APIKEY|KEY|CREDENTIALS?|AUTH|COOKIE|JWT|BEARER)"
    r"(?:_(?:ID|VALUE|JSON|PEM|B64|BASE64|PROD|PRODUCTION|DEV|TEST|STAGING|LIVE|OLD|NEW|PRIMARY|SECONDARY|\d+))?$"
    r"|SECRET_|PASSWORD_|API_?KEY_|ACCESS_TOKEN_|PRIVATE_KEY_"
)
_ABOUT = re.compile(
    r"_(?:NAMES?|ARN|FILE|PATH|DIR|URL|URI|HOST|ENDPOINT|HEADER|LENGTH|ENABLED|REQUIRED|TTL|EXPIRY|SECONDS|TYPE|REGION|"
    r"VERSION|PREFIX|BACKEND|MANAGER|STORE|PROVIDER)$|^(?:OLD)?PWD$"
)
_SWITCHES = frozenset({"", "0", "1", "true", "false", "yes", "no", "on", "off", "none", "null"})
_WORDS = re.compile(r"[A-Za-z]+(?:[-_ .,:]+[A-Za-z]+)*[-_ .,:!?]*")
_TURN = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Za-z])|(?<=[A-Z])(?=[0-9]|[A-Z][a-z])")
_PATH = re.compile(r"(?:~|\.{1,2})?/|[A-Za-z]:[\\/]")


@dataclass(frozen=True, slots=True)
class Secret:
    """A variable and its value, which must not be kept; its text form shows the name only."""

    name: str
    value: str

    def __repr__(self) -> str:
        """The name: a secret must not reach a log by being printed."""
        return f"Secret({self.name!r})"


def placeholder(name: str) -> str:
    """What stands in for a secret, and what a replay sets a missing variable to: `[REDACTED:NAME]`.

    Being one text, a program that quotes, encodes or logs the placeholder says in a replay what the
    recording says after redaction.
    """
    return f"[REDACTED:{re.sub(r'[^A-Za-z0-9_.-]', '_', name)[:128] or '_'}]"


def secrets_of(environment: Mapping[str, str]) -> tuple[tuple[Secret, ...], tuple[str, ...]]:
    """The secrets of an environment in its order, and a warning for each that is not hidden."""
    secrets, warnings = [], []
    for name, value in environment.items():
        plain = value.strip()
        if not says_secret(name) or plain.lower() in _SWITCHES:
            continue
        if why := _harmless(plain):
            warnings.append(f"{name} is named like a secret, but its value is {why}: it is not hidden")
        else:
            secrets.append(Secret(name, plain))
    return tuple(secrets), tuple(warnings)


def says_secret(name: str) -> bool:
    """True when a variable's name says that its value is one: `DB_PASSWORD`, not `MAX_TOKENS` or `TOKEN_URL`."""
    upper = name.upper()
    return _SAYS.search(upper) is not None and _ABOUT.search(upper) is None


def random(text: str) -> bool:
    """True when a text of 8 characters or more looks drawn by lot: both cases and digits, or ever another kind."""
    if len(text) < 8:  # noqa: PLR2004 - the number of the docstring
        return False
    mixed = (any(map(str.islower, text)), any(map(str.isupper, text)), any(map(str.isdigit, text)))
    return all(mixed) or _turns(text) > WORDY


def _turns(text: str) -> int:
    """How often a text changes between digits, capitals and small letters, but for capitals that begin a word."""
    return len(_TURN.findall(text))


def _harmless(value: str) -> str:
    """Why a value cannot be hidden, or empty."""
    if STAND_IN.fullmatch(value.encode("utf-8", "surrogateescape")):
        return ""
    if len(value) < SHORTEST:
        return f"shorter than {SHORTEST} characters"
    if _WORDS.fullmatch(value) and _turns(value) <= WORDY:
        return "made of plain words"
    if any(map(random, re.split(r"[/\\?&=.@:]", value))):
        return ""
    if _PATH.match(value) and " " not in value:
        return "a path"
    return "an address" if _address(value) else ""


def _address(value: str) -> bool:
    """True for a URL that says where something is, and not who asks for it."""
    if "://" not in value:
        return False
    try:
        return "@" not in urlsplit(value).netloc
    except ValueError:
        return False
