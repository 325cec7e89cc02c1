"""A test suite of somebody's own, run by a real pytest in a process of its own, with the plugin loaded."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tests.cli.stage import Project, Ran
from tests.warm import Nest, fits

if TYPE_CHECKING:
    from pathlib import Path

PLUGIN: Final = "replaykit.pytest_plugin"

ALONE: Final = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""No plugin but those that are named: what others this environment has takes half a second of each run."""


OURS: Final = (
    "cassette.acceptance",
    "core.compare.nearest",
    "core.explain",
    "core.redact.redactor",
    "git",
    "launch.draft",
    "launch.part",
    "launch.program",
    "report.difference",
    "report.suite",
    "session.player",
    "session.recorder",
    "tools.values",
)
"""What the plugin imports once a test asks for an episode."""

THEIRS: Final = (
    *("_pytest._argcomplete", "faulthandler", "getpass", "packaging.version", "pdb", "pickle", "readline"),
    *("click", "rich.console", "rich.markup", "rich.progress", "rich.syntax", "rich.table"),
    *("httpx2", "httpcore2"),
)
"""What pytest imports when it begins, what httpx does (itself, it is left to those who ask for it), and a client."""


@cache
def nest(*more: str) -> Nest:
    """The process that has imported pytest, a client, what the plugin needs of ours, and these; not the plugin."""
    from _pytest.config import default_plugins

    theirs = (f"_pytest.{name}" for name in default_plugins if name != "pytester")
    return Nest(["pytest", *theirs, *THEIRS, *(f"replaykit.{name}" for name in OURS), *more])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What pytest said: its exit code, all of its output, and how many tests had which outcome."""

    exit_code: int
    text: str
    counts: dict[str, int]


@dataclass
class Suite(Project):
    """A folder with tests in it, and what they import; without `warm`, nothing was imported before pytest begins."""

    warm: bool = True
    needs: tuple[str, ...] = ()

    def pytest(self, *words: str, **variables: str) -> Outcome:
        """What came of `pytest` with these words."""
        xdist = ("-p", "xdist") if "-n" in words else ()
        fixed = ("-p", PLUGIN, *xdist, "-p", "no:cacheprovider", "-q")
        ran = self._run(["pytest", *fixed, *words], ALONE | variables)
        text = ran.stdout + ran.stderr
        found = re.findall(
            r"(\d+) (passed|failed|errors?|skipped|deselected|xfailed)", text.strip().rpartition("\n")[2]
        )
        return Outcome(ran.exit_code, text, {word.removesuffix("s"): int(number) for number, word in found})

    def _run(self, words: list[str], variables: dict[str, str]) -> Ran:
        where: dict[str, Any] = {"cwd": self.folder, "env": self.environment(variables), "timeout": 120}
        if self.warm and fits(self.variables | variables):
            done = nest(*self.needs).run(words, stdin="", **where)
        else:
            command = [sys.executable, "-m", *words]
            done = subprocess.run(command, text=True, capture_output=True, check=False, **where)
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
