"""The rows of the table: for each question, who is asked, and what the target is.

Law: a row function takes the bench and yields rows; it measures nothing itself, it asks probes.
The targets stand here and nowhere else.
"""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from benchmarks import promises, suites
from benchmarks.bench import SCALES, floor, row
from benchmarks.processes import OURS, Probe, ProbeError, interpreter, result, server, start, wall
from benchmarks.scoreboard import Goal, Row
from benchmarks.workload import LENGTHS, Run, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from benchmarks.bench import Bench, Found

STARTS = 21
"""Whole processes per command; the fastest counts, since whatever makes one slower is the machine's."""

PROCESSES, THREADS, TURNS = 8, 4, 10
"""The fleet: how many processes, threads in each, and requests of each thread."""

ANSWERED = 50
"""Requests that have been answered when a recording is killed."""

PACE = 0.03
"""Seconds between two events of the paced stream: one second for a whole answer."""


def startup(bench: Bench) -> Iterator[Row]:
    """Whole processes: importing, and saying the version. The fastest of each, in turn with bare Python."""
    modules = {OURS: "replaykit", "vcrpy": "vcr", "cassetter": "cassetter"}
    found = bench.each(lambda who: _beside(interpreter(who), ["-c", f"import {modules[who]}"], bench.folder))
    yield row("import, whole process", found, "whole", goal=Goal(floor(found), 25, "over floor"))
    found = bench.alone().each(lambda who: _beside(interpreter(who), ["-m", "replaykit", "--version"], bench.folder))
    yield row("replaykit --version, whole process", found, "whole", goal=Goal(floor(found), 100))


def _beside(python: Path, arguments: Sequence[str], folder: Path) -> dict[str, Any]:
    """Seconds of a whole process, in turn with one of the same interpreter that does nothing."""
    commands = [[str(python), "-c", "pass"], [str(python), *arguments]]
    times = [[wall(command, folder) for command in commands] for _ in range(STARTS)]
    bare, whole = (min(some) for some in zip(*times, strict=True))
    return {"floor": bare, "whole": whole}


def stream(bench: Bench) -> Iterator[Row]:
    """The first chunk of a stream that takes one second, while it is recorded."""
    with server(PACE) as url:
        found = replace(bench, url=url).ask("stream", [Run(turns=20, stream=True)])
    goal = Goal(floor(found, "bare"), 5, "over floor")
    yield row("first chunk while recording a stream of 1 s", found, "first", goal=goal)


def kill(bench: Bench) -> Iterator[Row]:
    """What is left of the answered requests when the process is killed."""
    agents = [Run(turns=ANSWERED)]

    def killed(who: str) -> dict[str, Any]:
        path = bench.path(who, "kill")
        process = Probe(who, "kill", path, bench.url, agents).start()
        _said, complaint = process.communicate()
        if process.returncode != -signal.SIGKILL:
            raise ProbeError((complaint.strip() or "it was not killed").splitlines()[-1])
        return Probe(who, "kept", path, bench.url, agents).run()

    goal = Goal(limit=ANSWERED, kind="exactly")
    yield row(f"kept after SIGKILL, of {ANSWERED} answered", bench.each(killed), "different", "", goal)


def fleet(bench: Bench) -> Iterator[Row]:
    """What is left of the requests of 8 processes with 4 threads each."""
    agents = [Run(f"agent-{number}", TURNS) for number in range(PROCESSES * THREADS)]

    def recorded(who: str) -> dict[str, Any]:
        path = bench.path(who, "fleet")
        command = Probe(who, "fleet", path, bench.url, agents).command()
        if who == OURS:
            command = [str(interpreter(OURS)), "-m", "replaykit", "record", "--store", str(path), "--", *command]
        result(start(command))
        return Probe(who, "kept", path, bench.url, agents).run()

    found, count = bench.each(recorded), len(agents) * TURNS
    all_of_them, none_of_them = Goal(limit=count, kind="exactly"), Goal(limit=0, kind="exactly")
    yield row(f"{PROCESSES} processes of {THREADS} threads: kept, of {count}", found, "different", "", all_of_them)
    yield row("  kept more than once", found, "doubled", "", none_of_them)


def size(bench: Bench) -> Iterator[Row]:
    """What an agent of 200 turns takes on disk, and three agents of 100 turns that take turns."""
    yield _size(bench, "size, 200 turns", [Run(turns=200)], 1.5)
    yield _size(bench, "size, 3 agents of 100 turns", [Run(f"agent-{number}", 100) for number in range(3)], 2)


def _size(bench: Bench, what: str, agents: Sequence[Run], limit: float) -> Row:
    found = bench.each(lambda who: {"bytes": _bytes(bench.kept(who, agents))})
    raw = sum(len(body) for agent in agents for body in agent.requests()) * SCALES["MB"]
    least = len(_frame(agents)) * SCALES["kB"]
    return row(f"{what}, {raw:.0f} MB raw", found, "bytes", "kB", Goal(least, limit, "of floor"))


def _bytes(path: Path) -> int:
    """The size of a file with its companions (a database's log)."""
    return sum(file.stat().st_size for file in path.parent.iterdir())


def _frame(agents: Sequence[Run]) -> bytes:
    """One zstd frame, level 3 with a long window, of each agent's last request and all its answers."""
    from backports import zstd

    wanted = zstd.CompressionParameter
    options: dict[int, int] = {
        wanted.compression_level: 3,
        wanted.window_log: 27,
        wanted.enable_long_distance_matching: 1,
    }
    parts = [agent.requests()[-1] for agent in agents]
    parts += [answer(agent.name, turn) for agent in agents for turn in range(agent.turns)]
    return zstd.compress(b"".join(parts), options=options)


def replay(bench: Bench) -> Iterator[Row]:
    """Replaying requests that are the same, without and with opening the episode."""
    for turns in LENGTHS:
        found = _replayed(bench, [Run(turns=turns)])
        yield row(f"replay a request, {turns} turns", found, "request", goal=Goal(floor(found), 2, "of floor"))
        whole = floor(found, "floor_whole")
        yield row("  with opening and closing, mean", found, "opened", goal=Goal(whole, 5, "of floor"))


def _replayed(bench: Bench, agents: Sequence[Run]) -> dict[str, Any]:
    return bench.each(lambda who: Probe(who, "replay", bench.kept(who, agents), bench.url, agents).run())


def rules(bench: Bench) -> Iterator[Row]:
    """Replaying requests that are the same only after rules; the peers have no rules that could do it."""
    found = bench.alone().ask("rules", [Run(turns=200)])
    yield row("replay, same after rules, 370 kB", found, "request", goal=Goal(floor(found), 2))
    yield row("  with opening and closing, mean", found, "opened", goal=Goal(floor(found, "floor_whole")))


def record(bench: Bench) -> Iterator[Row]:
    """What recording adds to a request."""
    for turns in LENGTHS:
        found = bench.ask("record", [Run(turns=turns)])
        yield row(f"recording adds, median, {turns} turns", found, "median", goal=Goal(limit=1))
        yield row("  99th percentile", found, "p99", goal=Goal(limit=20))
        yield row("  mean, with opening and closing", found, "whole")


def crowd(bench: Bench) -> Iterator[Row]:
    """Opening and replaying one episode of 20 turns among many others, over the same in a store of its own."""
    count = 1_000_000 if bench.full else 100_000
    found = bench.alone().ask("crowd", [Run(turns=20), Run("crowd", count)])
    yield row(f"an episode among {count:,} exchanges", found, "whole", goal=Goal(floor(found), 1.2, "of floor"))


def memory(bench: Bench) -> Iterator[Row]:
    """Growth of the peak memory over many exchanges recorded in one process; the peers keep all in memory."""
    count = 100_000 if bench.full else 20_000
    found = bench.alone().ask("memory", [Run(turns=count)])
    yield row(f"memory grown, {count:,} exchanges recorded", found, "growth", "MB", Goal(limit=50))


def cassettes(bench: Bench) -> Iterator[Row]:
    """Writing and opening what is committed, and what it weighs, for people and for machines."""
    for turns in LENGTHS:
        found = bench.ask("shelve", [Run(turns=turns)])
        yield row(f"write a cassette, {turns} turns", found, "write")
        yield row("  open it, not yet in memory", found, "cold", goal=Goal(limit=50))
        yield row("  open it again", found, "open", goal=Goal(limit=5))
        yield row("  what machines read", found, "tape", "kB")
        text = next((one["text"] * SCALES["kB"] for one in found.values() if not isinstance(one, str)), None)
        yield row("  what people read, beside its text", found, "page", "kB", Goal(text, 1.3, "of floor"))


def diff(bench: Bench) -> Iterator[Row]:
    """Comparing two recordings of 200 turns: a changed prompt, and one changed answer; the peers compare nothing."""
    found = bench.alone().ask("diff", [Run(turns=200)])
    yield row("diff, 200 turns against 200, new prompt", found, "prompt", goal=Goal(limit=1000))
    yield row("  first divergence in 38 MB, new answer", found, "answer", goal=Goal(limit=300))


def plugin(bench: Bench) -> Iterator[Row]:
    """What a plugin adds to a start of pytest that makes no use of it."""
    found = bench.each(lambda who: suites.loading(who, bench.folder))
    yield row("pytest, plugin loaded and not used, adds", found, "added", goal=Goal(limit=10))


def tests(bench: Bench) -> Iterator[Row]:
    """A suite of tests, one cassette each, in whole processes: by each recorder's plugin, and from vcrpy's YAML."""
    found = suites.measured({who: who for who in (suites.FLOOR, *bench.everybody)}, bench.folder, bench.url)
    least = found.pop(suites.FLOOR)
    goal = Goal(limit=1)
    yield from _suite(f"{suites.TESTS} tests, 52 kB each", found, least, ("test", suites.TESTS), [goal, goal])
    if "vcrpy" in bench.peers:
        theirs = suites.measured({"vcrpy": "yaml", OURS: "taken over"}, bench.folder, bench.url)
        yield from _suite("the same from vcrpy's YAML", theirs, least, ("play", suites.PLAYS), [None, goal])


def _suite(
    what: str, found: Mapping[str, Found], least: Found, each: tuple[str, int], goals: Sequence[Goal | None]
) -> Iterator[Row]:
    """Whole runs beside those of the peers, cold and warm, and what is over the floor for `each` of so many."""
    name, times = each
    over = {who: _over(one, least, times) for who, one in found.items()}
    for temper, goal in zip(("cold", "warm"), goals, strict=True):
        bare = floor({suites.FLOOR: least}, temper)
        yield row(f"{what}, {temper}", found, temper, goal=Goal(bare, 1, "of peers"))
        yield row(f"  a {name}, over MockTransport", over, temper, goal=goal)


def _over(found: Found, least: Found, times: int) -> Found:
    """What each of so many takes beyond the floor."""
    if isinstance(found, str) or isinstance(least, str):
        return "fails"
    return {key: (whole - least[key]) / times for key, whole in found.items()}


def contracts(_bench: Bench) -> Iterator[Row]:
    """Checking what a service answers: what it costs when all is well, and how much of what drifts is seen."""
    fitted = {OURS: promises.fit()}
    yield row("validate an answer, nothing new in it", fitted, "message", "µs", Goal(limit=10))
    yield row("  by jsonschema", fitted, "reference", "µs")
    yield row("validate an event of a stream", fitted, "event", "µs", Goal(limit=10))
    same = {OURS: promises.itself()}
    yield row("a schema of 190 kB against itself", same, "same", goal=Goal(limit=100))
    yield row("  in another order", same, "turned", goal=Goal(limit=100))
    planted = {OURS: promises.planted()}
    yield row("planted drifts that were found", planted, "caught", "%", Goal(limit=99, kind="at least"))
    yield row("  of so many", planted, "count", "")
    yield row("  answers that were said to break, and do not", planted, "wrong", "", Goal(limit=0, kind="exactly"))


ROWS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    one.__name__: one
    for one in (
        startup,
        stream,
        kill,
        fleet,
        size,
        replay,
        rules,
        record,
        crowd,
        memory,
        cassettes,
        diff,
        plugin,
        tests,
        contracts,
    )
}
