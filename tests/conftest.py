"""Real servers on loopback and fresh stores, for every test that asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.certificates import Certificates
    from tests.servers.wire import Server


@pytest.fixture
def server() -> Iterator[Server]:
    """A scripted HTTP server, listening; the test may stop it earlier."""
    from tests.servers.wire import Server

    with Server() as server:
        yield server


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    """An authority of this run, and a certificate for loopback."""
    from tests.servers.certificates import Certificates

    return Certificates.issue()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where a store may be made."""
    return tmp_path / "episodes.db"
