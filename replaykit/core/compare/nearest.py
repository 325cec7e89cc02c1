"""Which recorded exchange comes nearest to a request that was not recorded: for explanations only.

    rank   the recorded request has the same
    0      method, host and path
    1      method and path, at another host (a gateway, another port)
    2      host and path, by another method
    3      operation (`anthropic messages`), somewhere else
    4      host
    -      none of these: nothing is near

Law: bounded work, whatever the episode. Of the best rank, those come first that were not served yet;
a few of them, picked by order and by size, are read; the few that share most with it are compared.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from replaykit.core.canonical import common_prefix, common_suffix
from replaykit.core.compare.differing import LARGEST, of_requests
from replaykit.core.compare.ground import Ground
from replaykit.core.model import Exchange
from replaykit.core.steps import Asked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from replaykit.core.compare.place import Place
    from replaykit.core.model import JSON, Episode, Request

FIRST = 3
"""Candidates taken in recorded order: what comes next is what was meant, as a rule."""

SIZED = 6
"""Candidates taken by size; a body of 400 kB far down a chain of deltas takes 10 ms to read at worst."""

COMPARED = 3
"""Candidates compared place by place, 10 ms each at 400 kB."""

_FAR = 5


@dataclass(frozen=True, slots=True)
class Near:
    """The nearest recorded exchange: its position, the places where the live request differs, and on what ground."""

    position: int
    places: tuple[Place, ...]
    ground: Ground


def nearest(episode: Episode, asked: Asked, served: Collection[int] = (), ground: Ground | None = None) -> Near | None:
    """The exchange that comes nearest; None when none is near.

    `served` are the steps that were served already; `ground` holds the rules and what is known of both runs.
    """
    candidates = _candidates(episode, asked)
    free = [position for position in candidates if position not in served]
    few = _shortlist(episode, asked, free or candidates)
    compared = (_compared(episode, position, asked, (ground or Ground()).fresh()) for position in few)
    return min(compared, key=_distance, default=None)


def _compared(episode: Episode, position: int, asked: Asked, ground: Ground) -> Near:
    return Near(position, of_requests(Asked(_at(episode, position)), asked, ground), ground)


def _at(episode: Episode, position: int) -> Request:
    step = episode.steps[position]
    assert isinstance(step, Exchange)  # noqa: S101 - only positions of exchanges are handed round here
    return step.request


def _exchanges(episode: Episode) -> Iterator[tuple[int, Exchange]]:
    """The exchanges with their positions, without the retries of an SDK, which repeat one."""
    for position, step in enumerate(episode.steps):
        if isinstance(step, Exchange) and not step.attempt:
            yield position, step


def _candidates(episode: Episode, asked: Asked) -> list[int]:
    """The positions of the best rank, in recorded order."""
    ranks: dict[tuple[str, str], int] = {}
    best, found = _FAR, list[int]()
    for position, step in _exchanges(episode):
        address = (step.request.method, step.request.url)
        if address not in ranks:
            ranks[address] = _rank(asked, Asked(step.request))
        rank = ranks[address]
        if rank < best:
            best, found = rank, []
        if rank == best < _FAR:
            found.append(position)
    return found


def _rank(asked: Asked, recorded: Asked) -> int:
    """The row of the table."""
    method = asked.request.method == recorded.request.method
    path = asked.url.path == recorded.url.path
    host = asked.host == recorded.host
    rows = (
        method and host and path,
        method and path,
        host and path,
        asked.roughly[0].name == recorded.roughly[0].name != "other" and asked.roughly[1] == recorded.roughly[1],
        host,
    )
    return next((rank for rank, holds in enumerate(rows) if holds), _FAR)


def _shortlist(episode: Episode, asked: Asked, candidates: Sequence[int]) -> list[int]:
    """The few that share the most with the request, in recorded order."""
    size = asked.request.body.size
    by_size = sorted(candidates, key=lambda position: abs(_at(episode, position).body.size - size))
    picked = sorted({*candidates[:FIRST], *by_size[:SIZED]})
    if len(picked) <= COMPARED:
        return picked
    leaves = _leaves(asked.document if asked.request.body.size <= LARGEST else None)
    likeness = {position: _likeness(asked, leaves, Asked(_at(episode, position))) for position in picked}
    return sorted(sorted(picked, key=lambda position: -likeness[position])[:COMPARED])


def _likeness(asked: Asked, leaves: Counter[str], recorded: Asked) -> float:
    """Which part of the two requests is the same, from 0 to 1: of their texts and numbers, else of their bytes."""
    ours, theirs = asked.request.body, recorded.request.body
    if ours == theirs:
        return 1.0
    if leaves and theirs.size <= LARGEST and recorded.document is not None:
        other = _leaves(recorded.document)
        return (leaves & other).total() / max(leaves.total(), other.total())
    shared = common_prefix(ours.data, theirs.data) + common_suffix(ours.data, theirs.data)
    return shared / max(ours.size, theirs.size)


def _leaves(document: JSON) -> Counter[str]:
    """The texts and numbers of a document, wherever they stand in it."""
    found: Counter[str] = Counter()
    rest: list[JSON] = [] if document is None else [document]
    while rest:
        match rest.pop():
            case dict() as members:
                rest += members.values()
            case list() as items:
                rest += items
            case leaf:
                found[str(leaf)] += 1
    return found


def _distance(near: Near) -> tuple[int, int, int]:
    """How many places differ, first without those that rules would fold; then by how much text."""
    return sum(not place.folds for place in near.places), len(near.places), sum(map(_apart, near.places))


def _apart(place: Place) -> int:
    """The bytes of a place's values that they do not share."""
    ours, theirs = str(place.before).encode("utf-8", "replace"), str(place.after).encode("utf-8", "replace")
    longest = max(len(ours), len(theirs))
    return max(0, longest - common_prefix(ours, theirs) - common_suffix(ours, theirs))
