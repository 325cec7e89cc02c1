"""The stage of the transport's stories, in every flavour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.transport.flavour import ASYNCIO, SYNC, Flavour
from tests.transport.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.wire import Server


@pytest.fixture(params=[*SYNC, *ASYNCIO], ids=str)
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """Both libraries, sync and on asyncio."""
    flavour: Flavour = request.param
    return flavour


@pytest.fixture
def stage(flavour: Flavour, server: Server, store: Path) -> Stage:
    """A store, a server and a flavour."""
    return Stage(flavour, server, store)
