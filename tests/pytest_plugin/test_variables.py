"""What the environment says of a run of tests is honoured."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.cli.scripts import TALK, said
from tests.pytest_plugin.suite import Suite, suite
from tests.servers.script import document
from tests.servers.wire import Server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.script import Asked, Script

AGENT = """
import datetime, os, random, time
import pytest
from talk import ask

@pytest.mark.episode
def test_it(episode):
    ask("hello")
    episode.output("drawn", random.randint(0, 10**9) if os.environ.get("DRAW") else 0)
    if os.environ.get("SLOW"):
        time.sleep(60)
    episode.check("when", datetime.datetime.now().isoformat())
"""

TEMPERATURE = """
import os, httpx2, pytest

@pytest.mark.episode
def test_it():
    question = {"model": "x", "max_tokens": 9, "temperature": 0.5, "messages": [{"role": "user", "content": "Hi"}]}
    headers = {"anthropic-version": "2023-06-01"}
    httpx2.post(os.environ["AGENT_BASE_URL"] + "/v1/messages", json=question, headers=headers)
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """A suite of two tests, recorded and accepted, with one seed."""
    found = suite(tmp_path_factory.mktemp("suite") / "project", agent=AGENT, heat=TEMPERATURE)
    found.write("tests/conftest.py", "import sys, pathlib; sys.path.insert(0, str(pathlib.Path(__file__).parent))\n")
    found.write("tests/talk.py", TALK)
    with Server() as server:
        server.on("POST /ask", said)
        server.on("POST /v1/messages", said_nothing)
        found.variables = {"AGENT_BASE_URL": server.url, "TEST_SEED": "7", "DRAW": "1"}
        ran = found.pytest("--replaykit-record=all")
    assert {"passed": 2} == ran.counts, ran.text
    return found


def said_nothing(_asked: Asked) -> Script:
    """An answer without a message."""
    return document({"type": "message", "role": "assistant", "content": []})


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, ""),
        ({"TEST_TEMPERATURE": "0.5", "TEST_TIMEOUT": "50", "TEST_NORMALIZE_OUTPUTS": "yes"}, ""),
        ({"TEST_SEED": "8"}, "output drawn"),
        ({"TEST_TEMPERATURE": "0"}, "step 1 asks with temperature 0.5, and TEST_TEMPERATURE is 0"),
        ({"TEST_NORMALIZE_OUTPUTS": "0"}, "as they stand (TEST_NORMALIZE_OUTPUTS=0)"),
        ({"SLOW": "1", "TEST_TIMEOUT": "0.5"}, "the test took more than the 0.5 seconds of TEST_TIMEOUT"),
        ({"TEST_SEED": "seven"}, "TEST_SEED='seven' is not a whole number"),
        ({"TEST_TIMEOUT": "-1"}, "TEST_TIMEOUT='-1' is not a number of seconds above zero"),
        ({"TEST_TEMPERATURE": "nan"}, "TEST_TEMPERATURE='nan' is not a number"),
        ({"TEST_NORMALIZE_OUTPUTS": "maybe"}, "TEST_NORMALIZE_OUTPUTS='maybe' is not 1 or 0"),
    ],
    ids=str,
)
def test_each(recorded: Suite, variables: dict[str, str], says: str) -> None:
    """A seed, a limit of time, a temperature, and whether rules hold for outputs; what cannot be meant is an error."""
    ran = recorded.pytest(**variables)
    assert (int(bool(says)), True) == (ran.exit_code, says in ran.text), ran.text


def test_a_copy_elsewhere(recorded: Suite, tmp_path: Path) -> None:
    """The same from another folder: a cassette is the project's, and not the machine's."""
    shutil.copytree(recorded.folder, tmp_path / "elsewhere")
    assert {"passed": 2} == Suite(tmp_path / "elsewhere", recorded.variables).pytest().counts
