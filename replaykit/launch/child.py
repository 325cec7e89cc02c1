"""A session in a process below `replaykit record` or `replaykit replay`, for as long as the process lives.

Law: started by the hook before the program's first line; it imports what a session needs and no
HTTP library. Everything it keeps is committed as it happens, so that it need not be ended well.
"""

from __future__ import annotations

import atexit
import json
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from replaykit.launch.bell import ring
from replaykit.launch.children import RUN, SESSION, carry, spawner

if TYPE_CHECKING:
    from replaykit.config import Config
    from replaykit.core.model import Episode, Span
    from replaykit.session import Session
    from replaykit.store import Store


@dataclass(frozen=True, slots=True)
class Settings:
    """What every process of a run is told, as JSON in an environment variable.

    `run` is the id of the draft that is recorded, or of the replay. `episode` is what a replay
    plays: a draft's id, or a cassette's path. `clock` is the monotonic clock when the run began, in
    nanoseconds, and `began` the wall's, in seconds. `keep_going`: a miss does not end the run.
    """

    mode: Literal["record", "replay"]
    name: str
    run: str
    store: str
    root: str
    clock: int
    began: float
    episode: str = ""
    speed: float = 0.0
    keep_going: bool = False

    def text(self) -> str:
        """As it stands in the environment."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Settings:
        """From the environment."""
        return cls(**json.loads(text))


def start() -> None:
    """Route this process through the session that its environment names, until it ends."""
    from replaykit.config import load
    from replaykit.launch.inside import inside

    settings = Settings.read(os.environ[SESSION])
    run = os.environ[RUN]
    config = load(Path(settings.root))
    session = _session(settings, config, run)
    stack = inside(session, config, refuse=settings.mode == "replay", spawn=spawner(run))
    stack.callback(carry())

    def end() -> None:
        stack.close()
        session.end()

    os.register_at_fork(after_in_child=session.after_fork)
    atexit.register(end)


def _session(settings: Settings, config: Config, run: str) -> Session:
    from replaykit.session import Session
    from replaykit.session.ledger import Shared
    from replaykit.session.player import Player
    from replaykit.session.recorder import Recorder
    from replaykit.session.rules import normalization, redactor
    from replaykit.store import Store

    store = Store(Path(settings.store))
    clean = redactor(config, os.environ)

    def clock() -> int:
        return time.monotonic_ns() - settings.clock

    if settings.mode == "record":
        return Session(settings.name, clock=clock, recorder=Recorder(store, settings.run, clean))
    player = Player(
        _episode(settings, store),
        Shared(store, settings.run),
        clean,
        lambda: _span(settings),
        extra=normalization(config),
        missed=(lambda: None) if settings.keep_going else (lambda: ring(run)),
    )
    return Session(settings.name, clock=clock, player=player, speed=settings.speed)


def _episode(settings: Settings, store: Store) -> Episode:
    """What is played: a cassette, when the settings name a file, else a draft."""
    from replaykit import cassette
    from replaykit.errors import NoSuchEpisode

    if settings.episode.endswith(".tape"):
        return cassette.read(Path(settings.episode))
    episode = store.episode(settings.episode)
    if episode is None:
        raise NoSuchEpisode(settings.episode)
    return episode


def _span(settings: Settings) -> Span:
    """When and where this run takes place; it began when the command did."""
    from replaykit.session.origin import span_here

    return replace(span_here(), began=settings.began)
