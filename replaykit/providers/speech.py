"""What a model is made to say, in the words of no provider, and the seam behind which each says it in its own.

    Tool("weather", {"city": …})      a call of a tool
    Message(("One moment.", Tool(…))) texts and calls in one answer, to its end or broken off
    Error(429)                        an error, in the provider's own envelope
    Said(question, message, number)   a message about to be given, as the answer to a question
    Speech                            how it looks on one wire: whole, as a stream, broken off

Law: pure, and what is answered follows from the question, the message and its number alone: the same
test gives the same bytes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Document: TypeAlias = "dict[str, Any]"

MADE: Final = 1_767_225_600
"""When every answer was made, in Unix seconds: 2026-01-01."""

LETTERS: Final = 4
"""Characters of a token, in an estimate: what both providers call usual for English."""

WORD: Final = re.compile(r"\s*\S+|\s+")
"""A word with the space before it: the deltas of a text add up to it, byte for byte."""

PIECE: Final = 12
"""Characters of a tool's arguments in one delta: the API cuts JSON anywhere."""

OVERLOADED: Final = 529
"""The status of a service that has too much to do: Anthropic's own, which others translate."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A call of a tool; without an `id` it is given one."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True)
class Error:
    """An answer that is an error; `retry_after` are the seconds that a client is asked to wait, None for no word."""

    status: int
    message: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One answer: texts and tool calls in their order.

    `stop` is why it ends, in the provider's word; empty for its usual one. `usage` are the tokens of the
    question and the answer, None for an estimate. `then` is what a stream breaks off with after the last
    part; an answer that is not streamed is that and nothing else.
    """

    parts: tuple[str | Tool, ...]
    stop: str = ""
    usage: tuple[int, int] | None = None
    then: Error | Exception | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """Its texts."""
        return tuple(part for part in self.parts if isinstance(part, str))

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Its tool calls."""
        return tuple(part for part in self.parts if isinstance(part, Tool))


@dataclass(frozen=True, slots=True)
class Said:
    """An answer about to be given: to which question, and the how-many-eth of all."""

    question: Document
    message: Message
    number: int

    @property
    def model(self) -> str:
        """The model that was asked."""
        return str(self.question.get("model", "mock"))

    def id(self, prefix: str, place: int = 0) -> str:
        """An id that is the same whenever the test runs."""
        return f"{prefix}_mock_{self.number}_{place}"

    def tool_id(self, prefix: str, place: int, tool: Tool) -> str:
        """The id of a call, which its result repeats."""
        return tool.id or self.id(prefix, place)

    @property
    def usage(self) -> tuple[int, int]:
        """Tokens of the question and of the answer."""
        spoken = sum(map(len, self.message.texts)) + sum(len(arguments(tool)) for tool in self.message.tools)
        return self.message.usage or (1 + len(json.dumps(self.question)) // LETTERS, 1 + spoken // LETTERS)


@dataclass(frozen=True, slots=True)
class Speech:
    """One way of asking and answering.

    `path` is a pattern of the end of its path, `whole` and `stream` give an answer plain and as events,
    `error` the status and document of an error, and `failed` the event of one, as the how-many-eth of its
    stream. `delta` is how an event begins that adds a piece of text, and `request_id` names the header with
    an answer's id.
    """

    name: str
    path: re.Pattern[str]
    whole: Callable[[Said], Document]
    stream: Callable[[Said], Iterator[bytes]]
    error: Callable[[Error], tuple[int, Document]]
    failed: Callable[[Error, int], bytes]
    delta: re.Pattern[bytes]
    request_id: str

    def broken(self, said: Said, then: Error | Exception) -> Iterator[bytes]:
        """The events up to the last piece of text, and that of the error, if it is the service's."""
        events = list(self.stream(said))
        whole = 1 + max((at for at, event in enumerate(events) if self.delta.match(event)), default=-1)
        yield from events[:whole]
        if isinstance(then, Error):
            yield self.failed(then, whole)


def arguments(tool: Tool) -> str:
    """The arguments of a call as the JSON text that models write."""
    return json.dumps(dict(tool.arguments), ensure_ascii=False)


def data(document: Document) -> bytes:
    """A document as the data of an event."""
    return f"data: {json.dumps(document, separators=(',', ':'))}\n\n".encode()


def pieces(text: str) -> Iterator[str]:
    """JSON as it is streamed: cut anywhere."""
    return (text[start : start + PIECE] for start in range(0, len(text), PIECE))


def spoken(kind: str) -> str:
    """An error's type as a sentence would have it."""
    return kind.replace("_", " ")
