"""What is said at most, and that the rest is counted: findings, tests, drafts, lines, routes, characters of a name."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from replaykit.cassette import names
from replaykit.core.model import Episode
from replaykit.pytest_plugin.account import account
from replaykit.pytest_plugin.annotations import commands
from replaykit.pytest_plugin.summary import tell, write
from replaykit.report.suite import Trial
from tests.cli.scripts import TALK
from tests.contracts.asking import NAME, adopt, asking
from tests.pytest_plugin.stage import made, run
from tests.servers.script import document
from tests.servers.wire import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.pytest_plugin.stage import Ran
    from tests.pytest_plugin.suite import Suite

FIELDS = tuple(f"field{number:02}" for number in range(45))
"""What each answer was promised to have, and does not."""

LONG = "x" * 150

TESTS = f"""
    import os, pathlib, sys
    import pytest

    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    from talk import ask

    @pytest.mark.episode
    def test_one():
        for number in range(int(os.environ.get("TIMES", "1"))):
            try:
                ask(f"one {{number}}")
            except Exception:
                pass

    @pytest.mark.episode
    def test_{LONG}():
        ask("long")

    @pytest.mark.episode("shared")
    @pytest.mark.parametrize("number", range(5))
    def test_shared(number):
        ask("shared")
"""


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """A suite whose service keeps none of 45 promises."""
    with Server() as server:
        server.on("POST /ask", lambda _asked: document({"said": "yes"}))
        found = made(tmp_path_factory.mktemp("limits") / "project", "agent", TESTS, AGENT_BASE_URL=server.url)
        found.write("tests/talk.py", TALK.replace("httpx2.post(URL, ", 'httpx2.post(URL, headers={"x-api": "1"}, '))
        adopt(found.folder, asking(*FIELDS))
        yield found


@pytest.fixture(scope="module")
def recorded(agent: Suite) -> Ran:
    """What came of recording it."""
    return run(agent, "--replaykit-record=all", "--replaykit-contracts=warn")


def test_ten_findings_are_told(recorded: Ran) -> None:
    """Those of all tests together; the others are counted."""
    assert "contracts: 45 findings\n" in recorded.text
    _, _, told = recorded.text.partition("contracts: 45 findings\n")
    assert [*FIELDS[:10]] == re.findall(rf"^    BREAK {NAME} /(\w+) ", told, re.MULTILINE)
    assert "\n    and 35 more\n" in told


def test_two_tests_are_named_that_share_an_episode(recorded: Ran) -> None:
    """With how many there are besides."""
    told = recorded.account("test_shared[0]")
    assert 2 == len(re.findall(r"test_shared\[\d\]", told))
    assert " and 3 more, so that none of them was recorded" in told


def test_a_name_of_a_hundred_characters(recorded: Ran, agent: Suite) -> None:
    """A longer one is cut, and its digest stands behind it."""
    assert {"passed": 2, "error": 5} == recorded.counts, recorded.text
    (name,) = (each for each in names(agent.folder / "cassettes") if "xxx" in each)
    assert re.fullmatch("test_agent.test_x{84}-[0-9a-f]{8}", name)


def test_forty_lines_of_a_contract(agent: Suite, recorded: Ran) -> None:
    """In the failure of its test, and of all findings in the summary."""
    assert "passed" == recorded.outcomes["test_one"]
    ran = run(agent, "-m", "contract", TEST_MODE="GOLDEN")
    told, summary = ran.account(f"{NAME} recordings"), ran.text.partition("- replaykit contracts -")[2]
    assert [*FIELDS[:40]] == re.findall(rf"^BREAK +{NAME} /(\w+) ", told, re.MULTILINE)
    assert "\n… 5 more lines\n" in told
    assert [*FIELDS[:40]] == re.findall(rf"^BREAK +{NAME} /(\w+) ", summary, re.MULTILINE)
    assert "\n… 5 more findings\n" in summary


def test_a_screenful_of_a_failure(agent: Suite, recorded: Ran) -> None:
    """-vv shows the rest, -v does not; what to do next stands below it in both."""
    assert "passed" == recorded.outcomes["test_one"]
    words, what_next = ("-k", "test_one"), "if this change is meant:  pytest tests/test_agent.py::test_one"
    short = agent.pytest("-v", "-v", *words, TIMES="20").text  # `-q` takes one of them back
    long = agent.pytest("-v", "-v", "-v", *words, TIMES="20").text
    (left,) = re.findall(r"\n… (\d+) more lines: -vv shows them\n", short)
    whole = long[long.index("not recorded in ") : long.index("\n\nthe test caught that")]
    assert 24 == len(whole.splitlines()) - int(left)
    assert 19 == whole.count("not recorded in ") > short.count("not recorded in ")
    assert (True, True, False) == (what_next in short, what_next in long, "-vv shows" in long)


@pytest.mark.parametrize(("lines", "shown", "more"), [(24, 24, 0), (25, 24, 1)])
def test_lines_of_an_account(lines: int, shown: int, more: int) -> None:
    """A screenful has 24, and one more that counts the others."""
    texts = ["\n".join(f"line {number}" for number in range(lines))]
    told = account("test_it", Episode("episode_1", "it"), texts, None, long=False)
    assert (shown, more) == (told.count("line "), told.count("more line: -vv shows them"))
    assert lines == account("test_it", Episode("episode_1", "it"), texts, None, long=True).count("line ")


@pytest.mark.parametrize(("lines", "shown", "more"), [(13, 13, ""), (14, 12, "%0A… 2 more lines")])
def test_lines_of_an_annotation(tmp_path: Path, lines: int, shown: int, more: str) -> None:
    """As many as GitHub shows, and how many there are besides; for a single one that line is its own."""
    trial = Trial("tests/test_a.py::test_it", "failed", "it", account="\n".join(map("line {}".format, range(lines))))
    (told,) = commands([trial], tmp_path)
    assert shown == len(re.findall(r"line \d", told))
    assert told.endswith(more or "line 12")


def report(number: int, **facts: Any) -> pytest.TestReport:
    """A test's report with what its case left in it."""
    node, said = f"tests/test_a.py::test_{number}", {"episode": f"episode {number}", **facts}
    place = ("tests/test_a.py", 1, "test")
    return pytest.TestReport(node, place, {}, "passed", None, "call", user_properties=[("replaykit", said)])


@pytest.mark.parametrize(("count", "more"), [(10, ""), (12, "    and 2 more\n")])
def test_ten_drafts_and_ten_tests(request: pytest.FixtureRequest, count: int, more: str) -> None:
    """That many are named in the summary of drafts, and of tests that a cap kept from running."""
    screen = io.StringIO()
    reporter = pytest.TerminalReporter(request.config, screen)
    reporter.stats["passed"] = [report(each, did="recorded", draft=f"draft_{each}") for each in range(count)]
    reporter.stats["not run"] = [report(each + count, did="not run", why="a cap") for each in range(count)]
    write(reporter, request.config)
    tell(reporter, request.config)
    _, drafts, tests = re.split(r"episodes? recorded.*\n|not run:.*\n", screen.getvalue())
    assert (10, 10) == (drafts.count(": only a draft ("), tests.count("    tests/test_a.py::test_"))
    assert (more, more) == tuple("".join(re.findall("    and .*\n", each)) for each in (drafts, tests))


@pytest.mark.parametrize(("count", "more"), [(20, ""), (21, "\n  and 1 more\n")])
def test_twenty_routes(mock: Any, count: int, more: str) -> None:
    """They are listed where nothing answers; the others are counted."""
    for number in range(count):
        mock.get(f"https://place{number}.example/")
    with pytest.raises(AssertionError) as raised:
        httpx2.get("https://nowhere.example/")
    assert 20 == str(raised.value).count("<Host eq 'place")
    assert more in str(raised.value)
    assert bool(more) == (" more\n" in str(raised.value))
