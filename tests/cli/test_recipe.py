"""The recipe of docs/review.md, run as it stands there: on a clone, on a branch, with a base that has gone on."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.cli.stage import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def recipe() -> dict[str, Any]:
    """The workflow that the document shows."""
    text = (ROOT / "docs" / "review.md").read_text("utf-8")
    document: dict[str, Any] = yaml.safe_load(
        text.partition("```yaml\n# .github")[2].partition("\n```")[0].partition("\n")[2]
    )
    return document


def steps() -> Iterator[str]:
    """What its steps run, in order, but for what only GitHub can do, and the replays, which have tests of their own."""
    for step in recipe()["jobs"]["review"]["steps"]:
        if "run" in step and not step["run"].startswith(("pip ", "gh ", "replaykit replay")):
            yield step["run"]


@pytest.fixture
def branch(tmp_path: Path) -> Project:
    """A clone with the bundled cassette, on a branch that renames it, while main goes on."""
    origin = Project(tmp_path / "origin")
    origin.folder.mkdir()
    origin.git("-c", "init.defaultBranch=main", "init", "-q")
    cassettes = origin.folder / "cassettes"
    cassettes.mkdir()
    for ending in (".yaml", ".tape"):
        (cassettes / f"journey{ending}").write_bytes((ROOT / "cassettes" / f"episode_12345{ending}").read_bytes())
    origin.git("add", "-A")
    origin.git("commit", "-q", "-m", "the agent")
    origin.git("clone", "-q", ".", str(tmp_path / "clone"))
    (origin.folder / "main.txt").write_text("main goes on")
    origin.git("add", "-A")
    origin.git("commit", "-q", "-m", "more")
    clone = Project(tmp_path / "clone")
    clone.git("fetch", "-q")
    clone.git("checkout", "-q", "-b", "branch")
    for ending in (".yaml", ".tape"):
        (clone.folder / "cassettes" / f"journey{ending}").unlink()
        path = clone.folder / "cassettes" / f"episode_12345{ending}"
        path.write_bytes((ROOT / "cassettes" / path.name).read_bytes())
    clone.git("add", "-A")
    clone.git("commit", "-q", "-m", "another name")
    return clone


def test_the_recipe_runs_as_it_stands(branch: Project) -> None:
    """Each step in a shell as the action gives it one; the comment, the report and the summary are there."""
    summary = branch.folder / "summary.md"
    variables = {"BASE": "origin/main", "GITHUB_STEP_SUMMARY": str(summary)}
    for script in steps():
        subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=branch.folder,
            env=branch.environment(variables),
            check=True,
            capture_output=True,
        )
    comment = (branch.folder / "review.md").read_text("utf-8")
    assert comment.startswith("### replaykit: 1 episode added and 1 removed since `origin/main`\n")
    assert comment == summary.read_text("utf-8")
    assert (branch.folder / "review.html").read_text("utf-8").lower().startswith("<!doctype html>")


def test_it_asks_for_the_whole_history() -> None:
    """Without it, the commit at which the branch began is not there."""
    checkout = next(step for step in recipe()["jobs"]["review"]["steps"] if "checkout" in step.get("uses", ""))
    assert 0 == checkout["with"]["fetch-depth"]
