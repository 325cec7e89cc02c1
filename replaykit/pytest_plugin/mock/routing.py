"""Between the clients of httpx2 and httpx and one router of respx, which knows httpx alone.

Law: every client is answered, whichever library made it, sync or async, however it was built; what it
gets, an answer, a stream or an error, is of its own library. What no route answers is an error that is
remembered, and nothing leaves through here but what a route lets through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from replaykit.core.plain import line
from replaykit.errors import ReplayError, hide
from replaykit.providers.registry import speeches
from replaykit.pytest_plugin.mock.translation import error_of, given, spoken
from replaykit.session.hiding import Hiding
from replaykit.transport.delays import DELAYS
from replaykit.transport.library import library_of

if TYPE_CHECKING:
    from replaykit.config import Config
    from replaykit.transport.library import Library

__tracebackhide__ = hide

WIDE = 200
"""Characters of a request, or of a route, on its line."""

MOST = 20
"""Routes that are listed; a test has fewer."""


class NotMocked(ReplayError, AssertionError):
    """A request that no route answers; it was not sent."""


class Routing:
    """What routes clients to a router; `unmocked` are the requests that it had no answer for."""

    def __init__(self, router: Any, config: Config) -> None:
        """`config` says what else of a project must not be shown."""
        self.router = router
        self.unmocked: list[NotMocked] = []
        self._config = config

    def __call__(self, inner: Any) -> Routed:
        """The transport that takes the place of a client's own."""
        return inner if isinstance(inner, Routed) else Routed(self, inner)

    def problem(self, error: Exception, request: Any, library: Library) -> Exception:
        """What the caller is to see in the place of this error; an SDK that tries again does so at once."""
        import respx.models

        DELAYS.shorten()
        if isinstance(error, respx.models.AllMockedAssertionError):
            error = self._unmocked(request)
        if isinstance(error, NotMocked):
            self.unmocked.append(error)
            return error
        return error_of(library, error, request)

    def _unmocked(self, request: Any) -> NotMocked:
        clean = Hiding(self._config)
        asked = f"{request.method} {clean.url(str(request.url))[0]}"
        routes = [f"  {line(clean.text(repr(route))[0], WIDE)}" for route in self.router.routes]
        known = ["the routes are:", *routes[:MOST]] if routes else ["there are no routes"]
        left = [f"  and {len(routes) - MOST} more"] if len(routes) > MOST else []
        return NotMocked("\n".join([f"not mocked: {line(asked, WIDE)}", *known, *left]), remedy=_remedy(request))


class Routed:
    """A transport that is answered by a router; what a route lets through goes on to `inner`."""

    def __init__(self, routing: Routing, inner: Any = None) -> None:
        """`inner` does the sending; by default the library's own."""
        self._routing = routing
        self._inner = inner
        self._made: list[Any] = []

    def handle_request(self, request: Any) -> Any:
        """The router's answer, or its error."""
        from respx.models import PassThrough

        request.read()
        library = library_of(request)
        try:
            answer = self._routing.router.handler(spoken(request))
        except PassThrough:
            return self._network(library, "HTTPTransport").handle_request(request)
        except Exception as error:  # noqa: BLE001 - whatever a side effect raises
            raise self._routing.problem(error, request, library) from None
        return given(answer, request, library)

    async def handle_async_request(self, request: Any) -> Any:
        """The same, awaited."""
        from respx.models import PassThrough

        await request.aread()
        library = library_of(request)
        try:
            answer = await self._routing.router.async_handler(spoken(request))
        except PassThrough:
            return await self._network(library, "AsyncHTTPTransport").handle_async_request(request)
        except Exception as error:  # noqa: BLE001 - whatever a side effect raises
            raise self._routing.problem(error, request, library) from None
        return given(answer, request, library)

    def close(self) -> None:
        """Close what sends."""
        for each in self._owned():
            each.close()

    async def aclose(self) -> None:
        """The same, awaited."""
        for each in self._owned():
            await each.aclose()

    def __enter__(self) -> Self:
        """Open nothing: most tests send nothing."""
        return self

    def __exit__(self, *_details: object) -> None:
        """Close what sends."""
        self.close()

    async def __aenter__(self) -> Self:
        """The same, awaited."""
        return self

    async def __aexit__(self, *_details: object) -> None:
        """The same, awaited."""
        await self.aclose()

    def _owned(self) -> list[Any]:
        return [*([] if self._inner is None else [self._inner]), *self._made]

    def _network(self, library: Library, kind: str) -> Any:
        if self._inner is not None:
            return self._inner
        if not self._made:
            self._made.append(getattr(library.module, kind)())
        return self._made[0]


def _remedy(request: Any) -> str:
    """The line of a test that would answer this request."""
    url = urlsplit(str(request.url))
    ready = next((wire for wire in speeches() if wire.path.search(url.path) and request.method == "POST"), None)
    where = f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"  # a route without the port would not fit
    call = f'{ready.name}("…")' if ready else f"{request.method.lower()}({line(where, WIDE)!r}).respond(json={{…}})"
    return f"answer it: replaykit_mock.{call}"
