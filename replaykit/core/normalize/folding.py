"""A text taken apart: its tokens, and the skeleton that is left of it.

Law: nothing is lost and nothing is forged. Skeleton and tokens give the text back; a placeholder is
the byte 0xFF, which no UTF-8 text contains, and a letter for the kind; where a text does contain
0xFF, it is doubled. So two texts can be equal under rules only when their skeletons are equal.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from replaykit.core.canonical import common_prefix, common_suffix
from replaykit.core.normalize.rules import Kind, Rules, compiled
from replaykit.core.normalize.scan import find

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARK = b"\xff"
_LETTERS: dict[Kind, bytes] = {
    "id": b"I",
    "time": b"T",
    "date": b"D",
    "port": b"P",
    "temp": b"M",
    "folder": b"F",
    "ignore": b"X",
}
_PLACEHOLDER = rb"\xff(.)"
_WIDTH = 2
"""Bytes of a placeholder."""


class Token(NamedTuple):
    """One thing that may differ: what it is, by which rule, and where it stood in the text and stands in the skeleton.

    `text` is as written, escapes and all.
    """

    kind: Kind
    rule: str
    text: bytes
    start: int
    seat: int

    @property
    def end(self) -> int:
        """The offset in the text just behind the token."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text (`data`) as skeleton and tokens, under these rules."""

    data: bytes = field(repr=False)
    skeleton: bytes = field(repr=False)
    tokens: tuple[Token, ...]
    rules: Rules


def fold(data: bytes, rules: Rules = Rules(), previous: Folded | None = None) -> Folded:  # noqa: B008  a frozen value
    """The text's skeleton and tokens; `previous` (a text like it, folded) spares the work for what they share.

    The result does not depend on `previous`. An agent's request repeats its history, so that only
    the last turn is looked at: 370 kB past 368 kB in common take 0.2 ms, from nothing 5 ms. A
    project's own rules may look as far as they like, so with those every text is read whole.
    """
    if previous is None or rules.extra or previous.rules != rules or _MARK in data or _MARK in previous.data:
        skeleton, tokens = _taken(data, rules, 0, 0)
        return Folded(data, skeleton, tuple(tokens), rules)
    return _continued(data, rules, previous)


def unfold(skeleton: bytes, tokens: Iterable[Token]) -> bytes:
    """The text that was folded."""
    texts = iter([token.text for token in tokens])
    return compiled(_PLACEHOLDER).sub(lambda match: _MARK if match[1] == _MARK else next(texts), skeleton)


def _continued(data: bytes, rules: Rules, previous: Folded) -> Folded:
    """The same as from nothing: what stands between two `"` is found alike in both texts (the law of scan.py)."""
    head = data.rfind(b'"', 0, common_prefix(data, previous.data)) + 1
    shared = common_suffix(data[head:], previous.data[head:])
    tail = data.find(b'"', len(data) - shared) if shared else -1
    tail = len(data) if tail < 0 else tail
    old = previous.tokens
    first = bisect_left(old, head, key=_start)
    shift = tail - len(data) + len(previous.data)
    rest = bisect_left(old, shift, key=_start)

    begin = _seat(previous, first, head)
    middle, tokens = _taken(data[head:tail], rules, head, begin)
    resume = _seat(previous, rest, shift)
    moved, reseated = tail - shift, begin + len(middle) - resume
    following = [
        Token(kind, rule, text, start + moved, seat + reseated) for kind, rule, text, start, seat in old[rest:]
    ]
    whole = memoryview(previous.skeleton)  # slices of it are views: one copy of 370 kB instead of two
    skeleton = b"".join((whole[:begin], middle, whole[resume:]))
    return Folded(data, skeleton, (*old[:first], *tokens, *following), rules)


def _start(token: Token) -> int:
    return token.start


def _seat(folded: Folded, index: int, place: int) -> int:
    """The offset in the skeleton of a place in the text, with `index` tokens before it."""
    if not index:
        return place
    last = folded.tokens[index - 1]
    return last.seat + _WIDTH + place - last.end


def _taken(data: bytes, rules: Rules, start: int, seat: int) -> tuple[bytes, list[Token]]:
    """The skeleton and the tokens of a stretch that begins at these offsets of text and skeleton."""
    parts: list[bytes] = []
    tokens: list[Token] = []
    done = 0
    for found in find(data, rules):
        between = data[done : found.start].replace(_MARK, _MARK * 2)
        seat += len(between)
        rule = found.rule
        tokens.append(Token(rule.kind, rule.name, data[found.start : found.end], start + found.start, seat))
        parts += (between, _MARK + _LETTERS[rule.kind])
        seat += _WIDTH
        done = found.end
    parts.append(data[done:].replace(_MARK, _MARK * 2))
    return b"".join(parts), tokens
