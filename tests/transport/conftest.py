"""The stage of the transport's stories, in every flavour."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeAlias

import pytest

from tests.servers.wire import Server
from tests.transport.flavour import ASYNCIO, SYNC, Flavour
from tests.transport.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Together: TypeAlias = "Callable[[Callable[[Stage], None]], None]"

FLAVOURS = (*SYNC, *ASYNCIO)


@pytest.fixture(params=FLAVOURS, ids=str)
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """Both libraries, sync and on asyncio."""
    flavour: Flavour = request.param
    return flavour


@pytest.fixture
def stage(flavour: Flavour, server: Server, store: Path) -> Stage:
    """A store, a server and a flavour."""
    return Stage(flavour, server, store)


@pytest.fixture
def together(store: Path) -> Iterator[Together]:
    """Tells a story in all flavours at once, each on a stage of its own: for one in which a second has to pass."""
    with ExitStack() as stack, ThreadPoolExecutor(len(FLAVOURS)) as pool:
        stages = [
            Stage(flavour, stack.enter_context(Server()), store.with_name(f"{flavour}.db")) for flavour in FLAVOURS
        ]

        def tell(story: Callable[[Stage], None]) -> None:
            for told in [pool.submit(story, stage) for stage in stages]:
                told.result()

        yield tell
