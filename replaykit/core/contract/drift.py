"""Drift: what many exchanges have to say of a contract, each thing once, with how often and since when.

Law: pure; days are passed in. The same finding in a hundred exchanges is one line, and how many were
looked at stands beside it: 3 of 41. What a gateway answered is counted, and told, by itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.grades import RANK
from replaykit.core.contract.model import key
from replaykit.core.plain import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from replaykit.core.contract.check import Checked
    from replaykit.core.contract.grades import Direction
    from replaykit.core.contract.model import Finding


@dataclass(frozen=True, slots=True)
class Seen:
    """One exchange that was checked: in which episode, on which day (ISO), and what came of it."""

    checked: Checked
    episode: str
    day: str


@dataclass(frozen=True, slots=True)
class Drift:
    """One finding, as often as it came.

    `times` of `of` exchanges that were looked at in its direction have it, from `first` to `last` (ISO
    days, empty when nobody knows), in `episodes`; `of` is 0 where nobody counted those. `key` is what it is
    called from run to run.
    """

    contract: str
    version: str
    key: str
    finding: Finding
    times: int
    of: int
    first: str
    last: str
    episodes: tuple[str, ...]


def drifts(seen: Iterable[Seen]) -> tuple[Drift, ...]:
    """What exchanges have to say, each finding once, the worst first."""
    found: dict[tuple[str, str], list[tuple[Seen, Finding]]] = {}
    looked: Counter[tuple[str, str, Direction]] = Counter()
    for each in seen:
        name = each.checked.contract.name
        looked.update((name, each.checked.host, direction) for direction in each.checked.looked)
        # What is alike in two places of an exchange, but for what stands there, is one finding of it.
        for mark, finding in {key(name, finding): finding for finding in reversed(each.checked.findings)}.items():
            found.setdefault((name, mark), []).append((each, finding))
    folded = [_folded(name, mark, group, looked) for (name, mark), group in found.items()]
    return tuple(sorted(folded, key=_order))


def place(finding: Finding) -> str:
    """Where a finding is, as people read it: the part, unless it is the answer itself, the place in it, the gateway."""
    found = line(" ".join(filter(None, (_PARTS.get(finding.part, finding.part), finding.path))) or "/", WIDE)
    return f"{found} at {line(finding.host, WIDE)}" if finding.host else found


def sentence(drift: Drift, *, often: bool = True) -> str:
    """A drift on one line: its grade, where, what, how `often`, and what it is called."""
    said = f"{drift.finding.grade} {drift.contract} {place(drift.finding)} {line(drift.finding.text, WIDE)}"
    return f"{said}{f' ×{drift.times:,}' if often and drift.times > 1 else ''} ({drift.key})"


WIDE: Final = 200
"""Characters of a place or a text."""

_PARTS: Final[Mapping[str, str]] = {
    "response": "",
    "response.headers": "header",
    "request": "sent",
    "request.headers": "sent header",
    "error.headers": "error header",
}
"""What is said of the part that a finding is in, where that is not its name."""


def _folded(
    name: str, mark: str, group: list[tuple[Seen, Finding]], looked: Counter[tuple[str, str, Direction]]
) -> Drift:
    days = sorted(each.day for each, _ in group if each.day) or [""]
    newest, finding = max(group, key=lambda pair: pair[0].day)
    episodes = tuple(dict.fromkeys(each.episode for each, _ in group if each.episode))
    return Drift(
        contract=name,
        version=newest.checked.contract.version,
        key=mark,
        finding=finding,
        times=len(group),
        of=max(looked[name, finding.host, finding.direction], len(group)),
        first=days[0],
        last=days[-1],
        episodes=episodes,
    )


def _order(drift: Drift) -> tuple[int, str, str, str, str]:
    finding = drift.finding
    return -RANK[finding.grade], drift.contract, finding.path, finding.text, finding.host
