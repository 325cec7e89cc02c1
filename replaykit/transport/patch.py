"""Every client of httpx and httpx2 routed through the session that it belongs to, and set free again.

Each client, however it was built (`proxy=`, `mounts`, a subclass, inside an SDK, long before the
session), asks one method which transport a URL goes to. That method is wrapped; what it returns is
wrapped in turn, so TLS, proxies and limits stay the client's own.

Law: in place only while a session is active, and taken out without a trace. What somebody else has put
around ours meanwhile stays; within it, ours does nothing.
"""

from __future__ import annotations

import sys
import threading
from functools import wraps
from typing import TYPE_CHECKING, Any

from replaykit.errors import UsageError, hide
from replaykit.imports import Watch
from replaykit.session.active import carrying, current
from replaykit.transport import Transport
from replaykit.transport.delays import DELAYS
from replaykit.transport.library import NAMES, library

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.transport.library import Library

__tracebackhide__ = hide

CLIENTS = ("Client", "AsyncClient")
ROUTE = "_transport_for_url"

POOLS = "concurrent.futures.thread"
"""The module of `ThreadPoolExecutor`: loading it takes a millisecond, and a program without threads does without."""


class Patch:
    """What was put in place, and how often it was asked for."""

    def __init__(self, route: Callable[[Any], Any]) -> None:
        """Nothing is in place yet; `route` gives the transport that takes the place of a client's own."""
        self._route = route
        self._lock = threading.RLock()
        self._users = 0
        self._undo: list[Callable[[], None]] = []
        self._made: dict[tuple[Any, str], tuple[Any, Any]] = {}
        self._patched: set[str] = set()

    def put(self) -> None:
        """Put it in place, unless it is; every call wants a `take`."""
        with self._lock:
            self._users += 1
            if self._users > 1:
                return
            watch = Watch((POOLS, *NAMES), self._imported)
            watch.start()
            self._undo.append(watch.stop)

    def take(self) -> None:
        """Take it out, when nobody else needs it."""
        with self._lock:
            self._users -= 1
            if self._users == 0:
                while self._undo:
                    self._undo.pop()()
                self._patched.clear()
                DELAYS.restore()

    def library(self, name: str) -> None:
        """Route the clients of a library that has been imported."""
        with self._lock:
            if name in self._patched or not self._users:
                return
            if not all(hasattr(sys.modules[name], client) for client in CLIENTS):
                return  # another thread is still importing it, and will say so
            self._patched.add(name)
            known = library(name)
            for client in CLIENTS:
                kind = getattr(known.module, client)
                if not hasattr(kind, ROUTE):
                    raise UsageError(
                        f"{name} {getattr(known.module, '__version__', '')} is not known to this replaykit",
                        remedy="upgrade replaykit-llm, or give clients `transport=episode.transport()`",
                    )
                self._replace(kind, ROUTE, lambda original: _routing(original, known, self._through))

    def _pools(self) -> None:
        """Have what pools of threads are given take its session along."""
        with self._lock:
            pool = getattr(sys.modules[POOLS], "ThreadPoolExecutor", None)  # None: as above
            if pool is not None and self._users and POOLS not in self._patched:
                self._patched.add(POOLS)
                self._replace(pool, "submit", _carrying)

    def _imported(self, name: str) -> None:
        if name == POOLS:
            self._pools()
        else:
            self.library(name)

    def _through(self, inner: Any) -> Any:
        return self._route(inner) if self._users else inner

    def _replace(self, owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
        now = getattr(owner, name)
        original, made = self._made.get((owner, name), (None, None))
        if now not in (original, made):  # a suite puts the same in place for each of its tests, and its own over it
            original, made = now, wrap(now)
            self._made[owner, name] = original, made
        setattr(owner, name, made)
        self._undo.append(lambda: _put_back(owner, name, made, original))


def _put_back(owner: Any, name: str, made: Any, original: Any) -> None:
    """Have the original in its place again, unless somebody has replaced ours since."""
    if getattr(owner, name) is made:
        setattr(owner, name, original)


def _routing(original: Any, known: Library, route: Callable[[Any], Any]) -> Any:
    """A client's method that takes the network's transports through `route`."""

    @wraps(original)
    def transport_for_url(client: Any, url: Any) -> Any:
        inner = original(client, url)
        return inner if known.is_local(inner) else route(inner)

    return transport_for_url


def _through_session(inner: Any) -> Any:
    """The transport through the session that this context belongs to; a client's own where there is none."""
    if isinstance(inner, Transport):
        return inner
    session = current()
    return inner if session is None else Transport(session, inner)


def _carrying(original: Any) -> Any:
    """`submit` that takes the caller's session along."""

    @wraps(original)
    def submit(executor: Any, function: Any, /, *arguments: Any, **named: Any) -> Any:
        return original(executor, carrying(function), *arguments, **named)

    return submit


PATCH = Patch(_through_session)
"""The one patch of this process that routes clients through sessions."""
