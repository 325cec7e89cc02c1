"""A Python below a recorded command: what it costs, and what is loaded when it is needed."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from replaykit.core.model import Origin, Span
from replaykit.launch.children import environment, uncovered
from replaykit.launch.settings import Settings
from replaykit.store import Store
from tests.launch.conftest import importing

if TYPE_CHECKING:
    from pathlib import Path


class Run:
    """A recording under way, in which Pythons can be run."""

    def __init__(self, folder: Path, store: Path) -> None:
        self.store = Store(store)
        self.draft = self.store.begin("story", Origin(), Span())
        self.folder = folder
        settings = Settings("record", "story", self.draft, str(store), str(folder), time.monotonic_ns(), time.time())
        settings.leave(folder)

    def python(self, script: str, *flags: str) -> str:
        """What a script prints, on both streams."""
        return subprocess.run(
            [sys.executable, *flags, "-c", script],
            env=environment(importing(), self.folder),
            text=True,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ).stdout

    def unseen(self) -> dict[str, str]:
        """What did not come through us, and how."""
        return {each.what: each.how for each in self.store.unseen(self.draft)}


@pytest.fixture
def run(tmp_path: Path, store: Path) -> Run:
    """A recording without a command."""
    return Run(tmp_path, store)


def test_standing_by_costs_next_to_nothing(run: Run) -> None:
    """A child with a session starts less than 25 ms later as long as it imports no HTTP library."""
    costs = []
    for _ in range(3):
        account = run.python("pass", "-X", "importtime")
        costs += [int(found) for found in re.findall(r"\| +(\d+) \| +sitecustomize", account)]
    assert min(costs) < 25_000


def test_standing_by_loads_nothing(run: Run) -> None:
    """A child that prints has loaded neither the guard nor the store, nor `typing`."""
    shown = run.python(
        "import sys; print(*sorted(set(sys.modules) & {'replaykit.guard', 'replaykit.store', 'typing'}))"
    )
    assert "\n" == shown


@pytest.mark.parametrize(
    "script",
    [
        "import os; os.system('sort --version > /dev/null')",
        "import os; os.execvp('sort', ['sort', '--version'])",
        "import os; os.waitpid(os.posix_spawnp('sort', ['sort', '--version'], os.environ), 0)",
        "import subprocess; subprocess.run(['sort', '--version'])",
    ],
)
def test_the_first_program_that_is_started_is_seen(run: Run, script: str) -> None:
    """The guard is there for the very event that it was loaded for, in whatever way the program is started."""
    run.python(script)
    assert {"sort": "subprocess"} == run.unseen()


@pytest.mark.parametrize("module", ["_socket", "_posixsubprocess"])
def test_the_guard_is_there_for_the_modules_below(run: Run, module: str) -> None:
    """A program that imports the C module behind `socket` or `subprocess` is guarded, and has one such module."""
    shown = run.python(
        f"import sys, {module} as below, socket, subprocess\n"
        f"print('replaykit.guard' in sys.modules, below is sys.modules[{module!r}], below.__spec__.name)"
    )
    assert f"True True {module}\n" == shown


def test_a_module_that_is_built_in_is_told_of_alone(run: Run) -> None:
    """All modules that are built into the interpreter share a loader; watching one of them leaves the others alone."""
    shown = run.python(
        "import sys\n"
        "from replaykit.imports import Watch\n"
        "one, other = [name for name in sys.builtin_module_names if name not in sys.modules][:2]\n"
        "told = []\n"
        "Watch({one}, told.append).start()\n"
        "__import__(one), __import__(other)\n"
        "print(told == [one], sys.modules[one].__spec__.name == one)\n"
    )
    assert "True True\n" == shown


def test_a_connection_from_below_is_seen(run: Run) -> None:
    """The C module's own sockets are seen, though nobody has imported `socket` before."""
    run.python(
        "import _socket\n"
        "try: _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM).connect(('127.0.0.1', 9))\n"
        "except OSError: pass\n"
    )
    assert {"127.0.0.1": "socket"} == run.unseen()


def test_the_first_connection_is_seen_by_name(run: Run) -> None:
    """The guard is there before the first name is looked up, so that a host is called as the program calls it."""
    run.python(
        "import contextlib, socket\n"
        "with contextlib.suppress(OSError):\n"
        "    socket.create_connection(('localhost', 9), 1)\n"
    )
    assert {"localhost": "socket"} == run.unseen()


def test_a_session_that_cannot_begin_is_named(run: Run) -> None:
    """A recording whose draft is gone says so in the list of processes, and the program runs on."""
    run.store.remove(run.draft)
    assert "ran\n" == run.python("import httpx2; print('ran')")
    (found,) = uncovered(run.folder)
    assert found.how.startswith("its session did not start: ")


def test_two_libraries_at_once(run: Run) -> None:
    """Both libraries, imported by two threads at the same time, are routed."""
    run.python(
        "import threading\n"
        "def get(name):\n"
        "    library = __import__(name)\n"
        "    together.wait()\n"
        "    try:\n"
        "        library.get('http://127.0.0.1:9/')\n"
        "    except library.ConnectError:\n"
        "        pass\n"
        "together = threading.Barrier(2)\n"
        "threads = [threading.Thread(target=get, args=(name,)) for name in ('httpx', 'httpx2')]\n"
        "[thread.start() for thread in threads]\n"
        "[thread.join() for thread in threads]\n"
    )
    episode = run.store.episode(run.draft)
    assert episode is not None
    assert ["ConnectError"] * 2 == [step.failure.kind for step in episode.exchanges if step.failure]
    assert {} == run.unseen()
