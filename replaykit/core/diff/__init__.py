"""Two episodes, compared: their steps side by side, what differs in each, and what differed first and why.

    diff(before, after)       the difference, as a value        compare.py, with side.py and align.py
    as_text, as_json          the same for people and programs  show.py

Law: what rules fold is no difference (one to one over both runs, times within each run's own span),
an inserted step is one insertion, and what a later request repeats is told once, where it began.
"""

from replaykit.core.diff.compare import diff
from replaykit.core.diff.difference import Cause, Counts, Difference, First, Pair
from replaykit.core.diff.show import as_json, as_text

__all__ = ["Cause", "Counts", "Difference", "First", "Pair", "as_json", "as_text", "diff"]
