"""When the exchanges of a vcrpy cassette took place, as far as it says.

    the interaction has                       it took place
    recorded_at: an ISO time or Unix seconds  then
    a response with a `Date` header           then: the server's clock, to the second
    neither                                   right after the one before it

Law: nothing but the file is asked. Its own time on the disk is that of a checkout, and would make
another episode of it on every machine.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import accumulate
from typing import TYPE_CHECKING

from replaykit.core.model import Span
from replaykit.core.sound import MOMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.vcr.document import Node


def moment(recorded_at: Node | None, date: str) -> float | None:
    """Unix seconds of an exchange, from what it says; None when that is nothing that can be read."""
    said = None if recorded_at is None else recorded_at.text or recorded_at.value
    for text in (said, date):
        found = _read(text) if isinstance(text, str) and text else None
        if found is not None:
            return found
    return None


def placed(moments: Sequence[float | None]) -> tuple[Span, tuple[int, ...]]:
    """When the run took place, and when each exchange began in it: nanoseconds after it, each later than the last."""
    known = [each for each in moments if each is not None]
    start = min(known, default=0.0)
    told = (0 if each is None else int((each - start) * 1e9) for each in moments)
    began = tuple(accumulate(told, lambda last, this: max(last + 1, this)))
    return Span(start, max(known, default=0.0)), began


def _read(text: str) -> float | None:
    for reader in (float, _iso, _http):
        try:
            found = reader(text)
        except (ValueError, TypeError, OverflowError):
            continue
        if MOMENT.fits(found):
            return found
    return None


def _iso(text: str) -> float:
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _http(text: str) -> float:
    return parsedate_to_datetime(text).timestamp()
