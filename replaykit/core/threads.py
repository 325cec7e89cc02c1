"""Steps told with the conversation they belong to: `turn 1` alone says little where several agents talk.

    turn 2 of "Where is it warm?" (anthropic messages, claude-sonnet-5-5), with the result of get_weather: "22 C"

Law: a conversation is called by the first words of its first message, or by the tool that it names. Where
two are called alike, by their system prompts, too; where those are alike, by how the messages end.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from replaykit.core.growth import Reader
from replaykit.core.model import Exchange
from replaykit.core.plain import line, quoted
from replaykit.core.steps import Asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from replaykit.core.attempts import Whole
    from replaykit.core.conversation import Question
    from replaykit.core.steps import Titles

NAME = 40
"""Characters of a conversation's name."""

_SAID = {"tool_result": "with the result of {name}: {text}", "text": "after {text}"}
"""What a message told the model, by the kind of its part."""

_Key: TypeAlias = tuple[str, str]
"""What tells one conversation from another: its system prompt, and its first message."""


def described(steps: Sequence[Whole], titles: Titles) -> list[str]:
    """Each step with its conversation, its turn, and the last thing that it told the model."""
    reader = Reader()
    asked = [Asked(whole.step.request, reader) if isinstance(whole.step, Exchange) else None for whole in steps]
    names = _names(each.question for each in asked if each is not None and each.turn and each.question)
    return [
        titles.rough(whole.step) if each is None else _described(each, titles, names)
        for whole, each in zip(steps, asked, strict=True)
    ]


def _described(asked: Asked, titles: Titles, names: Mapping[_Key, str]) -> str:
    question = asked.question
    if not asked.turn or question is None:
        return titles.title(asked)
    told = [part for turn in question.turns[-1:] for part in turn.parts if part.text and part.kind in _SAID]
    if len(question.turns) == 1 and [part.text for part in told] == [_key(question)[1]]:
        told = []  # it is what the conversation is called by
    said = [_SAID[part.kind].format(name=line(part.name), text=quoted(part.text)) for part in told]
    return ", ".join([titles.title(asked, names[_key(question)]), *said[-1:]])


def _names(questions: Iterable[Question]) -> dict[_Key, str]:
    """What each conversation is called, each by as few words as tell it from the others."""
    keys = dict.fromkeys(map(_key, questions))
    ways = [dict(zip(keys, map(way, keys), strict=True)) for way in (_begins, _prompted, _ends)]
    common = [Counter(names.values()) for names in ways]
    return {
        key: next(
            (names[key] for names, count in zip(ways, common, strict=True) if count[names[key]] == 1), ways[0][key]
        )
        for key in keys
    }


def _begins(key: _Key) -> str:
    return quoted(key[1], NAME) if key[1] else "a conversation"


def _prompted(key: _Key) -> str:
    return f"{_begins(key)} by {quoted(key[0], NAME)}"


def _ends(key: _Key) -> str:
    return f'"…{line(key[1][-NAME:], NAME)}"'


def _key(question: Question) -> _Key:
    """The system prompt, and the text of the first message, or the tool that it names."""
    parts = question.turns[0].parts if question.turns else ()
    texts = [part.text for part in parts if part.kind == "text"] or [part.name for part in parts if part.name]
    return question.system, next(iter(texts), "")
