"""The steps of an episode as people name them.

    turn 4 of support (anthropic messages, claude-sonnet-5-5)     a question to a model
    mcp call get_weather                                          a call of a tool elsewhere
    GET api.weather.example/today                                 anything else
    tool call get_weather {"city": "Paris"}                       a local function

Where an episode speaks to several hosts, the first two say which (`…, at api.anthropic.com`).

Law: pure, and what is expensive happens when it is asked for: a title costs no look at a body, a
document is parsed once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson

from replaykit.core.model import Exchange, ToolCall, header
from replaykit.core.plain import gist, line

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from replaykit.core.conversation import Answer, Question
    from replaykit.core.growth import Reader
    from replaykit.core.model import JSON, Episode, Request, Response, Step
    from replaykit.providers import Operation, Provider

LARGEST = 4 << 20
"""Bytes of a body that is read as JSON (40 ms); a larger one is compared as bytes."""

_TITLE = 160
"""Characters of a URL in a title."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

_ROLES = frozenset({"user", "assistant"})
"""Who speaks where a model is asked; tools elsewhere (MCP) have clients and servers."""


@dataclass(frozen=True)
class Asked:
    """A request, read: where it goes, whose it is, what it says; by a `reader` that knows what it repeats, if any."""

    request: Request
    reader: Reader | None = field(default=None, compare=False, repr=False)

    @cached_property
    def url(self) -> SplitResult:
        """The parts of its URL; of one that cannot be split, the whole as the path."""
        try:
            return urlsplit(self.request.url)
        except ValueError:
            return urlsplit("")._replace(path=self.request.url)

    @property
    def host(self) -> str:
        """Host and port, without what may stand before an `@`."""
        return self.url.netloc.rpartition("@")[2]

    @cached_property
    def document(self) -> JSON:
        """The body as JSON; None when it is not, or larger than is worth reading."""
        body = self.request.body
        if not 0 < body.size <= LARGEST:
            return None
        return _parsed(body.data) if self.reader is None else self.reader.text(body).document

    @cached_property
    def roughly(self) -> tuple[Provider, Operation]:
        """Whose it is, by method, URL and headers alone."""
        from replaykit.providers import registry

        request = self.request
        return registry.find(request.method, request.url, request.headers, None)

    @cached_property
    def wire(self) -> tuple[Provider, Operation]:
        """Whose it is, and what it asks for."""
        from replaykit.providers import registry

        request = self.request
        return registry.find(request.method, request.url, request.headers, self.document)

    @property
    def meaningless(self) -> tuple[str, ...]:
        """JSON pointers of what means nothing in its body: volatile fields, and the id that its answer repeats."""
        operation = self.wire[1]
        return (*operation.volatile, operation.correlation) if operation.correlation else operation.volatile

    @cached_property
    def question(self) -> Question | None:
        """What it asks in the words of a conversation, where it is one."""
        ask = self.wire[1].read_request
        if self.reader is None or self.document is None:
            return ask(self.document)
        return self.reader.question(ask, self.reader.text(self.request.body))

    @cached_property
    def turn(self) -> int:
        """Which request of its conversation it is, counted from 1; 0 when it asks no model.

        Some gateways name the model in the URL: then the roles tell.
        """
        question = self.question
        if question is None or not (question.model or any(turn.role in _ROLES for turn in question.turns)):
            return 0
        made = [turn.role == "assistant" for turn in question.turns]
        return 1 + sum(one and not after for one, after in zip(made, [*made[1:], False], strict=False))

    @property
    def address(self) -> str:
        """Method and place: `POST api.anthropic.com/v1/messages`."""
        return line(f"{self.request.method} {self.host}{self.url.path}", _TITLE)

    @property
    def label(self) -> str:
        """Whose it is and what it asks for: `mcp call get_weather`."""
        provider, operation = self.wire
        question = self.question
        parts = question.turns[0].parts if question and not self.turn and question.turns else ()
        called = next((part.name for part in parts if part.kind == "tool_call"), "")
        return " ".join(filter(None, (provider.name, line(operation.name), line(called))))


@dataclass(frozen=True, slots=True)
class Titles:
    """What the requests of some episodes are called; `hosts`: there are several, so that titles name them."""

    hosts: bool = False

    @classmethod
    def of(cls, *episodes: Episode, asked: Asked | None = None) -> Titles:
        """For the steps of these episodes, and one request more."""
        urls = {exchange.request.url: exchange.request for episode in episodes for exchange in episode.exchanges}
        several = [Asked(request) for request in urls.values()] + ([asked] if asked is not None else [])
        return cls(len({_place(each.host) for each in several}) > 1)

    def title(self, asked: Asked, conversation: str = "") -> str:
        """A request by its turn, else by what it asks for; `conversation` is whose turn it is."""
        where = line(asked.host, _TITLE) if self.hosts else ""
        if asked.wire[0].name == "other":
            return asked.address
        if turn := asked.turn:
            model = line(asked.question.model) if asked.question is not None else ""
            facts = ", ".join(filter(None, (asked.label, model, where and f"at {where}")))
            return f"turn {turn}{conversation and f' of {conversation}'} ({facts})"
        if asked.question is None:
            return f"{asked.address} ({asked.label})"
        return f"{asked.label} at {where}" if where else asked.label

    def rough(self, step: Step) -> str:
        """A step, told without a look at a request's body."""
        if isinstance(step, ToolCall) or self.hosts:
            return title(step)
        provider, operation = Asked(step.request).roughly
        return title(step) if provider.name == "other" else f"{provider.name} {line(operation.name)}"


def title(step: Step) -> str:
    """What a step is in one line, told without a look at a request's body."""
    match step:
        case ToolCall():
            return tool_title(step.name, step.arguments)
        case Exchange():
            asked = Asked(step.request)
            provider, operation = asked.roughly
            known = provider.name != "other"
            return f"{asked.address} ({provider.name} {line(operation.name)})" if known else asked.address


def tool_title(name: str, arguments: bytes) -> str:
    """A call of a local function in one line."""
    from replaykit.providers.shape import parse

    return f"tool call {line(name)} {gist(parse(arguments))}"


def answer_of(operation: Operation, response: Response | None) -> Answer | None:
    """What a model's response says; None when it is none, or too large to be one."""
    if response is None or response.body.size > LARGEST:
        return None
    return operation.read_answer(document_of(operation, response))


def document_of(operation: Operation, response: Response) -> JSON:
    """The JSON that a response holds, or that its stream adds up to; None when it is neither."""
    from replaykit.core.stream import is_stream
    from replaykit.providers.shape import parse

    if is_stream(header(response.headers, "content-type")):
        return operation.add_up(response.body.data)
    return parse(response.body.data)


def _place(host: str) -> str:
    """A host, as it is told from others: on loopback the port is another one in every run."""
    name = host.rpartition(":")[0] or host
    return "loopback" if name in _LOOPBACK else host


def _parsed(body: bytes) -> JSON:
    """The document, by the fast parser where printing it again proves that no digit was lost."""
    try:
        document: JSON = orjson.loads(body)
        if orjson.dumps(document) == body:
            return document
    except (orjson.JSONDecodeError, TypeError):  # TypeError: what it reads but does not print
        pass
    from replaykit.providers.shape import parse

    return parse(body)
