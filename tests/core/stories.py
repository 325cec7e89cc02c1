"""Differences as short stories, for the tests beside this file: what changed, and whose doing it was."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from replaykit.core.model import ToolCall
from tests.core.agents import Agent, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.core.diff import Difference
    from replaykit.core.model import Episode, Step

Edit: TypeAlias = "Callable[[dict[str, Any]], Any]"

BEFORE = Agent(cities=("Paris", "Oslo", "Rome", "Lima"), seed="aB")
AFTER = replace(BEFORE, seed="cD")


def edited(whole: Episode, edit: Edit) -> Episode:
    """The episode with each request's document changed in place."""
    return replace(whole, steps=tuple(_edited(step, edit) for step in whole.steps))


def _edited(step: Step, edit: Edit) -> Step:
    if isinstance(step, ToolCall):
        return step
    document = json.loads(step.request.body.data)
    edit(document)
    return replace(step, request=request(document, step.request.url))


def story(difference: Difference) -> list[str]:
    """Every step that is not the same, with what is told of it."""
    return [
        f"{pair.number} {pair.kind}: {'; '.join(place.text for place in pair.places)}".removesuffix(": ")
        for pair in difference.steps
        if pair.kind != "same"
    ]


def culprit(difference: Difference) -> tuple[int, str] | None:
    """The first step that differs, and whose doing it was."""
    return None if difference.first is None else (difference.first.step, difference.first.cause)
