"""The Model Context Protocol over streamable HTTP: JSON-RPC messages, answered as JSON or as a stream.

Law: as all providers, pure. A request belongs here by a header of the protocol, or before there is
one (the handshake, and versions that knew none) by a method that only MCP has. One stream event is
one message; the response to the request is the last that counts, notifications may come before it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from replaykit.core.conversation import Answer, Part, Question, Turn
from replaykit.providers import Operation, Provider
from replaykit.providers.other import PLAIN
from replaykit.providers.place import plain, schema
from replaykit.providers.shape import mapping, member, parse, sequence, string
from replaykit.providers.turns import others, spoken
from replaykit.providers.wire import complaint, documents, reaches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replaykit.core.model import JSON, Headers
    from replaykit.providers.promise import Promise

_HEADERS = frozenset({"mcp-protocol-version", "mcp-session-id", "mcp-method"})

_METHODS = (
    "completion/",
    "elicitation/",
    "logging/",
    "notifications/",
    "prompts/",
    "resources/",
    "roots/",
    "sampling/",
    "server/discover",
    "subscriptions/",
    "tools/",
)
"""What methods of MCP begin with; `initialize`, `ping` and `tasks/` are other protocols' words, too."""

_VOLATILE = (
    "/params/_meta/progressToken",
    "/params/_meta/traceparent",
    "/params/_meta/tracestate",
    "/params/_meta/baggage",
)
"""A progress token is made up for each request; trace context (W3C) is a new one for every run."""


def read_request(document: JSON) -> Question | None:
    """The question of a message: a tool's call as a turn, any other's parameters as settings."""
    fields = mapping(document)
    if "jsonrpc" not in fields:
        return None
    params = mapping(fields.get("params"))
    if fields.get("method") != "tools/call":
        return Question(settings=others(params, "_meta"))
    call = Part("tool_call", name=string(params.get("name")), id=_id(fields), data=params.get("arguments"))
    return Question(turns=(Turn("client", (call,)),), settings=others(params, "_meta", "name", "arguments"))


def read_answer(document: JSON) -> Answer | None:
    """The answer of a response, by what its result holds; None when it is no response."""
    fields = mapping(document)
    if fields.get("error"):
        return Answer(error=complaint(fields["error"]))
    result = mapping(fields.get("result"))
    if "result" not in fields:
        return None
    read = next((read for key, read in _RESULTS.items() if key in result), None)
    return Answer(turn=Turn("server", read(result, _id(fields)) if read else ()))


def _id(message: Mapping[str, JSON]) -> str:
    """The id of a message as text: JSON-RPC has numbers, too."""
    found = message.get("id")
    return "" if found is None or isinstance(found, dict | list) else str(found)


def _told(result: Mapping[str, JSON], call: str) -> tuple[Part, ...]:
    """What a tool gave back."""
    return (Part("tool_result", spoken(result.get("content")), id=call),)


def _named(field: str) -> Callable[[Mapping[str, JSON], str], tuple[Part, ...]]:
    """How to read a list of things with names: each by its name and what it says of itself."""

    def read(result: Mapping[str, JSON], _call: str) -> tuple[Part, ...]:
        things = map(mapping, sequence(result.get(field)))
        return tuple(Part("other", string(each.get("description")), string(each.get("name"))) for each in things)

    return read


def _server(result: Mapping[str, JSON], _call: str) -> tuple[Part, ...]:
    """Which server this is."""
    info = result.get("serverInfo")
    return (Part("other", f"{string(member(info, 'name'))} {string(member(info, 'version'))}".strip()),)


def _read(result: Mapping[str, JSON], _call: str) -> tuple[Part, ...]:
    """What a resource holds."""
    return (Part("text", spoken(result.get("contents"))),)


_RESULTS: Mapping[str, Callable[[Mapping[str, JSON], str], tuple[Part, ...]]] = {
    "content": _told,
    "tools": _named("tools"),
    "prompts": _named("prompts"),
    "resources": _named("resources"),
    "serverInfo": _server,
    "contents": _read,
}
"""By a field that only such a result has."""


def add_up(body: bytes) -> JSON:
    """The response in a stream; of one without a response its messages, as a list; None when it holds none."""
    messages: list[JSON] = [message for _, message in documents(body) if "jsonrpc" in message]
    return next((message for message in reversed(messages) if _responds(message)), messages or None)


def _responds(message: JSON) -> bool:
    """True when a message is a response: a result or an error."""
    fields = mapping(message)
    return "result" in fields or "error" in fields


def ended(body: bytes) -> bool:
    """True when a response is in the stream."""
    return any(reaches(body, word, lambda event: _responds(parse(event.data))) for word in ('"result"', '"error"'))


def place(path: tuple[str | int, ...], document: JSON) -> str:
    """Where a path of a message is: `tool call get_weather.city`, `tool name`, `request id`."""
    params = member(document, "params")
    match path:
        case ("id",):
            return "request id"
        case ("params", "name") if member(document, "method") == "tools/call":
            return "tool name"
        case ("params", "arguments", *rest):
            name = string(member(params, "name"))
            return f"tool call {name}" + ("." + plain(rest) if rest else "")
        case ("result", "tools", int() as index, "inputSchema", *rest):
            tools = member(member(document, "result"), "tools")
            return schema(string(member(member(tools, index), "name")), tuple(rest))
        case ("params", *rest) if rest:
            return plain(rest)
        case _:
            return plain(path)


_CALL = Operation("call", read_request, read_answer, add_up, ended, place, _VOLATILE, "/id")
_SEND = replace(_CALL, name="send", correlation="", volatile=(*_VOLATILE, "/params/requestId", "/params/progressToken"))
_LISTEN = replace(_CALL, name="listen", ended=PLAIN.ended, volatile=(), correlation="")
_CLOSE = replace(PLAIN, name="close")

_WITHOUT_BODY: Mapping[str, Operation] = {"GET": _LISTEN, "DELETE": _CLOSE}


def _operation(method: str, _url: str, headers: Headers, document: JSON) -> Operation | None:
    """The operation of a message of the protocol, named by its method with dots (`tools.call`)."""
    fields = mapping(document)
    if not _speaks(fields) and not any(name.lower() in _HEADERS for name, _ in headers):
        return None
    asked = string(fields.get("method"))
    if not asked:
        return _WITHOUT_BODY.get(method.upper(), _SEND)
    return replace(_CALL if "id" in fields else _SEND, name=asked.replace("/", "."))


def _speaks(message: Mapping[str, JSON]) -> bool:
    """True when a message can only be one of MCP."""
    asked = string(message.get("method"))
    if "jsonrpc" not in message:
        return False
    return asked.startswith(_METHODS) or (asked == "initialize" and "protocolVersion" in mapping(message.get("params")))


def _promises() -> Mapping[str, Promise]:
    """Imported when a contract is made, which replays do not."""
    from replaykit.providers.mcp.promise import PROMISES

    return PROMISES


PROVIDER = Provider(
    name="mcp",
    operation=_operation,
    telling=("mcp-protocol-version", "content-type"),
    credentials=("authorization",),
    promises=_promises,
)
"""What we know about MCP's wire. Its client has no retries; a listening stream it opens again after a second."""
