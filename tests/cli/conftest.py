"""Projects, and the server that their agents talk to."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.cli.scripts import ASKS, TALK, said
from tests.cli.stage import Project
from tests.servers.wire import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def model() -> Iterator[Server]:
    """A server with one place, `POST /ask`; one for all tests."""
    with Server() as server:
        server.on("POST /ask", said)
        yield server


def settle(folder: Path, server: Server) -> Project:
    """A project in a folder, its scripts' way of asking among its files."""
    project = Project(folder, {"AGENT_BASE_URL": server.url})
    folder.mkdir(exist_ok=True)
    (folder / ".git").mkdir()
    project.write("talk.py", TALK)
    return project


def copied(project: Project, folder: Path) -> Project:
    """The same project in another folder, to be changed."""
    shutil.copytree(project.folder, folder, symlinks=True)
    return Project(folder, dict(project.variables))


@pytest.fixture
def project(tmp_path: Path, model: Server) -> Project:
    """A project of its own for one test."""
    return settle(tmp_path / "project", model)


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory, model: Server) -> Project:
    """A project whose agent asks for `a` and prints the answer, recorded once; no test changes it."""
    project = settle(tmp_path_factory.mktemp("first") / "project", model)
    project.write("agent.py", ASKS)
    ran = project.record()
    assert (0, "a!\n") == (ran.exit_code, ran.stdout), ran.stderr
    return project


@pytest.fixture(scope="session")
def second(first: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same, with its draft accepted; no test changes it."""
    project = copied(first, tmp_path_factory.mktemp("second") / "project")
    accepted = project.type("accept", "agent")
    assert 0 == accepted.exit_code, accepted.stderr
    return project


@pytest.fixture
def recorded(first: Project, tmp_path: Path) -> Project:
    """A project of one's own with a draft of `agent`, which asked for `a`."""
    return copied(first, tmp_path / "project")


@pytest.fixture
def accepted(second: Project, tmp_path: Path) -> Project:
    """The same, and its draft is accepted."""
    return copied(second, tmp_path / "project")
