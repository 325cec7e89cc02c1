"""What is committed: how each subject writes the recording of an agent, and opens it again.

Law: everybody is given the same requests and answers as values, so that writing and opening are
measured, and no network. A peer writes in its own default format. Opening ends where the first
request could be served.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias

from benchmarks.workload import HEADERS, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.workload import Run

URL = "https://api.example.com/v1/messages"
ANSWERED = {"content-type": "application/json"}

BUDGET, MOST = 3.0, 30
"""Seconds after which nothing is timed once more, and how often at most."""

Pairs: TypeAlias = "Sequence[tuple[bytes, bytes]]"
"""Bodies of requests and of their answers."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """How a subject keeps recordings.

    `writes` makes ready and gives the call that is timed; `opens` opens what was written; `tape` and
    `page` are what there is of it on disk, for machines and for people (the same file where one serves both).
    """

    writes: Callable[[Path, Pairs], Callable[[], object]]
    opens: Callable[[Path], object]
    tape: str
    page: str


def shelve(shelf: Shelf, path: Path, agent: Run) -> dict[str, Any]:
    """Seconds of writing, of opening for the first time in this process, and of opening again; sizes in bytes.

    `text` is what a reader would have to read: the last request, and all answers.
    """
    bodies = agent.requests()
    pairs = [(body, answer(agent.name, turn)) for turn, body in enumerate(bodies)]
    write = usual(shelf.writes(path, pairs))
    tape, page = path.with_suffix(shelf.tape), path.with_suffix(shelf.page)
    _forget(tape)
    began = time.perf_counter()
    shelf.opens(tape)
    first = time.perf_counter() - began
    return {
        "write": write,
        "cold": first,
        "open": usual(lambda: shelf.opens(tape)),
        "tape": tape.stat().st_size,
        "page": page.stat().st_size,
        "text": len(bodies[-1]) + sum(len(said) for _, said in pairs),
    }


def usual(call: Callable[[], object]) -> float:
    """The median of the seconds that a call takes, the first one left out unless there is no other."""
    times: list[float] = []
    ends = time.monotonic() + BUDGET
    while not times or (len(times) <= MOST and time.monotonic() < ends):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return median(times[1:] or times)


def _forget(path: Path) -> None:
    """The file is read from the disk the next time, where the system does as it is asked."""
    if not hasattr(os, "posix_fadvise"):
        return
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def episode(name: str, pairs: Pairs) -> Any:
    """An episode of ours that says this."""
    from replaykit.core.model import Body, Episode, Exchange, Request, Response

    headers = tuple(HEADERS.items())

    def exchange(turn: int, asked: bytes, said: bytes) -> Exchange:
        response = Response(200, tuple(ANSWERED.items()), Body.of(said), (len(said),), (20,))
        return Exchange(Request("POST", URL, headers, Body.of(asked)), response, began=turn + 1, first=20, took=25)

    steps = tuple(exchange(turn, *pair) for turn, pair in enumerate(pairs))
    return Episode("episode_bench1", name, "accepted", steps=steps)


def _ours(path: Path, pairs: Pairs) -> Callable[[], object]:
    from replaykit import cassette

    given = episode(path.stem, pairs)
    return lambda: cassette.save(path.parent, given)


def _opened(path: Path) -> object:
    from replaykit import cassette
    from replaykit.core.match import Index
    from replaykit.core.model import Span
    from replaykit.providers.registry import declared, tells

    return Index(cassette.read(path), Span, (), declared, tells=tells)


def _vcrpy(path: Path, pairs: Pairs) -> Callable[[], object]:
    from vcr.persisters.filesystem import FilesystemPersister
    from vcr.request import Request
    from vcr.serializers import yamlserializer

    requests = [Request("POST", URL, asked, dict(HEADERS)) for asked, _ in pairs]
    head = {"status": {"code": 200, "message": "OK"}, "headers": {name: [value] for name, value in ANSWERED.items()}}
    kept = {"requests": requests, "responses": [{**head, "body": {"string": said}} for _, said in pairs]}
    file = path.with_suffix(".yaml")
    return lambda: FilesystemPersister.save_cassette(file, kept, yamlserializer)


def _vcrpy_opened(path: Path) -> object:
    from vcr.persisters.filesystem import FilesystemPersister
    from vcr.serializers import yamlserializer

    return FilesystemPersister.load_cassette(path, yamlserializer)


def _cassetter(path: Path, pairs: Pairs) -> Callable[[], object]:
    import cassetter

    asking, answering = ({name: [value] for name, value in each.items()} for each in (HEADERS, ANSWERED))

    def write() -> None:
        kept = cassetter.Cassette(path.with_suffix(".toml"), record_mode=cassetter.RecordMode.ALL)
        for asked, said in pairs:
            kept.record("POST", URL, asking, asked, 200, answering, said)
        kept.save()

    return write


def _cassetter_opened(path: Path) -> object:
    import cassetter

    kept = cassetter.Cassette(path)
    kept.load()
    return kept


SHELVES = {
    "replaykit": Shelf(_ours, _opened, ".tape", ".yaml"),
    "vcrpy": Shelf(_vcrpy, _vcrpy_opened, ".yaml", ".yaml"),
    "cassetter": Shelf(_cassetter, _cassetter_opened, ".toml", ".toml"),
}
