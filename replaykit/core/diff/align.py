"""Which step of the one side is which of the other.

    first    what begins and ends the same, byte for byte
    then     what adds the same to its conversation, whatever it repeats
    then     of what is left in each other's place, steps of one sort, in order
    last     what only changed places, since parallel calls begin in any order

Law: a step is paired once, or stands alone; one inserted step leaves all others paired.
"""

from __future__ import annotations

from collections import defaultdict
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from replaykit.core.diff.side import Seen

Row: TypeAlias = "tuple[Seen | None, Seen | None]"
_Rows: TypeAlias = "list[Row]"


def align(before: Sequence[Seen], after: Sequence[Seen]) -> tuple[Row, ...]:
    """The steps side by side, in the order of the later side, those of the earlier one where they were."""
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    ours, theirs = before[head : len(before) - tail], after[head : len(after) - tail]
    rows: _Rows = list(zip(before[:head], after[:head], strict=True))
    rows += _reunited(list(_middle(ours, theirs)))
    rows += zip(before[len(before) - tail :], after[len(after) - tail :], strict=True)
    return tuple(rows)


def _shared(before: Sequence[Seen], after: Sequence[Seen]) -> int:
    """How many steps both begin with."""
    count = 0
    for one, other in zip(before, after, strict=False):
        if one.raw != other.raw:
            break
        count += 1
    return count


def _middle(before: Sequence[Seen], after: Sequence[Seen]) -> Iterator[Row]:
    """By what each adds, then by sort."""
    for i1, i2, j1, j2, equal in _blocks([seen.key for seen in before], [seen.key for seen in after]):
        if equal:
            yield from zip(before[i1:i2], after[j1:j2], strict=True)
        else:
            yield from _by_sort(before[i1:i2], after[j1:j2])


def _by_sort(before: Sequence[Seen], after: Sequence[Seen]) -> Iterator[Row]:
    for i1, i2, j1, j2, equal in _blocks([seen.label for seen in before], [seen.label for seen in after]):
        if equal:
            yield from zip(before[i1:i2], after[j1:j2], strict=True)
        else:
            yield from ((seen, None) for seen in before[i1:i2])
            yield from ((None, seen) for seen in after[j1:j2])


def _blocks(before: Sequence[Hashable], after: Sequence[Hashable]) -> Iterator[tuple[int, int, int, int, bool]]:
    """The stretches of two sequences that are equal, and those that stand in each other's place."""
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        yield i1, i2, j1, j2, tag == "equal"


def _reunited(rows: _Rows) -> _Rows:
    """The rows, with steps that add the same and stand alone on either side put together."""
    alone: dict[Hashable, list[int]] = defaultdict(list)
    for index, (one, other) in enumerate(rows):
        if one is not None and other is None:
            alone[one.key].append(index)
    joined: dict[int, int] = {}
    for index, (one, other) in enumerate(rows):
        if one is None and other is not None and alone.get(other.key):
            joined[index] = alone[other.key].pop(0)
    gone = set(joined.values())
    return [
        (rows[joined[index]][0], row[1]) if index in joined else row
        for index, row in enumerate(rows)
        if index not in gone
    ]
