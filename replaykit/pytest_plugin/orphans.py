"""`--replaykit-orphans`: the cassettes that no collected test uses.

    one process   what the tests use is known when they are collected, before any is deselected
    xdist         each worker collects all of them, and tells when it ends what they use

Law: somebody is about to remove what is listed. So all of it is, by whole names; and where tests may be missing
from what was collected, that is said with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from replaykit.cassette import names
from replaykit.config import load
from replaykit.core.plain import counted, line, listed
from replaykit.pytest_plugin import has_episode
from replaykit.pytest_plugin.placing import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME: Final = "replaykit-orphans"
"""What the plugin of a run is called, and what a worker's word is."""

WIDE: Final = 200
"""Characters of a name: a file's has no more than 255 bytes."""


class Orphans:
    """A plugin of one run: it knows which episodes the collected tests use; None as long as nobody has said."""

    def __init__(self) -> None:
        """Nothing was collected yet."""
        self.used: set[str] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Take down what the tests use, also those that are about to be deselected."""
        self._add(named(each) for each in items if has_episode(each))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell the process that this one is a worker of."""
        if hasattr(session.config, "workeroutput") and self.used is not None:
            session.config.workeroutput[NAME] = sorted(self.used)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take down what a worker tells."""
        told = getattr(node, "workeroutput", {}).get(NAME)
        if told is not None:
            self._add(told)

    def _add(self, found: Iterable[str]) -> None:
        self.used = {*(self.used or ()), *found}


def watch(config: pytest.Config) -> None:
    """Have the end of this run say which cassettes nobody uses."""
    config.pluginmanager.register(Orphans(), NAME)


def told(reporter: pytest.TerminalReporter, config: pytest.Config) -> Iterator[str]:
    """The lines that say which cassettes nobody uses; none where nobody has asked."""
    found = config.pluginmanager.get_plugin(NAME)
    if found is None:
        return
    if found.used is None:
        yield "which cassettes no test uses is not known: no test was collected"
        return
    settings = load(config.rootpath)
    left = sorted({*names(settings.cassette_folder)} - found.used)
    yield f"{counted(len(left), 'cassette')} of {settings.cassettes}/ that no collected test uses"
    yield from (f"    {line(name, WIDE)}" for name in left)
    if left and (why := _partly(reporter, config)):
        yield f"not all tests may have been collected ({why}): what they use is listed, too"


def _partly(reporter: pytest.TerminalReporter, config: pytest.Config) -> str:
    """Why there may be more tests than were collected; empty where nothing says so."""
    broken, skipped = (
        any(isinstance(each, pytest.CollectReport) for each in reporter.stats.get(outcome, ()))
        for outcome in ("error", "skipped")
    )
    ignored = config.getoption("ignore", default=None) or config.getoption("ignore_glob", default=None)
    chosen = config.args_source is pytest.Config.ArgsSource.ARGS
    rows = (
        (chosen, line(" ".join(config.args), WIDE)),
        (config.getoption("lf", default=False), "--lf"),
        (ignored, "--ignore"),
        (skipped, "files that were skipped as a whole"),
        (broken, "errors while collecting"),
    )
    return listed([why for is_so, why in rows if is_so])
