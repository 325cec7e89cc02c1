"""Between the clients of httpx and httpx2 and a session: one transport for both, sync and async.

Law: duck-typed, so that neither library is needed to define it. The sync and the async half differ
in what they await; every decision is the session's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from replaykit.core.model import header
from replaykit.core.replay import Refuse, Send, Serve
from replaykit.errors import hide
from replaykit.guard import ours
from replaykit.session.away import away
from replaykit.transport.delays import DELAYS
from replaykit.transport.library import answered, asked, library_of
from replaykit.transport.serving import patience, response_to
from replaykit.transport.streams import Tape, Upload, of, pause, rest

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.core.model import Request
    from replaykit.core.replay import Action
    from replaykit.session import Pending, Session
    from replaykit.transport.library import Library

__tracebackhide__ = hide


class Transport:
    """A transport that records what goes through it, or answers from a recording."""

    def __init__(self, session: Session, inner: Any = None) -> None:
        """`inner` does the sending, with its own TLS, proxy and limits; by default the library's own."""
        self._session = session
        self._inner = inner
        self._made: dict[str, Any] = {}

    def handle_request(self, request: Any) -> Any:
        """The response to a request; what the session refuses is raised as the library's TransportError."""
        library = library_of(request)
        if self._session.player is not None:
            request.read()
        sent = _Sent(request, library)
        action = self._begin(sent)
        if not isinstance(action, Send):
            if keep := self._carrying(action, sent):
                keep()
            if seconds := patience(action, self._session.speed):
                rest(seconds)
            return self._settle(action, request, library)
        pending = self._session.pending(action, sent.request)
        try:
            with ours():
                response = self._network(library, "HTTPTransport").handle_request(request)
        except BaseException as error:
            if not sent.failed(error, pending):
                pending.end(library.failure_of(error))
            raise
        if _is_whole(response, sent, pending, library):
            pending.end()
        return response

    async def handle_async_request(self, request: Any) -> Any:
        """The same, awaited."""
        library = library_of(request)
        if self._session.player is not None:
            await request.aread()
        sent = _Sent(request, library)
        action = self._begin(sent)
        if not isinstance(action, Send):
            if keep := self._carrying(action, sent):
                await away(keep)
            if seconds := patience(action, self._session.speed):
                await pause(seconds)
            return self._settle(action, request, library)
        pending = self._session.pending(action, sent.request)
        try:
            with ours():
                response = await self._network(library, "AsyncHTTPTransport").handle_async_request(request)
        except BaseException as error:
            if not sent.failed(error, pending):
                failure = library.failure_of(error)
                await away(lambda: pending.end(failure))
            raise
        if _is_whole(response, sent, pending, library):
            await away(pending.end)
        return response

    def close(self) -> None:
        """Close what sent for us; a transport that was given is its owner's only when it was made here."""
        for each in self._owned():
            each.close()

    async def aclose(self) -> None:
        """The same, awaited."""
        for each in self._owned():
            await each.aclose()

    def __enter__(self) -> Self:
        """Open the inner transport as its own context manager would."""
        if self._inner is not None:
            self._inner.__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        """Close it likewise."""
        if self._inner is not None:
            self._inner.__exit__(*details)
        for made in self._made.values():
            made.close()

    async def __aenter__(self) -> Self:
        """The same, awaited."""
        if self._inner is not None:
            await self._inner.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        """The same, awaited."""
        if self._inner is not None:
            await self._inner.__aexit__(*details)
        for made in self._made.values():
            await made.aclose()

    def _owned(self) -> list[Any]:
        return [*([] if self._inner is None else [self._inner]), *self._made.values()]

    def _network(self, library: Library, kind: str) -> Any:
        """The transport that really sends: the one we were given, or the library's own, made when first needed."""
        if self._inner is not None:
            return self._inner
        if library.name not in self._made:
            self._made[library.name] = getattr(library.module, kind)()
        return self._made[library.name]

    def _begin(self, sent: _Sent) -> Action:
        """What the session says; a connection that becomes something else than HTTP cannot be recorded."""
        if sent.upgrades:
            return self._session.upgrade(sent.request())
        return self._session.begin(sent.request)

    def _carrying(self, action: Serve | Refuse, sent: _Sent) -> Callable[[], None] | None:
        """What takes a step that is served over into the run, where it is to be."""
        if not isinstance(action, Serve):
            return None
        return self._session.carrying(action.exchange, lambda *place: action.again(sent.request(), *place))

    def _settle(self, action: Serve | Refuse, request: Any, library: Library) -> Any:
        """The recorded answer; at speed 0 an SDK tries again at once what is refused, too."""
        match action:
            case Refuse(account=account):
                if not self._session.speed:
                    DELAYS.shorten()
                raise library.miss(account, request, self._session.remedy)
            case Serve():
                return response_to(action, request, library, self._session)


class _Sent:
    """A request on its way, and the same as ours, once its body is known."""

    def __init__(self, request: Any, library: Library) -> None:
        """A body that is still being made (a generator, a file) is copied as it is sent."""
        self._request = request
        self._copy: Any = None
        try:
            self._body: bytes = request.content
        except library.module.RequestNotRead:
            self._copy = request.stream = of(library, Upload)(request.stream)

    @property
    def upgrades(self) -> bool:
        """Whether the connection is to become a WebSocket."""
        headers = self._request.headers
        names = b" ".join([name for name, _ in headers.raw])  # a tenth of what `get` takes
        return b"upgrade" in names.lower() and bool(headers.get("upgrade", "").lower() == "websocket")

    def request(self) -> Request:
        """The request, as far as it was sent."""
        return asked(self._request, self._body if self._copy is None else b"".join(self._copy.sent))

    def failed(self, error: BaseException, pending: Pending) -> bool:
        """Whether it was the program's own body that failed: then there was no exchange, and nothing is kept."""
        if self._copy is None or self._copy.error is not error:
            return False
        pending.drop()
        return True


def _is_whole(response: Any, sent: _Sent, pending: Pending, library: Library) -> bool:
    """Whether a response came with its body read already; else the body is copied while it is read."""
    if sent.upgrades:
        pending.drop()
        return False
    head = answered(response)
    try:
        content = response.content
    except library.module.ResponseNotRead:
        pending.head(head)
        response.stream = of(library, Tape)(response.stream, pending, library)
        return False
    pending.head(replace(head, encoding=header(head.headers, "content-encoding")))
    pending.chunk(content)
    return True
