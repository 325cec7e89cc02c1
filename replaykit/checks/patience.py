"""Patience with a service: connections that are ended when it is over, wherever somebody waits for them.

A client's own limits count from byte to byte: a head that comes letter by letter never counts as silent.

Law: what is ended are the connections that were told of, and nothing else.
"""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Patience:
    """The connections of one client, which tells of them by `noted` (the `trace` of httpx's requests)."""

    def __init__(self) -> None:
        """There is no connection yet."""
        self._lines: list[socket.socket] = []

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """A stretch that may take so long; then who reads from a connection finds it ended."""
        timer = threading.Timer(seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def noted(self, event: str, info: Mapping[str, Any]) -> None:
        """Take down a connection that was made; one with TLS takes the place of the bare one."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._lines.append(info["return_value"].get_extra_info("socket"))

    def _end(self) -> None:
        for each in self._lines:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._lines.clear()
