"""`replaykit record --again`: an episode's own command, live, and what changed."""

from __future__ import annotations

import itertools
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.servers.script import document
from tests.servers.wire import Server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.stage import Project

AGENT = """
import os
from talk import ask
print(ask("hello"), os.environ.get("MODEL_API_KEY"), os.environ.get("AGENT_MODEL"))
"""


def test_a_new_draft_and_no_difference(project: Project) -> None:
    """The command runs live under the same name; where nothing changed, the exit code is 0."""
    project.write("agent.py", AGENT)
    first = project.record(MODEL_API_KEY="sk-live-9fK2mQ8xLp7VtR3w", AGENT_MODEL="claude-x", TZ="Asia/Tokyo")
    before = project.episode()
    ran = project.type("record", "--again", "agent", MODEL_API_KEY="sk-live-9fK2mQ8xLp7VtR3w")
    after = project.episode()
    assert (0, first.stdout) == (ran.exit_code, ran.stdout), ran.stderr
    assert f"agent (draft {after.id})   1 request · " in ran.stderr
    assert before.id != after.id
    assert before.origin == after.origin


def test_it_ends_with_what_changed(project: Project, tmp_path: Path) -> None:
    """Another answer is another output: exit code 1, and `diff` with the name alone says the same again."""
    count = itertools.count(1)
    project.write("agent.py", AGENT)
    with Server() as server:
        server.on("POST /ask", lambda _asked: document({"said": f"answer {next(count)}"}))
        project.record(AGENT_BASE_URL=server.url)
        ran = project.type("record", "--again", "agent", AGENT_BASE_URL=server.url)
    assert (1, "answer 2 None None\n") == (ran.exit_code, ran.stdout), ran.stderr
    assert "stdout line 1" in ran.stderr
    told = project.type("diff", "agent")
    assert (1, True) == (told.exit_code, told.stdout.strip() in ran.stderr)
    assert not (tmp_path / "cassettes").exists()


def test_what_differs_anyway_is_marked_by_a_later_diff(project: Project) -> None:
    """Runs that were made together know of each other while they are there: `diff` says what `record` said."""
    count = itertools.count(1)
    project.write("agent.py", AGENT)
    with Server() as server:
        server.on("POST /ask", lambda _asked: document({"said": f"answer {next(count)}"}))
        project.record(AGENT_BASE_URL=server.url)
        before = project.episode()
        ran = project.type("record", "--again", "agent", "--runs", "2", AGENT_BASE_URL=server.url)
    after, (_, second, _) = project.episode(), project.ids()
    told = project.type("diff", before.id, after.id)
    assert "all of this differs between runs of the same program anyway\n" in told.stdout
    assert (1, True) == (told.exit_code, told.stdout.strip() in ran.stderr)
    assert 0 == project.type("rm", second).exit_code
    assert "anyway" not in project.type("diff", before.id, after.id).stdout


COUNTED = """
import os, pathlib, signal
from talk import ask
print(ask("hello"))
runs = pathlib.Path("runs")
runs.write_text(runs.read_text() + "x" if runs.exists() else "x")
if len(runs.read_text()) == 3:
    {}
"""
"""An agent that does something else in its third run: one recorded, then the second of `--again`."""


def test_a_run_that_fails_between_others_is_told(project: Project) -> None:
    """It is the last one, for what failed once will fail again, and is said to have failed."""
    project.write("agent.py", COUNTED.format("raise SystemExit(3)"))
    project.record()
    ran = project.type("record", "--again", "agent", "--runs", "3")
    assert (1, 3) == (ran.exit_code, project.drafts())
    assert "the run failed: exit code 3, and agent has 0; what follows came of that\n" in ran.stderr
    assert "run 2 differs from run 1 in 1 output: replaykit diff episode_" in ran.stderr


def test_a_run_that_was_ended_is_no_run_to_compare_with(project: Project) -> None:
    """What an interruption did does not pass for what differs anyway, and no run follows it."""
    project.write("agent.py", COUNTED.format("os.kill(os.getpid(), signal.SIGINT)"))
    project.record()
    ran = project.type("record", "--again", "agent", "--runs", "3")
    assert (0, 3) == (ran.exit_code, project.drafts()), ran.stderr
    assert "anyway" not in ran.stderr


def test_what_is_set_now_counts(project: Project) -> None:
    """Live, a variable that is set now beats the recorded one, and a missing key is missing: no stand-in is sent."""
    project.write("agent.py", AGENT)
    project.record(AGENT_MODEL="old", MODEL_API_KEY="sk-live-9fK2mQ8xLp7VtR3w")
    ran = project.type("record", "--again", "agent", AGENT_MODEL="new")
    assert (1, "hello! None new\n") == (ran.exit_code, ran.stdout)
    assert ran.stderr.startswith("not set now, and set when agent was recorded: MODEL_API_KEY\n")


BLOCK = """
import replaykit
from talk import ask
with replaykit.record("support"):
    ask("hello")
"""


def test_an_episode_of_a_block_names_its_program(project: Project) -> None:
    """It has no command: neither a replay nor a new recording tries to run one, and both say which program it was."""
    project.write("rd.py", BLOCK)
    subprocess.run(
        [sys.executable, "rd.py"], cwd=project.folder, env=project.environment({}), check=True, stdout=subprocess.PIPE
    )
    for words in (["record", "--again", "support"], ["replay", "support"]):
        refused = project.type(*words)
        assert 2 == refused.exit_code
        assert "support was recorded inside a program (rd.py): run that again" in refused.stderr


def test_it_takes_no_other_command(project: Project) -> None:
    """A command or a name beside --again makes no sense, and neither does nothing at all."""
    for words in (["--again", "agent", "--", "python", "x.py"], ["--again", "agent", "--as", "other"], []):
        assert 2 == project.type("record", *words).exit_code
    assert 0 == project.drafts()
