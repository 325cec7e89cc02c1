"""`record --again --runs`: what differs between any two runs is told from what the program does differently."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from tests.servers.script import document
from tests.servers.wire import Server

if TYPE_CHECKING:
    from tests.cli.stage import Project

AGENT = """
from talk import ask
print(ask("hello"))
"""


def moody(server: Server) -> str:
    """A server that answers otherwise each time."""
    count = itertools.count(1)
    server.on("POST /ask", lambda asked: document({"said": f"{asked.json()['text']} number {next(count)}"}))
    return server.url


def test_what_differs_anyway(project: Project) -> None:
    """The answer and the output are marked; all of them drafts are kept, and nothing else is said to have changed."""
    project.write("agent.py", AGENT)
    with Server() as server:
        url = moody(server)
        project.record(AGENT_BASE_URL=url)
        ran = project.type("record", "--again", "agent", "--runs", "3", AGENT_BASE_URL=url)
    assert (1, 4) == (ran.exit_code, project.drafts()), ran.stderr
    assert "run 3 of 3\n" in ran.stderr
    assert 'answer.said: "1" → "4" (in "hello number …") (differs between runs anyway)\n' in ran.stderr
    assert "\nall of this differs between runs of the same program anyway\n" in ran.stderr
    assert "\nrun 2 differs from run 1 in 1 answer and 1 output: replaykit diff episode_" in ran.stderr


def test_what_the_program_changed_is_beyond_that(project: Project) -> None:
    """A changed question stands out from the noise."""
    project.write("agent.py", AGENT)
    with Server() as server:
        url = moody(server)
        project.record(AGENT_BASE_URL=url)
        project.write("agent.py", AGENT.replace("hello", "good day"))
        ran = project.type("record", "--again", "agent", "--runs", "2", AGENT_BASE_URL=url)
    changed = next(line for line in ran.stderr.splitlines() if '"hello" → "good day"' in line)
    assert "anyway" not in changed
    assert "\n0 of 3 differences between runs anyway, 3 beyond that\n" in ran.stderr


def test_runs_are_of_an_episode(project: Project) -> None:
    """Without `--again` there is nothing to repeat."""
    refused = project.type("record", "--runs", "2", "--", "python", "agent.py")
    assert (2, True) == (refused.exit_code, "replaykit record --again EPISODE --runs 3" in refused.stderr)
