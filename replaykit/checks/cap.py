"""What a run may take of calls and tokens, and what it took.

Law: a call is counted before it is made. One that the cap does not allow is not made, and said not to be.
"""

from __future__ import annotations

from typing import Final, Protocol

from replaykit.core.plain import counted

CALLS: Final = 100
TOKENS: Final = 200_000
"""The most that a run takes where nobody says otherwise."""


class Allowance(Protocol):
    """Who counts what a run takes."""

    def take(self, tokens: int) -> str:
        """Count one more call, which may cost so many tokens; or say why there may be none, and count none."""

    def add(self, tokens: int) -> None:
        """Count what a call has cost."""


class Cap:
    """The allowance of one process: `calls` and `tokens` are what was taken, `most` what may be."""

    def __init__(self, calls: int = CALLS, tokens: int = TOKENS) -> None:
        """Nothing is taken yet."""
        self.most = (calls, tokens)
        self.calls = 0
        self.tokens = 0

    def take(self, tokens: int) -> str:
        """See `Allowance`."""
        calls, most = self.most
        if problem := over((self.calls, self.tokens), (calls, most), tokens, ("--max-calls", "--max-tokens")):
            return problem
        self.calls += 1
        return ""

    def add(self, tokens: int) -> None:
        """See `Allowance`."""
        self.tokens += tokens


def over(taken: tuple[int, int], most: tuple[int, int], tokens: int, options: tuple[str, str]) -> str:
    """Why one more call of so many tokens may not be made, and which option allows it; empty when it may be.

    Pairs are of calls and tokens.
    """
    if taken[0] >= most[0]:
        return f"not run: the cap of {counted(most[0], 'call')} is reached; {options[0]} allows more"
    if taken[1] + tokens > most[1]:
        return f"not run: it would go over the cap of {counted(most[1], 'token')}; {options[1]} allows more"
    return ""
