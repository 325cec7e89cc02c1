"""Which interpreter the `python` of a command is."""

from __future__ import annotations

import os
import sys
import venv
from pathlib import Path

import pytest

from replaykit.errors import UsageError
from replaykit.launch.interpreter import recorded, typed

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment whose `python` knows no replaykit."""
    venv.create(tmp_path / "bare", symlinks=True)
    return {"PATH": f"{tmp_path / 'bare' / 'bin'}{os.pathsep}{os.defpath}"}


def test_what_stands_in_the_present_folder_is_not_installed(
    bare: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder called `replaykit` where one happens to be does not make another interpreter know us."""
    monkeypatch.chdir(ROOT)
    assert (sys.executable, "agent.py") == recorded(("python", "agent.py"), bare, ROOT)
    with pytest.raises(UsageError, match="has no replaykit"):
        typed(("python", "agent.py"), bare)


@pytest.mark.parametrize("word", ["nosuch.py", "./nosuch.py"])
def test_a_script_is_no_command(tmp_path: Path, word: str) -> None:
    """A script that cannot be run by itself was meant for Python; one that can is as it is."""
    with pytest.raises(UsageError, match="did you mean `python "):
        typed((word, "--fast"), {"PATH": str(tmp_path)})
    script = tmp_path / "agent.py"
    script.write_text("#!/usr/bin/env python\n")
    script.chmod(0o755)
    assert ("agent.py",) == typed(("agent.py",), {"PATH": str(tmp_path)})
