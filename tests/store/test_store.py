"""The store: drafts, replays, and what is known of either."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlite_utils

from replaykit.core.model import Failure, Origin, Outputs, Span, ToolCall, Unseen
from replaykit.core.normalize import Bound
from replaykit.errors import StoreError
from replaykit.store import KEPT_REPLAYS, Facts, Store, fresh
from tests.turns import agent, question

if TYPE_CHECKING:
    from pathlib import Path

FACTS = Facts("anthropic messages", "claude-opus-5", 900, 250)
ORIGIN = Origin(("python", "agent.py"), "agents", b"\xff", {"MODEL": "m\udcff"}, ("KEY",), "7", "UTC", "3.11")


def draft(store: Store, name: str = "support", turns: int = 0) -> str:
    """The id of a new draft with an agent's steps in it."""
    episode = store.begin(name, ORIGIN, Span(began=10.0))
    keeper = store.keeper(episode)
    for step in agent(name, turns):
        keeper.keep(step, FACTS)
    return episode


def test_a_draft_from_its_beginning_to_its_end(store: Path) -> None:
    """What started an episode and what came out of it is read as it was kept, surrogates and bytes included."""
    with Store(store) as kept:
        episode = draft(kept, turns=2)
        begun = kept.episode(episode)
        kept.output(episode, "answer", b'"42"')
        kept.output(episode, "answer", b'"43"')
        kept.saw(episode, Unseen("api.tavily.com", "urllib3"))
        kept.saw(episode, Unseen("api.tavily.com", "urllib3", 2))
        kept.saw(episode, Unseen("git", "subprocess"))
        kept.describe(episode, Origin(("python", "other.py")))
        kept.finish(episode, ended=12.5, exit_code=3, stdout=b"\x00\xff")
    with Store(store) as kept:
        found = kept.episode(episode)
    assert begun is not None
    assert found is not None
    assert (False, ORIGIN, "draft") == (begun.finished, begun.origin, begun.state)
    assert (True, Span(began=10.0, ended=12.5)) == (found.finished, found.span)
    assert Origin(("python", "other.py")) == found.origin
    assert Outputs(b"\x00\xff", 3, {"answer": b'"43"'}) == found.outputs
    assert (Unseen("api.tavily.com", "urllib3", 3), Unseen("git", "subprocess")) == found.unseen
    assert 2 == len(found.steps)


def test_a_killed_run_is_unfinished(store: Path) -> None:
    """A run that ended by a signal is marked so, and has no exit code."""
    with Store(store) as kept:
        episode = draft(kept, turns=1)
        kept.finish(episode, ended=11.0, finished=False)
        found = kept.episode(episode)
    assert found is not None
    assert (False, None) == (found.finished, found.outputs.exit_code)


def test_absence_is_none(store: Path) -> None:
    """What is not there is None or nothing, and an error only where it was to be written."""
    with Store(store) as kept:
        assert (None, None, None) == (kept.episode("episode_x"), kept.newest("x"), kept.latest())
        assert ((), (), (), {}) == (kept.summaries(), kept.matching("e"), kept.remarks("x"), kept.plays("x"))
        assert not kept.remove("episode_x")
        with pytest.raises(StoreError, match="episode_x is not in this store"):
            kept.finish("episode_x", ended=1.0)


def test_a_line_for_each_episode(store: Path) -> None:
    """A summary counts steps without retries, adds up tokens and names the models; the newest comes first."""
    with Store(store) as kept:
        first, second = draft(kept, "first", 3), draft(kept, "second")
        keeper = kept.keeper(second)
        keeper.keep(question(b"a"), Facts("anthropic messages", "b", 1, 2))
        keeper.keep(question(b"b"), Facts("openai chat", "a", None, 5))
        keeper.keep(ToolCall("weigh", b"{}", failure=Failure("ValueError", "")), Facts("weigh"))
        one, other = kept.summaries()
    assert (second, "second", 3, ("a", "b"), 1, 7) == (
        one.id,
        one.name,
        one.steps,
        one.models,
        one.input_tokens,
        one.output_tokens,
    )
    assert (first, 3, ("claude-opus-5",), 2700, 750, None) == (
        other.id,
        other.steps,
        other.models,
        other.input_tokens,
        other.output_tokens,
        other.ended,
    )


def test_the_newest_is_the_last_that_was_begun(store: Path) -> None:
    """By name or of all; a clock that was set back changes nothing."""
    with Store(store) as kept:
        kept.begin("a", Origin(), Span(began=99.0), id="episode_a1")
        kept.begin("a", Origin(), Span(began=1.0), id="episode_a2")
        kept.begin("b", Origin(), Span(began=50.0), id="episode_b")
        assert ("episode_a2", "episode_b") == (kept.newest("a"), kept.latest())


def test_the_beginning_of_an_id(store: Path) -> None:
    """Ids are found by their beginning, with or without the word, and wildcards are letters."""
    with Store(store) as kept:
        for each in ("episode_abc", "episode_abd", "episode_x%_", "other_abc"):
            kept.begin("a", Origin(), Span(), id=each)
        assert ("episode_abc", "episode_abd") == kept.matching("ab")
        assert ("episode_abc",) == kept.matching("episode_abc")
        assert ("episode_x%_",) == kept.matching("x%")
        assert () == kept.matching("%")
        assert () == kept.matching("ABC")


def test_an_id_is_given_once(store: Path) -> None:
    """Beginning an episode under an id that is taken is an error, and harms nothing."""
    with Store(store) as kept:
        kept.begin("a", Origin(), Span(), id="episode_12345")
        with pytest.raises(StoreError, match="UNIQUE"):
            kept.begin("b", Origin(), Span(), id="episode_12345")
        assert ["a"] == [each.name for each in kept.summaries()]


def test_ids_can_be_read_aloud() -> None:
    """A fresh id has six letters, none of which is mistaken for another."""
    ids = {fresh("episode") for _ in range(100)}
    assert 100 == len(ids)
    assert all(re.fullmatch(r"episode_[a-km-np-z0-9]{6}", each) for each in ids)


def test_a_step_is_served_once(store: Path) -> None:
    """Of all who want a recorded step, one gets it; how it was served is remembered."""
    with Store(store) as kept, Store(store) as other:
        replay = kept.replay("episode_abc")
        assert ["ours", "taken", "taken"] == [each.claim(replay, 3, {"rules": {}}) for each in (kept, other, kept)]
        assert other.claim(replay, 4, {}) == "ours"
        assert other.claim(kept.replay("episode_abc"), 3, {}) == "ours"
        assert {3: {"rules": {}}, 4: {}} == kept.plays(replay)


def test_remarks_stand_in_their_order(store: Path) -> None:
    """What is known of a run is numbered as it happened, of one kind or of all."""
    with Store(store) as kept:
        for number in range(12):
            kept.remark("replay_a", "miss" if number % 2 else "ran", {"number": number})
        kept.remark("replay_b", "miss", {"number": 99})
        assert list(range(12)) == [each.detail["number"] for each in kept.remarks("replay_a")]
        assert [1, 3, 5, 7, 9, 11] == [each.detail["number"] for each in kept.remarks("replay_a", "miss")]


def test_old_replays_are_forgotten(store: Path) -> None:
    """Of an episode's replays the last twenty are remembered, with all that belongs to them, and no row more."""
    with Store(store) as kept:
        episode, replays = draft(kept), list[str]()
        for _ in range(KEPT_REPLAYS + 3):
            replays.append(kept.replay(episode))
            kept.claim(replays[-1], 0, {})
            kept.remark(replays[-1], "miss", {})
        assert [0] * 3 + [1] * KEPT_REPLAYS == [len(kept.plays(each)) for each in replays]
        kept.remove(episode)
    with closing(sqlite3.connect(store)) as connection:
        for table in ("episodes", "steps", "frames", "replays", "plays", "remarks"):
            assert [(0,)] == connection.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608


def test_removing_one_leaves_the_others(store: Path) -> None:
    """An episode goes with its steps, outputs and replays; those around it stay byte for byte."""
    with Store(store) as kept:
        ids = [draft(kept, name, 5) for name in ("a", "b", "c")]
        for each in ids:
            kept.output(each, "answer", b"1")
            kept.claim(kept.replay(each), 0, {})
        before = [kept.episode(each) for each in ids]
        kept.remove(ids[1])
        assert [before[0], None, before[2]] == [kept.episode(each) for each in ids]
        assert [each.request.body.data for each in agent("c", 5)] == [
            each.request.body.data for each in (kept.episode(ids[2]) or pytest.fail("gone")).exchanges
        ]
        assert () == kept.remarks(ids[1])


def test_an_episode_costs_the_same_among_many(store: Path) -> None:
    """Finding, opening and continuing an episode reads no other's rows: every query goes by a key."""
    queries = list[str]()
    with Store(store) as kept:
        for number in range(30):
            draft(kept, f"other {number}", 3)
        episode = draft(kept, "support", 3)
        with kept._database.connection() as connection:  # noqa: SLF001 - SQLite says itself what it does
            connection.set_trace_callback(queries.append)
            kept.newest("support")
            kept.latest()
            kept.matching(episode[8:12])
            kept.episode(episode)
            kept.keeper(episode).keep(question(b"more"), FACTS)
            replay = kept.replay(episode)
            kept.claim(replay, 0, {})
            kept.remark(replay, "miss", {})
            kept.finish(episode, ended=2.0)
            kept.remove(episode)
            connection.set_trace_callback(None)
            asked = [each for each in queries if re.match("SELECT|INSERT|UPDATE|DELETE", each)]
            plans = {each: connection.execute(f"EXPLAIN QUERY PLAN {each}").fetchall() for each in asked}
    assert len(plans) > 20
    scans = [
        (query, detail)
        for query, plan in plans.items()
        for *_, detail in plan
        if detail.startswith("SCAN") and "CONSTANT ROW" not in detail and "ORDER BY number DESC LIMIT 1" not in query
    ]
    assert [] == scans


def test_a_pair_is_bound_for_all_processes_of_a_replay(store: Path) -> None:
    """What one connection has bound no other can bind differently; then the step is not taken either."""
    one, other, third = (Bound("id", b"a" * 16, letter * 16) for letter in (b"b", b"c", b"b"))
    swapped = Bound("id", b"d" * 16, b"b" * 16)
    with Store(store) as kept, Store(store) as again:
        replay = kept.replay("episode_abc")
        assert kept.claim(replay, 0, {"rules": {}}, (one,)) == "ours"
        assert ["bound", "bound"] == [again.claim(replay, 1, {"rules": {}}, (each,)) for each in (other, swapped)]
        assert again.claim(replay, 1, {"rules": {}}, (third,)) == "ours"
        assert [one] == list(again.bound(replay).values())
        assert {0, 1} == set(kept.plays(replay))


def test_it_opens_in_sqlite_utils(store: Path) -> None:
    """The tables and views can be read by people: what happened, when, by which model, in words."""
    with Store(store) as kept:
        episode = draft(kept, turns=2)
        kept.keeper(episode).keep(ToolCall("weigh", b"{}", b"1", began=3_000_000, took=4), Facts("weigh"))
        kept.finish(episode, ended=11.0, exit_code=0)
    database = sqlite_utils.Database(store)
    assert {"bindings", "episodes", "steps", "frames", "replays", "plays", "remarks"} == set(database.table_names())
    assert {"overview", "timeline"} == set(database.view_names())
    (overview,) = database["overview"].rows
    assert {
        "id": episode,
        "name": "support",
        "recorded": "1970-01-01 00:00:10",
        "finished": 1,
        "exit_code": 0,
        "steps": 3,
        "models": "claude-opus-5",
        "input_tokens": 1800,
        "output_tokens": 500,
    } == overview
    last = list(database["timeline"].rows)[-1]
    assert (episode, 3, 3, 4, "tool", "weigh") == tuple(last.values())[:6]
    assert ["episodes"] == [each.other_table for each in database.table("steps").foreign_keys]
    assert "-- " in database["steps"].schema
    database.close()


def test_a_sound_store_has_no_problems(store: Path) -> None:
    """Checking reads everything, drafts under way included, and finds nothing."""
    with Store(store) as kept:
        draft(kept, turns=20)
        kept.finish(draft(kept, turns=20), ended=11.0)
        assert () == kept.check()


def test_a_projects_own_folder_ignores_itself(tmp_path: Path) -> None:
    """Where we make the folder `episodes`, git sees nothing in it; others, and one that was there, are left alone."""
    made, there, other = (tmp_path / name for name in ("made/episodes", "there/episodes", "other"))
    there.mkdir(parents=True)
    for folder in (made, made, there, other):
        with Store(folder / "episodes.db"):
            pass
    assert [True, False, False] == [(folder / ".gitignore").exists() for folder in (made, there, other)]
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    seen = subprocess.run(
        ["git", "-C", str(tmp_path), "status", "--porcelain", "-uall"], check=True, capture_output=True, text=True
    ).stdout
    assert {"?? other/episodes.db", "?? there/episodes/episodes.db"} == set(seen.splitlines())
