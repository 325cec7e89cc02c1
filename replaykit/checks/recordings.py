"""Recorded exchanges against a project's contracts.

Law: a recording that cannot be read is a problem of the report, and never one less to look at.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from replaykit import cassette
from replaykit.checks.summing import reported
from replaykit.contracts.checking import Checks
from replaykit.core.plain import listed
from replaykit.errors import CassetteError, StoreError
from replaykit.report.drift import Report, Row
from replaykit.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from replaykit.config import Config
    from replaykit.core.contract.drift import Seen
    from replaykit.core.contract.grades import Grade
    from replaykit.core.contract.model import Contract
    from replaykit.core.model import Episode

ABSENT: Final = "no recording is about it"


def check(
    contracts: Sequence[Contract], episodes: Iterable[Episode | str], config: Config, fails: frozenset[Grade]
) -> Report:
    """The report on these episodes; a text among them says why one could not be read."""
    seen, problems = said(contracts, episodes)
    rows = tuple(_rows(contracts, seen))
    return reported(Report(time.time(), "recordings", rows, (), problems, fails), seen, config)


def said(contracts: Sequence[Contract], episodes: Iterable[Episode | str]) -> tuple[list[Seen], tuple[str, ...]]:
    """What contracts have to say of these episodes, and why some could not be read."""
    checks = Checks(contracts)
    seen: list[Seen] = []
    problems: list[str] = []
    for each in episodes:
        if isinstance(each, str):
            problems.append(each)
        else:
            seen += checks.episode(each)
    return seen, tuple(problems)


def everything(config: Config, path: Path) -> Iterator[Episode | str]:
    """All that was accepted and all drafts of the store at `path`; for what cannot be read, why."""
    known = set[str]()
    for each in accepted(config):
        if not isinstance(each, str):
            known.add(each.id)
        yield each
    try:
        yield from _drafts(path, known)
    except StoreError as error:
        yield str(error)


def accepted(config: Config) -> Iterator[Episode | str]:
    """All that was accepted; for what cannot be read, why."""
    for name in cassette.names(config.cassette_folder):
        try:
            yield cassette.read(config.cassette_folder / f"{name}.tape")
        except CassetteError as error:
            yield str(error)


def _drafts(path: Path, known: set[str]) -> Iterator[Episode | str]:
    """The drafts of a store, those aside that were accepted."""
    if not path.exists():
        return
    with Store(path, create=False) as store:
        for summary in store.summaries():
            if summary.id not in known:
                try:
                    episode = store.episode(summary.id)
                except StoreError as error:
                    yield str(error)
                else:
                    if episode is not None:
                        yield episode


def _rows(contracts: Sequence[Contract], seen: Sequence[Seen]) -> Iterator[Row]:
    """What became of each contract, under the versions that exchanges were held to; else under its newest."""
    counts = Counter((each.checked.contract.name, each.checked.contract.version) for each in seen)
    for name, newest in {each.name: each.version for each in contracts}.items():
        held = {version: count for (each, version), count in sorted(counts.items()) if each == name}
        versions = listed([version or "draft" for version in held or (newest,)])
        yield Row(name, versions, "ran" if held else "skipped", sum(held.values()), "" if held else ABSENT)
