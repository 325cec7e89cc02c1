"""Recorded exchanges against a project's contracts.

Law: a recording that cannot be read is a problem of the report, and never one less to look at.
"""

from __future__ import annotations

import time
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Final

from replaykit import cassette
from replaykit.checks.summing import reported
from replaykit.config import gateway
from replaykit.contracts.checking import Checks
from replaykit.core.contract.bound import Parsed
from replaykit.core.plain import line, listed
from replaykit.errors import CassetteError, StoreError
from replaykit.report.drift import Report, Row
from replaykit.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    found = tuple(episodes)
    seen, problems = said(contracts, found, config)
    rows = tuple(_rows(contracts, seen, found))
    return reported(Report(time.time(), "recordings", rows, (), problems, fails), seen, config)


def said(
    contracts: Sequence[Contract], episodes: Iterable[Episode | str], config: Config
) -> tuple[list[Seen], tuple[str, ...]]:
    """What contracts have to say of these episodes, and why some could not be read; `config` has the gateways."""
    checks = Checks(contracts, config.gateways)
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


def _rows(contracts: Sequence[Contract], seen: Sequence[Seen], episodes: Sequence[Episode | str]) -> Iterator[Row]:
    """What became of each contract, under the versions that exchanges were held to; else under its newest."""
    counts = Counter((each.checked.contract.name, each.checked.contract.version) for each in seen)
    asked = cache(lambda: _asked(episodes))
    for name, newest in {each.name: each for each in contracts}.items():
        held = {version: count for (each, version), count in sorted(counts.items()) if each == name}
        versions = listed([version or "draft" for version in held or (newest.version,)])
        why = "" if held else _absent(newest, asked)
        yield Row(name, versions, "ran" if held else "skipped", sum(held.values()), why)


def _absent(contract: Contract, asked: Callable[[], Mapping[tuple[str, str], set[str]]]) -> str:
    """That no recording is about a contract; where some ask others for the same, whom, and how they come to count."""
    about = contract.binds
    hosts = sorted(asked().get((about.provider, about.operation), ())) if about.provider else []
    if not hosts:
        return ABSENT
    told = [line(each, _WIDE) for each in hosts]
    return (
        f"{ABSENT}: the same was asked of {listed(told)}; "
        f"where that is a gateway, say {gateway(hosts[0], about.provider)}"
    )


def _asked(episodes: Iterable[Episode | str]) -> Mapping[tuple[str, str], set[str]]:
    """The hosts that were asked for each operation of each provider."""
    found: dict[tuple[str, str], set[str]] = {}
    for exchange in (each for episode in episodes if not isinstance(episode, str) for each in episode.exchanges):
        parsed = Parsed(exchange.request)
        provider, operation = parsed.wire
        found.setdefault((provider.name, operation.name), set()).add(parsed.host)
    return found


_WIDE: Final = 200
"""Characters of a host."""
