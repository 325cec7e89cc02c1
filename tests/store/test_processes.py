"""Many writers, and the sudden end of one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from replaykit.core.model import Origin, Span
from replaykit.store import Facts, Keeper, Store
from tests.turns import agent, bodies

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from replaykit.core.model import Step

PROCESSES, THREADS, TURNS = 8, 4, 6

WRITER = r"""
import sys, threading
from itertools import islice
from pathlib import Path
from replaykit.store import Facts, Store
from tests.turns import turns

path, episode, names, many = Path(sys.argv[1]), sys.argv[2], sys.argv[3].split(","), int(sys.argv[4])
store = Store(path)
keeper = store.keeper(episode)
print("ready", flush=True)
sys.stdin.readline()

def work(number, name):
    for step in islice(turns(name, start=number * 1000), many):
        keeper.keep(step, Facts(name))
        sys.stdout.write(f"{step.began}\n")
        sys.stdout.flush()

threads = [threading.Thread(target=work, args=each) for each in enumerate(names)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def command(store: Path, episode: str, names: Sequence[str], turns: int) -> list[str]:
    """A program that writes one agent per thread into the episode, once it is told to."""
    return [sys.executable, "-c", WRITER, str(store), episode, ",".join(names), str(turns)]


@contextmanager
def started(commands: Sequence[Sequence[str]]) -> Iterator[list[subprocess.Popen[str]]]:
    """The programs, each up to where it said that it is ready; none outlives the block."""
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(each, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            )
            for each in commands
        ]
        try:
            for process in processes:
                assert process.stdout is not None
                assert "ready\n" == process.stdout.readline()
            yield processes
        finally:
            for process in processes:
                process.kill()


def ended(processes: Sequence[subprocess.Popen[str]]) -> list[str]:
    """What each wrote, after it ended well."""
    for process in processes:
        go(process)
    done = [process.communicate() for process in processes]
    assert [(0, "")] * len(processes) == [
        (process.returncode, err) for process, (_, err) in zip(processes, done, strict=True)
    ]
    return [out for out, _ in done]


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def keep(keeper: Keeper, steps: Sequence[Step]) -> None:
    for step in steps:
        keeper.keep(step, FACTS)


def test_eight_processes_of_four_threads(store: Path) -> None:
    """Each of their steps is kept once, and each agent's are in its order."""
    with Store(store) as kept:
        episode = kept.begin("fleet", Origin(), Span())
        names = [[f"p{process}t{thread}" for thread in range(THREADS)] for process in range(PROCESSES)]
        with started([command(store, episode, each, TURNS) for each in names]) as processes:
            ended(processes)
        unfinished = kept.episode(episode)
        kept.finish(episode, ended=1.0)
        found = kept.episode(episode)
    assert found is not None
    assert unfinished is not None
    assert unfinished.steps == found.steps
    written = [agent(name, TURNS, start=number * 1000) for some in names for number, name in enumerate(some)]
    assert sorted(body for each in written for body in bodies(each)) == sorted(bodies(found.steps))
    ours = bodies(found.steps)
    for each in written:
        places = [ours.index(body) for body in bodies(each)]
        assert sorted(places) == places


def test_a_new_store_that_all_open_at_once(store: Path) -> None:
    """Of eight processes that find no store, one makes it and all use it."""
    program = (
        "import sys; from pathlib import Path; from replaykit.store import Store; from replaykit.core.model import *\n"
        "print('ready', flush=True); sys.stdin.readline(); Store(Path(sys.argv[1])).begin('a', Origin(), Span())"
    )
    with started([[sys.executable, "-c", program, str(store)]] * PROCESSES) as processes:
        ended(processes)
    with Store(store) as kept:
        assert PROCESSES == len(kept.summaries())


def test_what_was_finished_survives_a_kill(store: Path) -> None:
    """Of a process killed at its work every step that it said was kept is there; the draft is marked unfinished."""
    with Store(store) as kept:
        episode = kept.begin("killed", Origin(), Span())
        with started([command(store, episode, ["a", "b"], 1000)]) as (process,):
            go(process)
            assert process.stdout is not None
            said = [int(process.stdout.readline()) for _ in range(100)]
            process.kill()
            rest = process.stdout.read().splitlines()  # the last line may have been cut by the kill
            said += [int(line) for line in rest[:-1]]
        assert -signal.SIGKILL == process.returncode
        found = kept.episode(episode)
        assert () == kept.check()
    assert found is not None
    assert not found.finished
    assert set(said) <= {step.began for step in found.steps}
    for number, name in enumerate("ab"):
        ours = [step for step in found.steps if step.began // 1000 == number]
        assert bodies(agent(name, len(ours), start=number * 1000)) == bodies(ours)


def test_a_kill_while_it_is_packed(store: Path) -> None:
    """A process killed at any moment of finishing an episode leaves every step of it."""
    program = (
        "import os, sys; from pathlib import Path; from replaykit.store import Store, keeper\n"
        "original = keeper._seal\n"
        "def seal(*given, **named):\n    original(*given, **named)\n    os.kill(os.getpid(), 9)\n"
        "keeper._seal = seal\nStore(Path(sys.argv[1])).finish(sys.argv[2], ended=2.0, exit_code=0)"
    )
    with Store(store) as kept:
        episode = kept.begin("killed", Origin(), Span())
        for _ in range(2):  # each keeper has a stream of its own
            keeper = kept.keeper(episode)
            for step in agent("support", 10):
                keeper.keep(step, Facts("anthropic messages"))
        before = kept.episode(episode)
    done = subprocess.run([sys.executable, "-c", program, str(store), episode], check=False)
    assert -signal.SIGKILL == done.returncode
    with Store(store) as kept:
        assert before is not None
        assert before.steps == (kept.episode(episode) or pytest.fail("gone")).steps
        kept.finish(episode, ended=2.0)
        assert before.steps == (kept.episode(episode) or pytest.fail("gone")).steps


def test_a_fork_writes_on(store: Path) -> None:
    """A forked child keeps its steps through a connection of its own, and the parent goes on undisturbed."""
    ours, childs = agent("parent", 12), agent("child", 6, start=100)
    with Store(store) as kept:
        episode = kept.begin("forked", Origin(), Span())
        keeper = kept.keeper(episode)
        for step in ours[:6]:
            keeper.keep(step, FACTS)
        child = os.fork()
        if child == 0:
            try:
                for step in childs:
                    keeper.keep(step, FACTS)
                kept.close()
            except BaseException:  # noqa: BLE001 - the child must not return into the test run
                os._exit(1)
            os._exit(0)
        for step in ours[6:]:
            keeper.keep(step, FACTS)
        assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        found = kept.episode(episode)
        assert () == kept.check()
    assert found is not None
    assert bodies([*ours, *childs]) == bodies(found.steps)


def test_a_fork_while_threads_write(store: Path) -> None:
    """Forking while other threads are within SQLite neither hangs the child nor loses a step."""
    with Store(store) as kept:
        episode = kept.begin("forked", Origin(), Span())
        keeper = kept.keeper(episode)
        parts = [agent(f"t{number}", 60, start=number * 1000) for number in range(3)]
        work = [threading.Thread(target=keep, args=(keeper, part)) for part in parts]
        for thread in work:
            thread.start()
        codes = []
        for number in range(8):
            child = os.fork()
            if child == 0:
                signal.alarm(20)
                try:
                    keeper.keep(agent("child", 1, start=10_000 + number)[0], FACTS)
                except BaseException:  # noqa: BLE001 - as above
                    os._exit(1)
                os._exit(0)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        for thread in work:
            thread.join()
        assert [0] * 8 == codes
        assert 3 * 60 + 8 == len((kept.episode(episode) or pytest.fail("gone")).steps)
        assert () == kept.check()


LATE = r"""
import os, sys
from pathlib import Path
opened = []
os.register_at_fork(before=lambda: opened.append(begin()))  # registered before the store's own, so called after it
from replaykit.core.model import Origin, Span
from replaykit.store import Store

def begin():
    store = Store(Path(sys.argv[1]))
    store.begin("before", Origin(), Span())
    return store

Store(Path(sys.argv[1])).begin("first", Origin(), Span())
child = os.fork()
opened[0].begin("after", Origin(), Span())
if child:
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


def test_a_store_that_is_opened_because_of_a_fork(store: Path) -> None:
    """Others are told of a fork, too, and may open a store when ours are held for it already."""
    subprocess.run([sys.executable, "-c", LATE, str(store)], check=True, timeout=30)
    with Store(store) as kept:
        assert ["after", "after", "before", "first"] == sorted(each.name for each in kept.summaries())


OPENING = r"""
import os, signal, sys, threading
from pathlib import Path
from replaykit.store.database import Database

folder, over = Path(sys.argv[1]), threading.Event()

def come_and_go(name):
    while not over.is_set():
        Database(folder / name)

threads = [threading.Thread(target=come_and_go, args=(f"{number}.db",)) for number in range(4)]
for thread in threads:
    thread.start()
code = 0
for _ in range(16):
    child = os.fork()
    if not child:
        signal.alarm(10)
        Database(folder / "child.db")
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        break
over.set()
for thread in threads:
    thread.join()
sys.exit(code)
"""


def test_a_fork_while_threads_open_stores_and_let_them_go(tmp_path: Path) -> None:
    """Forking while other threads open stores, or close what is left of one, does not hang the child."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", OPENING, str(tmp_path)]
    assert 0 == subprocess.run(command, check=False, timeout=60).returncode


WAITING = r"""
import os, sys, threading
from pathlib import Path
from replaykit.core.model import Origin, Span
from replaykit.session.active import entered
from replaykit.store import Store

class Waiting:
    name, lock = "waiting", threading.RLock()

    def before_fork(self):
        self.lock.acquire()

    def after_fork(self):
        self.lock.release()

over, waiting = threading.Event(), Waiting()
with entered(waiting):  # the session is told of forks before there is a store
    store = Store(Path(sys.argv[1]))
    episode = store.begin("it", Origin(), Span())

    def keep():
        while not over.is_set():
            with waiting.lock:
                store.remark(episode, "kept", {})

    thread = threading.Thread(target=keep)
    thread.start()
    for _ in range(40):
        child = os.fork()
        if not child:
            os._exit(0)
        waiting.lock.release()
        os.waitpid(child, 0)
    over.set()
    thread.join()
"""


def test_a_session_waits_for_a_thread_that_waits_for_a_store(store: Path) -> None:
    """Before a fork sessions come first, whoever of them and the stores was there first."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", WAITING, str(store)]
    subprocess.run(command, check=True, timeout=60)


def test_a_step_is_served_to_one_process(store: Path) -> None:
    """However many processes ask for the same steps, each step is granted once."""
    program = (
        "import sys, json; from pathlib import Path; from replaykit.store import Store\n"
        "store = Store(Path(sys.argv[1])); print('ready', flush=True); sys.stdin.readline()\n"
        "print(json.dumps([n for n in range(200) if store.claim(sys.argv[2], n, {}) == 'ours']))"
    )
    with Store(store) as kept:
        replay = kept.replay("episode_abc")
    command = [sys.executable, "-c", program, str(store), replay]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        go(process)
    granted = [json.loads(process.communicate()[0]) for process in processes]
    assert list(range(200)) == sorted(number for each in granted for number in each)


FACTS = Facts("anthropic messages", "claude-opus-5", 900, 250)
