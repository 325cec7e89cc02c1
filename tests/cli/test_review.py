"""A changed prompt, from the replay that fails to the comment on the pull request; real git, real processes."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import read
from tests.cli.conftest import copied, settle
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


@pytest.fixture(scope="module")
def clone(origin: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A clone of it, on a branch of its own; no test changes it."""
    folder = tmp_path_factory.mktemp("clone") / "project"
    origin.git("clone", "-q", ".", str(folder))
    clone = Project(folder, origin.variables)
    clone.git("config", "user.name", "Ann")
    clone.git("config", "user.email", "ann@example.org")
    clone.git("checkout", "-q", "-b", "shorter")
    return clone


@pytest.fixture(scope="module")
def revised(clone: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same with a prompt that is not what it was, recorded again; no test changes it."""
    project = copied(clone, tmp_path_factory.mktemp("revised") / "project")
    project.write("agent.py", AGENT.replace("hello", "good morning"))
    again = project.type("record", "--again", "agent")
    assert 1 == again.exit_code, again.stderr
    return project


@pytest.fixture
def branch(clone: Project, tmp_path: Path) -> Project:
    """A clone of one's own."""
    return copied(clone, tmp_path / "clone")


@pytest.fixture
def changed(revised: Project, tmp_path: Path) -> Project:
    """One with the other prompt, recorded again."""
    return copied(revised, tmp_path / "changed")


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
        r"\n- accepted: \"[\d-]+ [\d:]+ UTC\"\n"
        r"  by: Ann <ann@example.org>\n"
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


def test_requests_alone(changed: Project) -> None:
    """What the program asks for is accepted, and its output is not: the replay says so until it is what it was."""
    accepted = changed.type("accept", "agent", "--only", "requests")
    assert "the requests of episode_" in accepted.stderr
    assert "; the outputs stay\n" in accepted.stderr
    failed = changed.replay()
    assert (1, True) == (failed.exit_code, "stdout" in failed.stderr), failed.stderr
    assert "not recorded" not in failed.stderr
    assert "requests" == read(changed.folder / "cassettes" / "agent.tape").history[-1].only
    changed.write("agent.py", AGENT.replace("hello", "good morning").replace("print(", "print('hello!'); sys.exit("))
    assert changed.type("accept", "agent").exit_code == 0, "the outputs can still be accepted later"


def test_outputs_alone(changed: Project) -> None:
    """What came out is accepted, and what was asked for is not."""
    accepted = changed.type("accept", "agent", "--only", "outputs", "--reason", "worded anew")
    assert "the outputs of episode_" in accepted.stderr
    found = read(changed.folder / "cassettes" / "agent.tape")
    assert (True, b"hello" in found.exchanges[0].request.body.data) == (b"good morning" in found.outputs.stdout, True)
    assert ("outputs", "worded anew") == (found.history[-1].only, found.history[-1].why)


def test_there_is_nothing_to_keep_of_a_cassette_that_is_not_there(branch: Project) -> None:
    """`--only` wants one."""
    branch.record("agent.py")
    (branch.folder / "cassettes" / "agent.tape").unlink()
    refused = branch.type("accept", "agent", "--only", "outputs")
    assert (2, True) == (refused.exit_code, "agent has no cassette yet" in refused.stderr)


def test_what_a_branch_changes(changed: Project) -> None:
    """All cassettes since the branch began, in every format, without the server and without keys."""
    changed.type("accept", "agent")
    changed.write("other.py", AGENT)
    changed.record("other.py")
    changed.type("accept", "other")
    changed.git("add", "-A")
    changed.git("commit", "-q", "-m", "a longer greeting")
    changed.variables = {}
    text = changed.type("diff", "--base", "origin/main")
    assert 1 == text.exit_code, text.stderr
    assert "agent (accepted episode_" in text.stdout
    assert "\nother is new\n" in text.stdout
    comment = changed.type("diff", "--base", "origin/main", "--format", "md", "-o", "review.md")
    assert (1, "") == (comment.exit_code, comment.stdout)
    assert (
        (changed.folder / "review.md")
        .read_text()
        .startswith("### replaykit: 1 episode changed and 1 added since `origin/main`\n")
    )
    assert "<!doctype html>" in changed.type("diff", "--base", "origin/main", "--format", "html").stdout.lower()
    document = changed.type("diff", "--base", "origin/main", "--json").json
    assert {"agent": "changed", "other": "added"} == {each["name"]: each["fate"] for each in document["episodes"]}
    one = changed.type("diff", "--base", "origin/main", "other", "--format", "json").json
    assert ["other"] == [each["name"] for each in one["episodes"]]
    assert 2 == changed.type("diff", "--base", "origin/main", "nonesuch").exit_code


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


def test_a_tape_of_any_name_is_compared(branch: Project) -> None:
    """One that somebody copied under a name that no episode can have is not passed over."""
    folder = branch.folder / "cassettes"
    shutil.copy(folder / "agent.tape", folder / "agent's copy.tape")
    ran = branch.type("diff", "--base", "origin/main")
    assert (1, "agent's copy is new") == (ran.exit_code, ran.stdout.partition("\n")[0]), ran.stderr


def test_what_cannot_be_compared_is_not_the_same(branch: Project) -> None:
    """A comment and a script are told so, and not only the log."""
    (branch.folder / "cassettes" / "agent.tape").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    comment = branch.type("diff", "--base", "origin/main", "--format", "md")
    assert (2, True) == (comment.exit_code, "### replaykit: 1 cassette cannot be compared\n" in comment.stdout)
    assert "<code>" in comment.stdout
    told = branch.type("diff", "--base", "origin/main", "--json")
    assert (2, False, 1) == (told.exit_code, told.json["same"], len(told.json["unread"]))
    assert "1 cassette cannot be compared\n" == branch.type("diff", "--base", "origin/main").stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "there is nothing to compare"),
        (["a", "b", "c"], "3 episodes are more than two"),
        (["agent", "--json", "--format", "md"], "--format md and --json do not go together"),
        (["--base", "nonesuch"], "git knows no revision 'nonesuch' here"),
        (["agent", "agent", "--format", "md", "-o", "nonesuch/review.md"], "nonesuch/review.md: No such file"),
    ],
)
def test_what_makes_no_sense(clone: Project, words: list[str], says: str) -> None:
    """Exit code 2, with what to do."""
    ran = clone.type("diff", *words)
    assert (2, True) == (ran.exit_code, says in ran.stderr), ran.stderr


def test_every_cassette_is_replayed(branch: Project) -> None:
    """`replay --all` finds the one whose prompt was changed and not recorded; a cassette without a command is named."""
    branch.write("other.py", AGENT)
    branch.record("other.py")
    branch.type("accept", "other")
    assert 0 == branch.type("replay", "--all").exit_code
    branch.write("other.py", AGENT.replace("hello", "good morning"))
    failed = branch.type("replay", "--all")
    assert (1, True) == (
        failed.exit_code,
        "not recorded: " in failed.stderr or "not recorded in other" in failed.stderr,
    )
    for words in (["replay"], ["replay", "agent", "--all"]):
        assert 2 == branch.type(*words).exit_code


def test_a_page_follows_from_its_tape(branch: Project) -> None:
    """One that was edited, or merged by hand, is written anew from the tape."""
    page = branch.folder / "cassettes" / "agent.yaml"
    before = page.read_text()
    page.write_text(f"<<<<<<< ours\n{before}=======\n{before}>>>>>>> theirs\n")
    refused = branch.type("verify")
    assert (1, True) == (refused.exit_code, "`replaykit verify --write`" in refused.stderr), refused.stderr
    written = branch.type("verify", "--write")
    assert (0, before) == (written.exit_code, page.read_text()), written.stderr
    assert "cassettes/agent.yaml written\n" in written.stderr


def test_after_accepting_there_is_nothing_newer(changed: Project) -> None:
    """The difference never goes backwards; what was accepted in part is compared with the rest."""
    changed.type("accept", "agent", "--only", "requests")
    rest = changed.type("diff", "agent")
    assert (1, True) == (rest.exit_code, "\noutputs      1 difference\n" in rest.stdout), rest.stdout
    changed.type("accept", "agent")
    over = changed.type("diff", "agent")
    assert (2, True) == (over.exit_code, "there is no newer draft of agent" in over.stderr), over.stderr


def test_a_run_that_fails_is_said_to(branch: Project) -> None:
    """A missing key or a server that is down is no change of the program; it is not run again."""
    branch.write("agent.py", "raise SystemExit('no key')\n")
    ran = branch.type("record", "--again", "agent", "--runs", "3")
    assert (1, 1) == (ran.exit_code, ran.stderr.count("\nno key\n") + ran.stderr.startswith("no key\n")), ran.stderr
    assert "the run failed: exit code 1, and agent has 0; what follows came of that\n" in ran.stderr
