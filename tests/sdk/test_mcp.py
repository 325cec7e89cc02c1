"""The real MCP client and the real MCP server, over streamable HTTP, recorded and replayed without the server."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import mcp
import pytest

import replaykit
from replaykit.errors import NotRecorded
from tests.servers.mcp import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

MODES = ["auto", "legacy"]
"""The protocol that needs no handshake, and the one with a session and a stream that stays open."""


def calling(url: str, mode: Any, first: int = 20) -> Callable[[], Coroutine[Any, Any, list[object]]]:
    """A program that lists the tools and calls two of them."""

    async def program() -> list[object]:
        async with mcp.Client(url, mode=mode) as client:
            names: list[object] = [tool.name for tool in (await client.list_tools()).tools]
            added = await client.call_tool("add", {"first": first, "second": 22})
            failed = await client.call_tool("fail", {"reason": "because"})
            return [*names, added.structured_content, failed.is_error]

    return program


@pytest.mark.parametrize("plain", [False, True], ids=["streamed", "plain"])
@pytest.mark.parametrize("mode", MODES)
def test_a_conversation_with_a_server(store: Path, mode: str, plain: bool) -> None:  # noqa: FBT001  # a parameter
    """Tools are listed and called again with no server there, and the client closes in good order."""
    with serving(plain=plain) as url, replaykit.record("story", store=store):
        recorded = asyncio.run(calling(url, mode)())
    assert ["add", "fail", {"result": 42}, True] == recorded
    with replaykit.replay("story", store=store):
        assert recorded == asyncio.run(calling(url, mode)())


@pytest.mark.parametrize("mode", MODES)
def test_answers_carry_the_ids_of_their_requests(store: Path, mode: Any) -> None:
    """A client that asks in another order, so that its ids are others, is given answers with the ids it waits for."""

    async def add(client: mcp.Client) -> object:
        return (await client.call_tool("add", {"first": 20, "second": 22})).structured_content

    async def fail(client: mcp.Client) -> object:
        return (await client.call_tool("fail", {"reason": "because"})).is_error

    async def program(*calls: Callable[[mcp.Client], Coroutine[Any, Any, object]]) -> list[object]:
        async with asyncio.timeout(5), mcp.Client(url, mode=mode) as client:
            await client.list_tools()
            return [await call(client) for call in calls]

    with serving() as url, replaykit.record("story", store=store):
        assert [{"result": 42}, True] == asyncio.run(program(add, fail))
    with replaykit.replay("story", store=store):
        assert [True, {"result": 42}] == asyncio.run(program(fail, add))


def test_another_argument_is_a_miss(store: Path) -> None:
    """A tool called with another argument is not answered with the recorded result, and does not hang."""
    with serving() as url, replaykit.record("story", store=store):
        asyncio.run(calling(url, "auto")())

    async def program() -> None:
        with contextlib.suppress(Exception):  # the client may disguise the miss; the block remembers it
            async with asyncio.timeout(5):
                await calling(url, "auto", first=21)()
        missed.append(url)

    missed: list[str] = []
    with pytest.raises(NotRecorded, match="21"), replaykit.replay("story", store=store):
        asyncio.run(program())
    assert [url] == missed


def test_two_clients_at_once(store: Path) -> None:
    """Two clients whose requests have equal ids each get their own answers."""

    async def program() -> list[list[object]]:
        return list(await asyncio.gather(calling(url, "auto", 1)(), calling(url, "auto", 2)()))

    with serving() as url, replaykit.record("story", store=store):
        recorded = asyncio.run(program())
    assert [{"result": 23}, {"result": 24}] == [answers[2] for answers in recorded]
    with replaykit.replay("story", store=store):
        assert recorded == asyncio.run(program())
