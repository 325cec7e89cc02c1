"""Programs run for real: with pipes, files and pseudo-terminals, and a person at the keyboard."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import subprocess
import sys
import termios
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

import replaykit
from tests.servers.script import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers.wire import Server

ROOT = Path(replaykit.__file__).parents[1]
DRIVER = Path(__file__).with_name("driver.py")
PATIENCE = 20.0
"""Seconds after which a test gives up; nothing that works takes a tenth of it."""


def importing() -> dict[str, str]:
    """Our environment, in which any interpreter like ours finds the package under test."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@dataclass
class Stage:
    """Runs commands through the driver, and reads its report."""

    folder: Path
    began: list[subprocess.Popen[bytes]] = field(default_factory=list)
    sat: list[Person] = field(default_factory=list)

    @property
    def report(self) -> dict[str, Any]:
        """What `run` gave back, as JSON."""
        report: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        return report

    def line(self, *command: str, **options: object) -> list[str]:
        """The driver's command line for this command."""
        return [sys.executable, str(DRIVER), str(self.folder / "report.json"), json.dumps(options), *command]

    def start(self, *command: str, wires: dict[str, Any] | None = None, **options: object) -> subprocess.Popen[bytes]:
        """The driver, started with these descriptors (`subprocess.Popen`'s words)."""
        process = subprocess.Popen(self.line(*command, **options), env=importing(), **(wires or {}))
        self.began.append(process)
        return process

    def play(self, *command: str, wires: dict[str, Any] | None = None, **options: object) -> dict[str, Any]:
        """The report of a command that ran to its end, with what came out of the driver itself."""
        wires = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE} | (wires or {})
        given = wires.pop("input", None)
        if given is not None:
            wires["stdin"] = subprocess.PIPE
        process = self.start(*command, wires=wires, **options)
        out, _ = process.communicate(given, timeout=PATIENCE)
        return self.report | {"passed": out, "code": process.returncode}

    def python(self, script: str, wires: dict[str, Any] | None = None, **options: object) -> dict[str, Any]:
        """The same, for a script in Python."""
        return self.play(sys.executable, "-c", script, wires=wires, **options)

    def sit(self, *command: str, wires: dict[str, Any] | None = None, **options: object) -> Person:
        """A person at a terminal of 80 × 24, in which the driver runs; `wires` replaces some of its streams."""
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 80))
        streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs} | (wires or {})
        process = self.start(
            *command, wires={**streams, "start_new_session": True, "preexec_fn": _claim(theirs)}, **options
        )
        self.sat.append(Person(self, process, ours, theirs))
        return self.sat[-1]


def _claim(terminal: int) -> Callable[[], int]:
    """Makes this terminal the one of the new session."""
    return lambda: fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


@dataclass
class Person:
    """Somebody who types and watches; `seen` is all that has appeared so far."""

    stage: Stage
    process: subprocess.Popen[bytes]
    ours: int
    theirs: int
    seen: bytes = b""

    def type(self, keys: bytes) -> None:
        """Press these keys."""
        os.write(self.ours, keys)

    def await_(self, text: bytes) -> bytes:
        """All that has appeared, once this text is among it."""
        deadline = monotonic() + PATIENCE
        while text not in self.seen:
            assert self._look(deadline - monotonic()), f"{text!r} never appeared; seen: {self.seen!r}"
        return self.seen

    def leave(self) -> dict[str, Any]:
        """The report, once the driver has ended; what it left on the terminal is seen, too."""
        deadline = monotonic() + PATIENCE
        while self.process.poll() is None and monotonic() < deadline:
            self._look(0.02)
        self.process.wait(0)
        while self._look(0):
            pass
        return self.stage.report | {"code": self.process.returncode, "modes": termios.tcgetattr(self.theirs)}

    def _look(self, patience: float) -> bool:
        """Whether something new has appeared in time."""
        if not select.select([self.ours], [], [], max(0.0, patience))[0]:
            return False
        data = os.read(self.ours, 65536)
        self.seen += data
        return bool(data)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A place to run commands in; what still runs at the end is ended."""
    stage = Stage(tmp_path)
    yield stage
    for process in stage.began:
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
    for person in stage.sat:
        os.close(person.ours)
        os.close(person.theirs)


@pytest.fixture
def url(server: Server) -> str:
    """A place that answers."""
    server.on("GET /other", plain(b"another"))
    return server.on("GET /", plain(b"answered"))


@pytest.fixture
def episode(url: str, store: Path) -> Path:
    """The store that holds an episode called `story`, of one request to `url`."""
    with replaykit.record("story", store=store):
        httpx2.get(url)
    return store
