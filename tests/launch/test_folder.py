"""The folder of a run: there while it runs, in the same place the next time, gone afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from replaykit.launch.folder import run_folder
from replaykit.launch.settings import note
from tests.launch.conftest import importing

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of temporary things of our own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def root(temp: Path) -> Path:
    """Where our runs have their folders."""
    return temp / f"replaykit-{os.getuid()}"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives until it is killed."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def test_gone_with_its_run(temp: Path) -> None:
    """A folder lasts as long as its block, an error in there included, and is nobody else's to read."""

    def run() -> None:
        with run_folder("support") as folder:
            Path(folder, "processes").touch()
            assert 0o700 == Path(folder).stat().st_mode & 0o777
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert [] == [*temp.iterdir()]


def test_the_same_place_again(root: Path) -> None:
    """Runs of one name have the same folder one after the other, and another one at the same time."""
    with run_folder("Support agent") as first, run_folder("Support agent") as second:
        assert [root / "support-agent-1", root / "support-agent-2"] == [Path(first), Path(second)]
    with run_folder("Support agent") as folder:
        assert first == folder


@pytest.mark.parametrize("name", ["", "..", "/", "ünïcödé", "x" * 300])
def test_any_name_will_do(root: Path, name: str) -> None:
    """A folder is made for a name whatever is in it, directly below that of our runs, and short."""
    with run_folder(name) as folder:
        assert root == Path(folder).parent
        assert len(Path(folder).name) < 50


def test_a_forked_child_leaves_it_alone(root: Path) -> None:
    """A child that leaves the block, being a copy of its parent, takes nothing away."""
    inside = ExitStack()
    folder = inside.enter_context(run_folder())
    child = os.fork()
    if child == 0:
        inside.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert [Path(folder)] == [*root.iterdir()]
    inside.close()


def test_it_stays_as_long_as_a_process_of_its_run(root: Path, sleeper: subprocess.Popen[bytes]) -> None:
    """While a process that announced itself lives, its folder stays as it is, and the next run has another one."""
    with run_folder("support") as folder:
        note(folder, "start", sleeper.pid, ("sleep", "60"))
    with run_folder("support") as other:
        assert "support-2" == Path(other).name
    assert ["processes"] == [each.name for each in Path(folder).iterdir()]
    sleeper.kill()
    sleeper.wait()
    with run_folder("support") as again:
        assert (folder, []) == (again, [*Path(again).iterdir()])
    assert not root.exists()


HOLD = """
import sys
from pathlib import Path
from replaykit.launch.folder import run_folder
with run_folder("support") as folder:
    Path(folder, "processes").touch()
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_run_left_is_removed(temp: Path, root: Path) -> None:
    """The next run, of whatever name, removes what a killed one has left, and nothing else."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env=importing() | {"TMPDIR": str(temp)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    (temp / "replaykit-notes").mkdir()
    with process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        with run_folder("other"):
            held = left.is_dir()
        process.kill()
    (root / "notes").touch()
    with run_folder("other"):
        assert (True, False) == (held, left.exists())
        assert (root / "notes").exists()
    assert (temp / "replaykit-notes").is_dir()


@pytest.mark.parametrize("trap", ["link", "open", "file", "foreign"])
def test_a_place_that_is_somebody_elses_is_not_used(temp: Path, root: Path, trap: str) -> None:
    """A folder of our name that leads elsewhere, or that others can write or own, is left alone."""
    (temp / "elsewhere").mkdir(0o700)
    if trap == "link":
        root.symlink_to(temp / "elsewhere")
    elif trap == "file":
        root.touch(0o700)
    else:
        root.mkdir(0o700)
        if trap == "open":
            root.chmod(0o777)
        elif os.geteuid():
            pytest.skip("only root gives a folder away")
        else:
            os.chown(root, NOBODY, NOBODY)
    with run_folder("support") as folder:
        assert root != Path(folder).parent
        assert 0o700 == Path(folder).parent.stat().st_mode & 0o777
    assert not Path(folder).parent.exists()
    assert [] == [*(temp / "elsewhere").iterdir()]


WAIT = "import signal; print('ready', flush=True); signal.pause()"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_gone_with_a_recording_that_was_ended(temp: Path, root: Path, ending: signal.Signals) -> None:
    """Ctrl-C and a polite end take the folder of a recorded command with them."""
    project = temp / "project"
    project.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "replaykit", "record", "--as", "x", "--", sys.executable, "-c", WAIT],
        env=importing() | {"TMPDIR": str(temp)},
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert "ready\n" == process.stdout.readline()
        assert [root / "x-1"] == [*root.iterdir()]
        process.send_signal(ending)
    assert (-ending, []) == (process.returncode, [*temp.glob("replaykit*")])
