"""How far a question is followed: a number of steps, then the answer is "cannot decide".

Law: every question ends. What is read and every goal, branch and automaton's state counts as a step;
nothing here looks at a clock, so that the same question has the same answer on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STEPS: Final = 500_000
"""Steps of one question, some µs each. Two editions of a 180 kB schema take some ten thousand."""


class Undecided(Exception):
    """The question cannot be decided; `why` says why, in a sentence."""

    def __init__(self, why: str) -> None:
        """Keep the reason."""
        super().__init__(why)
        self.why = why


@dataclass(slots=True)
class Budget:
    """The steps that are left."""

    left: int = STEPS

    def spend(self, steps: int = 1) -> None:
        """Count steps; raises Undecided when there are none left."""
        self.left -= steps
        if self.left < 0:
            raise Undecided("the schemas are too entangled: no proof and no counterexample was found in time")
