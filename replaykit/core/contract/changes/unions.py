"""Several kinds of objects: told apart by their tag, compared one by one.

Law: variants are matched by what they say they are, and by nothing that could be chance: the tag, then
what both sides have unchanged, then the names of their schemas, then for being the only one left. Several
that are left are compared as one lump.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replaykit.core.contract.changes import lumps
from replaykit.core.contract.changes.found import Example, Here
from replaykit.core.contract.changes.objects import fields
from replaykit.core.contract.changes.view import free, tag_values
from replaykit.core.contract.changes.words import TAGS
from replaykit.core.plain import gist, line, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replaykit.core.contract.changes.view import Way, Ways
    from replaykit.core.contract.changes.walk import Walk

_KNOWN: Final = frozenset({"properties", "required"})
"""What an object has that anybody may read something from."""

_LONGEST: Final = 60
"""Characters of a tag in a path."""


def objects(walk: Walk, here: Here, old: Ways, new: Ways) -> None:
    """Compare objects, variant by variant where there are several."""
    if (free(old) or free(new)) and any(way.keys() & _KNOWN for way in (*old, *new)):
        move, side, ways = ("type.widened", "new", old) if free(new) else ("type.narrowed", "old", new)
        examples = [Example(side, {"enum": [each]}) for each in _odd(ways)]  # type: ignore[arg-type]
        walk.tell(move, here, _told(old), _told(new), *examples)
    elif any("enum" in way for way in (*old, *new)):
        lumps.lump(walk, here, (), (lumps.union(old), lumps.union(new)), (_told(old), _told(new)))
    else:
        _variants(walk, here, old, new, ())


def _odd(ways: Ways) -> Iterable[dict[str, object]]:
    """Objects that these ways may well refuse: an empty one, and one whose fields are all wrong."""
    yield {}
    for way in ways:
        yield {name: {"unlikely": [0.5]} for name in way.get("properties", {})}


def _told(ways: Ways) -> str:
    names = [name for way in ways for name in way.get("properties", {})]
    return "any object" if free(ways) else f"object of {listed([line(name) for name in dict.fromkeys(names)], 5)}"


def _variants(walk: Walk, here: Here, old: Ways, new: Ways, used: tuple[str, ...]) -> None:
    """Compare by the tag that tells most apart; what has none by its name."""
    name = _tag(old, new, used)
    single = len(old) == len(new) == 1
    if not name or (single and (here.path or not walk.stream)):
        if single:
            fields(walk, here, old[0], new[0], used[-1] if used else "")
        else:
            _untagged(walk, here, old, new)
        return
    plain = tuple(tuple(way for way in ways if not tag_values(way, name)) for ways in (old, new))
    tagged = tuple(tuple(way for way in ways if tag_values(way, name)) for ways in (old, new))
    _by_tag(walk, here, tagged[0], tagged[1], (*used, name))
    if plain[0] or plain[1]:
        _untold(walk, here, (tagged[0], plain[0]), (tagged[1], plain[1]), name)


def _tag(old: Ways, new: Ways, used: tuple[str, ...]) -> str:
    """The field that says which variant most of the objects are, on both sides; empty where there is none."""
    every = (*old, *new)
    names = dict.fromkeys((*TAGS, *(name for way in every for name in way.get("properties", {}))))
    best, most = "", 0
    for name in names:
        if name in used or not all(any(tag_values(way, name) for way in ways) for ways in (old, new)):
            continue
        told = [tag_values(way, name) for way in every]
        count = len({value for values in told for value in values}) * sum(map(bool, told))
        if (name in TAGS or all(told)) and count > most and _splits(old, name) and _splits(new, name):
            best, most = name, count
        if name in TAGS and best == name and all(told):
            break
    return best


def _splits(ways: Ways, name: str) -> bool:
    """Whether the values of a field tell apart at least some of several ways."""
    found = [tag_values(way, name) for way in ways]
    return len(ways) == 1 or len(set(found)) > 1


def _by_tag(walk: Walk, here: Here, old: Ways, new: Ways, used: tuple[str, ...]) -> None:
    name, done = used[-1], set[tuple[int, int]]()
    ours, theirs = _groups(old, name), _groups(new, name)
    for value in dict.fromkeys((*ours, *theirs)):
        inside = Here(f"{here.path}<{line(value, _LONGEST)}>", here.place)
        whole = here if here.path or not walk.stream else inside
        one, two = ours.get(value, ()), theirs.get(value, ())
        if not one:
            walk.tell("variant.added", whole, "", gist(value), Example("new", _as(two[0], name, value)))
        elif not two:
            walk.tell("variant.removed", whole, gist(value), "", Example("old", _as(one[0], name, value)))
        elif (pair := (id(one[0]), id(two[0]))) not in done:
            done.add(pair)
            _variants(walk, inside, _pinned(one, name, value), _pinned(two, name, value), used)


def _as(way: Way, name: str, value: str) -> Way:
    """The variant with this value as its tag, though it may have others."""
    required = [*way.get("required", []), *([] if name in way.get("required", []) else [name])]
    return {**way, "properties": {**way["properties"], name: {"enum": [value]}}, "required": required}


def _pinned(ways: Ways, name: str, value: str) -> Ways:
    """The ways with one value as their tag, where they have several: that is the one compared here."""
    return tuple(
        {**way, "properties": {**way["properties"], name: {"enum": [value]}}} if len(tag_values(way, name)) > 1 else way
        for way in ways
    )


def _groups(ways: Ways, name: str) -> dict[str, Ways]:
    found: dict[str, Ways] = {}
    for way in ways:
        for value in sorted(tag_values(way, name)):
            found[value] = (*found.get(value, ()), way)
    return found


def _untold(walk: Walk, here: Here, old: tuple[Ways, Ways], new: tuple[Ways, Ways], name: str) -> None:
    """Objects among the tagged ones that have no tag."""
    if new[1] and not old[1]:
        example = Example("new", new[1][0])
        walk.tell("tag.missing", Here(f"{here.path}/{name}", here.place), "required", "not known", example)
    else:
        _untagged(walk, here, old[1], new[1])


def _untagged(walk: Walk, here: Here, old: Ways, new: Ways) -> None:
    """Objects that nothing tells apart: those that stayed, those of one name, and the rest."""
    ours, theirs = _without_same(walk, old, new)
    for title in _titles(ours) & _titles(theirs):
        one, two = (next(way for way in ways if way.get("title") == title) for ways in (ours, theirs))
        fields(walk, Here(f"{here.path}<{line(title, _LONGEST)}>", here.place), one, two)
        ours, theirs = (tuple(way for way in ways if way is not each) for ways, each in ((ours, one), (theirs, two)))
    if not ours or not theirs:
        for move, side, ways in (("variant.added", "new", theirs), ("variant.removed", "old", ours)):
            for way in ways:
                texts = ("", _name(way)) if side == "new" else (_name(way), "")
                walk.tell(move, here, *texts, Example(side, way))  # type: ignore[arg-type]
    elif len(ours) == len(theirs) == 1:
        fields(walk, here, ours[0], theirs[0])
    else:
        lumps.lump(walk, here, (), (lumps.union(old), lumps.union(new)), (_told(ours), _told(theirs)))


def _without_same(walk: Walk, old: Ways, new: Ways) -> tuple[Ways, Ways]:
    """Both sides without what says the same on the other."""
    ours = tuple(way for way in old if not any(walk.alike.same(way, each) for each in new))
    theirs = tuple(way for way in new if not any(walk.alike.same(each, way) for each in old))
    return ours, theirs


def _titles(ways: Ways) -> set[str]:
    """The names that one of the ways has, and no other."""
    names = [way["title"] for way in ways if "title" in way]
    return {name for name in names if names.count(name) == 1}


def _name(way: Way) -> str:
    return line(way["title"]) if "title" in way else _told((way,))
