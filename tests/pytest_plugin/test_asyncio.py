"""Tests of pytest-asyncio have an episode: in both of its modes, on loops of every scope, in several processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pytest_plugin.stage import made, run

if TYPE_CHECKING:
    from tests.pytest_plugin.suite import Suite
    from tests.servers.wire import Server

HEAD = """
    import asyncio, os
    import httpx2, pytest, pytest_asyncio

    URL = os.environ["AGENT_BASE_URL"] + "/ask"
    WORD = os.environ.get("WORD", "hello")

    async def ask(client, text):
        return (await client.post(URL, json={"text": text})).json()["said"]
"""

STRICT = (
    HEAD
    + """
    @pytest_asyncio.fixture(loop_scope="session", scope="session")
    async def shared():
        async with httpx2.AsyncClient() as client:
            assert await ask(client, "of no episode")
            yield client

    @pytest_asyncio.fixture
    async def client():
        async with httpx2.AsyncClient() as client:
            await ask(client, "begin")
            yield client
            await ask(client, "end")

    @pytest.mark.asyncio
    @pytest.mark.episode
    @pytest.mark.parametrize("number", [1, 2])
    async def test_function(client, episode, number):
        episode.check("said", await ask(client, WORD))
        assert {f"{number}!", f"{number + 1}!"} == {
            *await asyncio.gather(ask(client, str(number)), ask(client, str(number + 1)))
        }

    @pytest.mark.asyncio(loop_scope="class")
    @pytest.mark.episode
    class TestClass:
        async def test_first(self):
            TestClass.loop = asyncio.get_running_loop()
            async with httpx2.AsyncClient() as client:
                await ask(client, "first")

        async def test_second(self, episode):
            async with httpx2.AsyncClient(transport=episode.transport()) as client:
                assert "second!" == await asyncio.create_task(ask(client, "second"))
                assert "thread!" == await asyncio.to_thread(lambda: asyncio.run(one("thread")))

    async def one(text):
        async with httpx2.AsyncClient() as client:
            return await ask(client, text)

    @pytest.mark.asyncio(loop_scope="session")
    @pytest.mark.episode
    async def test_session(shared):
        assert "wide!" == await ask(shared, "wide")

    @pytest.mark.asyncio
    @pytest.mark.episode
    async def test_swallows(client):
        try:
            await ask(client, WORD)
        except httpx2.TransportError:
            pass
"""
)

AUTO = (
    HEAD
    + """
    pytestmark = pytest.mark.episode

    @pytest.fixture
    async def client():
        async with httpx2.AsyncClient() as client:
            yield client

    async def test_auto(client):
        assert "auto!" == await ask(client, "auto")
"""
)

LOOPS = ("-p", "pytest_asyncio.plugin", "-o", "asyncio_default_fixture_loop_scope=function")


@pytest.fixture(scope="module")
def loops(tmp_path_factory: pytest.TempPathFactory, model: Server) -> Suite:
    """A suite with a file for each mode, recorded in mode auto, which runs both."""
    suite = made(tmp_path_factory.mktemp("loops"), "strict", STRICT, AGENT_BASE_URL=model.url)
    suite.write("tests/test_auto.py", "\n".join(line[4:] for line in AUTO.splitlines()))
    recorded = run(suite, *LOOPS, "-o", "asyncio_mode=auto", "--replaykit-record=missing")
    assert (0, {"passed": 7}) == (recorded.exit_code, recorded.counts), recorded.text
    return suite


def test_what_was_recorded_is_the_same_again(loops: Suite, model: Server) -> None:
    """Tests on loops of every scope are answered, their async fixtures among them."""
    model.requests.clear()
    ran = run(loops, *LOOPS, "-o", "asyncio_mode=auto")
    assert (0, {"passed": 7}) == (ran.exit_code, ran.counts), ran.text
    assert "7 episodes replayed: 18 same; " in ran.text
    assert {"of no episode"} == {each.json()["text"] for each in model.requests}, "a wider fixture asks for itself"


def test_what_was_not_recorded_fails(loops: Suite) -> None:
    """A miss fails a test in mode strict, be it swallowed."""
    ran = run(loops, *LOOPS, "tests/test_strict.py", WORD="bye")
    failed = {"test_function[1]", "test_function[2]", "test_swallows"}
    assert failed == {test for test, word in ran.outcomes.items() if word == "failed"}, ran.text
