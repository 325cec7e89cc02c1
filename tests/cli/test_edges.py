"""Where a program meets its machine: daemons, descriptors, locks, full disks, proxies, runs within runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from replaykit.config import load
from replaykit.launch import runs
from replaykit.session.names import named
from replaykit.store import Store
from tests.cli.stage import PATIENCE

if TYPE_CHECKING:
    from tests.cli.stage import Project
    from tests.servers.wire import Server

DAEMON = """
import os
from talk import ask
print(ask("before"), flush=True)
reading, writing = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.dup2(reading, 0)
    os.closerange(3, 1000)
    files = [open(f"own{n}", "w") for n in range(6)]
    os.read(0, 1)  # its end is the command's
    try:
        ask(os.environ.get("WORD", "daemon"))
    except Exception:
        pass
    for n, file in enumerate(files):
        file.write(f"own{n}")
        file.close()
    os._exit(0)
"""

LOCKING = """
import os, sqlite3
from talk import ask
ask("a")
if "WORD" in os.environ:
    other = sqlite3.connect("episodes/episodes.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        ask(os.environ["WORD"])
    except Exception:
        pass
"""

FULL = """
import os, resource
from talk import ask
ask("a")
if "WORD" in os.environ:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        ask(os.environ["WORD"])
    except Exception:
        pass
    os._exit(0)
"""

SAYING = """
import os
from talk import ask
ask("a")
for name in sorted(os.environ):
    if name.startswith(("REPLAYKIT", "PYTHON", "TZ")) or name.lower().endswith("_proxy"):
        print(name, os.environ[name])
"""

LEAVING = """
import os, subprocess, sys
from pathlib import Path
from talk import ask
ask("a")
if "LEAVE" in os.environ:
    pause = "import signal; print(flush=True); signal.pause()"
    child = subprocess.Popen([sys.executable, "-c", pause], start_new_session=True, stdout=subprocess.PIPE)
    child.stdout.readline()
    Path("pid").write_text(str(child.pid))
    os._exit(0)
"""


def test_a_daemon_is_part_of_the_run(project: Project) -> None:
    """A child that outlives the command and closes all it knows nothing of is recorded, replayed, and caught."""
    project.write("agent.py", DAEMON)
    recorded = project.record()
    assert (0, "before!\n") == (recorded.exit_code, recorded.stdout), recorded.stderr
    assert "still runs" not in recorded.stderr
    assert [b'{"text":"before"}', b'{"text":"daemon"}'] == [
        step.request.body.data for step in project.episode().exchanges
    ]
    own = [f"own{n}" for n in range(6)]
    assert own == [(project.folder / name).read_text() for name in own]
    with Store(project.folder / "episodes" / "episodes.db", create=False) as store:
        assert () == store.check()
    assert 0 == project.replay().exit_code
    other = project.replay(WORD="something else")
    assert 1 == other.exit_code
    assert "1 not recorded" in other.stderr


def test_a_process_that_lives_on_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A recording warns of a child that does not end; a replay is not the same, for nobody sees what it does."""
    monkeypatch.setattr("replaykit.launch.runs.PATIENCE", 0.1)
    monkeypatch.chdir(project.write("agent.py", LEAVING).parent)
    for name, value in project.environment({"LEAVE": "1"}).items():
        monkeypatch.setenv(name, value)
    store, config = project.folder / "episodes" / "episodes.db", load(project.folder)
    recorded = runs.record([sys.executable, "agent.py"], config, store)
    pids = [Path("pid").read_text()]
    replayed = runs.replay(named("agent", config, store), config, store, runs.How())
    pids.append(Path("pid").read_text())
    for each in pids:
        os.kill(int(each), signal.SIGKILL)
    assert any(text.startswith(f"process {pids[0]} (python") for text in recorded.warnings)
    assert "different" == replayed.verdict.verdict
    (difference,) = replayed.verdict.differences
    assert difference.text.startswith(f"process {pids[1]} (python")
    assert difference.text.endswith("still runs")
    capfd.readouterr()


def test_what_a_program_sees_of_us_is_the_same_in_a_replay(project: Project, tmp_path: Path) -> None:
    """Seed, zone and our own variables are those of the recording; a proxy, a way beyond the machine, is not there."""
    project.variables["TMPDIR"] = str(tmp_path)  # where no other test runs an `agent`
    project.write("agent.py", SAYING)
    ran = project.record()
    assert {"PYTHONHASHSEED", "PYTHONPATH", "REPLAYKIT_RUN", "TZ"} == {
        line.split()[0] for line in ran.stdout.splitlines()
    }
    again = project.replay(https_proxy="http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:9", PYTHONHASHSEED="7")
    assert (0, ran.stdout) == (again.exit_code, again.stdout), again.stderr


def test_a_run_within_a_run_is_its_own(recorded: Project, model: Server) -> None:
    """`record -- replaykit replay` replays: nothing of the inner run is sent, or part of the outer episode."""
    before = len(model.requests)
    outer = recorded.type("record", "--as", "outer", "--", sys.executable, "-m", "replaykit", "replay", "agent")
    assert (0, "a!\n") == (outer.exit_code, outer.stdout), outer.stderr
    assert "same: 1 same" in outer.stderr
    assert before == len(model.requests)
    assert () == recorded.episode("outer").steps


@pytest.mark.parametrize(("script", "said"), [(LOCKING, "1 not recorded"), (FULL, "different")], ids=["lock", "disk"])
def test_a_miss_is_not_lost_with_the_store(project: Project, script: str, said: str) -> None:
    """A miss is told at once while the store is locked; where nothing can be written, the end of the run tells."""
    project.write("agent.py", script)
    assert 0 == project.record().exit_code
    ran = project.replay(WORD="b")
    assert 1 == ran.exit_code
    assert said in ran.stderr


def test_a_store_that_goes_away_is_said(project: Project) -> None:
    """When the program deletes its own folder of episodes, the exit code passes, and the loss is named."""
    project.write(
        "agent.py",
        "import shutil\nfrom talk import ask\nask('a')\nshutil.rmtree('episodes')\nask('b')\nraise SystemExit(3)\n",
    )
    ran = project.record()
    assert 3 == ran.exit_code
    assert "the store was deleted, moved or replaced while it was in use" in ran.stderr
    assert not (project.folder / "episodes").exists()


def test_ctrl_c_while_loading_says_nothing(project: Project, tmp_path: Path) -> None:
    """Interrupted before it could begin, the command ends by the signal and prints no traceback."""
    (tmp_path / "click.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    ran = subprocess.run(
        project.line("list"),
        cwd=project.folder,
        env=project.environment({"PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(runs.__file__).parents[2]}"}),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (-signal.SIGINT, b"", b"") == (ran.returncode, ran.stdout, ran.stderr)
