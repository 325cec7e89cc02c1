"""What a test may have a model say, as a router takes it; the words themselves stand in providers/speech.py.

    "Hello", {"city": "Paris"}        a text; a dict or a list is its JSON, as structured outputs are
    Tool("weather", {"city": …})      a call of a tool
    Message("One moment.", Tool(…))   several of these in one answer, to its end or broken off
    Error(429)                        an error, in the provider's own envelope
    a function of the question        whatever it gives, of all this
    an exception, an httpx.Response   as it is

Law: values only. What they look like on a wire, each provider knows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from replaykit.errors import UsageError
from replaykit.providers.speech import Error, Message, Tool

if TYPE_CHECKING:
    import httpx

Json: TypeAlias = dict[str, Any]

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
