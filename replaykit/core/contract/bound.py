"""Which contract an exchange belongs to.

    the contract's             is compared with
    provider and operation     what `providers` makes of the request, at the contract's host or on this machine
    host, method and path      the request's own, where no provider is named; `{…}` is any one segment
    versions                   the request's headers: which of several versions of a contract applies

Law: pure. Many speak the wire of one provider, each with fields of its own: what they answer keeps no promise of
that provider, and breaks none. A host may be a pattern (`*.example.com`).
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from replaykit.core.model import header
from replaykit.providers import registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from replaykit.core.contract.model import Binds, Contract
    from replaykit.core.model import Headers, Request

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def applying(contracts: Iterable[Contract], request: Request) -> Iterator[Contract]:
    """The contracts of a request: of each name the newest version that binds to what is asked for, else the newest."""
    named: dict[str, list[Contract]] = {}
    for each in contracts:
        named.setdefault(each.name, []).append(each)
    asked = _Asked(request)
    for versions in named.values():
        about = sorted((each for each in versions if asked.fits(each.binds)), key=_number, reverse=True)
        if about:
            yield next((each for each in about if not strange(each.binds, request.headers)), about[0])


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


class _Asked:
    """A request, as contracts bind to it; its provider is found when somebody asks."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._url = urlsplit(request.url)
        self._operation: tuple[str, str] | None = None

    def fits(self, binds: Binds) -> bool:
        """Whether a contract is about this request."""
        if binds.provider:
            near = self._at(binds.host) or (self._url.hostname or "") in _LOOPBACK
            return near and self._provided() == (binds.provider, binds.operation)
        same = self._request.method.upper() == binds.method.upper()
        return same and self._at(binds.host) and on(self._url.path, binds.path)

    def _provided(self) -> tuple[str, str]:
        if self._operation is None:
            request = self._request
            document = registry.document_of(request)
            provider, operation = registry.find(request.method, request.url, request.headers, document)
            self._operation = (provider.name, operation.name)
        return self._operation

    def _at(self, host: str) -> bool:
        mine = self._url.hostname or ""
        return not host or fnmatchcase(mine, host) or (mine in _LOOPBACK and host in _LOOPBACK)
