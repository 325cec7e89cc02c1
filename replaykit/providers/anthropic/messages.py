"""The Messages API: requests and answers in the words of a conversation, and places in a request.

Law: pure; any JSON may come in. Shapes as of API versions 2023-06-01 and 2026-10-21, which differ
in what a request may hold, not in these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.core.conversation import Answer, Part, Question, Turn, Usage
from replaykit.providers import place as places
from replaykit.providers.shape import mapping, member, number, sequence, string
from replaykit.providers.turns import declared, held, named, others, spoken
from replaykit.providers.wire import complaint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replaykit.core.model import JSON

_INPUTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
"""What a request's input is the sum of: Anthropic counts cached tokens apart from `input_tokens`."""


def read_request(document: JSON) -> Question | None:
    """The question of a request to `messages` or `messages/count_tokens`; None when it has no messages."""
    fields = mapping(document)
    if not isinstance(fields.get("messages"), list):
        return None
    return Question(
        model=string(fields.get("model")),
        system=spoken(fields.get("system")),
        turns=named(map(turn, sequence(fields["messages"]))),
        tools=declared(fields.get("tools")),
        settings=others(fields, "model", "system", "messages", "tools"),
    )


def read_answer(document: JSON) -> Answer | None:
    """The answer of a message, an error, or a message that an error broke off; None when it is neither."""
    fields = mapping(document)
    error = complaint(fields.get("error"))
    if not error and not isinstance(fields.get("content"), list):
        return None
    return Answer(
        turn=turn({"role": "assistant", **fields}) if isinstance(fields.get("content"), list) else None,
        stop=string(fields.get("stop_reason")),
        model=string(fields.get("model")),
        usage=_usage(fields.get("usage")),
        error=error,
    )


def read_count(document: JSON) -> Answer | None:
    """The answer of `messages/count_tokens`: the tokens alone."""
    fields = mapping(document)
    if error := complaint(fields.get("error")):
        return Answer(error=error)
    return Answer(usage=_usage(document)) if "input_tokens" in fields else None


def turn(message: JSON) -> Turn:
    """The turn that one message amounts to."""
    fields = mapping(message)
    content = fields.get("content")
    if isinstance(content, str):
        return Turn(string(fields.get("role")), (Part("text", content),))
    return Turn(string(fields.get("role")), tuple(map(part, sequence(content))))


def part(block: JSON) -> Part:
    """The part that one content block amounts to; `other` with its type for what has no word."""
    fields = mapping(block)
    kind = string(fields.get("type"))
    if kind.endswith("tool_result"):
        content = fields.get("content")
        return Part("tool_result", _result(content), id=string(fields.get("tool_use_id")), held=held(content))
    return _PARTS.get(kind, _other)(fields)


def _usage(usage: JSON) -> Usage | None:
    """The tokens, with cached ones counted into the input; None when nothing was counted."""
    fields = mapping(usage)
    if not fields:
        return None
    return Usage(
        input=sum(number(fields.get(name)) for name in _INPUTS),
        output=number(fields.get("output_tokens")),
        cached=number(fields.get("cache_read_input_tokens")),
        written=number(fields.get("cache_creation_input_tokens")),
    )


def _result(content: JSON) -> str:
    """The text of a tool's result; of a server tool's, which is an object, its own text or type."""
    return spoken([content]) if isinstance(content, dict) else spoken(content)


def _call(fields: Mapping[str, JSON]) -> Part:
    """A call of a tool of ours or of the server's."""
    return Part("tool_call", name=string(fields.get("name")), id=string(fields.get("id")), data=fields.get("input"))


def _image(fields: Mapping[str, JSON]) -> Part:
    """An image by its media type or address, not by its bytes."""
    source = fields.get("source")
    found = (string(member(source, key)) for key in ("url", "file_id", "media_type", "type"))
    return Part("image", next(filter(None, found), ""), held=held(dict(fields)))


def _other(fields: Mapping[str, JSON]) -> Part:
    """Any other block by its title or type."""
    return Part("other", string(fields.get("title")) or string(fields.get("type")), held=held(dict(fields)))


_PARTS: Mapping[str, Callable[[Mapping[str, JSON]], Part]] = {
    "text": lambda fields: Part("text", string(fields.get("text"))),
    "thinking": lambda fields: Part("thinking", string(fields.get("thinking"))),
    "redacted_thinking": lambda _: Part("thinking"),
    "tool_use": _call,
    "server_tool_use": _call,
    "mcp_tool_use": _call,
    "image": _image,
}


def _locate(message: JSON, path: places.Path) -> places.Located:
    """The content block that a path below a message leads to, and the path below the block."""
    match path:
        case ("content", int() as index, *rest):
            return part(member(member(message, "content"), index)), tuple(rest)
        case _:
            return None, path


LAYOUT = places.Layout(
    history="messages",
    read=turn,
    locate=_locate,
    system=frozenset({"system"}),
    schemas=(("input_schema",),),
)


def place(path: places.Path, document: JSON) -> str:
    """Where a path of a request is, in an agent author's words."""
    return places.words(LAYOUT, path, document)
