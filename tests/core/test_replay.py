"""The table of decisions, read out cell by cell."""

from __future__ import annotations

import pytest

from replaykit.core.match import Ambiguous, Echo, Found, Missing
from replaykit.core.model import Body, Exchange, Request, Response
from replaykit.core.replay import Mode, Refuse, Send, Serve, decide

EXCHANGE = Exchange(Request("GET", "https://example.com/", (), Body.of(b"")), None)

TABLE: list[tuple[Mode, Found | Ambiguous | Missing, type]] = [
    ("replay", Found(0), Serve),
    ("replay", Missing(), Refuse),
    ("replay", Ambiguous((0, 1)), Refuse),
    ("missing", Found(0), Serve),
    ("missing", Missing(), Send),
    ("missing", Ambiguous((0, 1)), Send),
    ("record", Found(0), Send),
    ("record", Missing(), Send),
]


@pytest.mark.parametrize(("mode", "found", "action"), TABLE, ids=str)
def test_each_cell_of_the_table(mode: Mode, found: Found | Ambiguous | Missing, action: type) -> None:
    """A mode and what was found lead to one action."""
    decided = decide(mode, found, serve=lambda _: Serve(EXCHANGE), send=lambda: Send(0), refuse=lambda _: Refuse("no"))
    assert isinstance(decided, action)


def test_recording_sends_without_a_look() -> None:
    """While recording nobody has looked, and the request goes out."""
    decided = decide("record", None, serve=lambda _: Serve(EXCHANGE), send=lambda: Send(7), refuse=lambda _: Refuse(""))
    assert Send(7) == decided


def test_an_echoed_id_is_given_as_the_caller_calls_it() -> None:
    """The served body names the live id where the recorded answer repeats the recorded one, and nowhere else."""
    data = b'{"jsonrpc":"2.0","id":3,"result":{"id":3}}'
    exchange = Exchange(EXCHANGE.request, Response(200, (), Body.of(data), (10, len(data) - 10), (1, 2)))
    served, lengths = Serve(exchange, echo=Echo("/id", b"3", b'"abc"')).content()
    assert b'{"jsonrpc":"2.0","id":"abc","result":{"id":3}}' == served
    assert len(served) == sum(lengths)
