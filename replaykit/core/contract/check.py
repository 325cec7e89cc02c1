"""One exchange against a contract: what is sent, what comes back, event by event, and its headers.

    the answer is             looked at
    of the contract's class   body, headers; of a stream each event, their order, and what they add up to
    an error (4xx, 5xx)       the error's envelope, `retry-after` where it is due
    cut short, left early     the events that came whole; not its end
    at once, not the stream   body and headers; that it is no stream
      that was asked for

Law: pure. Heartbeats, boundaries of chunks and sizes of deltas are never compared. A document that
passes the fast validator costs microseconds; only others are looked at in detail. What a gateway answered in
its provider's stead is told with the gateway's host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from replaykit.core import stream
from replaykit.core.contract import streams
from replaykit.core.contract.bound import Parsed, classed, strange
from replaykit.core.contract.faults import ALTERNATIVES, TAG, Where, finding, findings, graded, shape
from replaykit.core.contract.heads import telling
from replaykit.core.model import header
from replaykit.providers.shape import mapping, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from replaykit.core.contract.faults import Fault
    from replaykit.core.contract.grades import Direction
    from replaykit.core.contract.model import Contract, Finding
    from replaykit.core.model import JSON, Exchange, Headers, Response


class Judge(Protocol):
    """A contract's validators."""

    def fits(self, part: str, document: JSON) -> bool:
        """Whether a document is what the part promises, without any news."""

    def faults(self, part: str, document: JSON) -> Iterator[Fault]:
        """What is wrong with a document, or new in it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one exchange: the directions that were looked at, and the findings, each once.

    `host` is who answered in place of the contract's own (`Finding.host`).
    """

    contract: Contract
    looked: frozenset[Direction]
    findings: tuple[Finding, ...]
    host: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A contract with its validators, ready to look at exchanges that it applies to."""

    contract: Contract
    judge: Judge

    def exchange(self, exchange: Exchange, parsed: Parsed | None = None) -> Checked:
        """All that is to be said of an exchange; `parsed` is its request, where somebody has read it before."""
        parsed = parsed or Parsed(exchange.request)
        looked: set[Direction] = {"request"}
        found = list(self._sent(parsed))
        if exchange.response is not None:
            whole = exchange.failure is None and not exchange.left
            for direction, told in self._answered(parsed, exchange.response, whole=whole):
                looked.add(direction)
                found += told
        host = parsed.elsewhere(self.contract.binds)
        return Checked(self.contract, frozenset(looked), tuple(dict.fromkeys(hosted(found, host))), host)

    def sent(self, parsed: Parsed) -> Iterator[Finding]:
        """What is to be said of what our own program sends."""
        return hosted(self._sent(parsed), parsed.elsewhere(self.contract.binds))

    def _sent(self, parsed: Parsed) -> Iterator[Finding]:
        request = parsed.request
        yield from _asked(self.contract, request.headers)
        yield from self._judged("request.headers", _heads(request.headers), "request")
        if request.body.size:
            yield from self._judged("request", parsed.document, "request")

    def _answered(
        self, parsed: Parsed, response: Response, *, whole: bool
    ) -> Iterator[tuple[Direction, list[Finding]]]:
        """Each part of an answer that is looked at, and what is to be said of it; `whole`: it came to its end."""
        if classed(self.contract.binds.status, response.status):
            yield "headers", list(self._judged("response.headers", telling(response.headers), "headers"))
            kind = stream.kind(response.body.data, header(response.headers, "content-type"))
            if kind in ("", stream.ARRAY):
                yield "response", list(self._plain(response)) if whole else []
                yield "headers", list(self._at_once(parsed))
            else:
                found = streams.check(self.contract, response.body.data, kind, self.judge, whole=whole)
                yield "stream", list(found) if "event" in self.contract.defs else []
                yield "stream", list(self._total(parsed, response)) if whole else []
        elif response.status >= _ERRORS and "error" in self.contract.defs:
            yield "error", list(self._failed(response)) if whole else []

    def _judged(self, part: str, document: JSON, direction: Direction) -> Iterator[Finding]:
        """What is to be said of one document of a part; nothing where the contract has no such part."""
        if part not in self.contract.defs or self.judge.fits(part, document):
            return
        for fault in self.judge.faults(part, document):
            yield from findings(fault, direction, part, self.contract.policy)

    def _plain(self, response: Response) -> Iterator[Finding]:
        """What is to be said of an answer that came at once."""
        if "response" not in self.contract.defs or response.status == _NOTHING:
            return
        text = response.body.data
        document = parse(text)
        if document is None and text.strip() != b"null":
            told = "" if text.strip() else "(it is empty)"
            yield self._found("res.body.unreadable", Where("response", "response"), told, f"{len(text)} bytes")
        else:
            yield from self._judged("response", document, "response")

    def _at_once(self, parsed: Parsed) -> Iterator[Finding]:
        """That an answer came at once, where the contract promises the stream that was asked for."""
        if "event" not in self.contract.defs or b'"stream"' not in parsed.request.body.data:
            return
        if mapping(parsed.document).get("stream") is True:  # as all say it who stream what they are asked for
            where = Where("headers", "response.headers", "/content-type")
            yield self._found("hdr.type.changed", where, "no stream, though one was asked for")

    def _total(self, parsed: Parsed, response: Response) -> Iterator[Finding]:
        """What is to be said of the answer that a stream adds up to."""
        if "response" not in self.contract.defs or not self.contract.binds.provider:
            return
        total = parsed.wire[1].add_up(response.body.data)
        if total is None or self.judge.fits("response", total):
            return
        for fault in self.judge.faults("response", total):
            if "event" not in self.contract.defs or fault.keyword in _ADDED_UP:
                yield from findings(fault, "stream", "response", self.contract.policy)

    def _failed(self, response: Response) -> Iterator[Finding]:
        """What is to be said of an error: its envelope, and when to try again."""
        readable = stream.media(header(response.headers, "content-type")).endswith("json")
        if readable or response.status not in _ON_THE_WAY:
            yield from self._judged("error", parse(response.body.data), "error")
        yield from self._judged("error.headers", telling(response.headers), "headers")
        if response.status in _LATER and not any(header(response.headers, name) for name in _AGAIN):
            where = Where("headers", "error.headers", "/retry-after")
            yield self._found("hdr.retry.missing", where, f"on {response.status}")

    def _found(self, kind: str, where: Where, detail: str, value: str = "") -> Finding:
        return graded(finding(kind, where, detail, value), self.contract.policy)


def hosted(findings: Iterable[Finding], host: str) -> Iterator[Finding]:
    """The findings, with the host that has answered in place of the contract's own; none: as they are."""
    return (replace(each, host=host) if host else each for each in findings)


def asked(contract: Contract, parsed: Parsed) -> Iterator[Finding]:
    """What is to be said of the version and the betas that a request asks for."""
    return hosted(_asked(contract, parsed.request.headers), parsed.elsewhere(contract.binds))


def _asked(contract: Contract, headers: Headers) -> Iterator[Finding]:
    for name, value in strange(contract.binds, headers):
        about = contract.binds.versions.get(name) or contract.binds.betas[name]
        told = f'"{value}"' if EDITION.fullmatch(value) else shape(value)
        detail = f"{told} (the contract binds to {', '.join(about)})"
        yield graded(finding("ours.version", Where("request", "request", f"/{name}"), detail), contract.policy)


def _heads(headers: Headers) -> JSON:
    return {name.lower(): value for name, value in headers}


EDITION: Final = re.compile(r"v?\d{1,4}(?:[.-]\d{1,4}){0,3}(?:-[a-z]{1,12})?", re.ASCII)
"""What a version of an interface is called: `2026-10-21`, `2024-12-01-preview`, `v2`."""

_ERRORS: Final = 400
_NOTHING: Final = 204

_ADDED_UP: Final = frozenset({"type", "enum", "const", TAG, ALTERNATIVES})
"""What is asked of the sum of a stream: what is there has to be right, but not everything is there."""

_ON_THE_WAY: Final = frozenset({403, 407, 408, *range(500, 600)})
"""Statuses that a proxy gives, too: in a form of its own."""

_LATER: Final = frozenset({429, 529})
_AGAIN: Final = ("retry-after", "retry-after-ms")
