"""From httpx2 to httpx, which is all that respx knows, and back.

    spoken        a request of a client, for the router
    given         the router's answer, for the client
    error_of      an error of either library, for the other
    translated    what a test gives a route of httpx2's: responses, errors, lists and functions of them

Law: nothing is lost on the way. Headers are those of the wire, bodies the same bytes in the same chunks,
and an error that has no counterpart stays what it is.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any

from replaykit.core.model import Failure
from replaykit.errors import hide
from replaykit.transport.library import NAMES, library
from replaykit.transport.streams import of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from replaykit.transport.library import Library

__tracebackhide__ = hide

STRANGE = "httpx2"
"""The library that respx does not know."""


class Told:
    """The body of an answer as a stream of the caller's library; also async where it was written without."""

    def __init__(self, inner: Any, request: Any, library: Library) -> None:
        """What this stream says, and the errors that it ends with."""
        self._inner = inner
        self._request = request
        self._library = library

    def __iter__(self) -> Iterator[bytes]:
        """The chunks."""
        try:
            yield from self._inner
        except Exception as error:  # noqa: BLE001 - whatever a stream raises
            raise error_of(self._library, error, self._request) from None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The same, awaited."""
        if not hasattr(self._inner, "__aiter__"):
            for chunk in self:
                yield chunk
            return
        try:
            async for chunk in self._inner:
                yield chunk
        except Exception as error:  # noqa: BLE001 - whatever a stream raises
            raise error_of(self._library, error, self._request) from None

    def close(self) -> None:
        """Close the stream that was given."""
        if hasattr(self._inner, "close"):
            self._inner.close()

    async def aclose(self) -> None:
        """The same, awaited."""
        if hasattr(self._inner, "aclose"):
            await self._inner.aclose()
        else:
            self.close()


def spoken(request: Any) -> Any:
    """A request, read, in the words of httpx: the one library that respx knows."""
    import httpx

    if isinstance(request, httpx.Request):
        return request
    return httpx.Request(
        request.method,
        str(request.url),
        headers=request.headers.raw,
        content=request.content,
        extensions=request.extensions,
    )


def given(answer: Any, request: Any, library: Library) -> Any:
    """An answer of httpx in the words of the caller's library, its body still to be read."""
    return library.module.Response(
        answer.status_code,
        headers=answer.headers.raw,
        stream=of(library, Told)(answer.stream, request, library),
        extensions=dict(answer.extensions),
    )


def error_of(library: Library, error: Exception, request: Any) -> Exception:
    """An error of httpx or httpx2 as the caller's own library has it; any other as it is."""
    if _top(type(error)) not in NAMES or isinstance(error, library.module.HTTPError):
        return error
    found = library.raised(Failure(type(error).__name__, str(error)), request)
    return found if isinstance(found, library.module.HTTPError) else error


def translated(value: Any) -> Any:
    """A route's answer or side effect in the words of httpx."""
    module = sys.modules.get(STRANGE)
    if module is not None and isinstance(value, module.Response):
        return given(value, None, library("httpx"))
    if isinstance(value, Exception):
        return error_of(library("httpx"), value, None)
    if isinstance(value, type):
        return getattr(sys.modules["httpx"], value.__name__, value) if _top(value) == STRANGE else value
    if isinstance(value, list | tuple | Iterator):
        return map(translated, value) if isinstance(value, Iterator) else [translated(each) for each in value]
    return _translating(value) if callable(value) else value


def _translating(function: Callable[..., Any]) -> Callable[..., Any]:
    """A side effect that gives what respx knows; its signature tells respx what to call it with."""

    @wraps(function)
    def effect(*arguments: Any, **named: Any) -> Any:
        result = function(*arguments, **named)
        return _awaited(result) if inspect.isawaitable(result) else translated(result)

    effect.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]  # read by `inspect`
    return effect


async def _awaited(result: Awaitable[Any]) -> Any:
    return translated(await result)


def _top(kind: type) -> str:
    return kind.__module__.partition(".")[0]
