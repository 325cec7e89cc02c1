"""Between the clients of httpx and httpx2 and a session: one transport for both, sync and async.

Law: duck-typed, so that neither library is needed to define it. The sync and the async half differ
in what they await; every decision is the session's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from replaykit.core.replay import Refuse, Send, Serve
from replaykit.guard import ours
from replaykit.session.away import away
from replaykit.transport.library import answered, asked, library_of
from replaykit.transport.serving import patience, response_to
from replaykit.transport.streams import Tape, Upload, failure_of, of, pause, rest

if TYPE_CHECKING:
    from replaykit.core.model import Request
    from replaykit.session import Pending, Session
    from replaykit.transport.library import Library


class Transport:
    """A transport that records what goes through it, or answers from a recording."""

    def __init__(self, session: Session, inner: Any = None) -> None:  # noqa: ANN401 - of either library
        """`inner` does the sending, with its own TLS, proxy and limits; by default the library's own."""
        self._session = session
        self._inner = inner
        self._made: dict[str, Any] = {}

    def handle_request(self, request: Any) -> Any:  # noqa: ANN401
        """The response to a request; what the session refuses is raised as the library's TransportError."""
        library = library_of(request)
        if self._session.player is not None:
            request.read()
        action = self._session.begin(self._asked(request, library))
        if not isinstance(action, Send):
            if seconds := patience(action, self._session.speed):
                rest(seconds)
            return self._settle(action, request, library)
        pending = self._send(action, request, library)
        try:
            with ours():
                response = self._network(library, "HTTPTransport").handle_request(request)
        except BaseException as error:
            pending.end(failure_of(error, library))
            raise
        return self._received(response, pending, library)

    async def handle_async_request(self, request: Any) -> Any:  # noqa: ANN401
        """The same, awaited."""
        library = library_of(request)
        if self._session.player is not None:
            await request.aread()
        action = self._session.begin(self._asked(request, library))
        if not isinstance(action, Send):
            if seconds := patience(action, self._session.speed):
                await pause(seconds)
            return self._settle(action, request, library)
        pending = self._send(action, request, library)
        try:
            with ours():
                response = await self._network(library, "AsyncHTTPTransport").handle_async_request(request)
        except BaseException as error:
            failure = failure_of(error, library)
            await away(lambda: pending.end(failure))
            raise
        return self._received(response, pending, library)

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

    def _network(self, library: Library, kind: str) -> Any:  # noqa: ANN401
        """The transport that really sends: the one we were given, or the library's own, made when first needed."""
        if self._inner is not None:
            return self._inner
        if library.name not in self._made:
            self._made[library.name] = getattr(library.module, kind)()
        return self._made[library.name]

    def _asked(self, request: Any, library: Library) -> Request:  # noqa: ANN401
        """The request as ours; a body that is still being made is empty here, and known when it was sent."""
        try:
            return asked(request, request.content)
        except library.module.RequestNotRead:
            return asked(request, b"")

    def _send(self, action: Send, request: Any, library: Library) -> Pending:  # noqa: ANN401
        """An exchange under way, whose request is complete once it has been sent."""
        try:
            whole = asked(request, request.content)
            return self._session.pending(action, lambda: whole)
        except library.module.RequestNotRead:
            copy = of(library, Upload)(request.stream)
            request.stream = copy
            return self._session.pending(action, lambda: asked(request, b"".join(copy.sent)))

    def _received(self, response: Any, pending: Pending, library: Library) -> Any:  # noqa: ANN401
        """The response, its body copied while it is read."""
        pending.head(answered(response))
        response.stream = of(library, Tape)(response.stream, pending, library)
        return response

    def _settle(self, action: Serve | Refuse, request: Any, library: Library) -> Any:  # noqa: ANN401
        match action:
            case Refuse(account=account):
                raise library.miss(account, request)
            case Serve():
                return response_to(action, request, library, self._session)
