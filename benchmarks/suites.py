"""Suites of tests as projects have them: 300 tests, two requests of an agent in each, run by a real pytest.

    suite       answered by                            from 300 files of
    floor       httpx2.MockTransport                   -
    replaykit   our plugin                             tapes
    vcrpy       pytest-recording, matching bodies      JSON, the fastest that vcrpy reads
    cassetter   its plugin, matching bodies            TOML, the fastest that it reads
    yaml        pytest-recording, matching bodies      YAML, as it is used
    taken over  our plugin with `--replaykit-vcr`      the same YAML

Law: the tests are the same, to the letter of their functions, and so is their client; each suite was
recorded by its own plugin. A run loads pytest's own plugins and that of the suite, and no other. They
run in turn, cold and then warm: without a compiled test or a cache of pytest's, and at once again.

A test of the largest public suite that we know, 1,165 tests with cassettes, plays 1.7 requests.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from benchmarks.processes import ROOT, ProbeError, interpreter, wall

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

FILES, EACH = 10, 30
"""Files of tests, and tests in each."""

TESTS = FILES * EACH

PLAYS = 2 * TESTS
"""Requests that are answered: those of a test are the last two turns of an agent."""

ROUNDS = 5
"""Runs that are timed, cold and warm, after the one that records."""

STARTS = 11
"""Whole runs with and without a plugin; the fastest of each counts."""

Times: TypeAlias = "dict[str, float]"

_STORY = '''"""The last two turns of an agent: 52 kB of requests and answers."""
import os

import httpx2

from benchmarks.workload import HEADERS, Run, answer

URL = os.environ["BENCH_URL"]
FIRST, TURNS = 10, 12
BODIES = Run("agent", TURNS).requests()[FIRST:]
ANSWERS = {turn: answer("agent", turn) for turn in range(FIRST, TURNS)}


def said(request):
    """What the floor answers."""
    turn = request.content.count(b'"tool_result"')
    return httpx2.Response(200, headers={"content-type": "application/json"}, content=ANSWERS[turn])


# As a mount, so that the floor builds the transport that all the others have, too.
MOUNTS = {"http://": httpx2.MockTransport(said)} if "BENCH_FLOOR" in os.environ else None
CLIENT = httpx2.Client(mounts=MOUNTS)


def play(name):
    """Ask all that an agent of this name asks."""
    for body in BODIES:
        said = CLIENT.post(URL, content=body.replace(b"agent", name), headers=HEADERS).json()
        assert said["type"] == "message"
'''

_VCRPY = """import pytest


@pytest.fixture(scope="module")
def vcr_config():
    return {{"match_on": ("method", "uri", "raw_body"), "filter_headers": ["authorization"]{more}}}
"""

_CASSETTER = """import pytest


@pytest.fixture(scope="module")
def vcr_config():
    return {"match_on": ["method", "uri", "body"], "intercept": ["httpx2"]}
"""

_PROJECT = "[tool.pytest]\nminversion = '8'\n"

_PLAIN = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_ADDOPTS": "",
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPATH": str(ROOT),
}
"""No plugin that is not named, nobody's own options; and what was compiled is kept, or nothing were ever warm."""

_LEFT = ("__pycache__", ".pytest_cache")
"""What a run leaves for the next one."""


@dataclass(frozen=True, slots=True)
class Suite:
    """One row of the table: `who` runs it, `mark` stands above each test, `records` are the words that record it.

    `words` come with every run. Without `records` its folder is another's, or nothing has to be recorded.
    """

    who: str
    folder: str
    words: tuple[str, ...] = ()
    mark: str = ""
    records: tuple[str, ...] = ()
    settings: str = ""

    def _write(self, root: Path) -> None:
        """Have its files be in a folder below `root`."""
        folder = root / self.folder
        folder.mkdir(parents=True, exist_ok=True)
        texts = {"pyproject.toml": _PROJECT, "conftest.py": self.settings, "story.py": _STORY}
        for file in range(FILES):
            tests = [self._test(file * EACH + number) for number in range(EACH)]
            texts[f"test_{file}.py"] = "\n\n".join(["import pytest\n\nfrom story import play", *tests])
        for name, text in texts.items():
            (folder / name).write_text(text)

    def _test(self, number: int) -> str:
        mark = self.mark.format(number=number)
        return f"{mark}def test_{number:03}():\n    play(b'agent-{number:03}')\n"

    def record(self, root: Path, url: str) -> tuple[float, float]:
        """Have it be there with its cassettes, and one run done, which does not count."""
        if self.records or not self.mark:
            self._write(root)
        return self._run(root, url, *self.records), 0.0

    def runs(self, root: Path, url: str) -> tuple[float, float]:
        """Seconds of a cold run and of a warm one; raises `ProbeError` when a test fails."""
        for name in _LEFT:
            for left in (root / self.folder).rglob(name):
                shutil.rmtree(left)
        return self._run(root, url), self._run(root, url)

    def _run(self, root: Path, url: str, *words: str) -> float:
        floor = {} if self.mark else {"BENCH_FLOOR": "1"}
        return _pytest(self.who, (*self.words, *words), root / self.folder, BENCH_URL=url, **floor)


_PLUGINS = {
    "replaykit": "replaykit.pytest_plugin",
    "vcrpy": "pytest_recording.plugin",
    "cassetter": "cassetter.pytest_plugin",
}

_OURS, _RECORDING, _ITS = (("-p", plugin) for plugin in _PLUGINS.values())

_VCR, _ANEW = "@pytest.mark.vcr\n", ("--record-mode=all",)

FLOOR = "floor"

SUITES: Mapping[str, Suite] = {
    FLOOR: Suite("replaykit", "floor"),
    "replaykit": Suite("replaykit", "tapes", _OURS, "@pytest.mark.episode\n", ("--replaykit-record=all",)),
    "vcrpy": Suite("vcrpy", "json", _RECORDING, _VCR, _ANEW, _VCRPY.format(more=', "serializer": "json"')),
    "cassetter": Suite("cassetter", "toml", _ITS, '@pytest.mark.vcr("test_{number:03}.toml")\n', _ANEW, _CASSETTER),
    "yaml": Suite("vcrpy", "yaml", _RECORDING, _VCR, _ANEW, _VCRPY.format(more="")),
    "taken over": Suite("replaykit", "yaml", (*_OURS, "--replaykit-vcr"), _VCR),
}


def measured(names: Mapping[str, str], root: Path, url: str) -> dict[str, Times | str]:
    """The fastest of everybody's runs of a suite, `cold` and `warm`, in seconds; `fails` for one that does."""
    times: dict[str, list[tuple[float, float]]] = {who: [] for who in names}
    failed = set[str]()
    for number in range(ROUNDS + 1):
        for who, name in names.items():
            try:
                if who not in failed:
                    times[who].append(SUITES[name].runs(root, url) if number else SUITES[name].record(root, url))
            except ProbeError as error:
                print(f"  {name}: {error}", file=sys.stderr)
                failed.add(who)
    return {who: "fails" if who in failed else _fastest(some[1:]) for who, some in times.items()}


def _fastest(times: Sequence[tuple[float, float]]) -> Times:
    cold, warm = zip(*times, strict=True)
    return {"cold": min(cold), "warm": min(warm)}


def loading(who: str, root: Path) -> Times:
    """Seconds that a plugin adds to a run that makes no use of it: the fastest with it over the fastest without."""
    folder = root / "unused" / who
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(_PROJECT)
    (folder / "test_unused.py").write_text("def test_unused():\n    pass\n")
    ways = ((), ("-p", _PLUGINS[who]))
    times = [[_pytest(who, words, folder) for words in ways] for _ in range(STARTS)]
    bare, loaded = (min(some) for some in zip(*times[1:], strict=True))
    return {"bare": bare, "added": loaded - bare}


def _pytest(who: str, words: Iterable[str], folder: Path, **variables: str) -> float:
    """Seconds of a whole pytest in somebody's environment."""
    return wall([interpreter(who), "-m", "pytest", "-q", *words], folder, **_PLAIN, **variables)
