"""What httpx and httpx2 call the things we need: one value per library.

Law: nothing here imports either. A library that the program has not imported cannot have made the
request at hand. Which one made it is asked with `isinstance`: a subclass of `Request` may live in
any module.
"""

from __future__ import annotations

import sys
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from replaykit.core.model import Body, Failure, Request, Response
from replaykit.errors import NotRecorded, UsageError
from replaykit.session.failures import failure_of, raised

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.core.model import Headers

NAMES = ("httpx2", "httpx")

CANCELLED = "Cancelled"
"""The kind of a failure that came from the program itself: a cancelled task, Ctrl-C."""

LOCAL = ("MockTransport", "ASGITransport", "WSGITransport")
"""Transports that are not the network: left alone unless asked for."""


class Library:
    """One of the two libraries; `module` is the library itself, `miss` its error of an account, request and remedy."""

    def __init__(self, name: str, module: Any, miss: Callable[[str, Any, str], NotRecorded]) -> None:
        """See above; there is one value of each library."""
        self.name = name
        self.module = module
        self.miss = miss

    def raised(self, failure: Failure, request: Any) -> BaseException:
        """The exception that a recorded failure was: the library's, or the one that a transport raised itself."""
        kind = getattr(self.module, failure.kind, None)
        if not (isinstance(kind, type) and issubclass(kind, self.module.HTTPError)):
            return raised(failure, {})
        try:
            error: BaseException = kind(failure.message, request=request)
        except TypeError:
            error = kind(failure.message)
        return error

    def failure_of(self, error: BaseException) -> Failure:
        """How an exchange ended that ended with this: by the closest public class of the library, else as itself."""
        if not isinstance(error, Exception):
            return Failure(CANCELLED, "")
        failure = failure_of(error)
        names = (each.__name__ for each in type(error).__mro__ if getattr(self.module, each.__name__, None) is each)
        return Failure(next(names, failure.kind), failure.message)

    def is_local(self, transport: object) -> bool:
        """Whether a transport is one of those that are not the network."""
        return isinstance(transport, self._local)

    @cached_property
    def _local(self) -> tuple[type, ...]:
        return tuple(getattr(self.module, name) for name in LOCAL)


@cache
def library(name: str) -> Library:
    """The library of that name, which the program has imported."""
    module = sys.modules[name]

    class Miss(NotRecorded, module.TransportError):  # type: ignore[misc, name-defined]
        """A request that was not recorded, as an error that this library's callers expect."""

        def __init__(self, account: str, request: Any, remedy: str) -> None:
            NotRecorded.__init__(self, account, remedy=remedy)
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


def headers_of(headers: Any) -> Headers:
    """A library's headers as ours: as on the wire, in order and with repeats."""
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw])


def asked(request: Any, body: bytes) -> Request:
    """A library's request as ours, with the body that it had."""
    return Request(request.method, str(request.url), headers_of(request.headers), Body.of(body))


def answered(response: Any) -> Response:
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
