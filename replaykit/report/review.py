"""What a reviewer looks at: an episode before and after, in the order in which every format tells it.

    summary     five lines: outputs, turns, tool calls, tokens, cost
    first       the step that differed first, and what made it differ
    sections    the rest: whole steps, requests, tool calls, answers, outputs

Law: values and words only. Terminal, Markdown, HTML and JSON are made of these, so that they say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from replaykit.cassette.naming import Names
from replaykit.cassette.story import story
from replaykit.core.plain import counted, line, listed
from replaykit.report.conversation import INDENT, said
from replaykit.report.cost import HOW, bill
from replaykit.report.terminal import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from replaykit.cassette.story import Told
    from replaykit.core.compare.place import Place
    from replaykit.core.diff import Cause, Difference, Pair
    from replaykit.core.model import Episode
    from replaykit.core.normalize import Rule
    from replaykit.report.cost import Bill

Fate: TypeAlias = Literal["same", "changed", "added", "removed"]

CAUSES: dict[Cause, str] = {
    "program": "the program asked for something else",
    "tool": "a tool gave something else",
    "model": "the model answered something else",
}
"""What made a step differ, in words."""

ALONE = {"added": "a new step", "removed": "a step that is no more"}
"""What a step is that stands on one side only."""


@dataclass(frozen=True)
class Reviewed:
    """An episode on both sides with their difference, or on one side alone; `bills` are what each cost.

    `before` is None for an episode that is new, `after` for one that is no more; then `difference` is None.
    """

    name: str
    before: Episode | None
    after: Episode | None
    difference: Difference | None
    bills: tuple[Bill, Bill]

    @property
    def fate(self) -> Fate:
        """What became of it."""
        if self.difference is None:
            return "added" if self.before is None else "removed"
        return "same" if self.difference.same else "changed"

    @cached_property
    def alone(self) -> Mapping[str, Mapping[int, Told]]:
        """What the steps say that stand on one side only, by their kind and number; a side is read once, if at all."""
        sides = {"removed": self.before, "added": self.after}
        steps = self.difference.steps if self.difference is not None else ()
        wanted = {kind: {pair.number for pair in steps if pair.kind == kind} for kind in sides}
        return {kind: _told(side, wanted[kind]) for kind, side in sides.items()}

    @property
    def there(self) -> Episode:
        """The episode as it is now, or as it was last."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 - a review is of something
        return found


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the summary: what, how it was, and how it is; `note` explains it."""

    name: str
    before: str
    after: str
    note: str = ""

    @property
    def same(self) -> bool:
        """Whether it is as it was."""
        return self.before == self.after


@dataclass(frozen=True, slots=True)
class Section:
    """Differences of one sort: each step with its places, none when the whole step is new or gone."""

    name: str
    items: tuple[tuple[Pair, tuple[Place, ...]], ...]


def reviewed(name: str, before: Episode | None, after: Episode | None, extra: Sequence[Rule] = ()) -> Reviewed:
    """An episode before and after, compared; `extra` are the project's rules."""
    from replaykit.core.diff import diff
    from replaykit.report.cost import Bill

    difference = diff(before, after, extra=tuple(extra)) if before is not None and after is not None else None
    ours, theirs = (Bill() if side is None else bill(side) for side in (before, after))
    return Reviewed(name, before, after, difference, (ours, theirs))


def summary(review: Reviewed) -> tuple[Row, ...]:
    """The five lines that say what a difference amounts to; none for an episode that stands on one side only."""
    difference = review.difference
    if difference is None:
        return ()
    counts = difference.counts
    outputs = counted(len(difference.outputs), "difference") if difference.outputs else "same"
    numbers = (("turns", counts.turns), ("tool calls", counts.tool_calls), ("tokens", counts.tokens))
    return (
        Row("outputs", "same", outputs),
        *(Row(name, f"{before:,}", f"{after:,}") for name, (before, after) in numbers),
        Row("cost", str(review.bills[0]), str(review.bills[1]), _prices(review.bills)),
    )


def _prices(bills: Sequence[Bill]) -> str:
    """Where prices are from, or what to do to see some."""
    days = dict.fromkeys(bill.day for bill in bills if bill.table)
    if days:
        return f"{next(bill.table for bill in bills if bill.table)}, prices of {listed([*days])}"
    return f"no price table: {HOW}" if any(bill.is_needed for bill in bills) else ""


def first(difference: Difference) -> str:
    """What differed first, in a line: `step 1, the program asked for something else: turn 1 of support`."""
    found = difference.first
    if found is None:
        return ""
    alone = f" ({ALONE[found.pair.kind]})" if found.pair.kind in ALONE else ""
    return f"step {found.step}, {CAUSES[found.cause]}{alone}: {found.pair.title}"


def sections(difference: Difference) -> Iterator[Section]:
    """What differs beside what differed first, sort by sort."""
    first = difference.first.pair if difference.first is not None else None
    rest = [pair for pair in difference.steps if pair.kind != "same"]
    alone = tuple((pair, ()) for pair in rest if pair.kind in ALONE and pair is not first)
    if alone:
        yield Section("steps", alone)
    tools, others = _parted(rest, lambda pair: pair.title.startswith("tool call "))
    yield from _section("requests", others, lambda pair: () if pair is first else pair.asked)
    yield from _section("tool calls", tools, lambda pair: () if pair is first else pair.places)
    yield from _section("answers", others, lambda pair: () if pair is first and not pair.asked else pair.answered)


def content(review: Reviewed, pair: Pair) -> list[str]:
    """What a step says that stands on one side only, line by line, as the terminal has it; nothing for others."""
    told = review.alone.get(pair.kind, {}).get(pair.number)
    lines = plain(said(told)).splitlines() if told is not None else []
    return [line.removeprefix(INDENT) for line in lines]


def _told(episode: Episode | None, numbers: AbstractSet[int]) -> Mapping[int, Told]:
    """What these steps of an episode say."""
    if episode is None or not numbers:
        return {}
    return {each.number: each for each in story(episode, Names(episode.span).shown) if each.number in numbers}


def decisions(review: Reviewed) -> list[str]:
    """Who accepted what became of it, when and why, a line each; none for what is only a draft."""
    known = review.before.history if review.before is not None else ()
    new = [each for each in (review.after.history if review.after is not None else ()) if each not in known]
    return [
        f"accepted {datetime.fromtimestamp(each.when, UTC):%Y-%m-%d} by {line(each.who, 100)}"
        + (f", the {each.only} only" if each.only else "")
        + (f": {line(each.why, 400)}" if each.why else "")
        for each in new
    ]


def _parted(pairs: Sequence[Pair], chosen: Callable[[Pair], bool]) -> tuple[list[Pair], list[Pair]]:
    return [pair for pair in pairs if chosen(pair)], [pair for pair in pairs if not chosen(pair)]


def _section(name: str, pairs: Sequence[Pair], chosen: Callable[[Pair], tuple[Place, ...]]) -> Iterator[Section]:
    found = tuple((pair, places) for pair in pairs if (places := chosen(pair)))
    if found:
        yield Section(name, found)
