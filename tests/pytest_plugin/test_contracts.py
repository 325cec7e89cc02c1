"""`--replaykit-contracts`: what tests record, and what they send in a replay, held against the project's contracts."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.contracts.asking import NAME, adopt, asking, record
from tests.pytest_plugin.stage import made, run
from tests.servers.script import document
from tests.servers.wire import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.pytest_plugin.stage import Ran
    from tests.pytest_plugin.suite import Suite
    from tests.servers.script import Asked, Script

TESTS = """
    import os
    import httpx2
    import pytest

    def ask(text):
        url = os.environ["AGENT_BASE_URL"] + "/ask"
        return httpx2.post(url, json={"text": text}, headers={"x-api": "1"}).json()["said"]

    @pytest.mark.episode
    def test_one():
        assert ask("one")

    @pytest.mark.episode
    def test_two():
        assert ask("two") and ask(os.environ.get("MORE", "two again"))

    @pytest.mark.episode
    def test_odd():
        assert ask("odd")
"""

NARROW = f"OURS {NAME} sent /text another type is sent integer → string"


def said(asked: Asked) -> Script:
    """The answer to `ask`; that to `odd` is not what was promised."""
    return document({"said": 7 if asked.json()["text"] == "odd" else "yes"})


@pytest.fixture(scope="module")
def model() -> Iterator[Server]:
    with Server() as server:
        server.on("POST /ask", said)
        yield server


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory, model: Server) -> Suite:
    """A suite with three tests, one of which is answered with what was not promised; nothing is recorded yet."""
    found = made(tmp_path_factory.mktemp("promised") / "project", "agent", TESTS, AGENT_BASE_URL=model.url)
    adopt(found.folder, asking())
    return found


@pytest.fixture(scope="module")
def recorded(agent: Suite) -> Ran:
    """What came of recording it; what departs was to fail."""
    return run(agent, "--replaykit-record=all", "--replaykit-contracts=fail")


@pytest.fixture(scope="module")
def narrowed(agent: Suite, recorded: Ran, tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """A copy of it, whose contract has become narrower; what was recorded as it was promised is accepted."""
    assert recorded.outcomes, recorded.text
    folder = tmp_path_factory.mktemp("narrowed") / "project"
    shutil.copytree(agent.folder, folder)
    adopt(folder, replace(asking(), defs={"request": record(text={"type": "integer"})}))
    return replace(agent, folder=folder)


def test_a_recording_that_departs_is_not_accepted(agent: Suite, recorded: Ran) -> None:
    """Its test fails, and its draft is named with what it was; the others have their cassettes."""
    assert {"passed": 3, "error": 1} == recorded.counts
    told = recorded.account("test_odd")
    assert told.startswith("test_agent.test_odd departs from its contracts:\n")
    assert f"BREAK {NAME} /said another type string → integer" in told
    assert "to accept it for now: replaykit contract ack " in told
    tapes = {path.stem for path in (agent.folder / "cassettes").glob("*.tape")}
    assert {"test_agent.test_one", "test_agent.test_two"} == tapes
    assert f"contracts: 1 finding\n    BREAK {NAME} /said " in recorded.text


def test_what_completes_a_cassette_is_looked_at(agent: Suite, recorded: Ran) -> None:
    """A new answer that departs fails its test, and the cassette stays as it is."""
    assert {"passed": 3, "error": 1} == recorded.counts
    tape = agent.folder / "cassettes" / "test_agent.test_two.tape"
    before = tape.read_bytes()
    ran = run(agent, "--replaykit-record=missing", "--replaykit-contracts=fail", "-k", "two", MORE="odd")
    assert f"BREAK {NAME} /said another type string → integer" in ran.account("test_two")
    assert before == tape.read_bytes()


def test_what_is_sent_in_a_replay_fails_its_test(narrowed: Suite) -> None:
    """Though all requests are the recorded ones; on two workers, too."""
    ran = run(narrowed, "-n", "2", "--replaykit-contracts=fail", "-k", "one or two")
    assert {"test_one": "failed", "test_two": "failed"} == ran.outcomes, ran.text
    assert NARROW in ran.account("test_one")
    assert f"{NARROW} ×2" in ran.account("test_two")


def test_a_warning_is_told_once_for_all_tests(narrowed: Suite) -> None:
    """At the end of the run, with how many tests have it; the project's own word holds without an option."""
    narrowed.write("pyproject.toml", "[tool.pytest]\nminversion = '8'\n[tool.replaykit]\ncontracts = 'warn'\n")
    ran = run(narrowed, "-k", "one or two")
    assert {"passed": 2, "deselected": 1} == ran.counts, ran.text
    assert 1 == ran.text.count(NARROW)
    assert "contracts: 1 finding\n" in ran.text
    assert ran.text.partition(NARROW)[2].split("\n")[0].endswith(" · 2 tests")


def test_a_project_that_has_adopted_none_is_told_once(narrowed: Suite) -> None:
    """The tests pass, and one line says which command adopts one."""
    shutil.move(narrowed.folder / "contracts", narrowed.folder / "elsewhere")
    ran = run(narrowed, "-k", "one or two", "--replaykit-contracts=fail")
    shutil.move(narrowed.folder / "elsewhere", narrowed.folder / "contracts")
    assert {"passed": 2, "deselected": 1} == ran.counts, ran.text
    assert 1 == ran.text.count("this project has adopted none: ")
