"""A program that closes descriptors it does not know, and a store whose file goes away: nothing is spoilt."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from replaykit.core.model import Origin, Span
from replaykit.errors import StoreError
from replaykit.store import Facts, Store
from tests.launch.conftest import importing
from tests.turns import bodies, question

STORY = """
import os, posix, sys
from pathlib import Path
from replaykit.errors import StoreError
from replaykit.store import Facts, Store
from tests.turns import question

store = Store(Path(sys.argv[1]))
keeper = store.keeper(sys.argv[2])
opened = []

def keep(text):
    keeper.keep(question(text), Facts("x"))

def own(*names):
    for name in names:
        opened.append(open(Path(sys.argv[1]).with_name(name), "w+"))
        opened[-1].write(name)
        opened[-1].flush()

keep(b"before")
"""
"""The beginning of a program that keeps steps and has files of its own."""

OWN = ["a", "b", "c", "d", "e", "f"]


def played(store: Path, script: str) -> tuple[str, list[bytes]]:
    """What such a program printed and what it kept, after both its files and the store were found sound."""
    with Store(store) as kept:
        episode = kept.begin("daemon", Origin(), Span())
        out = subprocess.run(
            [sys.executable, "-c", f"{STORY}\n{script}", str(store), episode],
            env=importing(),
            text=True,
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
        assert () == kept.check()
        found = kept.episode(episode)
        assert found is not None
        files = {each.name: each.read_text() for each in store.parent.iterdir() if not each.name.startswith("episodes")}
        assert {name: name for name in files} == files
        return out, bodies(found.steps)


ALL = f"own(*{OWN})"

DAEMON = f"""
if os.fork():
    os.wait()
    keep(b"parent")
    sys.exit()
os.setsid()
os.closerange(3, 1000)
{ALL}
keep(b"daemon")
"""


@pytest.mark.parametrize(
    "closing", ["os.closerange(3, 1000)", "for n in range(3, 64):\n try: os.close(n)\n except OSError: pass"]
)
def test_closing_everything_closes_nothing_of_ours(store: Path, closing: str) -> None:
    """A program that closes every descriptor, and opens files of its own, keeps on, and its files hold what is its."""
    assert ("", [b"before", b"after"]) == played(store, f"{closing}\n{ALL}\nkeep(b'after')")


def test_a_daemon_keeps_on(store: Path) -> None:
    """A forked child that closes what it has inherited writes to the store, and so does its parent."""
    assert [b"before", b"daemon", b"parent"] == played(store, DAEMON)[1]


def test_what_was_closed_behind_our_back_is_opened_again(store: Path) -> None:
    """Descriptors that C code has closed are noticed, and nothing is lost."""
    assert ("", [b"before", b"after"]) == played(store, "posix.closerange(3, 1000)\nkeep(b'after')")


def test_a_number_that_is_somebody_elses_is_left_alone(store: Path) -> None:
    """A file that the program has opened under the store's number is neither written nor closed, to the very end."""
    script = "posix.closerange(3, 1000)\nown('a')\nkeep(b'after')\ndel store, keeper\nos.fstat(opened[0].fileno())"
    assert ("", [b"before", b"after"]) == played(store, script)


@pytest.mark.parametrize("fork", ["", "if os.fork():\n os.wait()\n os._exit(0)"])
def test_locking_through_somebody_elses_file_is_refused(store: Path, fork: str) -> None:
    """Where the program has taken the number that SQLite locks through, keeping is an error that says so."""
    script = f"{fork}\nposix.closerange(3, 1000)\n{ALL}\ntry: keep(b'after')\nexcept StoreError as error: print(error)"
    out, kept = played(store, script)
    assert [b"before"] == kept
    assert "the program has closed the store's files" in out


CLOSING = """
import os, sys
from pathlib import Path
from replaykit.store import Store
before = os.close, os.closerange
with Store(Path(sys.argv[1])):
    assert before != (os.close, os.closerange)
    assert "close" == os.close.__name__
    holder = type("Holder", (), {"close": os.close})()
    reading, writing = os.pipe()
    holder.close(reading)
    os.close(fd=writing)
    try:
        os.close(writing)
    except OSError as error:
        print(error.strerror)
assert before == (os.close, os.closerange)
"""


def test_closing_is_as_ever_without_a_store(store: Path) -> None:
    """`os.close` is the system's own before a store is opened and after it was closed, and never becomes a method."""
    ran = subprocess.run([sys.executable, "-c", CLOSING, str(store)], capture_output=True, text=True, check=False)
    assert (0, "Bad file descriptor\n", "") == (ran.returncode, ran.stdout, ran.stderr)


def test_two_stores_of_one_file(store: Path) -> None:
    """A store that is closed leaves what it shared with another one of the process protected."""
    with Store(store) as kept:
        episode = kept.begin("two", Origin(), Span())
        Store(store).close()
        numbers = [n for n in range(3, 64) if _name(n).startswith(str(store))]
        assert {"episodes.db", "episodes.db-wal", "episodes.db-shm"} == {Path(_name(n)).name for n in numbers}
        for number in numbers:
            os.close(number)
        assert numbers == [n for n in numbers if _name(n)]
        kept.keeper(episode).keep(question(b"still"), Facts("x"))
        with Store(store) as again:
            assert 1 == len(again.summaries())
    assert [] == [n for n in range(3, 64) if _name(n).startswith(str(store))]


def _name(number: int) -> str:
    try:
        return str(Path(f"/dev/fd/{number}").readlink())
    except OSError:
        return ""


@pytest.mark.parametrize("instead", [False, True])
def test_a_store_that_goes_away_is_said(store: Path, *, instead: bool) -> None:
    """Nothing is kept in a file that somebody has deleted, or put another one in place of."""
    with Store(store) as kept:
        episode = kept.begin("gone", Origin(), Span())
        keeper = kept.keeper(episode)
        keeper.keep(question(b"one"), Facts("x"))
        shutil.rmtree(store.parent)
        if instead:
            store.parent.mkdir()
            Store(store).close()
        with pytest.raises(StoreError, match="deleted, moved or replaced"):
            keeper.keep(question(b"two"), Facts("x"))
        with pytest.raises(StoreError, match="deleted, moved or replaced"):
            kept.remark(episode, "ran", {})


def test_a_store_is_its_owners(store: Path) -> None:
    """Nobody else can read what was said: the file and those beside it are for the owner alone."""
    with Store(store) as kept:
        kept.begin("private", Origin(), Span())
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in store.parent.iterdir()}
    assert dict.fromkeys(("episodes.db", "episodes.db-shm", "episodes.db-wal"), 0o600) == modes


COLLECTED = """
import gc, os, sys
from pathlib import Path
from replaykit.store import Store

gc.disable()
lost = Store(Path(sys.argv[1]))
lost.summaries()
lost.itself = lost
del lost
sys.setprofile(lambda frame, event, _: frame.f_code.co_name == "_settle" and event == "call" and gc.collect())
found = Store(Path(sys.argv[2]))
print(len(found.summaries()))
found.close()
sys.setprofile(None)
print(os.close is __import__("posix").close)
"""
"""Opens a store; while its descriptors are being held, another one is collected as garbage."""


def test_a_store_that_is_collected_while_another_is_opened(store: Path) -> None:
    """Garbage is collected when it pleases the interpreter, on the thread that is in the middle of something."""
    with Store(store):
        pass
    words = [sys.executable, "-c", COLLECTED, str(store), str(store.with_name("other.db"))]
    ran = subprocess.run(words, env=importing(), text=True, check=True, stdout=subprocess.PIPE, timeout=60)
    assert "0\nTrue\n" == ran.stdout
