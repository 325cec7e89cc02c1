"""`replaykit accept`: a draft becomes the cassette that tests read, on any machine."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import read
from tests.cli.scripts import ASKS, LIGHT
from tests.cli.stage import Project
from tests.servers.models import anthropic_messages
from tests.servers.script import plain
from tests.servers.wire import Server

if TYPE_CHECKING:
    from pathlib import Path

KEYED = """
import os
if not os.environ.get("MODEL_API_KEY"):
    raise SystemExit("MODEL_API_KEY is not set")
"""


@pytest.fixture
def copy(accepted: Project) -> Project:
    """A project whose episode is accepted, and has no draft any more."""
    (accepted.folder / "episodes" / "episodes.db").unlink()
    return accepted


def test_a_fresh_clone_replays_it(tmp_path: Path) -> None:
    """Recorded, accepted, committed and cloned: there it replays without store, key and server; drafts stay behind."""
    project = Project(tmp_path / "project")
    project.write("agent.py", KEYED + LIGHT)
    project.git("init", "-q")
    with Server() as server:
        server.on("POST /v1/messages", anthropic_messages)
        server.on("GET /weather", plain(b"sunny"))
        recorded = project.record(AGENT_BASE_URL=server.url, MODEL_API_KEY="sk-live-9fK2mQ8xLp7VtR3w")
    accepted = project.type("accept", "agent")
    assert (0, "") == (accepted.exit_code, accepted.stdout), accepted.stderr
    assert "next: git add cassettes/agent.yaml cassettes/agent.tape cassettes/.gitattributes\n" in accepted.stderr
    project.git("add", "agent.py", "cassettes")
    project.git("commit", "-q", "-m", "agent")
    project.git("clone", "-q", ".", str(tmp_path / "clone"))

    clone = Project(tmp_path / "clone")
    ran = clone.replay()
    assert (0, recorded.stdout) == (ran.exit_code, ran.stdout), ran.stderr
    assert "agent (accepted episode_" in ran.stderr
    assert b"sk-live" not in b"".join(path.read_bytes() for path in (clone.folder / "cassettes").iterdir())


def test_a_cassette_needs_no_store(accepted: Project) -> None:
    """Where no store can be made, as in a read-only checkout, a cassette is replayed, and a miss in it is told."""
    shutil.rmtree(accepted.folder / "episodes")
    accepted.write("episodes", "no folder")
    assert 0 == accepted.replay().exit_code
    accepted.write("agent.py", ASKS.replace("a')", "b')"))
    ran = accepted.replay()
    assert (1, True) == (ran.exit_code, "not recorded in agent" in ran.stderr), ran.stderr


def test_a_newer_draft_is_mentioned(accepted: Project) -> None:
    """A name means the accepted cassette, and that a newer draft exists is said; the draft has a name, too."""
    project = accepted
    project.write("agent.py", ASKS.replace("a')", "b')"))
    recorded = project.record()
    assert "next: replaykit replay draft:agent\nthen: replaykit accept agent " in recorded.stderr
    newer = project.episode().id
    assert 1 == project.replay().exit_code
    ran = project.replay("draft:agent")
    assert 0 == ran.exit_code, ran.stderr
    project.write("agent.py", ASKS)
    assert f"a newer draft exists: {newer} (replaykit replay draft:agent)" in project.replay().stderr
    assert 1 == project.type("diff", "agent").exit_code
    again = project.type("accept", "agent")
    assert again.stderr.endswith("next: git add cassettes/agent.yaml cassettes/agent.tape\n")


def test_a_cut_run_is_accepted_on_request_only(project: Project) -> None:
    """A draft of a run that was killed is refused without --yes, with the remedy."""
    project.write("agent.py", "import os\nfrom talk import ask\nask('a')\nos.kill(os.getpid(), 9)\n")
    project.record()
    refused = project.type("accept", "agent")
    assert (2, False) == (refused.exit_code, (project.folder / "cassettes").exists())
    assert "was killed, or is still going on" in refused.stderr
    assert 0 == project.type("accept", "agent", "--yes").exit_code


def test_there_is_no_draft(copy: Project) -> None:
    """What is accepted already is not accepted again, and what is not there at all cannot be: exit code 2."""
    refused = copy.type("accept", "agent")
    assert (2, True) == (refused.exit_code, "agent is accepted already, and has no newer draft" in refused.stderr)
    assert 2 == copy.type("accept", "other").exit_code


def test_a_run_without_steps_replaces_nothing(copy: Project) -> None:
    """A crash before the first request is no episode, and --yes does not make it one."""
    before = (copy.folder / "cassettes" / "agent.tape").read_bytes()
    copy.write("agent.py", "raise SystemExit(1)")
    copy.record()
    for words in (["agent"], ["agent", "--yes"]):
        refused = copy.type("accept", *words)
        assert (2, True) == (refused.exit_code, "has no steps: there is nothing to accept" in refused.stderr)
    assert before == (copy.folder / "cassettes" / "agent.tape").read_bytes()


def test_a_run_that_fails_replaces_one_that_does_not_on_request_only(copy: Project) -> None:
    """Exit code 1 where the cassette has 0 wants --yes."""
    copy.write("agent.py", "from talk import ask\nask('a')\nraise SystemExit(1)")
    copy.record()
    refused = copy.type("accept", "agent")
    assert (2, True) == (refused.exit_code, "ended with exit code 1, and the cassette with 0" in refused.stderr)
    assert 0 == copy.type("accept", "agent", "--yes").exit_code


def test_an_older_run_replaces_a_newer_one_on_request_only(recorded: Project) -> None:
    """When the accepted draft itself was removed, the one before it is not taken for it."""
    project = recorded
    older = project.episode().id
    project.record()
    project.type("accept", "agent")
    project.type("rm", "draft:agent")
    refused = project.type("accept", "agent")
    assert (2, True) == (refused.exit_code, f"{older} is older than the cassette" in refused.stderr)


def test_an_interrupted_run_is_called_so(project: Project) -> None:
    """Ctrl-C in a recording is neither a kill nor a run that is still going on."""
    project.write(
        "agent.py", "import os, signal\nfrom talk import ask\nask('a')\nos.kill(os.getpid(), signal.SIGINT)\n"
    )
    project.record()
    refused = project.type("accept", "agent")
    assert (2, True) == (refused.exit_code, "was interrupted (SIGINT)" in refused.stderr), refused.stderr


def test_what_only_a_replay_sees_is_accepted(copy: Project) -> None:
    """A content type stands on no page, and fails a replay until it is accepted."""
    sent = "headers={'content-type': 'application/json; charset=utf-8'}"
    copy.write("agent.py", f"from talk import ask\nprint(ask('a', {sent}))\n")
    assert 1 == copy.replay().exit_code
    copy.record()
    assert 0 == copy.type("accept", "agent").exit_code
    assert 0 == copy.replay().exit_code


def test_a_program_that_wants_another_key_is_accepted(copy: Project) -> None:
    """The name of a secret stands on no page, and a fresh clone has no value for it until it is accepted."""
    copy.write("agent.py", "import os\nfrom talk import ask\nos.environ['NEW_API_KEY']\nprint(ask('a'))\n")
    copy.record(NEW_API_KEY="9fK2mQ8xLp7VtR3w")
    assert 0 == copy.type("accept", "agent").exit_code
    assert 0 == copy.replay().exit_code


def test_every_decision_stays_in_the_cassette(copy: Project) -> None:
    """Also one that changes nothing but the command; a secret in its reason is hidden as everywhere."""
    key = "9fK2mQ8xLp7VtR3w"
    copy.record("agent.py", "--quiet")
    copy.type("accept", "agent", "--reason", f"a flag, with {key}", MODEL_API_KEY=key)
    found = read(copy.folder / "cassettes" / "agent.tape").history
    assert [("", ""), ("", "a flag, with [REDACTED:MODEL_API_KEY]")] == [(each.changed, each.why) for each in found]
