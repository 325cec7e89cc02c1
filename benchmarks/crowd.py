"""A store in which many other episodes lie already.

Law: it is filled through the store's own door, so it is what years of recording leave behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.workload import HEADERS, Run, answer
from replaykit.core.model import Body, Exchange, Origin, Request, Response, Span
from replaykit.store import Facts, Store

if TYPE_CHECKING:
    from pathlib import Path

STEPS = 100
"""Exchanges of each episode in the crowd: a long run of an agent."""


def fill(path: Path, count: int) -> None:
    """Add `count` exchanges to a store, in finished episodes of other names."""
    store, steps, facts = Store(path), _steps(), Facts("anthropic messages", "claude-opus-5", 900, 250)
    for number in range(count // STEPS):
        episode = store.begin(f"other-{number}", Origin(), Span(began=float(number), ended=float(number) + 1))
        keeper = store.keeper(episode)
        for step in steps:
            keeper.keep(step, facts)
        store.finish(episode, ended=float(number) + 1, exit_code=0)
    store.close()


def _steps() -> list[Exchange]:
    """One short conversation, over and over: a crowd has to be many, not large."""
    bodies = Run("other", turns=2).requests()
    headers = tuple(HEADERS.items())
    return [_exchange(bodies[number % 2], headers, number) for number in range(STEPS)]


def _exchange(body: bytes, headers: tuple[tuple[str, str], ...], number: int) -> Exchange:
    said = answer("other", number % 2)
    response = Response(200, headers, Body.of(said), (len(said),), (1,))
    return Exchange(Request("POST", "http://127.0.0.1/v1/messages", headers, Body.of(body)), response, began=number)
