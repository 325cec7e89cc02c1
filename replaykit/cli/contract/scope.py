"""What a learned contract binds to, in words: versions of its interface, and hosts at which it does not hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from replaykit.config import gateway
from replaykit.core.contract.bound import Parsed
from replaykit.core.contract.infer import unbound
from replaykit.core.plain import line, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from replaykit.core.contract.bound import Gateways
    from replaykit.core.contract.model import Binds
    from replaykit.core.model import Exchange


_WIDE = 200
"""Characters of a host, or of versions."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a draft holds for, next to what it was learned from.

    `gateways` and `strangers` are hosts that answered in the provider's stead: those that a project has declared,
    and others, at which the contract does not hold. `unbound` are headers that name a version, and bind nothing.
    """

    binds: Binds
    gateways: tuple[str, ...]
    strangers: tuple[str, ...]
    unbound: Mapping[str, str]

    @property
    def document(self) -> dict[str, Any]:
        """The same as JSON."""
        versions = {name: list(values) for name, values in self.binds.versions.items()}
        hosts = {"gateways": list(self.gateways), "strangers": list(self.strangers)}
        return {"versions": versions, "unbound": dict(self.unbound), **hosts}

    def lines(self) -> Iterator[str]:
        """What a person should know of it, and how the rest is bound."""
        if self.binds.versions:
            versions = [f"{name} {listed(values)}" for name, values in self.binds.versions.items()]
            yield line(f"binds to {listed(versions)}", _WIDE)
        for name, value in self.unbound.items():
            entry = f'"versions": {json.dumps({name: [value]})}'
            yield f"{line(name)} was {value} each time; for that version alone: {entry} in the binds of the draft"
        if self.gateways:
            yield f"answered by {_told(self.gateways)} in place of {self.binds.host}"
        if self.strangers:
            setting = gateway(self.strangers[0], self.binds.provider)
            yield f"answered by {_told(self.strangers)}, where it does not hold: {setting}"


def scope(exchanges: Sequence[Exchange], binds: Binds, gateways: Gateways) -> Scope:
    """What a contract that was learned from these exchanges holds for."""
    asked = [Parsed(each.request, gateways) for each in exchanges]
    near = {each.elsewhere(binds) for each in asked if each.reaches(binds)}
    far = {each.elsewhere(binds) for each in asked if not each.reaches(binds)}
    return Scope(binds, _sorted(near), _sorted(far), unbound(exchanges, binds))


def _sorted(hosts: set[str]) -> tuple[str, ...]:
    return tuple(sorted(hosts - {""}))


def _told(hosts: Sequence[str]) -> str:
    return listed([line(each, _WIDE) for each in hosts])
