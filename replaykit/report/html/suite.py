"""The page of a run of tests: its figures, then every test that used an episode, what failed first.

Law: what an episode said of a failure stands whole under its test, the end of a long one in a fold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from replaykit.core.plain import counted
from replaykit.report.clock import SECOND, duration
from replaykit.report.clock import when as dated
from replaykit.report.html.facts import Tile
from replaykit.report.html.prose import code
from replaykit.report.html.sheet import rendered
from replaykit.report.outside import told as beside
from replaykit.report.suite import OUTCOMES, PLAYED, ordered, sums, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.report.html.prose import Passage
    from replaykit.report.suite import Sums, Trial

TONES = {"failed": "bad", "error": "bad", "not run": "warns", "passed": "good"}
"""How the badge of an outcome looks; of the others, plain."""

CHIPS = {
    "failed": "failures",
    "not-run": "not run",
    "skipped": "skipped",
    "passed": "passed",
    "replayed": "replayed",
    "recorded": "recorded",
    "live": "live",
    "vcrpy": "vcrpy",
    "loose": "loose",
}
"""What the tests can be filtered by, as their classes and in words."""

_CLASSES = {"error": "failed", "not run": "not-run", "xfailed": "skipped"}
"""The outcomes that are filtered by under another name."""


@dataclass(frozen=True, slots=True)
class Card:
    """A test as it is set; `classes` are what it is filtered and coloured by."""

    number: int
    title: str
    classes: str
    outcome: str
    tone: str
    how: str
    facts: tuple[str, ...]
    note: str
    account: Passage | None
    loose: Passage | None


def suite(tests: Sequence[Trial], when: float) -> str:
    """The page of these tests; `when` is the end of their run in Unix seconds."""
    found = sums(tests)
    return rendered(
        "suite.html",
        headline=headline(found),
        when=dated(when),
        tiles=tuple(_tiles(found)),
        cards=tuple(_card(number, each) for number, each in enumerate(ordered(tests), start=1)),
        filters=CHIPS,
    )


def headline(found: Sums) -> str:
    """What became of the tests, in a line: `2 failed, 1 error and 309 passed`."""
    words = [_many(found.outcomes[name], name) for name in OUTCOMES if found.outcomes[name]]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]])) or "No test used an episode"


def _many(count: int, outcome: str) -> str:
    return counted(count, "error") if outcome == "error" else f"{count:,} {outcome}"


def _tiles(found: Sums) -> Iterator[Tile]:
    """The figures of the whole run."""
    bad = found.outcomes["failed"] + found.outcomes["error"]
    yield Tile("tests", f"{found.tests:,}", f"{bad:,} of them failed" if bad else "", bad=bad > 0)
    played = sum(found.hows[name] for name in PLAYED)
    yield Tile("replayed", f"{played:,}", told(found.steps) if played else "")
    fresh = found.hows["recorded"] + found.hows["live"]
    if fresh:
        yield Tile("recorded", f"{fresh:,}", f"{found.hows['live']:,} of them live" if found.hows["live"] else "")
    yield Tile("took", _time(found.took))
    if found.recorded:
        yield Tile("saved", _time(found.saved), f"{_time(found.recorded)} when recorded")


def _card(number: int, trial: Trial) -> Card:
    mark = _CLASSES.get(trial.outcome, trial.outcome)
    how = "" if trial.how == "none" else trial.how
    return Card(
        number,
        trial.test,
        " ".join(filter(None, (mark, how, "loose" if trial.loose else ""))),
        trial.outcome,
        TONES.get(trial.outcome, ""),
        how,
        tuple(_facts(trial)),
        _note(trial),
        code(trial.account) if trial.account else None,
        code(_loose(trial)) if trial.loose else None,
    )


def _loose(trial: Trial) -> str:
    """What was sent instead of what is recorded, request by request."""
    return "\n".join(f"loose: {address}" + "".join(f"\n    {each}" for each in rest) for address, *rest in trial.loose)


def _facts(trial: Trial) -> Iterator[str]:
    """What stands beside the name of a test."""
    if trial.how in PLAYED:
        yield told(trial.steps)
    if trial.unseen:
        words = "beside" if trial.how == "replayed" else "not recorded"
        yield f"{words}: {beside(trial.unseen)}"
    if trial.calls:
        yield f"{counted(trial.calls, 'call')}, {counted(trial.tokens, 'token')}"
    if trial.took:
        yield _time(trial.took)
    if trial.recorded:
        yield f"{_time(trial.recorded)} when recorded"


def _note(trial: Trial) -> str:
    """Which episode it is, where its test stands, and what is known of it besides."""
    words = [f"episode {trial.episode}", f"{trial.file}:{trial.line}" if trial.line else ""]
    if trial.draft:
        kept = "written to its cassette" if trial.written else "as its cassette says"
        words.append(kept if trial.accepted else f"only a draft ({trial.draft})")
    if trial.outcome in ("failed", "error") and not trial.account:
        words.append("not because of its episode: pytest's own output says why")
    return " · ".join(filter(None, words))


def _time(seconds: float) -> str:
    return duration(round(seconds * SECOND))
