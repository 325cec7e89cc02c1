"""Is every document that is valid under one JSON Schema valid under another? Proofs and counterexamples.

    included(old, new, valid=…)    True, False with a document, or None              inclusion.py
    intended(old, new, valid=…)    the same for patterns as their authors mean them  meant.py
    asserted(keyword, name, text)  what formats, encodings and media types mean      forms.py
    draft(schema)                  the draft of JSON Schema that it is written in    dialect.py

    read.py, with dialect, document, same, here, keywords, evaluated   schemas -> formulas
    formula.py, with atoms, value, outline                             formulas and values
    solve.py, with goal, number, text, record, sequence                is there a value that fulfils them all?
    words.py, with regex                                               patterns as automata
    holds.py, forms.py, limits.py                                      one value; named forms; how far to look

Law: True is a proof, False is a document that the validator itself has confirmed, and everything else is None.
"""

from replaykit.core.contract.schema.dialect import draft
from replaykit.core.contract.schema.forms import asserted
from replaykit.core.contract.schema.inclusion import Inclusion, Schema, Valid, included
from replaykit.core.contract.schema.meant import intended

__all__ = ["Inclusion", "Schema", "Valid", "asserted", "draft", "included", "intended"]
