"""A small HTTP/2 server over TLS: it answers every stream with one body, in the frames it is told."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived, StreamEnded

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence


@dataclass(slots=True)
class Http2Server:
    """A server that gives `frames` to whoever asks; `paths` are what was asked for."""

    tls: ssl.SSLContext
    frames: Sequence[bytes]
    paths: list[str] = field(default_factory=list)
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _thread: threading.Thread | None = None
    _port: int = 0

    def __enter__(self) -> Self:
        self._port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._thread:
            self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens, or did."""
        return f"https://127.0.0.1:{self._port}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                raw, _ = self._listener.accept()
                with contextlib.suppress(OSError), self.tls.wrap_socket(raw, server_side=True) as connection:
                    self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        machine = H2Connection(H2Configuration(client_side=False))
        machine.initiate_connection()
        connection.sendall(machine.data_to_send())
        while data := connection.recv(1 << 16):
            for event in machine.receive_data(data):
                if isinstance(event, RequestReceived):
                    headers = {bytes(name): bytes(value) for name, value in event.headers or ()}
                    self.paths.append(headers[b":path"].decode())
                elif isinstance(event, StreamEnded):
                    self._answer(connection, machine, event.stream_id or 0)
            connection.sendall(machine.data_to_send())

    def _answer(self, connection: socket.socket, machine: H2Connection, stream: int) -> None:
        machine.send_headers(stream, [(":status", "200"), ("content-type", "text/plain")])
        for frame in self.frames:
            machine.send_data(stream, frame)
            connection.sendall(machine.data_to_send())
        machine.end_stream(stream)
