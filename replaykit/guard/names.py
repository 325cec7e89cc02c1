"""Hosts and their addresses: which name a program asked for when it connects to an address.

Law: bounded memory, and no question to anybody; what is not known is called by its address.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

REMEMBERED = 4096
"""Addresses remembered at most; a crawler must not grow without end."""


class _Lookup:
    """One answer of the resolver: the name, and which of its addresses have been tried."""

    __slots__ = ("name", "tried")

    def __init__(self, name: str) -> None:
        self.name = name
        self.tried: set[str] = set()


class Names:
    """What the resolver has answered in this process, newest first to go by."""

    __slots__ = ("_lookups",)

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lookups: dict[str, _Lookup] = {}

    def remember(self, name: str, addresses: Iterable[str]) -> None:
        """These are the addresses of this name from now on."""
        lookup = _Lookup(name)
        for address in addresses:
            self._lookups.pop(address, None)
            self._lookups[address] = lookup
        while len(self._lookups) > REMEMBERED:
            self._lookups.pop(next(iter(self._lookups)), None)

    def name(self, address: str) -> str:
        """The name that was asked for when this address was given; without one, the address."""
        lookup = self._lookups.get(address)
        return lookup.name if lookup else address

    def again(self, address: str) -> bool:
        """Whether this is another try at the same connection: a name's next address after its first failed."""
        lookup = self._lookups.get(address)
        if lookup is None:
            return False
        fallback = bool(lookup.tried) and address not in lookup.tried
        if not fallback:
            lookup.tried.clear()
        lookup.tried.add(address)
        return fallback


def literal(host: str) -> bool:
    """Whether this is an address already, so that nobody has to be asked."""
    plain = host.partition("%")[0]
    return any(_packed(family, plain) is not None for family in (socket.AF_INET, socket.AF_INET6))


def local(host: str) -> bool:
    """Whether this is the machine itself: loopback by name or address, or its own name."""
    name = host.rstrip(".").lower()
    if name in ("", "localhost", "0.0.0.0", "::") or name.endswith(".localhost"):  # noqa: S104 -- compared, not bound
        return True
    packed = _packed(socket.AF_INET, name)
    if packed is not None:
        return packed[0] == 127  # noqa: PLR2004 -- 127.0.0.0/8, RFC 1122
    packed = _packed(socket.AF_INET6, name.partition("%")[0])
    if packed is not None:
        return packed == _LOOPBACK or (packed.startswith(_MAPPED) and packed[12] == 127)  # noqa: PLR2004 -- as above
    return name == socket.gethostname().lower()


_LOOPBACK = bytes(15) + b"\x01"
_MAPPED = bytes(10) + b"\xff\xff"
"""How an IPv4 address begins inside IPv6 (RFC 4291, 2.5.5.2)."""


def _packed(family: socket.AddressFamily, host: str) -> bytes | None:
    """The bytes of an address, or None for anything else."""
    try:
        return socket.inet_pton(family, host)
    except (OSError, ValueError):
        return None
