"""The time line of a run: a bar for each step and for each attempt, in rows that never overlap.

    left, width    when the step began, and how long it took      in percent of the run
    first          when the first token of a stream was there     the same
    top            of the uppermost row that was free             in CSS pixels

Law: to scale. A bar is as long as the step took, or as short as can still be seen, and where nothing
happened, nothing stands; a long run is wider than the window, and scrolls in its own box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from replaykit.core.model import Exchange, ToolCall
from replaykit.core.plain import line
from replaykit.report.clock import DAY, HOUR, MINUTE, SECOND, duration
from replaykit.report.html.kinds import failed, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.cassette.story import Told
    from replaykit.core.model import Step
    from replaykit.report.html.kinds import Kind

WINDOW = 960
"""CSS pixels that a time line has on most screens; one that needs no more takes what there is."""

EACH = 9
"""CSS pixels for a step on average: a bar that a finger or a mouse can still meet."""

WIDEST = 24_000
"""CSS pixels of the widest time line, a page of which browsers still draw in one piece."""

MARKED = 120
"""CSS pixels between two marks of the axis."""

LEAST = 2
"""CSS pixels of a bar that can still be seen."""

NAMED, LINED = 44, 16
"""CSS pixels of a bar that has room for a name, and for a line where its first token was there."""

ROW, THIN = 34, 12
"""CSS pixels of a row: of one with names, and of one among more than `CROWD`."""

CROWD = 12

AXIS = 26
"""CSS pixels of the axis above the rows."""

_INTERVALS = (
    *(1, 2, 5, 10, 20, 50, 100, 200, 500),
    *(each * SECOND for each in (1, 2, 5, 10, 15, 30)),
    *(each * MINUTE for each in (1, 2, 5, 10, 15, 30)),
    *(each * HOUR for each in (1, 2, 3, 6, 12)),
    *(each * DAY for each in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000, 100_000)),
)
"""Milliseconds between two marks, as people count time."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A step, or an attempt of one that came to nothing (`tried`); `first` is None where nothing streamed.

    `lined`: there is room for a line at the first token.
    """

    number: int
    kind: Kind
    left: float
    width: float
    first: float | None
    top: int
    name: str
    title: str
    lined: bool
    failed: bool
    tried: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of the axis: its place in percent; `end` where its name would stand outside.

    `fine` ones are too many for a long run in one window.
    """

    left: float
    name: str
    end: bool = False
    fine: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """Bars, marks and sizes in CSS pixels; `width` is 0 where the run fits into what there is."""

    bars: tuple[Bar, ...] = ()
    marks: tuple[Mark, ...] = ()
    width: int = 0
    height: int = 0
    named: bool = True
    took: str = ""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A step or an attempt on the clock, in milliseconds after the run began."""

    told: Told
    step: Step
    began: float
    ended: float
    last: bool


def timeline(told: Sequence[Told]) -> Timeline:
    """The time line of an episode; one without bars where no times were kept."""
    stretches = _stretches(told)
    whole = max((each.ended for each in stretches), default=0)
    if whole <= 0:
        return Timeline()
    lanes = _lanes(stretches)
    rows = max(lanes) + 1
    row = ROW if rows <= CROWD else THIN
    busiest = max(lanes.count(lane) for lane in set(lanes))
    wide = min(busiest * EACH, WIDEST)
    width = wide if wide > WINDOW else 0
    pairs = zip(stretches, lanes, strict=True)
    bars = tuple(_bar(each, AXIS + lane * row, whole, width or WINDOW) for each, lane in pairs)
    return Timeline(
        bars, tuple(_marks(whole, width or WINDOW)), width, AXIS + rows * row + 2, row == ROW, duration(int(whole))
    )


def after(milliseconds: float) -> str:
    """When something began in a run: `+1.02 s`, `+12 min 05 s`."""
    return f"+{milliseconds / SECOND:.2f} s" if milliseconds < 10 * MINUTE else f"+{duration(int(milliseconds))}"


def _stretches(told: Sequence[Told]) -> list[_Stretch]:
    found = [
        _Stretch(each, step, step.began / 1e6, step.began / 1e6 + step.took, step is each.step)
        for each in told
        for step in (*each.attempts, each.step)
    ]
    return sorted(found, key=lambda each: each.began)


def _lanes(stretches: Sequence[_Stretch]) -> list[int]:
    """The row of each: the uppermost that is free."""
    free: list[float] = []
    lanes = []
    for each in stretches:
        lane = next((at for at, moment in enumerate(free) if moment <= each.began), len(free))
        free[lane : lane + 1] = [each.ended]
        lanes.append(lane)
    return lanes


def _bar(each: _Stretch, top: int, whole: float, pixels: int) -> Bar:
    told, step = each.told, each.step
    left, width = 100 * each.began / whole, 100 * max(step.took / whole, LEAST / pixels)
    first, wide = first_token(step), width * pixels / 100
    return Bar(
        told.number,
        kind_of(told),
        round(min(left, 100 - width), 3),
        round(width, 3),
        round(left + 100 * min(first, step.took) / whole, 3) if first is not None else None,
        top,
        _name(told) if wide >= NAMED and each.last else "",
        _title(each),
        first is not None and wide >= LINED,
        failed(step),
        not each.last,
    )


def first_token(step: Step) -> int | None:
    """Milliseconds until the first chunk of a stream was there; None for what came in one piece, or not at all."""
    if isinstance(step, ToolCall) or step.response is None or len(step.response.times) <= 1:
        return None
    return step.response.times[0]


def _name(told: Told) -> str:
    """A word or two for a bar."""
    match told.step:
        case ToolCall():
            return line(told.step.name, 24)
        case Exchange():
            model = told.question.model if told.question is not None else ""
            return line(model or told.title, 32)


def _title(each: _Stretch) -> str:
    """What a bar stands for, in a line."""
    told, step = each.told, each.step
    said = [f"{told.number}. {line(told.title, 100)}", after(each.began), duration(step.took)]
    if (first := first_token(step)) is not None:
        said.append(f"first token after {duration(first)}")
    if not each.last:
        said.append("tried again")
    elif failed(step):
        said.append("failed")
    return " · ".join(said)


def _marks(whole: float, pixels: int) -> Iterator[Mark]:
    """The marks of the axis, at round times."""
    near = _interval(whole, pixels)
    far = _interval(whole, WINDOW, near)
    for at in range(0, int(whole) + 1, near):
        left = 100 * at / whole
        yield Mark(round(left, 3), _clock(at), (100 - left) * pixels / 100 < NAMED, at % far != 0)


def _interval(whole: float, pixels: int, near: int = 1) -> int:
    """Milliseconds between two marks, so that they have room; a multiple of those that stand nearer together."""
    wanted = whole * MARKED / pixels
    return next((each for each in _INTERVALS if each >= wanted and each % near == 0), _INTERVALS[-1])


def _clock(milliseconds: int) -> str:
    """A time on the axis: `0`, `250 ms`, `2.5 s`, `1:30 min`, `2:00 h`, `3 d`."""
    if milliseconds >= DAY and milliseconds % DAY == 0:
        return f"{milliseconds // DAY:,} d"
    if milliseconds >= HOUR:
        return f"{milliseconds // HOUR}:{milliseconds % HOUR // MINUTE:02d} h"
    if milliseconds >= MINUTE:
        return f"{milliseconds // MINUTE}:{milliseconds % MINUTE // SECOND:02d} min"
    if milliseconds >= SECOND:
        return f"{milliseconds / SECOND:g} s"
    return f"{milliseconds} ms" if milliseconds else "0"
