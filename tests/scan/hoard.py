"""Secrets, made up, and files that hold them: for the tests beside this file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replaykit.cassette import tape
from replaykit.config import Config
from replaykit.core.model import Body, Episode, Exchange, Origin, Request, Response
from replaykit.scan import scan
from replaykit.session.rules import redactor

if TYPE_CHECKING:
    from replaykit.core.model import Headers, Step
    from replaykit.scan import Finding, Report

GITHUB = "ghp_" + "a1B2c3D4e5" * 4
MODEL = "sk-ant-api03-" + "Zk4Wq9Lm2Xp7" * 3
PLAIN = "tr0ub4dor-and-3-more"
"""A secret without a shape: known by the variable that holds it."""

URL = "https://api.example.com/v1/messages"


def exchange(
    body: bytes = b"{}", answer: bytes = b"{}", *, headers: Headers = (), kind: str = "application/json", **more: Any
) -> Exchange:
    """An exchange that says this, its answer in two chunks."""
    half = len(answer) // 2
    response = Response(200, (("content-type", kind),), Body.of(answer), (half, len(answer) - half), (1, 2))
    return Exchange(Request("POST", more.pop("url", URL), headers, Body.of(body)), response, **more)


def episode(*steps: Step, **more: Any) -> Episode:
    """An accepted episode of these steps, in the order of their beginnings."""
    begun = tuple(replace(step, began=number) for number, step in enumerate(steps, start=1))
    given = {"origin": Origin(("python", "agent.py")), **more}
    return Episode("episode_k3v9q2", "support", "accepted", steps=begun, **given)


def on_tape(folder: Path, given: Episode) -> Path:
    """The tape of an episode, as it is, in a folder."""
    path = folder / "support.tape"
    path.write_bytes(tape.write(given))
    return path


def looked(*paths: Path, **environment: str) -> Report:
    """What a scan makes of these paths, in this environment."""
    return scan(paths, redactor(Config(Path("/")), environment))


def found(*paths: Path, **environment: str) -> list[str]:
    """The findings as a person reads them, by the names of their files; no secret of this file is in any."""
    report = looked(*paths, **environment)
    assert () == report.problems
    lines = [_line(each) for each in report.findings]
    told = repr(report) + "".join(lines)
    assert [] == [secret for secret in (GITHUB, MODEL, PLAIN) if secret in told]
    return lines


def _line(finding: Finding) -> str:
    return str(replace(finding, path=Path(finding.path).name))
