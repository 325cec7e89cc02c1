"""What exchanges came to, as a report: each drift once, as it stands today, and the journal with it.

Law: only a run that asked the service itself may say that something is no longer there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from replaykit.contracts.checking import day_of
from replaykit.contracts.standing import settled
from replaykit.core.contract.drift import drifts

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    return replace(report, standings=told, notes=tuple(filter(None, (*report.notes, problem))))
