"""Projects, and the server that their agents talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.scripts import TALK, said
from tests.cli.stage import Project
from tests.servers.wire import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def model() -> Iterator[Server]:
    """A server with one place, `POST /ask`; one for all tests of a file."""
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


@pytest.fixture
def project(tmp_path: Path, model: Server) -> Project:
    """A project of its own for one test."""
    return settle(tmp_path / "project", model)
