"""A person's decision: which part of a draft becomes the cassette, and how that is written down.

    whole       the draft
    requests    the draft's steps; the outputs stay what they were: a replay fails until they are so again
    outputs     the draft's outputs; the steps stay what they were

Law: nothing is accepted that a person did not ask for, and every decision stays in the cassette.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from replaykit.cassette.page import page
from replaykit.cassette.private import shareable
from replaykit.core.plain import counted, listed

if TYPE_CHECKING:
    from replaykit.core.diff import Difference
    from replaykit.core.model import Acceptance, Episode

Only: TypeAlias = Literal["", "requests", "outputs"]


def chosen(draft: Episode, accepted: Episode | None, only: Only) -> Episode:
    """What the cassette will hold but for this decision: what was chosen of a draft, the rest as it is."""
    if accepted is None:
        return replace(draft, history=())
    match only:
        case "requests":
            found = replace(draft, outputs=accepted.outputs)
        case "outputs":
            found = replace(accepted, outputs=draft.outputs)
        case _:
            found = draft
    return replace(found, name=accepted.name, history=accepted.history)


def decided(episode: Episode, decision: Acceptance) -> Episode:
    """The episode with one more decision in its history."""
    return replace(episode, history=(*episode.history, decision))


def is_news(episode: Episode, shown: str) -> bool:
    """Whether the page of an episode would not be the one that is shown already."""
    return page(shareable(episode.accepted())) != shown


def summary(difference: Difference) -> str:
    """What a difference amounts to, in words: `2 requests, 1 answer and 1 output`; empty when nothing differs."""
    alone = [pair.kind for pair in difference.steps if pair.kind in ("added", "removed")]
    counts = (
        (alone.count("added"), "new step"),
        (alone.count("removed"), "removed step"),
        (sum(bool(pair.asked) for pair in difference.steps), "request"),
        (sum(bool(pair.answered) for pair in difference.steps), "answer"),
        (len(difference.outputs), "output"),
    )
    return listed([counted(count, what) for count, what in counts if count])
