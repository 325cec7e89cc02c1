"""A stream against a contract: each event, the order of all, and what they add up to.

    what came                              finding
    a known event that departs             as in an answer
    an unknown event                       str.event.added, unless it is like one that is missing;
                                           where all events are called alike, another constant
    one like an event that this stream     str.event.removed where nearly every stream has that one,
    lacks                                  else str.event.added, whatever was announced
    an event that is not due, and any      str.order.broken, once per stream
    after the last that is
    a gap in numbers or indexes            str.order.broken
    no end, though the answer ended        str.end.missing
    an error in place of an event          as an error, and nothing is due after it

Law: pure. Unknown events stand anywhere before the end; heartbeats, chunks and sizes of deltas are never compared.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from replaykit.core import stream
from replaykit.core.contract.faults import Where, finding, findings, graded, shape, step, wordlike
from replaykit.core.contract.model import Order
from replaykit.core.contract.order import machine
from replaykit.core.contract.strict import ENOUGH, SEEN
from replaykit.core.contract.unions import resolved, tags
from replaykit.core.plain import either
from replaykit.providers.shape import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from replaykit.core.contract.check import Judge
    from replaykit.core.contract.model import Contract, Finding
    from replaykit.core.contract.order import Walk
    from replaykit.core.model import JSON


def check(contract: Contract, body: bytes, content_type: str, judge: Judge, *, whole: bool) -> Iterator[Finding]:
    """The findings of a stream; `whole` says that the answer came to its end."""
    following = Following(contract, judge)
    for event in stream.events(body, content_type):
        if event.dispatched or following.ends(event):
            yield from following.take(event)
    yield from following.close(whole=whole)


WORD: Final = re.compile(r"\[?\w{1,18}\]?")
"""A word that ends a stream in place of an event, like `[DONE]`: what is longer was meant to be read."""


class Following:
    """A stream under way: feed it events as they come; `close` says what is missing at its end."""

    def __init__(self, contract: Contract, judge: Judge) -> None:
        """Stand before the first event."""
        self._contract = contract
        self._judge = judge
        self._order = contract.order or Order(tag="")
        self._row = Row(self._order)
        self._known = _events(contract, self._order.tag)
        self._seen = set[str]()
        self._strange: dict[str, dict[str, JSON]] = {}

    def ends(self, event: stream.Event) -> bool:
        """Whether this is the word that ends the stream; some services leave out the empty line after it."""
        return bool(self._order.end and event.spans) and event.data.strip() == self._order.end

    def take(self, event: stream.Event) -> Iterator[Finding]:
        """What is to be said of one event."""
        if self.ends(event):
            self._row.end()
            return
        document = parse(event.data)
        if document is None and not self._order.end and WORD.fullmatch(event.data.strip()):
            return  # a word like `[DONE]`, of which too little was seen to promise it
        if not isinstance(document, dict):
            yield self._found("str.event.unreadable", f"event<{step(event.name)}>", "", shape(event.data))
            return
        tag = document.get(self._order.tag)
        name = tag if isinstance(tag, str) else event.name
        self._seen.add(name)
        if tag is None and "error" in document and "error" in self._contract.defs:
            self._row.fail()
            yield from self._judged("error", "error", document)
            return
        if len(self._known) > 1 and isinstance(tag, str) and tag not in self._known:
            self._strange.setdefault(tag, document)
        else:
            yield from self._judged("event", f"event<{step(name)}>" if self._known else "event", document)
        if broken := self._row.take(name, document):
            yield self._found("str.order.broken", "order", broken)

    def _judged(self, part: str, told: str, document: JSON) -> Iterator[Finding]:
        """What is to be said of one document; an error in place of an event is held to the error's envelope."""
        if not self._judge.fits(part, document):
            for fault in self._judge.faults(part, document):
                yield from findings(fault, "error" if part == "error" else "stream", told, self._contract.policy)

    def close(self, *, whole: bool) -> Iterator[Finding]:
        """What is to be said of the stream at its end; `whole`: the answer itself came to its end."""
        for tag, document in self._strange.items():
            yield self._new(tag, document)
        if whole and (due := self._row.missing()):
            yield self._found("str.end.missing", "order", due)

    def _new(self, tag: str, document: Mapping[str, JSON]) -> Finding:
        """What an event with an unknown name is: a usual one by another name, one like another, or a new one."""
        told = f'"{tag}"' if wordlike(tag) else "event of an unreadable name"
        lacking = sorted(self._known.keys() - self._seen, key=lambda name: (not self._known[name].usual, name))
        like = next((name for name in lacking if self._is_like(document, name)), "")
        if like and self._known[like].usual:
            detail = f"({like} is called {step(tag)})"
            return self._found("str.event.removed", f"event<{like}>", detail, shape(document))
        if like:  # what was announced are events of another kind
            return finding("str.event.added", Where("stream", "event"), f"{told}, like {like}", shape(document))
        return self._found("str.event.added", "event", told, shape(document))

    def _is_like(self, document: Mapping[str, JSON], name: str) -> bool:
        """Whether an event would be a known one, were it called so: it has all that one has, and little else."""
        tag = self._order.tag
        fields = self._known[name].fields - {tag}
        if len(document.keys() & fields) <= len(document.keys() - fields - {tag}):
            return False
        faults = self._judge.faults("event", {**document, tag: name})
        return all(fault.keyword == "additionalProperties" for fault in faults)

    def _found(self, kind: str, part: str, detail: str, value: str = "") -> Finding:
        return graded(finding(kind, Where("stream", part), detail, value), self._contract.policy)


class Row:
    """The events of one stream in a row, as far as their order goes; after the first break nothing is due."""

    def __init__(self, order: Order) -> None:
        """Nothing has come."""
        self._order = order
        self._walk = machine(order.events).begin() if order.events else None
        self._over = self._failed = self._broken = False
        self._block = -1
        self._count: int | None = None

    def take(self, name: str, document: Mapping[str, JSON]) -> str:
        """What is out of order about the next event; empty when nothing is."""
        if self._broken or self._failed:
            return ""
        found = self._out(name, document)
        self._broken = bool(found)
        return found

    def end(self) -> None:
        """The word that ends the stream has come."""
        self._over = True

    def fail(self) -> None:
        """An error has come, after which nothing is due."""
        self._failed = True

    def missing(self) -> str:
        """What the stream lacks at its end; empty when nothing is due."""
        if self._broken or self._failed:
            return ""
        if self._order.end and not self._over:
            return f"(due: {self._order.end})"
        if self._walk is not None and not self._walk.over:
            return f"(due: {_due(self._walk)})"
        return ""

    def _out(self, name: str, document: Mapping[str, JSON]) -> str:
        order = self._order
        if name in order.ends:
            self.fail()
            return ""
        if name in order.anywhere:
            return ""
        if self._over:
            return f"an event after {order.end}"
        return self._stepped(name) or self._indexed(name, document) or self._counted(document)

    def _stepped(self, name: str) -> str:
        """What is wrong with an event here; one that the pattern does not know may stand anywhere but after it."""
        if self._walk is None:
            return ""
        due = _due(self._walk)
        if name in self._walk.machine.names:
            return "" if self._walk.step(name) else f"{name} where {due} is due"
        return "" if self._walk.due else "an event where nothing is due"

    def _indexed(self, name: str, document: Mapping[str, JSON]) -> str:
        order = self._order
        self._block += name == order.opens
        index = document.get(order.index) if order.index else None
        if index is None or index == self._block or self._walk is None or name not in self._walk.machine.names:
            return ""
        told = str(index) if isinstance(index, int) else shape(index)
        return f"{name} with {order.index} {told} where {self._block} is due"

    def _counted(self, document: Mapping[str, JSON]) -> str:
        count = document.get(self._order.count) if self._order.count else None
        if not isinstance(count, int):
            return ""
        before, self._count = self._count, count
        return "" if before is None or count == before + 1 else f"{self._order.count} {count} after {before}"


class _Known(NamedTuple):
    """An event that a contract knows: its fields, and whether nearly every stream has it."""

    fields: frozenset[str]
    usual: bool


def _events(contract: Contract, tag: str) -> dict[str, _Known]:
    """The events that a contract knows, by name."""
    event = contract.defs.get("event")
    if not tag or not isinstance(event, dict):
        return {}
    variants = event.get("oneOf", [event])
    found: dict[str, _Known] = {}
    for name, index in tags(tag, variants, contract.defs).items():
        schema = resolved(variants[index], contract.defs)
        fields = schema.get("properties", {}) if isinstance(schema, dict) else {}
        found[name] = _Known(frozenset(fields), _usual(variants[index]))
    return found


def _usual(variant: Mapping[str, JSON]) -> bool:
    match variant.get(SEEN):
        case [int() as seen, int() as of]:
            return of >= ENOUGH and seen >= _NEARLY * of
        case _:
            return False


_NEARLY: Final = 0.8
"""Of all streams: so many have an event that nearly every stream has."""


def _due(walk: Walk) -> str:
    """What may come now, as a choice."""
    return either(walk.due) or "nothing"
