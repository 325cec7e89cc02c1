"""Every probe of every contract, sent to the real services: what they answer today.

Law: what the run may take is said before anything is sent. A contract without probes is told as skipped,
and one whose key is missing as such; neither is ever shown as good.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from replaykit.checks.cap import Cap
from replaykit.checks.night import Night, Probed, costs
from replaykit.checks.summing import reported
from replaykit.core.plain import counted
from replaykit.report.drift import STATES, Report, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from replaykit.config import Config
    from replaykit.core.contract.grades import Grade
    from replaykit.core.contract.model import Contract

NONE: Final = "it has no probes: write contracts/{}/probes.toml"


def check(  # noqa: PLR0913, PLR0917 - all but the first three have their usual values
    contracts: Sequence[Contract],
    config: Config,
    fails: frozenset[Grade],
    cap: Cap | None = None,
    say: Callable[[str], None] = lambda _line: None,
    store: Path | None = None,
) -> Report:
    """The report on what the services answer now, kept in a store, by default the project's.

    `say` hears what the run may take, before it takes anything.
    """
    cap = cap or Cap()
    night = Night(config, contracts, cap, store)
    calls, tokens = cap.most
    say(f"live: at most {counted(calls, 'call')} and {counted(tokens, 'token')}; {costs(night)}")
    try:
        found = tuple(_all(night, contracts))
    finally:
        problems = night.close()
    spent = (cap.calls, cap.tokens)
    report = Report(time.time(), "live", (), (), problems, fails=fails, spent=spent, cap=cap.most)
    return summed(found, report, config)


def unprobed(contract: Contract) -> Probed:
    """What becomes of a contract without probes."""
    return Probed(contract.name, contract.version, "", "skipped", NONE.format(contract.name))


def summed(found: Sequence[Probed], report: Report, config: Config) -> Report:
    """The report, with what became of probes beside what it has already; what was found is in the journal then."""
    problems = dict.fromkeys((*report.problems, *(problem for each in found for problem in each.problems)))
    seen = tuple(seen for each in found for seen in each.seen)
    return reported(replace(report, rows=tuple(rows_of(found)), problems=tuple(problems)), seen, config)


def rows_of(found: Iterable[Probed]) -> Iterator[Row]:
    """A row for each contract, and for each state that probes of it came to."""
    groups: dict[tuple[str, str], list[Probed]] = {}
    for each in found:
        groups.setdefault((each.contract, each.version), []).append(each)
    for (name, version), group in groups.items():
        for state in STATES:
            if mine := [each for each in group if each.state == state]:
                why = "; ".join(": ".join(filter(None, (each.probe, each.why))) for each in mine if each.why)
                yield Row(name, version or "draft", state, sum(len(each.seen) for each in mine), why)


def _all(night: Night, contracts: Sequence[Contract]) -> Iterator[Probed]:
    for contract in {each.name: each for each in contracts}.values():
        names = [each.name for each in night.probes[contract.name]]
        if not names:
            yield unprobed(contract)
        yield from (night.probe(contract.name, name) for name in names)
