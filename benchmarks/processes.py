"""The processes around a measurement: environments, the model server, probes, whole commands.

Law: everything that is started here ends here, and nothing is written outside `benchmarks/.envs/`
and the folder that the caller gives.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.workload import Run

ROOT = Path(__file__).resolve().parents[1]
ENVS = Path(__file__).resolve().parent / ".envs"

PEERS = {"vcrpy": "vcrpy==9.4.2", "cassetter": "cassetter==0.16.1"}
"""The peers' versions are part of the result: a newer one is a decision, made here."""

PLUGINS = {"vcrpy": ("pytest-recording==0.14.1",)}
"""What brings a peer into pytest, where it does not come by itself."""

OURS = "replaykit"
"""Has an environment like those of its peers: what is there for development makes every start slower."""

PATIENCE = 900.0
"""Seconds that one probe may take: the slowest peer needs three minutes for 200 turns on a two-core machine."""


class ProbeError(Exception):
    """A process ended badly; the text is the last line that it said."""


def environment(subject: str) -> Path:
    """The interpreter of a subject's own environment, made on first use and whenever its versions change.

    Raises `ProbeError` when it cannot be made, as without a package index.
    """
    wanted = [*(_ours() if subject == OURS else _theirs(subject)), *_pinned("httpx2", "pytest")]
    folder, stamp = ENVS / subject, ENVS / subject / "requirements.txt"
    python = folder / "bin" / "python"
    if not stamp.exists() or stamp.read_text().splitlines() != wanted:
        print(f"making the environment of {subject}", file=sys.stderr)
        _ran([sys.executable, "-m", "venv", "--clear", folder])
        _ran([python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *wanted])
        stamp.write_text("\n".join([*wanted, ""]))
    return python


def _theirs(peer: str) -> list[str]:
    return [PEERS[peer], *PLUGINS.get(peer, ())]


def _ours() -> list[str]:
    """Our checkout and what it depends on, in the versions that it is developed with."""
    depends = [Requirement(each) for each in requires("replaykit-llm") or ()]
    here = [each.name for each in depends if each.marker is None or each.marker.evaluate({"extra": ""})]
    return ["--editable", str(ROOT), *_pinned(*here)]


def _pinned(*names: str) -> list[str]:
    return [f"{name}=={version(name)}" for name in names]


def interpreter(subject: str) -> Path:
    """The interpreter that a subject runs on: a peer's own, or ours, which is also the floor's."""
    return environment(subject if subject in PEERS else OURS)


@contextmanager
def server(pace: float = 0.0) -> Iterator[str]:
    """The address of a model server in a process of its own, until the block ends."""
    command = [sys.executable, "-m", "benchmarks.loopback", "--pace", str(pace)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None  # noqa: S101 - for the type checker
        assert process.stdout is not None  # noqa: S101 - as above
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1/messages"
        finally:
            process.stdin.close()


@dataclass(frozen=True, slots=True)
class Probe:
    """One measurement to be made by `benchmarks.probe` in a subject's environment."""

    subject: str
    task: str
    path: Path
    url: str
    agents: Sequence[Run]

    def command(self, python: Path | None = None) -> list[str]:
        """The command that makes it, by its subject's interpreter or by a given one."""
        given = {
            "subject": self.subject,
            "path": str(self.path),
            "url": self.url,
            "agents": [asdict(agent) for agent in self.agents],
        }
        return [str(python or interpreter(self.subject)), "-m", "benchmarks.probe", self.task, json.dumps(given)]

    def start(self) -> subprocess.Popen[str]:
        """The running process, its output piped."""
        return start(self.command())

    def run(self) -> dict[str, Any]:
        """What it found; raises `ProbeError` when it ended badly."""
        return result(self.start())


def start(command: Sequence[str]) -> subprocess.Popen[str]:
    """A command in the root of the repository, its output piped."""
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What a probe printed last; raises `ProbeError` when it ended badly or took too long."""
    try:
        said, complaint = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise ProbeError(f"no result after {PATIENCE:.0f} s") from None
    if process.returncode:
        raise ProbeError(_complaint(complaint, process.returncode))
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def wall(command: Sequence[str | Path], folder: Path, **variables: str) -> float:
    """Seconds that a whole process takes, from its start to its end; raises `ProbeError` when it ended badly.

    `variables` are in its environment besides ours.
    """
    began = time.perf_counter()
    _ran(command, folder, **variables)
    return time.perf_counter() - began


def _ran(command: Sequence[str | Path], folder: Path = ROOT, **variables: str) -> None:
    environment = os.environ | variables
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise ProbeError(_complaint(done.stderr or done.stdout, done.returncode))


def _complaint(said: str, code: int) -> str:
    """What was said on stderr after the last line of a traceback: the error and its remedy, on one line."""
    lines = said.strip().splitlines() or [f"exit {code}"]
    last = max((number for number, line in enumerate(lines) if line.startswith("  ")), default=-1)
    return " · ".join(lines[last + 1 :][-3:]) or lines[-1]
