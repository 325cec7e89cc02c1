"""Questions that repeat their history, kept as what each adds to an earlier one.

    question = the first `shared` bytes of its base's question + its own rest

Law: pure, and exact both ways. The base is the recent question with the longest common prefix, not
the previous one: when three agents take turns, the previous body is somebody else's (98 times
smaller against 1.2 times). No question has more than `DEEPEST` bases below it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from replaykit.core.canonical import common_prefix

if TYPE_CHECKING:
    from collections.abc import Callable

DEEPEST = 255
"""Bases below a question: putting the last one together stays below 10 ms."""

RECENT = 16
"""Questions that a new one may build on: more agents than that seldom take turns."""

RECENT_BYTES = 64 << 20
"""Memory that those may take: a few large bodies, or the last of many small ones."""


@dataclass(frozen=True, slots=True)
class Past:
    """A question that a later one may build on; `window` is for whoever packs the rests."""

    id: int
    depth: int
    question: bytes
    window: bytes = b""


class History:
    """The recent questions of one run, as its writer knows them; any thread may call."""

    def __init__(self) -> None:
        """Begin with nothing to build on."""
        self._recent: deque[Past] = deque(maxlen=RECENT)

    def nearest(self, question: bytes) -> tuple[Past | None, int]:
        """The past question to build on, and how many bytes the two share; none where the chain is full."""
        best, shared = None, -1
        for past in reversed(tuple(self._recent)):
            if best is None or question[: shared + 1] == past.question[: shared + 1]:
                length = common_prefix(question, past.question)
                if length > shared:
                    best, shared = past, length
        return (None, 0) if best is None or best.depth >= DEEPEST else (best, shared)

    def add(self, past: Past) -> None:
        """Let later questions build on this one."""
        self._recent.append(past)
        while len(self._recent) > 1 and sum(len(each.question) for each in self._recent) > RECENT_BYTES:
            self._recent.popleft()


class Questions:
    """Questions put together from their bases, as a reader needs them."""

    def __init__(self, link: Callable[[int], tuple[int | None, int]], rest: Callable[[int], bytes]) -> None:
        """`link` gives a question's base and what they share, `rest` its own bytes."""
        self._link = link
        self._rest = rest
        self._known: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.RLock()

    def question(self, id: int) -> bytes:  # noqa: A002 - the word
        """The question, whole."""
        with self._lock:
            chain: list[int] = []
            link: int | None = id
            while link is not None and link not in self._known:
                chain.append(link)
                link, _ = self._link(link)
            for each in reversed(chain):
                base, shared = self._link(each)
                begun = b"" if base is None else self._known[base][:shared]
                self._known[each] = begun + self._rest(each)
            self._known.move_to_end(id)
            while len(self._known) > RECENT:
                self._known.popitem(last=False)
            return self._known[id]
