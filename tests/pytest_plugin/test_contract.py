"""`pytest -m contract`: what is collected, sent, counted and said; each run is a pytest of its own."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from replaykit.pytest_plugin.contract.asking import asks, fails, source
from replaykit.store import Store
from tests.checks.stage import KEY, PROBES, Project, Service, contract
from tests.core.contract.promises import message
from tests.pytest_plugin.stage import made, run
from tests.servers.wire import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.pytest_plugin.stage import Ran
    from tests.pytest_plugin.suite import Suite

ROOT = Path(__file__).parents[2]

OWN = """
    import pytest

    @pytest.mark.contract
    def test_own():
        pass

    def test_other():
        pass

    @pytest.mark.episode
    def test_episode():
        pass
"""

STRANGE = "a<b>&::error::x"
"""The name of a probe that reports have to make harmless."""

KEYLESS = {"MODEL_KEY": "", "GITHUB_ACTIONS": "true"}

EXTRA = f"""
[later]
url = "${{MODEL_BASE_URL}}/v1/messages"
send = false

["{STRANGE}"]
url = "${{OTHER_URL}}/v1/messages"
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as found:
        yield found


def suited(folder: Any, server: Server, *, probes: str = PROBES) -> Suite:
    """A suite with tests of its own, in a project that has adopted two contracts, one of them without probes."""
    found = made(folder, "own", OWN, MODEL_BASE_URL=server.url, MODEL_KEY=KEY)
    project = Project(found.folder)
    project.adopt(contract("acme.silent", binds={"path": "/silent"}), contract(), probes=probes)
    return found


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Suite:
    """The suite that nobody changes; its store and its journal grow."""
    return suited(tmp_path_factory.mktemp("nightly") / "suite", server)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, server: Server) -> tuple[Ran, Suite, int]:
    """A night in which the service has a new stop reason, as the recipe for GitHub Actions has it; what was sent."""
    Service(server, plain=message(stop_reason="pause_turn"))
    before = len(server.requests)
    found = suited(tmp_path_factory.mktemp("night") / "suite", server, probes=PROBES + EXTRA)
    (command,) = (each for each in recipe() if each.startswith("pytest "))
    ran = run(found, *shlex.split(command)[1:], GITHUB_ACTIONS="true")
    return ran, found, len(server.requests) - before


def recipe() -> list[str]:
    """What the steps of the document's workflow run."""
    text = (ROOT / "docs" / "contracts.md").read_text("utf-8").partition("```yaml\n")[2].partition("\n```")[0]
    return [step["run"] for step in yaml.safe_load(text)["jobs"]["nightly"]["steps"] if "run" in step]


@pytest.mark.parametrize(
    ("expression", "asked"),
    [
        ("contract", True),
        ("contract or slow", True),
        ("contract and not slow", True),
        ("(contract or my-mark) and not slow(seconds=3)", True),
        ("not (slow or not contract)", True),
        ("contract(now=True)", True),
        ("not contract", False),
        ("not slow", False),
        ("contracts", False),
        ("contract and slow", False),
        ("", False),
        ("contract or", False),
        ("contract contract", False),
        ("(" * 300 + "contract", False),
    ],
)
def test_only_an_expression_that_wants_contracts_asks_for_them(expression: str, asked: bool) -> None:  # noqa: FBT001
    """What would be chosen without the mark, too, asks for nothing; what is no expression is pytest's business."""
    assert asked == asks(expression)


def test_a_plain_run_collects_none(suite: Suite, server: Server) -> None:
    """Nor does one that says `not contract`; a test's own mark changes nothing, and nothing is sent."""
    before = len(server.requests)
    ran = run(suite, "-m", "not episode")
    assert ({"test_own": "passed", "test_other": "passed"}, 0) == (ran.outcomes, ran.exit_code)
    assert before == len(server.requests)
    assert "contracts" not in ran.text


def test_a_night_fails_for_a_new_stop_reason(night: tuple[Ran, Suite, int]) -> None:
    """One test a probe beside the project's own; what is new fails its own probe in the words of the report."""
    ran, _, sent = night
    assert {
        "test_own": "passed",
        "none": "skipped",
        "plain": "failed",
        "stream": "passed",
        "error": "passed",
        "later": "skipped",
        STRANGE: "no key",
    } == ran.outcomes
    assert 1 == ran.exit_code
    assert 3 == sent
    said = r'RISK  anthropic\.messages /stop_reason new "pause_turn" · first seen .* · 1 of 1 · ack: none \((\w{8})\)'
    found = re.fullmatch(
        rf"{said}\nnext: replaykit show \S+\nthen: replaykit contract ack \1 --owner … --reason … --until DATE",
        ran.account("anthropic.messages plain"),
    )
    assert found is not None


def test_a_night_says_first_what_it_may_take(night: tuple[Ran, Suite, int]) -> None:
    """Before pytest's own headline: the caps, and what the probes cost at most."""
    first = night[0].text.splitlines()[0]
    assert (
        "contracts: live, at most 100 calls and 200,000 tokens; 4 probes of 1 contract, of 80 tokens at most" == first
    )


def test_a_night_is_summed_up(night: tuple[Ran, Suite, int]) -> None:
    """Ran, no key, skipped: three words, each with its reason; the counts of pytest say the same."""
    ran, suite, _ = night
    summary = ran.text.partition("- replaykit contracts -")[2]
    for line in (
        "ran     anthropic.messages 1.0.0  3 exchanges",
        f"no key  anthropic.messages 1.0.0  {STRANGE}: OTHER_URL is not set",
        "skipped anthropic.messages 1.0.0  later: send = false in contracts/anthropic.messages/probes.toml",
        "skipped acme.silent 1.0.0  it has no probes: write contracts/acme.silent/probes.toml",
        "red: 1 RISK · 1 ran, 1 no key, 2 skipped · live, 3 calls and 3 tokens",
    ):
        assert line in summary
    assert {"failed": 1, "passed": 3, "skipped": 2, "no key": 1} == {
        word: count for word, count in ran.counts.items() if word != "deselected"
    }
    with Store(suite.folder / "episodes" / "episodes.db") as store:
        (draft,) = store.summaries()
    assert ("contracts", 3) == (draft.name, draft.steps)


def test_a_night_shows_what_it_found_beside_the_probes(night: tuple[Ran, Suite, int]) -> None:
    """One annotation, of the finding; no recorded text is a command."""
    commands = [line for line in night[0].text.splitlines() if line.lstrip().startswith("::")]
    assert 1 == len(commands)
    assert commands[0].startswith(
        "::error file=contracts/anthropic.messages/probes.toml,title=RISK anthropic.messages::/stop_reason new"
    )


def test_a_night_writes_its_report(night: tuple[Ran, Suite, int]) -> None:
    """As the recipe wants it: a summary of the job, and a page, in which what somebody called a probe is text."""
    ran, suite, _ = night
    page, summary = ((suite.folder / f"contracts.{each}").read_text() for each in ("html", "md"))
    assert 2 == ran.text.count("\nreport: ")
    assert 'cat contracts.md >> "$GITHUB_STEP_SUMMARY"' in recipe()
    assert summary.startswith("### replaykit contracts: red: 1 RISK")
    assert "/stop_reason" in page
    assert "a&lt;b&gt;&amp;" in page
    assert "a<b>" not in page


def test_several_processes_share_one_cap_and_no_probe(suite: Suite, server: Server) -> None:
    """Two workers: each probe once, the third call is one too many; both drafts are evidence, and the run is red."""
    Service(server)
    before = len(server.requests)
    ran = run(suite, "-m", "contract", "-n", "2", "--replaykit-max-calls=2", "--replaykit-report=both.json")
    assert 2 == len(server.requests) - before
    assert ["failed", "passed", "passed"] == sorted(ran.outcomes[each] for each in ("plain", "stream", "error"))
    assert "not run: the cap of 2 calls is reached; --replaykit-max-calls allows more" in ran.text
    told = json.loads((suite.folder / "both.json").read_text())
    assert ("live", True, {"ran": 1, "failed": 1, "no key": 0, "skipped": 1}) == (
        told["source"],
        told["failed"],
        told["states"],
    )
    assert (2, 2) == (told["spent"]["calls"], told["spent"]["most_calls"])
    assert 1 == ran.exit_code


def test_recordings_are_checked_where_that_is_asked_for(night: tuple[Ran, Suite, int], server: Server) -> None:
    """One test a contract, chosen by -k; nothing is sent, and a RISK warns in a pull request.

    Beside it a test with an episode: each sort has a report of its own.
    """
    before = len(server.requests)
    words = ("-m", "contract or episode", "-k", "anthropic or episode", "--replaykit-report=b.html")
    ran = run(night[1], *words, TEST_MODE="GOLDEN", GITHUB_EVENT_NAME="pull_request")
    assert {"recordings": "passed", "test_episode": "error"} == ran.outcomes
    assert before == len(server.requests)
    assert ran.text.startswith("contracts: 2 contracts, from recordings, not live: nothing is sent")
    assert "green: 1 RISK · 1 ran, 0 no key, 0 skipped · from recordings, not live" in ran.text
    tests, contracts = ((night[1].folder / name).read_text() for name in ("b.html", "b.contracts.html"))
    assert (True, False) == ("test_episode" in tests, "stop_reason" in tests)
    assert (False, True) == ("test_episode" in contracts, "stop_reason" in contracts)
    assert "b.html, and b.contracts.html" in ran.text


def test_a_night_without_a_key_is_red(suite: Suite, server: Server) -> None:
    """Nothing failed, nothing passed: that is not success. A probe can be named; then no other is collected."""
    before = len(server.requests)
    ran = run(suite, "-m", "contract", "contracts/anthropic.messages/probes.toml::plain", **KEYLESS)
    assert ({"plain": "no key"}, 1) == (ran.outcomes, ran.exit_code)
    assert before == len(server.requests)
    assert "red: nothing ran · 0 ran, 1 no key, 0 skipped" in ran.text
    assert "::error title=replaykit contracts::nothing ran: no contract was checked" in ran.text


def test_contracts_are_found_from_where_pytest_is_started(suite: Suite, tmp_path: Path) -> None:
    """Though its root is elsewhere, and though nothing else is to be collected."""
    (suite.folder / "empty").mkdir()
    ran = run(suite, "-m", "contract", "--rootdir", str(tmp_path), "--collect-only", "-qq", "empty")
    assert 0 == ran.exit_code
    assert 4 == ran.text.count("probes.toml::")


def test_damaged_acknowledgements_are_told_before_anything_is_sent(suite: Suite, server: Server) -> None:
    """An error of the call, with what to do; not a traceback at the end of a night."""
    path, before = suite.folder / "contracts" / "acks.json", len(server.requests)
    path.write_text("[3]")
    ran = run(suite, "-m", "contract")
    path.unlink()
    assert (4, before) == (ran.exit_code, len(server.requests))
    assert "acks.json: /0/key: it is to be a text\nrestore it with git" in ran.text


def test_a_mock_says_nothing_of_a_service(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mode is refused, with what to do in its place; nothing said means live."""
    assert "live" == source(request.config)
    monkeypatch.setenv("TEST_MODE", "GOLDEN")
    assert "recordings" == source(request.config)
    for mode, told in (("MOCK", "a contract cannot be checked in mode mock"), ("NIGHTLY", "'NIGHTLY' is no mode")):
        monkeypatch.setenv("TEST_MODE", mode)
        with pytest.raises(pytest.UsageError, match=told):
            source(request.config)


def test_a_risk_warns_in_a_pull_request(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not to blame for what a service does; the option says otherwise, and elsewhere."""
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    assert {"BREAK"} == fails(request.config)
    monkeypatch.setattr(request.config.option, "replaykit_risk", "fail")
    assert {"BREAK", "RISK"} == fails(request.config)
    monkeypatch.setenv("GITHUB_EVENT_NAME", "schedule")
    monkeypatch.setattr(request.config.option, "replaykit_risk", None)
    assert {"BREAK", "RISK"} == fails(request.config)


def test_a_contract_that_was_edited_is_checked_by_nobody(
    tmp_path_factory: pytest.TempPathFactory, server: Server
) -> None:
    """The run ends before anything is sent, and says which file, and how to restore it."""
    found = suited(tmp_path_factory.mktemp("edited") / "suite", server)
    path = found.folder / "contracts" / "anthropic.messages" / "1.0.0.json"
    path.write_bytes(path.read_bytes() + b"\n")
    ran = run(found, "-m", "contract")
    assert 4 == ran.exit_code
    assert f"{path}: this contract was changed after it was published" in ran.text
