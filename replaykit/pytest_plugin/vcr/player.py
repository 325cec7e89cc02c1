"""Answers a test from its cassette: strictly where that is possible, else as vcrpy would, and says which.

    the request is                                     it is
    dropped by a filter (`ignore_hosts`, a hook)       sent, and nobody keeps it
    recorded, byte for byte                            served: same
    recorded, as rules allow                           served: same after rules
    taken by vcrpy's matchers for one not played yet   served: loose; not in a strict test
    none of these, and may be recorded                 sent, and kept
    none of these                                      refused

Law: strict matching decides first, and vcrpy's only where it finds nothing; each such serve is counted.
What is served is what was recorded, ids and all, as vcrpy has it; a strict test gets its own ids back.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from replaykit.core.canonical import canonical
from replaykit.core.match import Found, Index, Missing, key
from replaykit.core.replay import Serve
from replaykit.errors import hide
from replaykit.providers.registry import declared, tells
from replaykit.pytest_plugin.vcr.apart import apart
from replaykit.pytest_plugin.vcr.errors import unknown
from replaykit.pytest_plugin.vcr.request import asked, known
from replaykit.session.ledger import Memory
from replaykit.transport.delays import DELAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from replaykit.core.match import Ambiguous, Grant, Learnt
    from replaykit.core.model import Episode, Exchange, Request, Span, ToolCall, Unseen
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
    """A step that was served, how, and what was asked for, without what the filters took out."""

    position: int
    how: How
    live: Request


class Playing:
    """Serves one test from its cassette; `plays` is what it served, `misses` what it refused.

    The first `judged` of the misses have been told. `beside` is what it refused to libraries that are left to vcrpy:
    a test that goes on without passes, as it does under vcrpy. In a strict test these are misses like any.
    """

    def __init__(  # noqa: PLR0913 - all that tells what answers
        self,
        episode: Episode,
        live: Span,
        cassette: Cassette,
        settings: Settings,
        account: Callable[[], Account],
        *,
        strict: bool,
    ) -> None:
        """`episode` has the interactions of the cassette, `live` is when and where the test runs.

        `account` is asked for at the first difference. In a `strict` test nothing is served loosely.
        """
        self.plays: list[Play] = []
        self.misses: list[BaseException] = []
        self.beside: list[BaseException] = []
        self.judged = 0
        self.unseen: list[Unseen] = []
        self._account = account
        self._episode = episode
        self._cassette = cassette
        self._settings = settings
        self._strict = strict
        self._blind = cassette.mode == "all" or not cassette.rewound
        self._ledger = Memory(lambda _kind, _detail: None, _nowhere)
        self._index = Index(episode, lambda: live, (), declared, tells=tells)
        self._lock = threading.RLock()

    @cached_property
    def account(self) -> Account:
        """What differs, in words."""
        return self._account()

    @property
    def remedy(self) -> str:
        """What can be done about a miss."""
        return self.account.remedy

    def find(self, request: Request) -> Found | Missing | None:
        """What there is for a request, claimed; None for one that the filters drop."""
        theirs = self._sifted(request)
        if theirs is None:
            return None
        live = request if self._settings.sift is None else asked(theirs, request)
        with self._lock:
            if self._blind:
                return Missing()
            found = self._strictly(live, theirs)
            if found is None and not self._strict:
                found = self._loosely(live, theirs)
            if found is None:
                return Missing(tuple(self._equal(live)))
            self._cassette.play_counts[found.position] += 1
            return found

    def could(self, request: Request) -> bool:
        """Whether there is an answer for a request; nothing is claimed."""
        theirs = self._sifted(request)
        if theirs is None or self._blind:
            return False
        among = self._equal(asked(theirs, request)) if self._strict else range(self._cassette.loaded)
        return bool(self._fitting(theirs, among))

    def drops(self, request: Request) -> bool:
        """Whether the filters drop a request."""
        return self._sifted(request) is None

    def serve(self, found: Found) -> Serve:
        """The answer that was found."""
        exchange = self._cassette.interactions[found.position].exchange
        rules = None if found.bindings is None else self._index.rules
        return Serve(exchange, found.bindings, found.echo, rules)

    def miss(self, request: Request, found: Ambiguous | Missing) -> str:
        """Nothing: it raises the error that vcrpy's users expect."""
        raise self._refused(request, found, self.misses)

    def refused(self, request: Request, found: Ambiguous | Missing) -> BaseException:
        """The error of a request by a library that is left to vcrpy, remembered and ready to be raised."""
        return self._refused(request, found, self.misses if self._strict else self.beside)

    def _refused(self, request: Request, found: Ambiguous | Missing, kept: list[BaseException]) -> BaseException:
        theirs = self._sifted(request) or known(request)
        DELAYS.shorten()  # an SDK that tries again does so at once
        with self._lock:
            text = self.account.miss(asked(theirs, request), found, [play.position for play in self.plays])
        return self._error(text, theirs, kept)

    def upgrade(self, request: Request) -> str:
        """Nothing: a connection that is to become a WebSocket is in no cassette."""
        raise self._error(self.account.upgrade(request), known(request), self.misses)

    def read_on(self, exchange: Exchange) -> str:  # noqa: ARG002 - as of every player
        """The account of a program that reads on where the recorded one had left: vcrpy always reads to the end."""
        return "not recorded: the rest of an answer"

    def tool(self, name: str, arguments: bytes, *, run: bool, missing: bool) -> ToolCall | None:  # noqa: ARG002 - likewise
        """None: vcrpy records no tools, so they run."""
        return None

    def output(self, name: str, value: bytes) -> None:
        """Nothing: vcrpy keeps no outputs."""

    def saw(self, unseen: Unseen) -> None:
        """Keep something that did not come through us."""
        self.unseen.append(unseen)

    def remark(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Nothing else is kept."""

    def before_fork(self) -> None:
        """A child plays from a copy of its own, as vcrpy's do."""

    def after_fork(self) -> None:
        """In a forked child: nobody else holds the lock."""
        self._lock = threading.RLock()

    def _sifted(self, request: Request) -> Theirs | None:
        theirs = known(request)
        return theirs if self._settings.sift is None else self._settings.sift(theirs)

    def _strictly(self, live: Request, theirs: Theirs) -> Found | None:
        """What is the same, or the same after rules; with matchers of their own, or repeats, what these take of it."""
        if not self._strict and (earlier := self._fitting(theirs, self._earlier(live))):
            return self._taken(earlier, live, "after_rules")
        if self._strict or (self._settings.implied and not self._settings.repeats):
            exact = self._index.exact(live, self._ledger)
            live = live if exact or not self._hides else self.account.clean(live)
            if exact is None and not self._strict and self._alone(live):
                return None
            found = exact or self._index.search(live, self._ledger)
            if not isinstance(found, Found):
                return None
            self._note(found.position, live, "after_rules")
            return found if self._strict else Found(found.position)
        fitting = self._fitting(theirs, self._equal(live))
        if not fitting and (fitting := self._fitting(theirs, self._alike(live, self._episode.exchanges))):
            return self._taken(fitting, live, "after_rules")
        return self._taken(fitting, live) or self._ruled(live, theirs)

    def _ruled(self, live: Request, theirs: Theirs) -> Found | None:
        """What rules make the same, of what vcrpy's matchers take; beside a large one it is loose, and is told."""
        if max(live.body.size, self._largest) > _RULED or self._alone(live):
            return None
        claims = _Fitting(self._ledger, lambda position: bool(self._fitting(theirs, [position])))
        found = self._index.search(live, claims)
        if not isinstance(found, Found):
            return None
        self._note(found.position, live, "after_rules")
        return Found(found.position)

    @cached_property
    def _largest(self) -> int:
        """Bytes of the largest recorded request."""
        return max((each.request.body.size for each in self._episode.exchanges), default=0)

    def _alone(self, live: Request) -> bool:
        """Whether nothing that may be played can be the same, rules or not."""
        steps, rules = self._episode.exchanges, self._index.rules
        return all(apart(live, steps[position].request, rules) for position in self._free(range(len(steps))))

    @cached_property
    def _hides(self) -> bool:
        """Whether a recorded request holds what stands for a secret: then one that holds the secret is the same."""
        requests = (each.request for each in self._episode.exchanges)
        return any(_HIDDEN in each.body.data or _HIDDEN.decode() in each.url for each in requests)

    def _loosely(self, live: Request, theirs: Theirs) -> Found | None:
        """What vcrpy would serve: the first that fits and was not played."""
        return self._taken(self._fitting(theirs, range(self._cassette.loaded)), live)

    def _fitting(self, theirs: Theirs, positions: Iterable[int]) -> list[int]:
        """Those that vcrpy's matchers take, and that may be played now."""
        return self._cassette.fitting(theirs, self._free(positions))

    def _taken(self, fitting: Sequence[int], live: Request, how: How = "loose") -> Found | None:
        """The first of them, claimed."""
        if not fitting:
            return None
        self._ledger.claim(fitting[0], {})
        self._note(fitting[0], live, how)
        return Found(fitting[0])

    def _note(self, position: int, live: Request, how: How) -> None:
        """Remember a play; what is equal byte for byte is the same, however it was found."""
        same = key(self._cassette.interactions[position].exchange.request) == key(live)
        self.plays.append(Play(position, "same" if same else how, live))

    def _free(self, positions: Iterable[int]) -> list[int]:
        """Those that may be played now."""
        counts = self._cassette.play_counts
        return [position for position in positions if self._settings.repeats or not counts[position]]

    def _equal(self, live: Request) -> Iterable[int]:
        """The positions of what is equal byte for byte."""
        wanted = key(live)
        steps = enumerate(self._episode.exchanges)
        return [position for position, step in steps if key(step.request) == wanted]

    def _earlier(self, live: Request) -> Iterable[int]:
        """What is the same JSON as the next that is equal byte for byte, and comes before it: equals keep their order.

        Cassettes grow over years, and clients come to write their JSON in another way.
        """
        steps, counts = self._episode.exchanges, self._cassette.play_counts
        equal = next((position for position in self._equal(live) if not counts[position]), 0)
        if all(counts[position] for position in range(equal)):
            return []
        return [position for position in self._alike(live, steps[:equal]) if not counts[position]]

    def _alike(self, live: Request, among: Sequence[Exchange]) -> Iterable[int]:
        """The positions of what is the same JSON at the same address, of these steps."""
        steps = [
            (position, each.request)
            for position, each in enumerate(among)
            if (each.request.method, each.request.url) == (live.method, live.url)
        ]
        document = canonical(live.body.data) if steps else None
        if document is None:
            return []
        return [position for position, request in steps if document == canonical(request.body.data)]

    def _error(self, text: str, theirs: Theirs, kept: list[BaseException]) -> BaseException:
        error = unknown(text, self.remedy, self._cassette, theirs)
        kept.append(error)
        return error


@dataclass(frozen=True, slots=True)
class _Fitting:
    """The claims of a ledger, of those steps only that fit."""

    ledger: Memory
    fits: Callable[[int], bool]

    def claim(self, position: int, detail: Mapping[str, Any], bound: Sequence[Bound] = ()) -> Grant:
        """A step that does not fit is nobody's."""
        return self.ledger.claim(position, detail, bound) if self.fits(position) else "taken"

    def learn(self) -> Learnt:
        """As the ledger has it."""
        return self.ledger.learn()


def _nowhere() -> Path:
    """No file for the children of a fork: each goes on with a copy."""
    raise OSError
