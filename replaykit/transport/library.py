"""What httpx and httpx2 call the things we need: one value per library.

Law: nothing here imports either. A library that the program has not imported cannot have made the
request at hand. Which one made it is asked with `isinstance`: a subclass of `Request` may live in
any module.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from replaykit.core.model import Body, Request, Response
from replaykit.errors import NotRecorded, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.core.model import Headers

NAMES = ("httpx2", "httpx")

LOCAL = ("MockTransport", "ASGITransport", "WSGITransport")
"""Transports that are not the network: left alone unless asked for."""


@dataclass(frozen=True, eq=False)
class Library:
    """One of the two libraries; `module` is the library itself."""

    name: str
    module: Any
    miss: Callable[[str, Any], NotRecorded]

    def failure(self, kind: str, message: str, request: Any) -> BaseException:  # noqa: ANN401
        """The exception of this library that a recorded failure is."""
        found = getattr(self.module, kind, None)
        if not (isinstance(found, type) and issubclass(found, self.module.HTTPError)):
            found = self.module.TransportError
        try:
            error: BaseException = found(message, request=request)
        except TypeError:
            error = found(message)
        return error

    def kind(self, error: BaseException) -> str:
        """The name of the closest public class of this library that an exception is of, else its own."""
        names = (each.__name__ for each in type(error).__mro__ if getattr(self.module, each.__name__, None) is each)
        return next(names, type(error).__name__)

    def is_local(self, transport: object) -> bool:
        """Whether a transport is one of those that are not the network."""
        return isinstance(transport, tuple(getattr(self.module, name) for name in LOCAL))


@cache
def library(name: str) -> Library:
    """The library of that name, which the program has imported."""
    module = sys.modules[name]

    class Miss(NotRecorded, module.TransportError):  # type: ignore[misc, name-defined]
        """A request that was not recorded, as an error that this library's callers expect."""

        def __init__(self, account: str, request: Any) -> None:  # noqa: ANN401
            NotRecorded.__init__(self, account)
            self._request = request

    Miss.__name__ = Miss.__qualname__ = "NotRecorded"
    return Library(name, module, Miss)


def library_of(request: object) -> Library:
    """The library that made a request."""
    for name in NAMES:
        module = sys.modules.get(name)
        if module is not None and isinstance(request, module.Request):
            return library(name)
    raise UsageError(
        f"a request of class {type(request).__module__}.{type(request).__qualname__} is of neither httpx nor httpx2",
        remedy="give `episode.transport()` to a client of one of them",
    )


def headers_of(headers: Any) -> Headers:  # noqa: ANN401
    """A library's headers as ours: as on the wire, in order and with repeats."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw)


def asked(request: Any, body: bytes) -> Request:  # noqa: ANN401
    """A library's request as ours, with the body that it had."""
    return Request(request.method, str(request.url), headers_of(request.headers), Body.of(body))


def answered(response: Any) -> Response:  # noqa: ANN401
    """The head of a library's response as ours; the body comes later."""
    extensions = response.extensions
    return Response(
        response.status_code,
        headers_of(response.headers),
        Body.of(b""),
        version=_text(extensions.get("http_version", b"HTTP/1.1")),
        reason=_text(extensions.get("reason_phrase", b"")),
    )


def _text(value: bytes | str) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
