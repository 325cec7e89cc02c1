"""Two episodes, compared: their steps side by side, what differs in each, and what differed first and why.

    diff(before, after)       the difference, as a value        episodes.py, with side.py and align.py
    first(before, after)      what differed first, and no more  the same
    noise(differences)        what differs between runs anyway  noise.py
    as_json(difference)       the same for programs             document.py

Law: what rules fold is no difference (one to one over both runs, times within each run's own span),
an inserted step is one insertion, and what a later request repeats is told once, where it began.
"""

from replaykit.core.diff.difference import Cause, Counts, Difference, First, Pair
from replaykit.core.diff.document import as_json
from replaykit.core.diff.episodes import diff, first
from replaykit.core.diff.noise import Anyway, Noise, noise

__all__ = [
    "Anyway",
    "Cause",
    "Counts",
    "Difference",
    "First",
    "Noise",
    "Pair",
    "as_json",
    "diff",
    "first",
    "noise",
]
