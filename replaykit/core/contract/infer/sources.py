"""Where what was learned from traffic and what a source declares say different things.

    place                       traffic                            the source
    a field                     was missing in 3 of 8              demands it
    a field, a variant          is there                           does not know it
    a value                     is another type                    does not allow it
    a word                      is another one                     does not list it

Law: what is told is names, counts and short words, never what somebody wrote. The same shapes always
disagree about the same, in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from replaykit.core.contract.infer.shape import Choice, Record, Shape, Thing, tag_of
from replaykit.core.plain import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.core.contract.infer.pool import Pool


@dataclass(frozen=True, slots=True, order=True)
class Disagreement:
    """A place (`/content/*<text>/citations`) of a part, and what traffic and a source say of it."""

    part: str
    path: str
    traffic: str
    source: str

    def __str__(self) -> str:
        """All in one line."""
        return f"{self.part} {self.path or '/'}: traffic {self.traffic}, {self.source}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was learned of a part against what one source declares; `pool` holds the source's definitions."""

    part: str
    source: str
    pool: Pool

    def of(self, seen: Shape, said: Shape, path: str = "") -> Iterator[Disagreement]:
        """The disagreements at a place and below it."""
        if seen.anything or said.anything:
            return
        strange = seen.types - said.types - ({"integer"} if "number" in said.types else set())
        if strange and said.types:
            yield self._told(path, f"has {listed(sorted(strange))}", f"only {listed(sorted(said.types))}")
        if seen.text and said.text and not said.text.open_ and seen.text.words is not None:
            unknown = seen.text.words - said.text.named
            if unknown:
                yield self._told(path, f"has {listed(sorted(unknown))}", "does not list it")
        if seen.items and said.items:
            yield from self.of(seen.items, said.items, f"{path}/*")
        if seen.thing and said.thing:
            yield from self._things(seen.thing, said.thing, path)

    def _things(self, seen: Thing, said: Thing, path: str) -> Iterator[Disagreement]:
        known = self.pool.thing(said)
        for tag, record in self._records(seen):
            at = f"{path}<{tag}>" if tag else path
            its = self._meant(known, tag)
            if its is None and tag and isinstance(known, Choice):
                yield self._told(at, "has this variant", "does not know it")
            elif isinstance(its, Record):
                yield from self._fields(record, its, at)

    def _records(self, seen: Thing) -> Iterator[tuple[str, Record]]:
        match seen:
            case Record():
                yield "", seen
            case Choice(_, variants):
                yield from ((tag, each) for tag, each in sorted(variants.items()) if isinstance(each, Record))

    def _meant(self, known: Thing, tag: str) -> Thing | None:
        """What the source says of the objects with a tag; of those without, what it says of all."""
        match known:
            case Choice(_, variants):
                return self.pool.thing(variants[tag]) if tag in variants else None
            case Record() if tag:
                told = tag_of(known, self.pool.thing)
                return known if told is None or tag in told[1] else None
            case _:
                return known

    def _fields(self, seen: Record, said: Record, path: str) -> Iterator[Disagreement]:
        for name in sorted({**seen.fields, **said.fields}):
            at, mine, its = f"{path}/{name}", seen.fields.get(name), said.fields.get(name)
            if its is None:
                yield self._told(at, "has this field", "does not know it")
            elif its.due and (lacks := seen.count - (mine.n if mine else 0)):
                yield self._told(at, f"lacks it {lacks} of {seen.count} times", "demands it")
            if mine and its:
                yield from self.of(mine.shape, its.shape, at)

    def _told(self, path: str, traffic: str, source: str) -> Disagreement:
        return Disagreement(self.part, path, traffic, f"{self.source} {source}")
