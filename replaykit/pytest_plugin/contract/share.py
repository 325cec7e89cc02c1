"""The allowance of one process of a run: what its probes take is counted with those of all the others.

    take    the call is counted, and all that it may cost is held back from everybody
    add     what it did cost is counted in place of that
    neither within a try that got no answer: what was held back is free again with the next

Law: what is held back counts as taken, so that no number of probes under way goes over the cap together. A process
that dies keeps back what it held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replaykit.checks.cap import over

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.pytest_plugin.tally import Sums, Tally

_OPTIONS: Final = ("--replaykit-max-calls", "--replaykit-max-tokens")


class Share:
    """An `Allowance` of calls and tokens, `most` for all processes; it has one call under way at a time."""

    def __init__(self, tally: Callable[[], Tally], most: tuple[int, int]) -> None:
        """Nothing is taken yet, and where it is counted is not asked before something is."""
        self._tally = tally
        self._most = most
        self._calls = self._tokens = self._held = 0

    def take(self, tokens: int) -> str:
        """See `Allowance`."""
        self._settle(0)
        if problem := self._tally().take(lambda sums: self._over(sums, tokens), tokens):
            return problem
        self._held = tokens
        self._calls += 1
        return ""

    def add(self, tokens: int) -> None:
        """See `Allowance`."""
        self._tokens += tokens
        self._settle(tokens)

    def since(self) -> list[int]:
        """Calls and tokens since this was asked last; no call is under way."""
        self._settle(0)
        taken = [self._calls, self._tokens]
        self._calls = self._tokens = 0
        return taken

    def _over(self, sums: Sums, tokens: int) -> str:
        return over((sums.calls, sums.tokens + sums.held), self._most, tokens, _OPTIONS)

    def _settle(self, tokens: int) -> None:
        """Count so many tokens in place of those that are held back."""
        held, self._held = self._held, 0
        if tokens or held:
            self._tally().add(tokens, held)
