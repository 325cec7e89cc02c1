"""What differs between what a test sends and what its cassette holds, in words.

Law: nothing is read before something differs, and no secret is ever told: both sides are redacted first.
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from replaykit.core.compare.differing import lines, of_requests, telling
from replaykit.core.compare.ground import Ground
from replaykit.core.explain import account_of, remedy
from replaykit.core.match import Missing
from replaykit.core.model import Exchange
from replaykit.core.normalize import Facts, Rules
from replaykit.core.plain import line
from replaykit.core.steps import Asked
from replaykit.session.hiding import Hiding
from replaykit.session.requests import Requests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.config import Config
    from replaykit.core.match import Ambiguous
    from replaykit.core.model import Episode, Request, Span
    from replaykit.pytest_plugin.vcr.finder import Play


class Account:
    """The words of one test."""

    def __init__(self, episode: Episode, live: Span, config: Config) -> None:
        """`episode` has the test's id for a name, `live` is when and where it runs."""
        self._live = live
        self._raw = episode
        self._config = config

    @property
    def remedy(self) -> str:
        """The command that records this test anew."""
        return f"if this change is meant:  pytest {shlex.quote(self._raw.name)} --replaykit-vcr --record-mode=rewrite"

    def miss(self, live: Request, found: Ambiguous | Missing, served: Sequence[int]) -> str:
        """What was asked for, what comes nearest, and where it differs."""
        if isinstance(found, Missing) and not self._raw.steps:
            return f"not recorded: {Asked(self.clean(live)).address}: the cassette holds nothing, or is not there"
        text = account_of(self._episode, self.clean(live), found, served, self._ground()).text
        return self._hiding.text(text.removesuffix("\n".join(remedy(self._episode))).rstrip("\n"))[0]

    def upgrade(self, request: Request) -> str:
        """That a connection was to become a WebSocket."""
        return (
            f"not recorded: {line(self._hiding.url(request.url)[0], 200)} asks for a WebSocket, which is in no cassette"
        )

    def differs(self, play: Play) -> list[str]:
        """The places in which a request differs from what answered it loosely, a line each; never empty.

        Where rules allow each place by itself, they do not allow them together: an id stands for two others, say,
        or is one that the cassette has elsewhere.
        """
        step = self._episode.steps[play.position]
        assert isinstance(step, Exchange)  # noqa: S101 - vcrpy records nothing else
        places = of_requests(Asked(step.request), Asked(self.clean(play.live)), self._ground())
        return lines(telling(places)) or ["spelled otherwise, in no place that has a name"]

    def address(self, play: Play) -> str:
        """What was asked for, as a report calls it."""
        return Asked(self.clean(play.live)).address

    def clean(self, request: Request) -> Request:
        """A request without secrets, as it would be kept."""
        return self._requests.redacted(request)[0]

    @cached_property
    def _hiding(self) -> Hiding:
        return Hiding(self._config)

    @cached_property
    def _requests(self) -> Requests:
        return Requests(self._hiding)

    @cached_property
    def _episode(self) -> Episode:
        """The episode without the secrets of its requests."""
        steps = tuple(replace(each, request=self.clean(each.request)) for each in self._raw.exchanges)
        return replace(self._raw, steps=steps)

    def _ground(self) -> Ground:
        return Ground(Rules.of(self._raw.span, self._live), Facts(self._raw.span, self._live))
