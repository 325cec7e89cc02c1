"""The session of one process of a run, made from the run's settings and put in place.

Law: every process makes its own; what they share is the store. A recording does not wait for the import of
what replays, nor the other way round.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from replaykit.config import load
from replaykit.errors import NoSuchEpisode
from replaykit.launch.bell import ring
from replaykit.launch.inside import inside
from replaykit.launch.learned import tell
from replaykit.session import Session
from replaykit.session.hiding import Hiding
from replaykit.session.origin import span_here
from replaykit.store import Store

if TYPE_CHECKING:
    from contextlib import ExitStack

    from replaykit.config import Config
    from replaykit.core.model import Episode, Span
    from replaykit.launch.contracts import Watch
    from replaykit.launch.settings import Settings
    from replaykit.launch.witness import Witness
    from replaykit.session.player import Player

LAST = 1.0
"""Seconds in which a process that missed waits for its end: half a traceback would stand in the output."""


def part_of(settings: Settings, run: str) -> tuple[Session, ExitStack]:
    """The session of this process, and the stack that takes it out again; `run` is the run's folder."""
    config = load(Path(settings.root))
    hiding = Hiding(config, partial(tell, run))
    session = _session(settings, config, run, hiding)
    stack = inside(session, config)
    stack.callback(hiding.now)  # what came after the last request may stand in the output
    return session, stack


def _session(settings: Settings, config: Config, run: str, hiding: Hiding) -> Session:
    store = Store(Path(settings.store))

    def clock() -> int:
        return time.monotonic_ns() - settings.clock

    if settings.mode == "record":
        from replaykit.session.recorder import Recorder

        return Session(settings.name, clock=clock, recorder=Recorder(store, settings.run, hiding))
    player = _player(settings, config, run, store, hiding)
    return Session(settings.name, clock=clock, player=player, speed=settings.speed)


def _player(settings: Settings, config: Config, run: str, store: Store, hiding: Hiding) -> Player:
    from replaykit.launch.witness import Witness
    from replaykit.session.ledger import Shared
    from replaykit.session.player import Player
    from replaykit.session.rules import normalization

    episode = _episode(settings, store)
    witness = Witness(Shared(store, settings.run), run, keep_going=settings.keep_going)
    return Player(
        episode,
        witness,
        hiding,
        lambda: _span(settings),
        extra=normalization(config),
        missed=(lambda: None) if settings.keep_going else (lambda: _last(run)),
        watch=_watch(config, episode, witness) if settings.contracts else None,
    )


def _watch(config: Config, episode: Episode, witness: Witness) -> Watch:
    from replaykit.launch.contracts import watching

    return watching(config, episode, witness.remark)


def _last(run: str) -> None:
    """Have the run ended, and give the end time to come before the program hears of the miss."""
    if ring(run):
        time.sleep(LAST)


def _episode(settings: Settings, store: Store) -> Episode:
    """What is played: a cassette, when the settings name a file, else a draft."""
    if settings.episode.endswith(".tape"):
        from replaykit import cassette

        return cassette.read(Path(settings.episode))
    episode = store.episode(settings.episode)
    if episode is None:
        raise NoSuchEpisode(settings.episode)
    return episode


def _span(settings: Settings) -> Span:
    """When and where this run takes place; it began when the command did."""
    return replace(span_here(), began=settings.began)
