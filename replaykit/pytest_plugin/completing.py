"""A test that is answered from its cassette, and asks the real services for what is not in it.

    nothing was missing      the test is judged as any that is answered from its cassette, which stays as it is
    something was, passed    the cassette is written anew: what was answered and what was new, in their order
    something was, failed    the cassette stays as it is; the draft is named

What the cassette had and nobody asked for any more is not in the new one. An output is compared as long as nothing
was missing before it; from then on it is recorded, as a step may have changed it.

Law: a recorded answer is given to the very question it was recorded for. A request that differs in its headers
alone is neither: it fails the test, and has to be recorded anew with all the others.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from replaykit.core.explain import PYTEST
from replaykit.launch.completing import Completing
from replaykit.pytest_plugin.case import COUNTS, PASSED, Played, beside
from replaykit.pytest_plugin.keeping import accept, kept
from replaykit.pytest_plugin.promised import facts, promised, unmet

if TYPE_CHECKING:
    from replaykit.config import Config
    from replaykit.core.verdict import Verdict
    from replaykit.launch.completing import Lacked

STILL = frozenset({"not_recorded", "differently", "drift"})
"""What is wrong with a test though something was missing."""


class Completed(Played):
    """A test that is answered from its cassette, and recorded from the first thing on that this does not have."""

    _block: Completing

    def output(self, name: str, value: object) -> None:
        """Keep a value; it is compared with the accepted one at the end, if nothing was missing by then."""
        if self._compares(name):
            super().output(name, value)
        else:
            self._block.output(name, value)

    def check(self, name: str, value: object) -> None:
        """Compare a value with the accepted one now, if nothing was missing so far."""
        if self._compares(name):
            super().check(name, value)
        else:
            self._block.output(name, value)

    def close(self) -> None:
        """Stop answering; accept what was completed, if the test has passed."""
        lacked = self._block.lacked()
        if lacked is None:
            super().close()
            return
        verdict = self._block.end()
        if verdict is not None:
            self._finish(verdict, lacked)

    def _opened(self, path: str, config: Config) -> Completing:
        program, held = f"{PYTEST}{shlex.quote(self._item.nodeid)}", promised(self._item.config, config)
        block = Completing(Path(path), config, program, promised=held)
        block.__enter__()
        return block

    def _compares(self, name: str) -> bool:
        return name in self._block.episode.outputs.values and self._block.lacked() is None

    def _judge(self, verdict: Verdict, error: BaseException | None, *, over: bool) -> None:
        if self._block.lacked() is None:
            super()._judge(verdict, error, over=over)
            return
        wanted = STILL if error is None else {"not_recorded"}
        if found := [each for each in verdict.differences if each.kind in wanted]:
            self._told = True
            caught = error is None and any(each.kind == "not_recorded" for each in found)
            self._fail([each.text for each in found], error, caught=caught)

    def _finish(self, verdict: Verdict, lacked: Lacked) -> None:
        """Accept the draft, unless something that only came to light now is wrong with it."""
        draft = kept(self._config, self._block.draft)
        passed = self._item.stash.get(PASSED, False) and not self._told
        wrong = [each.text for each in verdict.differences if each.kind in STILL] if passed else []
        held = promised(self._item.config, self._config)
        found = None if held is None else held.recorded(draft)
        told = [*self._wants.unmet(draft), *self.variables.unmet(draft)] if passed else []
        told += unmet(self.name, found, f"replaykit contract check {draft.id}") if passed else []
        accepted = passed and not wrong and not told
        self._report(
            did="recorded",
            accepted=accepted,
            written=accepted and accept(self._item, self._config, draft),
            draft=draft.id,
            **{name: getattr(verdict, name) for name in COUNTS[:-1]},
            new=lacked.steps,
            dropped=verdict.never_asked_for,
            **beside(draft.unseen),
            **facts(found),
        )
        if wrong:
            self._fail(wrong)
        if told:
            raise pytest.fail.Exception("\n".join(told), pytrace=False)
