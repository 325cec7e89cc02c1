"""`--replaykit-report`: what became of every test that used an episode, as a page or as a document.

    FILE.html   a page that needs no other file     report/html/suite.py
    FILE.json   the same for programs               report/suite.py

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

from replaykit.core.plain import line
from replaykit.pytest_plugin.outcomes import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replaykit.report.suite import Trial

OPTION = "--replaykit-report"

WRITER: pytest.StashKey[Writer] = pytest.StashKey()
"""Where a run keeps what writes its report."""

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
            _write(self.path, FORMS[self.path.suffix.lower()](folded(self._reports), time.time()))
        except OSError as error:
            self.said = f"the report was not written: {line(str(self.path), LONGEST)}: {error.strerror or error}"
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED


def prepare(config: pytest.Config) -> None:
    """Have a report written at the end of this run; `pytest.UsageError` says why there can be none.

    Other processes of the run send what they have to this one.
    """
    if hasattr(config, "workerinput"):
        return
    path = Path(os.path.expandvars(config.option.replaykit_report)).expanduser()
    path = config.invocation_params.dir / path
    if problem := _problem(path):
        raise pytest.UsageError(f"{OPTION}={line(config.option.replaykit_report, LONGEST)}: {problem}")
    writer = config.stash[WRITER] = Writer(path)
    config.pluginmanager.register(writer, "replaykit-report")


def _problem(path: Path) -> str:
    """Why a report cannot be written there; empty when it can."""
    folder = line(str(path.parent), LONGEST)
    if path.suffix.lower() not in FORMS:
        return "a report is a page or a document: give a file that ends in .html or .json"
    if path.is_dir():
        return "that is a folder: give a file in it"
    if not path.parent.is_dir():
        return f"there is no folder {folder}: make it, or give another file"
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        return f"nothing may be written there: give another file than one in {folder}"
    return ""


def _write(path: Path, text: str) -> None:
    """Have the file hold this: beside its place first, so that a report is whole or the one before."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _page(tests: Sequence[Trial], when: float) -> str:
    from replaykit.report.html.suite import suite

    return suite(tests, when)


def _document(tests: Sequence[Trial], when: float) -> str:
    from replaykit.report.suite import as_json

    return json.dumps(as_json(tests, when), indent=2) + "\n"


FORMS: dict[str, Callable[[Sequence[Trial], float], str]] = {".html": _page, ".json": _document}
"""What a file holds, by how its name ends."""
