"""The stream of the Responses API: added up to its response, and its terminator.

Law: pure; any bytes may come in. The last event of a whole stream carries the response; of a cut one
the best state is made from what had come: the response as begun, items as they were finished, and
the deltas of those that were not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from replaykit.providers.shape import mapping, position, sequence, string
from replaykit.providers.wire import documents, of_kind, reaches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.core.model import JSON

_LAST = ("response.completed", "response.failed", "response.incomplete")
_STATES = frozenset({"response.created", "response.queued", "response.in_progress", *_LAST})

_LISTS: Mapping[str, str] = {
    "response.content_part.": "content",
    "response.reasoning_summary_part.": "summary",
}
"""Events that add a part to an item's list, or finish it, by what their names begin with."""

_DELTAS: Mapping[str, tuple[str, str]] = {
    "response.output_text.delta": ("content", "text"),
    "response.refusal.delta": ("content", "refusal"),
    "response.reasoning_text.delta": ("content", "text"),
    "response.reasoning_summary_text.delta": ("summary", "text"),
    "response.function_call_arguments.delta": ("", "arguments"),
    "response.mcp_call_arguments.delta": ("", "arguments"),
    "response.custom_tool_call_input.delta": ("", "input"),
    "response.code_interpreter_call_code.delta": ("", "code"),
}
"""Events that add a piece of text: to which list of the item (none: to the item itself), to which field."""


@dataclass(slots=True)
class _Item:
    """An output item under way: its fields, its parts by list and index, and the pieces of their texts."""

    fields: dict[str, JSON]
    parts: dict[tuple[str, int], dict[str, JSON]] = field(default_factory=dict)
    texts: defaultdict[tuple[str, int, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def document(self) -> JSON:
        """The item as it stood when the stream ended."""
        whole = dict(self.fields)
        parts = {key: dict(part) for key, part in self.parts.items()}
        for (listed, index, name), pieces in self.texts.items():
            target = parts.setdefault((listed, index), {}) if listed else whole
            target[name] = string(target.get(name)) + "".join(pieces)
        for listed in sorted({listed for listed, _ in parts}):
            begun = {index: dict(mapping(part)) for index, part in enumerate(sequence(whole.get(listed)))}
            begun.update({index: part for (name, index), part in parts.items() if name == listed})
            whole[listed] = [begun[index] for index in sorted(begun)]
        return whole


@dataclass(slots=True)
class _Response:
    """A response under way."""

    fields: dict[str, JSON] = field(default_factory=dict)
    items: dict[int, _Item] = field(default_factory=dict)
    last: bool = False
    error: JSON = None

    def take(self, name: str, event: Mapping[str, JSON]) -> None:
        """Take in one event; one that says nothing of the response changes nothing."""
        if name in _STATES and isinstance(event.get("response"), dict):
            self.fields = dict(mapping(event["response"]))
            self.last = name in _LAST
        elif name == "error":
            told = {key: value for key, value in event.items() if key not in ("type", "sequence_number")}
            self.error = told.get("error") or told or "error"
        elif (index := position(event.get("output_index"))) is not None:
            self.item(name, index, event)

    def item(self, name: str, index: int, event: Mapping[str, JSON]) -> None:
        """Take in an event about one output item."""
        if name in ("response.output_item.added", "response.output_item.done"):
            self.items[index] = _Item(dict(mapping(event.get("item"))))
        elif index not in self.items:
            return
        elif name in _DELTAS:
            listed, target = _DELTAS[name]
            self.items[index].texts[listed, _index(event, listed), target].append(string(event.get("delta")))
        elif name == "response.output_text.annotation.added":
            _annotate(self.items[index], event)
        else:
            _part(self.items[index], name, event)

    def document(self) -> JSON:
        """The response as far as it came; None when nothing of one did."""
        if not self.fields and self.error is None:
            return None
        whole = dict(self.fields)
        if self.fields and not (self.last and isinstance(whole.get("output"), list)):
            whole["output"] = [self.items[index].document() for index in sorted(self.items)]
        return whole if self.error is None else {**whole, "error": self.error}


def _index(event: Mapping[str, JSON], listed: str) -> int:
    """The index of the part that an event is about."""
    return position(event.get(f"{listed}_index")) or 0


def _part(item: _Item, name: str, event: Mapping[str, JSON]) -> None:
    """Take in a part that was added to an item or finished: then it holds its whole text."""
    for begins, listed in _LISTS.items():
        if name.startswith(begins):
            index = _index(event, listed)
            item.parts[listed, index] = dict(mapping(event.get("part")))
            for key in [key for key in item.texts if key[:2] == (listed, index)]:
                del item.texts[key]


def _annotate(item: _Item, event: Mapping[str, JSON]) -> None:
    """Take in an annotation of a text."""
    part = item.parts.setdefault(("content", _index(event, "content")), {})
    part["annotations"] = [*sequence(part.get("annotations")), event.get("annotation")]


def add_up(body: bytes) -> JSON:
    """The response that a stream amounts to; None when the body is no such stream."""
    response = _Response()
    for name, event in documents(body):
        response.take(name, event)
    return response.document()


def ended(body: bytes) -> bool:
    """True when the response is completed, failed or incomplete, or an error broke it off."""
    return any(reaches(body, last, of_kind(last)) for last in (*_LAST, "error"))
