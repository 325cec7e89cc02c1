"""The steps of an episode as people count them.

Law: pure, and no body is looked at. The retries of an SDK are attempts of one step: they share its
number, and its outcome is that of the last one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from replaykit.core.model import Exchange

if TYPE_CHECKING:
    from replaykit.core.model import Episode, Key, Step


class Whole(NamedTuple):
    """A step as people count it: its number, the positions of its attempts, and the step with the final outcome."""

    number: int
    positions: tuple[int, ...]
    step: Step


def wholes(episode: Episode) -> tuple[Whole, ...]:
    """The steps of an episode, retries taken together, in their order."""
    groups: list[list[int]] = []
    latest: dict[Key, list[int]] = {}
    for position, step in enumerate(episode.steps):
        before = latest.get(step.request.key) if isinstance(step, Exchange) and step.attempt else None
        if before is not None:
            before.append(position)
            continue
        groups.append([position])
        if isinstance(step, Exchange):
            latest[step.request.key] = groups[-1]
    return tuple(Whole(number, tuple(group), episode.steps[group[-1]]) for number, group in enumerate(groups, start=1))


def numbers(episode: Episode) -> tuple[int, ...]:
    """For each position of the episode's steps, the number that people know it by."""
    found = {position: whole.number for whole in wholes(episode) for position in whole.positions}
    return tuple(found[position] for position in range(len(episode.steps)))
