"""One side of a comparison: the steps of an episode, each with what it newly says.

Law: lazy. A step that is byte for byte the same on both sides is never read.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import orjson

from replaykit.core.model import Exchange, ToolCall
from replaykit.core.normalize import fold
from replaykit.core.steps import Asked, answer_of, title, wholes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.core.conversation import Answer, Part, Turn
    from replaykit.core.model import JSON, Episode, Step
    from replaykit.core.normalize import Rules
    from replaykit.core.steps import Whole

Label: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """A step of one side."""

    whole: Whole
    rules: Rules

    @property
    def step(self) -> Step:
        """The step with its final outcome."""
        return self.whole.step

    @cached_property
    def asked(self) -> Asked | None:
        """Its request, read; None for a tool call."""
        return Asked(self.step.request) if isinstance(self.step, Exchange) else None

    @property
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
        """What sort of step it is: only steps of one label can be the same step."""
        if self.asked is None:
            return ("tool", title(self.step).split(" {", maxsplit=1)[0])
        provider, operation = self.asked.roughly
        if provider.name == "other":
            return ("http", self.asked.request.method, self.asked.url.path)
        return (provider.name, operation.name, self.asked.url.path)

    @cached_property
    def key(self) -> tuple[Label, bytes]:
        """Its label, and what it adds to the conversation, with what rules fold taken out."""
        return self.label, fold(self._added, self.rules).skeleton

    @property
    def _added(self) -> bytes:
        """What it says that no step said before: of a question, the turns since the model spoke last."""
        if isinstance(self.step, ToolCall):
            return self.step.arguments
        asked = Asked(self.step.request) if self.asked is None else self.asked
        if asked.question is None or not asked.turn:
            return asked.url.query.encode("utf-8", "replace") + b"\n" + asked.request.body.data
        return text_of([part for turn in _last(asked.question.turns) for part in turn.parts])

    @cached_property
    def answer(self) -> Answer | None:
        """What a model answered; None when no model was asked, or none answered."""
        if self.asked is None or not isinstance(self.step, Exchange):
            return None
        return answer_of(self.asked.roughly[1], self.step.response)

    @property
    def model(self) -> bool:
        """Whether a model was asked."""
        return self.asked is not None and (
            bool(self.asked.turn) or (self.answer is not None and bool(self.answer.model))
        )


def side(episode: Episode, rules: Rules) -> tuple[Seen, ...]:
    """The steps of an episode."""
    return tuple(Seen(whole, rules) for whole in wholes(episode))


def text_of(parts: Sequence[Part]) -> bytes:
    """Parts as a text that only equal ones share."""
    documents: list[JSON] = [asdict(part) for part in parts]
    return json.dumps(documents, sort_keys=True).encode()


def said(sides: Sequence[Seen]) -> frozenset[bytes]:
    """Everything that the models of one side answered, part by part."""
    answers = (seen.answer for seen in sides)
    turns = (answer.turn for answer in answers if answer is not None and answer.turn is not None)
    return frozenset(text_of([part]) for turn in turns for part in turn.parts)


def repeated(earlier: JSON, later: JSON) -> dict[str, int]:
    """How many items an array of a later request begins with that are all of the earlier one's, by its member."""
    if not isinstance(earlier, dict) or not isinstance(later, dict):
        return {}
    found = {key: len(value) for key, value in earlier.items() if isinstance(value, list) and value}
    return {key: count for key, count in found.items() if _begins(later.get(key), earlier[key], count)}


def _begins(later: JSON, earlier: JSON, count: int) -> bool:
    """Whether an array begins with these items; printed, for 1, 1.0 and true are equal to Python."""
    if not isinstance(later, list) or len(later) < count or later[:count] != earlier:
        return False
    try:
        return orjson.dumps(later[:count]) == orjson.dumps(earlier)
    except TypeError:
        return False


def _last(turns: Sequence[Turn]) -> Sequence[Turn]:
    """The turns since the assistant spoke last."""
    count = next((index for index, turn in enumerate(reversed(turns)) if turn.role == "assistant"), len(turns))
    return turns[len(turns) - count :]
