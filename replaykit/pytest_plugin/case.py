"""One test and its episode: what the fixture gives, and what becomes of the test.

    Played     answered from its cassette
    Kept       recorded

What else there is builds on these: completing.py, live.py, mock/case.py.

Law: a miss fails the test, whatever the code under test made of it. A cassette is written only when the
test passed; a draft is never answered from.
"""

from __future__ import annotations

import re
import shlex
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import read
from replaykit.core.plain import gist, line
from replaykit.launch.program import Recording, Replaying
from replaykit.pytest_plugin import CASE, MARK
from replaykit.pytest_plugin.placing import typed
from replaykit.pytest_plugin.promised import facts, promised, unmet
from replaykit.pytest_plugin.variables import variables
from replaykit.pytest_plugin.wants import wants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from replaykit.config import Config
    from replaykit.core.model import Unseen
    from replaykit.core.verdict import Verdict
    from replaykit.pytest_plugin.variables import Variables
    from replaykit.store import Facts
    from replaykit.transport import Transport

PASSED: pytest.StashKey[bool] = pytest.StashKey()
"""Whether an item's own code has passed."""

SAID: pytest.StashKey[Variables] = pytest.StashKey()
"""What the environment says, for all tests of a run."""


class Case:
    """What a test has of its episode."""

    def __init__(self, item: pytest.Item, name: str, config: Config) -> None:
        """`name` is the episode's, `config` the project's settings."""
        self.name = name
        self._item = item
        self._config = config
        self._wants = wants(item)
        self.variables = _variables(item.config)
        self._began = time.perf_counter()
        item.stash[PASSED] = False  # whatever it came to before, where it is run again (pytest-rerunfailures)

    def output(self, name: str, value: object) -> None:
        """Keep a value that came out of this test; it is compared with the accepted one when the test ends."""
        raise NotImplementedError

    def check(self, name: str, value: object) -> None:
        """The same, compared at once: it fails the test here, with what differs."""
        raise NotImplementedError

    def transport(self, inner: object = None) -> Transport:
        """A transport for a client that is given one by hand."""
        raise NotImplementedError

    def ended(self, error: BaseException | None) -> None:
        """The test's own code has ended, with this error or none."""
        raise NotImplementedError

    def close(self) -> None:
        """Everything of the test is over."""
        raise NotImplementedError

    def _report(self, **facts: object) -> None:
        """Leave with the test's report what the summary adds up, also from another process."""
        facts |= {"episode": self.name, "took": time.perf_counter() - self._began}
        self._item.user_properties.append(("replaykit", facts))


class Played(Case):
    """A test that is answered from its accepted cassette."""

    def __init__(self, item: pytest.Item, name: str, config: Config, tape: str) -> None:
        """Begin to answer; `tape` is the cassette's path."""
        super().__init__(item, name, config)
        self._block = self._opened(tape, config)
        self._told = False
        self._verdict: Verdict | None = None

    def output(self, name: str, value: object) -> None:
        """Keep a value; it is compared with the accepted one at the end."""
        self._block.output(name, value)
        if not self.variables.normalize:
            self._exact(name, value)

    def _exact(self, name: str, value: object) -> None:
        """Fail where a value is not the accepted one as it stands, rules aside."""
        from replaykit.providers.shape import parse
        from replaykit.tools.values import dumps

        accepted = parse(self._block.episode.outputs.values.get(name, b"null"))
        if accepted != (now := parse(dumps(value, strict=True))):
            self._told = True
            self._fail(
                [f"output {line(name)} {gist(accepted)} → {gist(now)}, as they stand (TEST_NORMALIZE_OUTPUTS=0)"]
            )

    def check(self, name: str, value: object) -> None:
        """Compare a value with the accepted one now."""
        self._block.output(name, value)
        if not self.variables.normalize:
            self._exact(name, value)
        mine = re.compile(rf"output {re.escape(line(name))}(?![\w-])")
        found = [each for each in self._block.so_far().differences if each.kind == "output"]
        if texts := [each.text for each in found if mine.match(each.text)]:
            self._told = True
            self._fail(texts)

    def transport(self, inner: object = None) -> Transport:
        """A transport that is answered from the cassette."""
        return self._block.transport(inner)

    def ended(self, error: BaseException | None) -> None:
        """Fail the test for what it did that is not in its cassette; what it did not ask for can still come."""
        if error is None or isinstance(error, Exception):
            over, verdict = not _tidies(self._item), self._block.so_far()
            self._verdict = verdict if over else None
            self._judge(verdict, error, over=over)

    def close(self) -> None:
        """Stop answering; fail what nobody asked for, now that nobody can any more."""
        known = self._verdict
        verdict = self._block.end(known)
        if verdict is None:
            return
        self._report(
            did="replayed",
            recorded=max(self._block.episode.span.ended - self._block.episode.span.began, 0.0),
            **{name: getattr(verdict, name) for name in COUNTS},
            **beside(verdict.unseen),
            **facts(self._block.held),
        )
        if known is None and not self._told and self._item.stash.get(PASSED, False):
            self._judge(verdict, None, over=True)

    def _opened(self, path: str, config: Config) -> Replaying:
        """The episode of a cassette, under way."""
        block = Replaying(read(path), config=config, promised=promised(self._item.config, config))
        block.__enter__()
        return block

    def _judge(self, verdict: Verdict, error: BaseException | None, *, over: bool) -> None:
        unused = self._wants.unused or not over or error is not None
        found = [each for each in verdict.differences if not (unused and each.kind == "never_asked_for")]
        if error is not None:  # the test has failed already: only a miss can be the reason
            found = [each for each in found if each.kind == "not_recorded"]
        texts = [each.text for each in found]
        if self._block.held is not None and any(each.kind == "drift" for each in found):
            texts.append(self._block.held.remedy)
        if error is None:
            texts += [*self._wants.unmet(self._block.episode), *self.variables.unmet(self._block.episode)]
        if texts:
            self._told = True
            self._fail(texts, error, caught=error is None and any(each.kind == "not_recorded" for each in found))

    def _fail(self, texts: list[str], error: BaseException | None = None, *, caught: bool = False) -> None:
        long = self._item.config.get_verbosity() > 1
        from replaykit.pytest_plugin.account import account

        told = account(typed(self._item), self._block.episode, texts, error, long=long, caught=caught)
        raise pytest.fail.Exception(told, pytrace=False) from None


COUNTS = ("same", "after_rules", "differently", "not_recorded", "never_asked_for")
"""What of a verdict is summed up."""


def beside(unseen: Iterable[Unseen]) -> dict[str, object]:
    """What a report has of what did not come through us; nothing of nothing."""
    found = [[each.what, each.how, each.times] for each in unseen]
    return {"unseen": found} if found else {}


class Kept(Case):
    """A test that is recorded; its draft becomes a cassette when it has passed, where that is wanted."""

    def __init__(
        self,
        item: pytest.Item,
        name: str,
        config: Config,
        *,
        accepts: bool,
        heard: Callable[[Facts], None] | None = None,
    ) -> None:
        """Begin to record; `heard` is told of each step."""
        super().__init__(item, name, config)
        from replaykit.core.explain import PYTEST

        self._accepts = accepts
        self._promised = promised(item.config, config)
        config = replace(config, contracts="off")  # the block would raise: the test is judged as a whole
        self._block = Recording(name, config=config, program=f"{PYTEST}{shlex.quote(item.nodeid)}", heard=heard)
        self._block.__enter__()

    def output(self, name: str, value: object) -> None:
        """Record a value."""
        self._block.output(name, value)

    def check(self, name: str, value: object) -> None:
        """Record a value."""
        self._block.output(name, value)

    def transport(self, inner: object = None) -> Transport:
        """A transport that is recorded."""
        return self._block.transport(inner)

    def ended(self, error: BaseException | None) -> None:
        """Say in few words that a key is missing; all else is looked at when all of it is there."""
        from replaykit.pytest_plugin.keys import keyless, lacks

        if not lacks(error):
            return
        from replaykit.pytest_plugin.keeping import kept

        if told := keyless(self._config, kept(self._config, self._block.id), error):
            raise pytest.fail.Exception(f"{self.name}: {told}\nset it, and record again", pytrace=False) from None

    def close(self) -> None:
        """Keep the draft, if anything is in it; accept it when the test has passed and it is what the mark wants."""
        from replaykit.pytest_plugin.keeping import accept, kept

        self._block.__exit__(None, None, None)
        draft = kept(self._config, self._block.id)
        passed = self._item.stash.get(PASSED, False)
        held = None if self._promised is None else self._promised.recorded(draft)
        wrong = [*self._wants.unmet(draft), *self.variables.unmet(draft)] if passed else []
        if passed and not draft.steps:
            wrong.append(f"{self.name}: the test asked for nothing, so there is nothing to accept: remove its mark")
        if passed:
            wrong += unmet(self.name, held, f"replaykit contract check {draft.id}")
        accepted = passed and self._accepts and not wrong
        empty = not draft.steps and not draft.outputs.values
        written = accepted and accept(self._item, self._config, draft)
        said = {"accepted": accepted, "written": written, "draft": "" if empty else draft.id}
        self._report(did="recorded", **said, **beside(draft.unseen), **facts(held))
        if empty:
            from replaykit.store import Store

            with Store(self._config.store_path) as store:
                store.remove(draft.id)
        if wrong:
            raise pytest.fail.Exception("\n".join(wrong), pytrace=False)


@contextmanager
def judged(item: pytest.Item) -> Iterator[None]:
    """A test's own code runs in it; what its case says of it then is what becomes of the test."""
    case = item.stash[CASE]
    try:
        case.variables.sow()
        with case.variables.limited():
            yield
    except BaseException as error:
        case.ended(error)
        raise
    kept = getattr(item, "_excinfo", None)  # a `TestCase` keeps its failures to itself
    failed = kept[0].value if kept else None
    try:
        case.ended(failed)
    except pytest.fail.Exception:
        if kept:
            kept.clear()
        raise
    item.stash[PASSED] = failed is None


def _variables(config: pytest.Config) -> Variables:
    """What the environment says of the run, read once for all tests; what cannot be meant, in each of them."""
    if SAID not in config.stash:
        config.stash[SAID] = variables()
    return config.stash[SAID]


def _tidies(item: pytest.Item) -> bool:
    """Whether fixtures of the test's own do something after it: they may ask, too."""
    from inspect import isasyncgenfunction, isgeneratorfunction

    found = getattr(item, "_fixtureinfo", None)
    for name, defs in found.name2fixturedefs.items() if found is not None else ():
        function = defs[-1].func
        own = name != MARK and defs[-1].scope == "function" and not function.__module__.startswith(_SILENT)
        if own and (isgeneratorfunction(function) or isasyncgenfunction(function)):
            return True
    return False


_SILENT = ("_pytest.", "pytest_asyncio.", "anyio.")
"""Whose fixtures ask nobody anything."""
