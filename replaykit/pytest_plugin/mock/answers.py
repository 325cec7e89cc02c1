"""What a model is made to say, in the words of no provider.

    "Hello", {"city": "Paris"}        a text; a dict or a list is its JSON, as structured outputs are
    Tool("weather", {"city": …})      a call of a tool
    Message("One moment.", Tool(…))   several of these in one answer, to its end or broken off
    Error(429)                        an error, in the provider's own envelope
    a function of the question        whatever it gives, of all this
    an exception, an httpx.Response   as it is

Law: values only. What they look like on a wire, `wires` knows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from replaykit.errors import UsageError

if TYPE_CHECKING:
    import httpx

Json: TypeAlias = dict[str, Any]

OVERLOADED = 529
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


Part: TypeAlias = "str | Tool | Json | list[Any]"
Answer: TypeAlias = (
    "Part | Message | Error | Exception | type[Exception] | httpx.Response | Callable[[Json], Answer | httpx.Response]"
)


def settled(answer: Answer, question: Json) -> Message | Error | Exception | type[Exception] | httpx.Response:
    """What an answer is, once the question is known."""
    if callable(answer) and not isinstance(answer, type):
        return settled(answer(question), question)
    if isinstance(answer, str | Tool | Mapping | list):
        return Message((part(answer),))
    return answer


def part(given: Part) -> str | Tool:
    """A part of a message; data as its JSON."""
    return given if isinstance(given, str | Tool) else json.dumps(given, ensure_ascii=False)


def checked(answers: tuple[object, ...]) -> None:
    """Refuse, while the test is being written, what nobody could say."""
    import httpx

    known = (str, Tool, Mapping, list, Message, Error, Exception, httpx.Response)
    for answer in answers:
        fits = isinstance(answer, known) or callable(answer)
        if not fits or (isinstance(answer, type) and not issubclass(answer, Exception)):
            raise UsageError(
                f"{answer!r} is no answer",
                remedy="give text, a dict, tool(…), message(…), error(…), timeout(), an exception, an httpx.Response,"
                " or a function of the question",
            )
    if not answers:
        raise UsageError("there is nothing to answer", remedy='give at least one answer: "Hello"')
