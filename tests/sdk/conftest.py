"""The stage of the SDKs' stories: sync and async, with sleeps noted and not slept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from tests.sdk.colour import Colour, Stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.wire import Server


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that an SDK slept before its retries; the test does not sleep with it."""
    slept: list[float] = []

    async def nap(seconds: float) -> None:
        slept.append(seconds)
        await anyio.lowlevel.checkpoint()

    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(anyio, "sleep", nap)
    return slept


@pytest.fixture(params=[Colour(waits=False), Colour(waits=True)], ids=str)
def stage(request: pytest.FixtureRequest, server: Server, store: Path, naps: list[float]) -> Stage:
    """A server, a store, and a colour."""
    return Stage(request.param, server, store, naps)
