"""Questions that repeat their history, kept as what each adds to an earlier one.

    question = the first `shared` bytes of its base's question
             + its own rest
             + the last `tail` bytes of its base's question

Law: pure, and exact both ways. The base is the recent question with the longest common prefix, not
the previous one: when three agents take turns, the previous body is somebody else's (98 times
smaller against 1.2 times). No question has more than `DEEPEST` bases below it. What is shared never
overlaps in the base, so that no chain of small rests can amount to a large question.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from replaykit.core.canonical import common_prefix, common_suffix

if TYPE_CHECKING:
    from collections.abc import Callable

DEEPEST = 255
"""Bases below a question: putting the last one together stays below 10 ms."""

RECENT = 16
"""Questions that a new one may build on: more agents than that seldom take turns."""

RECENT_BYTES = 32 << 20
"""Memory that those may take: a few large bodies, or the last of many small ones."""


class Link(NamedTuple):
    """What a question is made of beside its rest: the number of its base, and the bytes shared at either end."""

    base: int | None = None
    shared: int = 0
    tail: int = 0

    def rest(self, question: bytes) -> bytes:
        """What the question does not share with its base."""
        return question[self.shared : len(question) - self.tail]

    def whole(self, base: bytes, rest: bytes) -> bytes:
        """The question that the rest belongs to."""
        return base[: self.shared] + rest + base[len(base) - self.tail :]


_ALONE = Link()


class Past(NamedTuple):
    """A question that a later one may build on; `said` is what was answered, for whoever packs the rests."""

    number: int
    depth: int
    question: bytes
    said: bytes = b""

    @property
    def weight(self) -> int:
        """Bytes of memory it takes."""
        return len(self.question) + len(self.said)


class History:
    """The recent questions of one run, as its writer knows them; one thread at a time."""

    def __init__(self) -> None:
        """Begin with nothing to build on."""
        self._recent: deque[Past] = deque(maxlen=RECENT)

    def nearest(self, question: bytes) -> tuple[Past | None, Link]:
        """The past question to build on, and how; none where the chain is full, or there is nothing to ask."""
        best, shared = None, 0
        if not question:
            return None, _ALONE
        for past in reversed(self._recent):
            if past.question[shared : shared + 1] == question[shared : shared + 1] or best is None:
                length = common_prefix(question, past.question)
                if best is None or length > shared:
                    best, shared = past, length
        if best is None or best.depth >= DEEPEST:
            return None, _ALONE
        tail = min(common_suffix(question, best.question), len(question) - shared, len(best.question) - shared)
        return best, Link(best.number, shared, tail)

    def add(self, past: Past) -> None:
        """Let later questions build on this one; an empty one is no help, and would only push another out."""
        if past.question:
            self._recent.append(past)
        while len(self._recent) > 1 and sum(each.weight for each in self._recent) > RECENT_BYTES:
            self._recent.popleft()


class Questions:
    """Questions put together from their bases, as a reader needs them; any thread may call."""

    def __init__(self, link: Callable[[int], Link], rest: Callable[[int], bytes]) -> None:
        """`link` says how a question builds on its base, `rest` gives its own bytes."""
        self._link = link
        self._rest = rest
        self._known: dict[int, bytes] = {}

    def question(self, number: int) -> bytes:
        """The question, whole."""
        question, chain = b"", list[int]()
        each: int | None = number
        while each is not None:
            known = self._known.get(each)
            if known is not None:
                question = known
                break
            chain.append(each)
            each = self._link(each).base
        for step in reversed(chain):
            question = self._link(step).whole(question, self._rest(step))
            self._remember(step, question)
        return question

    def _remember(self, number: int, question: bytes) -> None:
        """Have the last few at hand. The dictionary is replaced and never changed: others may be reading it."""
        known = [*self._known.items(), (number, question)][-RECENT:]
        while len(known) > 1 and sum(len(each) for _, each in known) > RECENT_BYTES:
            del known[0]
        self._known = dict(known)
