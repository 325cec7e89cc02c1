"""Drift of many exchanges: each finding once, how often and since when, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.core.contract.drift import Seen, drifts
from tests.core.contract.promises import answered, check, message

if TYPE_CHECKING:
    from replaykit.core.model import Exchange


def seen(exchange: Exchange, day: str, episode: str = "support") -> Seen:
    """An exchange of a day, checked."""
    return Seen(check().exchange(exchange), episode, day)


def test_a_finding_of_many_exchanges_is_one_line() -> None:
    """Three of five answers have it, in two episodes, the first of them on the 18th."""
    news, usual = answered(message(stop_reason="pause")), answered(message())
    (drift,) = drifts(
        [
            seen(usual, "2026-11-17"),
            seen(news, "2026-11-19"),
            seen(news, "2026-11-18", "search"),
            seen(news, "2026-11-20"),
            seen(usual, "2026-11-20"),
        ]
    )
    assert (3, 5) == (drift.times, drift.of)
    assert ("2026-11-18", "2026-11-20") == (drift.first, drift.last)
    assert ("support", "search") == drift.episodes
    assert ("acme.messages", "1.0.0") == (drift.contract, drift.version)


def test_an_exchange_that_departs_in_many_places_is_counted_once() -> None:
    """Two blocks with something else for a text are one finding of one answer, told by the first."""
    same = drifts([seen(answered(message(content=[{"type": "text", "text": n} for n in ([], [1])])), "2026-11-20")])
    assert [(1, 1, "array of 0")] == [(each.times, each.of, each.finding.shape) for each in same]


def test_the_worst_comes_first() -> None:
    """What breaks stands above what may, and that above what is only new."""
    found = drifts([seen(answered(message(type="reply", stop_reason="pause", more=1)), "2026-11-20")])
    assert ["BREAK", "RISK", "ADD"] == [each.finding.grade for each in found]


def test_only_exchanges_that_were_looked_at_are_counted() -> None:
    """A finding in errors is one of two errors, and not one of the thousand answers beside them."""
    fine = {"type": "error", "error": {"type": "api_error", "message": "no"}}
    new = {"type": "error", "error": {"type": "overloaded", "message": "no"}}
    (drift,) = drifts(
        [
            *(seen(answered(message()), "2026-11-20") for _ in range(5)),
            seen(answered(fine, status=400), "2026-11-20"),
            seen(answered(new, status=400), "2026-11-20"),
        ]
    )
    assert (1, 2) == (drift.times, drift.of)


def test_the_key_of_a_finding_is_the_same_from_run_to_run() -> None:
    """Whatever else an answer says and how often it comes: the same news have the same key, other news another."""
    once = drifts([seen(answered(message(stop_reason="pause", id="msg_2")), "2026-11-20")])
    often = drifts([seen(answered(message(stop_reason="pause")), f"2026-11-{day}") for day in range(10, 20)])
    other = drifts([seen(answered(message(stop_reason="halt")), "2026-11-20")])
    assert once[0].key == often[0].key
    assert once[0].key != other[0].key
