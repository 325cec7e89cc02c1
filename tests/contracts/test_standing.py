"""Drift as it stands today: the journal says since when, acknowledgements until when that is fine."""

from __future__ import annotations

from dataclasses import replace

from replaykit.contracts.acks import Ack
from replaykit.contracts.journal import Journal
from replaykit.contracts.standing import Standing, noted, standings
from replaykit.core.contract.check import hosted
from replaykit.core.contract.drift import Seen, drifts
from tests.core.contract.promises import answered, check, message

NEWS = Seen(check().exchange(answered(message(stop_reason="pause"))), "nightly", "2026-11-20")
FINE = Seen(check().exchange(answered(message())), "nightly", "2026-11-20")
FOUND = drifts([NEWS])
KEY = FOUND[0].key


def ack(until: str, key: str = KEY) -> Ack:
    """An acknowledgement of the finding, until a day."""
    return Ack(key, "acme.messages", "res.enum.added", "/stop_reason", "ann", "the SDK knows it", "2026-11-01", until)


def standing(journal: Journal, *acks: Ack, today: str = "2026-11-20") -> Standing:
    """The one finding, as it stands on a day."""
    (each,) = standings(FOUND, journal, acks, today)
    return each


def test_an_acknowledgement_counts_until_its_day_and_that_day_too() -> None:
    """On the last day it still counts; the day after, the finding is open again, and says that it was expired."""
    assert standing(Journal()).is_open
    assert not standing(Journal(), ack("2026-11-20")).is_open
    expired = standing(Journal(), ack("2026-11-19"))
    assert expired.is_open
    assert expired.expired


def test_an_acknowledgement_covers_what_it_names_and_nothing_else() -> None:
    """One by its key covers only that; one without a key every finding of its kind in its place."""
    assert standing(Journal(), ack("2026-12-01", key="aaaaaaaa")).is_open
    assert not standing(Journal(), ack("2026-12-01", key="")).is_open


def test_of_several_acknowledgements_the_longest_counts() -> None:
    """One that has expired does not reopen what another still covers, whichever was given first."""
    short, long = ack("2026-11-19"), ack("2026-12-01", key="")
    assert [long, long] == [standing(Journal(), *acks).ack for acks in ((short, long), (long, short))]


def test_the_journal_says_since_when_and_until_when_it_was_not_there() -> None:
    """Clean on the 18th, seen first on the 19th: told so on the 20th, and gone when a live run does not see it."""
    journal = noted(Journal(), [FINE], [], "2026-11-18", live=True)
    journal = noted(journal, [NEWS], FOUND, "2026-11-19", live=True)
    now = standing(journal)
    assert ("2026-11-19", "2026-11-18") == (now.first, now.clean)
    later = noted(journal, [FINE], [], "2026-11-21", live=True)
    assert "2026-11-21" == standing(later).clean


def test_a_gateway_is_noted_by_itself() -> None:
    """Of a run that asked both, each finding is noted where it was, with how many exchanges were looked at there."""
    theirs = replace(
        NEWS.checked, host="llm.example.com", findings=tuple(hosted(NEWS.checked.findings, "llm.example.com"))
    )
    seen = [FINE, FINE, Seen(theirs, "nightly", "2026-11-20")]
    (found,) = drifts(seen)
    (sight,) = noted(Journal(), seen, [found], "2026-11-20", live=True).findings.values()
    assert ("llm.example.com", 1, 1) == (sight.host, sight.seen, sight.of)


def test_recordings_never_say_that_something_is_gone() -> None:
    """An old episode without the finding is no proof that the service does not do it any more."""
    journal = noted(Journal(), [NEWS], FOUND, "2026-11-19", live=True)
    assert journal.findings == noted(journal, [FINE], [], "2026-11-20", live=False).findings


def test_what_an_episode_saw_earlier_counts_as_first() -> None:
    """The journal is as old as its first run; recordings can be older."""
    old = drifts([Seen(NEWS.checked, "support", "2026-10-02")])
    (each,) = standings(old, noted(Journal(), [NEWS], FOUND, "2026-11-19", live=True), [], "2026-11-20")
    assert "2026-10-02" == each.first
