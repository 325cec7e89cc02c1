"""One run of pytest over contracts: what may be sent, what came of it, and what is said of that.

Each process sends the probes of its own tests, all within one cap; what came of them travels with their
reports to the process that has all of them, and is summed up there.

Law: what may be taken is said before anything is sent. A run in which nothing ran does not succeed.
"""

from __future__ import annotations

import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import pytest

from replaykit.checks.live import rows_of, summed, unprobed
from replaykit.checks.night import Night, Probed, costs, probed
from replaykit.checks.recordings import ABSENT, everything, said
from replaykit.contracts import acks, journal
from replaykit.contracts.checking import today
from replaykit.contracts.registry import PROBES
from replaykit.contracts.standing import standings
from replaykit.core.contract.drift import drifts
from replaykit.core.plain import counted
from replaykit.pytest_plugin.annotations import active, command, defused
from replaykit.pytest_plugin.contract import nodes
from replaykit.pytest_plugin.contract.share import Share
from replaykit.pytest_plugin.tally import shared
from replaykit.report.drift import Report
from replaykit.report.drift import told as worded
from replaykit.report.drift.lines import finding, lines, steps
from replaykit.report.terminal import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from replaykit.config import Config
    from replaykit.core.contract.drift import Seen
    from replaykit.core.contract.grades import Grade
    from replaykit.core.contract.model import Contract
    from replaykit.report.drift import Source, State

SCREEN: Final = 40
"""Lines that are said of one test, and of all findings in the summary."""


class Run:
    """A plugin of one run; `folder` is where the contracts lie."""

    NAME: ClassVar = "replaykit-contract"

    def __init__(
        self,
        config: pytest.Config,
        settings: Config,
        contracts: Sequence[Contract],
        source: Source,
        fails: frozenset[Grade],
    ) -> None:
        """Nothing is sent or read yet but what says what there is to send."""
        self.folder = settings.contract_folder
        self._config = config
        self._settings = settings
        self._contracts = tuple(contracts)
        self._source: Source = source
        self._fails = fails
        most = (config.option.replaykit_max_calls, config.option.replaykit_max_tokens)
        self._allowance = Share(lambda: shared(config), most)
        self._night = Night(settings, contracts, self._allowance)
        self._found: list[Probed] = []
        self._spent = (0, 0)
        self._problems: list[str] = []
        # Read before any test does, for who finds a damaged one sets it aside, and says so once.
        self._note = journal.read(settings.drift_path).problem
        acks.read(self.folder)  # a damaged one is an error before anything is sent, not at the end

    # What there is.

    def tests(self, contract: str) -> list[str]:
        """The names of a contract's tests."""
        if self._source == "recordings":
            return [nodes.RECORDINGS]
        return [each.name for each in self._night.probes[contract]] or [nodes.NONE]

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """A contract whose file of probes is asked for by name."""
        if file_path.name != PROBES or file_path.parent.parent != self.folder:
            return None
        name = file_path.parent.name
        return nodes.ContractFile.of(parent, self, name) if name in self._names else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Every contract that was not found on the way is there, too, unless some were asked for by name."""
        there = {each.parent.contract for each in items if isinstance(each, nodes.ContractItem)}
        for name in () if self._is_chosen else self._names:
            if name not in there:
                items.extend(session.genitems(nodes.ContractFile.of(session, self, name)))

    @property
    def _is_chosen(self) -> bool:
        """Whether somebody has named files of contracts: `contracts/anthropic.messages/probes.toml::plain`."""
        here = self._config.invocation_params.dir
        said = (Path(here, each.partition("::")[0]).absolute() for each in self._config.args)
        return any(each.is_relative_to(self.folder) for each in said)

    @property
    def _names(self) -> list[str]:
        return list(dict.fromkeys(each.name for each in self._contracts))

    # One test.

    def check(self, contract: str, name: str) -> Probed:
        """What became of a test of a contract, which happens now."""
        asked = {each.name: each for each in self._contracts}[contract]
        if self._source == "recordings":
            seen, problems = self._recorded
            mine = tuple(each for each in seen if each.checked.contract.name == contract)
            state: State = "ran" if mine else "skipped"
            return Probed(contract, asked.version, "", state, "" if mine else ABSENT, mine, problems)
        if name == nodes.NONE and not self._night.probes[contract]:
            return unprobed(asked)
        return self._night.probe(contract, name)

    def failure(self, found: Probed) -> str:
        """Why a test fails, in at most a screenful; empty when it does not."""
        if found.state == "failed":
            return f"{found.contract} {found.probe} could not be checked: {found.why}"
        known = journal.read(self._settings.drift_path)
        drift = standings(drifts(found.seen), known, acks.read(self.folder), today())
        report = Report(time.time(), self._source, tuple(rows_of([found])), drift, found.problems, self._fails)
        if not report.failed:
            return ""
        told = [*plain(map(finding, report.failing)).splitlines(), *report.problems]
        more = [f"… {counted(len(told) - SCREEN, 'more line')}"] if len(told) > SCREEN else []
        return "\n".join([*told[:SCREEN], *more, *steps(report)])

    def spent(self) -> list[int]:
        """Calls and tokens that were taken since this was asked last."""
        return self._allowance.since()

    @cached_property
    def _recorded(self) -> tuple[list[Seen], tuple[str, ...]]:
        """What every recording has to say, and which cannot be read."""
        return said(self._contracts, everything(self._settings, self._settings.store_path), self._settings)

    # All of them.

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        """Say what the run may take, before it takes anything."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and not self._is_part and not self._config.option.collectonly:
            reporter.write_line(self._announced())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take down what became of a test, from this process or another."""
        for document in _documents(report):
            calls, tokens = document["spent"]
            self._spent = (self._spent[0] + calls, self._spent[1] + tokens)
            self._found.append(probed(document, self._contracts))

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Count a test that lacked a key as that."""
        lacks = report.skipped and any(each["state"] == "no key" for each in _documents(report))
        return ("no key", "k", "NO KEY") if lacks else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take down what a process of the run could not keep."""
        self._problems += getattr(node, "workeroutput", {}).get(self.NAME, ())

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End the draft; have no run succeed whose report has failed."""
        self._problems += self._night.close()
        if self._is_part:
            self._config.workeroutput[self.NAME] = self._problems  # type: ignore[attr-defined]  # xdist's
        elif self.report is not None and self.report.failed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @cached_property
    def report(self) -> Report | None:
        """What the run came to; None when none of its tests was of a contract."""
        if not self._found:
            return None
        most = (self._config.option.replaykit_max_calls, self._config.option.replaykit_max_tokens)
        report = Report(
            time.time(),
            self._source,
            (),
            (),
            problems=tuple(self._problems),
            fails=self._fails,
            spent=self._spent,
            cap=most,
            notes=(self._note,),
        )
        return summed(self._found, report, self._settings)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what the run came to, and show it beside the code where somebody reads that."""
        if self.report is None:
            return
        terminalreporter.ensure_newline()
        terminalreporter.section("replaykit contracts", sep="-")
        for each in _summed(self.report):
            terminalreporter.write_line(defused(each) if active() else each)
        if active():
            for each in _annotations(self.report, self.folder):
                terminalreporter.ensure_newline()
                terminalreporter.write_line(each)

    def _announced(self) -> str:
        if self._source == "recordings":
            return f"contracts: {counted(len(self._names), 'contract')}, from recordings, not live: nothing is sent"
        calls, tokens = self._config.option.replaykit_max_calls, self._config.option.replaykit_max_tokens
        most = f"at most {counted(calls, 'call')} and {counted(tokens, 'token')}"
        return f"contracts: live, {most}; {costs(self._night)}"

    @property
    def _is_part(self) -> bool:
        """Whether this process is one of several that share the tests."""
        return hasattr(self._config, "workerinput")


def _documents(report: pytest.TestReport | pytest.CollectReport) -> Iterable[dict[str, Any]]:
    """What the report of a contract's test carries."""
    if getattr(report, "when", "") != "call":
        return ()
    return [value for name, value in getattr(report, "user_properties", ()) if name == nodes.PROPERTY]


def _summed(report: Report) -> Iterator[str]:
    """The summary: as many findings as a screen has room for, then what was checked, and what to do next."""
    findings = len(report.standings)
    cut = max(0, findings - SCREEN)
    told = plain(lines(report)).splitlines()
    yield from told[: findings - cut]
    if cut:
        yield f"… {counted(cut, 'more finding')}"
    yield from (*told[findings:], *steps(report))


def _annotations(report: Report, folder: Path) -> Iterator[str]:
    """The commands that show what is open, as an error where it fails the run, else a warning; and what did not run."""
    for each in report.standings:
        if each.is_open and each.grade in ("BREAK", "RISK"):
            words = worded(each)
            text = " · ".join((f"{words.place} {words.text}", words.since, words.count, words.ack))
            name = "error" if each.grade in report.fails else "warning"
            yield command(name, text, file=_place(folder, words.contract), title=f"{words.grade} {words.contract}")
    for row in report.rows:
        if row.state == "failed":
            yield command(
                "error", row.why, file=_place(folder, row.contract), title=f"{row.contract} could not be checked"
            )
    for problem in (*report.problems, *(() if report.ran else ("nothing ran: no contract was checked",))):
        yield command("error", problem, title="replaykit contracts")


def _place(folder: Path, contract: str) -> str:
    """The file that an annotation stands beside."""
    return f"{folder.name}/{contract}/{PROBES}"
