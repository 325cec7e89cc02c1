"""What a run of tests leaves behind: a summary, annotations on GitHub, a report in a file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.pytest_plugin.annotations import command, commands, defused
from replaykit.report.html.suite import suite as page
from replaykit.report.suite import Trial, as_json, sums
from tests.cli.scripts import TALK, said
from tests.pytest_plugin.suite import Outcome, Suite, suite
from tests.servers.wire import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLANTED = "::error file=planted.py::##[add-path]/planted"
"""The name of a member of a body, as somebody might send it who wants to be obeyed by whoever prints it."""

AGENT = f"""
import os, pytest
from talk import URL, ask
import httpx2

WORD = os.environ.get("WORD", "hello")
USUAL = WORD == "hello"

@pytest.mark.episode
def test_same():
    assert ask("same") == "same!"

@pytest.mark.episode
def test_differs():
    httpx2.post(URL, json={{"text": "hi", {PLANTED!r}: WORD}})

@pytest.mark.episode("own")
def test_own():
    assert ask("own") == "own!" and USUAL

@pytest.mark.episode
def test_skips():
    ask("skips")
    if not USUAL:
        pytest.skip("not today")

@pytest.mark.episode
def test_unknown():
    ask("unknown")

def test_without():
    assert USUAL
"""

DIFFERENT = {"WORD": "##[set-output name=x]planted"}
"""Has every test but one end in another way."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """A suite whose tests are recorded, one of them without its cassette; what it said then is in `rec.json`."""
    found = suite(tmp_path_factory.mktemp("suite") / "project", agent=AGENT)
    found.write("tests/conftest.py", "import sys, pathlib; sys.path.insert(0, str(pathlib.Path(__file__).parent))\n")
    found.write("tests/talk.py", TALK)
    with Server() as server:
        server.on("POST /ask", said)
        found.variables = {"AGENT_BASE_URL": server.url}
        ran = found.pytest("--replaykit-record=missing", "--replaykit-report=rec.json")
        assert {"passed": 6} == ran.counts, ran.text
        for ending in ("yaml", "tape"):
            (found.folder / "cassettes" / f"test_agent.test_unknown.{ending}").unlink()
        (found.folder / "episodes" / "episodes.db").unlink()
        yield found


@pytest.fixture(scope="module")
def on_github(recorded: Suite) -> Outcome:
    """What the suite says in GitHub Actions when most of its tests differ; its folder is one of the checkout's."""
    place = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(recorded.folder.parent)}
    return recorded.pytest("--replaykit-report=ran.html", **place, **DIFFERENT)


def told(recorded: Suite, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The totals of a report, and its tests by their function's name."""
    document = json.loads((recorded.folder / name).read_text("utf-8"))
    return document["totals"], {each["test"].rpartition("::")[2]: each for each in document["tests"]}


def test_a_run_that_records(recorded: Suite) -> None:
    """Every test with an episode is in the report, and no other; each names what was kept."""
    totals, tests = told(recorded, "rec.json")
    assert {"test_same", "test_differs", "test_own", "test_skips", "test_unknown"} == {*tests}
    assert {"replayed": 0, "recorded": 5, "live": 0, "vcrpy": 0, "none": 0} == totals["episodes"]
    own = tests["test_own"]
    assert ("own", "recorded", "passed", True) == (own["episode"], own["how"], own["outcome"], own["accepted"])
    assert own["draft"].startswith("episode_")


def test_a_run_of_several_processes(recorded: Suite) -> None:
    """The report is of all of them, failures first; each failure has what its episode said of it, or nothing.

    Away from GitHub, text is as it was recorded, and no line is a command of ours.
    """
    ran = recorded.pytest("-n", "2", "--replaykit-report=ran.json", **DIFFERENT)
    totals, tests = told(recorded, "ran.json")
    outcomes = {"failed": 2, "error": 1, "not run": 0, "skipped": 1, "xfailed": 0, "passed": 1}
    assert (5, outcomes) == (totals["tests"], totals["outcomes"]), ran.text
    assert {"replayed": 4, "recorded": 0, "live": 0, "vcrpy": 0, "none": 1} == totals["episodes"]
    assert (3, 1) == (totals["steps"]["same"], totals["steps"]["not_recorded"])
    assert ["test_differs", "test_own", "test_unknown", "test_skips", "test_same"] == [*tests]
    assert tests["test_differs"]["account"].startswith("not recorded in test_agent.test_differs: POST ")
    assert not tests["test_own"]["account"]
    assert "has no cassette in cassettes/" in tests["test_unknown"]["account"]
    same = tests["test_same"]
    assert ("tests/test_agent.py", AGENT[: AGENT.index("def test_same")].count("\n")) == (same["file"], same["line"])
    assert f"report: {recorded.folder / 'ran.json'}\n" in ran.text
    assert "##[set-output name=x]planted" in ran.text
    assert "::error file=tests" not in ran.text


def test_the_summary_has_a_line_for_each_fact(on_github: Outcome) -> None:
    """What was replayed, what was not, and where the report is."""
    _, _, section = on_github.text.partition("- replaykit -")
    replayed, nothing, report = section.splitlines()[1:4]
    assert re.fullmatch(r"4 episodes replayed: 3 same, 1 not recorded, .*; \d+ ms saved", replayed)
    assert "1 test could not begin: why stands above" == nothing
    assert report.endswith("/project/ran.html")


def test_annotations(on_github: Outcome) -> None:
    """Those tests have one that failed because of their episodes, at their place in the checkout."""
    found = [line for line in on_github.text.splitlines() if line.startswith("::")]
    heads = [line.split("::")[1].partition(",line=") for line in found]
    assert ["error file=project/tests/test_agent.py"] * 2 == [head for head, _, _ in heads]
    assert ["test_differs", "test_unknown"] == sorted(rest.rpartition("%3A")[2] for _, _, rest in heads)
    differs = next(line for line in found if "test_differs" in line)
    assert "%0Anearest: step 1, not served yet%0A" in differs


def test_nothing_recorded_is_obeyed(on_github: Outcome) -> None:
    """A command in a body is told, and is none: a runner obeys lines that begin with `::`, and `##[` anywhere."""
    ours = "::error file=project/tests/test_agent.py,line="
    lines = [line for line in on_github.text.splitlines() if not line.startswith(ours)]
    assert any("planted" in line for line in lines)
    assert [] == [line for line in lines if line.lstrip().startswith("::") or "##[" in line]


def test_tests_that_a_cap_stopped(recorded: Suite) -> None:
    """They are told as not run, with the reason, and no episode of theirs as recorded."""
    ran = recorded.pytest(
        "-k", "same or skips", "--replaykit=live", "--replaykit-max-calls=0", "--replaykit-report=live.json"
    )
    totals, tests = told(recorded, "live.json")
    assert (2, 2) == (totals["outcomes"]["not run"], totals["episodes"]["none"]), ran.text
    assert "cap of 0 calls is reached" in tests["test_same"]["account"]
    assert "not run: 2 tests" in ran.text
    assert "recorded" not in ran.text.partition("- replaykit -")[2]


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("report.txt", "a report is a page or a document: give a file that ends in .html or .json"),
        ("nowhere/report.html", "there is no folder "),
    ],
)
def test_a_file_that_cannot_be_written(recorded: Suite, file: str, says: str) -> None:
    """It is a usage error, and no test runs."""
    ran = recorded.pytest(f"--replaykit-report={file}")
    assert (4, {}) == (ran.exit_code, ran.counts), ran.text
    assert f"ERROR: --replaykit-report={file}: {says}" in ran.text


def test_the_page(recorded: Suite, on_github: Outcome) -> None:
    """It is one file under a policy that lets it load nothing; what was recorded is text in it."""
    assert 1 == on_github.exit_code
    text = (recorded.folder / "ran.html").read_text("utf-8")
    assert "<h1>2 failed, 1 error, 1 skipped and 1 passed</h1>" in text
    assert "default-src &#39;none&#39;" in text
    assert [] == re.findall(r"(?:src|href)=\"(?!#)", text)
    assert text.index("test_differs") < text.index("test_unknown") < text.index("test_skips") < text.index("test_same")
    assert "nearest: step 1, not served yet" in text
    assert ['class="none"'] == re.findall(r'class="[^"]*\bnone\b[^"]*"', text)  # what the filter shows for no hit


HOSTILE = Trial(
    "tests/test_<b>.py::test_it[</script><img src=x>]",
    "failed",
    "<i>\x1b[31m\u202e",
    "replayed",
    file="tests/a,b:c.py",
    line=3,
    steps={"same": 1},
    account="<script>alert(1)</script>\n::warning::\r\n100%",
    took=0.25,
    recorded=60.25,
)


def test_a_page_of_what_is_meant_to_harm() -> None:
    """Nothing in names and accounts is an element or a control character."""
    text = page([HOSTILE], 0)
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "<b>" not in text
    assert not re.search("[\x1b\u202e\r]", text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_a_page_of_nothing() -> None:
    """A run without episodes says so, and how to have one."""
    assert "mark one with <code>@pytest.mark.episode</code>" in page([], 0)


def test_sums() -> None:
    """They are of what is listed; a test that took longer than its recording takes nothing off what others saved."""
    slow = HOSTILE._replace(took=9, recorded=1, outcome="passed")
    found = sums([HOSTILE, slow])
    assert (60.0, 9.25, 2) == (found.saved, found.took, found.steps["same"])
    assert ["failed", "passed"] == [each["outcome"] for each in as_json([slow, HOSTILE], 0)["tests"]]  # type: ignore[union-attr,index,call-overload]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", ": :error::x"),
        ("one\n \t::error::x\r::stop-commands::y", "one\n \t: :error::x\r: :stop-commands::y"),
        ("\u200b:\u200d:error::x", "\u200b: \u200d:error::x"),
        ("a ##[add-path]x, ###[group]", "a # #[add-path]x, ## #[group]"),
        ("tests/a.py::test_it # [1]: x", "tests/a.py::test_it # [1]: x"),
    ],
)
def test_commands_of_others(text: str, shown: str) -> None:
    """They are no commands any more, and everything else is as it was."""
    assert shown == defused(text)
    assert shown == defused(shown)


def test_a_command_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would end it, or a property of it, is escaped; what a terminal would obey is spelled out."""
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    (found,) = commands([HOSTILE], tmp_path)
    assert (
        "::error file=tests/a%2Cb%3Ac.py,line=3,title=tests/test_<b>.py%3A%3Atest_it[</script><img src=x>]::" in found
    )
    assert found.endswith(r"::<script>alert(1)</script>%0A::warning::\r%0A100%25")
    assert "::error title=%25::a%0Ab" == command("error", "a\nb", title="%")
    assert [] == [*commands([HOSTILE._replace(account=""), HOSTILE._replace(outcome="skipped")], tmp_path)]
