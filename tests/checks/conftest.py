"""A service that is up, and a project that asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.checks.stage import KEY, Project, Service, contract
from tests.servers.wire import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def listening() -> Iterator[Server]:
    """The server of a module's services."""
    with Server() as server:
        yield server


@pytest.fixture
def service(listening: Server, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A service that keeps its promises, and whose key is set."""
    monkeypatch.setenv("MODEL_BASE_URL", listening.url)
    monkeypatch.setenv("MODEL_KEY", KEY)
    listening.requests.clear()
    return Service(listening)


@pytest.fixture
def project(store: Path) -> Project:
    """A project that has adopted its contract."""
    found = Project(store.parent / "project")
    found.adopt(contract())
    return found
