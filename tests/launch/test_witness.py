"""What a replay writes down when the store takes nothing: no miss is lost."""

from __future__ import annotations

import os
import select
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from replaykit.errors import StoreError
from replaykit.launch.bell import hang
from replaykit.launch.witness import Witness, account
from replaykit.session.ledger import Shared
from replaykit.store import Store

if TYPE_CHECKING:
    from pathlib import Path

MISS = ("miss", {"account": "not recorded: “a”", "step": 1})
RAN = ("ran", {"name": "book"})


def rung(bell: int) -> bool:
    """Whether somebody has rung."""
    return bool(select.select([bell], [], [], 0)[0])


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run."""
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


def test_each_remark_is_accounted_for_once(store: Path, run: Path) -> None:
    """With a store that works all stands in it, the same miss as often as it happened, in its order."""
    with Store(store) as kept:
        replay = kept.replay("episode_1")
        witness = Witness(Shared(kept, replay), str(run), keep_going=True)
        for kind, detail in (MISS, RAN, MISS):
            witness.remark(kind, detail)
        assert [MISS, RAN, MISS] == [(each.kind, each.detail) for each in kept.remarks(replay)]
        assert (MISS, RAN, MISS) == account(kept, replay, str(run)).remarks


def test_a_store_that_takes_nothing_loses_nothing(store: Path, run: Path) -> None:
    """What the store refuses stands in the run's folder, and the account has it; also what could not be claimed."""
    with Store(store) as kept:
        replay = kept.replay("episode_1")
        witness = Witness(Shared(kept, replay), str(run), keep_going=True)
        witness.remark(*RAN)
        kept.close()
        sealed = store.read_bytes()
        store.write_bytes(b"no database" * 100)
        witness.remark(*MISS)
        witness.remark(*RAN)
        with pytest.raises(StoreError):
            witness.claim(0, {})
        unreadable = account(kept, replay, str(run)).remarks
        store.write_bytes(sealed)
        readable = account(kept, replay, str(run)).remarks
    assert ["lost", "miss", "ran", "lost"] == [kind for kind, _ in unreadable]
    assert "cannot be read" in str(unreadable[0])
    assert ["ran", "miss", "ran", "lost"] == [kind for kind, _ in readable]
    assert "a step could not be served" in str(readable[-1])


def test_where_nothing_can_be_written_the_run_ends(store: Path, run: Path) -> None:
    """When neither the store nor the folder takes a miss, the bell tells, though misses are to be collected."""
    bell = hang(run)
    with Store(store) as kept:
        witness = Witness(Shared(kept, kept.replay("episode_1")), str(run), keep_going=True)
        witness.remark(*MISS)
        assert not rung(bell)
        (run / "processes").unlink()
        (run / "processes").mkdir()
        shutil.rmtree(store.parent)
        witness.remark(*MISS)
        assert rung(bell)
    os.close(bell)


def test_a_locked_store_keeps_no_miss_waiting(store: Path, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bell has been rung and the miss is in the run's folder before a store that is locked is asked."""
    monkeypatch.setattr("replaykit.store.database.PATIENCE", 0.05)
    bell = hang(run)
    with Store(store) as kept, closing(sqlite3.connect(store, isolation_level=None)) as other:
        replay = kept.replay("episode_1")
        kept.close()
        other.execute("BEGIN IMMEDIATE")
        Witness(Shared(kept, replay), str(run), keep_going=False).remark(*MISS)
        assert rung(bell)
        assert (MISS,) == account(kept, replay, str(run)).remarks
    os.close(bell)
