"""A block that is answered from an episode, sends what that lacks, and makes a new draft of both.

Law: nothing is written as long as nothing is missing. Nothing is refused but what can never be recorded: what
goes on reading an answer that the recorded run had left, and what needs a key that is not set.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from replaykit.core.redact import placeholder
from replaykit.launch.draft import Draft
from replaykit.launch.program import Replaying
from replaykit.launch.variables import declared
from replaykit.session import Session
from replaykit.session.hiding import Hiding
from replaykit.session.missing import LACKING, Partial
from replaykit.session.origin import origin_here
from replaykit.transport.delays import DELAYS

if TYPE_CHECKING:
    from pathlib import Path

    from replaykit.config import Config
    from replaykit.core.model import Episode, Origin
    from replaykit.core.verdict import Verdict
    from replaykit.launch.contracts import Promises
    from replaykit.session.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Lacked:
    """What an episode does not have: so many steps, an SDK's retries counted once, and so many named outputs."""

    steps: int
    outputs: int


class Completing(Replaying):
    """An episode that is being replayed and completed.

    At its end, `found` is what was missing (None for nothing), and `draft` the id of the new episode.
    """

    refuses = False
    found: Lacked | None = None

    def __init__(self, path: Path, config: Config, program: str, *, promised: Promises | None = None) -> None:
        """`path` is a cassette's, after which the draft is called; `program` is what runs, as `Recording` has it."""
        super().__init__(str(path), config=config, promised=promised)
        self.draft = ""
        self._called = path.stem
        self._program = program
        self._settings = config
        self._environment = dict(os.environ)
        self._written: Draft | None = None

    def lacked(self) -> Lacked | None:
        """What was missing so far, in forked children, too; None for nothing."""
        remarks = self._ledger.remarks
        told = [int(detail["steps"]) for kind, detail in remarks if kind == LACKING]
        named = {str(detail["name"]) for kind, detail in remarks if kind == "output"}
        outputs = len(named - self.episode.outputs.values.keys())
        found = self._player.sent or told or outputs
        return Lacked(self._player.new + sum(told), outputs) if found else None

    def end(self, known: Verdict | None = None) -> Verdict | None:
        """See `Replaying`; the draft is ended, too, and is there no more where nothing was missing."""
        self.found = self.lacked()
        verdict = super().end(known)
        if verdict is not None and self._written is not None:
            if self.found:
                self.draft = self._written.id
                self._written.end(depth=2)
            else:
                self._written.drop()
        return verdict

    def _needed(self, episode: Episode, config: Config) -> dict[str, str]:
        """What is set stays as it is, for what is missing is asked of the services of today."""
        self._secrets = {name: placeholder(name) for name in episode.origin.secrets}
        wanted = super()._needed(episode, config)
        return {name: value for name, value in wanted.items() if not self._environment.get(name)}

    def _playing(self, config: Config) -> Session:
        clean, began = Hiding(config), time.monotonic_ns()
        unset = {name: text for name, text in self._secrets.items() if os.environ.get(name) == text}
        self._player = player = Partial(
            self._episode,
            self._ledger,
            clean,
            self._span,
            lambda: self._begin(clean),
            stand_ins=unset,
            extra=self._extra,
            missed=DELAYS.shorten,
            watch=self._watch(),
        )
        clock = lambda: time.monotonic_ns() - began  # noqa: E731 - as it stands in `Replaying`
        return Session(self.name, clock=clock, player=player, recorder=player, carry=player.carry)

    def _begin(self, hiding: Hiding) -> Recorder:
        self._written = Draft(self._where(), self._called, self._origin(), hiding)
        return self._written.recorder

    def _origin(self) -> Origin:
        """What this run starts from; what the recorded one had beside that, its answers need still."""
        here = origin_here((), self._settings, self._environment, program=self._program)
        before = declared(self._episode.origin, self._settings)
        return replace(
            here,
            environment=dict(sorted({**before.environment, **here.environment}.items())),
            secrets=tuple(sorted({*before.secrets, *here.secrets})),
        )
