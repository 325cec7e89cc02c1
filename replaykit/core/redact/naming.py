"""Names that say secret: of variables, headers, URL parameters and options of a command.

Law: a name is read as words, and its last word with what stands before it decides; what is merely
mentioned (`TOKEN_URL`, `KEYBOARD`, `password_file`) does not.

    name                                              says
    password, PGPASSWORD, client-secret, jwt, pat     SURE: it is one, whatever its value
    api_key, AUTHTOKEN, hapikey, ACCESS_TOKENS        SURE: a key or token, and what it opens
    key, X-Vault-Token, OPENAI_KEY1                   LIKELY: a key or token of something
    public_key, sort-key, next_page_token             nothing: others may know it
    max_tokens, monkey, keyboard, desk                nothing: not the word
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import Final


class Says(IntEnum):
    """How surely a name says that its value is a secret."""

    NOTHING = 0
    LIKELY = 1
    SURE = 2


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_JOINED = re.compile(
    r"(.*?)(passwords?|passwd|passphrases?|passcode|(?<!com)(?<!by)(?<!sur)(?<!tres)pass|(?<!old)pwd|secrets?|tokens?|keys?|jwt)"
)
"""A word that ends in one of those that name a secret, and what is joined to it: `authtoken`, `hapikey`, `sshpass`."""

_ALONE: Final = frozenset({"auth", "bearer", "cookie", "pat", "sk"})
"""Words that name a secret only by themselves: `disk` is no `sk`."""

_SAID: Final = frozenset({"authorization", "credential", "credentials", "apikey", "apikeys"})

_OPENING: Final = re.compile(
    r"(?:access|account|admin|api|app|auth|authorization|bearer|bot|client|csrf|deploy|encryption|id|license|master|"
    r"oauth|personal|private|refresh|secret|security|session|shared|signing|ssh|subscription|xsrf)\Z"
)
"""What stands before a key or a token that opens something."""

_HARMLESS: Final = re.compile(
    r"(?:public|pub|publishable|sort|cache|partition|foreign|idempotency|routing|surrogate|websocket|lock|"
    r"next|page|continuation|cursor|sync|start|end|stop|eos|bos|pad|unk|mask|sep|cls|special|"
    r"max|min|num|total|input|output|prompt|completion|per)\Z"
)
"""What stands before a key or a token that anybody may know."""


@lru_cache(maxsize=1024)
def says(name: str) -> Says:
    """How surely this name says secret; `camelCase`, `snake_case`, `kebab-case` and `ALLCAPS` are read alike."""
    return said(words(name))


def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case; numbers at its end, which only count, are left out."""
    found = [word.lower() for word in _WORD.findall(name)]
    while len(found) > 1 and found[-1].isdecimal():
        found.pop()
    return tuple(found)


def said(found: tuple[str, ...]) -> Says:
    """How surely words say secret, by the last of them and what stands before it."""
    if not found:
        return Says.NOTHING
    last = found[-1]
    before = found[-2] if len(found) > 1 else ""
    if last in _SAID:
        return Says.SURE
    if last in _ALONE:
        return Says.NOTHING if _HARMLESS.match(before) else Says.LIKELY
    match = _JOINED.fullmatch(last)
    return _of(match[2], match[1], before) if match else Says.NOTHING


def _of(noun: str, joined: str, before: str) -> Says:
    """How surely a noun says secret after what is joined to it, else after the word before it."""
    if noun.rstrip("s") not in {"key", "token"}:
        return Says.SURE
    if _OPENING.search(joined) if joined else _OPENING.match(before):
        return Says.SURE
    harmless = _HARMLESS.search(joined) if joined else _HARMLESS.match(before)
    several, foreign = noun.endswith("s"), noun == "key" and joined
    return Says.NOTHING if harmless or several or foreign else Says.LIKELY
