"""The order of a stream's events, as far as it was seen.

    was the same in 5 whole streams or more, and nowhere else        is claimed as
    the first event                                                  the first
    the last event                                                   the last
    the data of a last event that is no JSON                         the end

Law: between the first and the last any event may come that was seen. Nothing is claimed of what is not.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from replaykit.core.contract.infer.learn import ENOUGH
from replaykit.core.contract.model import Order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.core.contract.infer.traffic import Row

_LONGEST_END = 20
"""Characters of an end (`[DONE]`): what is longer was meant to be read."""


def order(rows: Sequence[Row], tag: str) -> Order:
    """The order of these streams; `tag` is the field that names an event, empty when none does."""
    whole = [row for row in rows if row.whole]
    ends = {row.end for row in whole}
    end = ends.pop() if len(ends) == 1 else ""
    return Order(
        events=_events(rows, whole) if tag else "",
        tag=tag,
        end=end if len(whole) >= ENOUGH and len(end) <= _LONGEST_END else "",
    )


def _events(rows: Sequence[Row], whole: Sequence[Row]) -> str:
    names = Counter(name for row in rows for name in row.names)
    first, last = _edge([row.names[:1] for row in rows], names), _edge([row.names[-1:] for row in whole], names)
    if first == last:
        first = last = ""
    between = sorted(names.keys() - {first, last})
    body = f"({' | '.join(between)})*" if between else ""
    return " ".join(filter(None, (first, body, last))).strip()


def _edge(edges: Sequence[tuple[str, ...]], names: Counter[str]) -> str:
    """The event that stands at one end of all streams, and nowhere else; empty when there is none."""
    found = set(edges)
    name = "".join(found.pop()) if len(found) == 1 else ""
    return name if len(edges) >= ENOUGH and names[name] == len(edges) else ""
