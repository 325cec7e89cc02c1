"""What became of the tests of a run that used episodes: a test, the sums of all, and both as JSON.

    outcome   failed, error, not run, skipped, xfailed, passed   in the order in which they are told
    how       replayed, recorded, live (recorded from the real services), vcrpy (answered from a cassette of
              vcrpy), none (its episode did not begin)

Law: sums are of what is listed, and a test is listed once. Times are seconds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, get_args

from replaykit.report.clock import iso
from replaykit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replaykit.core.model import JSON, Unseen

Outcome: TypeAlias = Literal["failed", "error", "not run", "skipped", "xfailed", "passed"]
How: TypeAlias = Literal["replayed", "recorded", "live", "vcrpy", "none"]

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
HOWS: tuple[How, ...] = get_args(How)

PLAYED: frozenset[How] = frozenset({"replayed", "vcrpy"})
"""The ways in which nothing is sent."""

WORDS = {
    "same": "same",
    "after_rules": "same after rules",
    "differently": "sent differently",
    "loose": "loose",
    "not_recorded": "not recorded",
    "never_asked_for": "never asked for",
    "new": "new",
    "dropped": "dropped",
}
"""What the steps of a replay are counted as, in words; the last two where it completed its episode."""

SERVED = ("same", "after_rules", "differently")
"""Those that were answered."""

_DIGITS = 3
"""Digits behind the point of seconds: a replayed test takes milliseconds."""


class Trial(NamedTuple):
    """A test that used an episode.

    `line` is that of its function, counted from 1, 0 where nobody knows. `steps` has a count for each of
    `WORDS`. `account` is what its episode said of a failure, or why it did not run. `took` is how long
    its episode was open in this run, `recorded` how long it was open when it was recorded (0: unknown).
    `calls` and `tokens` are what a live test took. `loose` are the requests that only vcrpy's matching took
    for a recorded one: of each its address, and a line for each place in which it differs. `accepted`: a
    cassette says what was recorded; `written`: it did not say it before. `unseen` did not come through us.
    """

    test: str
    outcome: Outcome
    episode: str
    how: How = "none"
    file: str = ""
    line: int = 0
    steps: Mapping[str, int] = MappingProxyType({})
    account: str = ""
    took: float = 0.0
    recorded: float = 0.0
    draft: str = ""
    accepted: bool = False
    calls: int = 0
    tokens: int = 0
    loose: tuple[tuple[str, ...], ...] = ()
    written: bool = False
    unseen: tuple[Unseen, ...] = ()

    @property
    def saved(self) -> float:
        """How much sooner the replay was there than the recording."""
        return max(self.recorded - self.took, 0.0) if self.how in PLAYED else 0.0


class Sums(NamedTuple):
    """What tests amount to: how many of each outcome, of each way to be answered, and of each sort of step."""

    tests: int
    outcomes: Mapping[Outcome, int]
    hows: Mapping[How, int]
    steps: Mapping[str, int]
    took: float
    recorded: float
    saved: float


def sums(tests: Sequence[Trial]) -> Sums:
    """What these tests amount to."""
    outcomes = Counter(each.outcome for each in tests)
    hows = Counter(each.how for each in tests)
    return Sums(
        len(tests),
        {name: outcomes[name] for name in OUTCOMES},
        {name: hows[name] for name in HOWS},
        {name: sum(each.steps.get(name, 0) for each in tests) for name in WORDS},
        sum(each.took for each in tests),
        sum(each.recorded for each in tests),
        sum(each.saved for each in tests),
    )


def told(steps: Mapping[str, int]) -> str:
    """The counts of steps in words, those that are not zero: `4 same, 1 not recorded`."""
    return ", ".join(f"{steps[name]:,} {word}" for name, word in WORDS.items() if steps.get(name)) or "no steps"


def ordered(tests: Sequence[Trial]) -> tuple[Trial, ...]:
    """The tests as they are told: what failed first, then by name, whichever process was faster."""
    return tuple(sorted(tests, key=lambda each: (OUTCOMES.index(each.outcome), each.test)))


def as_json(tests: Sequence[Trial], when: float) -> dict[str, JSON]:
    """The whole report as a document; `when` is the end of the run in Unix seconds."""
    found = sums(tests)
    return {
        "replaykit": VERSION,
        "when": iso(when),
        "totals": {
            "tests": found.tests,
            "outcomes": dict(found.outcomes.items()),
            "episodes": dict(found.hows.items()),
            "steps": {**found.steps},
            **_seconds(found.took, found.recorded, found.saved),
        },
        "tests": [_test(each) for each in ordered(tests)],
    }


def _test(trial: Trial) -> JSON:
    return {
        "test": trial.test,
        "file": trial.file,
        "line": trial.line or None,
        "outcome": trial.outcome,
        "episode": trial.episode,
        "how": trial.how,
        "steps": {**trial.steps},
        "account": trial.account,
        "draft": trial.draft or None,
        "accepted": trial.accepted,
        "written": trial.written,
        "calls": trial.calls,
        "tokens": trial.tokens,
        "loose": [[*each] for each in trial.loose],
        "unseen": [asdict(each) for each in trial.unseen],
        **_seconds(trial.took, trial.recorded, trial.saved),
    }


def _seconds(took: float, recorded: float, saved: float) -> dict[str, JSON]:
    rows = {"seconds": took, "recorded_seconds": recorded, "saved_seconds": saved}
    return {name: round(value, _DIGITS) for name, value in rows.items()}
