"""`scan`, as a person, a script and a hook of git type it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner, Result

from benchmarks.workload import Run, answer
from replaykit import cassette
from replaykit.cli import group
from tests.cli.stage import Project
from tests.report.scenes import kept, travel
from tests.scan.hoard import GITHUB, PLAIN, episode, exchange, found, on_tape

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one draft, accepted; the current folder."""
    (tmp_path / "pyproject.toml").write_text("", "utf-8")
    (tmp_path / "episodes").mkdir()
    draft = kept(tmp_path / "episodes" / "episodes.db", travel(), "support")
    cassette.save(tmp_path / "cassettes", draft)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typed(*words: str, **environment: str) -> Result:
    """What came of `scan` with these words; no secret of these tests is in it."""
    done = CliRunner().invoke(group, ["scan", *words], env=environment)
    assert [] == [secret for secret in (GITHUB, PLAIN) if secret in done.output]
    return done


@pytest.mark.usefixtures("project")
def test_a_clean_project() -> None:
    """Without a path, the store and the cassettes are looked through; that there is nothing is said on stderr."""
    done = typed()
    assert (0, "", "4 files: no secrets\n") == (done.exit_code, done.stdout, done.stderr)


def test_a_page_that_was_edited(project: Path) -> None:
    """A secret that a hand put into a page is named by file, line and kind, with what to do; the exit code is 1."""
    page = project / "cassettes" / "support.yaml"
    page.write_text(page.read_text("utf-8") + f"# by the way: {GITHUB}\n", "utf-8")
    count = len(page.read_text("utf-8").splitlines())
    done = typed()
    assert (1, f"cassettes/support.yaml:{count}: github token\n") == (done.exit_code, done.stdout)
    assert "`hide` in [tool.replaykit]" in done.stderr


def test_a_rule_of_the_project(project: Path) -> None:
    """What the project hides is found where it was recorded before the rule was there."""
    assert 0 == typed().exit_code
    (project / "pyproject.toml").write_text("[tool.replaykit]\nhide = {seat = 'seat is \\d+[A-F]'}\n", "utf-8")
    done = typed("cassettes/support.tape")
    assert (1, "cassettes/support.tape: step ") == (done.exit_code, done.stdout[:29])
    assert ": seat" in done.stdout


def test_a_variable_of_this_moment(project: Path) -> None:
    """The value of a secret variable is found, and named by the variable."""
    (project / "notes.txt").write_text(f"it was {PLAIN}\n", "utf-8")
    assert 0 == typed("notes.txt", THEIR_API_KEY="").exit_code
    assert "notes.txt:1: the value of THEIR_API_KEY\n" == typed("notes.txt", THEIR_API_KEY=PLAIN).stdout


def test_for_scripts(project: Path) -> None:
    """A script gets each finding with its place in parts, and what could not be read."""
    on_tape(project, episode(exchange(), exchange(json.dumps({"text": GITHUB}).encode())))
    (project / "broken.tape").write_text("no tape", "utf-8")
    done = typed("support.tape", "broken.tape", "--json")
    said = json.loads(done.stdout)
    expected = {
        "path": "support.tape",
        "episode": None,
        "step": 2,
        "line": None,
        "place": "request body",
        "kind": "github token",
        "times": 1,
    }
    assert (1, False, 2, [expected]) == (done.exit_code, said["clean"], said["files"], said["findings"])
    assert ["broken.tape: this is no tape"] == [problem.partition(";")[0] for problem in said["problems"]]


def test_what_cannot_be_read(project: Path) -> None:
    """When nothing was found and a file cannot be read, the exit code is 2, and which file is said."""
    (project / "cassettes" / "broken.tape").write_text("no tape", "utf-8")
    done = typed("cassettes", "nowhere.yaml")
    assert (2, "") == (done.exit_code, done.stdout)
    assert "error: cassettes/broken.tape: this is no tape" in done.stderr
    assert "error: nowhere.yaml: No such file" in done.stderr


def test_a_name_that_is_no_name(project: Path) -> None:
    """A place is shown harmless and without the secret that it may be called by."""
    on_tape(project, episode(exchange(headers=((f"\x1b[2J;{GITHUB}", f"Bearer {GITHUB}"),))))
    done = typed("support.tape")
    assert 1 == done.exit_code
    assert done.stdout.startswith("support.tape: step 1, request header \\x1b[2j;ghp_[redacted]: ")


def test_where_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project without a recording is told how to make one."""
    monkeypatch.chdir(tmp_path)
    done = typed()
    assert (0, "") == (done.exit_code, done.stdout)
    assert "replaykit record" in done.stderr


def test_our_own_cassettes_are_clean() -> None:
    """What is in this repository holds no secret."""
    assert [] == found(ROOT / "cassettes")


def test_a_long_episode_is_looked_through_in_no_time(tmp_path: Path) -> None:
    """200 turns, 38 MB of requests, take a fraction of what reading them all would: what is repeated is skipped."""
    run = Run(turns=200)
    bodies = run.requests()
    bodies[-1] = bodies[-1].replace(b'"tools"', f'"note":"{GITHUB}","tools"'.encode())
    path = on_tape(tmp_path, episode(*(exchange(body, answer(run.name, turn)) for turn, body in enumerate(bodies))))
    began = time.perf_counter()
    assert ["support.tape: step 200, request body: github token"] == found(path)
    assert time.perf_counter() - began < 3


# -------------------------------------------------------------------- hooks


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook as pre-commit runs it on the files that are staged."""

    id: str

    def run(self, project: Project) -> subprocess.CompletedProcess[str] | None:
        """What came of it; None when no file is its business."""
        (hook,) = (each for each in HOOKS if each["id"] == self.id)
        staged = project.git("diff", "--cached", "--name-only", "--diff-filter=ACMRTUXB").splitlines()
        files = [name for name in staged if re.search(hook["files"], name)]
        if not files:
            return None
        words = [
            *shlex.split(hook["entry"]),
            *hook.get("args", ()),
            *(files if hook.get("pass_filenames", True) else ()),
        ]
        return self._ran(words, project)

    def _ran(self, words: Sequence[str], project: Project) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, cwd=project.folder, env=project.environment({}), text=True, capture_output=True, check=False
        )


@pytest.fixture
def repository(project: Path) -> Project:
    """The same project as a repository, all of it staged."""
    theirs = Project(project)
    theirs.git("init", "-q")
    theirs.git("add", "--all")
    return theirs


def test_the_hooks_are_well_defined() -> None:
    """Each has what pre-commit asks for, and runs a command that there is."""
    assert ["replaykit-verify", "replaykit-scan"] == [hook["id"] for hook in HOOKS]
    for hook in HOOKS:
        assert {"id", "name", "entry", "language", "files"} <= hook.keys()
        program, command = shlex.split(hook["entry"])
        assert ("replaykit", "python") == (program, hook["language"])
        assert isinstance(group, type(group))
        assert command in group.list_commands(None)  # type: ignore[arg-type]


def test_the_hooks_pass_what_is_sound(repository: Project) -> None:
    """Of a sound project, both let the commit through."""
    for hook in HOOKS:
        done = Hook(hook["id"]).run(repository)
        assert done is not None
        assert (0, "") == (done.returncode, done.stdout if hook["id"] == "replaykit-scan" else "")


def test_the_hooks_stop_what_is_not(repository: Project) -> None:
    """A secret in a page stops the commit twice: it is one, and the page is no longer its tape's."""
    page = repository.write("cassettes/support.yaml", f"token: {GITHUB}\n")
    repository.git("add", str(page))
    scanned, verified = Hook("replaykit-scan").run(repository), Hook("replaykit-verify").run(repository)
    assert scanned is not None
    assert verified is not None
    assert (1, "cassettes/support.yaml:1: github token\n") == (scanned.returncode, scanned.stdout)
    assert (1, True) == (verified.returncode, "support.yaml:1: not what its tape says" in verified.stderr)


def test_the_hooks_leave_other_files_alone(repository: Project) -> None:
    """A commit without recordings runs neither."""
    repository.git("commit", "-qm", "all")
    repository.git("add", str(repository.write("notes.txt", f"{GITHUB}\n")))
    assert [None, None] == [Hook(hook["id"]).run(repository) for hook in HOOKS]
