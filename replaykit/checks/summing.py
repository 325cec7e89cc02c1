"""What exchanges came to, as a report: each drift once, as it stands today, and the journal with it.

Law: only a run that asked the service itself may say that something is no longer there. Who answered in a
service's place is said, whatever the answers were.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from replaykit.contracts.checking import day_of
from replaykit.contracts.standing import settled
from replaykit.core.contract.drift import drifts
from replaykit.core.plain import counted, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.config import Config
    from replaykit.core.contract.drift import Seen
    from replaykit.report.drift import Report


def reported(report: Report, seen: Sequence[Seen], config: Config) -> Report:
    """The report, with what was seen as it stands on its day; what was found is in the journal then."""
    told, problem = settled(
        drifts(seen),
        seen,
        day_of(report.when),
        folder=config.contract_folder,
        path=config.drift_path,
        live=report.source == "live",
    )
    return replace(report, standings=told, notes=tuple(filter(None, (*report.notes, *_through(seen), problem))))


_WIDE: Final = 200
"""Characters of a host."""


def _through(seen: Sequence[Seen]) -> Iterator[str]:
    """Which gateways answered, in whose place, and how often."""
    counts = Counter((each.checked.host, each.checked.contract.binds.host) for each in seen if each.checked.host)
    for (host, own), count in sorted(counts.items()):
        place = f" in place of {own}" if own else ""
        yield f"{line(host, _WIDE)} answered {count:,} of {counted(len(seen), 'exchange')}{place}"
