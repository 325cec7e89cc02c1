"""The streams between a client and the network, or between a client and a recording.

    Upload      a request's body on its way out, copied as it goes
    Tape        a response's body on its way in, copied as it comes: nothing is held back
    Playback    a recorded response's body, its chunks as they were

Law: a client must see exactly what it would see without us: the same chunks, the same errors, and
`close` reaches the connection. The classes of httpx and httpx2 demand streams of their own classes,
so each is made once per library.
"""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Any

from replaykit.core.model import Failure
from replaykit.session.away import away

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from replaykit.core.model import Exchange
    from replaykit.session import Pending
    from replaykit.transport.library import Library


CANCELLED = "Cancelled"
"""The kind of a failure that came from the program itself: a cancelled task, Ctrl-C."""


def failure_of(error: BaseException, library: Library) -> Failure:
    """How an exchange ended that ended with an exception."""
    kind = library.kind(error) if isinstance(error, Exception) else CANCELLED
    return Failure(kind, str(error).encode("utf-8", "backslashreplace").decode())


def cancelled(exchange: Exchange) -> bool:
    """Whether the program itself ended this exchange while it was waiting for more."""
    return exchange.failure is not None and exchange.failure.kind == CANCELLED


class _Ending:
    """How a recorded body ends, told once and off the event loop."""

    def __init__(self, inner: Any, pending: Pending, library: Library) -> None:  # noqa: ANN401
        self._inner = inner
        self._pending = pending
        self._library = library

    def failure(self, error: BaseException) -> Failure:
        """The failure that an exception is."""
        return failure_of(error, self._library)

    def __del__(self) -> None:
        """A stream that nobody closed: kept with the next step, for a finalizer must not wait for a lock."""
        pending = getattr(self, "_pending", None)
        if pending is not None:
            pending.abandon()


@cache
def tape(library: Library) -> type[Any]:
    """The class of streams that record a response as it is read."""
    module = library.module

    class Tape(_Ending, module.SyncByteStream, module.AsyncByteStream):  # type: ignore[misc, name-defined]
        def __iter__(self) -> Iterator[bytes]:
            pending = self._pending
            try:
                for chunk in self._inner:
                    pending.chunk(chunk)
                    yield chunk
            except GeneratorExit:
                raise
            except BaseException as error:
                pending.end(self.failure(error))
                raise
            pending.end()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            pending = self._pending
            try:
                async for chunk in self._inner:
                    pending.chunk(chunk)
                    yield chunk
            except GeneratorExit:
                raise
            except BaseException as error:
                failure = self.failure(error)
                await away(lambda: pending.end(failure))
                raise
            await away(pending.end)

        def close(self) -> None:
            try:
                self._inner.close()
            finally:
                self._pending.leave()

        async def aclose(self) -> None:
            try:
                await self._inner.aclose()
            finally:
                if not self._pending.over:
                    await away(self._pending.leave)

    return Tape


@cache
def upload(library: Library) -> type[Any]:
    """The class of streams that copy a request's body as it is sent."""
    module = library.module

    class Upload(module.SyncByteStream, module.AsyncByteStream):  # type: ignore[misc, name-defined]
        def __init__(self, inner: Any) -> None:  # noqa: ANN401
            self._inner = inner
            self.sent: list[bytes] = []

        def __iter__(self) -> Iterator[bytes]:
            self.sent.clear()
            for chunk in self._inner:
                self.sent.append(chunk)
                yield chunk

        async def __aiter__(self) -> AsyncIterator[bytes]:
            self.sent.clear()
            async for chunk in self._inner:
                self.sent.append(chunk)
                yield chunk

        def close(self) -> None:
            if hasattr(self._inner, "close"):
                self._inner.close()

        async def aclose(self) -> None:
            if hasattr(self._inner, "aclose"):
                await self._inner.aclose()

    return Upload


@cache
def playback(library: Library) -> type[Any]:
    """The class of streams that give a recorded body again."""
    module = library.module

    class Playback(module.SyncByteStream, module.AsyncByteStream):  # type: ignore[misc, name-defined]
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
            for chunk, seconds in self._paced():
                if seconds:
                    rest(seconds)
                yield chunk
            if cancelled(self._exchange):
                rest(ENDLESS)
            self._end()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk, seconds in self._paced():
                if seconds:
                    await pause(seconds)
                yield chunk
            if cancelled(self._exchange):
                await pause(ENDLESS)
            self._end()

        def _paced(self) -> Iterator[tuple[bytes, float]]:
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

    return Playback


ENDLESS = float("inf")
"""Seconds that a program waits which ended the exchange itself, by cancelling: until it does so again."""


def rest(seconds: float) -> None:
    """Wait, in a thread. Nobody can cancel a thread: where a recorded program was interrupted, so is this one."""
    if seconds == ENDLESS:
        raise KeyboardInterrupt
    time.sleep(seconds)


async def pause(seconds: float) -> None:
    """Wait, on whatever loop this is."""
    import anyio  # noqa: PLC0415 - sync programs never need it

    await (anyio.sleep_forever() if seconds == ENDLESS else anyio.sleep(seconds))
