"""One probe at a time: what became of it, and what its answer says of its contract.

    the probe                               state
    is not to be sent                       skipped
    lacks a variable                        no key
    got no answer that says anything        failed: no connection, a limit, an outage, a key that is not taken
    got an answer                           ran

    the answer's status                     finding
    is the one that is promised             those of the contract
    404, and names the model                mod.gone
    any other                               err.status.changed, and those of the contract's errors

Law: a probe is never answered by anything but its service, and what was not sent did not run.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from replaykit.checks.canary import canary
from replaykit.checks.models import Models, gone
from replaykit.checks.sending import Sending
from replaykit.contracts.checking import Checks, today
from replaykit.contracts.probes import NoKey, filled, read
from replaykit.contracts.registry import PROBES
from replaykit.core.contract.bound import classed
from replaykit.core.contract.check import Checked, hosted
from replaykit.core.contract.drift import Seen
from replaykit.core.contract.faults import Where, finding, graded
from replaykit.core.contract.model import Finding
from replaykit.core.model import Body, Request
from replaykit.core.plain import counted, line, listed
from replaykit.core.steps import Asked
from replaykit.errors import ReplayError
from replaykit.providers.shape import print_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from replaykit.checks.cap import Allowance
    from replaykit.config import Config
    from replaykit.contracts.probes import Probe
    from replaykit.core.contract.bound import Parsed
    from replaykit.core.contract.check import Check
    from replaykit.core.contract.grades import Direction
    from replaykit.core.contract.model import Contract
    from replaykit.core.model import Exchange
    from replaykit.report.drift import State

KEYLESS: Final = frozenset({401, 403})
"""How a service answers that does not take a key."""

_ERRORS: Final = 400


@dataclass(frozen=True, slots=True)
class Probed:
    """What became of a probe, or of the recordings of a contract.

    `why` says why it did not run, `seen` what exchanges had to say; `problems` fail the run whatever that was.
    """

    contract: str
    version: str
    probe: str
    state: State
    why: str = ""
    seen: tuple[Seen, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def document(self) -> dict[str, Any]:
        """The same as JSON, for other processes; `probed` reads it."""
        seen = [
            {"looked": sorted(each.checked.looked), "episode": each.episode, "day": each.day, "host": each.checked.host}
            | {"version": each.checked.contract.version, "findings": [asdict(one) for one in each.checked.findings]}
            for each in self.seen
        ]
        fields = {name: getattr(self, name) for name in ("contract", "version", "probe", "state", "why")}
        return {**fields, "seen": seen, "problems": list(self.problems)}


def probed(document: Mapping[str, Any], contracts: Sequence[Contract]) -> Probed:
    """What became of a probe, as another process has it."""
    known = {(each.name, each.version): each for each in contracts}
    name = document["contract"]
    seen = tuple(
        Seen(_checked(known[name, each["version"]], each), each["episode"], each["day"]) for each in document["seen"]
    )
    fields = {key: document[key] for key in ("version", "probe", "state", "why")}
    return Probed(name, **fields, seen=seen, problems=tuple(document["problems"]))


def _checked(contract: Contract, document: Mapping[str, Any]) -> Checked:
    looked: frozenset[Direction] = frozenset(document["looked"])
    return Checked(contract, looked, tuple(Finding(**each) for each in document["findings"]), document["host"])


class Night:
    """The probes of a project's contracts, one run of them."""

    def __init__(
        self, config: Config, contracts: Sequence[Contract], allowance: Allowance, store: Path | None = None
    ) -> None:
        """`contracts` are all versions of those that are adopted, `store` where it is kept; nothing is sent yet."""
        path = store or config.store_path
        self._folder = config.contract_folder
        self._newest = {each.name: each for each in contracts}
        self._checks = Checks(contracts, config.gateways)
        self._today = today()
        self._sending = Sending(config, path, allowance)
        self.probes = {name: read(self._folder, self._folder / name / PROBES) for name in self._newest}
        self._models = Models(config, path, self._asked(), self._today)

    def probe(self, contract: str, name: str) -> Probed:
        """What became of a probe of a contract, by its name."""
        probe = next(each for each in self.probes[contract] if each.name == name)
        told = Probed(contract, self._newest[contract].version, name, "skipped")
        if not probe.send:
            return replace(told, why=f"send = false in {self._folder.name}/{contract}/{PROBES}")
        try:
            ready = filled(probe, os.environ)
            if isinstance(ready, NoKey):
                verb = "is" if len(ready.names) == 1 else "are"
                return replace(told, state="no key", why=f"{listed(ready.names)} {verb} not set")
            return self._sent(told, ready)
        except ReplayError as error:
            return replace(told, state="failed", why=str(error))

    def close(self) -> tuple[str, ...]:
        """What could not be kept, now that nothing more is sent."""
        return self._sending.close()

    def _sent(self, told: Probed, probe: Probe) -> Probed:
        contract = self._newest[told.contract]
        sent = self._sending.send(probe, lambda status: _meant(probe, contract, status))
        exchange = sent.exchange
        if exchange is None or exchange.response is None:
            return replace(told, state="failed", why=sent.why)
        address, status = Asked(exchange.request).address, exchange.response.status
        if status in KEYLESS and not _meant(probe, contract, status):
            return replace(told, state="failed", why=f"{address} does not take the key: it answered {status}")
        parsed = self._checks.parsed(exchange.request)
        check = self._checks.beside(contract.name, parsed)
        if check is None:
            return replace(told, state="failed", why=_not_about(contract, parsed, address))
        checked = self._looked(check, probe, exchange, parsed)
        blind = canary(check, exchange, parsed)
        seen = Seen(checked, self._sending.id, self._today)
        return replace(told, state="ran", seen=(seen,), problems=(blind,) if blind else ())

    def _looked(self, check: Check, probe: Probe, exchange: Exchange, parsed: Parsed) -> Checked:
        """What an answer has to say, of its contract and of models."""
        checked, contract = check.exchange(exchange, parsed), check.contract
        assert exchange.response is not None  # noqa: S101 - see `_sent`
        status = exchange.response.status
        if _meant(probe, contract, status):
            found = self._told(contract, probe, exchange)
        elif lost := gone(contract, exchange):
            found = tuple(hosted((lost,), checked.host))
            return replace(checked, looked=checked.looked | {"models"}, findings=found)
        else:
            found = (_other(contract, probe, status),)
        looked: set[Direction] = {*checked.looked, *(each.direction for each in found), "models"}
        return replace(checked, looked=frozenset(looked), findings=(*checked.findings, *hosted(found, checked.host)))

    def _told(self, contract: Contract, probe: Probe, exchange: Exchange) -> tuple[Finding, ...]:
        """What an answer says of models."""
        first = next((each.name for each in self.probes[contract.name] if each.send), "") == probe.name
        return tuple(self._models.findings(contract, exchange, self._sending.id, first=first))

    def _asked(self) -> Iterator[Request]:
        """The requests that are to be answered in this run, as far as their variables are set."""
        for probe in (each for several in self.probes.values() for each in several):
            if probe.send and probe.status < _ERRORS:
                try:
                    ready = filled(probe, os.environ)
                except ReplayError:
                    continue
                if not isinstance(ready, NoKey):
                    body = Body.of(print_json(ready.json).encode() if ready.has_body else b"")
                    yield Request(ready.method, ready.url, tuple(ready.headers.items()), body)


def costs(night: Night) -> str:
    """What all probes of a run take at most, in words: `7 probes of 3 contracts, up to 7 calls and 280 tokens`."""
    sent = [each for several in night.probes.values() for each in several if each.send]
    of = sum(1 for several in night.probes.values() if several)
    tokens = sum(each.tokens for each in sent)
    return f"{counted(len(sent), 'probe')} of {counted(of, 'contract')}, of {counted(tokens, 'token')} at most"


def _not_about(contract: Contract, parsed: Parsed, address: str) -> str:
    """That a probe asks for something else than its contract is about, wherever that is."""
    provider, operation = parsed.wire
    what = f", which is {provider.name} {line(operation.name)}" if provider.promises() else ""
    return f"{contract.title} is not about {address}{what}: correct the probe, or what the contract binds to"


def _meant(probe: Probe, contract: Contract, status: int) -> bool:
    """Whether a status is the one that a probe is to have."""
    return status == probe.status if probe.status else classed(contract.binds.status, status)


def _other(contract: Contract, probe: Probe, status: int) -> Finding:
    """That a probe has another status than it is to have."""
    wanted = probe.status or contract.binds.status
    where = Where("error", f"probe {line(probe.name)}")
    return graded(finding("err.status.changed", where, f"{wanted} → {status}"), contract.policy)
