"""`--contracts` of `record` and `replay`: exchanges held against the project's contracts, as they pass."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from replaykit.store import Store
from tests.cli.conftest import settle
from tests.contracts.asking import NAME, adopt, asking
from tests.servers.models import anthropic_messages
from tests.servers.script import document
from tests.servers.wire import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.stage import Project, Ran
    from tests.servers.script import Asked, Script

ASKS = """
import os, sys
from talk import ask
print(ask("a", headers={"x-api": os.environ.get("API", "1")}))
ours = ("jsonschema", "replaykit.contracts", "replaykit.core.contract")
print([name for name in sys.modules if name.startswith(ours)])
sys.exit(int(os.environ.get("CODE", "0")))
"""

FAMILY = """
import asyncio, os, subprocess, sys
import httpx2
from talk import URL, ask

HEADERS = {"x-api": os.environ.get("API", "1")}


async def later():
    async with httpx2.AsyncClient() as client:
        await client.post(URL, json={"text": "task"}, headers=HEADERS)


ask("main", headers=HEADERS)
asyncio.run(later())
subprocess.run([sys.executable, "-c", f"from talk import ask; ask('child', headers={HEADERS})"], check=True)
"""

UPGRADED = """
import os
import httpx2

VERSION = os.environ["SDK"]
KEY = {"x-api-key": "k"} if VERSION < "2026" else {"authorization": "Bearer k"}
QUESTION = {"model": "claude-x", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], "temperature": 0}
answer = httpx2.post(os.environ["AGENT_BASE_URL"] + "/v1/messages", json=QUESTION,
                     headers={"anthropic-version": VERSION, **KEY})
print(answer.json()["content"][0]["text"])
"""

FAIL = '[tool.replaykit]\ncontracts = "fail"\n'


@pytest.fixture(scope="module")
def place() -> Iterator[Server]:
    """A server whose answers say more than was promised."""
    with Server() as server:
        server.on("POST /ask", said)
        server.on("POST /v1/messages", anthropic_messages)
        yield server


def said(asked: Asked) -> Script:
    """The answer to `ask`, with 24 fields that nobody knows."""
    return document(
        {"said": f"{asked.json()['text']}!"} | {f"new{'abcdefghijklmnopqrstuvwx'[n]}": n for n in range(24)}
    )


@pytest.fixture(scope="module")
def promised(tmp_path_factory: pytest.TempPathFactory, place: Server) -> Project:
    """A project that has adopted what answers have always to have; each test clears what it sets."""
    project = settle(tmp_path_factory.mktemp("promised") / "project", place)
    project.write("agent.py", ASKS)
    adopt(project.folder, asking("mood"))
    return project


@pytest.fixture(scope="module")
def departed(promised: Project) -> Ran:
    """What came of recording it, so that it is to fail."""
    return promised.type("record", "--contracts", "fail", "--", "python", "agent.py")


def test_a_recording_that_departs_fails(promised: Project, departed: Ran) -> None:
    """Its output is as ever and its draft is kept; what departs is told, the worst first, and ends with exit code 1."""
    assert (1, "a!\n[]\n") == (departed.exit_code, departed.stdout)
    head, *rest = departed.stderr.split("\n\n")
    draft = head.removeprefix("agent (draft ").partition(")")[0]
    with Store(promised.folder / "episodes" / "episodes.db", create=False) as store:
        assert store.episode(draft) is not None
    lines = rest[0].splitlines()
    assert lines[0].startswith(f"BREAK {NAME} /mood a required field is gone · first seen ")
    assert " · 1 of 1 · ack: none (" in lines[0]
    assert 20 == sum(each.startswith(("BREAK", "ADD", "and ")) for each in lines)
    assert f"and 6 more findings: replaykit contract check {draft}" == lines[-2]
    assert lines[-1].startswith("to accept it for now: replaykit contract ack ")


def test_an_acknowledgement_is_enough(promised: Project, departed: Ran) -> None:
    """What departed is in the journal, so that it can be acknowledged: then the recording no longer fails."""
    assert 1 == departed.exit_code
    journal = json.loads((promised.folder / "episodes" / "drift.json").read_text())
    key = next(key for key, each in journal["findings"].items() if each["path"] == "/mood")
    until = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    said = promised.type("contract", "ack", key, "--owner", "ann", "--reason", "being mended", "--until", until)
    assert 0 == said.exit_code, said.stderr
    again = promised.type("record", "--contracts", "fail", "--", "python", "agent.py")
    (promised.folder / "contracts" / "acks.json").unlink()
    assert (0, "a!\n[]\n") == (again.exit_code, again.stdout), again.stderr


def test_a_program_that_fails_has_its_own_exit_code(promised: Project) -> None:
    """It passes through, and what departs is told behind it; the project's word holds where no option is given."""
    promised.write("pyproject.toml", FAIL)
    ran = promised.record(CODE="3")
    (promised.folder / "pyproject.toml").unlink()
    assert 3 == ran.exit_code
    assert f"BREAK {NAME} /mood" in ran.stderr


def test_off_is_off(promised: Project) -> None:
    """With `off`, against the project's own word, nothing is looked at."""
    promised.write("pyproject.toml", FAIL)
    ran = promised.type("record", "--contracts", "off", "--", "python", "agent.py")
    (promised.folder / "pyproject.toml").unlink()
    assert (0, "a!\n[]\n") == (ran.exit_code, ran.stdout), ran.stderr
    assert NAME not in ran.stderr


def test_a_project_that_has_adopted_none(project: Project) -> None:
    """Runs as ever, in a recording and in a replay, with one warning that says what adopts one; nothing is imported."""
    project.write("agent.py", ASKS)
    runs = [project.type("record", "--contracts", "fail", "--", "python", "agent.py")]
    runs += [project.replay("agent", "--contracts", "fail")]
    for ran in runs:
        assert (0, "a!\n[]\n") == (ran.exit_code, ran.stdout), ran.stderr
        assert 1 == ran.stderr.count("this project has adopted none: "), ran.stderr
        assert "`replaykit contract add NAME` adopts one" in ran.stderr


def test_a_damaged_contract_is_said_first(project: Project, model: Server) -> None:
    """Nothing is run, for it might cost something; the file is named."""
    project.write("agent.py", ASKS)
    adopt(project.folder, asking())
    path = project.folder / "contracts" / NAME / "1.0.0.json"
    path.write_text(path.read_text().replace("said", "sang"))
    model.requests.clear()
    ran = project.type("record", "--contracts", "warn", "--", "python", "agent.py")
    assert (2, "", []) == (ran.exit_code, ran.stdout, model.requests)
    assert "1.0.0.json: this contract was changed after it was published" in ran.stderr
    assert 0 == project.drafts()


def test_what_a_replay_sends_is_looked_at_in_every_process(project: Project) -> None:
    """Of tasks and of children, too: a finding is told once, with how often, and fails what is to fail."""
    project.write("agent.py", FAMILY)
    adopt(project.folder, asking())
    before = project.type("record", "--contracts", "fail", "--", "python", "agent.py")
    assert 0 == before.exit_code, before.stderr
    after = project.replay("agent", "--contracts", "fail", "--json", API="2")
    told = after.json
    (found,) = told["drift"]
    assert ("ours.version", "OURS", NAME, 3) == tuple(found[each] for each in ("id", "grade", "contract", "times"))
    assert found["open"] is True
    assert (1, ["differently"] * 3 + ["drift"]) == (after.exit_code, [each["kind"] for each in told["differences"]])


def test_an_upgrade_shows_without_a_network(project: Project, place: Server) -> None:
    """The story of 2026-10-21: another version of the interface is asked for, and it refuses what was recorded."""
    project.write("agent.py", UPGRADED)
    project.variables["AGENT_BASE_URL"] = place.url
    assert 0 == project.type("contract", "add", "anthropic.messages").exit_code
    before = project.type("record", "--contracts", "fail", "--", "python", "agent.py", SDK="2023-06-01")
    assert (0, "You said: Hi\n") == (before.exit_code, before.stdout), before.stderr
    place.requests.clear()
    after = project.replay("agent", "--contracts", "warn", SDK="2026-10-21")
    assert (1, []) == (after.exit_code, place.requests), after.stderr
    told = [each.partition(" · ")[0] for each in after.stderr.splitlines() if each.startswith("OURS")]
    version = 'another version of the interface is asked for "2026-10-21" (the contract binds to 2023-06-01)'
    assert [
        f"OURS  anthropic.messages sent /anthropic-version {version}",
        "OURS  anthropic.messages sent /temperature a field is sent that is refused",
    ] == told
