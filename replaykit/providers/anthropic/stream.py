"""The stream of the Messages API: added up to its message, and its terminator.

Law: pure; any bytes may come in. A stream that was cut amounts to what had come; one that an `error`
event broke off carries that error in `error` beside what had come.

    block's delta          field          how
    text_delta             text           added
    thinking_delta         thinking       added
    input_json_delta       input          added, then parsed; kept as text when it does not parse
    signature_delta        signature      replaced
    citations_delta        citations      one more in the list
    compaction_delta       its fields     replaced
    any other              its fields     texts added, the rest replaced
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from replaykit.providers.shape import mapping, parse, position, sequence, string
from replaykit.providers.wire import documents, of_kind, reaches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replaykit.core.model import JSON

_REPLACED = frozenset({"signature_delta", "compaction_delta"})
_PARTIAL = "partial_json"


@dataclass(slots=True)
class _Block:
    """A content block under way: what it began with, and what came since: texts by field, and citations."""

    fields: dict[str, JSON]
    texts: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    cited: list[JSON] = field(default_factory=list)

    def add(self, delta: Mapping[str, JSON]) -> None:
        """Take in one delta, as the table of this module says."""
        how = string(delta.get("type"))
        news = {key: value for key, value in delta.items() if key != "type"}
        if how == "citations_delta":
            self.cited.append(news.get("citation"))
            return
        for key, value in news.items():
            if isinstance(value, str) and how not in _REPLACED:
                self.texts[key].append(value)
            else:
                self.fields[key] = value

    def document(self) -> dict[str, JSON]:
        """The block as a plain answer would hold it."""
        added: dict[str, JSON] = {}
        if self.cited:
            added["citations"] = [*sequence(self.fields.get("citations")), *self.cited]
        for key, texts in self.texts.items():
            if key == _PARTIAL:
                added["input"] = _input("".join(texts), self.fields.get("input"))
            else:
                added[key] = string(self.fields.get(key)) + "".join(texts)
        return {**self.fields, **added}


def _input(text: str, start: JSON) -> JSON:
    """A tool's input from its JSON text: as begun when the text is empty, as text when it does not parse."""
    if not text:
        return start
    found = parse(text)
    return text if found is None and text.strip() != "null" else found


@dataclass(slots=True)
class _Message:
    """A message under way."""

    fields: dict[str, JSON] = field(default_factory=dict)
    usage: dict[str, JSON] = field(default_factory=dict)
    blocks: dict[int, _Block] = field(default_factory=dict)
    error: JSON = None

    def take(self, name: str, event: Mapping[str, JSON]) -> None:
        """Take in one event; one of an unknown type changes nothing."""
        index = position(event.get("index"))
        match name:
            case "message_start":
                self.start(mapping(event.get("message")))
            case "content_block_start" if index is not None:
                self.blocks[index] = _Block(dict(mapping(event.get("content_block"))))
            case "content_block_delta" if index in self.blocks:
                self.blocks[index].add(mapping(event.get("delta")))
            case "message_delta":
                self.close(event)
            case "error":
                self.error = event.get("error") or "error"

    def start(self, message: Mapping[str, JSON]) -> None:
        """Begin with what `message_start` says."""
        self.fields = dict(message)
        self.usage = dict(mapping(message.get("usage")))
        content = enumerate(sequence(message.get("content")))
        self.blocks = {index: _Block(dict(mapping(block))) for index, block in content}

    def close(self, event: Mapping[str, JSON]) -> None:
        """Take in `message_delta`: its counts are totals, and what it leaves out stays as it was."""
        news = {key: value for key, value in event.items() if key not in ("type", "delta", "usage")}
        for key, value in {**mapping(event.get("delta")), **news}.items():
            if value is not None or key not in self.fields:
                self.fields[key] = value
        counts = mapping(event.get("usage"))
        self.usage.update({key: value for key, value in counts.items() if value is not None})

    def document(self) -> JSON:
        """The message, as a plain answer would be; an error answer when nothing but an error came."""
        if not self.fields:
            return {"type": "error", "error": self.error} if self.error else None
        content: list[JSON] = [self.blocks[index].document() for index in sorted(self.blocks)]
        whole: dict[str, JSON] = {**self.fields, "content": content}
        if self.usage:
            whole["usage"] = self.usage
        return {**whole, "error": self.error} if self.error else whole


def add_up(body: bytes) -> JSON:
    """The message that a stream amounts to; None when the body is no such stream."""
    message = _Message()
    for name, event in documents(body):
        message.take(name, event)
    return message.document()


def ended(body: bytes) -> bool:
    """True when `message_stop`, or an `error` event in its place, is in the stream."""
    return any(reaches(body, last, of_kind(last)) for last in ("message_stop", "error"))
