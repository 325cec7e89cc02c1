"""Answers from an episode: finds, claims, and accounts for what it cannot find.

Law: a step is served once, by whichever process claims it first. A miss is committed before it is
told to the program (law 11 of the design: it cannot be swallowed).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from replaykit.core.match import Found, Index, tool_request
from replaykit.core.model import Exchange, ToolCall
from replaykit.core.plain import line
from replaykit.core.replay import Serve
from replaykit.errors import NotRecorded, hide
from replaykit.session.origin import redacted_unseen
from replaykit.session.requests import Requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replaykit.core.compare.ground import Ground
    from replaykit.core.match import Ambiguous, Missing
    from replaykit.core.model import Episode, Request, Span, Unseen
    from replaykit.core.normalize import Rule
    from replaykit.core.reading import Declared
    from replaykit.session.hiding import Hiding
    from replaykit.session.ledger import Ledger

__tracebackhide__ = hide


class Player:
    """Serves the steps of one episode."""

    def __init__(  # noqa: PLR0913 - what a replay is made of
        self,
        episode: Episode,
        ledger: Ledger,
        redactor: Hiding,
        live: Callable[[], Span],
        *,
        extra: tuple[Rule, ...] = (),
        missed: Callable[[], None] = lambda: None,
        watch: Callable[[Request], None] | None = None,
    ) -> None:
        """`live` says when and where this run takes place, `extra` are the project's rules.

        `missed` is called after each miss, `watch` is told of each request before it is looked for, as it would
        have been recorded.
        """
        self.episode = episode
        self.ledger = ledger
        self._redactor = redactor
        self._requests = Requests(redactor)
        self._missed = missed
        self._watch = watch
        self._live = live
        self._index = Index(
            episode, live, extra, _declared, tells=_tells, hide=lambda headers: redactor.headers(headers)[0]
        )
        self._lock = threading.RLock()

    @property
    def remedy(self) -> str:
        """What can be done when this episode does not fit any more."""
        from replaykit.core.explain import remedy

        return "\n".join(remedy(self.episode))

    def before_fork(self) -> None:
        """The process is about to have a child, which plays from the same episode."""
        self.ledger.before_fork()

    def after_fork(self) -> None:
        """In a forked child: nobody else holds the lock."""
        self._lock = threading.RLock()
        self.ledger.after_fork()

    def find(self, request: Request) -> Found | Ambiguous | Missing:
        """What the episode has for a request; a step that is found is claimed."""
        if self._watch is not None:
            self._watch(self.redacted(request))
        with self._lock:
            exact = self._index.exact(request, self.ledger)
            return exact or self._index.search(self.redacted(request), self.ledger)

    def serve(self, found: Found) -> Serve:
        """The answer that was found."""
        step = self.episode.steps[found.position]
        assert isinstance(step, Exchange)  # noqa: S101 - the index holds no others
        return Serve.of(step, found, self._index)

    def redacted(self, request: Request) -> Request:
        """The request as it would have been recorded."""
        return self._requests.redacted(request)[0]

    def miss(self, request: Request, found: Ambiguous | Missing) -> str:
        """The account of a request that was not recorded, committed."""
        from replaykit.core.explain import account_of

        with self._lock:
            account = account_of(self.episode, self.redacted(request), found, self._index.served, self._ground())
        self._commit("miss", {"account": account.text, **account.detail})
        return account.text

    def upgrade(self, request: Request) -> str:
        """The account of a connection that was to become a WebSocket."""
        url = line(self._redactor.url(request.url)[0], 200)
        text = f"not recorded: {url} asks for a WebSocket, which replaykit does not record"
        self._commit("miss", {"account": text})
        return text

    def read_on(self, exchange: Exchange) -> str:
        """The account of a program that reads on where the recorded one had left."""
        from replaykit.core.explain import left_early

        text = left_early(self.episode, exchange)
        self._commit("miss", {"account": text})
        return text

    def tool(self, name: str, arguments: bytes, *, run: bool, missing: bool) -> ToolCall | None:
        """The recorded call of these arguments; None when it has to run because it was not recorded."""
        clean = self._redactor.text(arguments.decode())[0].encode()
        with self._lock:
            found = self._index.search(tool_request(name, clean), self.ledger)
        if isinstance(found, Found):
            call = self.episode.steps[found.position]
            assert isinstance(call, ToolCall)  # noqa: S101 - nothing else has that method
            if run or call.opaque:
                self.ledger.remark("ran", {"name": name})
            return call
        if missing:
            return None
        from replaykit.core.explain import tool_account

        text = tool_account(self.episode, name, clean, self._ground())
        self._commit("miss", {"account": text})
        raise NotRecorded(text, remedy=self.remedy)

    def output(self, name: str, value: bytes) -> None:
        """Keep a named output, to be compared at the end."""
        clean = self._redactor.text(value.decode())[0]
        self.ledger.remark("output", {"name": name, "value": clean})

    def saw(self, unseen: Unseen) -> None:
        """Keep something that did not come through us."""
        unseen = redacted_unseen(unseen, self._redactor)
        self.ledger.remark("unseen", {"what": unseen.what, "how": unseen.how, "times": unseen.times})

    def remark(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Keep something else."""
        self.ledger.remark(kind, detail)

    def _ground(self) -> Ground:
        """What rules forgive between the recorded run and this one, as of now."""
        from replaykit.core.compare.ground import Ground
        from replaykit.core.normalize import Facts

        return Ground(self._index.rules, Facts(self.episode.span, self._live()))

    def _commit(self, kind: str, detail: Mapping[str, Any]) -> None:
        self.ledger.remark(kind, detail)
        self._missed()


def _declared(request: Request) -> Declared:
    """What a provider declares; they are loaded for the first request that is not the recorded one."""
    from replaykit.providers.registry import declared

    return declared(request)


def _tells(name: str) -> bool:
    """Whether a header means something; likewise for the first that is another one."""
    from replaykit.providers.registry import tells

    return tells(name)
