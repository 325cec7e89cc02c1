"""Which contract an exchange belongs to.

    the contract's             is compared with
    provider and operation     what `providers` makes of the request, where it went to the contract's host, to this
                               machine, or through a gateway of the project's to that provider
    host, method and path      the request's own, where no provider is named; `{…}` is any one segment
    versions                   the request's headers: which of several versions of a contract applies

A probe stands beside its contract, so it is held to that one wherever it was sent: hosts do not count, nor does what
a gateway has before the path.

Law: pure. Many speak the wire of one provider, each with fields of their own: what they answer keeps no promise of
that provider, and breaks none, unless a project says that they are its gateway to it. A host may be a pattern
(`*.example.com`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urlsplit

from replaykit.core.model import header
from replaykit.providers import registry
from replaykit.providers.shape import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from urllib.parse import SplitResult

    from replaykit.core.contract.model import Binds, Contract
    from replaykit.core.model import JSON, Headers, Request
    from replaykit.providers import Operation, Provider

Gateways: TypeAlias = "Mapping[str, tuple[str, ...]]"
"""Hosts or patterns of hosts, with a port or without, and the providers to which each of them passes requests on."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

_PORTS: Final = {"http": 80, "https": 443}
"""Where a URL goes that names no port."""


@dataclass(frozen=True)
class Parsed:
    """A request as contracts look at it: its document is read once, and only if somebody asks.

    `gateways` are those of the project whose contracts these are.
    """

    request: Request
    gateways: Gateways = field(default_factory=dict)

    @cached_property
    def url(self) -> SplitResult:
        """The parts of its URL; empty ones where it cannot be split."""
        try:
            return urlsplit(self.request.url)
        except ValueError:
            return urlsplit("")

    @property
    def host(self) -> str:
        """The host that it was sent to, without a port; empty when its URL names none."""
        return self.url.hostname or ""

    @cached_property
    def document(self) -> JSON:
        """The JSON of its body, integers of any size kept; None when it has none."""
        body = self.request.body
        return parse(body.data) if body.size else None

    @cached_property
    def wire(self) -> tuple[Provider, Operation]:
        """Whose wire it speaks, and what it asks for."""
        request = self.request
        return registry.find(request.method, request.url, request.headers, self.document)

    def at(self, host: str) -> bool:
        """Whether it was sent to a host, or to one that a pattern means; no host means any."""
        return not host or fnmatchcase(self.host, host) or (self.host in _LOOPBACK and host in _LOOPBACK)

    def asks(self, binds: Binds, on: Callable[[str, str], bool]) -> bool:
        """Whether it asks for what a contract is about, wherever it was sent; `on` compares path and template."""
        if binds.provider:
            provider, operation = self.wire
            return (provider.name, operation.name) == (binds.provider, binds.operation)
        return self.request.method.upper() == binds.method.upper() and on(self.url.path, binds.path)

    def reaches(self, binds: Binds) -> bool:
        """Whether it went where a contract's promises are kept."""
        if not binds.provider:
            return self.at(binds.host)
        return self.at(binds.host) or self.host in _LOOPBACK or bool(self._gateway(binds.provider))

    def elsewhere(self, binds: Binds) -> str:
        """The host that has answered it in place of the contract's own: a gateway's, as a rule; else empty.

        With the port where a project tells its gateways apart by it.
        """
        if binds.host and self.at(binds.host):
            return ""
        if gateway := self._gateway(binds.provider):
            return f"{self.host}:{self._port}" if ":" in gateway else self.host
        return "" if not binds.host or self.host in _LOOPBACK else self.host

    def _gateway(self, provider: str) -> str:
        """The gateway to a provider through which it went, as the project has it; empty when it went through none."""
        if not provider or not self.gateways:
            return ""
        return next((each for each, to in self.gateways.items() if provider in to and self._through(each)), "")

    def _through(self, gateway: str) -> bool:
        host, _, port = gateway.partition(":")
        return bool(self.host) and fnmatchcase(self.host, host) and (not port or port == str(self._port))

    @property
    def _port(self) -> int | None:
        try:
            return self.url.port or _PORTS.get(self.url.scheme)
        except ValueError:
            return None


def applying(contracts: Iterable[Contract], parsed: Parsed) -> Iterator[Contract]:
    """The contracts of a request: of each name the newest version that binds to what is asked for, else the newest."""
    named: dict[str, list[Contract]] = {}
    for each in contracts:
        named.setdefault(each.name, []).append(each)
    for versions in named.values():
        about = [each for each in versions if parsed.reaches(each.binds) and parsed.asks(each.binds, on)]
        if about:
            yield _chosen(about, parsed)


def beside(contracts: Iterable[Contract], name: str, parsed: Parsed) -> Contract | None:
    """The version of a contract that a probe of it is held to; None for one that asks for something else."""
    about = [each for each in contracts if each.name == name and parsed.asks(each.binds, behind)]
    return _chosen(about, parsed) if about else None


def settled(contracts: Iterable[Contract], name: str, recorded: Iterable[Request]) -> tuple[Contract, ...]:
    """The versions of a contract that bind to what was recorded, the newest first; none where nothing says which."""
    mine = [each for each in contracts if each.name == name and each.binds.versions]
    found = {
        each.version: each
        for request in recorded
        for each in mine
        if any(header(request.headers, asked) for asked in each.binds.versions)
        and not strange(each.binds, request.headers)
    }
    return tuple(sorted(found.values(), key=_number, reverse=True))


def _chosen(about: Sequence[Contract], parsed: Parsed) -> Contract:
    """Of versions of one contract the newest that binds to the version that is asked for, else the newest."""
    newest = sorted(about, key=_number, reverse=True)
    return next((each for each in newest if not strange(each.binds, parsed.request.headers)), newest[0])


def _number(contract: Contract) -> tuple[int, ...]:
    """A contract's version as numbers; a draft, which has none, is the newest."""
    return tuple(map(int, contract.version.split("."))) if contract.version else (1 << 30,)


def strange(binds: Binds, headers: Headers) -> list[tuple[str, str]]:
    """The headers of a request that ask for a version or a beta to which the contract does not bind."""
    found = []
    for name, values in (*binds.versions.items(), *binds.betas.items()):
        asked = header(headers, name)
        told = [asked] if name in binds.versions else [each.strip() for each in asked.split(",")]
        found += [(name, each) for each in told if each and not any(fnmatchcase(each, value) for value in values)]
    return found


def classed(status: str, code: int) -> bool:
    """Whether a status is of a class: `2XX`, or one status, `404`."""
    text = str(code)
    return len(status) == len(text) and all(mine in ("X", "x", its) for mine, its in zip(status, text, strict=True))


def on(path: str, template: str) -> bool:
    """Whether a path is one that a template means: `/orders/{id}` means any order."""
    mine, its = path.rstrip("/").split("/"), template.rstrip("/").split("/")
    return len(mine) == len(its) and all(
        its_part == part or (its_part.startswith("{") and its_part.endswith("}"))
        for part, its_part in zip(mine, its, strict=True)
    )


def behind(path: str, template: str) -> bool:
    """Whether a path ends as a template says: what stands before that is where a gateway has it."""
    its, mine = template.strip("/").split("/"), path.strip("/").split("/")
    return on("/".join(mine[-len(its) :]), "/".join(its))
