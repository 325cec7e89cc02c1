"""Runs of every kind: by several processes, tests run again, started from elsewhere, without a terminal."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import read
from replaykit.pytest_plugin.orphans import NAME, told, watch
from tests.cli.scripts import TALK, said
from tests.pytest_plugin.suite import Suite, suite
from tests.servers.wire import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AGENT = """
import os, pathlib, sys
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from talk import ask

def test_unmarked():
    pass

@pytest.fixture
def late():
    yield
    assert os.environ.get("WORD") != "first"

@pytest.mark.episode
def test_one():
    ask("one")

@pytest.mark.episode
def test_second_time():
    ask(os.environ.get("WORD", "second time"))

@pytest.mark.episode
def test_late(late):
    word = os.environ.get("WORD", "late")
    assert ask(word) != "last!"

@pytest.mark.episode
@pytest.mark.parametrize("word", ["ä b", "c/d"])
def test_each(word):
    ask(word)
"""

UNMARKED = "tests of it.test_agent.test_unmarked"
"""A name that no test's episode has."""

AGAIN = """
import os
from _pytest.runner import runtestprotocol

WORDS = os.environ["WORDS"].split(",")

def pytest_runtest_protocol(item, nextitem):
    '''Run a test that fails once more, in the manner of pytest-rerunfailures.'''
    for word in WORDS:
        os.environ["WORD"] = word
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        last = word == WORDS[-1] or not any(report.failed for report in reports)
        for report in reports:
            if report.failed and not last:
                report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
        if last:
            return True
        item._initrequest()

def pytest_report_teststatus(report):
    if report.outcome == "rerun":
        return "rerun", "R", "RERUN"
"""

MUTE = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    config.pluginmanager.unregister(name="terminalreporter")
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """A suite in folders whose names have spaces and more than ASCII; one cassette is of a test without a mark."""
    found = suite(tmp_path_factory.mktemp("runs") / "a pröject ☃")
    found.write("tests of it/test_agent.py", AGENT)
    found.write("tests of it/talk.py", TALK)
    found.write("again.py", AGAIN)
    found.write("mute.py", MUTE)
    with Server() as server:
        server.on("POST /ask", said)
        found.variables = {"AGENT_BASE_URL": server.url, "PYTHONPATH": str(found.folder)}
        ran = found.pytest("--replaykit-record=all")
        assert {"passed": 6} == ran.counts, ran.text
        for ending in ("yaml", "tape"):
            shelf = found.folder / "cassettes"
            shutil.copy(shelf / f"tests of it.test_agent.test_one.{ending}", shelf / f"{UNMARKED}.{ending}")
        yield found


def test_tests_that_are_run_again_in_several_processes(recorded: Suite) -> None:
    """What they came to in the end counts, in the summary and in the report; orphans are those of all workers."""
    options = ("--replaykit-report=ran.json", "--replaykit-orphans", "-p", "again", "-n", "2", "-k", "not late")
    ran = recorded.pytest(*options, WORDS="other,second time")
    assert {"passed": 5} == ran.counts, ran.text
    assert "5 passed, 1 rerun in " in ran.text
    assert "\n4 episodes replayed: 4 same; " in ran.text
    told = json.loads((recorded.folder / "ran.json").read_text("utf-8"))
    assert (4, 4, 0) == (
        told["totals"]["tests"],
        told["totals"]["steps"]["same"],
        told["totals"]["steps"]["not_recorded"],
    )
    assert ["passed"] * 4 == [each["outcome"] for each in told["tests"]]
    assert [""] * 4 == [each["account"] for each in told["tests"]]
    assert f"\n1 cassette of cassettes/ that no collected test uses\n    {UNMARKED}\n" in ran.text
    assert "not all tests" not in ran.text


def test_a_test_that_fails_each_time(recorded: Suite) -> None:
    """Its last account is told once, in words that can be typed."""
    ran = recorded.pytest("-p", "again", "-k", "second", "--replaykit-report=ran.json", WORDS="other,third")
    assert 1 == ran.exit_code, ran.text
    (told,) = json.loads((recorded.folder / "ran.json").read_text("utf-8"))["tests"]
    assert ("failed", 1) == (told["outcome"], told["account"].count("not recorded in "))
    assert 'text: "second time" → "third"' in told["account"]
    assert "  pytest 'tests of it/test_agent.py::test_second_time' --replaykit-record=all\n" in told["account"]


def test_live_tests_that_are_run_again_count_each_time(recorded: Suite) -> None:
    """What was sent was sent, whatever came of it."""
    ran = recorded.pytest("-p", "again", "-k", "late", "--replaykit=live", WORDS="first,then")
    assert "\nlive: 2 calls of at most 100" in ran.text


def test_a_test_that_fails_when_it_is_run_again_is_not_accepted(recorded: Suite, tmp_path: Path) -> None:
    """Though its own code has passed the first time."""
    copy = Suite(shutil.copytree(recorded.folder, tmp_path / "copy"), recorded.variables)
    ran = copy.pytest("-p", "again", "-k", "late", "--replaykit-record=all", WORDS="first,last")
    assert 1 == ran.exit_code, ran.text
    assert (
        "\n1 episode recorded, 0 written to cassettes\n    tests of it.test_agent.test_late: only a draft" in ran.text
    )
    (exchange,) = read(copy.folder / "cassettes" / "tests of it.test_agent.test_late.tape").exchanges
    assert b"first" in exchange.request.body.data


def test_a_run_that_is_started_from_another_folder(recorded: Suite, tmp_path: Path) -> None:
    """What can be typed is typed there; a folder that is not there is named whole."""
    copy = Suite(shutil.copytree(recorded.folder, tmp_path / "copy"), recorded.variables)
    (copy.folder / "cassettes" / "tests of it.test_agent.test_one.tape").unlink()
    below = replace(copy, folder=copy.folder / "tests of it")
    ran = below.pytest("-k", "one or second", WORD="other")
    assert "  pytest test_agent.py::test_second_time --replaykit-record=all\n" in ran.text
    name = "tests of it.test_agent.test_one"
    assert f"run `replaykit show 'draft:{name}'`, then `replaykit accept '{name}'`\n" in ran.text
    ran = copy.pytest("--rootdir", str(tmp_path), "-k", "second")
    assert f"has no cassette in {tmp_path / 'cassettes'}\n" in ran.text
    assert "pytest 'tests of it/test_agent.py::test_second_time' --replaykit-record=missing\n" in ran.text


def test_orphans_of_a_part(recorded: Suite) -> None:
    """Where tests may be missing from what was collected, that is said with what is listed; -k leaves none out."""
    broken = recorded.write("tests of it/test_broken.py", "import nothing_of_that_name")
    skipped = recorded.write(
        "tests of it/test_skipped.py", "import pytest\npytest.importorskip('nothing_of_that_name')"
    )
    words = ("-k", "one", "-p", "cacheprovider", "--lf", "--ignore=elsewhere", "tests of it")
    ran = recorded.pytest("--replaykit-orphans", "--collect-only", *words)
    broken.unlink()
    skipped.unlink()
    why = "tests of it, --lf, --ignore, files that were skipped as a whole and errors while collecting"
    told = f"not all tests may have been collected ({why}): what they use is listed, too"
    assert f"\n    {UNMARKED}\n{told}\n" in ran.text


def test_no_orphans_of_nothing(request: pytest.FixtureRequest) -> None:
    """Where no process has told what its tests use, no cassette is said to be nobody's."""
    config = request.config
    watch(config)
    lines = [*told(pytest.TerminalReporter(config, io.StringIO()), config)]
    config.pluginmanager.unregister(name=NAME)
    assert ["which cassettes no test uses is not known: no test was collected"] == lines


def test_a_cap_without_a_terminal(recorded: Suite) -> None:
    """Nobody is told of the tests that were not run, and the run does not succeed all the same."""
    ran = recorded.pytest("-p", "mute", "-k", "one", "--replaykit=live", "--replaykit-max-calls=0")
    assert (1, "") == (ran.exit_code, ran.text)
