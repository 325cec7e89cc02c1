"""Two schemas compared: walked side by side, proved as a whole, and both brought into agreement.

    walked     what happened, place by place
    proved     whether all that is valid under one is valid under the other, both ways round
    settled    what the proofs refute is not told; what only the proofs found is told at the root

Law: no change means that both are proved to accept the same. A counterexample makes its verdict false,
whatever else was thought of it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.changes.alike import Alike
from replaykit.core.contract.changes.change import Change, Comparison, Counterexample
from replaykit.core.contract.changes.found import Found, Here
from replaykit.core.contract.changes.moves import MOVES, kind, settled
from replaykit.core.contract.changes.shown import confirmed, moved, prefers_new
from replaykit.core.contract.changes.walk import Walk
from replaykit.core.contract.grades import RANK, grade_of
from replaykit.core.contract.schema import Inclusion, included, intended
from replaykit.core.plain import line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replaykit.core.contract.changes.change import Side, Valid
    from replaykit.core.contract.grades import Direction
    from replaykit.core.contract.model import Schema
    from replaykit.core.model import JSON

_EXAMPLES: Final = 40
"""Changes that get a counterexample, the worst first: each asks the validator two to eight times."""


def compared(old: Schema, new: Schema, direction: Direction = "response", *, valid: Valid) -> Comparison:
    """What changed from one schema to the other, graded as `direction` has it, the shortest paths first.

    `valid` is asked about counterexamples, and has to be that of the schemas' own draft (`$schema`; none
    is draft-07), formats included.
    """
    try:
        texts = json.dumps(old), json.dumps(new)
        if texts[0] == texts[1]:
            return Comparison()
        # Read again, no part stands in two places: a walk knows the parts that it has seen by what they are.
        ours, theirs = (json.loads(text) for text in texts)
        alike = Alike(ours, theirs, defaults=direction == "request")
        if alike.same(ours, theirs):
            return Comparison(text_changed=old != new)
        walk = Walk(alike, partial(included, valid=valid), stream=direction == "stream")
        walk.run(ours, theirs)
        return _told(walk, old, new, direction, valid)
    except RecursionError:
        return Comparison((_change(Found("undecided", Here(), "", "nested too deeply"), direction),), None, None)


def _told(walk: Walk, old: Schema, new: Schema, direction: Direction, valid: Valid) -> Comparison:
    found = [each for each in moved(walk) if kind(each.move, direction, each.here.path)]
    changes = [_change(each, direction) for each in found]
    worst = sorted(range(len(found)), key=lambda index: -RANK[changes[index].grade])[:_EXAMPLES]
    shown = {index: confirmed(found[index], walk, (old, new), direction, valid) for index in worst}
    proofs = _proofs(old, new, {each.under: each for several in shown.values() for each in several}, valid)
    verdicts = proofs[0].answer, proofs[1].answer
    told = [
        replace(_change(replace(each, move=move), direction), counterexample=_worth(each, shown.get(index, [])))
        for index, each in enumerate(found)
        if (move := settled(each.move, *verdicts))
    ]
    if not walk.ended:
        told.append(_change(Found("undecided", Here(), "", "more places than can be compared"), direction))
    return Comparison(tuple(told) or _unplaced(proofs, direction), *verdicts, text_changed=True)


def _worth(found: Found, shown: Sequence[Counterexample]) -> Counterexample | None:
    """The counterexample, where what happened is about which documents are valid.

    A new field nobody knew is not: that it could have been anything before is true, and no news.
    """
    return shown[0] if shown and MOVES[found.move].effect else None


def _proofs(
    old: Schema, new: Schema, shown: Mapping[Side, Counterexample], valid: Valid
) -> tuple[Inclusion, Inclusion]:
    """The verdict both ways round; a confirmed document is a no that needs no further proof."""
    sides: list[tuple[Side, tuple[Schema, Schema]]] = [("old", (old, new)), ("new", (new, old))]
    backward, forward = (
        Inclusion(answer=False, witness=(shown[side].document,)) if side in shown else intended(*pair, valid=valid)
        for side, pair in sides
    )
    return backward, forward


def _unplaced(proofs: tuple[Inclusion, Inclusion], direction: Direction) -> tuple[Change, ...]:
    """What no place shows, and the proofs of the whole do; nothing where both accept the same."""
    backward, forward = (each.answer for each in proofs)
    if backward and forward:
        return ()
    if None in (backward, forward) and False not in (backward, forward):
        why = next((each.why for each in proofs if each.answer is None), "")
        return (_change(Found("undecided", Here(), "", line(why, 200)), direction),)
    move = "bound.widened" if backward else "bound.narrowed" if forward else "bound.changed"
    told = _change(Found(move, Here(), "", "other documents are accepted"), direction)
    witnesses: list[tuple[Side, tuple[JSON, ...]]] = [("old", proofs[0].witness), ("new", proofs[1].witness)]
    if prefers_new(direction):
        witnesses.reverse()
    witness = next((Counterexample(document[0], side) for side, document in witnesses if document), None)
    return (replace(told, counterexample=witness),)


def _change(found: Found, direction: Direction) -> Change:
    name = kind(found.move, direction, found.here.path)
    return Change(name, grade_of(name), direction, found.here.path, found.before, found.after)
