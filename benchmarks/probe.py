"""One measurement, in a process of its own: `python -m benchmarks.probe TASK JSON` prints a JSON object.

Law: it runs in the environment of the subject, so it needs the standard library, httpx2 and the
subject. Times are seconds by `perf_counter`. The client is built, and its connection opened, before
anything is timed, and the first round is never counted.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextvars import copy_context
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx2

from benchmarks.subjects import SUBJECTS, Subject
from benchmarks.workload import HEADERS, Run, answer, turn_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

BUDGET = 6.0
"""Seconds after which no further round begins: long enough to outlast a burst of somebody else's work."""

THREADS = 4
"""Threads of each process of a fleet."""

LEAST, MOST = 3, 300
"""Rounds that are timed, whatever they take (the slowest peer: 14 s each), and at most."""


def rounds() -> Iterator[int]:
    """The numbers of the rounds: 0 is the warm-up, then as many as the budget allows."""
    ends = time.monotonic() + BUDGET
    for number in range(MOST + 1):
        if number > LEAST and time.monotonic() > ends:
            return
        yield number


def ask(client: httpx2.Client, url: str, bodies: Sequence[bytes]) -> list[float]:
    """Seconds of each request, from the call until its body has been read."""
    clock, times = time.perf_counter, []
    for body in bodies:
        began = clock()
        client.post(url, content=body, headers=HEADERS).read()
        times.append(clock() - began)
    return times


def check(client: httpx2.Client, url: str, bodies: Sequence[bytes]) -> None:
    """Fail unless each request gets the answer of its own turn: a fast wrong answer is no result."""
    for body in bodies:
        said = client.post(url, content=body, headers=HEADERS).json()
        if said != json.loads(answer(*turn_of(body))):
            raise SystemExit(f"a wrong answer was served: {turn_of(body)}")


def floor_client(bodies: Sequence[bytes]) -> httpx2.Client:
    """A client whose transport answers from a list, in order, once."""
    answers = iter([answer(*turn_of(body)) for body in bodies])
    head = {"content-type": "application/json", "request-id": "req_bench"}
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(200, headers=head, content=next(answers)))
    return httpx2.Client(transport=transport)


def keep(subject: Subject, path: Path, url: str, agents: Sequence[Run]) -> dict[str, Any]:
    """Record the agents, interleaved turn by turn, into `path`."""
    bodies = [body for turn in zip(*(agent.requests() for agent in agents), strict=True) for body in turn]
    with httpx2.Client() as client, subject.record(path):
        ask(client, url, bodies)
    return {"raw": sum(map(len, bodies))}


def replay(subject: Subject, path: Path, url: str, agents: Sequence[Run]) -> dict[str, Any]:
    """Replay what `keep` kept beside the floor: a request's median, and all with the opening, per request."""
    bodies = agents[0].requests()
    return _replayed(subject, path, url, lambda: bodies)


def rules(subject: Subject, path: Path, url: str, agents: Sequence[Run]) -> dict[str, Any]:
    """Replay requests that carry another session and another time in each round: the last 20 turns, 370 kB each."""

    def bodies() -> list[bytes]:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return replace(agents[0], session=str(uuid4()), now=now).requests()[-20:]

    with httpx2.Client() as client, subject.record(path):
        ask(client, url, bodies())
    return _replayed(subject, path, url, bodies)


def _replayed(subject: Subject, path: Path, url: str, bodies: Callable[[], list[bytes]]) -> dict[str, Any]:
    """The medians over the rounds: of a request's median, and of all with opening and closing, over the requests.

    The bodies are made inside the block, as an agent makes them, and outside of what is timed.
    """
    clock, client = time.perf_counter, httpx2.Client()
    with subject.replay(path):
        check(client, url, bodies())
    floors, wholes, times, opened = [], [], [], []
    for _ in rounds():
        asked = bodies()
        least = ask(floor_client(asked), url, asked)
        floors.append(median(least))
        wholes.append(sum(least) / len(asked))
        began = clock()
        with subject.replay(path):
            entered = clock()
            asked = bodies()
            ready = clock()
            times.append(median(ask(client, url, asked)))
        opened.append((clock() - ready + entered - began) / len(asked))
    found = {"floor": floors, "floor_whole": wholes, "request": times, "opened": opened}
    return {key: median(some[1:]) for key, some in found.items()}


def crowd(subject: Subject, path: Path, url: str, agents: Sequence[Run]) -> dict[str, Any]:
    """Open and replay one episode in a store full of others, and in a store of its own, in turn.

    The second agent's turns are the number of other exchanges: half of them before, half after.
    """
    from benchmarks.crowd import fill

    bodies, crowded, alone = agents[0].requests(), path, path.with_stem("alone")
    client = httpx2.Client()
    fill(crowded, agents[1].turns // 2)
    for each in (crowded, alone):
        with subject.record(each):
            ask(client, url, bodies)
    fill(crowded, agents[1].turns // 2)
    times: dict[Path, list[float]] = {crowded: [], alone: []}
    for _ in rounds():
        for each, some in times.items():
            began = time.perf_counter()
            with subject.replay(each):
                ask(client, url, bodies)
            some.append(time.perf_counter() - began)
    return {"floor": median(times[alone][1:]), "whole": median(times[crowded][1:])}


def record(subject: Subject, path: Path, url: str, agents: Sequence[Run]) -> dict[str, Any]:
    """What recording adds to each request over the same request bare: median, 99th percentile, and with closing."""
    bodies = agents[0].requests()
    bare, recorded, wholes = [], [], []
    client = httpx2.Client()
    for number in rounds():
        bare.append(ask(client, url, bodies))
        began = time.perf_counter()
        with subject.record(subject.file(path, number)):
            recorded.append(ask(client, url, bodies))
        wholes.append(time.perf_counter() - began)
    usual = [median(times) for times in zip(*bare[1:], strict=True)]
    added = sorted(time - usual[turn] for times in recorded[1:] for turn, time in enumerate(times))
    whole = (median(wholes[1:]) - sum(usual)) / len(bodies)
    p99 = added[int(len(added) * 0.99)]
    return {"bare": median(usual), "median": median(added), "p99": p99, "whole": whole}


def stream(subject: Subject, path: Path, url: str, agents: Sequence[Run]) -> dict[str, Any]:
    """Seconds until the first chunk of a paced stream, bare and while it is recorded."""
    body = agents[0].requests()[-1]
    bare, recorded = [], []
    client = httpx2.Client()
    for number in range(LEAST + 3):
        bare.append(_first(client, url, body))
        with subject.record(subject.file(path, number)):
            recorded.append(_first(client, url, body))
    return {"bare": median(bare[1:]), "first": median(recorded[1:])}


def _first(client: httpx2.Client, url: str, body: bytes) -> float:
    """Seconds from the call to the first chunk; the rest is read, so that the recording is whole."""
    began = time.perf_counter()
    with client.stream("POST", url, content=body, headers=HEADERS) as response:
        chunks = response.iter_bytes()
        next(chunks)
        took = time.perf_counter() - began
        for _chunk in chunks:
            pass
    return took


def kill(subject: Subject, path: Path, url: str, agents: Sequence[Run]) -> dict[str, Any]:
    """Die by SIGKILL in the middle of a recording, the moment the last request has been answered."""
    with httpx2.Client() as client, subject.record(path):
        ask(client, url, agents[0].requests())
        os.kill(os.getpid(), signal.SIGKILL)
    return {}


def member(subject: Subject, path: Path, url: str, agents: Sequence[Run]) -> dict[str, Any]:
    """Record from as many threads as there are agents at once, into a file that other processes write, too."""
    failed: list[BaseException] = []
    with subject.join(path), httpx2.Client() as client:

        def work(agent: Run) -> None:
            try:
                ask(client, url, agent.requests())
            except BaseException as error:  # noqa: BLE001 - a thread's error would be lost with it
                failed.append(error)

        # A copied context, because a peer's documentation asks for one.
        threads = [threading.Thread(target=copy_context().run, args=(work, agent)) for agent in agents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return {"failed": [repr(error) for error in failed]}


def fleet(subject: Subject, path: Path, url: str, agents: Sequence[Run]) -> dict[str, Any]:
    """Record from processes of four threads each, all at once, into one file."""
    given = {"subject": subject.name, "path": str(path), "url": url}
    groups = [[asdict(agent) for agent in agents[start : start + THREADS]] for start in range(0, len(agents), THREADS)]
    commands = [
        [sys.executable, "-m", "benchmarks.probe", "member", json.dumps({**given, "agents": group})] for group in groups
    ]
    processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    return {"exits": [process.wait() for process in processes]}


def memory(subject: Subject, path: Path, url: str, agents: Sequence[Run]) -> dict[str, Any]:
    """Growth of the peak resident memory over as many exchanges as the agent has turns, after 2,000 others.

    They come in conversations of four turns, no two of them alike, so that nothing is kept only once.
    """
    warm, rest = 2_000 // 4, agents[0].turns // 4
    before = 0
    with httpx2.Client() as client, subject.record(path):
        for number in range(warm + rest):
            if number == warm:
                before = _peak()
            ask(client, url, Run(f"agent-{number}", 4).requests())
        after = _peak()
    return {"growth": after - before}


def _peak() -> int:
    """The largest resident memory of this program so far, in bytes.

    On Linux getrusage(2) counts what the parent had before this program began, so the kernel's
    high-water mark of the address space itself is read instead.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(next(line.split()[1] for line in status.read_text().splitlines() if "VmHWM" in line)) * 1024
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def kept(subject: Subject, path: Path, url: str, agents: Sequence[Run]) -> dict[str, Any]:
    """How many different requests were kept, and how many more than once."""
    del url, agents
    bodies = subject.bodies(path) if path.exists() else []
    different = len({turn_of(body) for body in bodies})
    return {"different": different, "doubled": len(bodies) - different}


def shelve(subject: Subject, path: Path, url: str, agents: Sequence[Run]) -> dict[str, Any]:
    """What writing and opening the recording of an agent takes, and what it weighs."""
    del url
    from benchmarks import shelves

    return shelves.shelve(shelves.SHELVES[subject.name], path, agents[0])


def diff(subject: Subject, path: Path, url: str, agents: Sequence[Run]) -> dict[str, Any]:
    """What comparing two recordings of an agent takes, opening included."""
    del subject, url
    from benchmarks import reviews

    return reviews.compared(path.parent, agents[0])


TASKS: dict[str, Callable[[Subject, Path, str, Sequence[Run]], dict[str, Any]]] = {
    task.__name__: task
    for task in (crowd, diff, fleet, keep, kept, kill, member, memory, record, replay, rules, shelve, stream)
}


def main(task: str, arguments: str) -> None:
    """Carry out one task and print what it found."""
    given = json.loads(arguments)
    agents = [Run(**agent) for agent in given["agents"]]
    found = TASKS[task](SUBJECTS[given["subject"]], Path(given["path"]), given["url"], agents)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
