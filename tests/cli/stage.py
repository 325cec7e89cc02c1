"""A project of somebody's own, in which `replaykit` is typed: files, a model server, and what came out.

Law: every command is a process of its own, in an environment that holds what the test gave and no
key, proxy or setting of the machine it runs on. What is `typed` begins with its imports made (tests/warm.py),
as far as that makes no difference; what is started begins from nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replaykit.store import Store
from tests.warm import Nest, fits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.core.model import Episode

PATIENCE = 60.0
"""Seconds after which a command has failed its test; nothing that works takes a twentieth of it."""

VENV = str(Path(sys.executable).parent)

COMMANDS = ("accept", "again", "diff", "importing", "looking", "running", "scanning", "trust")
LATE = (
    "cassette.acceptance",
    "core.redact.redactor",
    "core.verdict",
    "git",
    "launch.contracts",
    "launch.draft",
    "launch.runs",
    "report.difference",
    "report.document",
    "report.drift",
    "report.health",
    "report.html",
    "report.markdown",
    "report.suite",
    "report.summary",
    "scan",
    "session.names",
    "vcr",
)
"""What commands import when they need it."""


@cache
def nest() -> Nest:
    """The process that has imported what commands import; one for all projects of a run."""
    return Nest([*(f"replaykit.cli.{name}" for name in COMMANDS), *(f"replaykit.{name}" for name in LATE)])


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a command."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document that it is."""
        return json.loads(self.stdout)


@dataclass
class Project:
    """A folder under git with an agent in it; `variables` are in every command's environment."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> Path:
        """A file of the project, which now holds this text."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def type(self, *words: str, stdin: str = "", folder: str = ".", **variables: str) -> Ran:
        """What came of `replaykit` with these words."""
        where: dict[str, Any] = {"cwd": self.folder / folder, "env": self.environment(variables), "timeout": PATIENCE}
        if fits(self.variables | variables):
            done = nest().run(["replaykit", *words], stdin=stdin, **where)
        else:
            done = subprocess.run(self.line(*words), input=stdin, text=True, capture_output=True, check=False, **where)
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """`replaykit` with these words, on its way."""
        return subprocess.Popen(
            self.line(*words),
            cwd=self.folder,
            env=self.environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def record(self, script: str = "agent.py", *words: str, stdin: str = "", **variables: str) -> Ran:
        """What came of recording one of the project's scripts."""
        return self.type("record", "--", "python", script, *words, stdin=stdin, **variables)

    def replay(self, name: str = "agent", *options: str, **variables: str) -> Ran:
        """What came of replaying an episode."""
        return self.type("replay", name, *options, **variables)

    def line(self, *words: str) -> list[str]:
        """The command line of `replaykit`."""
        return [sys.executable, "-m", "replaykit", *words]

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """The environment of a command: little more than what the test gave."""
        plain = {"PATH": os.pathsep.join([VENV, os.defpath]), "HOME": str(self.folder.parent), "LANG": "C.UTF-8"}
        plain["SSL_CERT_FILE"] = os.environ["SSL_CERT_FILE"]  # of the run, and so short that it takes no time
        return plain | self.variables | dict(variables)

    def episode(self, name: str = "agent") -> Episode:
        """The newest draft of a name, as the store has it."""
        store = Store(self.folder / "episodes" / "episodes.db", create=False)
        try:
            newest = store.newest(name)
            assert newest is not None, f"no draft of {name}"
            episode = store.episode(newest)
            assert episode is not None
            for step in episode.exchanges:
                _ = step.request.body.data
            return episode
        finally:
            store.close()

    def drafts(self) -> int:
        """How many drafts there are."""
        return len(self.ids())

    def ids(self) -> list[str]:
        """The ids of all drafts, the newest first."""
        path = self.folder / "episodes" / "episodes.db"
        return [each.id for each in Store(path, create=False).summaries()] if path.exists() else []

    def git(self, *words: str) -> str:
        """What git says."""
        who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        return subprocess.run(
            ["git", *who, *words], cwd=self.folder, text=True, check=True, capture_output=True
        ).stdout.strip()
