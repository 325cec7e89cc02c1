"""What a scan found: where, and of which kind.

Law: no secret is in a finding. `mark` tells repeats from others, and is a keyed hash for this process alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: the draft of a store, the number of a step (1, 2, 3), the part of it, the line of a text.

    0 and empty texts say that there is no such thing.
    """

    part: str = ""
    episode: str = ""
    step: int = 0
    line: int = 0

    def __str__(self) -> str:
        """As a person reads it: `step 3, request header authorization`."""
        step = f"step {self.step}" if self.step else ""
        return ", ".join(filter(None, (self.episode, step, self.part)))


@dataclass(frozen=True, slots=True)
class Finding:
    """A secret in a file: the first place of it, its kind in words, and how often it is there."""

    path: str
    place: Place
    kind: str
    times: int = 1
    mark: int = field(default=0, repr=False)

    def __str__(self) -> str:
        """One line: `cassettes/support.tape: step 3, request header authorization: bearer token ×2`."""
        path = f"{self.path}:{self.place.line}" if self.place.line else self.path
        times = f" ×{self.times}" if self.times > 1 else ""
        return ": ".join(filter(None, (path, str(self.place), self.kind))) + times

    def as_json(self) -> dict[str, Any]:
        """The same for scripts."""
        place = self.place
        return {
            "path": self.path,
            "episode": place.episode or None,
            "step": place.step or None,
            "line": place.line or None,
            "place": place.part or None,
            "kind": self.kind,
            "times": self.times,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, what could not be read and why, and how many files were looked through."""

    findings: tuple[Finding, ...]
    problems: tuple[str, ...]
    files: int


def folded(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, repeats of one added up under the first place of it.

    A repeat is of the same kind in the same part of the same episode, whichever the step; in a text,
    it is the same secret, whichever the line.
    """
    first: dict[tuple[object, ...], Finding] = {}
    for each in findings:
        mark = each.mark if each.place.line else 0
        key = (each.path, each.place.episode, each.place.part, each.kind, mark)
        known = first.get(key)
        first[key] = each if known is None else replace(known, times=known.times + each.times)
    return tuple(first.values())
