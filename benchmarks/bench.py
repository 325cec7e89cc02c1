"""The bench: where things are measured, who takes part, and how what they found becomes a row.

Law: everybody is asked the same, one after the other, each in a process of its own; who fails is
shown as failing, and the others go on.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from benchmarks.processes import OURS, PEERS, Probe, ProbeError
from benchmarks.scoreboard import Goal, Row
from benchmarks.subjects import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from benchmarks.workload import Run

SCALES = {"ms": 1e3, "µs": 1e6, "%": 1.0, "kB": 1e-3, "MB": 1e-6, "": 1.0}
"""From what probes speak (seconds, bytes, counts) to what a row shows."""

Found: TypeAlias = dict[str, Any] | str
"""What a probe found, or the word for what became of it."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where to measure: a folder for files, a model server's address, and who takes part beside us."""

    folder: Path
    url: str
    peers: tuple[str, ...] = tuple(PEERS)
    full: bool = False
    made: dict[tuple[str, str], Path] = field(default_factory=dict)

    @property
    def everybody(self) -> tuple[str, ...]:
        """Replaykit first, then the peers."""
        return (OURS, *self.peers)

    def alone(self) -> Bench:
        """The same bench, without the peers."""
        return replace(self, peers=())

    def path(self, subject: str, stem: str) -> Path:
        """A file for a subject to write, in a folder of its own."""
        folder = self.folder / subject / stem
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{stem}{SUBJECTS[subject].suffix}"

    def ask(self, task: str, agents: Sequence[Run]) -> dict[str, Found]:
        """What everybody's probe finds for a task, each with a new file."""
        stem = f"{task}-{agents[0].turns}"
        return self.each(lambda who: Probe(who, task, self.path(who, stem), self.url, agents).run())

    def each(self, measure: Callable[[str], dict[str, Any]]) -> dict[str, Found]:
        """What a measurement finds for everybody; `fails` for one that ended badly, and why on stderr."""
        found: dict[str, Found] = {}
        for who in self.everybody:
            try:
                found[who] = measure(who)
            except ProbeError as error:
                print(f"  {who}: {error}", file=sys.stderr)
                found[who] = "fails"
        return found

    def kept(self, subject: str, agents: Sequence[Run]) -> Path:
        """The file in which a subject has recorded these agents; recorded once for all rows."""
        key = subject, f"{len(agents)}-agents-{agents[0].turns}"
        if key not in self.made:
            path = self.path(*key)
            Probe(subject, "keep", path, self.url, agents).run()
            self.made[key] = path
        return self.made[key]


def row(what: str, found: Mapping[str, Found], key: str, unit: str = "ms", goal: Goal | None = None) -> Row:
    """A row of one key of what everybody found, in a unit."""
    figures = {who: one if isinstance(one, str) else one[key] * SCALES[unit] for who, one in found.items()}
    ours = figures.pop(OURS)
    return Row(what, unit, ours, figures, goal or Goal())


def floor(found: Mapping[str, Found], key: str = "floor") -> float | None:
    """The floor in milliseconds that was measured beside us; beside the first peer when we failed."""
    return next((one[key] * SCALES["ms"] for one in found.values() if not isinstance(one, str)), None)
