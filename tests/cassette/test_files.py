"""The two files of a cassette: written together, found by name, and never written over a damaged one."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import checked, load, names, read, save
from replaykit.cassette.page import verify
from replaykit.core.model import Episode, Outputs
from replaykit.errors import CassetteError, UsageError
from tests.turns import agent, bodies

if TYPE_CHECKING:
    from pathlib import Path

EPISODE = Episode("episode_abc234", "support", steps=tuple(agent("support", 3)))


def test_what_was_accepted_is_read(tmp_path: Path) -> None:
    """An accepted episode is found by its name, or by either of its files, and knows that it was accepted."""
    paths = save(tmp_path / "cassettes", EPISODE)
    assert ["support.yaml", "support.tape"] == [path.name for path in paths]
    for found in (load(tmp_path / "cassettes", "support"), *map(read, paths)):
        assert found == EPISODE.accepted()
        assert bodies(EPISODE.steps) == bodies(found.steps if found else ())
    assert "*.tape binary " in (tmp_path / "cassettes" / ".gitattributes").read_text()
    assert {".gitattributes", "support.tape", "support.yaml"} == {
        path.name for path in (tmp_path / "cassettes").iterdir()
    }


def test_git_leaves_tapes_as_they_are(tmp_path: Path) -> None:
    """Also where a repository says that all its files are text: no line end in a tape is another after a checkout."""
    (tmp_path / ".gitattributes").write_text("* text eol=lf\n")
    _, tape = save(tmp_path / "cassettes", EPISODE)
    for words in (["init", "-q"], ["check-attr", "text", "diff", "merge", "--", str(tape)]):
        told = subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert ["unset"] * 3 == [line.rpartition(" ")[2] for line in told.splitlines()]


@pytest.mark.parametrize("page", ["as it was", None])
def test_both_files_or_neither(tmp_path: Path, page: str | None) -> None:
    """Where the tape cannot be put into its place, the page is what it was, or is not there either."""
    (tmp_path / "support.tape").mkdir()
    if page:
        (tmp_path / "support.yaml").write_text(page)
    with pytest.raises(CassetteError, match="nothing was accepted"):
        save(tmp_path, EPISODE)
    assert page == ((tmp_path / "support.yaml").read_text() if (tmp_path / "support.yaml").exists() else None)


def test_absence_is_none(tmp_path: Path) -> None:
    """A name without a cassette is None; a file that was named and is not there is an error."""
    assert (None, ()) == (load(tmp_path, "support"), names(tmp_path / "nowhere"))
    with pytest.raises(CassetteError, match="No such file"):
        read(tmp_path / "support.tape")


def test_accepting_again_replaces_both(tmp_path: Path) -> None:
    """A cassette that is accepted again is the new one, page and tape; accepting the same changes no byte."""
    paths = save(tmp_path, EPISODE)
    before = [path.read_bytes() for path in paths]
    save(tmp_path, EPISODE)
    assert before == [path.read_bytes() for path in paths]
    save(tmp_path, replace(EPISODE, outputs=Outputs(b"other")))
    assert not set(before) & {path.read_bytes() for path in paths}
    assert [] == list(verify(tmp_path))


def test_attributes_of_the_project_stay(tmp_path: Path) -> None:
    """A `.gitattributes` that is there already is the project's own."""
    (tmp_path / ".gitattributes").write_text("* text\n")
    save(tmp_path, EPISODE)
    assert "* text\n" == (tmp_path / ".gitattributes").read_text()


@pytest.mark.parametrize("damage", [b"", b"garbage", b"replaykit tape 2\n"])
def test_nothing_is_written_over_a_damaged_tape(tmp_path: Path, damage: bytes) -> None:
    """A tape that cannot be read, or is of a later version, is said and stays, and so does its page."""
    page, tape = save(tmp_path, EPISODE)
    tape.write_bytes(damage)
    before = page.read_bytes()
    with pytest.raises(CassetteError, match=str(tape)):
        save(tmp_path, replace(EPISODE, outputs=Outputs(b"other")))
    assert (damage, before) == (tape.read_bytes(), page.read_bytes())


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Where no folder can be made nothing is accepted, and that is said."""
    (tmp_path / "cassettes").touch()
    with pytest.raises(CassetteError) as caught:
        save(tmp_path / "cassettes", EPISODE)
    assert "nothing was accepted" in caught.value.remedy


KILLED = """
import os, signal, sys
from pathlib import Path
from dataclasses import replace
from replaykit.cassette import load, save
from replaykit.core.model import Outputs

moved, move = [], Path.replace
def counted(self, target):
    if len(moved) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    moved.append(target)
    return move(self, target)
Path.replace = counted
save(Path(sys.argv[1]), replace(load(Path(sys.argv[1]), "support"), outputs=Outputs(b"other")))
"""


@pytest.mark.parametrize(("after", "problems"), [(0, 0), (1, 1)])
def test_a_kill_between_the_two(tmp_path: Path, after: int, problems: int) -> None:
    """Killed before the first file is moved, nothing changed; killed between the two, `verify` says so."""
    save(tmp_path, EPISODE)
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(after)], check=False)
    assert -signal.SIGKILL == done.returncode
    assert problems == len(list(verify(tmp_path)))
    found = load(tmp_path, "support")
    assert found == EPISODE.accepted()
    assert ("support",) == names(tmp_path)
    assert list(tmp_path.glob(".replaykit-*"))
    save(tmp_path, EPISODE)
    assert [] == list(verify(tmp_path))
    assert [] == list(tmp_path.glob(".replaykit-*"))


WRITING = """
import sys
from pathlib import Path
from replaykit import whole

def waiting(self, target, move=Path.replace):
    print(self, flush=True)
    sys.stdin.read()
    return move(self, target)
Path.replace = waiting
whole.write({Path(sys.argv[1], "theirs"): b"theirs"})
"""


def test_the_drafts_of_the_living_stay(tmp_path: Path) -> None:
    """What another process is writing at the moment is not taken away, nor a file that only looks like a draft."""
    others = [
        tmp_path / name
        for name in (".replaykit-", ".replaykit-settings", ".replaykit-0123456789ab.txt", ".replaykit-0123456789AB")
    ]
    for each in others:
        each.write_text("mine")
    (tmp_path / ".replaykit-0123456789ab").symlink_to(others[0])
    with subprocess.Popen(
        [sys.executable, "-c", WRITING, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        draft = other.stdout.readline().strip()
        save(tmp_path, EPISODE)
        assert draft in map(str, tmp_path.glob(".replaykit-*"))
        other.communicate()
    assert "theirs" == (tmp_path / "theirs").read_text()
    assert {"mine"} == {each.read_text() for each in (*others, tmp_path / ".replaykit-0123456789ab")}


@pytest.mark.parametrize(
    "name", ["support", "episode_12345", "Größe 2", "v1.2", "test_x[a-1]", "a=b, c@d+e", "_x", "é" * 100, "1"]
)
def test_a_name_that_is_a_file(tmp_path: Path, name: str) -> None:
    """Names of tests and people are names of episodes, and come back from the folder as they are."""
    assert name == checked(name)
    save(tmp_path, replace(EPISODE, name=name))
    assert (name,) == names(tmp_path)
    found = load(tmp_path, name)
    assert found is not None
    assert name == found.name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".hidden",
        "a/b",
        "../a",
        "a\\b",
        "a\0",
        "a\n",
        "-x",
        "a:b",
        "a*",
        "end.",
        "end ",
        "é" * 120,
        "latest",
    ],
)
def test_a_name_that_is_no_file(tmp_path: Path, name: str) -> None:
    """A name that leads elsewhere, is no file name everywhere or means something else is refused."""
    with pytest.raises(UsageError, match="cannot be called"):
        checked(name)
    assert load(tmp_path, name) is None
    with pytest.raises(UsageError, match="cannot be called"):
        save(tmp_path, replace(EPISODE, name=name))
    assert [] == list(tmp_path.iterdir())
