"""The journal of findings: since when they are there, and that it never stands in the way of a run."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from replaykit.contracts import journal as journals
from replaykit.contracts.journal import Journal, Sight
from replaykit.core.contract.model import Finding, key
from tests.contracts.making import NAME

if TYPE_CHECKING:
    from pathlib import Path

FINDING = Finding("res.enum.added", "RISK", "response", "response", "/status", 'new "lost"')
KEY = key(NAME, FINDING)


def run(journal: Journal, day: str, seen: int = 3, of: int = 41) -> Journal:
    """The journal after a run that found the finding, or did not."""
    return journal.noted(NAME, day, {KEY: (FINDING, seen)} if seen else {}, of)


def test_a_finding_has_a_history() -> None:
    """It is known since the first day, how often it was seen is of the last run, and a clean day is kept."""
    clean = run(Journal(), "2026-11-18", 0)
    first = run(clean, "2026-11-19")
    assert ("", "2026-11-19") == (clean.since(KEY), first.since(KEY))
    assert (
        Sight(NAME, FINDING.id, FINDING.path, FINDING.text, "2026-11-19", "2026-11-19", "2026-11-18", 3, 41)
        == (first.findings[KEY])
    )
    gone = run(run(first, "2026-11-20", 5, 40), "2026-11-21", 0)
    back = run(gone, "2026-11-22", 1, 2).findings[KEY]
    assert ("2026-11-20", "2026-11-21", 5, 40) == (
        gone.findings[KEY].last,
        gone.findings[KEY].clean,
        gone.findings[KEY].seen,
        gone.findings[KEY].of,
    )
    assert ("2026-11-19", "2026-11-22", "2026-11-21", 1, 2) == (back.first, back.last, back.clean, back.seen, back.of)


def test_another_contract_is_not_touched() -> None:
    """A run of one contract says nothing of the findings of another."""
    found = run(Journal(), "2026-11-19")
    after = found.noted("shop.items", "2026-11-20", {}, 7)
    assert found.findings == after.findings
    assert {NAME: "2026-11-19", "shop.items": "2026-11-20"} == after.checked


def test_a_gateway_has_a_history_of_its_own(tmp_path: Path) -> None:
    """What was checked at the service itself does not say what a gateway does not do any more, nor the other way."""
    finding = replace(FINDING, host="llm.example.com")
    mark = key(NAME, finding)
    assert mark != KEY
    own = run(Journal(), "2026-11-18")
    both = own.noted(NAME, "2026-11-19", {mark: (finding, 2)}, 7, host="llm.example.com")
    assert ("", "") == (both.findings[KEY].clean, both.findings[mark].clean)
    apart = run(both, "2026-11-20", 0)
    assert ("2026-11-20", "") == (apart.findings[KEY].clean, apart.findings[mark].clean)
    gone = apart.noted(NAME, "2026-11-21", {}, 7, host="llm.example.com")
    assert ("2026-11-20", "2026-11-21") == (gone.findings[KEY].clean, gone.findings[mark].clean)
    assert "2026-11-21" == gone.last(NAME)
    assert "" == gone.last("shop")
    path = tmp_path / "drift.json"
    assert gone == journals.update(path, lambda _: gone) == journals.read(path)
    path.write_text(path.read_text().replace(',\n   "host": ""', ""))  # as it was before there were gateways
    assert gone == journals.read(path)


def test_what_was_noted_is_read_back(tmp_path: Path) -> None:
    """The file holds what the runs have found, beside nothing else; keys are found by their beginning."""
    path = tmp_path / "episodes" / "drift.json"
    assert Journal() == journals.read(path)
    noted = journals.update(path, lambda journal: run(journal, "2026-11-19"))
    assert noted == journals.read(path)
    assert "2026-11-19" == noted.since(KEY)
    assert ((KEY,), ()) == (noted.matching(KEY[:3]), noted.matching("-"))
    assert ["drift.json"] == [each.name for each in path.parent.iterdir()]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 2, "findings": {}, "checked": {}}',
        '{"version": 1, "findings": [], "checked": {}}',
        '{"version": 1, "findings": {"a": {"contract": 7}}, "checked": {}}',
        '{"version": 1, "findings": {"a": null}, "checked": {}}',
        "[" * 100_000,
    ],
)
def test_a_damaged_journal_is_set_aside(tmp_path: Path, text: str) -> None:
    """What is no journal is kept under another name, said to be, and the run goes on with a new one."""
    path = tmp_path / "drift.json"
    path.write_text(text)
    found = journals.update(path, lambda journal: run(journal, "2026-11-19"))
    assert found.problem.endswith("what was there is now drift.json.damaged")
    assert str(path) in found.problem
    assert text == (tmp_path / "drift.json.damaged").read_text()
    assert ("2026-11-19", "") == (journals.read(path).since(KEY), journals.read(path).problem)


def test_a_journal_that_cannot_be_kept(tmp_path: Path) -> None:
    """Where nothing can be written the run still has its findings, and a word of it."""
    (tmp_path / "episodes").write_text("a file")
    found = journals.update(tmp_path / "episodes" / "drift.json", lambda journal: run(journal, "2026-11-19"))
    assert "2026-11-19" == found.since(KEY)
    assert "since when findings are there is not kept" in found.problem


NOTE = """
import pathlib, sys
from replaykit.contracts import journal
for number in range(10):
    name = f"shop.orders{sys.argv[2]}-{number}"
    journal.update(pathlib.Path(sys.argv[1]), lambda found: found.noted(name, "2026-11-19", {}, 1))
"""


def test_processes_that_note_at_once_lose_nothing(tmp_path: Path) -> None:
    """Two runs that end together both stand in the journal."""
    path = tmp_path / "drift.json"
    both = [subprocess.Popen([sys.executable, "-c", NOTE, str(path), str(each)]) for each in range(2)]
    assert [0, 0] == [each.wait(60) for each in both]
    assert 20 == len(journals.read(path).checked)
    assert ["drift.json"] == [each.name for each in tmp_path.iterdir()]
