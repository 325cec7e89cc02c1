"""What is done with a request: the table of decisions, as values.

                 the episode has it     the episode lacks it
    replay       Serve                  Refuse, with the nearest
    missing      Serve                  Send, then keep
    record       Send, then keep        Send, then keep

Law: pure. The session carries out what stands here, and nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from replaykit.core.match import Ambiguous, Found, Missing
from replaykit.core.model import Body, header
from replaykit.errors import hide

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.core.match import Echo, Index
    from replaykit.core.model import Exchange, Headers, Request
    from replaykit.core.normalize import Bindings, Rules

__tracebackhide__ = hide

Mode: TypeAlias = Literal["record", "replay", "missing"]


class Serve(NamedTuple):
    """Answer with what was recorded, its ids as the caller knows them (`bindings` under `rules`, `echo`)."""

    exchange: Exchange
    bindings: Bindings | None = None
    echo: Echo | None = None
    rules: Rules | None = None

    @classmethod
    def of(cls, exchange: Exchange, found: Found, index: Index) -> Serve:
        """What was found; the rules are asked for only where something is renamed."""
        return cls(exchange, found.bindings, found.echo, None if found.bindings is None else index.rules)

    def content(self) -> tuple[bytes, tuple[int, ...]]:
        """The body to be given, and the lengths of its chunks."""
        response = self.exchange.response
        if response is None:
            return b"", ()
        data, lengths = response.body.data, response.lengths
        if self.bindings is not None:
            from replaykit.core.normalize.serving import substitute

            kind = header(response.headers, "content-type")
            data, lengths = substitute(data, lengths, self.bindings, self.rules, kind)
        if self.echo is not None:
            from replaykit.core.normalize.serving import echo

            data, lengths = echo(data, lengths, self.echo.pointer, self.echo.recorded, self.echo.live)
        return data, lengths

    def again(self, request: Request, began: int, within: int) -> Exchange:
        """The exchange as one of this run: with its own request, and the answer as it was given to that."""
        response = self.exchange.response
        if response is not None:
            data, lengths = self.content()
            body = response.body if data is response.body.data else Body.of(data)
            response = replace(response, headers=self.headers(), body=body, lengths=lengths)
        return replace(self.exchange, request=request, response=response, began=began, within=within)

    def headers(self) -> Headers:
        """The headers to be given: of a redirect, the place where the caller knows it to be."""
        headers = () if self.exchange.response is None else self.exchange.response.headers
        if self.bindings is None:
            return headers
        from replaykit.core.normalize.serving import renamed

        return tuple((name, renamed(value, self.bindings, self.rules)) for name, value in headers)


class Send(NamedTuple):
    """Let it through to the network, and keep what comes back. `began` is when, in the session's nanoseconds."""

    began: int


class Refuse(NamedTuple):
    """Raise: it was not recorded. `account` says what came nearest, and what to do."""

    account: str


Action: TypeAlias = Serve | Send | Refuse


def decide(
    mode: Mode,
    found: Found | Ambiguous | Missing | None,
    *,
    serve: Callable[[Found], Serve],
    send: Callable[[], Send],
    refuse: Callable[[Ambiguous | Missing], Refuse],
) -> Action:
    """The action in the cell of the table, made by whoever can make it; `found` is None when nobody looked."""
    match found:
        case Found() if mode != "record":
            return serve(found)
        case Ambiguous() | Missing() if mode == "replay":
            return refuse(found)
        case _:
            return send()
