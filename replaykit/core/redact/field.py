"""Credentials and signatures by the name of their JSON field: the first are hidden, the second never touched.

Law: textual. A field is found where it stands, also inside JSON that is itself a string (a tool's
result, a call's arguments), whatever the depth; nothing is parsed and printed again.

    field                                        value
    password, api_key, client_secret,            hidden when it is a text, the word of a scheme
    access_token, authorization, … (also as      (`Bearer`) stays
    the end of a longer name)
    token, app_key, jwt, …                       hidden when it looks drawn by lot
    signature, encrypted_content, …              never touched (the names are given)
    `kind.field`, as in redacted_thinking.data   never touched in an object of that `type`
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from replaykit.core.redact.edit import Edit
from replaykit.core.redact.naming import Says, says
from replaykit.core.redact.secret import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator


_NAME = (
    rb"(?:password|passwd|passphrase|secret|api[_-]?key|(?:secret|access|private|account|master|signing)[_-]?key|"
    rb"(?:access|refresh|id|auth|authorization|bearer|session|security|api|bot|personal)[_-]?token|"
    rb"(?:proxy[_-])?authorization|credential)"
)
_NAMED = rb"((?:[\w.-]{0,48}?(?:[_.-]|[a-z0-9](?=[A-Z])))??(?i:" + _NAME + rb"))"
"""A name that says credential, alone or as the last words of a longer one: `db_password`, `openaiApiKey`."""
_KEY = re.compile(_NAMED)
_ANY = re.compile(rb"[\w.-]{1,64}")
_OBJECT = re.compile(rb"(?i:.*key)")
"""Names of keys, which open something only when it stands before them: `key` alone is that of an object."""
_QUOTES = (rb"\"", rb"\\\"", rb"\\\\\\\"")
"""How a quote is written at depth 0, 1 and 2: in JSON, in JSON as a string, in that as a string again."""
_ENDS = (
    rb"ssword|ssWord|SSWORD|passwd|Passwd|PASSWD|phrase|Phrase|PHRASE|secret|Secret|SECRET|.token|.Token|.TOKEN|"
    rb"...key|...Key|...KEY|ential|ENTIAL|zation|ZATION"
)
_LAST = rb"[rwseoaRWSEOA][dtenlyDTENLY]"
_SCOUT = re.compile(
    rb":(?:"
    + b"|".join(
        rb"(?<=%b%b:)(?:(?<=(?:%b)%b:)|(?<=(?:pwd|PWD|jwt|JWT)%b:))" % (_LAST, each, _ENDS, each, each)
        for each in _QUOTES
    )
    + rb")"
)
"""The colon behind a name that ends like one of `_NAME`. Its last letters first, and no `(?i)`: 50 ns, not 260."""
_OPEN = re.compile(rb"\s*(\\*)\"")
_SCHEME = re.compile(rb"(?i:bearer|basic|token|bot|apikey|digest) +")
_DONE = re.compile(rb"[\w./~-]{0,24}\[REDACTED(?::[^\]\s\"\\]{1,128})?\]|\*{3,}|<[\w -]+>|\$?\{[\w.]+\}")
"""Values that hide or hold nothing: stand-ins, asterisks, `<your key>`, `${KEY}`."""
_BACKSLASH = 0x5C
_LOOK = 96
"""Bytes before the colon in which a field's name is looked for."""
_PAIR = re.compile(rb"(?:\A|&)" + _NAMED + rb"=([^&\s]+)")
_FORM = re.compile(rb"[\w.%+\[\]-]+=[^\s\"{}<>]*\Z")
_FORM_LARGEST = 65_536
"""Bytes: a larger body is no sign-in form."""


def find(data: bytes, start: int) -> Iterator[Edit]:
    """The values of credential fields whose colon stands at `start` or later."""
    for colon in _SCOUT.finditer(data, start):
        key, depth = _named(data, colon.start())
        value = _OPEN.match(data, colon.end()) if key else None
        if value and len(value[1]) == depth:
            end = closing(data, value.end(), depth)
            scheme = _SCHEME.match(data, value.end(), end) if key.lower().endswith(b"authorization") else None
            begin = scheme.end() if scheme else value.end()
            if _hides(data[begin:end]) and (_KEY.fullmatch(key) or drawn(data[begin:end].decode("latin-1"))):
                yield Edit(begin, end, b"[REDACTED]", (f"field {key.decode().lower()}",))
    if len(data) <= _FORM_LARGEST and _FORM.match(data):
        yield from _pairs(data)


def _named(data: bytes, colon: int) -> tuple[bytes, int]:
    """The field's name, empty when it says no credential, and the backslashes before its quotes."""
    depth = 0
    while data[colon - 2 - depth] == _BACKSLASH:
        depth += 1
    opening = data.rfind(b'"', max(0, colon - _LOOK), colon - 1)
    if opening < depth or data[opening - depth : opening] != b"\\" * depth:
        return b"", 0
    name = data[opening + 1 : colon - 1 - depth]
    return (name, depth) if _KEY.fullmatch(name) or _may(name) else (b"", 0)


def _may(name: bytes) -> bool:
    """True for the name of a field that is a credential when its value looks like one."""
    said = says(name.decode()) if name.isascii() and _ANY.fullmatch(name) else Says.NOTHING
    return said is Says.SURE or (said is Says.LIKELY and not _OBJECT.fullmatch(name))


def closing(data: bytes, start: int, depth: int) -> int:
    """Where the text that began at `start` ends: at the quote with as many backslashes as its first, or the end.

    Such a quote has `depth` backslashes (0, 1, 3, …); one with `depth` and a multiple of twice that
    and one more before it belongs to a text that ends in backslashes, and closes it, too.
    """
    place = data.find(b'"', start)
    while place >= 0:
        behind = place
        while behind > start and data[behind - 1] == _BACKSLASH:
            behind -= 1
        if (place - behind) % (2 * depth + 2) == depth or place - behind < depth:
            return max(start, place - min(depth, place - behind))
        place = data.find(b'"', place + 1)
    return len(data)


def _hides(value: bytes) -> bool:
    """True when a field's value may be a credential; a PEM block has a stand-in of its own."""
    return bool(value) and not value.startswith(b"-----BEGIN ") and _DONE.fullmatch(value) is None


def _pairs(data: bytes) -> Iterator[Edit]:
    """The credentials of a form, as OAuth sends them."""
    for pair in _PAIR.finditer(data):
        if _hides(pair[2]):
            yield Edit(pair.start(2), pair.end(2), b"[REDACTED]", (f"field {pair[1].decode().lower()}",))


_GAPLESS = re.compile(rb"(?:[A-Za-z0-9+/=_-]|\\/)*")
_FIELD = re.compile(rb"\"([\w.-]+)\\*\"\s*:\s*\\*\"\Z")
_KIND_BEFORE = re.compile(rb"\"type\\*\"\s*:\s*\\*\"([\w.-]+)\\*\"\s*,\s*\\*\"[\w.-]+\\*\"\s*:\s*\\*\"\Z")
_KIND_BEHIND = re.compile(rb"\\*\"\s*,\s*\\*\"type\\*\"\s*:\s*\\*\"([\w.-]+)\\*\"")


@dataclass(frozen=True, slots=True)
class Untouchable:
    """The fields whose text is never changed: `names` are JSON field names, or `type.field`."""

    names: frozenset[str]
    fields: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Know the fields without their types, to ask for those first."""
        object.__setattr__(self, "fields", frozenset(name.rpartition(".")[2] for name in self.names))

    def holds(self, name: object, within: object) -> bool:
        """True when an object's field is one of them."""
        if name not in self.fields or not isinstance(within, dict):
            return False
        return name in self.names or f"{within.get('type')}.{name}" in self.names

    def covers(self, data: bytes, place: int) -> bool:
        """True when a place lies in such a field: base64 text without a gap, right behind the field's name."""
        if not self.names:
            return False
        quote = data.rfind(b'"', 0, place)
        if quote < 0 or not _GAPLESS.fullmatch(data, quote + 1, place):
            return False
        look = max(0, quote - 2 * _LOOK)
        name = _FIELD.search(data, look, quote + 1)
        return name is not None and self.holds(name[1].decode(), {"type": _kind(data, look, quote + 1)})


def _kind(data: bytes, look: int, start: int) -> str:
    """The `type` that stands directly before or behind the field whose text starts at `start`; empty without one."""
    run = _GAPLESS.match(data, start)
    kind = _KIND_BEFORE.search(data, look, start) or (run and _KIND_BEHIND.match(data, run.end()))
    return kind[1].decode() if kind else ""
