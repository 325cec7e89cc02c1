"""`show --json`: an episode for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from replaykit.report.document import as_json
from tests.report.scenes import Run, answered, kept, mixed, posted, travel

if TYPE_CHECKING:
    from pathlib import Path


def shown(store: Path, run: Run) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(as_json(kept(store, run))))
    return document


def test_what_every_script_needs(store: Path) -> None:
    """Identity, state and outputs stand at the top."""
    found = shown(store, travel())
    assert ("support", "draft", True) == (found["name"], found["state"], found["finished"])
    assert "2026-11-01T12:00:00.000Z" == found["when"]
    assert {"answer": "Take a raincoat."} == found["outputs"]["values"]
    assert 0 == found["outputs"]["exit_code"]
    assert found["outputs"]["stdout"].startswith("Take a raincoat.\n")
    assert [{"what": "api.tavily.example", "how": "urllib3", "times": 2}] == found["not_recorded"]


def test_a_model_call(store: Path) -> None:
    """A call has its request as a document, its stream as the message it adds up to, tokens and times."""
    step = shown(store, travel())["steps"][0]
    assert ("exchange", "POST", 200) == (step["kind"], step["method"], step["status"])
    assert ("anthropic messages", "claude-sonnet-5-5") == (step["operation"], step["model"])
    assert {"input": 180, "output": 20, "cached": 40} == step["tokens"]
    assert (100, 400, 1_200) == (step["began"], step["first"], step["took"])
    assert 500 == step["request"]["max_tokens"]
    assert "Let me look.\n\nOne moment." == step["answer"]["content"][0]["text"]
    assert [429] == [attempt["status"] for attempt in step["attempts"]]


def test_a_tool_call(store: Path) -> None:
    """A local function has a name, arguments and a result."""
    step = shown(store, travel())["steps"][3]
    assert ("tool", "book_seat", {"city": "Lisbon"}) == (step["kind"], step["name"], step["arguments"])
    assert "12A" == step["result"]["seat"]


def test_what_was_hidden(store: Path) -> None:
    """The names of what redaction took out stand with the step."""
    assert ["API_KEY", "API_KEY"] == shown(store, travel())["steps"][4]["hidden"]


def test_failures_and_binary(store: Path) -> None:
    """A failure has kind and message, a step without an answer has none, binary is described."""
    steps = shown(store, mixed())["steps"]
    assert {"kind": "image/png", "size": 10} == {key: steps[6]["answer"][key] for key in ("kind", "size")}
    assert {"kind": "ConnectError", "message": "connection refused"} == steps[7]["failure"]
    assert (None, None) == (steps[7]["status"], steps[7]["answer"])
    assert steps[8]["left"]
    assert "data: two\n\n" == steps[9]["answer"]
    assert {"kind": "ZeroDivisionError", "message": "division by zero"} == steps[10]["failure"]


def test_big_integers_stay_what_they_are(store: Path) -> None:
    """No number is rounded on its way out."""
    run = Run()
    run.exchange(posted("https://a.example/", b'{"n":12345678901234567890123}'), answered(b""))
    assert 12345678901234567890123 == shown(store, run)["steps"][0]["request"]["n"]
