"""Moments and durations as people and programs read them.

Law: pure, and it imports nothing of ours: a run of tests says at its end how long it took, and loads no store for that.
"""

from __future__ import annotations

from datetime import UTC, datetime

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
"""In milliseconds."""


def duration(milliseconds: int) -> str:
    """A time as people read it: `90 ms`, `1.2 s`, `2 min 05 s`, `3 h 10 min`, `12 days`."""
    if milliseconds < SECOND:
        return f"{milliseconds} ms"
    if milliseconds < MINUTE:
        return f"{milliseconds / SECOND:.1f} s"
    if milliseconds < HOUR:
        return f"{milliseconds // MINUTE} min {milliseconds % MINUTE // SECOND:02d} s"
    if milliseconds < 2 * DAY:
        return f"{milliseconds // HOUR} h {milliseconds % HOUR // MINUTE:02d} min"
    return f"{milliseconds // DAY:,} days"


def iso(moment: float) -> str | None:
    """A Unix time as ISO 8601 in UTC, to the millisecond; None for 0, which stands for unknown."""
    if not moment:
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def when(moment: float, zone: int | None = None) -> str:
    """A Unix time to the minute: in the zone that is so many seconds ahead of UTC, else in this machine's."""
    if not moment:
        return "–"
    there = datetime.fromtimestamp(moment + (zone or 0), UTC)
    local = datetime.fromtimestamp(moment, UTC).astimezone() if zone is None else there
    return local.strftime("%Y-%m-%d %H:%M")
