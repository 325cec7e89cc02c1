"""Exchanges against the contracts that apply to them: the adopted ones, with their validators.

Law: a contract that applies to no exchange compiles nothing, and what validates is imported by the first that does.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from replaykit.core.contract.bound import Parsed, applying, beside
from replaykit.core.contract.check import Check
from replaykit.core.contract.drift import Seen
from replaykit.core.model import header

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.contracts.registry import Registry
    from replaykit.core.contract.bound import Gateways
    from replaykit.core.contract.check import Checked
    from replaykit.core.contract.model import Contract
    from replaykit.core.model import Episode, Exchange, Request


class Checks:
    """Contracts that are ready to look at exchanges."""

    def __init__(self, contracts: Sequence[Contract], gateways: Gateways | None = None) -> None:
        """Nothing is compiled before an exchange needs it. `gateways` are the project's (`Config.gateways`)."""
        self.contracts = tuple(contracts)
        self._gateways = gateways or {}
        self._ready: dict[tuple[str, str], Check] = {}

    def exchange(self, exchange: Exchange) -> Iterator[Checked]:
        """What each contract that applies has to say of an exchange."""
        parsed = self.parsed(exchange.request)
        return (check.exchange(exchange, parsed) for check in self.applying(parsed))

    def episode(self, episode: Episode) -> Iterator[Seen]:
        """What contracts have to say of an episode's exchanges, in their order."""
        for exchange in episode.exchanges:
            day = day_of(episode.span.began) if episode.span.began else _dated(exchange)
            for checked in self.exchange(_cut(exchange) if episode.origin.source else exchange):
                yield Seen(checked, episode.name if episode.state == "accepted" else episode.id, day)

    def parsed(self, request: Request) -> Parsed:
        """A request, to be read once by all that look at it."""
        return Parsed(request, self._gateways)

    def applying(self, parsed: Parsed) -> Iterator[Check]:
        """The contracts of a request, each with its validators."""
        return map(self._check, applying(self.contracts, parsed))

    def beside(self, name: str, parsed: Parsed) -> Check | None:
        """The contract that a probe of it is held to, wherever it was sent; None where it asks for something else."""
        contract = beside(self.contracts, name, parsed)
        return None if contract is None else self._check(contract)

    def _check(self, contract: Contract) -> Check:
        key = (contract.name, contract.version)
        if key not in self._ready:
            from replaykit.contracts.validators import Validators

            self._ready[key] = Check(contract, Validators(contract))
        return self._ready[key]


def adopted(registry: Registry, *, edited: bool = False) -> tuple[Contract, ...]:
    """Every version of the contracts that a project has adopted; with `edited`, drafts in their place."""
    found: list[Contract] = []
    drafts = registry.drafts() if edited else ()
    for name in sorted({*registry.names, *drafts}):
        draft = registry.draft(name) if name in drafts else None
        found += [draft] if draft is not None else registry.history(name)
    return tuple(found)


def day_of(seconds: float) -> str:
    """The day of a moment in Unix seconds, in UTC, as ISO has it."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def today() -> str:
    """The day that it is in UTC, as ISO has it: nights in different places are the same."""
    return day_of(time.time())


def _dated(exchange: Exchange) -> str:
    """The day that an answer names, as of an imported episode nobody knows when it was; empty when it names none."""
    date = header(exchange.response.headers, "date") if exchange.response is not None else ""
    try:
        return parsedate_to_datetime(date).date().isoformat()
    except (ValueError, OverflowError):  # the year 99999999999
        return ""


def _cut(exchange: Exchange) -> Exchange:
    """An exchange of another recorder: one that kept nothing of an answer has lost it, as some do of chunked ones."""
    response = exchange.response
    return replace(exchange, left=True) if response is not None and not response.body.size else exchange
