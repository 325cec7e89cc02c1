"""A model server on loopback that speaks the Anthropic Messages API, and a weather service beside it.

Law: it behaves as the real one where an SDK can tell, and as its script says where it answers.

    POST /v1/messages        429 to the first requests, then JSON or a stream, as asked
    GET  /weather?city=Oslo  the weather, as JSON
    anything else            404
"""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import parse_qs, urlsplit

import orjson

from replaykit.demo.script import Document, forecast, message
from replaykit.providers.anthropic.answers import events

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PACE: Final = 0.03
"""Seconds between two events of a stream: slow enough to be seen, a record of the demo takes about three seconds."""

WANTED: Final = {"model": str, "max_tokens": int, "messages": list}
"""The fields that a request must have, with their types."""


KEYS: Final = ("x-api-key", "authorization")
"""The headers in which a key may come: older SDKs send the first, newer ones the second."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is an error: a status, Anthropic's type for it, a text and headers of its own."""

    status: int
    kind: str
    text: str
    headers: Mapping[str, str] | None = None

    @property
    def document(self) -> Document:
        """The body in which the API reports an error."""
        return {"type": "error", "error": {"type": self.kind, "message": self.text}}


LIMITED: Final = Refusal(429, "rate_limit_error", "Too many requests: try again in a second.", {"retry-after": "1"})
NO_KEY: Final = Refusal(401, "authentication_error", "An API key is required.")
NO_PLACE: Final = Refusal(404, "not_found_error", "There is nothing here.")
NO_CITY: Final = Refusal(404, "not_found_error", "This city has no weather.")


class ModelServer(ThreadingHTTPServer):
    """The server itself, listening on a free port of loopback; `pace` in seconds, `refusals` many 429 come first."""

    daemon_threads = True

    def __init__(self, *, pace: float, refusals: int) -> None:
        """Listen; who wants answers calls `serve_forever`."""
        super().__init__(("127.0.0.1", 0), Conversation)
        self.pace = pace
        self.refusals = refusals
        self.asked = count()

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return f"http://127.0.0.1:{self.server_port}"

    def limited(self) -> bool:
        """Whether this request comes too early: true for the first `refusals` of them."""
        return next(self.asked) < self.refusals


class Conversation(BaseHTTPRequestHandler):
    """One connection to the server, kept open between requests."""

    protocol_version = "HTTP/1.1"
    server_version = "replaykit-demo"

    def handle(self) -> None:
        """Serve until the client hangs up, in the middle of a stream if it likes."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        """Answer a GET."""
        url = urlsplit(self.path)
        if url.path != "/weather":
            return self.refuse(NO_PLACE)
        found = forecast(parse_qs(url.query).get("city", [""])[0])
        return self.answer(200, found) if found else self.refuse(NO_CITY)

    def do_POST(self) -> None:
        """Answer a POST: read the body first, or the next request on this connection would begin with it."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        server = cast("ModelServer", self.server)
        if urlsplit(self.path).path != "/v1/messages":
            return self.refuse(NO_PLACE)
        if not any(self.headers.get(name) for name in KEYS):
            return self.refuse(NO_KEY)
        if server.limited():
            return self.refuse(LIMITED)
        document = read(body)
        if isinstance(document, Refusal):
            return self.refuse(document)
        said = message(document)
        return self.stream(said, server.pace) if document.get("stream") else self.answer(200, said)

    def answer(self, status: int, document: Document, headers: Mapping[str, str] | None = None) -> None:
        """Send a document as JSON."""
        body = orjson.dumps(document)
        self.head(status, {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def refuse(self, refusal: Refusal) -> None:
        """Send an error as the API does."""
        self.answer(refusal.status, refusal.document, refusal.headers)

    def stream(self, said: Document, pace: float) -> None:
        """Send a message as server-sent events, each a chunk of its own."""
        self.head(200, {"content-type": "text/event-stream; charset=utf-8", "transfer-encoding": "chunked"})
        for text in events(said):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
            time.sleep(pace)
        self.wfile.write(b"0\r\n\r\n")

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the status line and the headers."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - http.server's signature
        """Say nothing: the terminal belongs to the agent."""


def read(body: bytes) -> Document | Refusal:
    """The document in a request's body, or what the API would say against it."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return Refusal(400, "invalid_request_error", f"The request body is not valid JSON: {error}")
    fields = document if isinstance(document, dict) else {}
    wrong = [name for name, kind in WANTED.items() if not isinstance(fields.get(name), kind)]
    if wrong:
        return Refusal(400, "invalid_request_error", f"{wrong[0]}: field required")
    return fields


@contextmanager
def serve(*, pace: float = PACE, refusals: int = 1) -> Iterator[str]:
    """The base URL of a running model server; it is gone when the block ends."""
    with ModelServer(pace=pace, refusals=refusals) as server:
        # A poll of 20 ms, since `shutdown` waits for one; the default of 500 ms would be felt.
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()
