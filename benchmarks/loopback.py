"""The model server that is recorded: a real socket on loopback, in a process of its own, answering from the script.

Law: it answers as soon as a request has been read, so what is measured is the client's side. With
`--pace` it streams one event at a time, that many seconds apart, the first at once. It stops when
its standard input closes, so it never outlives who started it. Only the standard library.

It is written on `asyncio.Protocol`, since a framework would cost more than what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from benchmarks import workload

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = (
    b"HTTP/1.1 200 OK\r\ndate: Fri, 20 Nov 2026 07:00:00 GMT\r\nrequest-id: req_bench\r\n"
    b"anthropic-ratelimit-requests-limit: 4000\r\nanthropic-ratelimit-requests-remaining: 3999\r\n"
    b"content-type: "
)
JSON_HEAD = HEAD + b"application/json\r\ncontent-length: "
STREAM_HEAD = HEAD + b"text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class Answering(asyncio.Protocol):
    """One connection, kept alive; one request at a time."""

    def __init__(self, pace: float) -> None:
        """Start with nothing read."""
        self._pace = pace
        self._parts: list[bytes] = []
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Collect until a whole request is there, and answer it."""
        self._parts.append(data)
        if self._missing > len(data):
            self._missing -= len(data)
            return
        whole = b"".join(self._parts)
        head, found, body = whole.partition(b"\r\n\r\n")
        self._missing = _length(head) - len(body) if found else 0
        if not found or self._missing > 0:
            self._parts = [whole]
            return
        self._parts, self._missing = [], 0
        self._answer(body)

    def _answer(self, body: bytes) -> None:
        name, turn = workload.turn_of(body)
        if b'"stream":true' in body[-8192:]:
            self._transport.write(STREAM_HEAD)
            self._stream(iter(workload.events(name, turn)))
            return
        said = workload.answer(name, turn)
        self._transport.write(JSON_HEAD + b"%d\r\n\r\n" % len(said) + said)

    def _stream(self, events: Iterator[bytes]) -> None:
        for event in events:
            self._transport.write(b"%x\r\n%b\r\n" % (len(event), event))
            if self._pace:
                asyncio.get_running_loop().call_later(self._pace, self._stream, events)
                return
        self._transport.write(b"0\r\n\r\n")


def _length(head: bytes) -> int:
    """The declared length of the body that follows this head, in bytes; 0 when it declares none."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def serve(pace: float) -> None:
    """Answer on a free port, which is printed first, until standard input closes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(pace), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The model server of the benchmarks.")
    parser.add_argument("--pace", type=float, default=0.0, help="seconds between two events of a stream")
    asyncio.run(serve(parser.parse_args().pace))
