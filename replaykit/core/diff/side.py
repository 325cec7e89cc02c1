"""One side of a comparison: the steps of an episode, each with what it newly says.

Law: lazy. A step that is byte for byte the same on both sides is never read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from replaykit.core.attempts import wholes
from replaykit.core.canonical import canonical, drop
from replaykit.core.compare.changes import same
from replaykit.core.conversation import Part
from replaykit.core.growth import Reader
from replaykit.core.model import Exchange, ToolCall
from replaykit.core.normalize import fold
from replaykit.core.steps import LARGEST, Asked, answer_of
from replaykit.providers.shape import parse

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from replaykit.core.attempts import Whole
    from replaykit.core.conversation import Answer, Question, Turn
    from replaykit.core.model import JSON, Body, Episode, Step
    from replaykit.core.normalize import Rules

_FAILED = 400
"""The first status of an answer that says that something failed (RFC 9110, 15.5)."""

Label: TypeAlias = tuple[str, ...]
"""What sort of step it is; only steps of one label can be the same step."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What both sides are read with: one reader of requests, and texts as rules leave them, each folded once."""

    rules: Rules
    reader: Reader = field(default_factory=Reader)
    folded: dict[bytes, bytes] = field(default_factory=dict)

    def skeleton(self, text: bytes) -> bytes:
        """The text with what rules fold taken out."""
        if text not in self.folded:
            self.folded[text] = fold(text, self.rules).skeleton
        return self.folded[text]


@dataclass(frozen=True)
class Seen:
    """A step of one side."""

    whole: Whole
    desk: Desk

    @property
    def step(self) -> Step:
        """The step with its final outcome."""
        return self.whole.step

    @cached_property
    def asked(self) -> Asked | None:
        """Its request, read; None for a tool call."""
        return Asked(self.step.request, self.desk.reader) if isinstance(self.step, Exchange) else None

    @cached_property
    def raw(self) -> tuple[object, ...]:
        """What is equal only for steps that ask the same byte for byte, and are answered so."""
        match self.step:
            case ToolCall():
                return self.step.name, self.step.arguments, self.step.result, self.step.failure
            case Exchange():
                request, response = self.step.request, self.step.response
                answer = None if response is None else (response.status, response.body.digest)
                return request.method, request.url, request.body.digest, answer, self.step.failure

    @cached_property
    def label(self) -> Label:
        """A tool by its name, a model by whose it is; what else is asked for by what it is called."""
        if isinstance(self.step, ToolCall):
            return "tool", self.step.name
        assert self.asked is not None  # noqa: S101 - an exchange has asked for something
        path = self.desk.skeleton(self.asked.url.path.encode("utf-8", "replace")).decode("latin-1")
        provider, operation = self.asked.roughly
        if self._question is not None:
            return provider.name, operation.name
        what = self.asked.request.method if provider.name == "other" else self.asked.label
        return what, path

    @cached_property
    def key(self) -> tuple[Label, bytes]:
        """Its label, and what it adds to the conversation, with what rules fold taken out."""
        return self.label, self.desk.skeleton(self.added)

    @property
    def outcome(self) -> Hashable:
        """What came of it, with what rules fold taken out."""
        match self.step:
            case ToolCall():
                return self.desk.skeleton(self.step.result), self.step.failure
            case Exchange() if self.answer is not None and self.answer.turn is not None:
                return self.desk.skeleton(text_of(self.answer.turn.parts))
            case Exchange():
                body = _bytes(self.step.response.body) if self.step.response is not None else b""
                return self.desk.skeleton(body), self.step.failure

    @cached_property
    def thread(self) -> tuple[bytes, bytes]:
        """The conversation it belongs to: its system prompt, and its first message; nothing where no model is asked."""
        question = self._question
        if question is None:
            return b"", b""
        begins = text_of(question.turns[0].parts) if question.turns else b""
        return self.desk.skeleton(question.system.encode("utf-8", "surrogatepass")), self.desk.skeleton(begins)

    @property
    def news(self) -> Sequence[Part]:
        """What it tells a model that was not told before: the turns since the model spoke last."""
        question = self._question
        return [part for turn in _last(question.turns) for part in turn.parts] if question is not None else ()

    @property
    def _question(self) -> Question | None:
        return self.asked.question if self.asked is not None and self.asked.turn else None

    @cached_property
    def added(self) -> bytes:
        """What it adds to the conversation, or asks for; ids of messages and other fields that mean nothing apart."""
        if isinstance(self.step, ToolCall):
            return self.step.arguments
        assert self.asked is not None  # noqa: S101 - an exchange has asked for something
        if self._question is not None:
            return text_of(self.news)
        return self.asked.url.query.encode("utf-8", "replace") + b"\n" + _meant(self.asked)

    @cached_property
    def answer(self) -> Answer | None:
        """What a model answered; None when no model was asked, or none answered."""
        if self.asked is None or not isinstance(self.step, Exchange):
            return None
        provider, operation = self.asked.roughly
        return answer_of(self.asked.wire[1] if provider.name == "other" else operation, self.step.response)

    @property
    def said(self) -> Sequence[Part]:
        """What was answered, in the parts that a later request may repeat."""
        if isinstance(self.step, ToolCall):
            return (Part("tool_result", _result(self.step.result)),)
        return self.answer.turn.parts if self.answer is not None and self.answer.turn is not None else ()

    @property
    def failed(self) -> bool:
        """Whether it came to nothing: no answer, or one that says so."""
        if isinstance(self.step, ToolCall) or self.step.response is None:
            return self.step.failure is not None
        return self.step.failure is not None or self.step.response.status >= _FAILED

    @property
    def model(self) -> bool:
        """Whether a model was asked."""
        return self.asked is not None and (
            (self.answer is not None and bool(self.answer.model)) or bool(self.asked.turn)
        )


def side(episode: Episode, desk: Desk) -> tuple[Seen, ...]:
    """The steps of an episode; one desk serves both sides."""
    return tuple(Seen(whole, desk) for whole in wholes(episode))


def text_of(parts: Sequence[Part]) -> bytes:
    """Parts as a text that only those share which say the same, whatever their ids."""
    return _printed([_key(part) for part in parts])


def repeated(earlier: JSON, later: JSON) -> dict[str, int]:
    """How many items an array of a later request begins with that are all of the earlier one's, by its member."""
    if not isinstance(earlier, dict) or not isinstance(later, dict):
        return {}
    found = {key: value for key, value in earlier.items() if isinstance(value, list) and value}
    return {key: len(value) for key, value in found.items() if _begins(later.get(key), value)}


def _begins(later: JSON, earlier: list[JSON]) -> bool:
    return isinstance(later, list) and len(later) >= len(earlier) and all(map(same, later, earlier))


def _key(part: Part) -> JSON:
    """What a part says. White space around it does not count, for programs strip it; nor how JSON is spelled."""
    if part.kind == "tool_result":
        return [part.kind, _result(part.text.encode("utf-8", "surrogatepass"))]
    return [part.kind, part.text.strip(), part.name, part.data, part.held]


def _result(text: bytes) -> str:
    """What a tool gave back, spelled alike whether it stands there as JSON or as the text that this holds."""
    value = parse(text)
    if isinstance(value, str):
        inner = parse(value)
        value = value.strip() if inner is None else inner
    elif value is None:
        value = text.decode("utf-8", "replace").strip()
    return value if isinstance(value, str) else _printed(value).decode("latin-1")


def _printed(value: JSON) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _meant(asked: Asked) -> bytes:
    """A body without the fields that mean nothing, in one spelling where it is JSON."""
    body = asked.request.body
    if body.size > LARGEST:
        return body.digest
    found = canonical(body.data)
    return body.data if found is None else drop(found, asked.meaningless)


def _bytes(body: Body) -> bytes:
    return body.data if body.size <= LARGEST else body.digest


def _last(turns: Sequence[Turn]) -> Sequence[Turn]:
    """The turns since the assistant spoke last."""
    count = next((index for index, turn in enumerate(reversed(turns)) if turn.role == "assistant"), len(turns))
    return turns[len(turns) - count :]
