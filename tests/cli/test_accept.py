"""`replaykit accept`: a draft becomes the cassette that tests read, on any machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.scripts import LIGHT
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
    assert "next: git add cassettes/agent.yaml cassettes/agent.tape" in accepted.stderr
    project.git("add", "agent.py", "cassettes")
    project.git("commit", "-q", "-m", "agent")
    project.git("clone", "-q", ".", str(tmp_path / "clone"))

    clone = Project(tmp_path / "clone")
    ran = clone.replay()
    assert (0, recorded.stdout) == (ran.exit_code, ran.stdout), ran.stderr
    assert "agent (accepted episode_" in ran.stderr
    assert b"sk-live" not in b"".join(path.read_bytes() for path in (clone.folder / "cassettes").iterdir())


def test_a_newer_draft_is_mentioned(project: Project) -> None:
    """A name means the accepted cassette, and that a newer draft exists is said; the draft has a name, too."""
    project.write("agent.py", "from talk import ask\nprint(ask('a'))\n")
    project.record()
    project.type("accept", "agent")
    project.write("agent.py", "from talk import ask\nprint(ask('b'))\n")
    project.record()
    newer = project.episode().id
    assert 1 == project.replay().exit_code
    ran = project.replay("draft:agent")
    assert 0 == ran.exit_code, ran.stderr
    project.write("agent.py", "from talk import ask\nprint(ask('a'))\n")
    assert f"a newer draft exists: {newer} (replaykit replay draft:agent)" in project.replay().stderr
    assert 1 == project.type("diff", "agent").exit_code


def test_a_cut_run_is_accepted_on_request_only(project: Project) -> None:
    """A draft of a run that was killed is refused without --yes, with the remedy."""
    project.write("agent.py", "import os\nfrom talk import ask\nask('a')\nos.kill(os.getpid(), 9)\n")
    project.record()
    refused = project.type("accept", "agent")
    assert (2, False) == (refused.exit_code, (project.folder / "cassettes").exists())
    assert "was killed, or is still going on" in refused.stderr
    assert 0 == project.type("accept", "agent", "--yes").exit_code


def test_an_unknown_draft(project: Project) -> None:
    """What is not there cannot be accepted: exit code 2."""
    assert 2 == project.type("accept", "agent").exit_code
