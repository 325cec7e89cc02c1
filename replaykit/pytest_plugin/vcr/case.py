"""One test and its vcrpy cassette: opened before it, played and recorded in it, kept and judged after it.

Law: without a recording mode nothing beyond this machine is reached. A file is written only where the
test was to be recorded and has sent something new.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replaykit.core.model import Episode, Origin, Span
from replaykit.guard import Guard
from replaykit.launch.inside import guarded, inside
from replaykit.pytest_plugin.vcr.cassette import Cassette
from replaykit.pytest_plugin.vcr.finder import Finder
from replaykit.pytest_plugin.vcr.others import left
from replaykit.pytest_plugin.vcr.player import Playing
from replaykit.pytest_plugin.vcr.reading import interactions
from replaykit.pytest_plugin.vcr.writing import Writing
from replaykit.session import Session
from replaykit.session.hiding import Hiding
from replaykit.session.origin import relative, span_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from replaykit.config import Config
    from replaykit.pytest_plugin.vcr.finder import Play
    from replaykit.pytest_plugin.vcr.settings import Settings
    from replaykit.pytest_plugin.vcr.shelf import Shelf


class Case:
    """What a test has of its cassette, while it runs."""

    def __init__(  # noqa: PLR0913 - all that a test is told
        self,
        test: str,
        paths: Sequence[str],
        settings: Settings,
        config: Config,
        *,
        strict: bool,
        shelf: Shelf | None = None,
    ) -> None:
        """`paths` are the files, the one that is recorded first; `config` has the settings of the project."""
        if settings.mode == "rewrite" and os.path.exists(paths[0]):  # noqa: PTH110 - a text from vcrpy's rules
            os.remove(paths[0])  # noqa: PTH107 - likewise
        found, span = interactions(paths, settings, shelf)
        self.cassette = Cassette(paths[0], found, settings, rewound=bool(found))
        self._config, self._ignores = config, settings.ignores
        self._took = 0
        steps = tuple(each.exchange for each in found)
        self._recorded = span.ended - span.began if span is not None else 0.0
        episode = Episode("", test, origin=Origin(program=test, source="vcrpy"), span=span or Span(), steps=steps)
        finder = Finder(episode, span_here(), self.cassette, settings, config, strict=strict)
        self.playing = Playing(finder, self.cassette, settings)
        self.writing = None if self.cassette.write_protected else Writing(self.cassette, settings, Hiding(self._config))

    @contextmanager
    def under_way(self, allowed: Sequence[str]) -> Iterator[Cassette]:
        """Every client of httpx and httpx2 is answered from the cassette; `allowed` hosts may be reached besides."""
        began = time.monotonic_ns()
        session = Session(
            self.cassette.path, clock=lambda: time.monotonic_ns() - began, player=self.playing, recorder=self.writing
        )
        with ExitStack() as stack:
            stack.enter_context(inside(session, self._config))
            guard = _reaching(guarded(session, refuse=self.writing is None), allowed, self._ignores)
            guard.start()
            stack.callback(guard.stop)
            stack.enter_context(left(self.cassette, self.playing))
            yield self.cassette
        self._took = time.monotonic_ns() - began
        session.end()
        if self.writing is not None:
            self.writing.save()

    def told(self) -> list[list[str]]:
        """What differs of each loose play that rules do not allow, a line for each place."""
        return [told for play in self._loose() if (told := self.playing.account.differs(play))]

    def reported(self) -> dict[str, Any]:
        """What a report has of the test: of each loose play what was asked for, and what differs, too."""
        counts = self.facts()
        return {
            **{name: counts[name] for name in ("same", "after_rules", "loose")},
            "not_recorded": counts["missed"],
            "did": "vcrpy",
            "episode": relative(Path(self.cassette.path), self._config.root),
            "took": self._took / 1e9,
            "recorded": self._recorded,
            "loosely": [self._words(play) for play in self._loose()],
        }

    def facts(self) -> dict[str, Any]:
        """What the summary adds up."""
        counts = dict.fromkeys(("same", "after_rules", "loose"), 0)
        for play in self.playing.plays:
            counts[play.how] += 1
        kept = len(self.cassette) - self.cassette.loaded
        beside = len(self.playing.beside)
        return {**counts, "missed": len(self.playing.misses) + beside, "beside": beside, "kept": kept}

    def _words(self, play: Play) -> list[str]:
        """What was asked for, and what differs."""
        return [self.playing.account.address(play), *self.playing.account.differs(play)]

    def _loose(self) -> Iterator[Play]:
        return (play for play in self.playing.plays if play.how == "loose")


def _reaching(guard: Guard, allowed: Sequence[str], ignores: Callable[[str], bool]) -> Guard:
    """The guard, letting through the hosts that are ignored, or that one of these expressions begins to match."""
    patterns = [re.compile(each) for each in allowed]
    return Guard(
        guard.note,
        guard.refuse,
        lambda host: guard.allow(host) or ignores(host) or any(pattern.match(host) for pattern in patterns),
        guard.spawn,
    )
