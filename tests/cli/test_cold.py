"""Commands in an interpreter of their own, with nothing imported before; the others have such tests elsewhere."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.stage import PATIENCE

if TYPE_CHECKING:
    from tests.cli.stage import Project

CASSETTE = """
version: 1
interactions:
- request: {method: GET, uri: "http://a.example/", body: null, headers: {}}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: x}}
"""


@pytest.mark.parametrize(
    "words",
    [("accept", "agent"), ("doctor",), ("import", "theirs.yaml"), ("rm", "draft:agent")],
    ids=lambda each: each[0],
)
def test_a_command_imports_what_it_needs(recorded: Project, words: tuple[str, ...]) -> None:
    """It does what it is for, and says so without a traceback."""
    recorded.write("theirs.yaml", CASSETTE)
    done = subprocess.run(
        recorded.line(*words),
        cwd=recorded.folder,
        env=recorded.environment({}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (0, False) == (done.returncode, "Traceback" in done.stderr), done.stderr
