"""A scripted HTTP/1.1 server on a loopback socket: every byte and every pause is the test's own.

Law: nothing here knows what it serves. A route maps `METHOD /path` to scripts (`tests.servers.script`),
used one after the other, the last one again and again; pauses are events, never sleeps.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from tests.servers.script import Act, Asked, Ending, Script, plain

if TYPE_CHECKING:
    import ssl

PATIENCE: Final = 10.0
"""Seconds after which a server gives up on an event that nobody sets: the test has failed by then."""

Answer: TypeAlias = Script | Callable[[Asked], Script]


@dataclass(slots=True)
class Route:
    """What is answered at one place. `deaf`: without reading the body; `ear` is told each piece of it."""

    answers: tuple[Answer, ...]
    deaf: bool = False
    ear: Callable[[bytes], None] = lambda _piece: None
    used: int = 0

    def script(self, asked: Asked) -> Script:
        """The next answer."""
        answer = self.answers[min(self.used, len(self.answers) - 1)]
        self.used += 1
        return answer if isinstance(answer, tuple) else answer(asked)


@dataclass(slots=True)
class Server:
    """A server that is listening from `start` to `stop`; `requests` and `connections` are what it saw.

    `port` is 0 for any that is free; `asked` is set once there was a request.
    """

    tls: ssl.SSLContext | None = None
    port: int = 0
    requests: list[Asked] = field(default_factory=list)
    connections: int = 0
    asked: threading.Event = field(default_factory=threading.Event)
    _routes: dict[str, Route] = field(default_factory=dict)
    _listener: socket.socket = field(default_factory=socket.socket)
    _open: set[socket.socket] = field(default_factory=set)
    _threads: list[threading.Thread] = field(default_factory=list)
    _gates: list[threading.Event] = field(default_factory=list)
    _stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def on(self, place: str, *answers: Answer, deaf: bool = False, ear: Callable[[bytes], None] | None = None) -> str:
        """The URL of a place (`GET /a`), which from now on gives these answers."""
        self._routes[place] = Route(answers, deaf, ear) if ear else Route(answers, deaf)
        return self.url + place.partition(" ")[2]

    def gate(self) -> threading.Event:
        """An event to wait for in a script; stopping the server sets it, too."""
        gate = threading.Event()
        self._gates.append(gate)
        return gate

    def start(self) -> Self:
        """The server itself, listening."""
        self._listener.close()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._spawn(self._accept)
        return self

    def stop(self) -> None:
        """From now on nothing listens here, no connection is open and no thread runs."""
        with self._lock:
            self._stopped = True
            sockets = list(self._open)
        for gate in self._gates:
            gate.set()
        for each in (self._listener, *sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(PATIENCE)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def _spawn(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                self._spawn(lambda connection=connection: self._serve(connection))  # type: ignore[misc]

    def _serve(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            connection = self.tls.wrap_socket(raw, server_side=True) if self.tls else raw
            with self._kept(connection):
                reader = Reader(connection)
                while self._answer(connection, reader):
                    pass
        raw.close()

    @contextlib.contextmanager
    def _kept(self, connection: socket.socket) -> Iterator[None]:
        """Inside, the connection is one that `stop` closes."""
        with self._lock:
            self._open.add(connection)
            if self._stopped:
                raise EOFError
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _answer(self, connection: socket.socket, reader: Reader) -> bool:
        """Whether the connection stays open after one request and its answer."""
        asked = reader.head()
        route = self._routes.get(f"{asked.method} {asked.path}") or Route((plain(b"nothing here", 404),))
        if not route.deaf:
            asked = reader.body(asked, route.ear)
        self.requests.append(asked)
        script = route.script(asked)
        self.asked.set()
        for act in script:
            _act(connection, act)
        return not route.deaf


def _act(connection: socket.socket, act: Act) -> None:
    """The act is done; `EOFError` when the connection ends with it."""
    match act:
        case bytes():
            connection.sendall(act)
        case threading.Event():
            if not act.wait(PATIENCE):
                raise EOFError
        case Ending.RST:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise EOFError
        case Ending.SILENCE:
            while connection.recv(1 << 16):
                pass
            raise EOFError
        case Ending.FIN:
            raise EOFError


@dataclass(slots=True)
class Reader:
    """Requests out of a connection, one after the other."""

    connection: socket.socket
    buffer: bytes = b""

    def head(self) -> Asked:
        """A request without its body; `EOFError` when the client has gone."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        method, path, _version = lines[0].split(" ", 2)
        pairs = (line.partition(":") for line in lines[1:] if line)
        return Asked(method, path, {name.lower(): value.strip() for name, _, value in pairs})

    def body(self, asked: Asked, ear: Callable[[bytes], None]) -> Asked:
        """The same request with its body; `ear` is told each piece as it comes."""
        parts = []
        for piece in self._pieces(asked):
            ear(piece)
            parts.append(piece)
        return Asked(asked.method, asked.path, asked.headers, b"".join(parts))

    def _pieces(self, asked: Asked) -> Iterator[bytes]:
        if asked.headers.get("transfer-encoding") == "chunked":
            while size := int(self._until(b"\r\n"), 16):
                yield self._take(size + 2)[:-2]
            self._until(b"\r\n")
        elif length := int(asked.headers.get("content-length", "0")):
            yield self._take(length)

    def _until(self, mark: bytes) -> bytes:
        while (end := self.buffer.find(mark)) < 0:
            self._more()
        end += len(mark)
        found, self.buffer = self.buffer[:end], self.buffer[end:]
        return found

    def _take(self, size: int) -> bytes:
        parts, missing = [self.buffer[:size]], size - len(self.buffer)
        self.buffer = self.buffer[size:]
        while missing > 0:
            self._more()
            parts.append(self.buffer[:missing])
            self.buffer, missing = self.buffer[missing:], missing - len(self.buffer)
        return b"".join(parts)

    def _more(self) -> None:
        data = self.connection.recv(1 << 16)
        if not data:
            raise EOFError
        self.buffer += data
