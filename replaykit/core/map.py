"""The one-to-one map of a run as it grows with the steps that are served, by whichever process.

Law: what was served byte for byte stands for itself, and is bound so before anything is paired with it. A
candidate changes nothing: what it would bind is bound when its step was claimed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from replaykit.core.normalize import Bindings, Facts, Paired, fold, joined, pair
from replaykit.core.reading import Readings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from replaykit.core.model import Episode, Request, Span
    from replaykit.core.normalize import Bound, Rules
    from replaykit.core.reading import Declared, Reading, Way


class Candidate(NamedTuple):
    """A step that would do under rules, and what pairs if it is taken."""

    position: int
    reading: Reading
    paired: Paired


class Map:
    """Which recorded id, time or folder stands for which live one in this run (`bindings`), so far."""

    def __init__(
        self, episode: Episode, asked: Sequence[Request], rules: Rules, declared: Callable[[Request], Declared]
    ) -> None:
        """`asked` is what each step of the episode asks for, `declared` what a provider says of a request."""
        self.bindings = Bindings()
        self._episode = episode
        self._rules = rules
        self._readings = Readings(episode, asked, rules, declared)
        self._now = Facts()

    @property
    def ways(self) -> tuple[Way, Way]:
        """How requests are read under rules, in this order: as text, and as JSON."""
        return self._readings.text, self._readings.json

    def candidates(self, like: Mapping[int, Reading], live: Reading) -> tuple[list[Candidate], str]:
        """Those of like steps that would do for what is asked now; and why the first of the others would not."""
        found, why = list[Candidate](), ""
        for position, recorded in like.items():
            paired = pair(recorded.tokens, live.tokens, self.bindings, self._facts(position))
            if isinstance(paired, Paired):
                found.append(Candidate(position, recorded, paired))
            else:
                why = why or paired.reason
        return found, why

    def header(self, position: int, before: str, now: str, paired: Paired | None) -> Paired | None:
        """What pairs when a header's two values do, beside what is `paired` already; None when they do not."""
        known = paired or Paired(self.bindings, ())
        ours, theirs = (fold(value.encode("utf-8", "surrogatepass"), self._rules) for value in (before, now))
        if ours.skeleton != theirs.skeleton:
            return None
        found = pair(ours.tokens, theirs.tokens, known.bindings, self._facts(position))
        if not isinstance(found, Paired):
            return None
        return Paired(found.bindings, known.uses + found.uses, known.bound + found.bound)

    def learn(self, bound: Collection[Bound], exact: list[int], live: Span) -> None:
        """Take over what other processes have bound, and settle the steps that were served byte for byte: none is left.

        `live` is when and where the live run takes place, as of now.
        """
        self._now = replace(self._readings.facts, live=live)
        self.bindings = joined(self.bindings, bound) if bound else self.bindings
        while exact:
            self._settle(exact.pop())

    def _facts(self, position: int) -> Facts:
        """What pairing has to know of the two runs, for one recorded step."""
        return replace(self._now, moment=self._episode.span.began + self._episode.steps[position].began / 1e9)

    def _settle(self, position: int) -> None:
        """Bind the ids of what was served byte for byte to themselves: they can stand for nothing else."""
        reading = self._readings.text.recorded(position)
        tokens = reading.tokens if reading is not None else ()
        paired = pair(tokens, tokens, self.bindings, self._facts(position))
        alone = [] if isinstance(paired, Paired) else [[token] for token in tokens]
        for each in alone:  # one of them is bound to something else already: that keeps the others from nothing
            single = pair(each, each, self.bindings, self._facts(position))
            self.bindings = single.bindings if isinstance(single, Paired) else self.bindings
        if isinstance(paired, Paired):
            self.bindings = paired.bindings
