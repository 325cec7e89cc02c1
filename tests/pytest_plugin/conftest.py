"""A model to ask, a router in its place, and those who ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest

from replaykit.config import Config
from replaykit.pytest_plugin.mock.ready import router
from replaykit.pytest_plugin.mock.routing import Routing
from replaykit.transport.patch import Patch
from tests.cli.scripts import said
from tests.sdk.colour import Colour
from tests.servers.wire import Server
from tests.transport.flavour import Flavour

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def model() -> Iterator[Server]:
    """A server with one place, `POST /ask`."""
    with Server() as server:
        server.on("POST /ask", said)
        yield server


@pytest.fixture
def routing(tmp_path: Any) -> Iterator[Routing]:
    """A router in place, answering nothing yet."""
    made = Routing(router(), Config(tmp_path))
    patch = Patch(made)
    patch.put()
    yield made
    patch.take()


@pytest.fixture
def mock(routing: Routing) -> Any:
    """The router itself."""
    return routing.router


@pytest.fixture(params=[Colour(waits=False), Colour(waits=True)], ids=str)
def colour(request: pytest.FixtureRequest) -> Any:
    """Sync, and async."""
    return request.param


@pytest.fixture(
    params=[Flavour(library, loop) for library in (httpx, httpx2) for loop in ("sync", "asyncio", "trio")], ids=str
)
def flavour(request: pytest.FixtureRequest) -> Any:
    """Each library on each kind of loop."""
    return request.param
