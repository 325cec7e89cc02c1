"""The examples of docs/pytest.md, run as they stand, with an agent that a reader might have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.pytest_plugin.suite import suite
from tests.servers.script import document
from tests.servers.wire import Server

if TYPE_CHECKING:
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
    """The marked test is recorded once and answered from then on; those with the router need nothing."""
    marked, mocked = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    found = suite(tmp_path / "project", agent=marked, mocked=mocked)
    found.write("agent.py", AGENT)
    found.variables = {"PYTHONPATH": str(found.folder)}
    with Server() as server:
        server.on("POST /v1/messages", spoken)
        variables = {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "sk-ant-9fK2mQ8xLp7VtR3w"}
        recorded = found.pytest("--replaykit-record=missing", **variables)
    assert {"passed": 3} == recorded.counts, recorded.text
    assert "1 episode recorded, 1 written to cassettes" in recorded.text
    again = found.pytest()
    assert {"passed": 3} == again.counts, again.text
    assert "1 episode replayed: 1 same" in again.text
