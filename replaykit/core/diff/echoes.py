"""What was said on both sides, and so need not be told again where a later request repeats it.

    a message of a request says                                   it is explained when
    on both sides, what a model or a tool said                    both said it in the same step, or in two
                                                                  that came in another order
    on one side, what a model or a tool said, or a step asked     that step stands alone, was told to differ,
                                                                  or came earlier or later on the other side
    anything else                                                 never

Law: what explains was told itself. An answer that the program itself changes, drops or puts elsewhere
is explained by nothing, for the step that gave it is the same on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from replaykit.core.diff.side import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from replaykit.core.conversation import Part
    from replaykit.core.diff.align import Row

_OFTEN = 64
"""Pairs of rows beyond which a part was said too often for its order to tell anything."""

_Heard: TypeAlias = dict[bytes, set[int]]
"""By a part's text, the rows that it was said in."""


@dataclass(frozen=True)
class Echoes:
    """All rows of a comparison, and of those that were compared the ones whose answers were `told` to differ.

    What was said is looked at when something has to be explained: often nothing has.
    """

    rows: Sequence[Row]
    told: set[int] = field(default_factory=set)

    def explain(self, row: int, ours: Sequence[Part], theirs: Sequence[Part]) -> bool:
        """Whether what stands on either side of a place in a row's requests was said before."""
        before, after = self._heard
        here = [before.get(text_of([part]), set()) for part in ours]
        there = [after.get(text_of([part]), set()) for part in theirs]
        if not here and not there:
            return False
        return all(self._explained(row, each, there) for each in here) and all(
            self._explained(row, each, here) for each in there
        )

    def _explained(self, row: int, rows: AbstractSet[int], others: Sequence[AbstractSet[int]]) -> bool:
        """Whether a part that was said in these rows is explained, given those of the other side's parts."""
        if any(self._differs(each) or self._crosses(each, row) for each in rows):
            return True
        return any(not rows.isdisjoint(each) or self._traded(rows, each) for each in others)

    def _differs(self, row: int) -> bool:
        """Whether only one side has a row, or it was told to be answered otherwise."""
        return None in self.rows[row] or row in self.told

    def _traded(self, rows: AbstractSet[int], others: AbstractSet[int]) -> bool:
        """Whether two parts stand in each other's place because what gave them came in another order."""
        if len(rows) * len(others) > _OFTEN:
            return False
        return any(self._crosses(one, other) for one in rows for other in others)

    def _crosses(self, one: int, other: int) -> bool:
        """Whether the earlier side has two rows the other way round."""
        (here, _), (there, _) = self.rows[one], self.rows[other]
        return here is not None and there is not None and (here.whole.number < there.whole.number) != (one < other)

    @cached_property
    def _heard(self) -> tuple[_Heard, _Heard]:
        """What was said on either side; in a row that stands alone, what was asked, too."""
        found: tuple[_Heard, _Heard] = {}, {}
        for row, sides in enumerate(self.rows):
            alone = None in sides
            for seen, heard in zip(sides, found, strict=True):
                for part in () if seen is None else (*seen.said, *(seen.news if alone else ())):
                    heard.setdefault(text_of([part]), set()).add(row)
        return found
