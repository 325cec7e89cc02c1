"""Shapes put together: what was seen here and there, what one source declares and another.

    one says            the other says           together
    a type              another type             either
    these words         those words              all of them
    any text            these words              any text
    a record            a record                 the fields of both; each demanded if all demand it
    a record, tagged    a record, other tag      a choice
    a choice            a record without its tag nothing is promised
    a choice            a choice                 the variants of both
    a map, or free      anything                 a map, or free
    a definition        what was seen there      the definition, with the evidence in it

Law: every document that one of the parts allows is allowed by the whole. The order of the parts does not
matter.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from replaykit.core.contract.infer.shape import (
    ANYTHING,
    FEW,
    Choice,
    Field,
    Free,
    Map,
    Record,
    Ref,
    Shape,
    Text,
    Thing,
    tag_of,
)


@dataclass(slots=True)
class Pool:
    """Definitions by name, which grow as shapes are joined. Of two that become one, the shorter name stays."""

    defs: dict[str, Thing] = field(default_factory=dict)
    _others: dict[str, str] = field(default_factory=dict)
    _due: deque[tuple[str, Thing]] = field(default_factory=deque)
    _texts: dict[str, object] = field(default_factory=dict)

    def free(self, name: str, text: object) -> str:
        """A name for what is defined by this text: the wished one, or that with a number if it is another thing's."""
        names = (name, *(f"{name}.{number}" for number in range(2, len(self._texts) + 3)))
        found = next(each for each in names if self._texts.get(each, text) == text)
        self._texts[found] = text
        return found

    def define(self, name: str, thing: Thing) -> None:
        """Add what is known of a definition."""
        self._due.append((name, thing))

    def joined(self, one: Shape, other: Shape) -> Shape:
        """What both allow, together; the definitions that they refer to have grown by the evidence in them."""
        found = self._shape(one, other)
        self.settle()
        return found

    def settle(self) -> None:
        """Put what is still due into its definitions: one thing at a time, for it may lead to more."""
        while self._due:
            name, thing = self._due.popleft()
            name = self.called(name)
            known = self.defs.get(name)
            found = thing if known is None else self._thing(known, thing)
            if not isinstance(found, Ref):
                self.defs[name] = found
            elif self.called(found.name) != name:  # a choice that turned out to be the one thing it is a choice of
                self._others[name] = found.name
                self.defs.pop(name, None)

    def called(self, name: str) -> str:
        """The name of a definition now, after others have become one with it."""
        while name in self._others:
            name = self._others[name]
        return name

    def thing(self, thing: Thing) -> Thing:
        """What a reference leads to, now."""
        while isinstance(thing, Ref):
            thing = self.defs.get(self.called(thing.name), Free())
        return thing

    def _shape(self, one: Shape, other: Shape) -> Shape:
        if one.anything or other.anything:
            return replace(ANYTHING, declared=one.declared or other.declared)
        kinds = {name: one.kinds.get(name, 0) + other.kinds.get(name, 0) for name in {**one.kinds, **other.kinds}}
        return Shape(
            kinds=kinds,
            text=_texts(one.text, other.text) if one.text and other.text else one.text or other.text,
            items=self._shape(one.items, other.items) if one.items and other.items else one.items or other.items,
            thing=self._thing(one.thing, other.thing) if one.thing and other.thing else one.thing or other.thing,
            declared=one.declared or other.declared,
            retired=one.retired or other.retired,
        )

    def _thing(self, one: Thing, other: Thing) -> Thing:
        match one, other:
            case (Free(), _) | (_, Free()):
                return Free()
            case (Ref(), Ref()) if self.called(one.name) == self.called(other.name):
                return Ref(self.called(one.name))
            case (Map(values), _):
                return Map(self._shape(values, self._values(other)))
            case (_, Map(values)):
                return Map(self._shape(values, self._values(one)))
        return self._tagged(one, other)

    def _tagged(self, one: Thing, other: Thing) -> Thing:
        """Two things with fields: one and the same, or variants of a choice."""
        mine, its = tag_of(one, self.thing), tag_of(other, self.thing)
        if mine is None or its is None or mine[0] != its[0]:
            return self._untold(one, other)
        choices = [self._is_choice(one), self._is_choice(other)]
        if mine[1] & its[1] and not any(choices):
            return self._same(one, other)
        if len(mine[1] | its[1]) == 1 and not all(choices):
            return self._same(self._only(one), self._only(other))
        return self._choice(mine[0], one, other)

    def _choice(self, tag: str, one: Thing, other: Thing) -> Thing:
        """The variants of both; a choice that has a name keeps it, and gets the other's."""
        for named, rest in ((one, other), (other, one)):
            if isinstance(named, Ref) and self._is_choice(named):
                self.define(named.name, Choice(tag, self._variants(rest)))
                return named
        found = dict(self._variants(one))
        for value, variant in self._variants(other).items():
            found[value] = self._variant(found[value], variant) if value in found else variant
        return Choice(tag, found)

    def _variant(self, one: Record | Ref, other: Record | Ref) -> Record | Ref:
        found = self._same(one, other)
        return found if isinstance(found, Record | Ref) else Record({}, declared=True)

    def _same(self, one: Thing, other: Thing) -> Thing:
        """Two descriptions of one thing."""
        match one, other:
            case Ref(name), Ref(second):
                keep, drop = sorted((self.called(name), self.called(second)), key=lambda each: (len(each), each))
                if keep != drop:
                    self._others[drop] = keep
                    if (known := self.defs.pop(drop, None)) is not None:
                        self._due.append((keep, known))
                return Ref(keep)
            case (Ref(name), rest) | (rest, Ref(name)):
                self.define(name, rest)
                return Ref(self.called(name))
            case Record(), Record():
                return self._record(one, other)
            case _:
                return Free()

    def _record(self, one: Record, other: Record) -> Record:
        fields = {
            name: self._field(one, other, one.fields.get(name), other.fields.get(name))
            for name in sorted({**one.fields, **other.fields})
        }
        return Record(fields, one.count + other.count, one.declared or other.declared)

    def _field(self, one: Record, other: Record, mine: Field | None, its: Field | None) -> Field:
        if mine is None or its is None:
            here, lacks = (mine, other) if mine else (its, one)
            assert here is not None  # noqa: S101 - the name is of one of the two
            return replace(here, due=False) if lacks.declared and here.due else here
        due = mine.due if its.due is None else its.due if mine.due is None else mine.due and its.due
        return Field(self._shape(mine.shape, its.shape), mine.n + its.n, due)

    def _untold(self, one: Thing, other: Thing) -> Thing:
        """Two things without a tag in common: of choices by role all fields, of others nothing is promised."""
        alike = tag_of(one, self.thing) == tag_of(other, self.thing)
        records = [each for each in map(self.thing, (one, other)) if isinstance(each, Record)]
        if alike or (len(records) > 1 and not all(each.declared for each in records)):
            return self._same(one, other)  # what was seen without a tag is evidence for what is declared with one
        whole: Thing | None = None
        for each in (one, other):
            for record in self._told(each):
                whole = record if whole is None else self._same(whole, record)
        return whole or Free()

    def _told(self, thing: Thing) -> list[Thing]:
        """The records that a thing may be, copied: what is said of them here does not hold elsewhere."""
        match self.thing(thing):
            case Choice("role", variants):
                return [_opened(self.thing(each)) for each in variants.values()]
            case Record() as record:
                return [record]
            case _:
                return [Free()]

    def _only(self, thing: Thing) -> Thing:
        """The only variant of a choice."""
        return next(iter(self._variants(thing).values()))

    def _variants(self, thing: Thing) -> dict[str, Record | Ref]:
        found = self.thing(thing)
        if isinstance(found, Choice):
            return dict(found.variants)
        told = tag_of(thing, self.thing)
        return dict.fromkeys(sorted(told[1]), thing) if told and isinstance(thing, Record | Ref) else {}

    def _is_choice(self, thing: Thing) -> bool:
        return isinstance(self.thing(thing), Choice)

    def _values(self, thing: Thing) -> Shape:
        """What stands under the names of an object, whatever they are."""
        whole, found = Shape(), self.thing(thing)
        match found:
            case Record(fields):
                for each in fields.values():
                    whole = self._shape(whole, each.shape)
            case Map(values):
                whole = values
            case _:
                whole = ANYTHING
        return whole


def _opened(thing: Thing) -> Thing:
    """A record that is no variant any more: its role may be any."""
    if not isinstance(thing, Record) or "role" not in thing.fields:
        return thing
    role = thing.fields["role"]
    text = role.shape.text
    shape = replace(role.shape, text=replace(text, named=frozenset(), words=text.named)) if text else role.shape
    return replace(thing, fields={**thing.fields, "role": replace(role, shape=shape)})


def _texts(one: Text, other: Text) -> Text:
    """The texts of both."""
    words = None if one.words is None or other.words is None else one.words | other.words
    prefixes = {each.prefix for each in (one, other) if each.prefix is not None}
    return Text(
        n=one.n + other.n,
        words=words if words is None or len(words) <= FEW else None,
        prefix=None if not prefixes else prefixes.pop() if len(prefixes) == 1 else "",
        moments=one.moments and other.moments,
        named=one.named | other.named,
        open_=one.open_ or other.open_,
    )
