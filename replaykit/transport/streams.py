"""The streams between a client and the network, or between a client and a recording.

    Upload      a request's body on its way out, copied as it goes
    Tape        a response's body on its way in, copied as it comes: nothing is held back
    Playback    a recorded response's body, its chunks as they were

Law: a client must see exactly what it would see without us: the same chunks, the same errors, and
`close` reaches the connection. Each is one class, sync and async; httpx and httpx2 demand streams of
their own classes, so `of` makes it one of theirs.
"""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Any

from replaykit.errors import hide
from replaykit.session.away import away
from replaykit.transport.library import CANCELLED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from replaykit.core.model import Exchange
    from replaykit.session import Pending
    from replaykit.transport.library import Library

__tracebackhide__ = hide

ENDLESS = float("inf")
"""Seconds that a program waits which ended the exchange itself, by cancelling: until it does so again."""


@cache
def of(library: Library, kind: type[Any]) -> type[Any]:
    """The class of streams of this kind that the library takes for its own."""
    module = library.module
    return type(kind.__name__, (kind, module.SyncByteStream, module.AsyncByteStream), {})


def cancelled(exchange: Exchange) -> bool:
    """Whether the program itself ended this exchange while it was waiting for more."""
    return exchange.failure is not None and exchange.failure.kind == CANCELLED


class Upload:
    """A request's body, copied each time it is sent; `sent` are the chunks of the last time."""

    def __init__(self, inner: Any) -> None:
        """Copy this stream; `error` is what it failed with, if it did."""
        self._inner = inner
        self.sent: list[bytes] = []
        self.error: BaseException | None = None

    def __iter__(self) -> Iterator[bytes]:
        """The chunks."""
        self.sent.clear()
        chunks = iter(self._inner)
        while (chunk := self._taken(lambda: next(chunks, None))) is not None:
            self.sent.append(chunk)
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The same, awaited."""
        self.sent.clear()
        chunks = aiter(self._inner)
        while (chunk := await self._awaited(chunks)) is not None:
            self.sent.append(chunk)
            yield chunk

    def _taken(self, take: Callable[[], bytes | None]) -> bytes | None:
        try:
            return take()
        except BaseException as error:
            self.error = error
            raise

    async def _awaited(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        try:
            return await anext(chunks, None)
        except BaseException as error:
            self.error = error
            raise

    def close(self) -> None:
        """Close the stream that is copied."""
        if hasattr(self._inner, "close"):
            self._inner.close()

    async def aclose(self) -> None:
        """The same, awaited."""
        if hasattr(self._inner, "aclose"):
            await self._inner.aclose()


class Tape:
    """A response's body, copied as it comes; how it ends is kept once, off the event loop."""

    def __init__(self, inner: Any, pending: Pending, library: Library) -> None:
        """Copy this stream into the exchange under way."""
        self._inner = inner
        self._pending = pending
        self._library = library

    def __iter__(self) -> Iterator[bytes]:
        """The chunks, each as soon as it is there."""
        pending = self._pending
        try:
            for chunk in self._inner:
                pending.chunk(chunk)
                yield chunk
        except GeneratorExit:
            raise
        except BaseException as error:
            pending.end(self._library.failure_of(error))
            raise
        pending.end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The same, awaited."""
        pending = self._pending
        try:
            async for chunk in self._inner:
                pending.chunk(chunk)
                yield chunk
        except GeneratorExit:
            raise
        except BaseException as error:
            failure = self._library.failure_of(error)
            await away(lambda: pending.end(failure))
            raise
        await away(pending.end)

    def close(self) -> None:
        """Close the connection's side; a body that was not read to its end was left."""
        try:
            self._inner.close()
        finally:
            self._pending.leave()

    async def aclose(self) -> None:
        """The same, awaited."""
        try:
            await self._inner.aclose()
        finally:
            if not self._pending.over:
                await away(self._pending.leave)

    def __del__(self) -> None:
        """A stream that nobody closed is kept with the next step: a finalizer must not wait for a lock."""
        self._pending.abandon()


class Playback:
    """A recorded body, its chunks as they were; at a speed, also as fast as they were."""

    def __init__(
        self,
        exchange: Exchange,
        chunks: tuple[bytes, ...],
        ending: Callable[[], BaseException | None],
        speed: float,
    ) -> None:
        """`ending` gives what is raised after the last chunk, if anything is."""
        self._exchange = exchange
        self._chunks = chunks
        self._ending = ending
        self._speed = speed

    def __iter__(self) -> Iterator[bytes]:
        """The chunks."""
        for chunk, seconds in self._paced():
            if seconds:
                rest(seconds)
            yield chunk
        if cancelled(self._exchange):
            rest(ENDLESS)
        self._end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The same, awaited."""
        for chunk, seconds in self._paced():
            if seconds:
                await pause(seconds)
            yield chunk
        if cancelled(self._exchange):
            await pause(ENDLESS)
        self._end()

    def _paced(self) -> Iterator[tuple[bytes, float]]:
        """Each chunk with the seconds to wait before it."""
        response, at = self._exchange.response, self._exchange.first
        times = response.times if response is not None and self._speed else ()
        for number, chunk in enumerate(self._chunks):
            until = times[number] if number < len(times) else at
            yield chunk, (until - at) / 1000 / self._speed if self._speed else 0
            at = until

    def _end(self) -> None:
        error = self._ending()
        if error is not None:
            raise error

    def close(self) -> None:
        """Nothing to close."""

    async def aclose(self) -> None:
        """Nothing to close."""


def rest(seconds: float) -> None:
    """Wait, in a thread. Nobody can cancel a thread: where a recorded program was interrupted, so is this one."""
    if seconds == ENDLESS:
        raise KeyboardInterrupt
    time.sleep(seconds)


async def pause(seconds: float) -> None:
    """Wait, on whatever loop this is."""
    import anyio  # sync programs never need it

    await (anyio.sleep_forever() if seconds == ENDLESS else anyio.sleep(seconds))
