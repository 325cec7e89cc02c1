"""Two schemas side by side, from the root on, the shortest places first.

Law: two parts that say the same are not looked into; two parts that were compared are not compared
again, so recursive schemas end and what is shared is told once, at its shortest place. What cannot be
taken apart is decided as one lump.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.changes import lumps, values
from replaykit.core.contract.changes.arrays import arrays
from replaykit.core.contract.changes.found import Example, Found, Here
from replaykit.core.contract.changes.unions import objects
from replaykit.core.contract.changes.view import free, view, whole
from replaykit.core.contract.changes.words import types
from replaykit.core.plain import gist

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replaykit.core.contract.changes.alike import Alike
    from replaykit.core.contract.changes.change import Prove, Side
    from replaykit.core.contract.changes.view import View, Way, Ways
    from replaykit.core.contract.model import Schema
    from replaykit.core.contract.schema.document import Document

MOST: Final = 20_000
"""Pairs of parts that are compared: the largest schemas of SDKs have some 2,000."""


@dataclass(slots=True)
class Walk:
    """What is still to be compared, and what was found. `stream`: the root is an event, told by its tag even alone."""

    alike: Alike
    prove: Prove
    stream: bool = False
    found: list[Found] = field(default_factory=list)
    ended: bool = True
    _queue: deque[tuple[Schema, Schema, Here]] = field(default_factory=deque)
    _done: set[tuple[int, int]] = field(default_factory=set)
    _views: dict[int, tuple[Schema, View]] = field(default_factory=dict)
    _named: set[tuple[int, int]] = field(default_factory=set)

    @property
    def documents(self) -> Mapping[Side, Document]:
        """Both documents."""
        return {"old": self.alike.old, "new": self.alike.new}

    def run(self, old: Schema, new: Schema) -> None:
        """Compare all that can be reached; `ended` is false where it was too much."""
        self.later(old, new, Here())
        while self._queue:
            if len(self._done) > MOST:
                self.ended = False
                return
            self._step(*self._queue.popleft())

    def later(self, old: Schema, new: Schema, here: Here) -> None:
        """Compare these two when it is their turn."""
        self._queue.append((old, new, here))

    def tell(self, move: str, here: Here, before: str = "", after: str = "", *examples: Example) -> None:
        """Note what happened."""
        self.found.append(Found(move, here, before, after, examples))

    def first(self, old: Way, new: Way) -> bool:
        """Whether these two were not compared yet, wherever else they stand; only what has a name is the same thing."""
        if "title" not in old or "title" not in new:
            return True
        pair = self.alike.number(old, self.alike.old), self.alike.number(new, self.alike.new)
        fresh = pair not in self._named
        self._named.add(pair)
        return fresh

    def view(self, schema: Schema, document: Document) -> View:
        """What a part comes to, found once."""
        if id(schema) not in self._views or not isinstance(schema, dict):
            self._views[id(schema)] = schema, view(schema, document)
        return self._views[id(schema)][1]

    def _step(self, old: Schema, new: Schema, here: Here) -> None:
        if isinstance(old, dict) and isinstance(new, dict):
            self._default(old, new, here)
        old, new = self._target(old, self.alike.old), self._target(new, self.alike.new)
        pair = id(old), id(new)
        if pair in self._done and isinstance(old, dict) and isinstance(new, dict):
            return
        self._done.add(pair)
        if not self.alike.same(old, new):
            self._compare(self.view(old, self.alike.old), self.view(new, self.alike.new), here)

    def _target(self, schema: Schema, document: Document) -> Schema:
        """What a mere reference leads to."""
        for _ in range(MOST):
            if not isinstance(schema, dict) or schema.keys() - {"title", "description", "default"} != {"$ref"}:
                break
            place = document.find(str(schema["$ref"]), document.root.base)
            if place is None or not isinstance(place.schema, dict | bool):
                break
            schema = place.schema
        return schema

    def _default(self, old: Way, new: Way, here: Here) -> None:
        if "default" in old and "default" in new and gist(old["default"]) != gist(new["default"]):
            self.tell("default.changed", here, gist(old["default"]), gist(new["default"]))

    def _compare(self, old: View, new: View, here: Here) -> None:
        if old.beside or new.beside:
            lumps.beside(self, here, old, new)
        if _types(self, here, old, new):
            return
        for name in old.ways.keys() & new.ways.keys():
            ours, theirs = old.ways[name], new.ways[name]
            if not (free(ours) and free(theirs)):
                _STEPS.get(name, values.scalars)(self, here, ours, theirs)


_STEPS: Final[dict[str, Callable[[Walk, Here, Ways, Ways], None]]] = {"object": objects, "array": arrays}
"""What is compared field by field, and item by item; everything else is a plain value."""


def _types(walk: Walk, here: Here, old: View, new: View) -> bool:
    """Tell which types came and went; whether that says all there is to say."""
    if old.free or new.free:
        if old.free != new.free:
            move, side, schema = ("type.widened", "new", old) if new.free else ("type.narrowed", "old", new)
            examples = [Example(side, {"type": name}) for name in _others(schema)]  # type: ignore[arg-type]
            walk.tell(move, here, types(old), types(new), *examples)
        return True
    added = [name for name in new.ways if name not in old.ways]
    gone = [name for name in old.ways if name not in new.ways]
    wider = [Example("new", new.ways[name][0]) for name in added]
    narrower = [Example("old", old.ways[name][0]) for name in gone]
    ours, theirs = _open(old), _open(new)
    if ours and theirs and whole(ours) != whole(theirs):
        (wider if whole(ours) else narrower).append(Example("new" if whole(ours) else "old", {"enum": [0.5]}))
    if wider or narrower:
        walk.tell(_move(added, gone, wider, narrower), here, types(old), types(new), *wider, *narrower)
    return False


def _move(added: list[str], gone: list[str], wider: list[Example], narrower: list[Example]) -> str:
    """Which move it is; null that comes or goes alone is told apart: it is announced, and coped with, by itself."""
    if wider and narrower:
        return "type.changed"
    if wider:
        return "null.added" if added == ["null"] and len(wider) == 1 else "type.widened"
    return "null.removed" if gone == ["null"] and len(narrower) == 1 else "type.narrowed"


def _open(seen: View) -> Ways:
    """The ways of numbers that are not told by their values."""
    return tuple(way for way in seen.ways.get("number", ()) if "enum" not in way)


def _others(seen: View) -> list[str]:
    """Types that a view has no way for, the plain ones first."""
    return [name for name in ("null", "boolean", "string", "number", "array", "object") if name not in seen.ways]
