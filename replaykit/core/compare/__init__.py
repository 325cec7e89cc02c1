"""Two things of one kind, compared: requests, answers, tool calls, outputs. What compares whole episodes builds on it.

    changes(before, after)     where two JSON documents differ           changes.py
    differing(…), bodies(…)    where two requests or two answers do      differing.py
    compare(before, after)     where what came out of two runs does      outputs.py
    Place                      one such place, with the words for it     place.py, its texts by words.py
    Ground                     what two runs have in common meanwhile    ground.py
    nearest(…)                 the recorded exchange that comes nearest  nearest.py

Law: nothing here decides which of two things is served. It tells people how things differ that are not equal.
"""
