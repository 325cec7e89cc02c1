"""What may differ between two runs: found, taken out, paired one to one, and put into answers again.

Law: declared, versioned, separate. Rules run when texts are compared; changing one needs no new
recording. Rules may not hide meaning: `pairing` says what may stand for what.

    fold(data, rules, previous)            a text as skeleton and tokens          folding.py
    pair(recorded, live, bindings, facts)  the one-to-one map, or a conflict      pairing.py
    Rule, Rules, declare                   what is looked for                     rules.py, scan.py

A recorded answer with live ids in it is serving.py, which is imported for the first answer that needs it.
"""

from replaykit.core.normalize.folding import Folded, Token, fold, unfold
from replaykit.core.normalize.pairing import Bindings, Bound, Conflict, Facts, Paired, Use, bare, joined, pair
from replaykit.core.normalize.rules import RULES, RULES_VERSION, Kind, Rule, Rules, declare

__all__ = [
    "RULES",
    "RULES_VERSION",
    "Bindings",
    "Bound",
    "Conflict",
    "Facts",
    "Folded",
    "Kind",
    "Paired",
    "Rule",
    "Rules",
    "Token",
    "Use",
    "bare",
    "declare",
    "fold",
    "joined",
    "pair",
    "unfold",
]
