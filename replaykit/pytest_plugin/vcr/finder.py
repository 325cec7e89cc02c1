"""Which interaction of a cassette answers a request: strictly where that is possible, else as vcrpy would.

    the test is                                what is looked for, one after the other
    strict                                     the same
    matched as vcrpy does by itself            earlier, the same, loose
    matched by more, or repeats what it has    earlier, equal, alike, ruled, loose

    the same    equal byte for byte, else as rules allow                               same, after_rules
    equal       equal byte for byte                                                    same
    alike       the same JSON at the same address                                      after_rules
    earlier     alike, and in the file before the next that is equal byte for byte     after_rules
    ruled       the same as rules allow, where it is not too large to be looked at     after_rules
    loose       what vcrpy would serve                                                 loose

Law: of what is equal, alike or ruled only what the project's own matchers take is found. What is equal byte for
byte is the same, however it was found. An interaction is found once, unless the cassette repeats.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from replaykit.core.match import Found, Index
from replaykit.errors import hide
from replaykit.providers.registry import declared, tells
from replaykit.pytest_plugin.vcr.apart import apart, document
from replaykit.session.ledger import Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from replaykit.config import Config
    from replaykit.core.match import Grant, Learnt
    from replaykit.core.model import Episode, Exchange, Request, Span
    from replaykit.core.normalize import Bound
    from replaykit.pytest_plugin.vcr.account import Account
    from replaykit.pytest_plugin.vcr.cassette import Cassette
    from replaykit.pytest_plugin.vcr.request import Request as Theirs
    from replaykit.pytest_plugin.vcr.settings import Settings

__tracebackhide__ = hide

_HIDDEN = b"[REDACTED"

_RULED = 256 << 10
"""Bytes of requests that are looked at under rules where the project's matchers decide: 2 MB of base64 take 200 ms."""

How: TypeAlias = Literal["same", "after_rules", "loose"]


@dataclass(frozen=True, slots=True)
class Play:
    """An interaction that was found, how, and what was asked for, without what the filters took out."""

    found: Found
    how: How
    live: Request

    @property
    def position(self) -> int:
        """Where it stands in the cassette."""
        return self.found.position


class Finder:
    """The interactions of one test, looked for as the test wants it."""

    def __init__(  # noqa: PLR0913 - all that tells what answers
        self,
        episode: Episode,
        live: Span,
        cassette: Cassette,
        settings: Settings,
        config: Config,
        *,
        strict: bool,
    ) -> None:
        """`episode` has the interactions of the cassette, `live` is when and where the test runs.

        `config` has the settings of the project. In a `strict` test nothing is found loosely.
        """
        self.strict = strict
        self._episode = episode
        self._steps = episode.exchanges
        self._live = live
        self._config = config
        self._cassette = cassette
        self._repeats = settings.repeats
        self._plain = settings.implied and not settings.repeats
        self._ledger = Memory(lambda _kind, _detail: None, _nowhere)
        self.index = Index(episode, lambda: live, (), declared, tells=tells)
        self._documents: dict[bytes, bytes | None] = {}

    @cached_property
    def account(self) -> Account:
        """What differs, in words; a test in which nothing does never loads them (10 ms)."""
        from replaykit.pytest_plugin.vcr.account import Account

        return Account(self._episode, self._live, self._config)

    def find(self, live: Request, theirs: Theirs) -> Play | None:
        """What answers a request, claimed; `theirs` is the request as vcrpy's matchers want it."""
        return next((play for way in self._ways() if (play := way(live, theirs)) is not None), None)

    def could(self, live: Request, theirs: Theirs) -> bool:
        """Whether an interaction answers a request of another library; nothing is claimed."""
        among = self.equal(live) if self.strict else range(self._cassette.loaded)
        return bool(self._fitting(theirs, among))

    def equal(self, live: Request) -> list[int]:
        """The positions of what is equal byte for byte, played or not."""
        wanted = live.key
        return [position for position, step in enumerate(self._steps) if step.request.key == wanted]

    def _ways(self) -> tuple[Callable[[Request, Theirs], Play | None], ...]:
        """The row of the table."""
        if self.strict:
            return (self._find_same,)
        if self._plain:
            return self._find_earlier, self._find_same, self._find_loose
        return self._find_earlier, self._find_equal, self._find_alike, self._find_ruled, self._find_loose

    def _find_same(self, live: Request, _theirs: Theirs) -> Play | None:
        """By the index; ids come back as they were recorded, as vcrpy has it, but to a strict test as it knows them."""
        if exact := self.index.exact(live, self._ledger):
            return self._play(exact, live, "same")
        live = self.account.clean(live) if self._hides else live
        if not self.strict and self._alone(live):
            return None
        found = self.index.search(live, self._ledger)
        if not isinstance(found, Found):
            return None
        return self._play(found if self.strict else Found(found.position), live, "after_rules")

    def _find_equal(self, live: Request, theirs: Theirs) -> Play | None:
        return self._first(self._fitting(theirs, self.equal(live)), live, "same")

    def _find_alike(self, live: Request, theirs: Theirs) -> Play | None:
        return self._first(self._fitting(theirs, self._alike(live, self._steps)), live, "after_rules")

    def _find_earlier(self, live: Request, theirs: Theirs) -> Play | None:
        """Equals keep their order: cassettes grow over years, and clients come to write their JSON in another way."""
        counts = self._cassette.play_counts
        end = next((position for position in self.equal(live) if not counts[position]), 0)
        if all(counts[position] for position in range(end)):
            return None
        alike = [position for position in self._alike(live, self._steps[:end]) if not counts[position]]
        return self._first(self._fitting(theirs, alike), live, "after_rules")

    def _find_ruled(self, live: Request, theirs: Theirs) -> Play | None:
        """What is too large comes to be loose, and is told."""
        if max(live.body.size, self._largest) > _RULED or self._alone(live):
            return None
        claims = _Fitting(self._ledger, lambda position: bool(self._fitting(theirs, [position])))
        found = self.index.search(live, claims)
        return self._play(Found(found.position), live, "after_rules") if isinstance(found, Found) else None

    def _find_loose(self, live: Request, theirs: Theirs) -> Play | None:
        return self._first(self._fitting(theirs, range(self._cassette.loaded)), live, "loose")

    def _first(self, fitting: Sequence[int], live: Request, how: How) -> Play | None:
        """The first of these, claimed."""
        if not fitting:
            return None
        self._ledger.claim(fitting[0], {})
        return self._play(Found(fitting[0]), live, how)

    def _play(self, found: Found, live: Request, how: How) -> Play:
        same = self._steps[found.position].request.key == live.key
        return Play(found, "same" if same else how, live)

    def _fitting(self, theirs: Theirs, positions: Iterable[int]) -> list[int]:
        """Those that vcrpy's matchers take, and that may be played now."""
        return self._cassette.fitting(theirs, self._free(positions))

    def _free(self, positions: Iterable[int]) -> list[int]:
        """Those that may be played now."""
        counts = self._cassette.play_counts
        return [position for position in positions if self._repeats or not counts[position]]

    def _alike(self, live: Request, among: Sequence[Exchange]) -> list[int]:
        """The positions of what is the same JSON at the same address, of these steps."""
        steps = [
            (position, each.request)
            for position, each in enumerate(among)
            if (each.request.method, each.request.url) == (live.method, live.url)
        ]
        mine = self._document(live) if steps else None
        return [] if mine is None else [position for position, request in steps if mine == self._document(request)]

    def _alone(self, live: Request) -> bool:
        """Whether nothing that may be played can be the same, rules or not."""
        free = self._free(range(len(self._steps)))
        return all(apart(live, self._steps[position].request, self.index.rules, self._document) for position in free)

    def _document(self, request: Request) -> bytes | None:
        """The body as JSON, made once: each request is held against each recorded one, and 3 MB take 10 ms."""
        digest = request.body.digest
        if digest not in self._documents:
            self._documents[digest] = document(request)
        return self._documents[digest]

    @cached_property
    def _largest(self) -> int:
        """Bytes of the largest recorded request."""
        return max((each.request.body.size for each in self._steps), default=0)

    @cached_property
    def _hides(self) -> bool:
        """Whether a recorded request holds what stands for a secret: then one that holds the secret is the same."""
        requests = (each.request for each in self._steps)
        return any(_HIDDEN in each.body.data or _HIDDEN.decode() in each.url for each in requests)


@dataclass(frozen=True, slots=True)
class _Fitting:
    """The claims of a ledger, of those steps only that fit."""

    ledger: Memory
    fits: Callable[[int], bool]

    def claim(self, position: int, detail: Mapping[str, Any], bound: Sequence[Bound] = ()) -> Grant:
        """A step that does not fit stays for a request that it fits."""
        return self.ledger.claim(position, detail, bound) if self.fits(position) else "unfit"

    def learn(self) -> Learnt:
        """As the ledger has it."""
        return self.ledger.learn()


def _nowhere() -> Path:
    """No file for the children of a fork: each goes on with a copy."""
    raise OSError
