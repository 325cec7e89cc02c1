"""What may differ between two runs: found, taken out, paired one to one, and put into answers again.

Law: declared, versioned, separate. Rules run when texts are compared; changing one needs no new
recording. Rules may not hide meaning: `pairing` says what may stand for what.

    fold(data, rules, previous)            a text as skeleton and tokens          folding.py
    pair(recorded, live, bindings, facts)  the one-to-one map, or a conflict      pairing.py
    substitute, echo                       a recorded answer with live ids        serving.py
    Rule, Rules, declare                   what is looked for                     rules.py, scan.py
"""

from replaykit.core.normalize.folding import Folded, Token, fold, unfold
from replaykit.core.normalize.pairing import Bindings, Bound, Conflict, Facts, Paired, Use, bare, joined, pair
from replaykit.core.normalize.rules import RULES, RULES_VERSION, Kind, Rule, Rules, declare
from replaykit.core.normalize.serving import echo, renamed, substitute

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
    "echo",
    "fold",
    "joined",
    "pair",
    "renamed",
    "substitute",
    "unfold",
]
