"""`--replaykit-report`: what became of every test that used an episode, as a page or as a document.

    FILE.html   a page that needs no other file     report/html/suite.py    report/html/drift.py
    FILE.json   the same for programs               report/suite.py         report/drift/document.py
    FILE.md     a job's summary                     -                       report/drift/markdown.py

The right ones are for contracts. Where a run has tests of both sorts, theirs is FILE.contracts.html.

Law: it is made of what the tests' reports carry, in the process that has all of them, and is written
however the run ends. A file that cannot be written is an error before any test runs.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from replaykit import whole
from replaykit.core.plain import line
from replaykit.pytest_plugin.outcomes import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from replaykit.report.drift import Report
    from replaykit.report.suite import Trial

OPTION = "--replaykit-report"

WRITERS: pytest.StashKey[list[Writer]] = pytest.StashKey()
"""Where a run keeps what writes its reports."""

CONTRACTS = "replaykit-contract"
"""The plugin of a run over contracts, where there is one."""

LONGEST = 4096
"""Characters of a path: PATH_MAX of Linux."""


class Writer:
    """A plugin of one run: it collects the tests' reports, and writes the file when all are there."""

    def __init__(self, path: Path) -> None:
        """Write to this file in the end."""
        self.path = path
        self.said = f"report: {line(str(path), LONGEST)}"
        self._reports: list[pytest.TestReport] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a report of a test, from this process or another."""
        self._reports.append(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the file; a run whose report cannot be written does not succeed."""
        if session.config.option.collectonly:
            return
        try:
            self._files(session.config)
        except OSError as error:
            self.said = f"the report was not written: {line(str(self.path), LONGEST)}: {error.strerror or error}"
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _files(self, config: pytest.Config) -> None:
        """Write what became of tests, and of contracts."""
        kind, tests, drift = self.path.suffix.lower(), folded(self._reports), _drift(config)
        path = self.path
        if kind in FORMS and (tests or drift is None):
            whole.write({path: FORMS[kind](tests, time.time()).encode()})
            path = path.with_name(f"{path.stem}.contracts{path.suffix}")
        if drift is not None:
            whole.write({path: DRIFT[kind](drift).encode()})
            self.said = f"report: {line(str(path), LONGEST)}" if path == self.path else f"{self.said}, and {path.name}"
        elif kind not in FORMS:
            self.said = "no report was written: no contract was checked"


def prepare(config: pytest.Config) -> None:
    """Have a report written at the end of this run; `pytest.UsageError` says why there can be none.

    Other processes of the run send what they have to this one.
    """
    if hasattr(config, "workerinput"):
        return
    forms = DRIFT if config.pluginmanager.has_plugin(CONTRACTS) else FORMS
    writers = config.stash[WRITERS] = []
    for said in config.option.replaykit_report:
        path = config.invocation_params.dir / Path(os.path.expandvars(said)).expanduser()
        if problem := _problem(path, forms):
            raise pytest.UsageError(f"{OPTION}={line(said, LONGEST)}: {problem}")
        writers.append(Writer(path))
        config.pluginmanager.register(writers[-1], f"replaykit-report-{len(writers)}")


def _problem(path: Path, forms: Container[str]) -> str:
    """Why a report cannot be written there, in one of these forms; empty when it can."""
    folder = line(str(path.parent), LONGEST)
    if path.suffix.lower() not in forms:
        return "a report is a page or a document: give a file that ends in .html or .json (.md with -m contract)"
    if path.is_dir():
        return "that is a folder: give a file in it"
    if not path.parent.is_dir():
        return f"there is no folder {folder}: make it, or give another file"
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        return f"nothing may be written there: give another file than one in {folder}"
    return ""


def _page(tests: Sequence[Trial], when: float) -> str:
    from replaykit.report.html.suite import suite

    return suite(tests, when)


def _document(tests: Sequence[Trial], when: float) -> str:
    from replaykit.report.suite import as_json

    return json.dumps(as_json(tests, when), indent=2) + "\n"


def _drift(config: pytest.Config) -> Report | None:
    """What contracts came to; None when this run checked none."""
    run = config.pluginmanager.get_plugin(CONTRACTS)
    return None if run is None else run.report


def _drift_page(report: Report) -> str:
    from replaykit.report.html.drift import drift

    return drift(report)


def _drift_document(report: Report) -> str:
    from replaykit.report.drift.document import as_json as document

    return json.dumps(document(report), indent=2) + "\n"


def _drift_summary(report: Report) -> str:
    from replaykit.report.drift.markdown import markdown

    return markdown(report)


FORMS: dict[str, Callable[[Sequence[Trial], float], str]] = {".html": _page, ".json": _document}
"""What a file holds, by how its name ends."""

DRIFT: dict[str, Callable[[Report], str]] = {".html": _drift_page, ".json": _drift_document, ".md": _drift_summary}
"""The same for contracts."""
