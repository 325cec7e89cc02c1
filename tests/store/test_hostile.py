"""A store from anybody: whatever stands in its tables, it is read or refused by its name."""

from __future__ import annotations

import shutil
import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from replaykit.core.deltas import pack
from replaykit.core.model import Origin, Span, ToolCall, Unseen
from replaykit.core.sound import FREE
from replaykit.errors import StoreError
from replaykit.report import conversation, table, terminal
from replaykit.store import Facts, Store
from replaykit.store.schema import APPLICATION, MIGRATIONS
from tests.turns import agent, bodies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.core.model import Step

ID = "episode_abc234"

COLUMNS = {
    "episodes": ("id", "name", "began", "ended", "finished", "exit_code", "origin", "span", "stdout"),
    "steps": (
        *("id", "began", "model", "input_tokens", "output_tokens", "attempt", "base", "shared", "tail", "stream"),
        *("wide", "question_size", "answer_size", "digest"),
    ),
    "frames": ("id", "frame"),
    "remarks": ("run", "number", "kind", "detail"),
}
"""What is read of each table."""

HOSTILE: list[object] = [
    None,
    -1,
    0,
    1,
    2**62,
    float("inf"),
    1e18,
    0.5,
    "",
    "x",
    "[]",
    "{}",
    "[1]",
    '{"name":1,"value":2}',
    '{"what":"a","how":"b","times":"c"}',
    '{"began":1e400}',
    b"",
    b"\xff",
    b"\x28\xb5\x2f\xfd",
]


@pytest.fixture
def loose(store: Path) -> Path:
    """A store whose tables take anything, with one episode of six steps in it."""
    with Store(store) as kept:
        kept.begin("support", Origin(("python", "agent.py")), Span(began=1_790_000_000.0), id=ID)
        keeper = kept.keeper(ID)
        steps: list[Step] = [*agent("support", 5), ToolCall("weigh", b"{}", b"1", began=9)]
        for step in steps:
            keeper.keep(step, Facts("anthropic messages", "claude-opus-5", 900, 250))
        kept.output(ID, "answer", b"1")
        kept.saw(ID, Unseen("api.example.com", "urllib3"))
    path = store.with_name("loose.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript("".join(MIGRATIONS).replace(") STRICT;", ");").replace("STRICT, WITHOUT", "WITHOUT"))
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute("ATTACH ? AS there", (str(store),))
        for name in COLUMNS:
            stored = [row[1] for row in connection.execute(f"PRAGMA there.table_info({name})")]
            listed = ", ".join(stored)
            connection.execute(f"INSERT INTO {name} ({listed}) SELECT {listed} FROM there.{name}")  # noqa: S608
    return path


def look(path: Path) -> Iterator[str]:
    """What the commands that look make of a store."""
    with Store(path) as kept:
        for summary in kept.summaries():
            yield terminal.plain(table.table([summary]))
        for episode in (kept.episode(ID),):
            if episode is not None:
                _ = bodies(episode.steps)
                yield terminal.plain(conversation.conversation(episode))


def test_what_takes_anything_is_a_store(loose: Path) -> None:
    """The store of these tests is sound, so what is refused below is refused for cause."""
    assert ["support" in text for text in look(loose)] == [True, True]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([(table, column) for table, names in COLUMNS.items() for column in names]), st.data())
def test_any_value_in_any_column(loose: Path, place: tuple[str, str], data: st.DataObject) -> None:
    """A store with any value in any of its columns is one that can be looked at, or is refused by its name."""
    value = data.draw(st.sampled_from(HOSTILE) | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.binary())
    path = Path(shutil.copy(loose, loose.with_name("forged.db")))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        try:
            connection.execute(f"UPDATE OR REPLACE {place[0]} SET {place[1]} = ?", (value,))  # noqa: S608
        except sqlite3.IntegrityError:  # a row's number that is no number
            return
    try:
        for text in look(path):
            text.encode()
    except StoreError as error:
        assert str(path) == error.path  # noqa: PT017 - either is right, and each is checked


def test_a_time_that_is_none(loose: Path) -> None:
    """A moment beyond the calendar is refused with the way out, which works: the other episodes are there again."""
    with closing(sqlite3.connect(loose, isolation_level=None)) as connection:
        connection.execute("UPDATE episodes SET began = 1e400")
    with Store(loose) as kept:
        with pytest.raises(StoreError, match=f"{ID} is damaged: 'began' is no moment") as caught:
            kept.summaries()
        assert f"replaykit rm {ID}" in caught.value.remedy
        assert kept.remove(ID)
        assert () == kept.summaries()


def test_a_bomb(loose: Path) -> None:
    """Frames of a few bytes that claim to unpack to more than any may are refused before they are unpacked."""
    with closing(sqlite3.connect(loose, isolation_level=None)) as connection:
        first = connection.execute("SELECT min(id) FROM steps").fetchone()[0]
        connection.execute("UPDATE frames SET frame = ? WHERE id = ?", (pack(bytes(FREE + 1)), first))
        connection.execute("UPDATE steps SET answer_size = ? WHERE id = ?", (FREE + 1, first))
    tracemalloc.start()
    with pytest.raises(StoreError, match=r"step 1 of episode_abc234 is damaged: .* would unpack to"):
        list(look(loose))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 << 20
