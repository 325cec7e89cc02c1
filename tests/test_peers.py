"""What other recorders get wrong, one by one: each is proved here, or in the test that the table names.

Law: the list is whole. A fault that is proved elsewhere is proved by a test that exists.
"""

from __future__ import annotations

import ast
import asyncio
import itertools
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

import replaykit
from replaykit import cassette
from replaykit.store import Store
from tests.servers.script import document, plain

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from replaykit.core.model import Episode
    from tests.servers.script import Asked, Script
    from tests.servers.wire import Server

TESTS = Path(__file__).parent

ELSEWHERE = {
    "a changed prompt stays green": "cli/test_replay.py::test_a_changed_prompt_is_a_difference",
    "a stream is drained": "transport/test_streams.py::test_the_first_chunk_does_not_wait_for_the_second",
    "a cut stream gives nothing": "transport/test_streams.py::test_a_cut_stream_gives_its_chunks_and_then_its_error",
    "SIGKILL loses all": "cli/test_record.py::test_a_killed_program_leaves_a_draft",
    "a miss is disguised by an SDK": (
        "sdk/test_anthropic.py::test_a_changed_prompt_is_a_miss_whatever_the_sdk_makes_of_it"
    ),
    "a miss is retried, or hung on": "cli/test_replay.py::test_a_miss_cannot_be_hidden",
    "steps never asked for go unseen": "cli/test_replay.py::test_what_nobody_asked_for_is_a_difference",
    "two threads contaminate each other": "transport/test_concurrency.py::test_two_threads_with_two_episodes_never_mix",
    "a fresh clone without a key cannot start": "cli/test_accept.py::test_a_fresh_clone_replays_it",
    "another HTTP library goes unrecorded in silence": "cli/test_record.py::test_another_http_library_is_named",
    "secrets in input, output and base64": "cli/test_record.py::test_no_secret_is_anywhere_in_the_store",
}
"""What is proved by a test that stands elsewhere."""


@pytest.mark.parametrize("fault", ELSEWHERE)
def test_proved_elsewhere(fault: str) -> None:
    """The test that the table names for a fault exists."""
    file, _, name = ELSEWHERE[fault].partition("::")
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def post(url: str, body: object, **more: Any) -> str:
    return httpx2.post(url, json=body, **more).text


def kept(store: Path) -> Episode:
    """The newest draft of `story`."""
    with Store(store, create=False) as opened:
        episode = opened.episode(opened.newest("story") or "")
    assert episode is not None
    return episode


def test_big_integers_are_not_rewritten(server: Server, store: Path) -> None:
    """What the wire said comes back byte for byte: no digit of a number, no space and no repeated key is touched."""
    odd = b'{"id": 12345678901234567890123, "e": 1.10e+2, "n": -0.0, "twice": 1, "twice": 2, "t": "\\u00e9"}'
    url = server.on("POST /", plain(odd, headers=(("Content-Type", "application/json"),)))
    with replaykit.record("story", store=store):
        first = httpx2.post(url, content=odd).content
    server.stop()
    with replaykit.replay("story", store=store):
        second = httpx2.post(url, content=odd).content
    assert odd == first == second
    (step,) = kept(store).exchanges
    assert odd == step.request.body.data


def test_big_integers_that_differ_are_a_difference(server: Server, store: Path) -> None:
    """Two integers that a float would make equal are two questions."""
    url = server.on("POST /", plain(b"ok"))
    with replaykit.record("story", store=store):
        httpx2.post(url, content=b'{"id": 12345678901234567890123}')
    with pytest.raises(replaykit.NotRecorded, match="1234567890"), replaykit.replay("story", store=store):
        httpx2.post(url, content=b'{"id": 12345678901234567890124}')


def test_gathered_calls_come_back_each_with_its_own(server: Server, store: Path) -> None:
    """Twenty calls at once, asked for in every order, get each their own answer, and equal ones all of theirs."""
    count = itertools.count()
    url = server.on("POST /", lambda asked: document({"to": asked.json()["n"], "number": next(count)}))

    async def gather(order: list[int]) -> dict[int, list[Any]]:
        async with httpx2.AsyncClient() as client:

            async def ask(n: int) -> tuple[int, Any]:
                return n, (await client.post(url, json={"n": n % 10})).json()

            answers = await asyncio.gather(*(ask(n) for n in order))
        grouped: dict[int, list[Any]] = {}
        for n, answer in answers:
            assert n % 10 == answer["to"]
            grouped.setdefault(n % 10, []).append(answer["number"])
        return {n: sorted(numbers) for n, numbers in grouped.items()}

    def run(work: Coroutine[Any, Any, dict[int, list[Any]]]) -> dict[int, list[Any]]:
        return asyncio.run(work)

    with replaykit.record("story", store=store):
        recorded = run(gather(list(range(20))))
    server.stop()
    for order in (list(range(20)), list(range(19, -1, -1)), [*range(0, 20, 2), *range(1, 20, 2)]):
        with replaykit.replay("story", store=store):
            assert recorded == run(gather(order))


def test_a_half_written_file_is_named(server: Server, store: Path, tmp_path: Path) -> None:
    """A tape that was cut at any place is an error that names the file and says what to do; nothing is overwritten."""
    url = server.on("POST /", plain(b"ok"))
    with replaykit.record("story", store=store):
        post(url, {"a": 1})
    page, tape = cassette.save(tmp_path, kept(store))
    whole = tape.read_bytes()
    for size in range(0, len(whole), max(1, len(whole) // 20)):
        tape.write_bytes(whole[:size])
        with pytest.raises(replaykit.CassetteError) as caught:
            replaykit.replay(str(tape), store=store).__enter__()
        assert str(tape) == caught.value.path
        assert str(tape) in str(caught.value)
    command = [sys.executable, "-m", "replaykit", "replay", str(page)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (2, False) == (done.returncode, "Traceback" in done.stderr)


def test_secrets_in_prompts_queries_and_headers(server: Server, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that stands in a prompt, a query, a header of any name, or an answer is nowhere in what is kept."""
    key = "f3Jq8ZrT-unshaped-0451-Kx"
    monkeypatch.setenv("TRAVEL_API_KEY", key)

    def echo(asked: Asked) -> Script:
        return plain(asked.body)

    server.on(f"POST /?token={key}", echo)
    with replaykit.record("story", store=store):
        said = post(f"{server.url}/?token={key}", {"prompt": f"use {key}"}, headers={"x-anything": key})
    assert key in said
    (step,) = kept(store).exchanges
    assert step.response is not None
    seen = repr((step, step.request.body.data, step.response.body.data))
    files = b"".join(path.read_bytes() for path in store.parent.iterdir())
    assert key not in seen
    assert key.encode() not in files
    assert "[REDACTED:TRAVEL_API_KEY]" in seen
    server.stop()
    monkeypatch.delenv("TRAVEL_API_KEY")
    with replaykit.replay("story", store=store):
        stand_in = "[REDACTED:TRAVEL_API_KEY]"
        post(f"{server.url}/?token={stand_in}", {"prompt": f"use {stand_in}"}, headers={"x-anything": stand_in})


def test_two_jobs_that_differ_by_an_id(server: Server, store: Path) -> None:
    """Each of two jobs gets its own answer in any order, and a third one none."""
    jobs = {f"0b7c1d2e-5f60-4a71-8b92-c3d4e5f6a7b{n}": f"result {n}" for n in range(3)}
    url = server.on("POST /jobs", lambda asked: plain(jobs[str(asked.json()["job"])].encode()))
    first, second, third = jobs
    with replaykit.record("story", store=store):
        for job in (first, second):
            post(url, {"job": job})
    with replaykit.replay("story", store=store):
        assert ["result 1", "result 0"] == [post(url, {"job": job}) for job in (second, first)]
    with pytest.raises(replaykit.NotRecorded, match="not recorded"), replaykit.replay("story", store=store):
        post(url, {"job": third})


@pytest.mark.parametrize("day", ["25 December", "2031-12-25", "24 December 2032"])
def test_a_flight_on_another_day(server: Server, store: Path, day: str) -> None:
    """Now is now, but 24 December is not the 25th, however a day is written."""
    recorded = {"25 December": "24 December", "2031-12-25": "2031-12-24"}.get(day, "24 December 2031")
    url = server.on("POST /flights", plain(b"booked"))
    with replaykit.record("story", store=store):
        post(url, {"fly": f"on {recorded}"})
    with pytest.raises(replaykit.NotRecorded, match="not recorded"), replaykit.replay("story", store=store):
        post(url, {"fly": f"on {day}"})
