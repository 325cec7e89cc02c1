"""Arrays, item by item: those that have a place of their own, the rest, and how many there may be.

Law: an item with a place of its own is compared with what may stand there on the other side, which may
be one of the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replaykit.core.contract.changes import lumps
from replaykit.core.contract.changes.found import Here
from replaykit.core.contract.changes.sample import Place
from replaykit.core.contract.changes.words import form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.core.contract.changes.view import Way, Ways
    from replaykit.core.contract.changes.walk import Walk
    from replaykit.core.contract.model import Schema

_BOUNDS: Final = ("minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains", "unevaluatedItems")
_ITEMS: Final = ("items", "prefixItems", "additionalItems")


def arrays(walk: Walk, here: Here, old: Ways, new: Ways) -> None:
    """Compare arrays; several kinds of them are one lump."""
    if len(old) != 1 or len(new) != 1 or "enum" in old[0] or "enum" in new[0]:
        sides = lumps.union(old), lumps.union(new)
        lumps.lump(walk, here, (), sides, (form(old, (*_ITEMS, *_BOUNDS)), form(new, (*_ITEMS, *_BOUNDS))))
        return
    _items(walk, here, old[0], new[0])
    counted = "unevaluatedItems" in old[0] or "unevaluatedItems" in new[0]
    bounds(walk, here, (old[0], new[0]), _BOUNDS, _ITEMS if counted else ())


def bounds(walk: Walk, here: Here, ways: tuple[Way, Way], words: Sequence[str], beside: Sequence[str]) -> None:
    """Tell how `words` differ, which a type has as a whole; `beside` are keywords that they refer to."""
    changed = [word for word in words if not walk.alike.same(*(_kept(way, (word,)) for way in ways))]
    if changed:
        old, new = ({"type": way["type"], **_kept(way, (*words, *beside))} for way in ways)
        lumps.lump(walk, here, (), (old, new), (form(ways[:1], changed), form(ways[1:], changed)), ways=ways)


def _kept(way: Way, words: Sequence[str]) -> Way:
    return {word: way[word] for word in words if word in way}


def _items(walk: Walk, here: Here, old: Way, new: Way) -> None:
    (ours, rest), (theirs, other) = _split(old), _split(new)
    most = max(len(ours), len(theirs))
    for index in range(most):
        one, two = ours[index] if index < len(ours) else rest, theirs[index] if index < len(theirs) else other
        walk.later(one, two, Here(f"{here.path}/{index}", Place(here.place, old, new, index)))
    walk.later(rest, other, Here(f"{here.path}/*", Place(here.place, old, new, most)))


def _split(way: Way) -> tuple[list[Schema], Schema]:
    """The items with a place of their own, and all others."""
    items = way.get("items", True)
    if isinstance(items, list):
        return items, way.get("additionalItems", True)
    return way.get("prefixItems", []), items
