"""Marked tests are answered from accepted cassettes, and fail when they ask for anything else."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import names, read
from tests.cli.scripts import TALK
from tests.pytest_plugin.suite import Suite, suite

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.wire import Server

AGENT = """
import os, unittest
import httpx, httpx2, pytest
from talk import URL, ask

WORD = os.environ.get("WORD", "hello")

@pytest.mark.episode
def test_says(episode):
    episode.check("said", ask(WORD))

@pytest.mark.episode
@pytest.mark.parametrize("city", ["Paris", "S/P"])
def test_each(city):
    assert ask(city) == city + "!"

@pytest.mark.episode
def test_swallows():
    try:
        ask(WORD)
    except Exception:
        pass

@pytest.mark.episode("by-name", max_calls=2)
class TestIt(unittest.TestCase):
    def test_case(self):
        for _ in range(int(os.environ.get("TIMES", "1"))):
            self.assertEqual("case!", ask("case"))

def test_without(request):
    assert "episode" not in request.fixturenames
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, model: Server) -> Suite:
    """A suite whose tests are recorded and accepted; the server goes on counting what it is asked."""
    found = suite(tmp_path_factory.mktemp("suite") / "project", agent=AGENT)
    found.write("tests/conftest.py", "import sys, pathlib; sys.path.insert(0, str(pathlib.Path(__file__).parent))\n")
    found.write("tests/talk.py", TALK)
    found.variables = {"AGENT_BASE_URL": model.url}
    ran = found.pytest("--replaykit-record=missing")
    assert {"passed": 6} == ran.counts, ran.text
    assert "5 episodes recorded, 5 written to cassettes\n" in ran.text
    return found


@pytest.fixture
def copy(recorded: Suite, tmp_path: Path) -> Suite:
    """A copy of it, to be changed."""
    shutil.copytree(recorded.folder, tmp_path / "copy")
    return Suite(tmp_path / "copy", recorded.variables)


def test_what_was_recorded_is_the_same_again(recorded: Suite, model: Server) -> None:
    """All pass, and the server is asked nothing."""
    before = len(model.requests)
    ran = recorded.pytest()
    assert ({"passed": 6}, before) == (ran.counts, len(model.requests)), ran.text
    assert "5 episodes replayed: 5 same; " in ran.text


def test_names_are_those_of_the_tests(recorded: Suite) -> None:
    """Those that cannot be a file's have a digest; a mark may give one; why it was accepted is in the page."""
    assert {
        "by-name",
        "test_agent.test_each[Paris]",
        "test_agent.test_each[S-P]-9070721d",
        "test_agent.test_says",
        "test_agent.test_swallows",
    } == {*names(recorded.folder / "cassettes")}
    (decision,) = read(recorded.folder / "cassettes" / "by-name.tape").history
    assert "pytest tests/test_agent.py::TestIt::test_case" == decision.why


def test_several_processes(recorded: Suite) -> None:
    """With xdist, too; the sums are of all of them."""
    ran = recorded.pytest("-n", "2")
    assert {"passed": 6} == ran.counts, ran.text
    assert "5 episodes replayed: 5 same; " in ran.text


def test_what_was_not_recorded_fails_the_test(recorded: Suite, model: Server) -> None:
    """Also where the code under test swallows it; with what came nearest, and what to do next."""
    before = len(model.requests)
    ran = recorded.pytest("-k", "says or swallows", WORD="good day")
    assert ({"failed": 2, "deselected": 4}, before) == (ran.counts, len(model.requests)), ran.text
    assert 2 == ran.text.count('nearest: step 1, not served yet\n  text: "hello" → "good day"\n')
    assert "if this change is meant:  pytest tests/test_agent.py::test_swallows --replaykit-record=all\n" in ran.text
    assert "Traceback" not in ran.text
    assert "def test_swallows" not in ran.text


def test_once_more_than_recorded(recorded: Suite) -> None:
    """A loop that runs longer fails in a `TestCase`, too."""
    ran = recorded.pytest("-k", "test_case", TIMES="2")
    assert {"failed": 1, "deselected": 5} == ran.counts, ran.text
    assert "asked for once more than recorded" in ran.text


def test_once_less_than_recorded(recorded: Suite) -> None:
    """A step that nobody asked for fails the test."""
    ran = recorded.pytest("-k", "test_case", TIMES="0")
    assert {"failed": 1, "deselected": 5} == ran.counts, ran.text
    assert "step 1 was never asked for" in ran.text


def test_a_mark_may_allow_what_is_left(copy: Suite) -> None:
    """`unused=True`."""
    path = copy.folder / "tests" / "test_agent.py"
    path.write_text(path.read_text().replace("max_calls=2", "max_calls=2, unused=True"))
    assert {"passed": 1, "deselected": 5} == copy.pytest("-k", "test_case", TIMES="0").counts


def test_a_value_is_checked_where_it_is_given(copy: Suite) -> None:
    """What differs from the accepted value is said, and the command that accepts it."""
    path = copy.folder / "tests" / "test_agent.py"
    path.write_text(path.read_text().replace("ask(WORD))", "ask(WORD).upper())"))
    ran = copy.pytest("-k", "says")
    assert {"failed": 1, "deselected": 5} == ran.counts, ran.text
    assert 'output said: "hello" → "HELLO"' in ran.text


def test_what_has_no_cassette_fails(copy: Suite) -> None:
    """Each with its remedy: a test without a recording, and one whose recording nobody has accepted."""
    for ending in ("yaml", "tape"):
        (copy.folder / "cassettes" / f"test_agent.test_says.{ending}").unlink()
    ran = copy.pytest("-k", "says")
    assert {"error": 1, "deselected": 5} == ran.counts, ran.text
    assert "test_agent.test_says is recorded (episode_" in ran.text
    assert "but not accepted\nrun `replaykit show draft:test_agent.test_says`, then `replaykit accept" in ran.text
    assert "or record it again: pytest tests/test_agent.py::test_says --replaykit-record=missing" in ran.text
    shutil.rmtree(copy.folder / "episodes")
    ran = copy.pytest("-k", "says")
    assert "test_agent.test_says has no cassette in cassettes/\n" in ran.text
    assert "record it: pytest tests/test_agent.py::test_says --replaykit-record=missing\n" in ran.text


def test_a_test_that_fails_writes_no_cassette(copy: Suite) -> None:
    """Its draft is kept and named; the cassette stays as it was."""
    before = (copy.folder / "cassettes" / "test_agent.test_each[Paris].tape").read_bytes()
    path = copy.folder / "tests" / "test_agent.py"
    path.write_text(path.read_text().replace('city + "!"', 'city + "?"'))
    ran = copy.pytest("-k", "Paris", "--replaykit-record=all")
    assert {"failed": 1, "deselected": 5} == ran.counts, ran.text
    assert "test_agent.test_each[Paris]: only a draft (episode_" in ran.text
    assert before == (copy.folder / "cassettes" / "test_agent.test_each[Paris].tape").read_bytes()


def test_what_is_recorded_again_without_a_change(copy: Suite) -> None:
    """It is not told as written, for its files stay as they were; nor is there anything to look at or commit."""
    before = (copy.folder / "cassettes" / "test_agent.test_each[Paris].tape").read_bytes()
    reports = ("--replaykit-report=all.json", "--replaykit-report=all.html")
    ran = copy.pytest("-k", "Paris or swallows", "--replaykit-record=all", *reports, WORD="hi")
    assert {"passed": 2, "deselected": 4} == ran.counts, ran.text
    assert "\n2 episodes recorded, 1 written to cassettes, 1 as its cassette says\nnext: look at" in ran.text
    told = {each["episode"]: each for each in json.loads((copy.folder / "all.json").read_text("utf-8"))["tests"]}
    assert (True, False) == (
        told["test_agent.test_swallows"]["written"],
        told["test_agent.test_each[Paris]"]["written"],
    )
    page = (copy.folder / "all.html").read_text("utf-8")
    assert (1, 1) == (page.count(" · written to its cassette"), page.count(" · as its cassette says"))
    assert before == (copy.folder / "cassettes" / "test_agent.test_each[Paris].tape").read_bytes()
    again = copy.pytest("-k", "Paris or each", "--replaykit-record=all")
    assert "\n2 episodes recorded, 0 written to cassettes, 2 as their cassettes say\n" in again.text
    assert "next:" not in again.text


def test_a_budget(copy: Suite) -> None:
    """What a mark allows is held against what was recorded, in every run."""
    path = copy.folder / "tests" / "test_agent.py"
    path.write_text(path.read_text().replace("max_calls=2", "max_calls=0"))
    ran = copy.pytest("-k", "test_case")
    assert {"failed": 1, "deselected": 5} == ran.counts, ran.text
    assert "by-name takes 1 call, and its mark allows max_calls=0" in ran.text


@pytest.mark.parametrize(
    ("variables", "options", "says"),
    [
        ({"TEST_MODE": "ci"}, [], "TEST_MODE='ci' is no mode: MOCK, GOLDEN or LIVE_SMOKE"),
        ({"TEST_MODE": "ci"}, ["--replaykit=golden"], ""),
        ({"TEST_MODE": "golden"}, [], ""),
    ],
)
def test_an_unknown_mode(recorded: Suite, variables: dict[str, str], options: list[str], says: str) -> None:
    """It is an error where a test uses replaykit, and nowhere else; the flag wins."""
    ran = recorded.pytest("-k", "says or without", *options, **variables)
    assert 1 + (not says) == ran.counts["passed"], ran.text
    assert says in ran.text


def test_what_a_mark_cannot_say(copy: Suite) -> None:
    """It is named, with what a mark can say, also before there is a cassette."""
    path = copy.folder / "tests" / "test_agent.py"
    written = path.read_text().replace("max_calls=2", "max_cals=2, max_turns='2'")
    for name in ("by-name", "another-name"):
        path.write_text(written.replace("by-name", name))
        ran = copy.pytest("-k", "test_case")
        assert "@pytest.mark.episode does not understand max_cals, max_turns='2': it takes a name" in ran.text


def test_orphans(copy: Suite) -> None:
    """Cassettes that no collected test uses are listed."""
    ran = copy.pytest("--replaykit-orphans", "--collect-only", "tests")
    assert "0 cassettes of cassettes/ that no collected test uses\n" in ran.text
    assert "not all tests" not in ran.text
    path = copy.folder / "tests" / "test_agent.py"
    path.write_text(path.read_text().replace("by-name", "another-name"))
    ran = copy.pytest("--replaykit-orphans", "--collect-only")
    assert "1 cassette of cassettes/ that no collected test uses\n    by-name\n" in ran.text, ran.text


TIDY = """
import pytest
from talk import ask

@pytest.fixture(scope="session")
def wide():
    yield "wide"

@pytest.fixture
def upload(wide):
    yield ask("upload")
    ask("delete")

@pytest.mark.episode
def test_tidies(upload):
    assert upload == "upload!"
    assert ask("use") == "use!"
"""


def test_fixtures_of_the_test_belong_to_its_episode(copy: Suite) -> None:
    """What they ask for before and after the test is recorded with it, and asked for again."""
    copy.write("tests/test_tidy.py", TIDY)
    assert {"passed": 1} == copy.pytest("tests/test_tidy.py", "--replaykit-record=missing").counts
    episode = read(copy.folder / "cassettes" / "test_tidy.test_tidies.tape")
    assert ["upload", "use", "delete"] == [each.request.body.data.decode()[9:-2] for each in episode.exchanges]
    ran = copy.pytest("tests/test_tidy.py")
    assert {"passed": 1} == ran.counts, ran.text
    copy.write("tests/test_tidy.py", TIDY.replace('    ask("delete")\n', ""))
    ran = copy.pytest("tests/test_tidy.py")
    assert "step 3 was never asked for" in ran.text
    assert 1 == ran.exit_code


BESIDE = """
import contextlib, socket, subprocess, sys
import pytest
from talk import ask

@pytest.mark.episode
def test_swallows():
    assert ask("hello") == "hello!"
    subprocess.run(["true"], check=True)
    with contextlib.suppress(OSError):
        socket.create_connection(("192.0.2.1", 80), 0.01)
"""


def test_what_is_not_from_the_episode_is_named(copy: Suite) -> None:
    """The test passes; the summary and the report say what ran beside it, and what was refused and nobody minded."""
    copy.write("tests/test_agent.py", BESIDE)
    ran = copy.pytest("--replaykit-report=it.json")
    assert {"passed": 1} == ran.counts, ran.text
    assert "ran for real, beside the episodes: true ×1 (subprocess)\n" in ran.text
    assert "refused, for it is in no episode: 192.0.2.1 ×1 (socket)\n" in ran.text
    (told,) = json.loads((copy.folder / "it.json").read_text("utf-8"))["tests"]
    assert ["true", "192.0.2.1"] == [each["what"] for each in told["unseen"]]


def test_a_suite_without_replaykit_runs_as_it_would(copy: Suite) -> None:
    """The same words, with and without the plugin, and nothing of ours is imported."""
    copy.warm = False
    copy.write("tests/test_agent.py", "import sys\ndef test_it():\n    assert 'replaykit.config' not in sys.modules\n")
    ran = copy.pytest("tests/test_agent.py", TEST_MODE="ci")
    assert {"passed": 1} == ran.counts, ran.text
    assert "replaykit" not in ran.text
