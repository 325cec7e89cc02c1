"""What exchanges say, part by part: the documents that a contract is learned from.

    part               its documents
    request            what was sent, where it is JSON
    response           an answer of 2XX, and what a stream that came to its end adds up to
    event              each event of a stream
    error              an answer of 4XX or 5XX
    ….headers          the headers of each of these that promise something

Law: a document that was cut short is none; what came whole of a stream counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from replaykit.core import stream
from replaykit.core.contract.heads import telling
from replaykit.core.model import header
from replaykit.providers import registry
from replaykit.providers.shape import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replaykit.core.model import JSON, Exchange, Headers, Request, Response
    from replaykit.providers import Operation
    from replaykit.providers.promise import Promise

_GOOD: Final = range(200, 300)
_BAD: Final = range(400, 600)


@dataclass(frozen=True, slots=True)
class Row:
    """The events of one stream in their order, by tag; `end` is the data of a last one that is no JSON."""

    names: tuple[str, ...]
    end: str = ""
    whole: bool = True


@dataclass(slots=True)
class Traffic:
    """The documents of each part, and what else there is to know of the exchanges that they come from."""

    documents: defaultdict[str, list[JSON]] = field(default_factory=lambda: defaultdict(list))
    rows: list[Row] = field(default_factory=list)
    months: list[str] = field(default_factory=list)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    answers: int = 0
    errors: int = 0
    streams: int = 0

    def take(self, exchange: Exchange, operation: Operation, promise: Promise) -> None:
        """Take in one exchange."""
        self._sent(exchange.request, promise)
        response = exchange.response
        if response is None:
            return
        whole = exchange.failure is None and not exchange.left
        self.months += _month(response.headers)
        if response.status in _GOOD:
            self._answered(response, operation, promise, whole=whole)
        elif response.status in _BAD and whole:
            self._failed(response)

    def _sent(self, request: Request, promise: Promise) -> None:
        self.documents["request"] += _documents(request.body.data)
        named = {name.lower(): value for name, value in request.headers}
        self.asked.update((name, named[name]) for name in promise.versions if name in named)
        self.documents["request.headers"].append({name: named[name] for name in promise.heads if name in named})

    def _answered(self, response: Response, operation: Operation, promise: Promise, *, whole: bool) -> None:
        body, kind = response.body.data, stream.kind(response.body.data, header(response.headers, "content-type"))
        self.documents["response.headers"].append(telling(response.headers))
        if kind in ("", stream.ARRAY):
            documents = _documents(body) if whole else []
            self.answers += len(documents)
            self.documents["response"] += documents
            return
        self.streams += 1
        if promise.events:
            self._streamed(body, kind, promise.order.get("tag", ""), whole=whole)
        total = operation.add_up(body) if whole and operation.ended(body) else None
        if isinstance(total, dict) and not (promise.events and "error" in total):
            self.documents["response"].append(total)

    def _streamed(self, body: bytes, kind: str, tag: object, *, whole: bool) -> None:
        names, end = list[str](), ""
        for event in stream.events(body, kind):
            document = parse(event.data) if event.dispatched else None
            if isinstance(document, dict):
                name = document.get(str(tag) or "type")
                names.append(name if isinstance(name, str) else "")
                self.documents["event"].append(document)
            elif event.dispatched:
                end = event.data.strip()
        self.rows.append(Row(tuple(names), end, whole))

    def _failed(self, response: Response) -> None:
        self.documents["error.headers"].append(telling(response.headers))
        documents = _documents(response.body.data)
        self.errors += len(documents)
        self.documents["error"] += documents

    def span(self) -> str:
        """The months of the answers (`2024-06 to 2026-10`); empty when no answer says."""
        months = sorted(self.months)
        return "" if not months else months[0] if months[0] == months[-1] else f"{months[0]} to {months[-1]}"


def gathered(exchanges: Iterable[Exchange]) -> Traffic:
    """What all these exchanges say, each read as its own provider says."""
    found = Traffic()
    for exchange in exchanges:
        request = exchange.request
        asked = registry.document_of(request)
        provider, operation = registry.find(request.method, request.url, request.headers, asked)
        found.take(exchange, operation, registry.promise(provider.name, operation.name))
    return found


def _documents(body: bytes) -> list[JSON]:
    """The document that a body is; nothing when it is none."""
    document = parse(body)
    return [document] if document is not None or body.strip() == b"null" else []


def _month(headers: Headers) -> list[str]:
    """The month of an answer, from its `date` header; nothing when that is no date."""
    try:
        moment = parsedate_to_datetime(header(headers, "date")).astimezone(UTC)
    except (ValueError, OverflowError):  # the year 99999999999, or midnight of the first day of all in Tokyo
        return []
    return [moment.strftime("%Y-%m")]
