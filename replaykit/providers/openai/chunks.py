"""The stream of chat completions: added up to its completion, and its terminator.

Law: pure; any bytes may come in. A stream that was cut amounts to what had come.

    field of a delta              how
    role, id, type, index         the first that is stated
    another text                  added (a name that is only repeated: kept)
    an object                     field by field, as here
    a list                        objects with `index`: by that index, as here; the rest: appended
    anything else                 the last that is not null

`obfuscation`, padding against attacks on lengths, is left out: no plain answer has it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from replaykit.providers.shape import mapping, parse, position, sequence, string
from replaykit.providers.wire import DONE, documents, reaches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.core.model import JSON

_KEPT = frozenset({"role", "id", "type", "format"})
"""Texts that are stated, not spelled out; some services repeat them in every chunk."""

_FIRST = frozenset({"id", "created", "model"})
"""Fields of a chunk that its first sensible value holds for; Azure opens with a chunk that has them empty."""

_DEEPEST = 4
"""Choice, message, tool call, function: below these a value is taken as it is."""


@dataclass(slots=True)
class _Sum:
    """An object under way: what its fields hold, and the pieces of those that are still coming."""

    depth: int = 0
    fields: dict[str, JSON] = field(default_factory=dict)
    texts: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    parts: dict[str, _Sum] = field(default_factory=dict)
    lists: dict[str, _List] = field(default_factory=dict)

    def add(self, delta: Mapping[str, JSON]) -> None:
        """Take in one delta, as the table of this module says."""
        for key, value in delta.items():
            if isinstance(value, str):
                self.text(key, value)
            elif isinstance(value, dict) and self.depth < _DEEPEST:
                self.parts.setdefault(key, _Sum(self.depth + 1)).add(value)
            elif isinstance(value, list) and self.depth < _DEEPEST:
                self.lists.setdefault(key, _List(self.depth + 1)).add(value)
            else:
                self.put(key, value)

    def text(self, key: str, value: str) -> None:
        """Take in a text: a further piece, or what it was already."""
        if key in _KEPT:
            self.fields[key] = self.fields.get(key) or value
        elif not (key == "name" and self.texts[key] == [value]):
            self.texts[key].append(value)

    def put(self, key: str, value: JSON) -> None:
        """Take in a value that comes whole; null only where nothing was."""
        if value is not None or key not in self.fields:
            self.fields[key] = value

    def document(self) -> dict[str, JSON]:
        """The object as a plain answer would hold it."""
        whole = dict(self.fields)
        whole.update({key: part.document() for key, part in self.parts.items()})
        whole.update({key: items.document(numbered=key != "tool_calls") for key, items in self.lists.items()})
        for key, pieces in self.texts.items():
            said = "".join(pieces)
            listed = whole.get(key)
            whole[key] = [*listed, *_spoken(said)] if isinstance(listed, list) else said
        return whole


def _spoken(text: str) -> list[JSON]:
    """A text as a part of content that is a list otherwise (Mistral: thoughts as parts, then plain text)."""
    return [{"type": "text", "text": text}] if text else []


@dataclass(slots=True)
class _List:
    """A list under way: objects by their index, other items in the order they came."""

    depth: int
    indexed: dict[int, _Sum] = field(default_factory=dict)
    rest: list[JSON] = field(default_factory=list)

    def add(self, items: list[JSON]) -> None:
        """Take in the items of one delta."""
        for item in items:
            index = position(mapping(item).get("index"))
            if index is None:
                self.rest.append(item)
            else:
                self.indexed.setdefault(index, _Sum(self.depth + 1)).add(mapping(item))

    def document(self, *, numbered: bool) -> list[JSON]:
        """The list as a plain answer would hold it, with or without the indexes."""
        merged = [self.indexed[index].document() for index in sorted(self.indexed)]
        if not numbered:
            merged = [{key: value for key, value in item.items() if key != "index"} for item in merged]
        return [*merged, *self.rest]


@dataclass(slots=True)
class _Completion:
    """A completion under way."""

    fields: dict[str, JSON] = field(default_factory=dict)
    choices: dict[int, _Sum] = field(default_factory=dict)
    seen: bool = False

    def take(self, chunk: Mapping[str, JSON]) -> None:
        """Take in one chunk; a document that is none changes nothing."""
        if "choices" not in chunk and not chunk.get("error"):
            return
        self.seen = True
        for key, value in chunk.items():
            known = self.fields.get(key)
            if key not in ("choices", "obfuscation") and (value is not None or key not in self.fields):
                self.fields[key] = (known or value) if key in _FIRST else value
        for choice in sequence(chunk.get("choices")):
            self.choose(mapping(choice))

    def choose(self, choice: Mapping[str, JSON]) -> None:
        """Take in what one chunk says of one choice."""
        index = position(choice.get("index")) or 0
        under_way = self.choices.setdefault(index, _Sum(fields={"index": index}))
        spelled: dict[str, JSON] = {"message": choice.get("delta"), "logprobs": choice.get("logprobs")}
        under_way.add({key: value for key, value in spelled.items() if isinstance(value, dict)})
        under_way.text("text", string(choice.get("text")))
        for key, value in choice.items():
            if key not in ("delta", "text", "index") and not (key == "logprobs" and value):
                under_way.put(key, value)

    def document(self) -> JSON:
        """The completion as a plain answer would be; None when no chunk came."""
        if not self.seen:
            return None
        whole = dict(self.fields)
        if self.choices or "id" in whole:
            whole["choices"] = [_finished(self.choices[index].document()) for index in sorted(self.choices)]
        if whole.get("object") in ("chat.completion.chunk", ""):
            whole["object"] = "chat.completion"
        return whole


def _finished(choice: dict[str, JSON]) -> JSON:
    """A choice with the fields that every plain answer has, and without a text that never came."""
    message = choice.get("message")
    text = choice.pop("text", "")
    if text:
        choice["text"] = text
    if isinstance(message, dict):
        choice["message"] = {"role": "assistant", "content": None, **message}
    return choice


def add_up(body: bytes) -> JSON:
    """The completion that a stream of chunks amounts to; None when the body is no such stream."""
    completion = _Completion()
    for _, chunk in documents(body):
        completion.take(chunk)
    return completion.document()


def ended(body: bytes) -> bool:
    """True when `[DONE]`, or an error in its place, is in the stream."""
    return reaches(body, DONE, lambda event: event.data.strip() == DONE) or reaches(
        body, '"error"', lambda event: bool(mapping(parse(event.data)).get("error"))
    )
