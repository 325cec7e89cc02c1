"""The table: what was measured, of whom, and whether the target is reached.

Law: pure. A row is a value; how it reads and whether it is good are functions of it alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import eq, ge, le
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Figure: TypeAlias = float | str | None
"""A number in the unit of its row, a word for what went wrong, or None: not measured."""

Kind: TypeAlias = Literal["of floor", "over floor", "of peers", "itself", "exactly", "at least"]
"""What a target bounds: ours / floor, ours - floor, ours / fastest peer, ours itself; or what ours is to be, or be at
least."""

COLUMNS = (
    ("what", 45),
    ("vcrpy", 10),
    ("cassetter", 10),
    ("floor", 10),
    ("replaykit", 10),
    ("ratio", 8),
    ("target", 17),
)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a row is held against: the least that is possible, or the same with nobody in between; and a limit."""

    floor: float | None = None
    limit: float | None = None
    kind: Kind = "itself"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: our figure, the peers', and what ours is held against."""

    what: str
    unit: str
    ours: Figure
    peers: Mapping[str, Figure] = field(default_factory=dict)
    goal: Goal = field(default_factory=Goal)

    @property
    def ratio(self) -> float | None:
        """Ours over the floor; None without numbers for both."""
        if isinstance(self.ours, float | int) and self.goal.floor:
            return self.ours / self.goal.floor
        return None

    @property
    def fastest(self) -> float | None:
        """The least of the peers' figures; None when there is none."""
        return min((one for one in self.peers.values() if isinstance(one, float | int)), default=None)

    @property
    def good(self) -> bool | None:
        """Whether the target is reached: not by one who failed; None where there is none, or nobody to beat."""
        limit = self.goal.limit
        if limit is None or self.ours is None:
            return None
        if isinstance(self.ours, str):
            return False
        least = self.fastest if self.goal.kind == "of peers" else self.goal.floor
        if least is None and self.goal.kind == "of peers":
            return None
        measured = _MEASURES[self.goal.kind](self.ours, least or 0.0)
        holds: Callable[[float, float], bool] = _HOLDS.get(self.goal.kind, le)
        return holds(measured, limit)


_MEASURES: Mapping[Kind, Callable[[float, float], float]] = {
    "of floor": lambda ours, floor: ours / floor if floor else float("inf"),
    "over floor": lambda ours, floor: ours - floor,
    "of peers": lambda ours, fastest: ours / fastest if fastest else float("inf"),
    "itself": lambda ours, _floor: ours,
    "exactly": lambda ours, _floor: ours,
    "at least": lambda ours, _floor: ours,
}

_HOLDS: Mapping[Kind, Callable[[float, float], bool]] = {"exactly": eq, "at least": ge}
"""How a figure stands to its limit, where it is not the most that it may be."""

_TARGETS = {
    "of floor": "≤ {limit:g} × floor",
    "over floor": "≤ floor + {limit:g} {unit}",
    "of peers": "≤ {limit:g} × peers",
    "itself": "≤ {limit:g} {unit}",
    "exactly": "= {limit:g} {unit}",
    "at least": "≥ {limit:g} {unit}",
}


def target(row: Row) -> str:
    """The target in words; empty without one."""
    if row.goal.limit is None:
        return ""
    return _TARGETS[row.goal.kind].format(limit=row.goal.limit, unit=row.unit).rstrip()


def figure(value: Figure) -> str:
    """A figure with about three digits; a dash for what was not measured."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if value == int(value) or abs(value) >= 100:  # noqa: PLR2004 - three digits
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"


def heading() -> str:
    """The names of the columns, and a line under them."""
    names = "  ".join(name.ljust(width) if name == "what" else name.rjust(width) for name, width in COLUMNS)
    return f"{names}\n{'─' * (len(names) + 4)}"


def line(row: Row) -> str:
    """One row, its columns aligned under the heading."""
    ratio = "" if row.ratio is None else f"{row.ratio:.2f} ×"
    cells = [f"{row.what} ({row.unit})" if row.unit else row.what]
    cells += [figure(row.peers.get(peer)) for peer in ("vcrpy", "cassetter")]
    cells += [figure(row.goal.floor), figure(row.ours), ratio, target(row)]
    aligned = [
        cell.rjust(width) if index else cell.ljust(width)
        for index, (cell, (_name, width)) in enumerate(zip(cells, COLUMNS, strict=True))
    ]
    mark = {True: "ok", False: "NO", None: ""}[row.good]
    return f"{'  '.join(aligned)}  {mark}".rstrip()
