"""A changed prompt, from the replay that fails to the comment on the pull request; real git, real processes."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import read
from tests.cli.conftest import settle
from tests.cli.stage import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.wire import Server

AGENT = """
import sys
from talk import ask
print(ask("hello"), "and", ask("bye"))
"""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory, model: Server) -> Project:
    """A project whose agent's cassette is committed."""
    folder = tmp_path_factory.mktemp("review") / "origin"
    folder.mkdir()
    project = Project(folder)
    project.git("-c", "init.defaultBranch=main", "init", "-q")
    settled = settle(tmp_path_factory.mktemp("settled") / "project", model)
    shutil.copy(settled.folder / "talk.py", folder)
    project.variables = settled.variables
    project.write("agent.py", AGENT)
    project.record()
    project.type("accept", "agent", "--reason", "it works")
    project.git("add", "-A")
    project.git("commit", "-q", "-m", "the agent")
    return project


@pytest.fixture
def branch(origin: Project, tmp_path: Path) -> Project:
    """A clone of it, on a branch of its own."""
    origin.git("clone", "-q", ".", str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone", origin.variables)
    clone.git("config", "user.name", "Ann")
    clone.git("config", "user.email", "ann@example.org")
    clone.git("checkout", "-q", "-b", "shorter")
    return clone


def changed(project: Project) -> Project:
    """The project with a prompt that is not what it was, recorded again."""
    project.write("agent.py", AGENT.replace("hello", "good morning"))
    again = project.type("record", "--again", "agent")
    assert 1 == again.exit_code, again.stderr
    return project


def test_the_day_of_a_prompt_change(branch: Project) -> None:
    """The replay fails and says in what; recorded again, compared and accepted, it passes; the page says why."""
    before = (branch.folder / "cassettes" / "agent.yaml").read_text()
    branch.write("agent.py", AGENT.replace("hello", "good morning"))
    failed = branch.replay()
    assert (1, True) == (failed.exit_code, '"hello" → "good morning"' in failed.stderr), failed.stderr
    again = branch.type("record", "--again", "agent")
    assert (1, True) == (again.exit_code, "the program asked for something else" in again.stderr), again.stderr
    compared = branch.type("diff", "agent")
    assert (1, True) == (compared.exit_code, compared.stdout in again.stderr), compared.stderr
    accepted = branch.type("accept", "agent", "--reason", "people say good morning")
    assert "accepted (1 request, 1 answer and 1 output)\n" in accepted.stderr, accepted.stderr
    assert 0 == branch.replay().exit_code
    page = (branch.folder / "cassettes" / "agent.yaml").read_text()
    assert re.search(
        r"\n- accepted: \"[\d-]+ [\d:]+ UTC, by Ann <ann@example.org>\"\n"
        r"  draft: episode_\w+, in place of episode_\w+\n"
        r"  changed: 1 request, 1 answer and 1 output\n"
        r"  why: people say good morning\n$",
        page,
    ), page
    assert before.count("good morning") == 0 < page.count("good morning")
    assert 0 == branch.type("verify").exit_code


def test_recorded_again_without_a_change(branch: Project) -> None:
    """Then there is nothing to accept, and not a byte of the cassette changes."""
    assert 0 == branch.type("record", "--again", "agent").exit_code
    accepted = branch.type("accept", "agent")
    assert (0, True) == (accepted.exit_code, "changes nothing; the cassette stays as it is" in accepted.stderr)
    assert "" == branch.git("status", "--porcelain", "cassettes")


def test_requests_alone(branch: Project) -> None:
    """What the program asks for is accepted, and its output is not: the replay says so until it is what it was."""
    changed(branch)
    accepted = branch.type("accept", "agent", "--only", "requests")
    assert "the requests of episode_" in accepted.stderr
    assert "; the outputs stay\n" in accepted.stderr
    failed = branch.replay()
    assert (1, True) == (failed.exit_code, "stdout" in failed.stderr), failed.stderr
    assert "not recorded" not in failed.stderr
    assert "requests" == read(branch.folder / "cassettes" / "agent.tape").history[-1].only
    branch.write("agent.py", AGENT.replace("hello", "good morning").replace("print(", "print('hello!'); sys.exit("))
    assert branch.type("accept", "agent").exit_code == 0, "the outputs can still be accepted later"


def test_outputs_alone(branch: Project) -> None:
    """What came out is accepted, and what was asked for is not."""
    changed(branch)
    accepted = branch.type("accept", "agent", "--only", "outputs", "--reason", "worded anew")
    assert "the outputs of episode_" in accepted.stderr
    found = read(branch.folder / "cassettes" / "agent.tape")
    assert (True, b"hello" in found.exchanges[0].request.body.data) == (b"good morning" in found.outputs.stdout, True)
    assert ("outputs", "worded anew") == (found.history[-1].only, found.history[-1].why)


def test_there_is_nothing_to_keep_of_a_cassette_that_is_not_there(branch: Project) -> None:
    """`--only` wants one."""
    branch.record("agent.py")
    (branch.folder / "cassettes" / "agent.tape").unlink()
    refused = branch.type("accept", "agent", "--only", "outputs")
    assert (2, True) == (refused.exit_code, "agent has no cassette yet" in refused.stderr)


def test_what_a_branch_changes(branch: Project) -> None:
    """All cassettes since the branch began, in every format, without the server and without keys."""
    changed(branch).type("accept", "agent")
    branch.write("other.py", AGENT)
    branch.record("other.py")
    branch.type("accept", "other")
    branch.git("add", "-A")
    branch.git("commit", "-q", "-m", "a longer greeting")
    branch.variables = {}
    text = branch.type("diff", "--base", "origin/main")
    assert 1 == text.exit_code, text.stderr
    assert "agent (accepted episode_" in text.stdout
    assert "\nother is new\n" in text.stdout
    comment = branch.type("diff", "--base", "origin/main", "--format", "md", "-o", "review.md")
    assert (1, "") == (comment.exit_code, comment.stdout)
    assert (
        (branch.folder / "review.md")
        .read_text()
        .startswith("### replaykit: 1 episode changed and 1 added since `origin/main`\n")
    )
    assert "<!doctype html>" in branch.type("diff", "--base", "origin/main", "--format", "html").stdout.lower()
    document = branch.type("diff", "--base", "origin/main", "--json").json
    assert {"agent": "changed", "other": "added"} == {each["name"]: each["fate"] for each in document["episodes"]}
    one = branch.type("diff", "--base", "origin/main", "other", "--format", "json").json
    assert ["other"] == [each["name"] for each in one["episodes"]]
    assert 2 == branch.type("diff", "--base", "origin/main", "nonesuch").exit_code


def test_a_branch_that_changes_nothing(branch: Project) -> None:
    """Exit code 0, and words that say so."""
    branch.write("readme.md", "words")
    ran = branch.type("diff", "--base", "origin/main")
    assert (0, "no cassette differs from origin/main\n") == (ran.exit_code, ran.stdout), ran.stderr


def test_one_that_cannot_be_read_does_not_hide_the_others(branch: Project) -> None:
    """What can be told is told, what is damaged is named, and the exit code is 2."""
    folder = branch.folder / "cassettes"
    shutil.copy(folder / "agent.tape", folder / "other.tape")
    (folder / "agent.tape").write_bytes((folder / "agent.tape").read_bytes()[:-9])
    ran = branch.type("diff", "--base", "origin/main")
    assert 2 == ran.exit_code
    assert "other is new\n" in ran.stdout
    assert "agent.tape" in ran.stderr
    assert "git checkout" in ran.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "there is nothing to compare"),
        (["a", "b", "c"], "3 episodes are more than two"),
        (["agent", "--json", "--format", "md"], "choose one of them"),
        (["--base", "nonesuch"], "git knows no revision 'nonesuch' here"),
        (["agent", "agent", "--format", "md", "-o", "nonesuch/review.md"], "nonesuch/review.md: No such file"),
    ],
)
def test_what_makes_no_sense(branch: Project, words: list[str], says: str) -> None:
    """Exit code 2, with what to do."""
    ran = branch.type("diff", *words)
    assert (2, True) == (ran.exit_code, says in ran.stderr), ran.stderr
