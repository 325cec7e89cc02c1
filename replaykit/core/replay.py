"""What is done with a request: the table of decisions, as values.

                 the episode has it     the episode lacks it
    replay       Serve                  Refuse, with the nearest
    missing      Serve                  Send, then keep
    record       Send, then keep        Send, then keep

Law: pure. The session carries out what stands here, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from replaykit.core.match import Ambiguous, Found, Missing
from replaykit.core.normalize import Bindings, Rules, echo, substitute

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.core.match import Echo
    from replaykit.core.model import Exchange

Mode: TypeAlias = Literal["record", "replay", "missing"]

_UNBOUND, _PLAIN = Bindings(), Rules()


@dataclass(frozen=True, slots=True)
class Serve:
    """Answer with what was recorded, its ids as the caller knows them (`bindings`, `echo`)."""

    exchange: Exchange
    bindings: Bindings = _UNBOUND
    echo: Echo | None = None
    rules: Rules = _PLAIN

    def content(self) -> tuple[bytes, tuple[int, ...]]:
        """The body to be given, and the lengths of its chunks."""
        response = self.exchange.response
        if response is None:
            return b"", ()
        data, lengths = response.body.data, response.lengths
        if self.bindings.changes:
            data, lengths = substitute(data, lengths, self.bindings, self.rules)
        if self.echo is not None:
            data, lengths = echo(data, lengths, self.echo.pointer, self.echo.recorded, self.echo.live)
        return data, lengths


@dataclass(frozen=True, slots=True)
class Send:
    """Let it through to the network, and keep what comes back. `began` is when, in the session's nanoseconds."""

    began: int


@dataclass(frozen=True, slots=True)
class Refuse:
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
