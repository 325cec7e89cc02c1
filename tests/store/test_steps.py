"""The steps of an episode: what was kept comes back, byte for byte, in little space."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.workload import Run, answer
from replaykit.core.model import Body, Episode, Exchange, Origin, Span, Step
from replaykit.errors import StoreError
from replaykit.store import Facts, Store
from replaykit.store.keeper import LARGE, ROLL
from tests.strategies import COSTLY, steps
from tests.turns import agent, bodies, question

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FACTS = Facts("anthropic messages", "claude-opus-5", 900, 250)
C = zstd.CompressionParameter


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for many examples: each is an episode of its own."""
    with Store(tmp_path_factory.mktemp("store") / "episodes.db") as store:
        yield store


def keep(store: Store, found: Sequence[Step], *, finish: bool = False) -> str:
    """The id of an episode with these steps."""
    episode = store.begin("support", Origin(), Span(began=1.0))
    keeper = store.keeper(episode)
    for step in found:
        keeper.keep(step, FACTS)
    if finish:
        store.finish(episode, ended=2.0, exit_code=0)
    return episode


def read(store: Store, episode: str) -> Episode:
    found = store.episode(episode)
    assert found is not None
    return found


def rows(store: Store, query: str) -> list[tuple[object, ...]]:
    """What the file itself says."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(store.path)) as connection:
        return connection.execute(query).fetchall()


def in_order(found: Sequence[Step]) -> tuple[Step, ...]:
    return tuple(sorted(found, key=lambda step: step.began))


grown = st.lists(st.sampled_from([b"a", b"bc", b"[", b"]", b"\0" * 40]), max_size=8).map(b"".join)


@COSTLY
@given(found=st.lists(steps, max_size=12), finish=st.booleans())
def test_any_steps_come_back(shared: Store, found: list[Step], *, finish: bool) -> None:
    """Exchanges and tool calls of any shape are the same when they are read, in the order in which they began."""
    kept = read(shared, keep(shared, found, finish=finish)).steps
    assert in_order(found) == kept
    assert bodies(in_order(found)) == bodies(kept)


@given(questions=st.lists(grown, max_size=25), finish=st.booleans())
def test_any_bodies_come_back(shared: Store, questions: list[bytes], *, finish: bool) -> None:
    """Bodies that grow, shrink, are empty or have nothing in common come back, whoever they build on."""
    found = [question(body, began=number) for number, body in enumerate(questions)]
    assert questions == bodies(read(shared, keep(shared, found, finish=finish)).steps)


@pytest.mark.parametrize("finish", [False, True])
def test_agents_that_take_turns(store: Path, *, finish: bool) -> None:
    """Three agents, their steps interleaved, are kept and come back in the order in which they began."""
    crowd = [agent(f"agent {number}", 40, start=number, said=200) for number in range(3)]
    found = [step for turn in zip(*crowd, strict=True) for step in turn]
    with Store(store) as kept:
        assert bodies(in_order(found)) == bodies(read(kept, keep(kept, found, finish=finish)).steps)


@pytest.mark.parametrize("finish", [False, True])
def test_a_run_longer_than_a_chain(store: Path, *, finish: bool) -> None:
    """600 requests that repeat one history come back, though no chain is longer than 256."""
    found = agent("long", 600, said=20)
    with Store(store) as kept:
        episode = keep(kept, found, finish=finish)
        assert bodies(found) == bodies(read(kept, episode).steps)


def test_a_clock_at_the_beginning(store: Path) -> None:
    """Where each request differs near its beginning it is packed against all of the one before, and costs little."""
    text = random.Random(1).randbytes(60_000)
    found = [question(b"It is %02d:00. " % hour + text + b"x" * hour, began=hour) for hour in range(24)]
    with Store(store) as kept:
        episode = keep(kept, found, finish=True)
        assert bodies(found) == bodies(read(kept, episode).steps)
        assert 23 == rows(kept, "SELECT count(*) FROM steps WHERE wide")[0][0]
    assert store.stat().st_size < 2 * len(text)


def test_bodies_of_5_mb(store: Path) -> None:
    """Large bodies come back, and one that returns with another beginning costs next to nothing."""
    data = random.Random(2).randbytes(5 << 20)
    found = [question(data, began=1, answer=data[::-1]), question(b"new " + data + b" end", began=2)]
    with Store(store) as kept:
        episode = keep(kept, found, finish=True)
        kept_steps = read(kept, episode).exchanges
        assert bodies(found) == bodies(kept_steps)
        assert data[::-1] == (kept_steps[0].response or pytest.fail("no response")).body.data
    assert store.stat().st_size < 2.05 * len(data)


def test_streams_are_of_bounded_length(store: Path) -> None:
    """After 4 MB of texts a new stream begins; a text too large for a stream is one by itself."""
    dice = random.Random(3)
    size = LARGE // 2
    found = [question(b"", began=number, answer=dice.randbytes(size)) for number in range(ROLL // size + 3)]
    found.insert(2, question(b"", began=1, answer=dice.randbytes(LARGE)))
    with Store(store) as kept:
        episode = keep(kept, found)
        assert in_order(found) == read(kept, episode).steps
        assert [(1,), (3,), (34,)] == rows(kept, "SELECT number FROM steps WHERE stream IS NULL AND NOT wide")
        kept.finish(episode, ended=2.0)
        assert in_order(found) == read(kept, episode).steps
        assert [(1,), (3,), (34,)] == rows(kept, "SELECT id % 1000000000 FROM frames")


def test_the_end_of_a_huge_run_is_not_waited_for(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number of streams the rest are not packed once more, and can be read like the others."""
    monkeypatch.setattr("replaykit.store.keeper.PACKED_AGAIN", 1)
    found = agent("support", 12)
    with Store(store) as kept:
        episode = keep(kept, [])
        for start in (0, 4, 8):
            keeper = kept.keeper(episode)  # each has a stream of its own
            for step in found[start : start + 4]:
                keeper.keep(step, FACTS)
        kept.finish(episode, ended=2.0)
        assert [(1,), (5,), (9,)] == rows(kept, "SELECT id % 1000000000 FROM frames")
        assert bodies(found) == bodies(read(kept, episode).steps)


def test_a_finished_episode_goes_on(store: Path) -> None:
    """A process that outlives the run keeps what it still does, though the streams have been packed already."""
    first, *rest = agent("support", 6)
    with Store(store) as kept, Store(store) as straggler:
        episode = keep(kept, [first])
        keeper = straggler.keeper(episode)
        keeper.keep(rest[0], FACTS)
        keeper.keep(rest[1], FACTS)
        kept.finish(episode, ended=2.0)
        for step in rest[2:]:
            keeper.keep(step, FACTS)
        assert bodies([first, *rest]) == bodies(read(kept, episode).steps)
        kept.finish(episode, ended=3.0)
        assert bodies([first, *rest]) == bodies(read(kept, episode).steps)


def test_a_step_that_is_not_kept_breaks_no_stream(store: Path) -> None:
    """After a write that failed, the next steps are kept in a stream of their own and can be read."""
    import sqlite3

    found = agent("support", 6)
    with Store(store) as kept:
        episode = keep(kept, found[:2])
        keeper = kept.keeper(episode)
        keeper.keep(found[2], FACTS)
        other = sqlite3.connect(store)
        other.execute("CREATE TRIGGER stop BEFORE INSERT ON frames BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        other.commit()
        with pytest.raises(StoreError, match="disk full"):
            keeper.keep(found[3], FACTS)
        other.execute("DROP TRIGGER stop")
        other.commit()
        other.close()
        for step in found[3:]:
            keeper.keep(step, FACTS)
        assert bodies(found) == bodies(read(kept, episode).steps)
        assert () == kept.check()


def test_a_connection_that_was_closed(store: Path) -> None:
    """Closing the store in the middle costs nothing: the next step opens it again."""
    found = agent("support", 4)
    with Store(store) as kept:
        episode = keep(kept, [])
        keeper = kept.keeper(episode)
        for step in found:
            keeper.keep(step, FACTS)
            kept.close()
        assert bodies(found) == bodies(read(kept, episode).steps)


def test_an_episode_that_was_removed(store: Path) -> None:
    """Whoever still records it is told so, and writes into no other."""
    with Store(store) as kept:
        episode = keep(kept, agent("support", 3))
        keeper = kept.keeper(episode)
        keeper.keep(question(b"one"), FACTS)
        assert kept.remove(episode)
        other = keep(kept, [])
        for step in (question(b"two"), question(b"", answer=b"x" * (LARGE + 1))):
            with pytest.raises(StoreError, match=f"{episode} is not in this store any more"):
                keeper.keep(step, FACTS)
        assert () == read(kept, other).steps
        with pytest.raises(StoreError, match=episode):
            kept.keeper(episode)


def test_columns_for_people(store: Path) -> None:
    """What a step was stands in columns, with whatever SQLite cannot hold spelt out."""
    with Store(store) as kept:
        keep(kept, [question(b"Paris", began=5)])
        episode = keep(kept, [])
        kept.keeper(episode).keep(question(b"Rome"), Facts("tool \udcff", "m\udc80"))
        found = rows(kept, "SELECT episode, number, began, kind, what, model, status, input_tokens FROM steps")
    assert (1, 1, 5, "exchange", "anthropic messages", "claude-opus-5", 200, 900) == found[0]
    assert (2, 1, 1, "exchange", "tool \\udcff", "m\\udc80", 200, None) == found[1]


def floor(found: Sequence[Exchange], last: Sequence[bytes]) -> int:
    """One Zstandard frame of the last requests and all answers: what cannot be gone without."""
    answers = [step.response.body.data for step in found if step.response is not None]
    options: dict[int, int] = {C.compression_level: 3, C.window_log: 27, C.enable_long_distance_matching: 1}
    return len(zstd.compress(b"".join([*last, *answers]), options=options))


def measured(run: Run) -> list[Exchange]:
    """The exchanges of the agent that the benchmarks measure."""
    asked = enumerate(run.requests())
    return [question(body, began=turn + 1, answer=answer(run.name, turn)) for turn, body in asked]


def test_200_turns_take_what_one_frame_takes(store: Path) -> None:
    """The whole file of an agent of 200 turns is at most half as large again as one frame of all that was said."""
    found = measured(Run("agent", 200))
    with Store(store) as kept:
        keep(kept, found, finish=True)
    assert ["episodes.db"] == [path.name for path in store.parent.iterdir()]
    assert store.stat().st_size < 1.5 * floor(found, bodies(found)[-1:])


def test_three_agents_take_little_more(store: Path) -> None:
    """Three agents that take turns, 100 each, take at most twice as much as one frame."""
    crowd = [measured(Run(f"agent-{number}", 100)) for number in range(3)]
    found = [step for turn in zip(*crowd, strict=True) for step in turn]
    with Store(store) as kept:
        keep(kept, found, finish=True)
    assert store.stat().st_size < 2 * floor(found, [bodies(each)[-1] for each in crowd])


def test_removing_gives_the_space_back(store: Path) -> None:
    """A removed episode takes nothing of the file with it but its own, and leaves no hole."""
    noise = [question(random.Random(number).randbytes(50_000), began=number) for number in range(20)]
    others = agent("support", 20)
    with Store(store) as kept:
        before, middle, after = keep(kept, others), keep(kept, noise, finish=True), keep(kept, others, finish=True)
        assert kept.remove(middle)
        assert not kept.remove(middle)
        assert (None, bodies(others)) == (kept.episode(middle), bodies(read(kept, before).steps))
        assert bodies(others) == bodies(read(kept, after).steps)
        assert () == kept.check()
    assert store.stat().st_size < 100_000


def test_body_is_not_read_before_it_is_asked_for(store: Path) -> None:
    """An opened episode knows each question by digest and size, also when the store has been closed since."""
    found = agent("support", 30)
    with Store(store) as kept:
        opened = read(kept, keep(kept, found))
    assert [step.request.body for step in found] == [step.request.body for step in opened.exchanges]
    store.unlink()
    assert Body.of(found[17].request.body.data).digest == opened.exchanges[17].request.body.digest
    assert found[17].request.body.data == opened.exchanges[17].request.body.data
