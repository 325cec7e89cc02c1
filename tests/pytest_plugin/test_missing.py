"""`--replaykit-record=missing`: cassettes are completed by what tests ask for beside what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import names, read
from replaykit.store import Store
from tests.cli.scripts import TALK
from tests.pytest_plugin.stage import run
from tests.pytest_plugin.suite import suite

if TYPE_CHECKING:
    from tests.pytest_plugin.stage import Ran
    from tests.pytest_plugin.suite import Suite
    from tests.servers.wire import Server

AGENT = """
import os
import httpx2, pytest
from talk import URL, ask

MORE = os.environ.get("MORE", "")

@pytest.fixture
def tidy():
    yield
    ask("tidy" + MORE)

@pytest.mark.episode
def test_more(episode):
    said = [ask("one")]
    episode.check("before", said)
    said += [ask(f"new{MORE}")] if MORE else []
    said += [ask("two")] if MORE != "fewer" else []
    episode.check("after", said)

@pytest.mark.episode
def test_as_ever(episode):
    ask("ever")

@pytest.mark.episode
def test_fails():
    ask("one" + MORE)
    assert not MORE

@pytest.mark.episode
def test_teardown(tidy):
    ask("one")

@pytest.mark.episode(max_calls=1)
def test_budget():
    ask("one")
    if MORE:
        ask("two")

@pytest.mark.episode
def test_header():
    ask("one", headers={"x-dry-run": MORE or "0"})
    if MORE:
        ask("two")

@pytest.mark.episode
def test_checks_before(episode):
    episode.check("said", ask("one") + MORE)
    ask("two" + MORE)

@pytest.mark.episode
def test_checks_once_more(episode):
    ask("one")
    if MORE:
        episode.check("new", 1)

if MORE:
    @pytest.mark.episode
    def test_idle():
        pass

    @pytest.mark.episode("shared")
    @pytest.mark.parametrize("number", [1, 2])
    def test_shared(number):
        ask("shared")

    @pytest.mark.episode
    def test_has_no_key():
        raise TypeError("Could not resolve authentication method. Expected one of api_key, auth_token")
"""


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory, model: Server) -> Suite:
    """A suite whose tests are recorded and accepted."""
    found = suite(tmp_path_factory.mktemp("missing") / "project", agent=AGENT)
    found.write("tests/conftest.py", "import sys, pathlib; sys.path.insert(0, str(pathlib.Path(__file__).parent))\n")
    found.write("tests/talk.py", TALK)
    found.variables = {"AGENT_BASE_URL": model.url}
    assert {"passed": 8} == found.pytest("--replaykit-record=missing").counts
    model.requests.clear()
    return found


@pytest.fixture(scope="module")
def completed(agent: Suite, model: Server) -> Ran:
    """What a run said in which most tests asked for more; of what nothing was missing in, nothing changes."""
    before = contents(agent)
    ran = run(agent, "--replaykit-record=missing")
    assert (0, before, []) == (ran.exit_code, contents(agent), model.requests), ran.text
    assert "8 episodes replayed: 11 same; " in ran.text
    return run(agent, "--replaykit-record=missing", "-n", "2", MORE="fewer")


def contents(suite: Suite) -> dict[str, bytes]:
    """All that a suite keeps."""
    files = (*(suite.folder / "cassettes").iterdir(), *(suite.folder / "episodes").glob("*.db"))
    return {path.name: path.read_bytes() for path in files}


def requests(suite: Suite, test: str) -> list[str]:
    """What the requests of a test's cassette ask."""
    episode = read(suite.folder / "cassettes" / f"test_agent.{test}.tape")
    return [each.request.body.data.decode()[9:-2] for each in episode.exchanges]


def test_what_is_new_is_recorded_beside_what_is_known(agent: Suite, completed: Ran, model: Server) -> None:
    """The services are asked for nothing that a cassette has; what nobody asks for any more falls out of it."""
    asked = sorted(str(each.json()["text"]) for each in model.requests)
    assert ["newfewer", "onefewer", "tidyfewer", "two", "two"] == asked, completed.text
    assert ["one", "newfewer"] == requests(agent, "test_more")
    assert ["one", "tidyfewer"] == requests(agent, "test_teardown")
    later = read(agent.folder / "cassettes" / "test_agent.test_more.tape").history[-1]
    assert "pytest tests/test_agent.py::test_more" == later.why
    assert "1 request, 1 answer and 1 output" == later.changed


def test_what_became_of_each(agent: Suite, completed: Ran) -> None:
    """A test that fails changes no cassette, nor does one whose headers, budget or first output are others."""
    failed = {"test_fails", "test_budget", "test_header", "test_checks_before", "test_idle"}
    failed |= {"test_shared[1]", "test_shared[2]", "test_has_no_key"}
    assert failed == {test for test, word in completed.outcomes.items() if word in ("failed", "error")}
    assert ["one"] == requests(agent, "test_header")
    assert "test_agent.test_budget takes 2 calls, and its mark allows max_calls=1" in completed.account("test_budget")
    assert "step 1 was sent differently: x-dry-run 0 → fewer" in completed.account("test_header")
    assert 'output said: added "fewer" (in "one! …")' in completed.account("test_checks_before")


def test_two_tests_do_not_record_one_episode(completed: Ran) -> None:
    """Of tests that a mark gives the same name none is recorded in place of another, and each says so."""
    for number in (1, 2):
        told = completed.account(f"test_shared[{number}]")
        assert "shared is the episode of tests/test_agent.py::test_shared[1] and tests/test_agent.py::test_s" in told
        assert told.endswith("give each a name of its own, or record it with one of them alone")


def test_a_missing_key_is_told_shortly(completed: Ran) -> None:
    """While recording, too, the SDK's own words stand in the place of a traceback."""
    told = completed.account("test_has_no_key").splitlines()[-2:]
    assert "a key is missing: TypeError: Could not resolve authentication method." in told[0]
    assert "set it, and record again" == told[1]


def test_the_summary_says_what_was_new(agent: Suite, completed: Ran) -> None:
    """New steps, those that were served, those that fell out; drafts that did not become cassettes are named."""
    assert "6 episodes recorded, 3 written to cassettes\n" in completed.text
    line = "6 of them were completed: 5 new steps recorded, 5 served from their cassettes; 3 that nobody asked for"
    assert line in completed.text
    assert "test_agent.test_fails: only a draft (episode_" in completed.text
    with Store(agent.folder / "episodes" / "episodes.db") as store:
        kept = {each.name for each in store.summaries()}
    assert "test_agent.test_fails" in kept
    assert "test_agent.test_idle" not in kept, "a test that asked for nothing has left a draft"


def test_what_was_completed_is_whole(agent: Suite, completed: Ran, model: Server) -> None:
    """Afterwards no test needs a service, and a new output is an accepted one."""
    assert completed.exit_code == 1
    earlier = list(model.requests)
    ran = run(agent, "-k", "more or ever or teardown", MORE="fewer")
    assert (0, earlier) == (ran.exit_code, model.requests), ran.text
    assert 8 == len(names(agent.folder / "cassettes"))
