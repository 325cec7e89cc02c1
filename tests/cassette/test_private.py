"""A cassette names the folders of the machine it was made on only where the run itself did."""

from __future__ import annotations

import json

import pytest

from replaykit.cassette.private import shareable
from replaykit.core.model import Body, Episode, Exchange, Outputs, Request, Span, ToolCall

SPAN = Span(1.0, 2.0, "/home/ada", "/home/ada/agent", "/scratch")


def asking(body: bytes = b"", url: str = "https://example.com/") -> Exchange:
    return Exchange(Request("POST", url, (), Body.of(body)), None)


def folders(*steps: Exchange | ToolCall, stdout: bytes = b"") -> tuple[str, str, str]:
    span = shareable(Episode("episode_abc123", "a", span=SPAN, steps=steps, outputs=Outputs(stdout))).span
    return span.home, span.folder, span.temp


def test_folders_that_nobody_named_are_left_out() -> None:
    """A run that says nothing of its machine leaves nothing of it in the cassette; its time stays."""
    assert ("", "", "") == folders(asking(b"hello"))
    kept = shareable(Episode("episode_abc123", "a", span=SPAN)).span
    assert (1.0, 2.0) == (kept.began, kept.ended)


@pytest.mark.parametrize(
    "steps",
    [
        (asking(json.dumps({"file": "/scratch/x"}).encode()),),
        (asking(b'{"file": "\\/scratch\\/x"}'),),
        (asking(url="https://example.com/?file=%2Fscratch%2Fx"),),
        (ToolCall("read", b'{"path":"/scratch/x"}', b"1"),),
        (ToolCall("make", b"{}", b'"/scratch/x"'),),
    ],
    ids=["body", "escaped", "url", "arguments", "result"],
)
def test_a_folder_that_was_named_stays(steps: tuple[Exchange | ToolCall, ...]) -> None:
    """A folder in a request, an answer or a tool call is needed to know it again elsewhere."""
    assert ("", "", "/scratch") == folders(*steps)


def test_a_folder_that_was_printed_stays() -> None:
    """A folder in the output is needed to compare outputs."""
    assert ("/home/ada", "/home/ada/agent", "") == folders(stdout=b"reading /home/ada/agent/data.csv")
