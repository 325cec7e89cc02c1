"""A test suite of somebody's own, run by a real pytest in a process of its own, with the plugin loaded."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.cli.stage import Project, Ran

if TYPE_CHECKING:
    from pathlib import Path

PLUGIN: Final = "replaykit.pytest_plugin"

ALONE: Final = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""No plugin but those that are named: what others this environment has takes half a second of each run."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What pytest said: its exit code, all of its output, and how many tests had which outcome."""

    exit_code: int
    text: str
    counts: dict[str, int]


@dataclass
class Suite(Project):
    """A folder with tests in it."""

    def pytest(self, *words: str, **variables: str) -> Outcome:
        """What came of `pytest` with these words."""
        xdist = ("-p", "xdist") if "-n" in words else ()
        fixed = ("-p", PLUGIN, *xdist, "-p", "no:cacheprovider", "-q")
        ran = self._run([sys.executable, "-m", "pytest", *fixed, *words], ALONE | variables)
        text = ran.stdout + ran.stderr
        found = re.findall(
            r"(\d+) (passed|failed|errors?|skipped|deselected|xfailed)", text.strip().rpartition("\n")[2]
        )
        return Outcome(ran.exit_code, text, {word.removesuffix("s"): int(number) for number, word in found})

    def _run(self, command: list[str], variables: dict[str, str]) -> Ran:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(variables),
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


def suite(folder: Path, **files: str) -> Suite:
    """A suite under git with these test files: `agent` is `tests/test_agent.py`."""
    found = Suite(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".git").mkdir(exist_ok=True)
    found.write("pyproject.toml", "[tool.pytest]\nminversion = '8'\n")
    for name, text in files.items():
        found.write(f"tests/test_{name}.py", text)
    return found
