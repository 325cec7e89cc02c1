"""Answers the clients of a test from its cassette.

    the request is                                   it is
    dropped by a filter (`ignore_hosts`, a hook)     sent, and nobody keeps it
    answered by an interaction (finder.py)           served: same, same after rules, or loose
    not, and may be recorded                         sent, and kept
    not, and may not                                 refused

Law: what is served is what was recorded, ids and all, as vcrpy has it; a strict test gets its own ids back. How
each request was served is kept, and counted.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from replaykit.core.match import Missing
from replaykit.core.replay import Serve
from replaykit.errors import hide
from replaykit.pytest_plugin.vcr.errors import unknown
from replaykit.pytest_plugin.vcr.request import asked, known
from replaykit.transport.delays import DELAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.core.match import Ambiguous, Found
    from replaykit.core.model import Exchange, Request, ToolCall, Unseen
    from replaykit.pytest_plugin.vcr.account import Account
    from replaykit.pytest_plugin.vcr.cassette import Cassette
    from replaykit.pytest_plugin.vcr.finder import Finder, Play
    from replaykit.pytest_plugin.vcr.request import Request as Theirs
    from replaykit.pytest_plugin.vcr.settings import Settings

__tracebackhide__ = hide


class Playing:
    """Serves one test from its cassette; `plays` is what it served, `misses` what it refused.

    The first `judged` of the misses have been told. `beside` is what it refused to libraries that are left to vcrpy:
    a test that goes on without passes, as it does under vcrpy. In a strict test these are misses like any.
    """

    def __init__(self, finder: Finder, cassette: Cassette, settings: Settings) -> None:
        """`finder` looks for what answers a request, in this cassette."""
        self.plays: list[Play] = []
        self.misses: list[BaseException] = []
        self.beside: list[BaseException] = []
        self.judged = 0
        self.unseen: list[Unseen] = []
        self._finder = finder
        self._cassette = cassette
        self._settings = settings
        self._blind = cassette.mode == "all" or not cassette.rewound
        self._lock = threading.RLock()

    @property
    def account(self) -> Account:
        """What differs, in words."""
        return self._finder.account

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
            play = self._finder.find(live, theirs)
            if play is None:
                return Missing(tuple(self._finder.equal(live)))
            self.plays.append(play)
            self._cassette.play_counts[play.position] += 1
            return play.found

    def could(self, request: Request) -> bool:
        """Whether there is an answer for a request; nothing is claimed."""
        theirs = self._sifted(request)
        return theirs is not None and not self._blind and self._finder.could(asked(theirs, request), theirs)

    def drops(self, request: Request) -> bool:
        """Whether the filters drop a request."""
        return self._sifted(request) is None

    def serve(self, found: Found) -> Serve:
        """The answer that was found."""
        exchange = self._cassette.interactions[found.position].exchange
        return Serve.of(exchange, found, self._finder.index)

    def miss(self, request: Request, found: Ambiguous | Missing) -> str:
        """Nothing: it raises the error that vcrpy's users expect."""
        raise self._refused(request, found, self.misses)

    def refused(self, request: Request, found: Ambiguous | Missing) -> BaseException:
        """The error of a request by a library that is left to vcrpy, remembered and ready to be raised."""
        return self._refused(request, found, self.misses if self._finder.strict else self.beside)

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

    def _error(self, text: str, theirs: Theirs, kept: list[BaseException]) -> BaseException:
        error = unknown(text, self.remedy, self._cassette, theirs)
        kept.append(error)
        return error
