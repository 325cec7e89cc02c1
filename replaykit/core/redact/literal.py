"""A secret's value in a body: plain, and in each encoding in which programs send one.

Law: as cheap as one search for a literal per form, so that a fresh body of 200 kB costs well under a
millisecond. What is found is replaced by the stand-in *in the same encoding* where that decodes:
a program that encodes the placeholder in a replay then says what the recording says.

    form                                          found by                        becomes
    plain, JSON-escaped (to any depth, either     its longest run of characters   [REDACTED:NAME]
    form of non-ASCII), URL-encoded in any mix    that no encoding touches
    base64, base64url, at all three alignments    the characters that only the    the run from there to its
                                                  secret decides                  end, encoded anew
    hexadecimal, either case                      all of it                       hexadecimal of the stand-in
    cut off by the end of the data or a string,   as many of its first bytes      [REDACTED:NAME]
    as growing texts are                          as tell it from another
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from replaykit.core.canonical import common_prefix
from replaykit.core.redact.edit import Edit, wide
from replaykit.core.redact.secret import placeholder, random

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.core.redact.secret import Secret

_SAFE = re.compile(r"[A-Za-z0-9_.~-]+")
"""Characters that neither JSON nor a URL ever writes otherwise."""
_LETTERS = {"\n": b"n", "\r": b"r", "\t": b"t", "\b": b"b", "\f": b"f"}
_RUN = re.compile(rb"[A-Za-z0-9+/_-]+")
_URLSAFE = bytes.maketrans(b"+/", b"-_")
_STANDARD = bytes.maketrans(b"-_", b"+/")
HEAD = 8
"""Characters of a secret that tell it from other texts, unless they are words."""
_DIGIT = re.compile(r"[0-9]")
_KIND = re.compile(r"(?:[A-Za-z]{2,8}[0-9]{0,2}[-_]){1,3}")
"""What keys of one kind have in common: `sk-ant-api03-`."""
_OWN = 3
"""Characters beyond that which tell a key from its kind: 1 text in 200,000 has them by chance."""
_ENOUGH = 32
"""Characters that tell a secret from other texts even where they are words."""
_END = re.compile(rb"\Z|\\{0,8}\"|\\{1,8}[nr]|[\r\n]|\xe2\x80\xa6|\.\.\.")
"""Where a string ends: data, a quote, a line, or what somebody shortened."""
_LEADS = (0, 2, 3)
"""How many they are when 0, 1 or 2 bytes stand before the secret in its group."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """The base64 characters that a secret alone decides, and how many of their first group stand before them."""

    text: bytes
    lead: int


@dataclass(frozen=True, slots=True)
class Literal:
    """One secret, made ready to be searched for; `longest` is the size in bytes of its longest form."""

    name: str
    value: bytes
    text: bytes
    anchor: bytes
    pattern: re.Pattern[bytes]
    head: bytes
    fragments: tuple[Fragment, ...]
    digits: tuple[bytes, ...]
    longest: int


def literals(secrets: Sequence[Secret]) -> tuple[Literal, ...]:
    """The secrets made ready, the longest first; of several names for one value, the first."""
    first: dict[str, Secret] = {}
    for secret in secrets:
        if secret.value:
            first.setdefault(secret.value, secret)
    return tuple(_literal(secret) for secret in sorted(first.values(), key=lambda secret: -len(secret.value)))


def find(data: bytes, start: int, known: Sequence[Literal]) -> Iterator[Edit]:
    """Every form of every known secret that begins at `start` or later."""
    for literal in known:
        if data.find(literal.anchor, start) >= 0:
            yield from _plain(data, start, literal)
        yield from _in_base64(data, start, literal, known)
        for digits in literal.digits:
            for place in _places(data, digits, start):
                yield Edit(place, place + len(digits), literal.text.hex().encode(), (literal.name,))
    for literal in known:
        yield from _cut(data, start, literal)


def hide(value: bytes, known: Sequence[Literal]) -> tuple[bytes, tuple[str, ...]]:
    """A value without its plain secrets, and their names: what a base64 text holds once it is decoded."""
    names: list[str] = []
    for literal in known:
        if literal.value != literal.text and literal.value in value:
            names += [literal.name] * value.count(literal.value)
            value = value.replace(literal.value, literal.text)
    return value, tuple(names)


def _literal(secret: Secret) -> Literal:
    """One secret, made ready."""
    value = secret.value.encode("utf-8", "surrogateescape")
    text = placeholder(secret.name).encode()
    anchors = sorted((run.encode() for run in _SAFE.findall(secret.value)), key=len)
    pattern = b"".join(map(_any_form, secret.value))
    encoded = value != text  # a placeholder's other encodings are those of the stand-in already
    return Literal(
        name=secret.name,
        value=value,
        text=text,
        anchor=anchors[-1] if anchors else b"",
        pattern=re.compile(pattern),
        head=_head(secret.value) if encoded else b"",
        fragments=tuple(dict.fromkeys(_fragments(value))) if encoded else (),
        digits=tuple(dict.fromkeys((value.hex().encode(), value.hex().upper().encode()))) if encoded else (),
        longest=max(2 * len(value), sum(1 if _SAFE.match(char) else 20 for char in secret.value)),
    )


def _head(value: str) -> bytes:
    """The shortest beginning of a secret that tells it from other texts; empty when only the whole does."""
    kind = _KIND.match(value)
    size = max(HEAD, kind.end() + _OWN if kind else 0)
    while size < min(len(value), _ENOUGH) and not (_DIGIT.search(value, 0, size) or random(value[:size])):
        size += 1
    return value[:size].encode("utf-8", "surrogateescape") if size < len(value) else b""


def _any_form(char: str) -> bytes:
    """A pattern for one character: raw, escaped as JSON does to any depth, or URL-encoded."""
    raw = char.encode("utf-8", "surrogateescape")
    if _SAFE.match(char):
        return re.escape(raw)
    percent = rb"(?i:" + b"".join(b"%%%02x" % byte for byte in raw) + rb")"
    units = char.encode("utf-16-be", "surrogatepass")
    escaped = b"".join(rb"\\{1,8}u(?i:" + units[i : i + 2].hex().encode() + rb")" for i in range(0, len(units), 2))
    forms = [percent, escaped]
    if len(units) == 4:  # noqa: PLR2004 - halves of a surrogate pair, each in UTF-8: how a pair that a stream cut adds up
        forms.append(b"".join(_half(units[i : i + 2]) for i in (0, 2)))
    if char == "\\":
        forms.append(rb"\\{1,8}")  # one, doubled at each of three depths
    elif char in '"/':
        forms.append(rb"\\{0,8}" + raw)
    else:
        forms.append(re.escape(raw))
    if char in _LETTERS:
        forms.append(rb"\\{1,8}" + _LETTERS[char])
    if char == " ":
        forms.append(rb"\+")
    return rb"(?:" + b"|".join(forms) + rb")"


def _half(unit: bytes) -> bytes:
    """Half a surrogate pair in UTF-8."""
    return unit.decode("utf-16-be", "surrogatepass").encode("utf-8", "surrogatepass")


def _fragments(value: bytes) -> Iterator[Fragment]:
    """The base64 characters that the value alone decides, at each alignment and in both alphabets."""
    for before, lead in enumerate(_LEADS):
        whole = b64encode(b"\0" * before + value)
        fragment = whole[lead : 8 * (before + len(value)) // 6]
        yield Fragment(fragment, lead)
        yield Fragment(fragment.translate(_URLSAFE), lead)


def _places(data: bytes, needle: bytes, start: int) -> Iterator[int]:
    """Where a literal stands, from `start` on."""
    place = data.find(needle, start)
    while place >= 0:
        yield place
        place = data.find(needle, place + len(needle))


def _plain(data: bytes, start: int, literal: Literal) -> Iterator[Edit]:
    """The plain, escaped and URL-encoded forms; an escape whose end was taken for a beginning goes, too."""
    for match in literal.pattern.finditer(data, start):
        yield wide(data, Edit(match.start(), match.end(), literal.text, (literal.name,)))


def _cut(data: bytes, start: int, literal: Literal) -> Iterator[Edit]:
    """The beginnings of the secret where a string ends within it: of a stream that was cut, of a text that grows."""
    for place in _places(data, literal.head, start) if literal.head else ():
        end = place + common_prefix(data[place : place + len(literal.value)], literal.value)
        if end - place < len(literal.value) and _END.match(data, end):
            yield Edit(place, end, literal.text, (literal.name,))


def _in_base64(data: bytes, start: int, literal: Literal, known: Sequence[Literal]) -> Iterator[Edit]:
    """The base64 forms; what one edit has encoded anew to the end of its run is not gone through again."""
    done = range(0)
    for fragment in literal.fragments:
        for place in _places(data, fragment.text, start):
            if place not in done:
                edit = _base64(data, place, fragment, literal, known)
                done = range(edit.start, edit.end)
                yield edit


def _base64(data: bytes, place: int, fragment: Fragment, literal: Literal, known: Sequence[Literal]) -> Edit:
    """The base64 run from the secret's group to its end, without the secret; the fragment alone where none decodes."""
    start, end = place - fragment.lead, place + len(fragment.text)
    run = _RUN.match(data, start) if start >= 0 else None
    if run is not None and run.end() >= end:
        padding = len(data[run.end() : run.end() + 2]) - len(data[run.end() : run.end() + 2].lstrip(b"="))
        decoded = _decoded(run[0])
        if decoded is not None:
            hidden, names = hide(decoded, known)
            text = _encoded(hidden, run[0], padded=padding > 0)
            return Edit(start, run.end() + padding, text, names or (literal.name,))
    return Edit(place, end, literal.text, (literal.name,))


def _decoded(run: bytes) -> bytes | None:
    """What a base64 run says, None when it is not one run of one alphabet."""
    mixed = (b"-" in run or b"_" in run) and (b"+" in run or b"/" in run)
    if mixed or len(run) % 4 == 1:
        return None
    standard = run.translate(_STANDARD)
    decoded = b64decode(standard + b"=" * (-len(run) % 4))
    return decoded if b64encode(decoded).rstrip(b"=") == standard else None


def _encoded(value: bytes, like: bytes, *, padded: bool) -> bytes:
    """A value in base64, in the alphabet of another run, and with padding unless that one goes without."""
    encoded = b64encode(value)
    if b"-" in like or b"_" in like:
        encoded = encoded.translate(_URLSAFE)
    return encoded if padded or len(like) % 4 == 0 else encoded.rstrip(b"=")
