"""The one-to-one map of a replay that several processes take part in: what one has bound holds for all."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.core.match import Ambiguous, Found, Index, Learnt, Missing
from replaykit.core.model import Body, Episode, Exchange, Origin, Request, Response, Span
from replaykit.session.ledger import Memory, Shared
from replaykit.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from replaykit.core.match import Claims, Grant
    from replaykit.core.normalize import Bound
    from replaykit.session.ledger import Ledger

ONE, TWO = "0b1f6d1e-7c55-4a50-9a52-3ad1a1d0a001", "1c2f6d1e-7c55-4a50-9a52-3ad1a1d0a002"
LIVE, MORE = "9d8e6d1e-7c55-4a50-9a52-3ad1a1d0a009", "8d8e6d1e-7c55-4a50-9a52-3ad1a1d0a008"


def ask(text: str) -> Request:
    """A request that says this."""
    return Request("POST", "https://api.example.com/jobs", (), Body.of(text.encode()))


def step(text: str) -> Exchange:
    """A recorded exchange, answered in its own way."""
    data = f"done: {len(text)} {text[:8]}".encode()
    return Exchange(ask(text), Response(200, (), Body.of(data), (len(data),), (1,)))


STEPS = (step(f"start {ONE}"), step(f"start now {TWO}"), step(f"result of {ONE}?"), step(f"and the result of {TWO}?"))


class Process:
    """One of several that take part in a replay: an index of its own, and the ledger."""

    def __init__(self, ledger: Claims) -> None:
        """It has asked for nothing yet."""
        self._index = Index(Episode("episode_abc123", "jobs", steps=STEPS), Span)
        self._ledger = ledger

    def asks(self, text: str) -> int | str:
        """The position of the step that is served, else why none is."""
        match self._index.search(ask(text), self._ledger):
            case Found(position=position):
                return position
            case Missing(why=why):
                return why
            case Ambiguous():
                return "ambiguous"


@pytest.fixture(params=["shared", "forked"])
def processes(request: pytest.FixtureRequest, store: Path, tmp_path: Path) -> Iterator[tuple[Process, Process]]:
    """Two that share a replay: of a command, and of a block that has forked."""
    with Store(store) as one, Store(store) as other:
        replay = one.replay(one.begin("jobs", Origin(), Span()))
        ledgers: tuple[Ledger, ...] = (Shared(one, replay), Shared(other, replay))
        if request.param == "forked":
            path = tmp_path / "forked.db"
            ledgers = tuple(Memory(lambda _kind, _detail: None, lambda: path) for _ in range(2))
            for ledger in ledgers:
                ledger.before_fork()
        yield Process(ledgers[0]), Process(ledgers[1])


def test_what_one_process_has_bound_the_others_know(processes: tuple[Process, Process]) -> None:
    """An id of the parent's is the same id to its child, and cannot be another one there."""
    parent, child = processes
    assert parent.asks(f"start {LIVE}") == 0
    assert f"stands for {LIVE.replace('-', '')}" in str(child.asks(f"result of {MORE}?"))
    assert f"stands in for {ONE.replace('-', '')}" in str(child.asks(f"start now {LIVE}"))
    assert [2, 1] == [child.asks(f"result of {LIVE}?"), child.asks(f"start now {MORE}")]


def test_ids_that_two_children_bound_are_not_swapped_by_their_parent(processes: tuple[Process, Process]) -> None:
    """Each child has bound its own job; asking for the one where the other was asked for is a miss."""
    one, other = processes
    assert [0, 1] == [one.asks(f"start {LIVE}"), other.asks(f"start now {MORE}")]
    assert "in this run" in str(one.asks(f"result of {MORE}?"))
    assert [2, 3] == [one.asks(f"result of {LIVE}?"), one.asks(f"and the result of {MORE}?")]


def test_what_another_process_was_served_byte_for_byte_is_itself(processes: tuple[Process, Process]) -> None:
    """An id that did not change in one process stands for nothing else in another."""
    one, other = processes
    assert one.asks(f"start {ONE}") == 0
    assert "stands for" in str(other.asks(f"result of {LIVE}?"))


class Late:
    """A ledger that hears of others only when a claim is refused, as one does whose neighbour is a moment faster."""

    def __init__(self, ledger: Ledger) -> None:
        """Nothing was refused yet."""
        self._ledger = ledger
        self._refused = False

    def claim(self, position: int, detail: Mapping[str, Any], bound: Sequence[Bound] = ()) -> Grant:
        """What the ledger says."""
        grant = self._ledger.claim(position, detail, bound)
        self._refused |= grant == "bound"
        return grant

    def learn(self) -> Learnt:
        """What others have done, once there was a conflict."""
        return self._ledger.learn() if self._refused else Learnt()


def test_of_two_that_bind_at_once_the_later_one_looks_again(store: Path) -> None:
    """A claim that would bind what was bound meanwhile serves nothing; the next look knows better."""
    with Store(store) as one, Store(store) as other:
        replay = one.replay(one.begin("jobs", Origin(), Span()))
        assert Process(Shared(one, replay)).asks(f"start {LIVE}") == 0
        late = Process(Late(Shared(other, replay)))
        assert "stands for" in str(late.asks(f"result of {MORE}?"))
        assert {0} == set(one.plays(replay))
        assert late.asks(f"result of {LIVE}?") == 2


AGENT = """
import sys
from pathlib import Path
from tests.session.test_bound import Process, Shared, Store
with Store(Path(sys.argv[1])) as store:
    process = Process(Shared(store, sys.argv[2]))
    for line in sys.stdin:
        print(process.asks(line.strip()), flush=True)
"""


def test_real_processes_share_the_map(store: Path) -> None:
    """Two programs that ask in turn, each with its own memory, keep one map."""
    with Store(store) as kept:
        replay = kept.replay(kept.begin("jobs", Origin(), Span()))
    command = [sys.executable, "-c", AGENT, str(store), replay]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]

    def asks(number: int, text: str) -> str:
        process = running[number]
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{text}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    heard = [asks(0, f"start {LIVE}"), asks(1, f"start now {MORE}"), asks(0, f"result of {MORE}?")]
    heard += [asks(1, f"result of {LIVE}?"), asks(0, f"and the result of {MORE}?")]
    for process in running:
        process.communicate()
    assert ["0", "1", "2", "3"] == [each for each in heard if each.isdigit()]
    assert "in this run" in heard[2]


def test_a_forgotten_replay_leaves_no_pairs(store: Path) -> None:
    """What was bound goes with the replay that bound it."""
    with Store(store) as kept:
        draft = kept.begin("jobs", Origin(), Span())
        replay = kept.replay(draft)
        assert Process(Shared(kept, replay)).asks(f"start {LIVE}") == 0
        assert [(ONE.encode(), LIVE.encode())] == [(each.recorded, each.live) for each in kept.bound(replay).values()]
        kept.remove(draft)
        assert {} == kept.bound(replay)
