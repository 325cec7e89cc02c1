"""The ledger of a replay: a step is served once, whoever asks."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from replaykit.core.model import Origin, Span
from replaykit.session.ledger import Memory, Shared
from replaykit.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from replaykit.session.ledger import Ledger


@pytest.fixture
def opened(store: Path) -> Iterator[Store]:
    """A store with nothing in it."""
    with Store(store) as opened:
        yield opened


@pytest.fixture(params=["memory", "forked", "shared"])
def ledger(request: pytest.FixtureRequest, opened: Store, tmp_path: Path) -> Ledger:
    """Every kind: one that never forks, one that has forked, and the shared one of a replay of a draft."""
    if request.param != "shared":
        memory = Memory(lambda _kind, _detail: None, lambda: tmp_path / "replay.db")
        if request.param == "forked":
            memory.before_fork()
        return memory
    return Shared(opened, opened.replay(opened.begin("story", Origin(), Span())))


def test_a_step_is_claimed_once(ledger: Ledger) -> None:
    """Of eight threads that want the same ten steps at once, exactly one has each."""
    granted: Counter[int] = Counter()
    together = threading.Barrier(8)

    def claim() -> None:
        together.wait()
        granted.update(position for position in range(10) if ledger.claim(position, {}) == "ours")

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(claim) for _ in range(8)]:
            done.result()
    assert dict.fromkeys(range(10), 1) == dict(granted)


def test_memory_commits_what_has_to_survive(tmp_path: Path) -> None:
    """A remark is committed at once; a named output stays in memory, where it is compared."""
    committed: list[tuple[str, Mapping[str, object]]] = []
    ledger = Memory(lambda kind, detail: committed.append((kind, detail)), lambda: tmp_path / "replay.db")
    ledger.remark("output", {"name": "a"})
    ledger.remark("miss", {"account": "b"})
    assert [("miss", {"account": "b"})] == committed
    assert ["output", "miss"] == [kind for kind, _ in ledger.remarks]


def test_a_fork_loses_nothing(tmp_path: Path) -> None:
    """What was claimed and noted before a fork and after it stands there once, in its order, and stays claimed."""
    ledger = Memory(lambda _kind, _detail: None, lambda: tmp_path / "replay.db")
    ledger.claim(3, {"rules": {"id": []}})
    ledger.remark("output", {"name": "a", "value": "1"})
    for _ in range(2):
        ledger.before_fork()
    ledger.remark("miss", {"account": "b"})
    assert ["taken", "ours", "taken"] == [ledger.claim(3, {}), ledger.claim(1, {}), ledger.claim(1, {})]
    assert {3: {"rules": {"id": []}}, 1: {}} == ledger.plays
    assert [("output", {"name": "a", "value": "1"}), ("miss", {"account": "b"})] == ledger.remarks
    ledger.close()


def test_without_a_place_for_a_file_it_stays_in_memory() -> None:
    """Where nothing can be written, a fork changes nothing for the process itself."""

    def nowhere() -> Path:
        raise PermissionError

    ledger = Memory(lambda _kind, _detail: None, nowhere)
    ledger.before_fork()
    assert ["ours", "taken"] == [ledger.claim(3, {}), ledger.claim(3, {})]
    assert {3: {}} == ledger.plays


def test_shared_is_seen_by_everybody(opened: Store) -> None:
    """What one process claims and remarks, another one finds in the store."""
    replay = opened.replay(opened.begin("story", Origin(), Span()))
    Shared(opened, replay).claim(3, {"rules": {"id": []}})
    Shared(opened, replay).remark("ran", {"name": "book"})
    with Store(opened.path) as other:
        assert "taken" == Shared(other, replay).claim(3, {})
        assert {3: {"rules": {"id": []}}} == other.plays(replay)
        assert [("ran", {"name": "book"})] == [(each.kind, each.detail) for each in other.remarks(replay)]
