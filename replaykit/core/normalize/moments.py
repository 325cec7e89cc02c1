"""Whether a time or a date, as somebody wrote it, was "now" in a run.

Law: now is now, and 24 December is not. A token is read in every way its form allows (11/12 is in
November or in December; a time without a zone is UTC or local), and a way counts only when what it
says touches the run's own span and, in a long run, is near the step that says it or the run's begin:
an alarm at 17:45 is not now at 10:30, though the run goes on until then. Two tokens stand for each
other when they are written alike and one and the same way makes both of them now.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from replaykit.core.normalize.rules import MOMENTS, compiled
from replaykit.core.normalize.scan import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from replaykit.core.model import Span
    from replaykit.core.normalize.folding import Token

SLACK = 5.0
"""Seconds before a run's begin and behind its end that still count as now: clocks are read, then used."""

NEAR = 300.0
"""Seconds from a step's moment, or from the run's begin, within which a time is read from a clock: a slow answer's."""

_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PATTERNS = {rule.name: rule.pattern for rule in MOMENTS}
_UNITS = {10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}
"""Digits of a Unix time, and how many of its units are a second, from 2001 to 2286."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a moment: from `low` on for `width` seconds.

    `low` is a Unix time if `exact`, else what local clocks showed, counted as if in UTC; if `daily`,
    seconds since any midnight. `way` names how it was read.
    """

    low: float
    width: float
    way: str = ""
    exact: bool = False
    daily: bool = False


def now(token: Token, span: Span, moment: float = 0.0) -> frozenset[str]:
    """The ways of reading the token by which it was now in that run; none when it was another time.

    `moment` is when the step began that says it, in Unix seconds; 0 for a text of the whole run.
    """
    if not span.began:
        return frozenset()
    ways = set()
    windows = _windows(span, moment)
    for reading in _readings(token, span):
        zones = {"exact": 0} if reading.exact else {"utc": 0, "local": span.zone}
        ways |= {
            f"{reading.way} {zone}"
            for zone, ahead in zones.items()
            if any(_touches(reading, ahead, *window) for window in windows)
        }
    return frozenset(ways)


def _windows(span: Span, moment: float) -> tuple[tuple[float, float], ...]:
    """When it was now: within the run, and near the step or the begin."""
    began, ended = span.began - SLACK, max(span.began, span.ended, moment) + SLACK
    if not moment:
        return ((began, ended),)
    return (began, min(ended, span.began + NEAR)), (max(began, moment - NEAR), min(ended, moment + NEAR))


def alike(one: Token, other: Token) -> bool:
    """Whether both are written in the same format: the same rule, widths, separators and forms of words."""
    first, second = _PIECE.findall(plain(one.text)), _PIECE.findall(plain(other.text))
    if one.rule != other.rule or len(first) != len(second):
        return False
    before = (b"", *first)
    return all(_same(a, b, previous) for a, b, previous in zip(first, second, before, strict=False))


def _touches(reading: Reading, ahead: int, began: float, ended: float) -> bool:
    low = reading.low - ahead
    if reading.daily:  # the last such clock time that had not passed when the window began
        low = began + (low + reading.width - began) % _DAY - reading.width
    return low <= ended and low + reading.width >= began


def _readings(token: Token, span: Span) -> Iterator[Reading]:
    match = compiled(_PATTERNS[token.rule]).fullmatch(plain(token.text))
    if match is None:
        return
    parts = {name: value.decode() for name, value in match.groupdict().items() if value}
    if "epoch" in parts:
        unit = _UNITS[len(parts["epoch"])]
        yield Reading(int(parts["epoch"]) / unit + _fraction(parts), 0 if "part" in parts else 1 / unit, exact=True)
    elif token.rule == "clock":
        if (clock := _clock(parts)) is not None:
            yield Reading(clock, _precision(parts), daily=True)
    else:
        for way, day in _days(parts, span):
            if (clock := _clock(parts)) is not None:
                low = (day.toordinal() - _EPOCH) * _DAY + clock - _offset(parts)
                yield Reading(low, _precision(parts), way, exact="zone" in parts)


def _precision(parts: Mapping[str, str]) -> float:
    """For how many seconds a moment of this form lasts."""
    widths = (("part", 0), ("second", 1), ("minute", 60))
    return next((width for part, width in widths if part in parts), _DAY)


def _fraction(parts: Mapping[str, str]) -> float:
    return float(f"0.{parts.get('part', '0')}")


def _clock(parts: Mapping[str, str]) -> float | None:
    """Seconds since midnight; None for an hour that the form does not have (14 PM, 25:00)."""
    hour = int(parts.get("hour", "0"))
    if "half" in parts:
        if not 1 <= hour <= 12:  # noqa: PLR2004  the face of a clock
            return None
        hour = hour % 12 + 12 * ("p" in parts["half"].lower())
    seconds = hour * 3600 + int(parts.get("minute", "0")) * 60 + int(parts.get("second", "0"))
    return seconds + _fraction(parts) if seconds < _DAY + 1 else None


def _offset(parts: Mapping[str, str]) -> int:
    """Seconds by which the written zone is ahead of UTC."""
    zone = re.sub(r"[^0-9-]", "", parts.get("zone", ""))
    digits = zone.lstrip("-")
    if not digits:
        return 0
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60
    return -seconds if zone.startswith("-") else seconds


def _days(parts: Mapping[str, str], span: Span) -> Iterator[tuple[str, date]]:
    """The days that may be meant, and by which order of day and month; a missing year is one of the run's."""
    orders = {"": (_month(parts), parts.get("day", "1"))}
    if "one" in parts:
        orders = {"month first": (int(parts["one"]), parts["two"]), "day first": (int(parts["two"]), parts["one"])}
    years = [int(parts["year"])] if "year" in parts else sorted(_years(span))
    for way, (month, day) in orders.items():
        for year in years:
            try:
                found = date(year, month, int(day))
            except ValueError:  # 30 February, month 20
                continue
            if parts.get("weekday", _DAYS[found.weekday()])[:3].lower() == _DAYS[found.weekday()]:
                yield way, found


def _month(parts: Mapping[str, str]) -> int:
    return _MONTHS.index(parts["month"][:3].lower()) + 1 if "month" in parts else int(parts.get("number", "1"))


def _years(span: Span) -> set[int]:
    """The years that the run touched, in any zone."""
    began, ended = (datetime.fromtimestamp(moment, UTC) for moment in (span.began, max(span.began, span.ended)))
    return {(began - timedelta(days=1)).year, (ended + timedelta(days=1)).year}


_PIECE = re.compile(rb"[0-9]+|[A-Za-z]+|[^0-9A-Za-z]")
_SHORT = {b"Sept", b"Tues", b"Thur", b"Thurs"}
_CHOICES = tuple(frozenset(words.split()) for words in (b"st nd rd th", b"AM PM", b"am pm", b"Am Pm", b"A P", b"a p"))
"""Words of which the moment decides which one stands there."""


def _same(one: bytes, other: bytes, before: bytes) -> bool:
    """Whether two pieces are of the same form; `before` is the piece in front of them."""
    if one == other:
        return True
    if one.isdigit() and other.isdigit():
        return before in (b".", b",") or _widths(*sorted((one, other), key=len))
    if one[:3].lower().decode("latin-1") in (*_MONTHS, *_DAYS) and other.istitle():
        return bool(_forms(one) & _forms(other))
    return any({one, other} <= choice for choice in _CHOICES)


def _widths(short: bytes, long: bytes) -> bool:
    """Whether both numbers are padded, or neither: `9` goes with `10`, `09` does not go with `9`."""
    return len(short) == len(long) or (len(long) == 2 and not long.startswith(b"0"))  # noqa: PLR2004  tens


def _forms(name: bytes) -> set[str]:
    """How long a name is written: `May` is both its short and its long form."""
    if name == b"May":
        return {"short", "long"}
    return {"short"} if len(name) == 3 or name in _SHORT else {"long"}  # noqa: PLR2004  three letters
