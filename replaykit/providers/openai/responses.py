"""The Responses API: requests and answers as a conversation, and places in a request.

Law: pure; any JSON may come in. Here a history is a list of items, not of messages: what the model
answers once is a run of items (reasoning, text, calls), which makes one turn.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from replaykit.core.conversation import Answer, Part, Question, Turn
from replaykit.providers import place as places
from replaykit.providers.openai.chat import arguments, part, usage
from replaykit.providers.shape import mapping, member, sequence, string
from replaykit.providers.turns import declared, held, named, others, spoken, whole
from replaykit.providers.wire import complaint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from replaykit.core.model import JSON

_PREFACE = frozenset({"system", "developer"})
_KNOWN = ("model", "instructions", "input", "tools")


def read_request(document: JSON) -> Question | None:
    """The question of a request; None when it has neither input nor model."""
    fields = mapping(document)
    if "input" not in fields and "model" not in fields:
        return None
    said = fields.get("input")
    items: list[JSON] = [{"role": "user", "content": said}] if isinstance(said, str) else sequence(said)
    read = list(map(turn, items))
    opening = next((index for index, each in enumerate(read) if each.role not in _PREFACE), len(read))
    return Question(
        model=string(fields.get("model")),
        system=whole([spoken(fields.get("instructions")), *(_text(each) for each in read[:opening])]),
        turns=named(_joined(read[opening:])),
        tools=declared(fields.get("tools")),
        settings=others(fields, *_KNOWN),
    )


def _text(said: Turn) -> str:
    """The text of a turn."""
    return "\n".join(part.text for part in said.parts)


def _joined(turns: list[Turn]) -> Iterator[Turn]:
    """The turns, each run of the model's items as one."""
    for role, run in groupby(turns, key=lambda each: each.role):
        if role == "assistant":
            yield Turn(role, tuple(part for each in run for part in each.parts))
        else:
            yield from run


def read_answer(document: JSON) -> Answer | None:
    """The answer of a response object, or an error; None when it is neither."""
    fields = mapping(document)
    error = complaint(fields.get("error"))
    output = fields.get("output")
    if not error and not isinstance(output, list):
        return None
    parts = tuple(part for item in sequence(output) for part in turn(item).parts)
    return Answer(
        turn=Turn("assistant", parts) if isinstance(output, list) else None,
        stop=_stop(fields),
        model=string(fields.get("model")),
        usage=usage(fields.get("usage")),
        error=error,
    )


def _stop(fields: Mapping[str, JSON]) -> str:
    """Why a response ended: its status, with the reason where it is incomplete (`incomplete: max_output_tokens`)."""
    reason = string(member(fields.get("incomplete_details"), "reason"))
    return ": ".join(filter(None, (string(fields.get("status")), reason)))


def turn(item: JSON) -> Turn:
    """The turn that one item amounts to: a message, a call, a call's output, reasoning."""
    fields = mapping(item)
    kind = string(fields.get("type"))
    if "role" in fields:
        content = fields.get("content")
        parts = (Part("text", content),) if isinstance(content, str) else tuple(map(part, sequence(content)))
        return Turn(string(fields["role"]), parts)
    if kind.endswith("_output"):
        return Turn("tool", (_output(fields),))
    return Turn("assistant", (_ITEMS.get(kind, _builtin)(fields),))


def _output(fields: Mapping[str, JSON]) -> Part:
    """The output of a call, as somebody on our side gave it."""
    output = fields.get("output")
    return Part("tool_result", spoken(output), id=string(fields.get("call_id")), held=held(output))


def _call(fields: Mapping[str, JSON]) -> Part:
    """A call of a function or of a custom tool, whose input is free text."""
    said = arguments(fields["arguments"]) if "arguments" in fields else fields.get("input")
    return Part("tool_call", name=string(fields.get("name")), id=string(fields.get("call_id")), data=said)


def _builtin(fields: Mapping[str, JSON]) -> Part:
    """A call of a tool that the provider runs itself (`web_search_call`), with what it was asked; else `other`."""
    kind = string(fields.get("type"))
    if not kind.endswith("_call"):
        return Part("other", kind)
    asked = next((fields[key] for key in ("action", "queries", "arguments", "code") if key in fields), None)
    call = string(fields.get("call_id")) or string(fields.get("id"))
    return Part("tool_call", name=string(fields.get("name")) or kind.removesuffix("_call"), id=call, data=asked)


_ITEMS: Mapping[str, Callable[[Mapping[str, JSON]], Part]] = {
    "function_call": _call,
    "custom_tool_call": _call,
    "reasoning": lambda fields: Part("thinking", spoken(fields.get("summary")) or spoken(fields.get("content"))),
}


def _locate(item: JSON, path: places.Path) -> places.Located:
    """The part that a path below an item leads to, and the path below that part."""
    match path:
        case ("content", int() as index, *rest) if "role" in mapping(item):
            return part(member(member(item, "content"), index)), tuple(rest)
        case _ if "role" in mapping(item):
            return None, path
        case _:
            return next(iter(turn(item).parts), None), path


LAYOUT = places.Layout(
    history="input",
    read=turn,
    locate=_locate,
    system=frozenset({"instructions"}),
    preface=_PREFACE,
    items=True,
    schemas=(("parameters",),),
)


def place(path: places.Path, document: JSON) -> str:
    """Where a path of a request is, in an agent author's words."""
    if path == ("input",) and isinstance(member(document, "input"), str):
        return "turn 1, user message"
    return places.words(LAYOUT, path, document)
