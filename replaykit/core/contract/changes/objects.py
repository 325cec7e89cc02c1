"""Objects, field by field.

    before                 after                  what happened
    –                      there, not required    added
    –                      required               demanded
    required               –                      removed
    not required           –                      dropped; faded, if it was seen every time
    required               not required           optional
    not required           required               required
    there                  refused (false)        refused; barred, if it was required
    refused                there                  allowed

Law: the table above is the whole decision; what is there on both sides is compared in its turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replaykit.core import pointer
from replaykit.core.contract.changes.arrays import bounds
from replaykit.core.contract.changes.found import Example, Found, Here
from replaykit.core.contract.changes.sample import Place
from replaykit.core.contract.changes.view import tag_values
from replaykit.core.contract.changes.words import TAGS, told
from replaykit.core.plain import line

if TYPE_CHECKING:
    from replaykit.core.contract.changes.change import Side
    from replaykit.core.contract.changes.view import Way
    from replaykit.core.contract.changes.walk import Walk
    from replaykit.core.contract.model import Schema
    from replaykit.core.model import JSON

_BOUNDS: Final = (
    "minProperties",
    "maxProperties",
    "propertyNames",
    "patternProperties",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "unevaluatedProperties",
)
_NAMED: Final = ("patternProperties", "unevaluatedProperties")
"""Keywords about the fields that no other keyword names."""

_LONGEST: Final = 80
"""Characters of a field's name in a path."""


def fields(walk: Walk, here: Here, old: Way, new: Way, tag: str = "") -> None:
    """Compare two objects; the field `tag` told which variant they are, and its values were compared."""
    if not walk.first(old, new):
        return
    for name in dict.fromkeys((*_names(old), *_names(new))):
        _field(walk, _inside(here, name, old, new), name, (old, new), tag)
    named = any(word in way for way in (old, new) for word in _NAMED)
    if not named:
        _others(walk, here, old, new)
    bounds(walk, here, (_known(old), _known(new)), _BOUNDS, ("properties", "additionalProperties") if named else ())


def _names(way: Way) -> list[str]:
    return [*way.get("properties", {}), *(name for name in way.get("required", []) if isinstance(name, str))]


def _known(way: Way) -> Way:
    """The object with the names of its fields, and not with what they are: that is compared elsewhere."""
    return {**way, "properties": dict.fromkeys(way.get("properties", {}), True)}


def _inside(here: Here, name: str, old: Way, new: Way) -> Here:
    step = line(pointer.step(name), _LONGEST)
    return Here(f"{here.path}/{step}", Place(here.place, old, new, name))


def _field(walk: Walk, here: Here, name: str, ways: tuple[Way, Way], tag: str) -> None:
    """One field of either or both."""
    ours, theirs = (_schema(way, name) for way in ways)
    due, owed = (name in way.get("required", ()) for way in ways)
    if ours is None and theirs is not None:
        _added(walk, here, ways[0].get("additionalProperties", True), theirs, owed=owed)
    elif theirs is None and ours is not None:
        _gone(walk, here, ours, ways[1].get("additionalProperties", True), due=due)
    elif ours is not None and theirs is not None:
        _both(walk, here, (ours, theirs), (due, owed), tag)


def _schema(way: Way, name: str) -> Schema | None:
    """What is known of a field; None of one that nothing is known of."""
    found: Schema | None = way.get("properties", {}).get(name)
    return True if found is None and name in way.get("required", ()) else found


def _added(walk: Walk, here: Here, other: Schema, new: Schema, *, owed: bool) -> None:
    """A field that only the new side names; `other` is what the old one says of such fields."""
    document = walk.alike.new
    if isinstance(other, dict) and other:
        walk.later(other, new, here)
        if owed:
            walk.tell("field.required", here, "optional", "required", Example("old", None))
    elif new is False:
        if other is not False:
            walk.tell("field.refused", here, "not named", "refused", Example("old", {}))
    elif owed:
        _tell(walk, "field.demanded", here, "", f"{told(new, document)}, required", Example("old", None), schema=new)
    else:
        move = "field.allowed" if other is False else "field.added"
        said = f"{told(new, document)}, optional"
        _tell(walk, move, here, "", said, *((Example("new", new),) if other is False else _odd("old")), schema=new)


def _gone(walk: Walk, here: Here, old: Schema, other: Schema, *, due: bool) -> None:
    """A field that only the old side names; `other` is what the new one says of such fields."""
    said = f"{told(old, walk.alike.old)}, {'required' if due else 'optional'}"
    if isinstance(other, dict) and other:
        walk.later(old, other, here)
        if due:
            walk.tell("field.optional", here, "required", "optional", Example("new", None))
    elif due:
        _tell(walk, "field.removed", here, said, "", Example("new", None), schema=old)
    elif old is False:
        if other is not False:
            walk.tell("field.allowed", here, "refused", "not named", Example("new", {}))
    elif _always(old):
        _tell(walk, "field.faded", here, "seen every time", "not known", *_odd("new"), schema=old)
    else:
        _tell(walk, "field.dropped", here, said, "", *_odd("new"), Example("old", old), schema=old)


def _tell(  # noqa: PLR0913 - the fields of what was found
    walk: Walk, move: str, here: Here, before: str, after: str, *examples: Example, schema: Schema
) -> None:
    """Note what happened to a field, with what it is: it may have moved."""
    walk.found.append(Found(move, here, before, after, examples, schema))


_STRANGE: Final[list[JSON]] = [{"unlikely": [0.5]}, None]
"""What hardly any field may be: two values, for one that may be any object."""


def _odd(side: Side) -> tuple[Example, ...]:
    """What a field may be where nothing is known of it, and hardly where something is."""
    return tuple(Example(side, {"enum": [value]}) for value in _STRANGE)


def _always(schema: Schema) -> bool:
    """Whether the evidence says that a field was there each time."""
    match schema:
        case {"x-seen": [int() as seen, int() as of]}:
            return seen == of > 0
        case _:
            return False


def _both(walk: Walk, here: Here, sides: tuple[Schema, Schema], due: tuple[bool, bool], tag: str) -> None:
    """A field that both sides name."""
    old, new = sides
    name = str(here.place.key) if here.place is not None else ""
    if new is False and old is not False:
        move = "field.barred" if due[0] else "field.refused"
        walk.tell(move, here, told(old, walk.alike.old), "refused", Example("old", old))
        return
    if old is False and new is not False:
        move, example = ("field.demanded", Example("old", None)) if due[1] else ("field.allowed", Example("new", new))
        walk.tell(move, here, "refused", told(new, walk.alike.new), example)
        return
    if name in TAGS and _constant(old) and not _closed(new):
        walk.tell("tag.missing", here, told(old, walk.alike.old), told(new, walk.alike.new), Example("new", new))
    elif name != tag:
        walk.later(old, new, here)
    if due[0] and not due[1]:
        walk.tell(
            "tag.missing" if name == tag else "field.optional", here, "required", "optional", Example("new", None)
        )
    if due[1] and not due[0]:
        walk.tell("field.required", here, "optional", "required", Example("old", None))


def _constant(schema: Schema) -> bool:
    """Whether a field is always the same text."""
    return _closed(schema) and len(tag_values({"properties": {"": schema}}, "")) == 1


def _closed(schema: Schema) -> bool:
    """Whether a field says which texts it may be; a reference may."""
    return isinstance(schema, dict) and bool("$ref" in schema or tag_values({"properties": {"": schema}}, ""))


def _others(walk: Walk, here: Here, old: Way, new: Way) -> None:
    """The fields that are not named."""
    ours, theirs = (way.get("additionalProperties", True) for way in (old, new))
    inside = Here(f"{here.path}/*", Place(here.place, old, new, _unnamed(old, new)))
    if ours is False and theirs is not False:
        walk.tell(
            "rest.allowed",
            inside,
            "no other field",
            f"other fields: {told(theirs, walk.alike.new)}",
            Example("new", theirs),
        )
    elif theirs is False and ours is not False:
        walk.tell(
            "rest.refused",
            inside,
            f"other fields: {told(ours, walk.alike.old)}",
            "no other field",
            Example("old", ours),
        )
    else:
        walk.later(ours, theirs, inside)


def _unnamed(old: Way, new: Way) -> str:
    """A name that neither side knows."""
    known = {*_names(old), *_names(new)}
    return next(name for name in (f"other{number}" for number in range(len(known) + 1)) if name not in known)
