"""A session in a process below `replaykit record` or `replaykit replay`, for as long as the process lives.

Law: started by the hook before the program's first line; it imports what a session needs and no
HTTP library. Everything it keeps is committed as it happens, so that it need not be ended well.
"""

from __future__ import annotations

import atexit
import json
import os
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from replaykit.guard import Guard
from replaykit.imports import Watch
from replaykit.launch.bell import ring
from replaykit.launch.children import RUN, SESSION, carry, spawner

if TYPE_CHECKING:
    from contextlib import ExitStack

    from replaykit.config import Config
    from replaykit.core.model import Episode, Span, Unseen
    from replaykit.session import Session
    from replaykit.store import Store

NEEDY = frozenset({"httpx", "httpx2", "replaykit.tools", "replaykit.launch.program"})
"""Modules whose import means that a session is needed."""


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


class Process:
    """A process and its part in the run; its session is made when it is first needed.

    A child that never speaks HTTP, nor calls a tool, costs the run 10 ms and not 100.
    """

    def __init__(self, settings: Settings, run: str) -> None:
        """`run` is the run's folder."""
        self._settings = settings
        self._run = run
        self._session: Session | None = None
        self._stack: ExitStack | None = None
        self._lock = threading.RLock()
        self._watch = Watch(NEEDY.__contains__, lambda _name: self.begin())
        spawned = spawner(run)
        self._guard = Guard(self._note, settings.mode == "replay", lambda _host: False, spawned)

    def watch(self) -> None:
        """Be ready for the first import of an HTTP library, the first tool, the first connection."""
        self._guard.start()
        self._carried = carry()
        self._watch.start()
        os.register_at_fork(after_in_child=self._after_fork)
        atexit.register(self.end)

    def begin(self) -> Session:
        """The session, put in place in this process."""
        with self._lock:
            if self._session is None:
                self._watch.stop()
                from replaykit.config import load
                from replaykit.launch.inside import inside

                config = load(Path(self._settings.root))
                self._session = _session(self._settings, config, self._run)
                self._stack = inside(self._session, config)
            return self._session

    def end(self) -> None:
        """Keep what is still open; everything else is kept already."""
        if self._stack is not None and self._session is not None:
            self._stack.close()
            self._session.end()

    def _note(self, unseen: Unseen) -> None:
        self.begin().saw(unseen)

    def _after_fork(self) -> None:
        self._lock = threading.RLock()
        if self._session is not None:
            self._session.after_fork()


def start() -> None:
    """Route this process through the session that its environment names, until it ends."""
    Process(Settings.read(os.environ[SESSION]), os.environ[RUN]).watch()


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
