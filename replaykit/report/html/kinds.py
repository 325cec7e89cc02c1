"""What sort of step a step is, and how it ended: what a page colours and filters by.

    model   a question to a model           tool   a local function
    http    anything else over HTTP

Law: decided here, once; time line, conversation, differences and filter agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from replaykit.core.model import ToolCall

if TYPE_CHECKING:
    from replaykit.cassette.story import Told
    from replaykit.core.model import Step

Kind: TypeAlias = Literal["model", "tool", "http"]

WORDS: dict[Kind, str] = {"model": "model call", "tool": "tool call", "http": "HTTP"}
"""What each is called on a page."""

CHIPS = {"model": "model calls", "tool": "tool calls", "http": "HTTP", "failed": "failures"}
"""What the steps of a page can be filtered by, as their classes and in words."""

ERRORS = 400
"""Statuses from here on are errors (RFC 9110, 15)."""


def kind_of(told: Told) -> Kind:
    """The sort of a step."""
    if isinstance(told.step, ToolCall):
        return "tool"
    return "model" if told.question is not None and told.question.model else "http"


def failed(step: Step) -> bool:
    """Whether a step came to no good end: it raised, was cut, or was answered with an error."""
    if step.failure is not None:
        return True
    return not isinstance(step, ToolCall) and step.response is not None and step.response.status >= ERRORS
