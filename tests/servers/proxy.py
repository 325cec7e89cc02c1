"""A forwarding HTTP proxy on loopback: plain requests by their absolute URL, TLS through CONNECT."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import select
import socket
import threading
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit


@dataclass(slots=True)
class Proxy:
    """A proxy that forwards from `__enter__` to `__exit__`; `lines` are the targets it was asked for."""

    lines: list[str] = field(default_factory=list)
    _server: http.server.ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        lines = self.lines

        class Handler(_Forward):
            seen = lines

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"


class _Forward(http.server.BaseHTTPRequestHandler):
    """One request, forwarded; the connection closes after it."""

    seen: list[str]

    def do_GET(self) -> None:
        """Forward a plain request."""
        self.seen.append(self.path)
        parts = urlsplit(self.path)
        upstream = http.client.HTTPConnection(parts.hostname or "", parts.port)
        with contextlib.closing(upstream):
            upstream.request("GET", parts.path)
            answer = upstream.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def do_CONNECT(self) -> None:
        """Open a tunnel, and carry bytes both ways until one side has gone."""
        self.seen.append(self.path)
        host, _, port = self.path.partition(":")
        with socket.create_connection((host, int(port))) as upstream:
            self.send_response(200)
            self.end_headers()
            _tunnel(self.connection, upstream)

    def log_message(self, *_args: object) -> None:
        """Say nothing: tests read what the server prints."""


def _tunnel(one: socket.socket, other: socket.socket) -> None:
    partner = {one: other, other: one}
    with contextlib.suppress(OSError):
        while True:
            for ready in select.select([one, other], [], [])[0]:
                data = ready.recv(1 << 16)
                if not data:
                    return
                partner[ready].sendall(data)
