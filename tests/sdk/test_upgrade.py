"""An SDK that was upgraded to another version of the interface: a replay says so, without a network.

Until 1.17 the anthropic SDK sends `anthropic-version: 2023-06-01`, from 2.0 on `2026-10-21`, which refuses
`temperature`. What the old one sent is written by hand here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anthropic
import httpx2
import pytest

from replaykit.config import Config
from replaykit.contracts.registry import shipped
from replaykit.errors import NotRecorded
from replaykit.launch.program import Recording, Replaying
from tests.contracts.making import published
from tests.servers.models import anthropic_messages

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.wire import Server

NAME = "anthropic.messages"
KEY = "sk-ant-api03-made-up-for-a-test-0123456789"
VERSION = 'another version of the interface is asked for "2026-10-21" (the contract binds to 2023-06-01)'
QUESTION: dict[str, Any] = {
    "model": "claude-test-1",
    "max_tokens": 200,
    "messages": [{"role": "user", "content": "How is Paris?"}],
}


@pytest.fixture(params=[("1.0.0",), ("1.0.0", "2.0.0")], ids=["adopted before", "adopted since"])
def recorded(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> Config:
    """A project with an episode of the old SDK; it has adopted the package's contract, before or since."""
    contracts = shipped()
    published(tmp_path / "contracts", *(contracts.contract(NAME, version) for version in request.param))
    config = Config(tmp_path, contracts="warn")
    url = server.on("POST /v1/messages", anthropic_messages)
    headers = {"anthropic-version": "2023-06-01", "x-api-key": KEY}
    with Recording("paris", config=config):
        httpx2.post(url, json={**QUESTION, "temperature": 0}, headers=headers)
    server.requests.clear()
    return config


def test_an_upgrade_is_ours(recorded: Config, server: Server) -> None:
    """The body has changed, too, so that it is a miss; what is asked for is told beside it."""
    client = anthropic.Anthropic(api_key=KEY, base_url=server.url, max_retries=0)
    block = Replaying("paris", config=recorded)
    with pytest.warns(UserWarning, match=NAME) as said, pytest.raises(NotRecorded, match="temperature"), block:
        client.messages.create(**QUESTION)
    assert [] == server.requests
    told = str(said[0].message)
    assert f"OURS {NAME} sent /anthropic-version {VERSION}" in told, told
