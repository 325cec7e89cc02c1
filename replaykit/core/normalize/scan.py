"""Where the tokens of a text are.

Law: what is found depends on the text between two `"` alone. No token contains one, and nothing
looks past one, so that a text which shares its beginning with another shares the tokens there.

Python's regular expressions cost 10 to 100 ns a byte, a search for a literal 0.1. So literals come
first, and patterns are tried only where a literal, or a cheap guess, says that one may fit.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from replaykit.core.normalize.rules import (
    ANCHORED,
    DIGEST,
    FOLDER,
    MOMENTS,
    PREFIX,
    PREFIXED,
    REACH,
    TEMP,
    UUID,
    WORDS,
    Rule,
    compiled,
    lot,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from replaykit.core.normalize.rules import Rules


class Found(NamedTuple):
    """A stretch of the text and the rule that found it."""

    start: int
    end: int
    rule: Rule


_LETTER = rb"\\[bfnrt]"
_PERCENT = rb"%[0-7][0-9A-Fa-f]"
_ESCAPE = rb"\\u00[01][0-9A-Fa-f]"

_CLASSES = bytes(
    ord("a") if chr(byte).isascii() and chr(byte).isalnum() else byte if byte in b"-_+/" else ord(" ")
    for byte in range(256)
)
"""Letters and digits as `a`, what base64 and ids have beside them as itself, all else as a space."""

_LONG = b"a" * 16
_DASHED = b"-aaaa-aaaa-aaaa-"
_WORD = rb"a+"

_BLOB = 256
"""Letters, digits, `+` and `/` in one piece beyond this many bytes are base64 of something, not ids."""

_GUESS = (
    rb"[0-9ADFJMNOSTW](?<![0-9A-Za-z].)(?:"
    rb"(?<=[0-9])(?:[0-9]{0,3}\xfe{0,2}[-/:][0-9]|[0-9]{7}|[0-9]?\.[0-9]{1,2}\.[0-9]{4}"
    rb"|[0-9]?(?:st|nd|rd|th)?\xfe{0,2}[- +][ADFJMNOSo])"
    rb"|(?<=[A-Z])(?:an|eb|ar|pr|ay|un|ul|ug|ep|ct|ov|ec|on|ue|ed|hu|ri|at)[a-z]{0,7}\.?,?"
    rb"\xfe{0,2}[ +][0-9ADFJMNOSt +])"
)
"""Where a time or a date may begin. It starts with a set of bytes, which the engine searches for fast."""

_start = itemgetter(0)


def view(text: bytes) -> bytes:
    r"""The text with escapes out of the way, every byte still in its place.

    In JSON, `\n2026` is a line break and a year, not a word `n2026`; in a URL, `%3A` is a colon. So
    an escape's letter becomes a space, and `%3A` becomes `:` behind two bytes (0xFE) that no UTF-8
    text contains.
    """
    if b"\\" in text:
        text = compiled(_LETTER).sub(rb"\\ ", text).replace(b"\\/", b"\xfe/")
    if b"%" in text:
        text = compiled(_PERCENT).sub(lambda match: _decoded(match[0]), text)
    if b"\\u00" in text:
        text = compiled(_ESCAPE).sub(b"\\\\     ", text)
    return text


@cache
def _decoded(triplet: bytes) -> bytes:
    return b"\xfe\xfe" + bytes.fromhex(triplet[1:].decode())


def plain(token: bytes) -> bytes:
    """A token as it reads without its escapes."""
    return view(token).replace(b"\xfe", b"")


def find(text: bytes, rules: Rules) -> list[Found]:
    """The tokens of the text in their order, none overlapping another.

    A project's own rules come first. Of two built-in ones that overlap, the one that begins earlier
    has it, then the longer one, then the one declared earlier.
    """
    seen = view(text)
    found = _apart([*_roots(text, seen, rules), *_anchored(seen), *_moments(seen), *_words(seen)])
    if not rules.extra:
        return found
    own = _apart(_declared(text, rules.extra))
    return sorted([*own, *_beside(own, found)], key=_start)


def _apart(found: Iterable[Found]) -> list[Found]:
    """The tokens in order, without those that begin inside an earlier one; of two with one beginning, the longer."""
    kept: list[Found] = []
    end = 0
    for one in sorted(found, key=_start):  # stable: what was declared earlier stays in front
        if one.start >= end:
            kept.append(one)
            end = one.end
        elif one.end > end and one.start == kept[-1].start:
            kept[-1] = one
            end = one.end
    return kept


def _beside(own: list[Found], found: list[Found]) -> Iterator[Found]:
    """The tokens that touch none of `own`."""
    ends = [one.end for one in own]
    for one in found:
        following = bisect_right(ends, one.start)
        if following == len(own) or own[following].start >= one.end:
            yield one


def _declared(text: bytes, extra: tuple[Rule, ...]) -> Iterator[Found]:
    for rule in extra:
        for match in compiled(rule.pattern).finditer(text):
            start, end = match.span(1)
            if start < end:
                yield Found(start, end, rule)


def _literals(text: bytes, literal: bytes) -> Iterator[int]:
    """Where the literal stands."""
    position = text.find(literal)
    while position >= 0:
        yield position
        position = text.find(literal, position + len(literal))


def _groups(rule: Rule, match: re.Match[bytes]) -> Iterator[Found]:
    """The groups of a match that took part and pass the rule's test."""
    for index in range(1, len(match.groups()) + 1):
        start, end = match.span(index)
        if start >= 0 and _passes(rule, match[index]):
            yield Found(start, end, rule)


def _anchored(seen: bytes) -> Iterator[Found]:
    for rule in ANCHORED:
        pattern = compiled(rule.pattern)
        for anchor in rule.anchors:
            for position in _literals(seen, anchor):
                if match := pattern.match(seen, position):
                    yield from _groups(rule, match)


def _moments(seen: bytes) -> Iterator[Found]:
    match = _moment().match
    for guess in compiled(_GUESS).finditer(seen):
        if (moment := match(seen, guess.start())) and moment.lastindex:
            yield Found(*moment.span(), MOMENTS[moment.lastindex - 1])


@cache
def _moment() -> re.Pattern[bytes]:
    """All times and dates as one pattern, with one group for each rule."""
    return re.compile(b"|".join(b"(%b)" % re.sub(rb"\(\?P<\w+>", b"(?:", rule.pattern) for rule in MOMENTS))


def _words(seen: bytes) -> Iterator[Found]:
    classes = seen.translate(_CLASSES)
    uuid = compiled(UUID.pattern)
    for dash in _literals(classes, _DASHED):
        if match := uuid.match(seen, max(0, dash - 8)):
            yield Found(*match.span(), UUID)
    start = classes.find(_LONG)
    while start >= 0:
        left, right = classes.rfind(b" ", 0, start) + 1, classes.find(b" ", start)
        right = len(classes) if right < 0 else right
        end = right
        if right - left <= _BLOB:
            end = start + _length(classes, start)
            if b"+" not in classes[left:right]:  # a piece of base64 is no id
                yield from _word(seen, start, end)
        start = classes.find(_LONG, end)


def _length(classes: bytes, start: int) -> int:
    """How long the word is that begins at `start`."""
    match = compiled(_WORD).match(classes, start)
    return match.end() - start if match else 0


def _word(seen: bytes, start: int, end: int) -> Iterator[Found]:
    """The id that the word is, if it is one."""
    word, before = seen[start:end], seen[max(0, start - REACH) : start]
    for rule in WORDS:
        if compiled(rule.pattern).fullmatch(word):
            if _passes(rule, word) and not compiled(DIGEST).search(before):
                yield Found(start, end, rule)
            return
    if compiled(PREFIX).search(before) and compiled(PREFIXED.pattern).fullmatch(word) and _passes(PREFIXED, word):
        yield Found(start, end, PREFIXED)


def _passes(rule: Rule, word: bytes) -> bool:
    return rule.test is None or rule.test(word)


_INSIDE = rb"[0-9A-Za-z_.-]"
_LONGER = rb"[0-9A-Za-z_-]|\.[0-9A-Za-z]"


def _roots(text: bytes, seen: bytes, rules: Rules) -> Iterator[Found]:
    """Home, project and temp folders, and the random names right below the latter."""
    below, inside, longer = (compiled(pattern) for pattern in (TEMP.pattern, _INSIDE, _LONGER))
    for root in rules.roots:
        for spelled in _spellings(root):
            for start in _literals(text, spelled):
                end = start + len(spelled)
                if longer.match(seen, end) or (start and inside.match(seen, start - 1)):
                    continue
                yield Found(start, end, FOLDER)
                if root in rules.temps and (match := below.match(seen, end)) and _is_drawn(match):
                    yield from _groups(TEMP, match)


def _is_drawn(match: re.Match[bytes]) -> bool:
    """Whether a name below a temp folder was drawn by lot, as far as its prefix does not say so."""
    return match["lot"] is None or lot(match["lot"])


@cache
def _spellings(path: str) -> tuple[bytes, ...]:
    r"""The path as it is, in JSON (`C:\\Users`), with `\/`, and in a URL (`%2F`)."""
    spellings = (path, path.replace("\\", "\\\\"), path.replace("/", "\\/"), path.replace("/", "%2F"))
    return tuple(dict.fromkeys(spelling.encode("utf-8", "surrogateescape") for spelling in spellings))
