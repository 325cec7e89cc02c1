"""A model conversation in neutral words, as pages, reports and explanations read it.

Law: values only. Each provider translates its own documents into these; nothing reads back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.core.model import JSON

PartKind: TypeAlias = Literal["text", "thinking", "tool_call", "tool_result", "image", "other"]


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a turn. `name` is a tool's, `id` links a call to its result, `data` is a call's arguments.

    `held` is the size and digest of what it holds beside its text (images, files), for what is shown
    by its kind alone; empty when that is nothing.
    """

    kind: PartKind
    text: str = ""
    name: str = ""
    id: str = ""
    data: JSON = None
    held: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message: `role` in the provider's word (`user`, `assistant`, `tool`, `developer`)."""

    role: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one exchange; of `input`, `cached` were read from a cache and `written` into one."""

    input: int = 0
    output: int = 0
    cached: int = 0
    written: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """A request to a model: the whole history it repeats, and everything else it says.

    `tools` maps a tool's name to its declaration as sent; `settings` holds the other fields
    (temperature, max_tokens) as sent, without what stands in the other attributes.
    """

    model: str = ""
    system: str = ""
    turns: tuple[Turn, ...] = ()
    tools: Mapping[str, JSON] = field(default_factory=dict)
    settings: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said: one turn, why it stopped (in the provider's word), which model, what it took.

    `error` is the provider's error type and text, when the answer is an error.
    """

    turn: Turn | None = None
    stop: str = ""
    model: str = ""
    usage: Usage | None = None
    error: str = ""
