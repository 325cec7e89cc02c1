"""The examples of docs/pytest.md, run as they stand, with an agent that a reader might have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

import replaykit
from replaykit.cassette import save
from replaykit.store import Store
from tests.pytest_plugin.suite import suite
from tests.servers.script import document
from tests.servers.wire import Server

if TYPE_CHECKING:
    from tests.pytest_plugin.suite import Suite
    from tests.servers.script import Asked, Script

PAGE = Path(__file__).parents[2] / "docs" / "pytest.md"

AGENT = '''
"""Asks a model, which may look at the weather."""
import anthropic, httpx2

TOOL = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}


def answer(question):
    client, messages = anthropic.Anthropic(), [{"role": "user", "content": question}]
    while True:
        said = client.messages.create(model="claude-sonnet-5-5", max_tokens=100, messages=messages, tools=[TOOL])
        calls = [block for block in said.content if block.type == "tool_use"]
        if not calls:
            return said.content[0].text
        weather = httpx2.get("https://weather.example/today").raise_for_status().text
        results = [{"type": "tool_result", "tool_use_id": call.id, "content": weather} for call in calls]
        messages += [{"role": "assistant", "content": said.content}, {"role": "user", "content": results}]
'''


WEEK = """
import pytest
from agent import answer

@pytest.mark.episode
def test_week(forecast):
    assert forecast == {"days": 7}
    assert answer("And next week?")
"""


def accept(found: Suite, name: str) -> None:
    """Have the suite's cassettes have what `https://weather.example/week` answers."""
    sends = httpx2.MockTransport(lambda _request: httpx2.Response(200, json={"days": 7}))
    path = found.folder / "elsewhere.db"
    with replaykit.record(name, store=path) as episode:
        transport: Any = episode.transport(sends)
        httpx2.Client(transport=transport).get("https://weather.example/week")
    with Store(path) as store:
        draft = store.episode(episode.id)
        assert draft is not None
        save(found.folder / "cassettes", draft.accepted())


def spoken(_asked: Asked) -> Script:
    """What the model says while it is recorded."""
    content = [{"type": "text", "text": "Pack a raincoat."}]
    usage = {"input_tokens": 9, "output_tokens": 4}
    return document(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-5-5",
            "content": content,
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": usage,
        }
    )


def test_the_examples_run_as_they_stand(tmp_path: Path) -> None:
    """The marked test is recorded once and answered from then on; those with the router need nothing.

    A fixture of the whole session is recorded as the page says, and answered from its own episode.
    """
    marked, wide, mocked = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    found = suite(tmp_path / "project", agent=marked, mocked=mocked, week=WEEK)
    found.write("tests/conftest.py", wide)
    accept(found, "forecast")
    found.write("agent.py", AGENT)
    found.write("pyproject.toml", "[tool.pytest]\nminversion = '8'\npythonpath = ['.']\n")
    found.needs = ("anthropic",)
    with Server() as server:
        server.on("POST /v1/messages", spoken)
        variables = {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "sk-ant-9fK2mQ8xLp7VtR3w"}
        recorded = found.pytest("--replaykit-record=missing", **variables)
    assert {"passed": 4} == recorded.counts, recorded.text
    assert "2 episodes recorded, 2 written to cassettes" in recorded.text
    again = found.pytest()
    assert {"passed": 4} == again.counts, again.text
    assert "2 episodes replayed: 2 same" in again.text
    for tape in (found.folder / "cassettes").glob("forecast.*"):
        tape.unlink()
    (told,) = re.findall(r"```text\n(the session fixture .*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    found.write("tests/conftest.py", wide.replace('with replaykit.replay("forecast")', "if True"))
    assert f"\n{told}" in found.pytest("-k", "week").text
