"""The secrets that a run's processes come to know: told through the run's folder, and only what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import replaykit
from replaykit.core.redact import Secret
from replaykit.launch.learned import known, learned, tell
from replaykit.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

KEY = "x7Kq2LmzR8vTT1abcd9"
OTHER = "p3Wd9NbcQ5yUU6efgh2"


def test_only_what_is_new_is_told(tmp_path: Path) -> None:
    """What the command was started with is not written down, in no process and not twice."""
    run = str(tmp_path)
    known(run, {"OLD_API_KEY": KEY, "OLD_PASSWORD": "test"})
    for _ in range(2):
        tell(run, [Secret("OLD_API_KEY", KEY), Secret("OLD_PASSWORD", ""), Secret("NEW_API_KEY", KEY)])
        tell(run, [Secret("OLD_API_KEY", f"{KEY}é\n\udcff"), Secret("PLAIN_KEY", "")])
    expected = (Secret("NEW_API_KEY", KEY), Secret("OLD_API_KEY", f"{KEY}é\n\udcff"), Secret("PLAIN_KEY", ""))
    assert expected == learned(run)


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    """Neither the values nor the digests; and a digest is no value."""
    known(str(tmp_path), {"OLD_API_KEY": KEY})
    assert {0} == {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()}
    tell(str(tmp_path), [Secret("NEW_API_KEY", OTHER)])
    assert {0} == {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()}
    assert not [path for path in tmp_path.iterdir() if KEY in path.read_text()]


def test_without_a_folder_nothing_happens(tmp_path: Path) -> None:
    """A run that has gone takes nothing."""
    gone = str(tmp_path / "gone")
    tell(gone, [Secret("NEW_API_KEY", KEY)])
    assert () == learned(gone)


def test_a_block_learns_what_its_program_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is loaded within it is hidden from then on, and named at its end: a replay of it needs the variable."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [f"{KEY}.py"])
    monkeypatch.setenv("OLD_API_KEY", KEY)
    with replaykit.record("late", store=tmp_path / "late.db") as block:
        monkeypatch.setenv("NEW_API_KEY", OTHER)
        block.output("said", f"{KEY} {OTHER}")
    episode = Store(tmp_path / "late.db").episode(block.id)
    assert episode is not None
    assert b'"[REDACTED:OLD_API_KEY] [REDACTED:NEW_API_KEY]"' == episode.outputs.values["said"]
    assert {"OLD_API_KEY", "NEW_API_KEY"} <= set(episode.origin.secrets)
    assert "[REDACTED:OLD_API_KEY].py" == episode.origin.program
