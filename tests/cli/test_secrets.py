"""Secrets that come by other ways than the environment: words of the command, a `.env` file, addresses."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import settle

if TYPE_CHECKING:
    from tests.cli.stage import Project, Ran
    from tests.servers.wire import Server

WORD = "x7Kq2LmzR8vTT1abcd9"
LATE = "p3Wd9NbcQ5yUU6efgh2"
PASSWORD = "aB3dE5gH7jK9mN1p"

AGENT = '''
"""Given a key as a word; loads another one when everything is imported; starts a tool that nobody covers."""
import os, subprocess, sys
from talk import ask

with open(".env") as file:  # what python-dotenv does
    for line in file:
        name, _, value = line.strip().partition("=")
        os.environ.setdefault(name, value)
word, late = sys.argv[1], os.environ["LATE_API_KEY"]
ask(f"{word} and {late}", headers={"X-Late": late, "X-Basic": f"me:{late}"})
subprocess.run([sys.executable, "-I", "-c", "pass", word, late], check=True)
print("used", word, late, "at", os.environ["LATE_DATABASE_URL"])
'''


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, model: Server) -> Project:
    """A project whose agent has secrets from everywhere."""
    project = settle(tmp_path_factory.mktemp("shop") / "project", model)
    project.write("agent.py", AGENT)
    project.write(".env", f"LATE_API_KEY={LATE}\nLATE_DATABASE_URL=postgres://app:{PASSWORD}@db/x\n")
    project.variables |= {"WORD_TOKEN": WORD}
    return project


@pytest.fixture(scope="module")
def recorded(shop: Project) -> Ran:
    """What came of recording it."""
    return shop.record("agent.py", WORD)


def test_no_secret_is_anywhere_in_the_store(shop: Project, recorded: Ran) -> None:
    """Not in the command, the output, an exchange, nor in the name of a program that was not seen."""
    assert (0, f"used {WORD} {LATE} at postgres://app:{PASSWORD}@db/x\n") == (recorded.exit_code, recorded.stdout)
    with contextlib.closing(sqlite3.connect(shop.folder / "episodes" / "episodes.db")) as store:
        dump = "\n".join(store.iterdump())
    episode = shop.episode()
    dump += repr([(step.request.body.data, step.response and step.response.body.data) for step in episode.exchanges])
    assert not [secret for secret in (WORD, LATE, PASSWORD) if secret in dump]


def test_what_came_late_is_named(shop: Project, recorded: Ran) -> None:
    """In the command by its stand-in, and among the secrets that a replay needs."""
    assert 0 == recorded.exit_code
    episode = shop.episode()
    assert ("python", "agent.py", "[REDACTED:WORD_TOKEN]") == episode.origin.command
    assert ("LATE_API_KEY", "WORD_TOKEN") == episode.origin.secrets
    stdout = b"used [REDACTED:WORD_TOKEN] [REDACTED:LATE_API_KEY] at postgres://app:[REDACTED:LATE_DATABASE_URL]@db/x\n"
    assert stdout == episode.outputs.stdout
    assert [unseen.what for unseen in episode.unseen if "[REDACTED:WORD_TOKEN]" in unseen.what]


@pytest.mark.parametrize("variables", [{}, {"WORD_TOKEN": ""}], ids=["with the secret", "without"])
def test_a_replay_is_the_same_with_and_without(shop: Project, recorded: Ran, variables: dict[str, str]) -> None:
    """The word of the command is the variable's value where there is one, else its stand-in."""
    assert 0 == recorded.exit_code
    ran = shop.replay("agent", **variables)
    assert 0 == ran.exit_code, ran.stderr
    said = WORD if not variables else "[REDACTED:WORD_TOKEN]"
    assert ran.stdout.startswith(f"used {said} ")


def test_recording_again_needs_the_secret(shop: Project, recorded: Ran) -> None:
    """A live run with a stand-in for a key would be a recording of errors: it is refused, and says what to set."""
    assert 0 == recorded.exit_code
    ran = shop.type("record", "--again", "agent", WORD_TOKEN="")
    assert 2 == ran.exit_code
    assert "the command holds a secret, which was hidden: [REDACTED:WORD_TOKEN]" in ran.stderr
    assert "set WORD_TOKEN" in ran.stderr


def test_an_address_with_a_key_is_kept_without_it(project: Project) -> None:
    """The episode says where its agent asked, not who it was; its replay asks there, too."""
    project.write("agent.py", "from talk import ask\nprint(ask('hello'))\n")
    where = project.variables["AGENT_BASE_URL"].replace("://", f"://me:{PASSWORD}@")
    assert 0 == project.record(AGENT_BASE_URL=where).exit_code
    kept = project.episode().origin.environment["AGENT_BASE_URL"]
    assert where.replace(PASSWORD, "REDACTED-AGENT_BASE_URL") == kept
    assert 0 == project.replay().exit_code
