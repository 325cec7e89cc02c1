"""What the plugin costs: nothing outlives a test, and nothing is loaded, asked or looked at that nobody needs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from replaykit.cassette import save
from replaykit.core.model import Episode
from tests.cli.scripts import TALK, said
from tests.cli.stage import VENV
from tests.pytest_plugin.suite import Suite, suite
from tests.servers.wire import Server

COUNTING = """
import gc

def pytest_sessionfinish(session):
    from replaykit.core.model import Episode

    print("alive:", sum(isinstance(each, Episode) for each in gc.get_objects()), "of", len(session.items))
"""

TESTS = """
import gc, pytest

gc.disable()  # so that an episode goes when the last who has it goes, or never

@pytest.mark.episode("nothing")
@pytest.mark.parametrize("number", range(3))
def test_asks_nothing(number):
    pass
"""


def test_no_episode_outlives_its_test(tmp_path: Path) -> None:
    """A run of 3,000 tests holds one episode at a time, and leaves none to the garbage collector."""
    made = suite(tmp_path, quiet=TESTS)
    made.write("conftest.py", COUNTING)
    save(tmp_path / "cassettes", Episode("episode_quiet1", "nothing"))
    ran = made.pytest("-s")
    assert {"passed": 3} == ran.counts, ran.text
    assert "alive: 0 of 3" in ran.text


ASKING = """
import pathlib, pytest, sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from talk import ask

@pytest.mark.episode
@pytest.mark.parametrize("city", ["Paris", "Rome"])
def test_asks(city):
    assert ask(city) == city + "!"
"""

LOOKING = """
import pytest, sys

def pytest_collect_file(file_path):
    print("looked at:", file_path.name)

@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary():
    yield  # what is said at the end loads something, too
    print("loaded:", *sorted(name.removeprefix("replaykit.") for name in sys.modules))
"""

GIT = """#!/bin/sh
echo "$@" >> "$ASKED"
echo Ann
"""

COSTLY = {
    "a request that is not the recorded one": "core.map core.normalize core.reading core.redact.redactor core.uses",
    "a step that is told": "core.compare core.explain core.steps core.threads providers pytest_plugin.account",
    "a recording": "core.content launch.draft pytest_plugin.keys store",
    "a tool, or an output": "tools",
    "a pool of threads": "concurrent.futures.thread",
}
"""What takes time to load, by what alone needs it; a module stands for everything below it."""


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """A suite of two tests, recorded and accepted by somebody whose git writes down what it is asked."""
    folder = tmp_path_factory.mktemp("asking")
    found = suite(folder / "project", asking=ASKING)
    found.warm = False
    found.write("tests/talk.py", TALK)
    found.write("conftest.py", LOOKING)
    git = folder / "bin" / "git"
    git.parent.mkdir()
    git.write_text(GIT)
    git.chmod(0o755)
    with Server() as server:
        server.on("POST /ask", said)
        found.variables = {
            "AGENT_BASE_URL": server.url,
            "ASKED": str(folder / "asked"),
            "PATH": os.pathsep.join([str(git.parent), VENV, os.defpath]),
        }
        ran = found.pytest("--replaykit-record=all")
    assert {"passed": 2} == ran.counts, ran.text
    return found


def test_git_is_asked_once(asking: Suite) -> None:
    """Who works here is the same for all the tests of a run: a name and an address are asked for, once each."""
    asked = Path(asking.variables["ASKED"]).read_text().splitlines()
    assert ["user.name", "user.email"] == [line.rpartition(" ")[2] for line in asked]


def test_a_replay_loads_and_looks_at_little(asking: Suite) -> None:
    """Where every request is the recorded one, nothing explains, hides or keeps; cassettes are not taken for tests."""
    ran = asking.pytest("-s")
    assert {"passed": 2} == ran.counts, ran.text
    loaded = ran.text.partition("loaded:")[2].split()
    assert "cassette.tape" in loaded
    costly = tuple(f"{name}." for names in COSTLY.values() for name in names.split())
    assert [] == [name for name in loaded if f"{name}.".startswith(costly)]
    assert "looked at: test_asking.py" in ran.text
    assert "looked at: test_asking.test_asks" not in ran.text


def test_a_folder_with_anything_else_is_looked_at(asking: Suite) -> None:
    """Only what holds nothing but pages and tapes is passed over, whatever it is called."""
    other = asking.folder / "cassettes" / "test_here.txt"
    other.write_text(">>> 1\n1\n")
    try:
        ran = asking.pytest("-s", "--collect-only")
    finally:
        other.unlink()
    assert "looked at: test_here.txt" in ran.text
