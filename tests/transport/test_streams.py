"""A stream is a tape: it reaches the program as it comes, and is kept however it ends."""

# objects of either library
from __future__ import annotations

import gc
import time
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from replaykit.errors import NotRecorded
from tests.servers.script import Ending, chunked, plain, stream
from tests.transport.flavour import ASYNC, EVERY, SYNC
from tests.transport.stage import outcome

if TYPE_CHECKING:
    from tests.transport.conftest import Together
    from tests.transport.stage import Stage

ONE, TWO, THREE = b"data: 1\n\n", b"data: 2\n\n", b"data: [DONE]\n\n"


@pytest.mark.parametrize("flavour", EVERY, ids=str)
def test_the_first_chunk_does_not_wait_for_the_second(stage: Stage) -> None:
    """While recording, the program has the first chunk before the server sends the second."""
    gate = stage.server.gate()
    url = stage.server.on("GET /", stream(ONE, gate, TWO))

    async def program() -> list[bytes]:
        chunks = []
        async with stage.client() as client, client.stream(url) as response:
            async for chunk in client.raw(response):
                chunks.append(chunk)
                gate.set()  # the server waits for this, and the program would wait for the server
        return chunks

    recorded, replayed = stage.both(program)
    assert [ONE, TWO] == recorded
    assert recorded == replayed


def test_the_head_does_not_wait_for_the_first_chunk(stage: Stage) -> None:
    """While recording, the program has the status before the server sends any of the body."""
    gate = stage.server.gate()
    url = stage.server.on("GET /", chunked(gate, ONE))

    async def program() -> tuple[int, bytes]:
        async with stage.client() as client, client.stream(url) as response:
            gate.set()
            return response.status_code, await client.read(response)

    recorded, replayed = stage.both(program)
    assert (200, ONE) == recorded
    assert recorded == replayed


def test_an_encoded_stream_is_not_held_back(stage: Stage) -> None:
    """Also a stream in gzip reaches the program piece by piece."""
    packer = zlib.compressobj(wbits=31)
    first = packer.compress(ONE) + packer.flush(zlib.Z_SYNC_FLUSH)
    second = packer.compress(TWO) + packer.flush()
    gate = stage.server.gate()
    url = stage.server.on("GET /", chunked(first, gate, second, headers=(("Content-Encoding", "gzip"),)))

    async def program() -> list[bytes]:
        chunks = []
        async with stage.client() as client, client.stream(url) as response:
            async for chunk in client.decoded(response):
                chunks.append(chunk)
                gate.set()
        return [chunk for chunk in chunks if chunk]

    recorded, replayed = stage.both(program)
    assert [ONE, TWO] == recorded
    assert recorded == replayed


@pytest.mark.parametrize("ending", [Ending.FIN, Ending.RST])
@pytest.mark.parametrize("flavour", EVERY, ids=str)
def test_a_cut_stream_gives_its_chunks_and_then_its_error(stage: Stage, ending: Ending) -> None:
    """A stream that breaks after two chunks gives these two, then the same error of the caller's library."""
    gate = stage.server.gate()
    url = stage.server.on("GET /", stream(ONE, TWO, gate, ending))

    async def program() -> tuple[list[bytes], type[BaseException] | None]:
        chunks: list[bytes] = []

        async def read() -> None:
            async with stage.client() as client, client.stream(url) as response:
                async for chunk in client.raw(response):
                    chunks.append(chunk)
                    if chunk.endswith(TWO):
                        gate.set()

        return chunks, await outcome(read())

    recorded, replayed = stage.both(program)
    assert ONE + TWO == b"".join(recorded[0])
    assert issubclass(recorded[1] or object, stage.flavour.library.TransportError)
    assert recorded == replayed


def test_a_cut_in_an_encoded_stream(stage: Stage) -> None:
    """A stream in gzip that breaks gives what could be decoded of it, and then its error."""
    packer = zlib.compressobj(wbits=31)
    first = packer.compress(ONE) + packer.flush(zlib.Z_SYNC_FLUSH)
    gate = stage.server.gate()
    url = stage.server.on("GET /", chunked(first, gate, Ending.FIN, headers=(("Content-Encoding", "gzip"),)))

    async def program() -> tuple[bytes, type[BaseException] | None]:
        body = bytearray()

        async def read() -> None:
            async with stage.client() as client, client.stream(url) as response:
                async for chunk in client.decoded(response):
                    body.extend(chunk)
                    gate.set()

        failed = await outcome(read())
        return bytes(body), failed

    recorded, replayed = stage.both(program)
    assert (ONE, stage.flavour.library.RemoteProtocolError) == recorded
    assert recorded == replayed


def test_a_stream_that_falls_silent_times_out_again(together: Together) -> None:
    """A read timeout after the first chunk comes back after the first chunk, without the wait."""

    def story(stage: Stage) -> None:
        url = stage.server.on("GET /", stream(ONE, Ending.SILENCE))

        async def program() -> tuple[list[bytes], type[BaseException] | None]:
            chunks: list[bytes] = []

            async def read() -> None:
                async with stage.client(timeout=stage.patience(read=0.5)) as client, client.stream(url) as response:
                    async for chunk in client.raw(response):
                        chunks.append(chunk)  # noqa: PERF401  # what came before the error counts

            return chunks, await outcome(read())

        recorded, replayed = stage.both(program)
        assert ([ONE], stage.flavour.library.ReadTimeout) == recorded
        assert recorded == replayed

    together(story)


def test_who_leaves_early_leaves_early_again(stage: Stage) -> None:
    """A program that stops after the first chunk finds the same first chunk, and the replay is complete."""
    url = stage.server.on("GET /", stream(ONE, TWO, Ending.SILENCE))

    async def program() -> bytes:
        async with stage.client() as client, client.stream(url) as response:
            async for chunk in client.raw(response):
                return chunk
        return b""

    recorded, replayed = stage.both(program)
    assert ONE == recorded
    assert recorded == replayed


def test_reading_on_where_the_recording_left_is_a_miss(stage: Stage) -> None:
    """What an abandoned stream would have said next is unknown: asking for it is an error, never an end."""
    url = stage.server.on("GET /", stream(ONE, Ending.SILENCE))

    async def curious(patience: int) -> list[bytes]:
        chunks: list[bytes] = []
        async with stage.client() as client, client.stream(url) as response:
            async for chunk in client.raw(response):
                chunks.append(chunk)
                if len(chunks) == patience:
                    break
        return chunks

    assert [ONE] == stage.record(lambda: curious(1))
    stage.server.stop()
    with pytest.raises(NotRecorded):
        stage.replay(lambda: curious(2))


def test_who_leaves_at_the_terminator_has_read_it_all(stage: Stage) -> None:
    """A program that stops at `[DONE]` can read to the end in the replay: nothing is missing there."""
    url = stage.server.on("POST /v1/chat/completions", stream(ONE, THREE, Ending.SILENCE))

    async def reading(*, on: bool) -> bytes:
        body = b""
        async with stage.client() as client, client.stream(url, "POST", json={"stream": True}) as response:
            async for chunk in client.raw(response):
                body += chunk
                if body.endswith(THREE) and not on:
                    break
        return body

    recorded = stage.record(lambda: reading(on=False))
    stage.server.stop()
    assert ONE + THREE == recorded
    assert recorded == stage.replay(lambda: reading(on=True))


def test_a_body_that_nobody_reads_is_no_miss(stage: Stage) -> None:
    """A program that looks at the status alone does so again."""
    url = stage.server.on("GET /", chunked(ONE, Ending.SILENCE))

    async def program() -> int:
        async with stage.client() as client, client.stream(url) as response:
            status: int = response.status_code
            return status

    recorded, replayed = stage.both(program)
    assert (200, 200) == (recorded, replayed)


@pytest.mark.parametrize("flavour", [*SYNC, *ASYNC], ids=str)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_forgotten_stream_is_kept(stage: Stage) -> None:
    """A response that the garbage collector closes is committed with what was read of it."""
    url = stage.server.on("GET /", stream(ONE, TWO, Ending.SILENCE))

    async def program() -> bytes:
        async with stage.client() as client:
            return await _glance(client, url)

    async def _glance(client: Any, url: str) -> bytes:
        response = await client.open(url)
        chunks = client.raw(response)
        first: bytes = await anext(chunks)
        del response, chunks
        gc.collect(1)  # young objects alone: the whole heap takes half a second
        return first

    recorded, replayed = stage.both(program)
    assert ONE == recorded
    assert recorded == replayed


@pytest.mark.parametrize("flavour", EVERY, ids=str)
def test_connections_go_back_to_the_pool(stage: Stage) -> None:
    """Requests one after the other use one connection while they are recorded."""
    url = stage.server.on("GET /", stream(ONE, TWO))

    async def program() -> None:
        async with stage.client() as client:
            for _ in range(3):
                await client.get(url)

    stage.record(program)
    assert (3, 1) == (len(stage.server.requests), stage.server.connections)


@pytest.mark.parametrize("flavour", EVERY, ids=str)
@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")  # trio's, on every stream left early
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_leaving_a_stream_frees_its_connection(stage: Stage) -> None:
    """With a pool of one connection, a request succeeds after a stream that was left in the middle."""
    left = stage.server.on("GET /left", stream(ONE, Ending.SILENCE))
    then = stage.server.on("GET /then", plain(b"free"))

    async def program() -> bytes:
        limits = stage.flavour.library.Limits(max_connections=1)
        async with stage.client(limits=limits, timeout=60) as client:
            async with client.stream(left) as response:
                async for _ in client.raw(response):
                    break
            body: bytes = (await client.get(then)).content
            return body

    recorded, replayed = stage.both(program)
    assert b"free" == recorded
    assert recorded == replayed


def test_pace_is_kept_on_demand(together: Together) -> None:
    """`speed=1` spaces the chunks as they came, `speed=0` waits for nothing."""

    def story(stage: Stage) -> None:
        gate = stage.server.gate()
        url = stage.server.on("GET /", stream(ONE, gate, TWO))

        async def program() -> float:
            began = time.perf_counter()
            async with stage.client() as client, client.stream(url) as response:
                async for _ in client.raw(response):
                    if not gate.is_set():
                        time.sleep(0.5)  # noqa: ASYNC251  # the pause to be recorded, not a synchronization
                        gate.set()
            return time.perf_counter() - began

        recorded = stage.record(program)
        stage.server.stop()
        assert stage.replay(program) < 0.4
        assert 0.49 < stage.replay(program, speed=1) < recorded + 5.0

    together(story)
