"""Drifts planted into a copy of an answer: what a check has to see, or it sees nothing.

    in                    planted
    a body, an error      what `spots` has
    a stream              the same in the first event of each name; an event by another name; no end
    headers               one that has to be there is gone; one of another form

Law: pure, and always the same for the same exchange. Only what the contract says something about is
planted, so each has to be found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from replaykit.core import stream
from replaykit.core.contract.bound import classed
from replaykit.core.contract.heads import telling
from replaykit.core.contract.model import Order
from replaykit.core.contract.spots import GONE, WORD, Spot, formless, spots
from replaykit.core.contract.streams import Row
from replaykit.core.contract.strict import always
from replaykit.core.contract.unions import resolved, tags
from replaykit.core.model import Body, header
from replaykit.providers.shape import parse, print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from replaykit.core.contract.model import Contract
    from replaykit.core.contract.spots import Sort
    from replaykit.core.model import JSON, Exchange, Headers, Response

_ERRORS: Final = 400
_NOTHING: Final = 204


@dataclass(frozen=True, slots=True)
class Mutation:
    """A drift that can be planted: of which sort, in which part of the contract, and where."""

    sort: Sort
    part: str
    place: str
    _planted: Callable[[Response], Response]

    def planted(self, exchange: Exchange) -> Exchange:
        """A copy of the exchange with the drift in its answer."""
        if exchange.response is None:
            return exchange
        return replace(exchange, response=self._planted(exchange.response))

    def __str__(self) -> str:
        """`event<ping>: field gone at /usage`."""
        return f"{self.part}: {self.sort} at {self.place or '/'}"


def mutations(contract: Contract, exchange: Exchange) -> Iterator[Mutation]:
    """Every drift that can be planted into an exchange's answer, under a contract that applies to it.

    Of an answer that was cut or left there is none: its end is not promised.
    """
    response = exchange.response
    if response is None or exchange.failure is not None or exchange.left:
        return
    if classed(contract.binds.status, response.status):
        yield from _headers(contract, "response.headers", response)
        kind = stream.kind(response.body.data, header(response.headers, "content-type"))
        if kind not in ("", stream.ARRAY):
            yield from _events(contract, response, kind)
        elif response.status != _NOTHING:
            yield from _body(contract, "response", response)
    elif response.status >= _ERRORS and "error" in contract.defs:
        yield from _headers(contract, "error.headers", response)
        yield from _body(contract, "error", response)


def promised(contract: Contract, exchange: Exchange) -> bool:
    """Whether the contract has a part for the body of an exchange's answer, and there is one."""
    response = exchange.response
    if response is None or not response.body.size or response.status == _NOTHING:
        return False
    if not classed(contract.binds.status, response.status):
        return "error" in contract.defs
    kind = stream.kind(response.body.data, header(response.headers, "content-type"))
    return ("response" if kind in ("", stream.ARRAY) else "event") in contract.defs


def _body(contract: Contract, part: str, response: Response) -> Iterator[Mutation]:
    """What can be planted into a body that came at once."""
    document = parse(response.body.data)
    if part not in contract.defs or document is None:
        return
    for spot in spots(contract.defs[part], document, contract.defs):

        def planted(response: Response, spot: Spot = spot) -> Response:
            return _saying(response, print_json(spot.planted(document)).encode())

        yield Mutation(spot.sort, part, spot.place, planted)


def _events(contract: Contract, response: Response, kind: str) -> Iterator[Mutation]:
    """What can be planted into a stream."""
    if "event" not in contract.defs:
        return
    order, seen = contract.order or Order(tag=""), set[str]()
    events = [each for each in stream.events(response.body.data, kind) if each.dispatched]
    known = _known(contract, order.tag)
    for event in events:
        document = parse(event.data)
        if not isinstance(document, dict):
            continue
        tag = document.get(order.tag)
        name = tag if isinstance(tag, str) else event.name
        if name in seen or name in order.ends or (known and name not in known):
            continue
        seen.add(name)
        part = f"event<{name}>" if known else "event"
        if known:
            renamed = Spot("event renamed", (order.tag,), WORD)
            yield Mutation(renamed.sort, part, renamed.place, _within(event, renamed, document))
        for spot in spots(_variant(contract, known, name), document, contract.defs, order.tag):
            if spot.sort != "tag renamed":
                yield Mutation(spot.sort, part, spot.place, _within(event, spot, document))
    yield from _end(order, events)


def _end(order: Order, events: list[stream.Event]) -> Iterator[Mutation]:
    """That the last event is gone, where something is due then that was not before."""
    if events and not _missing(order, events) and _missing(order, events[:-1]):
        last = events[-1]

        def planted(response: Response) -> Response:
            data = response.body.data
            return _saying(response, data[: last.start] + data[last.end :])

        yield Mutation("end gone", "order", "", planted)


def _missing(order: Order, events: list[stream.Event]) -> str:
    """What a stream of these events lacks at its end, or where it is out of order."""
    row = Row(order)
    for event in events:
        if order.end and event.data.strip() == order.end:
            row.end()
        elif isinstance(document := parse(event.data), dict):
            tag = document.get(order.tag)
            if broken := row.take(tag if isinstance(tag, str) else event.name, document):
                return broken
    return row.missing()


def _within(event: stream.Event, spot: Spot, document: JSON) -> Callable[[Response], Response]:
    """What plants a departure into one event of a stream."""

    def planted(response: Response) -> Response:
        data, said = response.body.data, print_json(spot.planted(document)).encode()
        return _saying(response, data[: event.spans[0][0]] + said + data[event.spans[-1][1] :])

    return planted


def _headers(contract: Contract, part: str, response: Response) -> Iterator[Mutation]:
    """What can be planted into the headers of an answer."""
    schema = contract.defs.get(part)
    if not isinstance(schema, dict):
        return
    came = telling(response.headers)
    together = {each for name, needs in schema.get("dependentRequired", {}).items() if name in came for each in needs}
    for name in dict.fromkeys((*schema.get("required", ()), *always(schema), *sorted(together))):
        if name in came:
            yield Mutation("header gone", part, f"/{name}", _heading(name, GONE))
    for name, value in schema.get("properties", {}).items():
        pattern = value.get("pattern") if isinstance(value, dict) else None
        if name in came and isinstance(pattern, str) and (lost := formless(pattern)) is not None:
            yield Mutation("header form lost", part, f"/{name}", _heading(name, lost))


def _heading(name: str, value: Any) -> Callable[[Response], Response]:  # noqa: ANN401 - a text, or `GONE`
    """What takes a header away, or has it say something else."""

    def planted(response: Response) -> Response:
        rest: Headers = tuple(pair for pair in response.headers if pair[0].lower() != name)
        return replace(response, headers=rest if value is GONE else (*rest, (name, value)))

    return planted


def _known(contract: Contract, tag: str) -> Mapping[str, int]:
    """The events that a contract knows by name, each with its place among the variants."""
    event = contract.defs["event"]
    return tags(tag, event.get("oneOf", [event]), contract.defs) if tag and isinstance(event, dict) else {}


def _variant(contract: Contract, known: Mapping[str, int], name: str) -> Any:  # noqa: ANN401 - a schema
    """The schema of an event of this name."""
    event = resolved(contract.defs["event"], contract.defs)
    alternatives = event.get("oneOf") if isinstance(event, dict) else None
    return alternatives[known[name]] if alternatives and name in known else event


def _saying(response: Response, body: bytes) -> Response:
    """The response with another body, in one chunk."""
    return replace(response, body=Body.of(body), lengths=(len(body),), times=(0,))
