"""A secret, what stands in for it, and which values can be one.

Law: a value that may stand in any text (`test`, a path, a host) is never hidden, for it would eat
every "test".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SHORTEST = 12
"""Characters: below that a value stands in texts by chance, and is too weak to be a key of any service."""

WORDY = 3
"""Changes between kinds of characters that a text of words has at most: `replayKitV2beta`."""

STAND_IN = re.compile(rb"\[REDACTED(?::[^\]\s\"\\]{1,128})?\]")
"""What stands in for a secret; nothing inside of one is ever replaced."""

_BARE = re.compile(r"REDACTED-[\w.-]{1,128}")
_WORDS = re.compile(r"[A-Za-z]+(?:[-_ .,:]+[A-Za-z]+)*[-_ .,:!?]*")
_TURN = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Za-z])|(?<=[A-Z])(?=[0-9]|[A-Z][a-z])")
_HEX = re.compile(r"(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{16,}")
_PATH = re.compile(r"(?:~|\.{1,2})?/|[A-Za-z]:[\\/]")


@dataclass(frozen=True, slots=True)
class Secret:
    """A variable and its value, which must not be kept; its text form shows the name only.

    `part`: the variable holds more than that, an address with a password in it; no placeholder can be one.
    """

    name: str
    value: str
    part: bool = field(default=False, compare=False)

    def __repr__(self) -> str:
        """The name: a secret must not reach a log by being printed."""
        return f"Secret({self.name!r})"


def placeholder(name: str) -> str:
    """What stands in for a secret, and what a replay sets a missing variable to: `[REDACTED:NAME]`.

    Being one text, a program that quotes, encodes or logs the placeholder says in a replay what the
    recording says after redaction.
    """
    return f"[REDACTED:{_plain(name)}]"


def bare(name: str) -> str:
    """The stand-in where brackets would mean something, as in the authority of a URL: `REDACTED-NAME`."""
    return f"REDACTED-{_plain(name)}"


def _plain(name: str) -> str:
    """A name in letters that need no escaping."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:128] or "_"


def random(text: str) -> bool:
    """True when a text of 8 characters or more looks drawn by lot.

    It has both cases and digits, or is ever another kind of character, or 16 and more are hexadecimal.
    """
    if len(text) < 8:  # noqa: PLR2004 - the number of the docstring
        return False
    mixed = (any(map(str.islower, text)), any(map(str.isupper, text)), any(map(str.isdigit, text)))
    return all(mixed) or _turns(text) > WORDY or _HEX.fullmatch(text) is not None


def drawn(value: str) -> bool:
    """True for a value that is long and looks drawn by lot."""
    return len(value) >= SHORTEST and random(value)


def _turns(text: str) -> int:
    """How often a text changes between digits, capitals and small letters, but for capitals that begin a word."""
    return len(_TURN.findall(text))


def harmless(value: str) -> str:
    """Why a value cannot be hidden, or empty."""
    if STAND_IN.fullmatch(value.encode("utf-8", "surrogateescape")) or _BARE.fullmatch(value):
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
