"""Ready answers: what a router gives to a model's client, and a route that takes what httpx2 has.

Law: a mistake in a test is said where the test makes it, not where the answer is asked for.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from replaykit.core.plain import counted
from replaykit.errors import UsageError, hide
from replaykit.providers.registry import hurried, speeches
from replaykit.providers.shape import mapping, parse
from replaykit.providers.speech import OVERLOADED, Error, Message, Said, Tool
from replaykit.pytest_plugin.mock.answers import checked, part, settled
from replaykit.pytest_plugin.mock.routing import NotMocked
from replaykit.pytest_plugin.mock.translation import translated
from replaykit.transport.library import headers_of, library
from replaykit.transport.streams import of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    import httpx
    import respx

    from replaykit.providers.speech import Speech
    from replaykit.pytest_plugin.mock.answers import Answer, Part

    Ask = Callable[..., respx.Route]

__tracebackhide__ = hide

PHASES: Mapping[str, str] = {
    "connect": "ConnectTimeout",
    "read": "ReadTimeout",
    "write": "WriteTimeout",
    "pool": "PoolTimeout",
}
"""What of a request may take too long, and the error of that."""


class Ready:
    """The ready answers of a router; every method that answers gives its route."""

    def anthropic(self: Any, *answers: Answer, **patterns: Any) -> respx.Route:
        """The route of Anthropic's Messages API, on every host; `patterns` are respx's, for some requests only."""
        route: respx.Route = self._answered("anthropic", answers, patterns)
        return route

    @property
    def openai(self) -> OpenAI:
        """The routes of OpenAI: called itself it answers both APIs, else one: `openai.chat`, `openai.responses`."""
        return OpenAI(self._answered)

    @staticmethod
    def tool(name: str, arguments: Mapping[str, Any] | None = None, /, **named: Any) -> Tool:
        """A call of a tool, its arguments by name or as a dict."""
        return Tool(name, {**(arguments or {}), **named})

    @staticmethod
    def message(
        *parts: Part, stop: str = "", usage: tuple[int, int] | None = None, then: Error | Exception | None = None
    ) -> Message:
        """Several texts and tool calls in one answer; `then` is what its stream breaks off with. See `Message`."""
        return Message(tuple(map(part, parts)), stop, usage, then)

    @staticmethod
    def error(status: int, message: str = "", *, retry_after: float | None = None) -> Error:
        """An error, as the provider that is asked would word it; an SDK tries again at once, whatever it is told."""
        return Error(status, message, retry_after)

    @staticmethod
    def overloaded() -> Error:
        """The error of a service that has too much to do: 529 of Anthropic, 503 of OpenAI."""
        return Error(OVERLOADED)

    @staticmethod
    def timeout(phase: str = "read") -> httpx.TimeoutException:
        """A timeout, of `connect`, `read`, `write` or `pool`; also good as a side effect of any route."""
        import httpx

        if phase not in PHASES:
            raise UsageError(f"no timeout is called {phase!r}", remedy=f"there are {', '.join(PHASES)}")
        error: httpx.TimeoutException = getattr(httpx, PHASES[phase])("mocked: it took too long")
        return error

    def _answered(
        self: Any,
        name: str,
        answers: tuple[Answer, ...],
        patterns: Mapping[str, Any],
    ) -> respx.Route:
        """The route to the wires of this name, which gives these answers."""
        checked(answers)
        path = "|".join(wire.path.pattern for wire in speeches(name))
        route: respx.Route = self.route(method="POST", path__regex=path, **patterns)
        numbers = self.__dict__.setdefault("_numbers", itertools.count(1))
        route.side_effect = Giver(name, answers, numbers)
        return route


class OpenAI:
    """The routes of OpenAI's two APIs."""

    def __init__(self, answered: Ask) -> None:
        """`answered` makes a route."""
        self._answered = answered

    def __call__(self, *answers: Answer, **patterns: Any) -> respx.Route:
        """The route of both: whichever is asked says the next answer."""
        return self._answered("openai", answers, patterns)

    def chat(self, *answers: Answer, **patterns: Any) -> respx.Route:
        """The route of chat completions."""
        return self._answered("openai.chat", answers, patterns)

    def responses(self, *answers: Answer, **patterns: Any) -> respx.Route:
        """The route of the Responses API."""
        return self._answered("openai.responses", answers, patterns)


class Giver:
    """Gives its answers: a single one every time, several one after the other."""

    def __init__(self, name: str, answers: tuple[Answer, ...], numbers: Iterator[int]) -> None:
        """`numbers` counts all answers of a router."""
        self._name = name
        self._wires = speeches(name)
        self._answers = answers
        self._left = itertools.repeat(answers[0]) if len(answers) == 1 else iter(answers)
        self._numbers = numbers

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """The next answer, as an answer to this request."""
        question = mapping(parse(request.content))
        wire = next(wire for wire in self._wires if wire.path.search(request.url.path))
        answer = settled(self._next(request), question)
        number = next(self._numbers)
        if isinstance(answer, Message):
            if answer.then is None or question.get("stream"):
                return _response(wire, Said(question, answer, number))
            answer = answer.then
        match answer:
            case Error():
                return _error(wire, answer, request, number)
            case type():
                raise answer("mocked")
            case Exception():
                raise answer
        response: httpx.Response = translated(answer)
        return response

    def _next(self, request: httpx.Request) -> Answer:
        for answer in self._left:
            return answer
        raise NotMocked(
            f"not mocked: {self._name} has given its {counted(len(self._answers), 'answer')},"
            f" and is asked once more: {request.method} {request.url.host}{request.url.path}",
            remedy="give it one more, or a single one: that is given every time",
        )


class Chunks:
    """A body in chunks, as often as it is asked for."""

    def __init__(self, chunks: Iterator[bytes], ending: Exception | None = None) -> None:
        """Each is given by itself; `ending` is raised after the last."""
        self._chunks = tuple(chunks)
        self._ending = ending

    def __iter__(self) -> Iterator[bytes]:
        """The chunks."""
        yield from self._chunks
        if self._ending is not None:
            raise self._ending

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The same, awaited."""
        for chunk in self:
            yield chunk


class Lenient:
    """What a route takes beside what respx does: responses and errors of httpx2."""

    def __setattr__(self, name: str, value: object) -> None:
        """Set it, in the words of httpx."""
        super().__setattr__(name, translated(value) if name in ("return_value", "side_effect") else value)

    def __mod__(self, response: object) -> respx.Route:
        """The route, with this response."""
        route: respx.Route = super().__mod__(translated(response))  # type: ignore[misc]  # of a route of respx
        return route


def router() -> Any:
    """A new router of respx with ready answers; it answers nothing yet."""
    import respx

    class Route(Lenient, respx.Route):
        """A route of respx."""

    class Mock(Ready, respx.Router):
        """A router of respx."""

        def route(self, *patterns: Any, name: str | None = None, **lookups: Any) -> respx.Route:
            """A new route; see respx."""
            return self.add(Route(*patterns, **lookups), name=name)

    return Mock(assert_all_called=False)


def _response(wire: Speech, said: Said) -> httpx.Response:
    """A message, plain or streamed as the question wants it; a stream may break off."""
    import httpx

    then = said.message.then

    named = [(wire.request_id, said.id("req"))]
    if not said.question.get("stream"):
        return httpx.Response(200, headers=named, json=wire.whole(said))
    chunks = wire.stream(said) if then is None else wire.broken(said, then)
    body = of(library("httpx"), Chunks)(chunks, then if isinstance(then, Exception) else None)
    return httpx.Response(200, headers=[*named, ("content-type", "text/event-stream; charset=utf-8")], stream=body)


def _error(wire: Speech, error: Error, request: httpx.Request, number: int) -> httpx.Response:
    """An error in the provider's envelope."""
    import httpx

    status, document = wire.error(error)
    wait = [("retry-after", f"{error.retry_after:g}")] if error.retry_after is not None else []
    named = ((wire.request_id, Said({}, Message(()), number).id("req")), *wait)
    return httpx.Response(status, headers=list(hurried(headers_of(request.headers), status, named)), json=document)
