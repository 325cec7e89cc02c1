"""What changed between two schemas, or two versions of a contract: graded, placed, and proved where that can be.

    change       a change, a counterexample and a comparison, as values
    moves        what can happen to a schema, and the kind of finding that it is in each direction
    alike        which parts of two schemas say the same, whatever their order and their descriptions
    view         a schema as the ways to satisfy it, type by type; words: the same in words
    walk         two schemas side by side, the shortest places first; found: what it notes
    objects, unions, arrays, values, lumps     what walk does at a place
    sample       a small document for a schema, or around a part of one
    shown        what moved, and the documents that show what changed, each confirmed
    compare      two schemas
    order        two orders of a stream's events
    parts        two contracts

Law: what says the same gives no change. A change that proof shows to be none is not told, a
counterexample is told only if the validator confirmed it, and `backward` and `forward` agree with both.
"""

from replaykit.core.contract.changes.change import Change, Comparison, Counterexample, Valid
from replaykit.core.contract.changes.compare import compared
from replaykit.core.contract.changes.parts import contracts

__all__ = ["Change", "Comparison", "Counterexample", "Valid", "compared", "contracts"]
