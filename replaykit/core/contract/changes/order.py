"""Two orders of a stream's events: whether every stream of one is a stream of the other.

Law: names that only the new order knows are passed over, for that they came is told as events that came.
An order proved to allow no more than before breaks nobody.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.model import Order, Unfit
from replaykit.core.contract.order import machine
from replaykit.core.plain import line, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.core.contract.order import Walk

_MOST: Final = 5_000
"""Pairs of places in two orders that are looked at: patterns have a dozen places."""


@dataclass(frozen=True, slots=True)
class Turned:
    """What changed in an order: the kind of finding, what stood there and what stands there."""

    id: str
    before: str
    after: str


def ordered(old: Order | None, new: Order | None) -> list[Turned]:
    """What changed between two orders; nothing where there is none to compare with."""
    if old is None or new is None or old == new:
        return [] if (old is None) == (new is None) else [_whole(old, new)]
    return [*_sequence(old, new), *_marks(old, new)]


def follows(old: Order, new: Order) -> tuple[str, ...] | None:
    """The names of a stream that the new order allows and the old one does not, up to where it departs; None of none.

    An order that says nothing allows everything.
    """
    if not old.events:
        return None
    if not new.events:
        return ("…",)
    known = machine(old.events).names | {*old.anywhere, *old.ends}
    start = machine(old.events).begin(), machine(new.events).begin()
    queue: deque[tuple[Walk, Walk, tuple[str, ...]]] = deque([(*start, ())])
    seen = {_key(*start)}
    while queue and len(seen) < _MOST:
        ours, theirs, path = queue.popleft()
        if theirs.over and not ours.over:
            return (*path, "end")
        for name, after in _steps(theirs, new):
            before = replace(ours)
            told = path if name not in known else (*path, name)
            if name in known and not (before.step(name) or name in old.anywhere or name in old.ends):
                return told
            if after is not None and _key(before, after) not in seen:
                seen.add(_key(before, after))
                queue.append((before, after, told))
    return None


def _steps(walk: Walk, order: Order) -> Iterator[tuple[str, Walk | None]]:
    """The names that may come now, and where each leads; None where it ends the stream."""
    for name in walk.due:
        after = replace(walk)
        after.step(name)
        yield name, after
    for name in order.anywhere:
        yield name, walk
    for name in order.ends:
        yield name, None


def _key(*walks: Walk) -> tuple[frozenset[int], ...]:
    return tuple(frozenset(map(id, walk._states)) for walk in walks)  # noqa: SLF001 - the same states are the same place


def _sequence(old: Order, new: Order) -> Iterator[Turned]:
    """The sequence of events, if it says something else."""
    if (old.events, {*old.anywhere}, {*old.ends}) == (new.events, {*new.anywhere}, {*new.ends}):
        return
    texts = _text(old), _text(new)
    try:
        wider, narrower = follows(old, new), follows(new, old)
    except Unfit as unfit:
        yield Turned("str.order.changed", texts[0], f"{texts[1]} ({unfit.reason})")
        return
    if wider is not None:
        yield Turned(
            "str.order.changed", texts[0], f"{texts[1]}; now possible: {listed([line(name) for name in wider], 6)}"
        )
    elif narrower is not None:
        yield Turned("str.order.narrowed", *texts)


def _text(order: Order) -> str:
    more = [f"{word} {listed([line(name) for name in names])}" for word, names in _beside(order) if names]
    return "; ".join([line(order.events, 200) or "any order", *more])


def _beside(order: Order) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "anywhere", order.anywhere
    yield "or ends with", order.ends


_MARKS: Final = (
    ("tag", "events are named by", True),
    ("index", "blocks are numbered by", True),
    ("opens", "a block begins with", True),
    ("count", "events are counted by", False),
    ("end", "the last data is", True),
)
"""Field of `Order`, what it says, and whether something may break where there was nothing."""


def _marks(old: Order, new: Order) -> Iterator[Turned]:
    for name, words, strict in _MARKS:
        ours, theirs = str(getattr(old, name)), str(getattr(new, name))
        if ours != theirs:
            grows = not ours and not (strict and name in ("tag", "end"))
            id_ = "str.order.narrowed" if grows else "str.order.changed"
            yield Turned(id_, f"{words} {line(ours) or 'nothing'}", f"{line(theirs) or 'nothing'}")


def _whole(old: Order | None, new: Order | None) -> Turned:
    if old is None and new is not None:
        return Turned("str.order.narrowed", "no order", _text(new))
    assert old is not None  # noqa: S101 - one of the two is there
    return Turned("str.order.changed", _text(old), "no order")
