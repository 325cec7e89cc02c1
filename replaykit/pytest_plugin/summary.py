"""What a run of pytest amounts to: episodes replayed and recorded, the counts of their verdicts, time saved.

    12 episodes replayed: 40 same, 2 same after rules; 3 min 02 s saved
    3 episodes recorded, 2 written to cassettes
    2 episodes recorded live, as drafts
    1 test could not begin: why stands above

Law: it adds up what the tests' reports carry, so that it says the same whichever process ran them. A line
is a fact; what there is none of has no line, and a run without episodes no section.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import names
from replaykit.config import load
from replaykit.core.plain import counted, line
from replaykit.pytest_plugin import MARK
from replaykit.pytest_plugin.annotations import active, defused
from replaykit.pytest_plugin.outcomes import gathered
from replaykit.pytest_plugin.placing import named
from replaykit.report.conversation import SECOND, duration
from replaykit.report.suite import sums, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.report.suite import Trial

USED: pytest.StashKey[set[str]] = pytest.StashKey()
"""The names of the episodes of all collected tests."""

MOST = 10
"""Names that are listed."""

WIDE = 200
"""Characters of a name: a file's has no more than 255 bytes."""


def remember(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep which episodes the collected tests use."""
    uses = {named(item) for item in items if MARK in getattr(item, "fixturenames", ())}
    config.stash.setdefault(USED, set()).update(uses)


def write(reporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The section at the end, where there is anything to say."""
    found = gathered(reporter)
    lines = [*_tested(found), *_report(config)]
    if config.option.replaykit_orphans:
        lines += _orphans(config)
    if not found and not lines:
        return
    reporter.section("replaykit", sep="-")
    for each in lines:
        reporter.write_line(defused(each) if active() else each)


def _tested(found: Sequence[Trial]) -> Iterator[str]:
    yield from _replayed([each for each in found if each.how == "replayed"])
    yield from _recorded([each for each in found if each.how == "recorded"])
    if live := sum(each.how == "live" for each in found):
        yield f"{counted(live, 'episode')} recorded live, as drafts"
    if stopped := sum(each.how == "none" and each.outcome != "not run" for each in found):
        yield f"{counted(stopped, 'test')} could not begin: why stands above"


def _replayed(found: Sequence[Trial]) -> Iterator[str]:
    if found:
        total = sums(found)
        saved = duration(round(total.saved * SECOND))
        yield f"{counted(len(found), 'episode')} replayed: {told(total.steps)}; {saved} saved"


def _recorded(found: Sequence[Trial]) -> Iterator[str]:
    if not found:
        return
    drafts = [each for each in found if not each.accepted]
    yield f"{counted(len(found), 'episode')} recorded, {len(found) - len(drafts):,} written to cassettes"
    yield from _listed([f"{line(each.episode, WIDE)}: only a draft ({each.draft})" for each in drafts])
    if len(drafts) < len(found):
        yield "next: look at `git diff`, or `replaykit diff --base HEAD`, and commit"


def _listed(texts: Sequence[str]) -> Iterator[str]:
    """Texts a line each, the ones beyond the limit by their number."""
    yield from (f"    {text}" for text in texts[:MOST])
    if len(texts) > MOST:
        yield f"    and {len(texts) - MOST:,} more"


def _report(config: pytest.Config) -> Iterator[str]:
    """Where the report is that was asked for."""
    if config.option.replaykit_report and not config.option.collectonly:
        from replaykit.pytest_plugin.report import WRITER

        yield config.stash[WRITER].said


def _orphans(config: pytest.Config) -> Iterator[str]:
    """The cassettes that no collected test uses, all of them: somebody is about to remove them."""
    settings = load(config.rootpath)
    used = config.stash.get(USED, set[str]())
    left = sorted({*names(settings.cassette_folder)} - used)
    yield f"{counted(len(left), 'cassette')} of {settings.cassettes}/ that no collected test uses"
    yield from (f"    {line(name, WIDE)}" for name in left)
