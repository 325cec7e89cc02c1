"""Where two answers differ: what a model said, what a tool gave back, how an exchange ended.

    answer: "22" → "71" (in "It is … degrees")
    answer, tool call get_weather.city: "Paris" → "London"
    answer, stop reason: "end_turn" → "max_tokens"
    status 200 → 500
    result of get_weather.temperature 22 → 23

Law: of a model's answer only what it means counts: how it was cut into chunks, what it was billed
and which id it was given do not. Of any other answer everything counts but the request's id in it.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from replaykit.core.compare.changes import changes
from replaykit.core.compare.differing import bodies, exchanged, marked, of_change, of_documents, replaced
from replaykit.core.conversation import Part, Question, Turn
from replaykit.core.diff.items import leads
from replaykit.core.model import Exchange, ToolCall
from replaykit.core.plain import line
from replaykit.core.steps import document_of
from replaykit.providers.other import PLAIN
from replaykit.providers.shape import mapping, member, parse, print_json, string

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from replaykit.core.compare.changes import Change, Path
    from replaykit.core.compare.ground import Ground
    from replaykit.core.compare.place import Place
    from replaykit.core.conversation import Answer, PartKind
    from replaykit.core.diff.side import Seen
    from replaykit.core.model import JSON, Failure, Response

_WORDS = {"text": "answer", "thinking": "answer, thinking", "tool_call": "answer, tool call {name}"}
_FIELDS = {"stop": "answer, stop reason", "error": "answer, error", "model": "answer, model"}


def answered(before: Seen, after: Seen, ground: Ground) -> tuple[Place, ...]:
    """The places in which two answers differ; those that rules would fold are marked."""
    match before.step, after.step:
        case ToolCall() as one, ToolCall() as other:
            name = f"result of {line(other.name)}"
            found = of_documents(name, parse(one.result or b"null"), parse(other.result or b"null"), ground)
            return (*_failed(one.failure, other.failure), *found)
        case Exchange() as one, Exchange() as other:
            return (*_failed(one.failure, other.failure), *_responses(before, after, ground))
        case _:
            return ()


def _failed(before: Failure | None, after: Failure | None) -> Iterator[Place]:
    if before != after:
        yield exchanged("outcome", _outcome(before), _outcome(after))


def _outcome(failure: Failure | None) -> str:
    return "success" if failure is None else f"{failure.kind}: {failure.message}"


def _responses(before: Seen, after: Seen, ground: Ground) -> Iterator[Place]:
    one, other = _response(before), _response(after)
    if one is None or other is None:
        return
    if one.status != other.status:
        yield replaced("status", one.status, other.status)
    if one.body == other.body:
        return
    if before.model and after.model and before.answer is not None and after.answer is not None:
        _bind(before.answer, after.answer, ground)
        ours, theirs = _document(before.answer), _document(after.answer)
        for change in changes(ours, theirs):
            document = ours if change.kind == "removed" else theirs
            yield marked(of_change(change, partial(_where, change, document), _ANSWER), ground)
    else:
        yield from _plain(before, after, ground)


def _bind(before: Answer, after: Answer, ground: Ground) -> None:
    """Tool calls that ask the same have each other's ids, whatever these look like; then those of one tool."""
    ours, theirs = _calls(before), _calls(after)
    for key in (_asks, _is_called):
        for one, other in _partners(ours, theirs, key):
            if one.id and other.id:
                ground.ids.setdefault(one.id, other.id)
            ours.remove(one)
            theirs.remove(other)


def _partners(ours: list[Part], theirs: list[Part], key: Callable[[Part], str]) -> list[tuple[Part, Part]]:
    """The calls of one key, first with first."""
    free: dict[str, list[Part]] = defaultdict(list)
    for part in theirs:
        free[key(part)].append(part)
    return [(part, free[key(part)].pop(0)) for part in ours if free[key(part)]]


def _asks(part: Part) -> str:
    return f"{part.name} {print_json(part.data)}"


def _is_called(part: Part) -> str:
    return part.name


def _calls(answer: Answer) -> list[Part]:
    return [part for part in (answer.turn.parts if answer.turn is not None else ()) if part.kind == "tool_call"]


def _response(seen: Seen) -> Response | None:
    return seen.step.response if isinstance(seen.step, Exchange) else None


def _plain(before: Seen, after: Seen, ground: Ground) -> Iterator[Place]:
    """Where answers differ that no model gave: by place where both are JSON, else as bytes."""
    one, other = _response(before), _response(after)
    if one is None or other is None or ground.alike(one.body.data, other.body.data):
        return
    ours, theirs = _read(before, one), _read(after, other)
    found = of_documents("answer", ours, theirs, ground) if ours is not None and theirs is not None else ()
    echoed = after.asked.wire[1].correlation if after.asked is not None else ""
    yield from (place for place in found if not echoed or not leads(echoed, place))
    if not found:
        yield bodies("answer", one.body, other.body, ground)


def _read(seen: Seen, response: Response) -> JSON:
    return document_of(seen.asked.wire[1], response) if seen.asked is not None else None


def _document(answer: Answer) -> JSON:
    """An answer as a document that holds only what it means."""
    parts = answer.turn.parts if answer.turn is not None else ()
    return {
        "parts": [_part(part) for part in parts],
        "stop": answer.stop,
        "error": answer.error,
        "model": answer.model,
    }


def _part(part: Part) -> JSON:
    kept: dict[str, JSON] = {"type": part.kind, "name": part.name, "text": part.text, "data": part.data}
    return {key: value for key, value in kept.items() if value not in ("", None)}


def _read_part(document: JSON) -> Question:
    """A part of the document above as a conversation reads it, for its words."""
    fields = mapping(member(member(document, "parts"), 0))
    text, name = string(fields.get("text")), string(fields.get("name"))
    kind: PartKind = "tool_call" if fields.get("type") == "tool_call" else "text"
    return Question(turns=(Turn("assistant", (Part(kind, text, name, data=fields.get("data")),)),))


_ANSWER = dataclasses.replace(PLAIN, read_request=_read_part)
"""Reads a part of an answer, where one was added or removed as a whole."""


def _where(change: Change, document: JSON) -> str:
    """Where in an answer a change is."""
    path: Path = change.old if change.kind == "removed" else change.new
    match path:
        case ("parts", int() as index, *rest):
            part = mapping(member(member(document, "parts"), index))
            kind = string(part.get("type"))
            words = _WORDS.get(kind, f"answer, {kind}").format(name=line(string(part.get("name"))))
            return words + "".join(f".{key}" for key in rest if key not in ("text", "data", "name"))
        case (str() as name, *_):
            return _FIELDS.get(name, "answer")
        case _:
            return "answer"
