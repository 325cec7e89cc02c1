"""The one audit hook of this process, and what it makes of each event.

Law: with no guard active it does nothing, and whatever is not ours to see costs one look into a
dictionary. A hook cannot be taken out again (PEP 578), so that it is put in once, when the first
guard starts.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import suppress
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

from replaykit.errors import Unreachable
from replaykit.guard.library import library
from replaykit.guard.names import Names, literal, local

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    from replaykit.core.model import Unseen

    Arguments = tuple[Any, ...]

OURS: ContextVar[bool] = ContextVar("replaykit_ours", default=False)

_NETWORK = (socket.AF_INET, socket.AF_INET6)


class Watcher(Protocol):
    """Somebody who wants to know; see `Guard` for what the attributes mean."""

    @property
    def note(self) -> Callable[[Unseen], None]:
        """Receives what was not seen."""

    @property
    def refuse(self) -> bool:
        """Whether connections beyond this machine are refused."""

    @property
    def told(self) -> tuple[str, str]:
        """Who refuses, and what can be done about it."""

    @property
    def allow(self) -> Callable[[str], bool]:
        """Whether a host may be reached all the same."""

    @property
    def spawn(self) -> Callable[[tuple[str, ...]], None]:
        """Receives the words of a command that starts a Python."""


class Watch:
    """The guards of this process, and the names that were looked up while one was active."""

    def __init__(self) -> None:
        """Begin without a guard and without a hook."""
        self._guards: tuple[Watcher, ...] = ()
        self._names = Names()
        self._heard: WeakSet[socket.socket] = WeakSet()
        self._lock = threading.Lock()
        self._hooked = False
        self._unwrap: Callable[[], None] | None = None
        self._listener: tuple[Any, Any] = (None, None)

    def add(self, guard: Watcher) -> None:
        """Tell this guard, too; it counts once."""
        with self._lock:
            if guard not in self._guards:
                self._guards = (*self._guards, guard)
            if not self._hooked:
                self._hooked = True
                self._hook()
            if self._unwrap is None:
                self._unwrap = self._listen()

    def remove(self, guard: Watcher) -> None:
        """Tell this guard no longer; after the last one nothing is left to hear."""
        with self._lock:
            self._guards = tuple(other for other in self._guards if other is not guard)
            if not self._guards and self._unwrap is not None:
                self._unwrap()
                self._unwrap = None

    def _hook(self) -> None:
        """Put in the hook; it holds all it needs, since at exit the names of modules vanish first."""
        events: dict[str, Callable[[Arguments], None]] = {
            "socket.connect": self._connect,
            "socket.sendto": self._send,
            "socket.sendmsg": self._send,
            "socket.getaddrinfo": self._resolve,
            "socket.gethostbyname": self._resolve,
            "subprocess.Popen": lambda found: self._start(_words(found[0], found[1])),
            "os.posix_spawn": self._spawn,
            "os.exec": self._execute,
            "os.system": lambda found: self._start(["sh", "-c", found[0]]),
        }

        def hook(event: str, found: Arguments, handlers: Any = events.get, watch: Watch = self) -> None:  # noqa: ANN401
            handler = handlers(event)
            if handler is not None and watch._guards:  # its own
                handler(found)

        sys.addaudithook(hook)

    def _listen(self) -> Callable[[], None]:
        """Remember what the resolver answers; the result takes that back."""
        original, listener = self._listener
        if socket.getaddrinfo not in (original, listener):  # a suite begins and ends the same watch for each test,
            original = socket.getaddrinfo  # and what it patched in one of them, it may undo after it
            listener = self._listening(original)
            self._listener = original, listener

        def unwrap() -> None:
            """Put the original back, unless somebody has wrapped ours since."""
            if socket.getaddrinfo is listener:
                socket.getaddrinfo = original

        socket.getaddrinfo = listener
        return unwrap

    def _listening(self, original: Any) -> Any:  # noqa: ANN401 -- a function as it stands in `socket`
        """A resolver that remembers what this one answers."""

        @wraps(original)
        def getaddrinfo(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 -- whatever it is called with
            answers = original(*arguments, **named)
            host = _host(arguments[0] if arguments else named.get("host"))
            if host and self._guards and not literal(host):
                self._names.remember(host, (str(answer[4][0]) for answer in answers))
            return answers

        return getaddrinfo

    def _connect(self, found: Arguments) -> None:
        """Somebody opens a connection."""
        endpoint, address = found
        if endpoint.family in _NETWORK and not OURS.get():
            host = _host(address[0])
            self._reached(self._names.name(host), host, sys._getframe(1), quiet=self._names.again(host))  # noqa: SLF001

    def _send(self, found: Arguments) -> None:
        """Somebody sends a datagram; a socket is noted once, however many it sends."""
        endpoint, address = found
        if address and endpoint.family in _NETWORK and not OURS.get():
            host, quiet = _host(address[0]), endpoint in self._heard
            with suppress(TypeError):  # the C type itself, which takes no weak references
                self._heard.add(endpoint)
            self._reached(self._names.name(host), host, sys._getframe(1), quiet=quiet)  # noqa: SLF001

    def _resolve(self, found: Arguments) -> None:
        """Somebody asks for the address of a name: the first step beyond this machine."""
        host = _host(found[0])
        if not literal(host) and not local(host) and not OURS.get() and self._refusing(host):
            self._reached(host, host, sys._getframe(1), quiet=False)  # noqa: SLF001

    def _reached(self, name: str, address: str, frame: FrameType, *, quiet: bool) -> None:
        """Note it, unless it has just been; refuse it where that must be."""
        from replaykit.core.model import Unseen  # 8 ms, which most processes can do without

        by = library(frame)
        for guard in self._guards if not quiet else ():
            guard.note(Unseen(name, by))
        if not local(name) and not local(address) and (refusing := self._refusing(name)):
            who, remedy = refusing.told
            raise Unreachable(
                f"{name}: {who} opens no connection beyond this machine (asked for by {by})", remedy=remedy
            )

    def _refusing(self, name: str) -> Watcher | None:
        """The guard that refuses this host, if any."""
        return next((guard for guard in self._guards if guard.refuse and not guard.allow(name)), None)

    def _spawn(self, found: Arguments) -> None:
        """A program is started; where `subprocess` does it like this, it has said so before."""
        if sys._getframe(2).f_globals.get("__name__") != "subprocess":  # noqa: SLF001
            self._start(_words(found[0], found[1]))

    def _execute(self, found: Arguments) -> None:
        """The process becomes another program; looking for it along PATH is not yet that."""
        if os.access(found[0], os.X_OK):
            self._start(_words(found[0], found[1]))

    def _start(self, words: Sequence[object]) -> None:
        """A program is started: hand over a Python, note another."""
        from replaykit.core.model import Unseen
        from replaykit.guard.programs import program

        started = program(words)
        for guard in self._guards:
            if started.python:
                guard.spawn(tuple(_host(word) for word in words))
            elif started.name and not started.asking:
                guard.note(Unseen(started.name, "subprocess"))


def _words(executable: object, words: object) -> list[object]:
    """The words of a command line, with what is really executed at their head."""
    listed = list(words) if isinstance(words, (list, tuple)) else [words]
    return [executable or listed[0], *listed[1:]]


def _host(host: object) -> str:
    """A host (or a word) as text; absent is empty."""
    if isinstance(host, (bytes, bytearray, os.PathLike)):
        return os.fsdecode(bytes(host) if isinstance(host, bytearray) else host)
    return "" if host is None else str(host)
