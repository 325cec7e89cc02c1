"""The cassette that a test looks into: what is recorded, what of it was played, where it is kept.

    requests, responses, data       what it holds, as vcrpy's users know it
    play_counts, play_count         how often each was played, and all of them together
    all_played                      whether each was, at least once
    path (_path), record_mode       the file, and how it is recorded
    append(request, response)       one more, as if it had been recorded

Law: by the names that vcrpy has for them. What is read here is not what is served: writing into a
request or an answer changes nothing.
"""

from __future__ import annotations

import sys
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from replaykit.pytest_plugin.vcr.matchers import failing, fits
from replaykit.pytest_plugin.vcr.reading import Interaction, filtered, made

if TYPE_CHECKING:
    from collections.abc import Collection

    from replaykit.pytest_plugin.vcr.filters import Answer
    from replaykit.pytest_plugin.vcr.request import Request
    from replaykit.pytest_plugin.vcr.settings import Mode, Settings


class RecordMode(StrEnum):
    """How a cassette is recorded, as vcrpy's own enumeration has it; each is equal to its word."""

    ALL = "all"
    ANY = "any"
    NEW_EPISODES = "new_episodes"
    NONE = "none"
    ONCE = "once"


class Cassette:
    """One test's recording, of one file or several; what is new goes to the first."""

    def __init__(self, path: str, found: list[Interaction], settings: Settings, *, rewound: bool) -> None:
        """`found` are the interactions, filtered; `rewound` says that there was a file."""
        self._path = path
        self._settings = settings
        self._requests: list[Request | None] = [None] * len(found)
        self.interactions = found
        self.loaded = len(found)
        self.rewound = rewound
        self.play_counts: Counter[int] = Counter()
        self.dirty = False

    @property
    def path(self) -> str:
        """Where new interactions are kept."""
        return self._path

    @property
    def mode(self) -> Mode:
        """How it is recorded; what was to be rewritten is empty, and takes what is new."""
        return "new_episodes" if self._settings.mode == "rewrite" else self._settings.mode

    @property
    def record_mode(self) -> Any:
        """The same as vcrpy has it: a member of its own enumeration, where that is loaded."""
        theirs = getattr(sys.modules.get("vcr.record_mode"), "RecordMode", RecordMode)
        return theirs(self.mode)

    @property
    def write_protected(self) -> bool:
        """Whether nothing new is recorded."""
        return self.mode == "none" or (self.mode == "once" and self.rewound)

    @property
    def allow_playback_repeats(self) -> bool:
        """Whether an interaction answers as often as it is asked for."""
        return self._settings.repeats

    @property
    def requests(self) -> list[Request]:
        """What was asked, in the order of the file, the same objects each time."""
        self._requests += [None] * (len(self.interactions) - len(self._requests))
        return [self._request(position) for position in range(len(self.interactions))]

    @property
    def responses(self) -> list[Answer]:
        """What was answered, likewise."""
        return [each.answer for each in self.interactions]

    @property
    def data(self) -> list[tuple[Request, Answer]]:
        """Both."""
        return list(zip(self.requests, self.responses, strict=True))

    @property
    def play_count(self) -> int:
        """How many answers were played."""
        return self.play_counts.total()

    @property
    def all_played(self) -> bool:
        """Whether each interaction was played."""
        return sum(1 for times in self.play_counts.values() if times) == len(self)

    def append(self, request: Any, response: Answer) -> None:
        """Take in one more interaction, unless the test's filters drop it."""
        self.take(made(request, response))

    def take(self, interaction: Interaction) -> None:
        """The same, of one that is ready to be served."""
        kept = filtered(interaction, self._settings)
        if kept is not None:
            self.interactions.append(kept)
            self.dirty = True

    def rewind(self) -> None:
        """Nothing has been played."""
        self.play_counts.clear()

    def fitting(self, live: Request, among: Collection[int] | None = None) -> list[int]:
        """The positions of what vcrpy's matchers take for this request, in their order; those of `among` only."""
        match = self._settings.match
        wanted = range(len(self.interactions)) if among is None else among
        requests = self.requests
        return [position for position in wanted if fits(match, live, requests[position])]

    def find_requests_with_most_matches(
        self, request: Request
    ) -> list[tuple[Request, list[str], list[tuple[str, str]]]]:
        """The recorded requests that the fewest matchers refuse: each with the matchers that fit, and the others."""
        match = self._settings.match
        rows = [(each, failing(match, request, each)) for each in self.requests]
        least = min((len(said) for _, said in rows), default=0)
        return [
            (each, [name for name, _ in match if name not in dict(said)], said)
            for each, said in rows
            if len(said) == least < len(match)
        ]

    def __len__(self) -> int:
        """How many interactions it holds."""
        return len(self.interactions)

    def __bool__(self) -> bool:
        """Always: also an empty one is a cassette."""
        return True

    def __contains__(self, request: Request) -> bool:
        """Whether it could answer a request now."""
        fitting = self.fitting(request)
        return any(self.allow_playback_repeats or not self.play_counts[position] for position in fitting)

    def __repr__(self) -> str:
        """How much it holds, and where."""
        return f"<Cassette {self._path} containing {len(self)} recorded response(s)>"

    def _request(self, position: int) -> Request:
        kept = self._requests[position]
        if kept is None:
            kept = self._requests[position] = self.interactions[position].request
        return kept
