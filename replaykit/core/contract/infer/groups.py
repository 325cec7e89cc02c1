"""What there is to infer in recordings: exchanges by the operation that they ask for.

    a request                            belongs to
    whose operation a provider knows     `anthropic.messages`, at whatever host
    any other                            method, host and path, with `{id}` for what looks like one, or
                                         as a person wrote it: `/orders/{order}` means any order

Law: pure. A path is made of words; digits, UUIDs and digests in it are data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.bound import Parsed, on
from replaykit.core.contract.model import Binds
from replaykit.providers import registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replaykit.core.model import Exchange, Request

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1", "0.0.0.0"})  # noqa: S104 - a name, not a door

_ID: Final = re.compile(
    r"\d+|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-Fa-f]{12,}"
    r"|[A-Za-z]{1,16}[_-]\d{5,}|(?=[^/]*\d)[A-Za-z]{1,16}[_-][A-Za-z0-9]{8,}|(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_-]{20,}"
)
_VAGUE: Final = frozenset({"rest", "http", "jsonrpc", "close", "listen", "send"})
"""Operations that are whatever is left."""


@dataclass(frozen=True, slots=True)
class Group:
    """The exchanges of one operation. `name` is what its contract may be called, `binds` what it is about."""

    name: str
    binds: Binds
    exchanges: tuple[Exchange, ...]


def operations(exchanges: Iterable[Exchange], host: str = "", path: str = "") -> tuple[Group, ...]:
    """What there is to infer, by name; with `host` only what was asked of that one. What is on `path` is one thing.

    What has no address that can be read is left out: nobody can be asked so.
    """
    found: dict[tuple[str, str, str, str, str], list[Exchange]] = {}
    for exchange in exchanges:
        parsed = Parsed(exchange.request)
        if parsed.host and host in ("", parsed.host):
            found.setdefault(_key(parsed, path), []).append(exchange)
    groups = [Group(_name(*key), _binds(*key), tuple(group)) for key, group in sorted(found.items())]
    return _told_apart(groups)


def binds_of(request: Request) -> Binds:
    """What a request's contract would be about."""
    return _binds(*_key(Parsed(request)))


def template(path: str) -> str:
    """A path with `{id}` for every segment that is data."""
    return "/".join("{id}" if _ID.fullmatch(part) else part for part in path.rstrip("/").split("/")) or "/"


def _key(parsed: Parsed, path: str = "") -> tuple[str, str, str, str, str]:
    """Provider and operation, or method, host and path: `path` itself, where it means the request's."""
    provider, operation = parsed.wire
    if provider.name != "other" and operation.name not in _VAGUE:
        return provider.name, operation.name, "", "", ""
    its = parsed.url.path
    meant = path if "{" in path and on(its, path) else template(its)
    return "", "", parsed.request.method.upper(), parsed.host, meant


def _binds(provider: str, operation: str, method: str, host: str, path: str) -> Binds:
    if not provider:
        return Binds(host=host, method=method, path=path)
    promise = registry.promise(provider, operation)
    return Binds(provider, operation, promise.host, promise.method, promise.path)


def _name(provider: str, operation: str, method: str, host: str, path: str) -> str:
    if provider:
        return _words(provider) + "." + ".".join(_words(part) for part in operation.split("."))
    labels = [part for part in host.split(".") if part not in ("api", "www")]
    whose = "local" if host in LOOPBACK or not labels else labels[-2] if len(labels) > 1 else labels[0]
    words = [_words(part) for part in path.split("/") if part and part != "{id}" and not re.fullmatch(r"v\d+", part)]
    one = ["one"] if path.endswith("{id}") else []
    verb = [] if method in ("GET", "POST") else [_words(method)]
    return ".".join([_words(whose), "-".join(filter(None, [*words, *one, *verb])) or "root"])


def _words(text: str) -> str:
    """A text as a part of a name."""
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")[:40] or "x"


def _told_apart(groups: list[Group]) -> tuple[Group, ...]:
    """The groups, those of one name told apart by their method, then by a number."""
    taken: dict[str, Group] = {}
    for group in groups:
        names = (group.name, f"{group.name}-{group.binds.method.lower()}")
        numbered = (f"{group.name}-{number}" for number in range(2, len(groups) + 2))
        name = next(name for name in (*names, *numbered) if name not in taken)
        taken[name] = replace(group, name=name)
    return tuple(sorted(taken.values(), key=lambda group: group.name))
