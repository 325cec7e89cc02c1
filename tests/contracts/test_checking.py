"""Episodes against contracts: what of them is looked at, and of which day it is."""

from __future__ import annotations

from replaykit.contracts.checking import Checks
from replaykit.core.model import Episode, Exchange, Origin
from tests.core.contract.promises import HEADERS, answered, contract, message


def found(exchange: Exchange, source: str = "") -> list[str]:
    """The findings of an episode with this one exchange, that somebody's recorder wrote."""
    episode = Episode("episode_1", "support", origin=Origin(source=source), steps=(exchange,))
    return [each.id for seen in Checks([contract()]).episode(episode) for each in seen.checked.findings]


def test_what_another_recorder_lost_is_no_drift() -> None:
    """An empty body is no JSON; in a cassette of vcrpy it is one that was not kept, and the rest is still looked at."""
    assert ["res.body.unreadable"] == found(answered(b""))
    assert [] == found(answered(b""), "vcrpy")
    assert ["hdr.added"] == found(answered(b"", headers={**HEADERS, "acme-new": "1"}), "vcrpy")
    assert ["res.enum.added"] == found(answered(message(stop_reason="pause")), "vcrpy")


def test_an_imported_answer_is_of_the_day_that_it_names() -> None:
    """Nobody knows when it was recorded; without a date of its own, no day is told."""
    dated = answered(message(), headers={**HEADERS, "date": "Thu, 19 Nov 2026 10:00:00 GMT"})
    undated = (
        answered(message(), headers={**HEADERS, "date": each}) for each in ("today", "1 Jan 99999999999 0:00 GMT")
    )
    for exchange, day in ((dated, "2026-11-19"), *((each, "") for each in undated)):
        (seen,) = Checks([contract()]).episode(Episode("episode_1", "support", steps=(exchange,)))
        assert day == seen.day
