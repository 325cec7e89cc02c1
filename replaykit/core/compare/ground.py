"""What two runs have in common while they are compared: the rules, and what they forgive.

    two texts                                        are
    with equal skeletons, whose tokens all pair      alike: no difference at all
    that differ in other words, too                  reconciled: the later one, with every token that
                                                     pairs as the earlier one has it

Law: only `alike` decides. Reconciling serves the words of a difference, so that an id, or the time
that it is, is not told before what a person changed; it makes no two texts equal that are not alike.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

from replaykit.core.canonical import common_prefix, common_suffix
from replaykit.core.normalize import Bindings, Facts, Paired, Rules, fold, pair
from replaykit.core.plain import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from replaykit.core.model import JSON
    from replaykit.core.normalize import Folded, Kind, Token

MOST = 400
"""Tokens on a side that are aligned, of those between what both texts begin and end with."""

_SPAN = 256
"""Bytes on either side of a difference in which a token is looked for: an id has up to 128."""

_SKIPPED = 20
"""Tokens that are passed over in search of the first difference of two long texts."""

_WORDS: dict[Kind, str] = {"temp": "temporary name", "ignore": "declared text"}
"""What kinds are called that do not say it themselves."""

_Tokens: TypeAlias = "Sequence[Token]"


@dataclass(slots=True)
class Ground:
    """Rules, what is known of the two runs, and the one-to-one map so far.

    `ids` are texts that are ids for certain, whatever they look like, and their partners. `uses` are
    the tokens that were forgiven: kind, recorded and live text, each pair once.
    """

    rules: Rules = field(default_factory=Rules)
    facts: Facts = field(default_factory=Facts)
    bindings: Bindings = field(default_factory=Bindings)
    ids: dict[str, str] = field(default_factory=dict)
    uses: dict[tuple[Kind, bytes, bytes], None] = field(default_factory=dict)

    def fresh(self) -> Ground:
        """The same for another pair of texts: nothing bound, nothing used."""
        return replace(self, bindings=Bindings(), ids={}, uses={})

    def folds(self, before: JSON, after: JSON) -> bool:
        """Whether rules make two plain values equal; the map is extended when they do."""
        if isinstance(before, str) and isinstance(after, str):
            if self.ids.get(before) == after:
                self.uses["id", _bytes(before), _bytes(after)] = None
                return True
            return self.alike(_bytes(before), _bytes(after))
        if type(before) is not type(after):
            return False
        return before == after or (_is_number(before) and self.alike(_printed(before), _printed(after)))

    def alike(self, before: bytes, after: bytes) -> bool:
        """Whether rules make two texts equal, as bytes; the map is extended when they do."""
        if before == after:
            return True
        ours, theirs = fold(before, self.rules), fold(after, self.rules)
        return ours.skeleton == theirs.skeleton and self._pairs(ours.tokens, theirs.tokens)

    def reconciled(self, before: str, after: str) -> str:
        """The later text, with each token that pairs as the earlier one has it; the map is extended by them."""
        data = _bytes(after)
        ours, theirs = fold(_bytes(before), self.rules), fold(data, self.rules)
        both = {token.text for token in ours.tokens} & {token.text for token in theirs.tokens}
        parts, done = list[bytes](), 0
        for one, other in _partners(ours, theirs, both):
            if not both & {one.text, other.text} and self._pairs([one], [other]):
                parts += (data[done : other.start], one.text)
                done = other.end
        return b"".join((*parts, data[done:])).decode("utf-8", "surrogatepass") if parts else after

    def parting(self, before: bytes, after: bytes) -> tuple[int, int]:
        """Where two texts begin to differ in what rules do not forgive, as an offset on either side.

        It looks at what is around a difference only, so that it may be asked of texts of any size.
        """
        here, there = 0, 0
        for _ in range(_SKIPPED):
            shared = common_prefix(before[here:], after[there:])
            one, other = self._at(before, here + shared), self._at(after, there + shared)
            if one is None or other is None or not self._pairs([one[0]], [other[0]]):
                return here + shared, there + shared
            here, there = one[1], other[1]
        return here, there

    def said(self) -> str:
        """What was forgiven, counted by kind: `2 ids and 1 time`; empty when nothing was."""
        counts = Counter(kind for kind, _, _ in self.uses)
        return listed([counted(times, _WORDS.get(kind, kind)) for kind, times in counts.items()])

    def _pairs(self, ours: _Tokens, theirs: _Tokens) -> bool:
        """Whether the tokens pair; then they are bound, and noted as used where they differ."""
        paired = pair(ours, theirs, self.bindings, self.facts)
        if not isinstance(paired, Paired):
            return False
        self.bindings = paired.bindings
        self.uses.update({(use.kind, use.recorded.text, use.live.text): None for use in paired.uses})
        return True

    def _at(self, data: bytes, offset: int) -> tuple[Token, int] | None:
        """The token that lies over an offset, and where it ends; None when there is none."""
        start = max(0, offset - _SPAN)
        for token in fold(data[start : offset + _SPAN], self.rules).tokens:
            if start + token.start <= offset < start + token.end:
                return token, start + token.end
        return None


def _partners(ours: Folded, theirs: Folded, both: AbstractSet[bytes]) -> Iterator[tuple[Token, Token]]:
    """The tokens that stand in each other's place: by what both texts begin and end with, then by their order.

    `both` are the texts of tokens that stand on both sides, and can only be themselves.
    """
    head, tail = _shared(ours, theirs)
    yield from zip(ours.tokens[:head], theirs.tokens[:head], strict=True)
    left, right = ours.tokens[head : len(ours.tokens) - tail], theirs.tokens[head : len(theirs.tokens) - tail]
    if max(len(left), len(right)) <= MOST:
        yield from _aligned(left, right, both)
    yield from zip(ours.tokens[len(ours.tokens) - tail :], theirs.tokens[len(theirs.tokens) - tail :], strict=True)


def _shared(ours: Folded, theirs: Folded) -> tuple[int, int]:
    """How many tokens stand in what both skeletons begin with, and how many in what both end with."""
    begins = common_prefix(ours.skeleton, theirs.skeleton)
    room = min(len(ours.skeleton), len(theirs.skeleton)) - begins
    ends = min(room, common_suffix(ours.skeleton, theirs.skeleton))
    head = bisect_right(ours.tokens, begins - 2, key=_seat)  # a placeholder is two bytes wide
    tail = min(
        len(folded.tokens) - max(head, bisect_left(folded.tokens, len(folded.skeleton) - ends, key=_seat))
        for folded in (ours, theirs)
    )
    return head, tail


def _aligned(ours: _Tokens, theirs: _Tokens, both: AbstractSet[bytes]) -> Iterator[tuple[Token, Token]]:
    """Tokens of one kind, in order."""
    before, after = _keys(ours, both), _keys(theirs, both)
    for i, j, size in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        yield from zip(ours[i : i + size], theirs[j : j + size], strict=True)


def _keys(tokens: _Tokens, both: AbstractSet[bytes]) -> list[tuple[str, bytes]]:
    return [(token.kind, token.text if token.text in both else b"") for token in tokens]


_seat = attrgetter("seat")


def _is_number(value: JSON) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _printed(value: JSON) -> bytes:
    return json.dumps(value).encode()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
