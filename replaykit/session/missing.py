"""A replay that records what its episode lacks: one object answers in it, and keeps.

    the episode has it    answered, and waits to be kept
    it lacks it           sent; from then on a draft keeps this, what waited, and what comes after

Law: as long as nothing is missing, nothing is kept. The draft holds what was answered as it is a step of this
run, so that it is as whole as a recording: live ids in the requests, and in the answers where these repeat them.
What needs a key that is not there is not sent.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from replaykit.core.match import Found
from replaykit.core.model import ToolCall
from replaykit.core.plain import line, listed
from replaykit.core.steps import Asked
from replaykit.errors import NotRecorded, hide
from replaykit.providers.registry import attempt_of
from replaykit.session.player import Player

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from replaykit.core.match import Ambiguous, Missing
    from replaykit.core.model import Episode, Request, Span, Step, Unseen
    from replaykit.core.normalize import Rule
    from replaykit.session.hiding import Hiding
    from replaykit.session.ledger import Ledger
    from replaykit.session.recorder import Recorder

__tracebackhide__ = hide

LACKING = "lacking"
"""What a forked child remarks of something that the episode lacks, for its parent to count."""


class Partial(Player):
    """Serves the steps of one episode, and has what it lacks sent and kept.

    `new` are the steps that were lacking, an SDK's retries counted once; `sent`: there was any, a retry included.
    """

    def __init__(  # noqa: PLR0913 - as of a player, and two more
        self,
        episode: Episode,
        ledger: Ledger,
        redactor: Hiding,
        live: Callable[[], Span],
        begin: Callable[[], Recorder],
        *,
        stand_ins: Mapping[str, str],
        extra: tuple[Rule, ...] = (),
        missed: Callable[[], None] = lambda: None,
        watch: Callable[[Request], None] | None = None,
    ) -> None:
        """See `Player`; `begin` begins a draft, `stand_ins` are in the place of unset secrets, by name."""
        super().__init__(episode, ledger, redactor, live, extra=extra, missed=missed, watch=watch)
        self.new = 0
        self.sent = False
        self._begin = begin
        self._stand_ins = stand_ins
        self._recorder: Recorder | None = None
        self._waiting: deque[Callable[[Recorder], None]] = deque()
        self._child = False

    # Answering.

    def find(self, request: Request) -> Found | Ambiguous | Missing:
        """What the episode has for a request; what it lacks is about to be sent."""
        found = super().find(request)
        if not isinstance(found, Found):
            self._refuse_keyless(request)
            self._lacks(again=attempt_of(request.headers) > 0)
        return found

    def tool(self, name: str, arguments: bytes, *, run: bool, missing: bool) -> ToolCall | None:
        """The recorded call of these arguments; None when it is about to run."""
        call = super().tool(name, arguments, run=run, missing=missing)
        if call is None:
            self._lacks()
        return call

    def before_fork(self) -> None:
        """The process is about to have a child, which keeps what it does in the same draft."""
        super().before_fork()
        self._open()

    def after_fork(self) -> None:
        """In a forked child: it keeps in the same draft, and counts by remarks."""
        super().after_fork()
        self._child = True
        if self._recorder is not None:
            self._recorder.after_fork()

    # Keeping.

    @property
    def lost(self) -> int:
        """How many steps could not be kept."""
        return 0 if self._recorder is None else self._recorder.lost

    @property
    def problem(self) -> Exception | None:
        """Why."""
        return None if self._recorder is None else self._recorder.problem

    def keep(self, step: Step) -> None:
        """Keep a step that has ended."""
        self._keep(lambda recorder: recorder.keep(step))

    def carry(self, step: Step, recorded: Step) -> None:
        """Keep a step that was answered, with what happened within it when it was recorded."""
        self.keep(step)
        if isinstance(step, ToolCall):
            for each in _inside(self.episode, recorded.began, step.began):
                self.keep(each)

    def flush(self) -> None:
        """Try once more what could not be kept."""
        if self._recorder is not None:
            self._recorder.flush()

    def output(self, name: str, value: bytes) -> None:
        """Keep a named output; one that the episode does not have is something that it lacks."""
        super().output(name, value)
        self._keep(lambda recorder: recorder.output(name, value))
        if name not in self.episode.outputs.values:
            self._open()

    def saw(self, unseen: Unseen) -> None:
        """Keep something that did not come through us."""
        super().saw(unseen)
        self._keep(lambda recorder: recorder.saw(unseen))

    def _keep(self, what: Callable[[Recorder], None]) -> None:
        with self._lock:
            recorder = self._recorder
            if recorder is None:
                self._waiting.append(what)
        if recorder is not None:
            what(recorder)

    def _open(self) -> None:
        """Keep all from now on, what waited first."""
        with self._lock:
            if self._recorder is None:
                self._recorder = self._begin()
            while self._waiting:
                self._waiting.popleft()(self._recorder)

    def _lacks(self, *, again: bool = False) -> None:
        self._open()
        with self._lock:
            self.sent = True
            self.new += not again
        if self._child:
            self.ledger.remark(LACKING, {"steps": int(not again)})

    def _refuse_keyless(self, request: Request) -> None:
        """Refuse a request whose key is a stand-in: a service would only say that it is wrong."""
        said = [request.url, *(value for _, value in request.headers)]
        unset = [name for name, text in self._stand_ins.items() if any(text in each for each in said)]
        if unset:
            asked = line(Asked(self.redacted(request)).address, 200)
            account = f"not recorded: {asked}\nnot sent: {listed(unset)} is not set; set it, and record again"
            self._commit("miss", {"account": account})
            raise NotRecorded(account)


def _inside(episode: Episode, began: int, now: int) -> Iterator[Step]:
    """What happened within a recorded tool call, as within the same call of now: a nanosecond after one another."""
    places = {began: now}
    for step in episode.steps:
        if step.within and step.within in places:
            here = places[step.began] = now + len(places)
            yield replace(step, began=here, within=places[step.within])
