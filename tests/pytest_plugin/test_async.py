"""Tests of every kind have an episode: async on both loops, with async fixtures, and in threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.scripts import said
from tests.pytest_plugin.suite import suite
from tests.servers.wire import Server

if TYPE_CHECKING:
    from pathlib import Path

AGENT = """
import asyncio, concurrent.futures, os
import httpx, httpx2, pytest

URL = os.environ["AGENT_BASE_URL"] + "/ask"

@pytest.fixture
async def client():
    async with httpx2.AsyncClient() as client:
        await client.post(URL, json={"text": "begin"})
        yield client
        await client.post(URL, json={"text": "end"})

@pytest.mark.anyio
@pytest.mark.episode
class TestAsync:
    async def test_asks(self, client, episode):
        answer = await client.post(URL, json={"text": os.environ.get("WORD", "hello")})
        episode.check("said", answer.json()["said"])

    async def test_other_library(self):
        async with httpx.AsyncClient() as client:
            assert "hello!" == (await client.post(URL, json={"text": "hello"})).json()["said"]

@pytest.mark.episode
def test_threads():
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        answers = pool.map(lambda n: httpx2.post(URL, json={"text": f"thread {n}"}).json()["said"], range(6))
    assert [f"thread {n}!" for n in range(6)] == list(answers)
"""


def test_async_tests_and_fixtures(tmp_path: Path) -> None:
    """On asyncio and on trio each its own episode; what an async fixture asks for belongs to it."""
    found = suite(tmp_path / "project", agent=AGENT)
    with Server() as server:
        server.on("POST /ask", said)
        found.variables = {"AGENT_BASE_URL": server.url}
        recorded = found.pytest("-p", "anyio", "--replaykit-record=missing")
    assert {"passed": 5} == recorded.counts, recorded.text
    assert {"TestAsync.test_asks[asyncio]", "TestAsync.test_asks[trio]"} < {
        path.stem.removeprefix("test_agent.") for path in (found.folder / "cassettes").glob("*.tape")
    }
    replayed = found.pytest("-p", "anyio")
    assert {"passed": 5} == replayed.counts, replayed.text
    assert "5 episodes replayed: 14 same; " in replayed.text
    failed = found.pytest("-p", "anyio", "-k", "test_asks", WORD="bye")
    assert {"failed": 2, "deselected": 3} == failed.counts, failed.text
