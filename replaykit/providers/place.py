"""Where a JSON path of a request is, in the words of somebody who writes agents.

    path                                                       words
    ("system", 0, "text")                                      system prompt
    ("messages", 6, "content", 0, "text")                      turn 4, user message
    ("messages", 6, "content", 0, "content")                   turn 4, tool result of get_weather
    ("messages", 5, "content", 1, "input", "city")             turn 3, tool call get_weather.city
    ("tools", 0, "input_schema", "properties", "units")        tool schema get_weather.units
    ("tools", 0, "description")                                tool get_weather, description
    ("thinking", "budget_tokens")                              thinking.budget_tokens

Law: a turn is one request of the agent, so a message's turn is one more than the answers of the
model before it. A path that leads nowhere in the document still has words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from replaykit.providers.shape import member, sequence, string

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from replaykit.core.conversation import Part, Turn
    from replaykit.core.model import JSON

Path: TypeAlias = "tuple[str | int, ...]"
Located: TypeAlias = "tuple[Part | None, Path]"

_WRAPPING = frozenset({"content", "text", "thinking", "function", "arguments", "input", "output", "summary", "parts"})
"""Keys that only wrap what a part says: naming them tells an author nothing."""

_NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions"})
"""JSON Schema keywords whose keys are names of the author's own."""

_THROUGH = frozenset({"items", "prefixItems", "anyOf", "oneOf", "allOf", "additionalProperties", "not"})
"""JSON Schema keywords that lead on to another schema and need no word."""

_PART_WORDS: Mapping[str, str] = {
    "tool_call": "tool call {name}",
    "tool_result": "tool result of {name}",
    "thinking": "thinking",
    "image": "image",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a provider's request keeps what: all that wording a path needs to know of it.

    - `history` is the field with the messages, `system` those with instructions.
    - `read(message)` is the turn a message amounts to; `locate(message, path)` the part that a path
      below the message leads to, and what of the path is left below that part.
    - `preface` are the roles that are a system prompt when they open the history.
    - `items`: one answer of the model is a run of items in the history, not one message.
    - `schemas` are the paths from a tool to its JSON Schema.
    """

    history: str
    read: Callable[[JSON], Turn]
    locate: Callable[[JSON, Path], Located]
    system: frozenset[str] = frozenset()
    preface: frozenset[str] = frozenset()
    items: bool = False
    schemas: tuple[Path, ...] = field(default=(("parameters",),))


def words(layout: Layout, path: Path, document: JSON) -> str:
    """The place of a path in a request of this layout."""
    match path:
        case (str() as name, *rest) if name in layout.system:
            return _with("system prompt", _telling(rest))
        case (name, int() as index, *rest) if name == layout.history:
            return _message(layout, sequence(member(document, name)), index, tuple(rest))
        case ("tools" | "functions" as name, int() as index, *rest):
            return tool(member(member(document, name), index), index, tuple(rest), layout.schemas)
        case (name, *rest) if name == layout.history:
            return "conversation"
        case _:
            return plain(path)


def plain(path: Sequence[str | int]) -> str:
    """A path as one would write it (`stop_sequences[1]`, `metadata.user_id`); `request body` for the whole."""
    said = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return said.removeprefix(".") or "request body"


def tool(declared: JSON, index: int, path: Path, schemas: tuple[Path, ...]) -> str:
    """The place of a path below a tool's declaration."""
    name = tool_name(declared) or str(index + 1)
    for root in schemas:
        if path[: len(root)] == root:
            return schema(name, path[len(root) :])
    return _with(f"tool {name}", [key for key in path if key != "function"])


def tool_name(declared: JSON) -> str:
    """A tool's name, also where it stands under `function`; its type when it has none (a built-in tool)."""
    inner = member(declared, "function")
    return string(member(inner, "name")) or string(member(declared, "name")) or string(member(declared, "type"))


def schema(name: str, path: Path) -> str:
    """The place of a path below a tool's JSON Schema, fields by their names (`tool schema get_weather.units`)."""
    names, rest = [name], list(path)
    while rest:
        if rest[0] in _NAMED and len(rest) > 1:
            names.append(str(rest[1]))
            del rest[:2]
        elif rest[0] in _THROUGH or isinstance(rest[0], int):
            del rest[0]
        else:
            break
    return _with(f"tool schema {'.'.join(names)}", rest)


def turn(layout: Layout, messages: Sequence[JSON], index: int) -> int:
    """The number of the request that a message first went out with, counted from 1."""
    before = [_role(layout, message) == "assistant" for message in messages[:index]]
    if not layout.items:
        return 1 + sum(before)
    here = _role(layout, member(list(messages), index)) == "assistant"
    return 1 + sum(made and not after for made, after in zip(before, [*before, here][1:], strict=True))


def _role(layout: Layout, message: JSON) -> str:
    """Who speaks; most messages say so themselves, and need not be read."""
    said = member(message, "role")
    return said if isinstance(said, str) else layout.read(message).role


def _message(layout: Layout, messages: list[JSON], index: int, path: Path) -> str:
    """The place of a path below a message of the history."""
    message = member(messages, index)
    role = layout.read(message).role
    if role in layout.preface and all(layout.read(each).role in layout.preface for each in messages[:index]):
        return _with("system prompt", _telling(path))
    part, rest = layout.locate(message, path)
    place = f"turn {turn(layout, messages, index)}, {_part(layout, messages[:index], part, role)}"
    if part is not None and part.kind == "tool_call":
        return place + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in _unwrapped(rest))
    return _with(place, _telling(rest))


def _part(layout: Layout, before: list[JSON], part: Part | None, role: str) -> str:
    """What a part is called: by its tool, or by who said it."""
    if part is None or part.kind not in _PART_WORDS:
        return f"{role} message" if role else "message"
    name = part.name or _called(layout, before, part.id)
    return _PART_WORDS[part.kind].format(name=name).removesuffix(" of ").rstrip()


def _called(layout: Layout, before: list[JSON], call: str) -> str:
    """The name of the tool that the call of this id asked for."""
    for message in reversed(before):
        for part in layout.read(message).parts:
            if part.kind == "tool_call" and part.id == call:
                return part.name
    return ""


def _unwrapped(path: Path) -> Path:
    """A path below a tool call, from where the call's arguments begin."""
    while path and path[0] in _WRAPPING:
        path = path[1:]
    return path


def _telling(path: Sequence[str | int]) -> list[str | int]:
    """What of a path an author wants to hear: not the keys that only wrap text, nor their indexes."""
    return [key for key in path if isinstance(key, str) and key not in _WRAPPING]


def _with(place: str, rest: Sequence[str | int]) -> str:
    """A place and what of the path is left, after a comma."""
    return f"{place}, {plain(rest)}" if rest else place
