"""A store that cannot be opened, read or written: what is said, and that nothing kept is lost."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import replaykit
from replaykit.core.model import Origin, Span
from replaykit.errors import NotRecorded, StoreError
from replaykit.store import Facts, Store
from replaykit.store.schema import MIGRATIONS
from tests.turns import agent, bodies, question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FACTS = Facts("anthropic messages", "claude-opus-5", 900, 250)
NOBODY = 65534


def filled(store: Path, *, finish: bool = True) -> str:
    """The id of an episode of five turns in a new store."""
    with Store(store) as kept:
        episode = kept.begin("support", Origin(), Span(began=1.0))
        keeper = kept.keeper(episode)
        for step in agent("support", 5):
            keeper.keep(step, FACTS)
        if finish:
            kept.finish(episode, ended=2.0)
    return episode


def refused(store: Path, *, create: bool = True) -> StoreError:
    """The error that opening it is."""
    with pytest.raises(StoreError) as caught:
        Store(store, create=create)
    assert str(store) == caught.value.path
    assert str(caught.value).startswith(f"{store}: ")
    assert caught.value.remedy
    return caught.value


def forked(work: Callable[[], object], *, humbly: bool = True) -> None:
    """Do it in a child, `humbly` as a user who may not do everything; its error is ours."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if humbly and os.geteuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            work()
            os.write(into, b"done")
        except BaseException as error:  # noqa: BLE001 - the child must not return into the test run
            os.write(into, repr(error).encode())
        os._exit(0)
    os.close(into)
    with open(out, "rb") as said:  # noqa: PTH123 - a pipe has no path
        assert "done" == said.read().decode()
    os.waitpid(child, 0)


@contextmanager
def sealed(folder: Path, *, file: int = 0o444, mode: int = 0o555) -> Iterator[None]:
    """A folder that everybody may read and nobody may write."""
    for each in folder.iterdir():
        each.chmod(file)
    folder.chmod(mode)
    try:
        yield
    finally:
        folder.chmod(0o755)
        for each in folder.iterdir():
            each.chmod(0o644)


@pytest.fixture
def public() -> Iterator[Path]:
    """A store's place in a folder whose parents anybody may enter."""
    with tempfile.TemporaryDirectory(prefix="replaykit-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder, "episodes.db")


@pytest.mark.parametrize("content", [b"name: support\n" * 100, b"SQLite format 3\0" + b"x" * 4000, os.urandom(5000)])
def test_not_sqlite(store: Path, content: bytes) -> None:
    """A file that is something else is named, and stays as it is."""
    store.write_bytes(content)
    assert "not a database" in refused(store).message
    assert content == store.read_bytes()


def test_another_sqlite_file(store: Path) -> None:
    """Somebody's database is not written into."""
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
    before = store.read_bytes()
    assert "not a replaykit store" in refused(store).message
    assert before == store.read_bytes()


def test_a_newer_version(store: Path) -> None:
    """A store of a later version is refused with the way out, and stays as it is."""
    filled(store)
    with closing(sqlite3.connect(store)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = store.read_bytes()
    error = refused(store)
    assert f"version {len(MIGRATIONS) + 1}" in error.message
    assert "upgrade" in error.remedy
    assert before == store.read_bytes()


def test_an_empty_file_becomes_a_store(store: Path) -> None:
    """A file without a byte is nobody's, and is used."""
    store.touch()
    assert filled(store)


def test_no_store(store: Path) -> None:
    """Looking into a store that is not there says so and makes none."""
    assert "no store here" in refused(store, create=False).message
    assert not store.exists()


def test_a_name_that_is_no_text(store: Path) -> None:
    """A word that is not UTF-8 is nobody's name: there is no such draft, and nothing else is the matter."""
    filled(store)
    with Store(store) as kept:
        assert (None, (), None) == (kept.newest("\udcff"), kept.matching("\udcff"), kept.episode("\udcff"))


def test_a_folder(store: Path) -> None:
    """A folder where the file should be, or a file where the folder should be, is said."""
    store.mkdir()
    assert "this is a folder" in refused(store).message
    (store / "file").touch()
    refused(store / "file" / "episodes.db")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file(store: Path, share: float) -> None:
    """A file that lost its end is an error of ours, or is found by the check, and never gives a wrong answer."""
    episode = filled(store)
    data = store.read_bytes()
    store.write_bytes(data[: int(len(data) * share) // 1024 * 1024])
    assert harm(store, episode)


def harm(store: Path, episode: str) -> str:
    """What reading the episode and checking the store say is wrong."""
    try:
        with Store(store) as kept:
            found = kept.episode(episode)
            assert bodies(agent("support", 5)) == bodies(found.steps if found else ())
            return "; ".join(kept.check())
    except StoreError as error:
        return error.path and error.message


def test_a_changed_frame(store: Path) -> None:
    """A byte that turned is noticed for whichever step it hit, and the other episodes are not affected."""
    sound, broken = filled(store), filled(store)
    with closing(sqlite3.connect(store)) as connection:
        ((frame,),) = connection.execute("SELECT frame FROM frames WHERE id > 2000000000").fetchall()
        for place in range(5, len(frame), 7):
            changed = frame[:place] + bytes([frame[place] ^ 1]) + frame[place + 1 :]
            connection.execute("UPDATE frames SET frame = ? WHERE id > 2000000000", (changed,))
            connection.commit()
            with Store(store) as kept:
                with pytest.raises(StoreError, match=f"step . of {broken} is damaged") as caught:
                    kept.episode(broken)
                assert f"replaykit rm {broken}" in caught.value.remedy
                assert bodies(agent("support", 5)) == bodies((kept.episode(sound) or pytest.fail("gone")).steps)
                assert len(kept.check()) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("base = 5 WHERE number = 2", "builds on step 5"),
        ("base = 2 WHERE number = 2", "builds on step 2"),
        ("base = 99 WHERE number = 3", "builds on step 99"),
        ("stream = 9 WHERE number = 2", "continues step 9"),
        ("shared = -1 WHERE number = 2", "sizes are impossible"),
        ("question_size = 1 << 40 WHERE number = 2", "sizes are impossible"),
        ("answer_size = 5 WHERE number = 2", "is damaged"),
        ("digest = 5 WHERE number = 2", "not the one that was kept"),
    ],
)
def test_rows_that_make_no_sense(store: Path, change: str, said: str) -> None:
    """Steps that build on themselves, on later ones or on none, or of impossible sizes, are said and not followed."""
    episode = filled(store)
    with closing(sqlite3.connect(store)) as connection:
        connection.execute(f"UPDATE steps SET {change}")  # noqa: S608
        connection.commit()
    with Store(store) as kept, pytest.raises(StoreError, match=said):
        kept.episode(episode)


def test_a_question_of_another(store: Path) -> None:
    """Lengths that lead to another question than the recorded one are noticed when it is asked for."""
    episode = filled(store)
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("UPDATE steps SET shared = shared - 1, tail = tail + 1 WHERE number = 3")
        connection.commit()
    with Store(store) as kept:
        found = kept.episode(episode)
        assert found is not None
        with pytest.raises(StoreError, match=r"step 3 of .* not the one that was recorded"):
            _ = found.exchanges[2].request.body.data
        assert any("step 3" in problem for problem in kept.check())


def test_an_origin_that_does_not_read(store: Path) -> None:
    """An episode whose beginning was edited by hand is named."""
    episode = filled(store)
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("UPDATE episodes SET origin = '{}'")
        connection.commit()
    with Store(store) as kept, pytest.raises(StoreError, match=f"{episode} is damaged"):
        kept.episode(episode)


def test_another_process_is_writing(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that does not end is waited for, and then said; who only reads does not wait."""
    monkeypatch.setattr("replaykit.store.database.PATIENCE", 0.05)
    episode = filled(store, finish=False)
    with closing(sqlite3.connect(store, isolation_level=None)) as other, Store(store) as kept:
        keeper = kept.keeper(episode)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked") as caught:
            keeper.keep(question(b"one"), FACTS)
        assert "end it" in caught.value.remedy
        assert bodies(agent("support", 5)) == bodies((kept.episode(episode) or pytest.fail("gone")).steps)
        other.execute("COMMIT")
        keeper.keep(question(b"two"), FACTS)
        assert b"two" in bodies((kept.episode(episode) or pytest.fail("gone")).steps)


def test_another_process_writes_for_a_while(store: Path) -> None:
    """A writer that ends is waited for, and nothing is lost."""
    episode = filled(store, finish=False)
    begun = threading.Event()
    with closing(sqlite3.connect(store, isolation_level=None, check_same_thread=False)) as other, Store(store) as kept:
        other.execute("BEGIN IMMEDIATE")
        keeper = kept.keeper(episode)

        def work() -> None:
            begun.set()
            keeper.keep(question(b"late"), FACTS)

        thread = threading.Thread(target=work)
        thread.start()
        begun.wait()
        other.execute("COMMIT")
        thread.join()
        assert b"late" in bodies((kept.episode(episode) or pytest.fail("gone")).steps)


def test_a_folder_that_may_only_be_read(public: Path) -> None:
    """A store in a folder that nobody may write is listed and opened; keeping says what is wrong."""
    episode = filled(public)
    with sealed(public.parent):
        forked(lambda: _read_and_write(public, episode))


def test_an_older_store_that_may_only_be_read(public: Path) -> None:
    """What cannot be brought up to date is read as it is."""
    episode = filled(public)
    with closing(sqlite3.connect(public)) as connection:
        connection.executescript("DROP TABLE bindings; PRAGMA user_version = 1")
    with sealed(public.parent):
        forked(lambda: _read_and_write(public, episode))
    with Store(public) as store:
        assert {} == store.bound("replay_abc")


def test_a_replay_from_a_store_that_may_only_be_read(public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program replays an episode from such a store; a miss is a miss there, though it cannot be kept."""
    monkeypatch.chdir(public.parent)  # the child may not even read where the checkout is

    @replaykit.tool
    def weigh(item: str) -> str:
        return item

    def replayed(item: str) -> str:
        with replaykit.replay("support", store=public):
            return weigh(item)

    def read() -> None:
        assert "apples" == replayed("apples")
        with pytest.raises(NotRecorded, match="weigh"):
            replayed("pears")

    with replaykit.record("support", store=public):
        weigh("apples")
    read()  # what is imported late is imported now: the child may not read where Python is
    with sealed(public.parent):
        forked(read)


def test_a_file_that_may_only_be_read(public: Path) -> None:
    """The same of a file that may not be written, in a folder that may."""
    episode = filled(public)
    with sealed(public.parent, mode=0o777):
        forked(lambda: _read_and_write(public, episode))


def test_a_log_that_may_only_be_read(public: Path) -> None:
    """While another user records, the steps so far can be read by one who may not write."""
    episode = filled(public)
    with Store(public) as writing:
        writing.keeper(episode).keep(question(b"more"), FACTS)
        with sealed(public.parent):
            forked(lambda: _read_and_write(public, episode, more=[b"more"]))


def test_a_log_that_nobody_can_read(public: Path) -> None:
    """Where SQLite can neither read the log of a killed run nor make it readable, that is said, not passed over."""
    episode = filled(public)
    program = (
        "import os, sys; from pathlib import Path; from replaykit.store import Store\n"
        "from replaykit.core.model import Origin, Span\n"
        "store = Store(Path(sys.argv[1])); store.begin('killed', Origin(), Span()); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", program, str(public)], check=True)
    public.with_name("episodes.db-shm").unlink()
    with sealed(public.parent):
        forked(lambda: refused(public))
    with Store(public) as kept:
        assert 2 == len(kept.summaries())
        assert kept.episode(episode)


def _read_and_write(store: Path, episode: str, more: list[bytes] | None = None) -> None:
    with Store(store) as kept:
        assert not kept.writable
        assert [episode] == [each.id for each in kept.summaries()]
        assert [*bodies(agent("support", 5)), *(more or ())] == sorted(
            bodies((kept.episode(episode) or pytest.fail("gone")).steps), key=len
        ) or more
        with pytest.raises(StoreError, match="readonly database") as caught:
            kept.begin("new", Origin(), Span())
        assert "writable" in caught.value.remedy


def test_a_folder_where_no_store_can_be_made(public: Path) -> None:
    """Where nothing may be made, the folder is named."""
    with sealed(public.parent):
        forked(lambda: refused(public))
        forked(lambda: refused(public.parent / "deeper" / "episodes.db"))


def test_a_file_of_limited_size(store: Path) -> None:
    """When no more fits, the step is refused with a reason; what was kept is there, and the next one may fit."""
    episode = filled(store)
    forked(lambda: _overfill(store, episode), humbly=False)
    with Store(store) as kept:
        assert {"support"} == {each.name for each in kept.summaries()}
        assert bodies(agent("support", 5)) == bodies((kept.episode(episode) or pytest.fail("gone")).steps)[:5]
        assert () == kept.check()


def _overfill(store: Path, episode: str) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    keeper = Store(store).keeper(episode)

    def fill() -> None:
        for number in range(100):
            keeper.keep(question(os.urandom(20_000), began=10 + number), FACTS)

    with pytest.raises(StoreError, match=r"full|disk I/O") as caught:
        fill()
    assert "safe" in caught.value.remedy


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root mounts a small disk")
def test_a_full_disk(tmp_path: Path) -> None:
    """On a disk without space the step is refused with a reason; with space again, it is kept."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        episode = filled(disk / "episodes.db")
        ballast = disk / "ballast"
        with Store(disk / "episodes.db") as kept:
            keeper = kept.keeper(episode)
            with pytest.raises(OSError, match="No space"), ballast.open("wb") as file:
                file.writelines(b"x" * 4096 for _ in range(1000))
            with pytest.raises(StoreError, match=r"full|disk I/O"):
                keeper.keep(question(os.urandom(50_000), began=10), FACTS)
            assert bodies(agent("support", 5)) == bodies((kept.episode(episode) or pytest.fail("gone")).steps)
            ballast.unlink()
            keeper.keep(question(b"again", began=11), FACTS)
            assert b"again" == bodies((kept.episode(episode) or pytest.fail("gone")).steps)[-1]
            assert () == kept.check()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
