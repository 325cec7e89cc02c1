"""A story told once, run in every flavour: httpx and httpx2, sync, on asyncio and on trio.

Law: a program is written as a coroutine function. In the sync flavour nothing in it ever waits, so
that it runs to its end in one step, without an event loop and on the library's sync client.
"""

# objects of either library
from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar

import httpx
import httpx2
import trio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator

T = TypeVar("T")

UNCHECKED: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""A context without authorities: loading those of the world takes every client 20 ms."""


@dataclass(frozen=True, slots=True)
class Flavour:
    """One library on one kind of loop; `library` is the module itself, for its classes."""

    library: Any
    loop: Literal["sync", "asyncio", "trio"]

    def __str__(self) -> str:
        """Such as `httpx2-trio`."""
        return f"{self.library.__name__}-{self.loop}"

    @property
    def waits(self) -> bool:
        """Whether this is an async flavour."""
        return self.loop != "sync"

    def run(self, program: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What the program returns."""
        match self.loop:
            case "sync":
                return at_once(program())
            case "asyncio":
                return asyncio.run(program())
            case "trio":
                result: T = trio.run(program)
                return result

    @contextlib.asynccontextmanager
    async def client(self, **options: Any) -> AsyncIterator[Talker]:
        """A client of this flavour, closed at the end."""
        talker = self.talker(**options)
        try:
            yield talker
        finally:
            await talker.close()

    def talker(self, **options: Any) -> Talker:
        """A client of this flavour, which the caller closes; it checks no certificates unless told to."""
        client = self.library.AsyncClient if self.waits else self.library.Client
        return Talker(client(**{"verify": UNCHECKED, **options}), waits=self.waits)

    def network(self, **options: Any) -> Any:
        """The library's own transport to the network."""
        transport = self.library.AsyncHTTPTransport if self.waits else self.library.HTTPTransport
        return transport(**{"verify": UNCHECKED, **options})

    def undoes(self, encoding: str) -> bool:
        """Whether the library decodes this content encoding, as installed."""
        with self.library.Client(verify=UNCHECKED) as client:
            return encoding in client.headers["Accept-Encoding"]

    def upload(self, pieces: Iterable[bytes]) -> Any:
        """A body that is made while it is sent: a generator, async where the flavour is."""
        return _later(pieces) if self.waits else (piece for piece in pieces)

    def hook(self, listener: Callable[[Any], None]) -> Any:
        """An event hook of this flavour that calls the listener."""

        async def hook(event: Any) -> None:  # an async client wants a coroutine function
            listener(event)

        return hook if self.waits else listener


@dataclass(frozen=True, slots=True)
class Talker:
    """A client, sync or async, that is always awaited."""

    client: Any
    waits: bool

    async def request(self, method: str, url: str, **options: Any) -> Any:
        """The response, read to its end."""
        return await self._settled(self.client.request(method, url, **options))

    async def get(self, url: str, **options: Any) -> Any:
        """The response, read to its end."""
        return await self.request("GET", url, **options)

    async def post(self, url: str, **options: Any) -> Any:
        """The response, read to its end."""
        return await self.request("POST", url, **options)

    async def send(self, request: Any, **options: Any) -> Any:
        """The response to a request that was built by hand."""
        return await self._settled(self.client.send(request, **options))

    async def open(self, url: str, method: str = "GET", **options: Any) -> Any:
        """The response with its body still to come; the caller closes it, or forgets it."""
        return await self.send(self.client.build_request(method, url, **options), stream=True)

    @contextlib.asynccontextmanager
    async def stream(self, url: str, method: str = "GET", **options: Any) -> AsyncIterator[Any]:
        """The response with its body still to come, closed at the end."""
        stream = self.client.stream(method, url, **options)
        if self.waits:
            async with stream as response:
                yield response
        else:
            with stream as response:
                yield response

    def raw(self, response: Any) -> AsyncIterator[bytes]:
        """The chunks of a body as the transport gives them."""
        chunks: AsyncIterator[bytes] = self._each(response, "iter_raw")
        return chunks

    def decoded(self, response: Any) -> AsyncIterator[bytes]:
        """The chunks of a body without its content encoding."""
        chunks: AsyncIterator[bytes] = self._each(response, "iter_bytes")
        return chunks

    def lines(self, response: Any) -> AsyncIterator[str]:
        """The lines of a body."""
        lines: AsyncIterator[str] = self._each(response, "iter_lines")
        return lines

    async def read(self, response: Any) -> bytes:
        """The whole body."""
        body: bytes = await self._settled(response.aread() if self.waits else response.read())
        return body

    async def leave(self, response: Any) -> None:
        """Close a response, read or not."""
        await self._settled(response.aclose() if self.waits else response.close())

    async def close(self) -> None:
        """Close the client."""
        await self._settled(self.client.aclose() if self.waits else self.client.close())

    def _each(self, response: Any, method: str) -> Any:
        return getattr(response, f"a{method}")() if self.waits else Steps(getattr(response, method)())

    async def _settled(self, result: Any) -> Any:
        return await result if self.waits else result


@dataclass(frozen=True, slots=True)
class Steps:
    """A sync iterator in the clothes of an async one."""

    iterator: Iterator[Any]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            return next(self.iterator)
        except StopIteration:
            raise StopAsyncIteration from None


def at_once(program: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that never waits."""
    try:
        program.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("a sync program has nothing to wait for")


async def _later(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


SYNC: Final = (Flavour(httpx, "sync"), Flavour(httpx2, "sync"))
ASYNCIO: Final = (Flavour(httpx, "asyncio"), Flavour(httpx2, "asyncio"))
TRIO: Final = (Flavour(httpx, "trio"), Flavour(httpx2, "trio"))
ASYNC: Final = (*ASYNCIO, *TRIO)
EVERY: Final = (*SYNC, *ASYNC)
"""Where the kind of loop matters; elsewhere trio is left out, for it takes the path of asyncio."""
