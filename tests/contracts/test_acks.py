"""Acknowledgements: who answers for a finding, and until when."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from replaykit.contracts import acks
from replaykit.contracts.acks import Ack
from replaykit.core.contract.model import Finding, key
from replaykit.errors import ContractError, UsageError
from tests.contracts.making import NAME

if TYPE_CHECKING:
    from pathlib import Path

FINDING = Finding("res.enum.added", "RISK", "response", "response", "/status", 'new "lost"')
KEY = key(NAME, FINDING)
ACK = Ack(KEY, NAME, FINDING.id, FINDING.path, "ann", "a fix is on its way", "2026-11-20", "2026-12-20")
TODAY = date(2026, 11, 20)


def test_an_acknowledgement_is_kept(tmp_path: Path) -> None:
    """What was acknowledged is read back; once more takes the place of the former, and another stands beside."""
    later = Ack(KEY, NAME, FINDING.id, FINDING.path, "bob", "still", "2026-12-20", "2027-01-20")
    other = Ack("", NAME, FINDING.id, "/state", "ann", "announced", "2026-11-20", "2026-12-20")
    assert [None, ACK, None] == [acks.add(tmp_path, each) for each in (ACK, later, other)]
    assert (other, later) == acks.read(tmp_path)
    assert [acks.FILE] == [path.name for path in tmp_path.iterdir()]
    assert () == acks.read(tmp_path / "nowhere")


def test_it_covers_what_it_names() -> None:
    """With a key it is that one finding; without one, every finding of the kind in that place of that contract."""
    wide = Ack("", NAME, FINDING.id, FINDING.path, "ann", "why", "2026-11-20", "2026-12-20")
    assert (True, True) == (ACK.covers(KEY, NAME, FINDING), wide.covers(KEY, NAME, FINDING))
    assert (False, True) == (ACK.covers("another", NAME, FINDING), wide.covers("another", NAME, FINDING))
    assert not wide.covers(KEY, "shop.items", FINDING)


def test_it_ends_by_itself() -> None:
    """Its last day is part of it, the day after is not."""
    assert (True, True, False) == tuple(ACK.holds(day) for day in ("2026-11-20", "2026-12-20", "2026-12-21"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-11-19", "2026-11-19 is past\ntoday is 2026-11-20"),
        ("2027-11-22", "2027-11-22 is more than a year ahead\ngive a day until 2027-11-21"),
        ("soon", "'soon' is no day\ngive one like 2026-12-20"),
        ("2026-02-30", "'2026-02-30' is no day"),
        ("", "'' is no day"),
    ],
)
def test_a_day_that_cannot_be_meant(text: str, said: str) -> None:
    """A day that is past, more than a year ahead, or none is refused, with one that would do."""
    with pytest.raises(UsageError) as caught:
        acks.day(text, TODAY)
    assert str(caught.value).startswith(said)


def test_days_that_may_be_meant() -> None:
    """Today and a year from today are the first and the last."""
    assert ["2026-11-20", "2027-11-21"] == [acks.day(text, TODAY) for text in ("2026-11-20", "2027-11-21")]


def test_nobody_is_no_owner() -> None:
    """An owner or a reason of nothing but space is refused, and what obeys a terminal is spelled out."""
    with pytest.raises(UsageError, match="--owner is empty"):
        acks.said("--owner", " \t")
    assert "ann\\x1b[2J" == acks.said("--owner", " ann\x1b[2J ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"until": "soon"}, "/0/until: it is to be a day"),
        ({"until": 7}, "/0/until: it is to be a day"),
        ({"id": "res.made.up"}, "/0/id: it is to be a kind of finding"),
        ({"owner": None}, "/0/owner: it is to be a text"),
    ],
)
def test_a_damaged_file(tmp_path: Path, change: dict[str, object], said: str) -> None:
    """A field that is not what it should be is named with file and place, and nothing is written over it."""
    acks.add(tmp_path, ACK)
    path = tmp_path / acks.FILE
    (fields,) = json.loads(path.read_text())
    path.write_text(damaged := json.dumps([fields | change]))
    with pytest.raises(ContractError, match=r"acks\.json") as caught:
        acks.add(tmp_path, ACK)
    assert said in str(caught.value)
    assert damaged == path.read_text()
    path.write_text("{}")
    with pytest.raises(ContractError, match="it is to be a list"):
        acks.read(tmp_path)
