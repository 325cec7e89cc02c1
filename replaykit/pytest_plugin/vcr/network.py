"""`block_network`: every connection of a test is refused, but for hosts that are allowed.

Law: as pytest-recording has it: this machine's own servers are refused like any other, and the error is
a RuntimeError with its words. Only the interpreter's own sockets are covered.
"""

from __future__ import annotations

import re
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@contextmanager
def blocked(allowed: Sequence[str]) -> Iterator[None]:
    """Refuse connections, but to hosts whose beginning one of these expressions matches."""
    patterns = [re.compile(each) for each in allowed]
    kept = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}
    own = {name: name in vars(socket.socket) for name in kept}
    try:
        for name, original in kept.items():
            setattr(socket.socket, name, _guarded(original, patterns))
        yield
    finally:
        for name, original in kept.items():
            if own[name]:
                setattr(socket.socket, name, original)
            else:
                delattr(socket.socket, name)


def _guarded(original: Callable[..., Any], allowed: Sequence[re.Pattern[str]]) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any) -> Any:
        host = _host(self, address)
        if any(pattern.match(host) for pattern in allowed):
            return original(self, address)
        raise RuntimeError(f"Network is disabled for host {host!r}")

    return connect


def _host(endpoint: socket.socket, address: Any) -> str:
    """The host of an address; the path of a Unix socket."""
    if endpoint.family in (socket.AF_INET, socket.AF_INET6):
        address = address[0]
    return address.decode(errors="replace") if isinstance(address, bytes | bytearray) else str(address)
