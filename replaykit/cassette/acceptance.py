"""A person's decision: which part of a draft becomes the cassette, and how that is written down.

    whole       the draft
    requests    the draft's steps; the outputs stay what they were: a replay fails until they are so again
    outputs     the draft's outputs; the steps stay what they were

Law: nothing is accepted that a person did not ask for, and every decision stays in the cassette.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from replaykit.cassette import page
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


@dataclass(frozen=True)
class Choice:
    """What was chosen of a draft, beside the cassette that was accepted before, if there was one."""

    draft: Episode
    accepted: Episode | None = None
    only: Only = ""

    @cached_property
    def episode(self) -> Episode:
        """What the cassette will hold but for this decision: what was chosen of the draft, the rest as it is."""
        draft, accepted = self.draft, self.accepted
        if accepted is None:
            return replace(draft, history=())
        match self.only:
            case "requests":
                found = replace(draft, outputs=accepted.outputs)
            case "outputs":
                found = replace(accepted, outputs=draft.outputs)
            case _:
                found = draft
        return replace(found, name=accepted.name, history=accepted.history)

    @cached_property
    def body(self) -> str:
        """Its page without the history, which is all that a decision changes; made once, for 200 turns take 0.15 s."""
        return page.body_of(shareable(self.episode.accepted()))

    def is_news(self, shown: str) -> bool:
        """Whether it would be another cassette than the accepted one, whose page is `shown`: to readers, or to replays.

        Replays go by two things that no page shows: whose placeholders a run needs, and headers such as a content type.
        """
        accepted, found = self.accepted, self.episode
        if accepted is None or page.page(found, self.body) != shown:
            return True
        pairs = zip(accepted.steps, found.steps, strict=False)
        needs = {*found.origin.secrets} - {*accepted.origin.secrets}
        return bool(needs) or any(_is_sent_differently(before, after) for before, after in pairs)

    def decided(self, *, who: str, when: float, why: str = "", extra: Sequence[Rule] = ()) -> Episode:
        """The episode with the decision in its history; without one where only the page is made anew.

        `extra` are the project's rules.
        """
        accepted, found = self.accepted, self.episode
        changed = "" if accepted is None else summary(diff(accepted, found, extra=tuple(extra)))
        if accepted is not None and accepted.history and not changed and not self.is_news(page.page(accepted)):
            return found  # somebody has changed the page, or an earlier version of ours wrote it
        instead = accepted.id if accepted is not None else ""
        decision = Acceptance(harmless(who), when, self.draft.id, harmless(why), instead, changed, self.only)
        return replace(found, history=(*found.history, decision))


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
