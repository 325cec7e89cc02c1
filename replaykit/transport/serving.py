"""A recorded exchange as a response of the caller's library.

Law: what a client reads is what was recorded, with three exceptions, each of them needed: the
content encoding is undone already, so its headers are not served; a recorded id is given as the
caller knows it; and an SDK that is told to try again is told to do so at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from replaykit.core.model import Failure
from replaykit.core.replay import Serve
from replaykit.transport.delays import DELAYS
from replaykit.transport.streams import ENDLESS, Playback, cancelled, of

if TYPE_CHECKING:
    from replaykit.core.model import Exchange, Headers, Response
    from replaykit.core.replay import Refuse
    from replaykit.session import Session
    from replaykit.transport.library import Library

NOTHING = Failure("TransportError", "the recording has neither an answer nor a failure")
"""What an exchange without an outcome is: no recorder writes one."""

UNDONE = frozenset({"content-encoding", "content-length"})
"""Headers that are about the encoded body."""


def patience(action: Serve | Refuse, speed: float) -> float:
    """Seconds to wait before the answer: as recorded, divided by the speed; none at speed 0."""
    if not isinstance(action, Serve):
        return 0.0
    exchange = action.exchange
    if exchange.response is None and cancelled(exchange):
        return ENDLESS
    wait = exchange.took if exchange.response is None else exchange.first
    return wait / 1000 / speed if speed else 0.0


def response_to(action: Serve, request: Any, library: Library, session: Session) -> Any:
    """The library's response; raises the library's exception when the exchange failed before it had one."""
    exchange = action.exchange
    response = exchange.response
    if exchange.failure is not None and not session.speed:
        DELAYS.shorten()
    if response is None:
        raise library.raised(exchange.failure or NOTHING, request)
    data, lengths = action.content()
    served = _headers(action, response, len(data), session)
    extensions: dict[str, Any] = {"http_version": response.version.encode("ascii", "replace")}
    if response.version.startswith("HTTP/1"):
        extensions["reason_phrase"] = response.reason.encode("latin-1", "replace")
    return library.module.Response(
        response.status,
        headers=[(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in served],
        stream=_stream(exchange, _cut(data, lengths), request, library, session),
        extensions=extensions,
    )


def _headers(action: Serve, response: Response, size: int, session: Session) -> Headers:
    """The headers to serve with a body of so many bytes."""
    exchange, headers = action.exchange, action.headers()
    if response.encoding:
        headers = tuple(pair for pair in headers if pair[0].lower() not in UNDONE)
    elif size and exchange.failure is None and not exchange.left:
        headers = tuple([(name, str(size) if name.lower() == "content-length" else value) for name, value in headers])
    if response.status >= 400 and not session.speed:  # noqa: PLR2004 - from here on SDKs may try again
        from replaykit.providers.registry import hurried

        headers = hurried(exchange.request.headers, response.status, headers)
    return headers


def _stream(
    exchange: Exchange,
    chunks: tuple[bytes, ...],
    request: Any,
    library: Library,
    session: Session,
) -> Any:
    """The body as a stream of the library; the short way where nothing can happen between its chunks."""
    if len(chunks) == 1 and exchange.failure is None and not exchange.left and not session.speed:
        return library.module.ByteStream(chunks[0])

    def ending() -> BaseException | None:
        if exchange.failure is not None:
            return library.raised(exchange.failure, request)
        if exchange.left:
            return library.miss(session.read_on(exchange), request, session.remedy)
        return None

    return of(library, Playback)(exchange, chunks, ending, session.speed)


def _cut(data: bytes, lengths: tuple[int, ...]) -> tuple[bytes, ...]:
    chunks, start = [], 0
    for length in lengths:
        chunks.append(data[start : start + length])
        start += length
    return tuple(chunks)
