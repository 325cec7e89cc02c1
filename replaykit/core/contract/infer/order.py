"""The order of a stream's events, as far as it was seen.

    was the same in 5 whole streams or more, and nowhere else        is claimed as
    the first event                                                  the first
    the last event                                                   the last
    the data of a last event that is no JSON                         the end

Law: between the first and the last any event may come that was seen. Nothing is claimed of what is not.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.infer.learn import ENOUGH
from replaykit.core.contract.model import Order
from replaykit.core.contract.order import machine
from replaykit.core.contract.streams import WORD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.core.contract.infer.traffic import Row


def order(rows: Sequence[Row], tag: str) -> Order:
    """The order of these streams; `tag` is the field that names an event, empty when none does."""
    whole = [row for row in rows if row.whole]
    ends = {row.end for row in whole}
    end = ends.pop() if len(ends) == 1 else ""
    return Order(
        events=_events(rows, whole) if tag else "",
        tag=tag,
        end=end if len(whole) >= ENOUGH and WORD.fullmatch(end) else "",
    )


def grown(known: Order, rows: Sequence[Row], tag: str) -> Order:
    """An order that these streams keep, too: the known one where they do, else its first and its last event.

    `tag` is the field that names an event by now; empty when none does any more.
    """
    whole = [row for row in rows if row.whole]
    end = known.end if all(row.end == known.end for row in whole) else ""
    if not tag or not known.events or all(_keeps(known, row) for row in rows):
        return replace(known, tag=tag, events=known.events if tag else "", end=end)
    named = {name for row in rows for name in row.names} - {*known.anywhere, *known.ends}
    first, last = _FIRST.match(known.events), _LAST.search(known.events)
    begins = first[1] if first and all(row.names[:1] == (first[1],) and _once(row, first[1]) for row in rows) else ""
    closes = last[1] if last and all(row.names[-1:] == (last[1],) and _once(row, last[1]) for row in whole) else ""
    between = sorted((named | machine(known.events).names) - {begins, closes})
    body = f"({' | '.join(between)})*" if between else ""
    return replace(known, events=" ".join(filter(None, (begins, body, closes))), end=end)


_FIRST: Final = re.compile(r"^([^\s()|*+?]+)(?=\s|$)")
_LAST: Final = re.compile(r"(?:^|(?<=\s))([^\s()|*+?]+)$")


def _once(row: Row, name: str) -> bool:
    return row.names.count(name) == 1


def _keeps(known: Order, row: Row) -> bool:
    """Whether a stream comes in the known order."""
    walk = machine(known.events).begin()
    for name in row.names:
        if name in known.ends:
            return True
        if name not in known.anywhere and not walk.step(name):
            return False
    return walk.over or not row.whole


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
