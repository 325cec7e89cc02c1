"""A person's decision: which part of a draft becomes the cassette, and how that is written down.

    whole       the draft
    requests    the draft's steps; the outputs stay what they were: a replay fails until they are so again
    outputs     the draft's outputs; the steps stay what they were

Law: nothing is accepted that a person did not ask for, and every decision stays in the cassette.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from replaykit.cassette import page as pages
from replaykit.cassette.private import shareable
from replaykit.core.diff import diff
from replaykit.core.headers import differing
from replaykit.core.model import Acceptance, Exchange
from replaykit.core.plain import counted, harmless, listed
from replaykit.providers.registry import tells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.core.diff import Difference
    from replaykit.core.model import Episode, Step
    from replaykit.core.normalize import Rule

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


def body_of(episode: Episode) -> str:
    """The page that an episode would have, without its history; made once, it serves all that is asked here."""
    return pages.body_of(shareable(episode.accepted()))


def decided(  # noqa: PLR0913 - a decision has as many sides
    found: Episode,
    draft: Episode,
    accepted: Episode | None,
    *,
    who: str,
    when: float,
    why: str = "",
    only: Only = "",
    extra: Sequence[Rule] = (),
    body: str = "",
) -> Episode:
    """What was chosen of a draft, with the decision in its history; without one where only the page is made anew.

    `extra` are the project's rules, `body` is what `body_of` gives for `found`, where it is known.
    """
    changed = "" if accepted is None else summary(diff(accepted, found, extra=tuple(extra)))
    if accepted is not None and accepted.history and not changed and _is_old(found, accepted, body):
        return found
    instead = accepted.id if accepted is not None else ""
    decision = Acceptance(harmless(who), when, draft.id, harmless(why), instead, changed, only)
    return replace(found, history=(*found.history, decision))


def _is_old(found: Episode, accepted: Episode, body: str) -> bool:
    """Whether nothing is new but a page that somebody changed, or that an earlier version of ours wrote."""
    return not is_news(found, accepted, pages.page(accepted), body)


def is_news(episode: Episode, accepted: Episode, shown: str, body: str = "") -> bool:
    """Whether an episode would be another cassette than the accepted one: to readers of its page, or to replays.

    Replays go by two things that no page shows: whose placeholders a run needs, and headers such as a content type.
    """
    if pages.page(episode, body or body_of(episode)) != shown or {*episode.origin.secrets} - {*accepted.origin.secrets}:
        return True
    pairs = zip(accepted.steps, episode.steps, strict=False)
    return any(_is_sent_differently(before, after) for before, after in pairs)


def _is_sent_differently(before: Step, after: Step) -> bool:
    if not isinstance(before, Exchange) or not isinstance(after, Exchange):
        return False
    return bool(differing(before.request.headers, after.request.headers, tells))


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
