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
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from replaykit.core.match import Ambiguous
    from replaykit.core.model import Episode, Exchange, Request, ToolCall, Unseen
    from replaykit.pytest_plugin.vcr.account import Account
    from replaykit.pytest_plugin.vcr.cassette import Cassette
    from replaykit.pytest_plugin.vcr.request import Request as Theirs
    from replaykit.pytest_plugin.vcr.settings import Settings

__tracebackhide__ = hide

_HIDDEN = b"[REDACTED"

How: TypeAlias = Literal["same", "after_rules", "loose"]


@dataclass(frozen=True, slots=True)
class Play:
    """A step that was served, how, and what was asked for, without what the filters took out."""

    position: int
    how: How
    live: Request


class Playing:
    """Serves one test from its cassette; `plays` is what it served, `misses` what it refused.

    The first `judged` of the misses have been told.
    """

    def __init__(
        self, episode: Episode, cassette: Cassette, settings: Settings, account: Account, *, strict: bool
    ) -> None:
        """`episode` has the interactions of the cassette. In a `strict` test nothing is served loosely."""
        self.plays: list[Play] = []
        self.misses: list[BaseException] = []
        self.judged = 0
        self.unseen: list[Unseen] = []
        self.account = account
        self._episode = episode
        self._cassette = cassette
        self._settings = settings
        self._strict = strict
        self._blind = cassette.mode == "all" or not cassette.rewound
        self._ledger = Memory(lambda _kind, _detail: None, _nowhere)
        self._index = Index(episode, lambda: account.live, (), declared, tells=tells)
        self._lock = threading.RLock()

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
        return Serve(exchange, found.bindings, found.echo, self._index.rules)

    def miss(self, request: Request, found: Ambiguous | Missing) -> str:
        """Nothing: it raises the error that vcrpy's users expect."""
        raise self.refused(request, found)

    def refused(self, request: Request, found: Ambiguous | Missing) -> BaseException:
        """The error of a request that was not recorded, remembered and ready to be raised."""
        theirs = self._sifted(request) or known(request)
        DELAYS.shorten()  # an SDK that tries again does so at once
        with self._lock:
            text = self.account.miss(asked(theirs, request), found, [play.position for play in self.plays])
        return self._error(text, theirs)

    def upgrade(self, request: Request) -> str:
        """Nothing: a connection that is to become a WebSocket is in no cassette."""
        raise self._error(self.account.upgrade(request), known(request))

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
        """What is the same, or the same after rules; with matchers of their own, or repeats, only what is the same."""
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
        if not fitting and (fitting := self._fitting(theirs, self._alike(live))):
            return self._taken(fitting, live, "after_rules")
        return self._taken(fitting, live)

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

    def _alike(self, live: Request) -> Iterable[int]:
        """The positions of what is the same JSON at the same address."""
        document = canonical(live.body.data)
        if document is None:
            return []
        steps = enumerate(each.request for each in self._episode.exchanges)
        return [
            position
            for position, step in steps
            if (step.method, step.url) == (live.method, live.url) and document == canonical(step.body.data)
        ]

    def _error(self, text: str, theirs: Theirs) -> BaseException:
        error = unknown(text, self.remedy, self._cassette, theirs)
        self.misses.append(error)
        return error


def _nowhere() -> Path:
    """No file for the children of a fork: each goes on with a copy."""
    raise OSError
