"""Chat completions: requests and answers as a conversation, and places in a request.

Law: pure; any JSON may come in. Many services speak this wire with fields of their own (`reasoning`,
`reasoning_content`, `reasoning_details`); where such a field has a word here, it is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from replaykit.core.conversation import Answer, Part, Question, Turn, Usage
from replaykit.providers import place as places
from replaykit.providers.shape import mapping, member, number, parse, sequence, string
from replaykit.providers.turns import declared, held, named, others, spoken, whole
from replaykit.providers.wire import complaint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from replaykit.core.model import JSON

_PREFACE = frozenset({"system", "developer"})
_RESULTS = frozenset({"tool", "function"})
_REASONING = ("reasoning_content", "reasoning")


def read_request(document: JSON) -> Question | None:
    """The question of a request; None when it has no messages. Opening instructions are its system prompt."""
    fields = mapping(document)
    if not isinstance(fields.get("messages"), list):
        return None
    messages = sequence(fields["messages"])
    opening = _opening(messages)
    return Question(
        model=string(fields.get("model")),
        system=whole(spoken(mapping(message).get("content")) for message in messages[:opening]),
        turns=named(map(turn, messages[opening:])),
        tools=declared([*sequence(fields.get("tools")), *sequence(fields.get("functions"))]),
        settings=others(fields, "model", "messages", "tools", "functions"),
    )


def _opening(messages: list[JSON]) -> int:
    """How many messages open the history with instructions."""
    roles = (string(mapping(message).get("role")) for message in messages)
    return next((index for index, role in enumerate(roles) if role not in _PREFACE), len(messages))


def read_answer(document: JSON) -> Answer | None:
    """The answer of a completion: its first choice; further ones follow as parts. None when it is none."""
    fields = mapping(document)
    choices = [mapping(choice) for choice in sequence(fields.get("choices"))]
    error = complaint(fields.get("error"))
    if not error and not choices and not isinstance(fields.get("choices"), list):
        return None
    parts = [part for choice in choices for part in _choice(choice)]
    return Answer(
        turn=Turn("assistant", tuple(parts)) if choices else None,
        stop=string(choices[0].get("finish_reason")) if choices else "",
        model=string(fields.get("model")),
        usage=usage(fields.get("usage")),
        error=error,
    )


def _choice(choice: Mapping[str, JSON]) -> tuple[Part, ...]:
    """The parts of one choice: of its message, or the text of a completion that is no chat."""
    text = string(choice.get("text"))
    return (Part("text", text),) if text else turn(choice.get("message")).parts


def usage(counted: JSON) -> Usage | None:
    """The tokens as both wires of OpenAI name them; None when nothing was counted."""
    fields = mapping(counted)
    if not fields:
        return None
    details = mapping(fields.get("prompt_tokens_details")) or mapping(fields.get("input_tokens_details"))
    return Usage(
        input=number(fields.get("prompt_tokens")) or number(fields.get("input_tokens")),
        output=number(fields.get("completion_tokens")) or number(fields.get("output_tokens")),
        cached=number(details.get("cached_tokens")),
    )


def turn(message: JSON) -> Turn:
    """The turn that one message amounts to."""
    fields = mapping(message)
    role = string(fields.get("role"))
    if role in _RESULTS:
        told = Part("tool_result", spoken(fields.get("content")), string(fields.get("name")), _answered(fields))
        return Turn(role, (told,))
    return Turn(role, tuple(_parts(fields)))


def _answered(fields: Mapping[str, JSON]) -> str:
    """The id of the call that a tool's message answers."""
    return string(fields.get("tool_call_id"))


def _parts(fields: Mapping[str, JSON]) -> Iterator[Part]:
    """The parts of a message: reasoning, content, refusal, calls."""
    thought = next(filter(None, (string(fields.get(key)) for key in _REASONING)), "")
    if thought:
        yield Part("thinking", thought)
    content = fields.get("content")
    if isinstance(content, str) and content:
        yield Part("text", content)
    yield from map(part, sequence(content))
    if refusal := string(fields.get("refusal")):
        yield Part("text", refusal)
    yield from map(call, sequence(fields.get("tool_calls")))
    if fields.get("function_call"):
        yield call({"function": fields["function_call"]})


def part(content: JSON) -> Part:
    """The part that one piece of content amounts to; `other` with its type for what has no word."""
    fields = mapping(content)
    kind = string(fields.get("type"))
    if isinstance(content, str) or kind in _SPOKEN:
        return Part("text", spoken([content]))
    return _PARTS[kind](fields) if kind in _PARTS else Part("other", kind, held=held(content))


def call(wanted: JSON) -> Part:
    """A tool call; its arguments parsed where they are JSON, else as the text they are."""
    fields = mapping(wanted)
    inner = mapping(fields.get("function")) or mapping(fields.get("custom"))
    said = inner.get("arguments", inner.get("input"))
    return Part("tool_call", name=string(inner.get("name")), id=string(fields.get("id")), data=arguments(said))


def arguments(said: JSON) -> JSON:
    """A call's arguments: parsed where they are the text of JSON, else as they are."""
    found = parse(said) if isinstance(said, str) else said
    return said if found is None else found


def _image(fields: Mapping[str, JSON]) -> Part:
    """An image by its address; one that is held in its address, by its media type alone."""
    source = fields.get("image_url")
    address = string(source) or string(member(source, "url")) or string(fields.get("file_id"))
    return Part("image", address.partition(";")[0].removeprefix("data:"), held=held(dict(fields)))


_SPOKEN = frozenset({"text", "input_text", "output_text", "refusal", "summary_text", "reasoning_text"})

_PARTS: Mapping[str, Callable[[Mapping[str, JSON]], Part]] = {
    "image_url": _image,
    "input_image": _image,
    "thinking": lambda fields: Part("thinking", spoken(fields.get("thinking"))),
}


def _locate(message: JSON, path: places.Path) -> places.Located:
    """The part that a path below a message leads to, and the path below that part."""
    if string(mapping(message).get("role")) in _RESULTS:
        return next(iter(turn(message).parts)), path
    match path:
        case ("tool_calls", int() as index, *rest):
            return call(member(member(message, "tool_calls"), index)), tuple(rest)
        case ("content", int() as index, *rest):
            return part(member(member(message, "content"), index)), tuple(rest)
        case _:
            return None, path


LAYOUT = places.Layout(
    history="messages",
    read=turn,
    locate=_locate,
    preface=_PREFACE,
    schemas=(("function", "parameters"), ("parameters",)),
)


def place(path: places.Path, document: JSON) -> str:
    """Where a path of a request is, in an agent author's words."""
    return places.words(LAYOUT, path, document)
