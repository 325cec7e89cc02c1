"""One test and its episode: what the fixture gives, and what becomes of the test.

    mode     recording  cassette   the test is
    golden   none       there      answered from it               Played
    golden   none       not there  failed: what to do is said
    golden   missing    there      answered from it               Played
    golden   missing    not there  recorded                       Kept
    golden   all        -          recorded                       Kept
    live     any        -          recorded as a draft, never accepted   Live
    mock     any        -          answered by a router           Mocked

Law: a miss fails the test, whatever the code under test made of it. A cassette is written only when the
test passed; a draft is never answered from.
"""

from __future__ import annotations

import re
import shlex
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import checked
from replaykit.cassette import load as load_cassette
from replaykit.config import load as load_config
from replaykit.core.explain import PYTEST
from replaykit.core.plain import gist, line
from replaykit.errors import ReplayError
from replaykit.launch.program import Recording, Replaying
from replaykit.providers.shape import parse
from replaykit.pytest_plugin import CASE, MARK
from replaykit.pytest_plugin.account import account
from replaykit.pytest_plugin.modes import Unknown, mode, recording
from replaykit.pytest_plugin.placing import named
from replaykit.pytest_plugin.variables import variables
from replaykit.pytest_plugin.wants import wants
from replaykit.store import Store
from replaykit.tools.values import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from replaykit.config import Config
    from replaykit.core.model import Episode
    from replaykit.core.verdict import Verdict
    from replaykit.transport import Transport

PASSED: pytest.StashKey[bool] = pytest.StashKey()
"""Whether an item's own code has passed."""

SETTINGS: pytest.StashKey[Config] = pytest.StashKey()
"""The project's settings, for all tests of a run."""


class Case:
    """What a test has of its episode."""

    def __init__(self, item: pytest.Item, name: str, config: Config) -> None:
        """`name` is the episode's, `config` the project's settings."""
        self.name = name
        self._item = item
        self._config = config
        self._wants = wants(item)
        self.variables = variables()
        self._began = time.perf_counter()

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

    def __init__(self, item: pytest.Item, name: str, config: Config) -> None:
        """Begin to answer."""
        super().__init__(item, name, config)
        path = config.cassette_folder / f"{name}.tape"
        self._block = Replaying(str(path), config=config)
        self._block.__enter__()
        self._told = False
        self._verdict: Verdict | None = None

    def output(self, name: str, value: object) -> None:
        """Keep a value; it is compared with the accepted one at the end."""
        self._block.output(name, value)
        if not self.variables.normalize:
            self._exact(name, value)

    def _exact(self, name: str, value: object) -> None:
        """Fail where a value is not the accepted one as it stands, rules aside."""
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
        )
        if known is None and not self._told and self._item.stash.get(PASSED, False):
            self._judge(verdict, None, over=True)

    def _judge(self, verdict: Verdict, error: BaseException | None, *, over: bool) -> None:
        unused = self._wants.unused or not over or error is not None
        found = [each for each in verdict.differences if not (unused and each.kind == "never_asked_for")]
        if error is not None:  # the test has failed already: only a miss can be the reason
            found = [each for each in found if each.kind == "not_recorded"]
        texts = [each.text for each in found]
        if error is None:
            texts += [*self._wants.unmet(self._block.episode), *self.variables.unmet(self._block.episode)]
        if texts:
            self._told = True
            self._fail(texts, error)

    def _fail(self, texts: list[str], error: BaseException | None = None) -> None:
        long = self._item.config.get_verbosity() > 1
        told = account(self._item.nodeid, self._block.episode, texts, error, long=long)
        raise pytest.fail.Exception(told, pytrace=False) from None


COUNTS = ("same", "after_rules", "differently", "not_recorded", "never_asked_for")
"""What of a verdict is summed up."""


class Kept(Case):
    """A test that is recorded; its draft becomes a cassette when it has passed, where that is wanted."""

    def __init__(self, item: pytest.Item, name: str, config: Config, *, accepts: bool) -> None:
        """Begin to record."""
        super().__init__(item, name, config)
        self._accepts = accepts
        self._block = Recording(name, config=config, program=f"{PYTEST}{shlex.quote(item.nodeid)}")
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
        """What was recorded is looked at when all of it is there."""

    def close(self) -> None:
        """Keep the draft; accept it when the test has passed and it is what the mark wants."""
        self._block.__exit__(None, None, None)
        with Store(self._config.store_path) as store:
            draft = store.episode(self._block.id)
        assert draft is not None  # noqa: S101 - it was begun by us
        passed = self._item.stash.get(PASSED, False)
        unmet = [*self._wants.unmet(draft), *self.variables.unmet(draft)] if passed else []
        if passed and not draft.steps:
            unmet.append(f"{self.name}: the test asked for nothing, so there is nothing to accept: remove its mark")
        accepted = passed and self._accepts and not unmet
        self._report(did="recorded", accepted=accepted, draft=draft.id, steps=len(draft.steps))
        if accepted:
            self._accept(draft)
        if unmet:
            raise pytest.fail.Exception("\n".join(unmet), pytrace=False)

    def _accept(self, draft: Episode) -> None:
        from replaykit.cassette import save
        from replaykit.cassette.acceptance import chosen, decided
        from replaykit.git import person
        from replaykit.session.rules import normalization

        config = self._config
        accepted = load_cassette(config.cassette_folder, self.name)
        found = chosen(draft, accepted, "")
        why, extra = f"pytest {self._item.nodeid}", normalization(config)
        save(
            config.cassette_folder,
            decided(found, draft, accepted, who=person(config.root), when=int(time.time()), why=why, extra=extra),
        )


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


def begin(item: pytest.Item) -> Case:
    """A test's case, under way; fails the test when there is nothing that could answer it."""
    try:
        how, keep = mode(item.config), recording(item.config)
        config = _settings(item.config)
        name = named(item)
        if how == "mock":
            from replaykit.pytest_plugin.mock.case import Mocked

            return Mocked(item, name, config)
        if how == "live":
            from replaykit.pytest_plugin.live import live

            return live(item, name, config)
        accepted = (config.cassette_folder / f"{checked(name)}.tape").is_file()
        if keep == "all" or (keep == "missing" and not accepted):
            return Kept(item, name, config, accepts=True)
        if not accepted:
            raise pytest.fail.Exception(_missing(item, name, config), pytrace=False)
        return Played(item, name, config)
    except (ReplayError, Unknown) as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def _settings(config: pytest.Config) -> Config:
    """The project's settings, read once for all tests."""
    if SETTINGS not in config.stash:
        config.stash[SETTINGS] = load_config(config.rootpath)
    return config.stash[SETTINGS]


def _missing(item: pytest.Item, name: str, config: Config) -> str:
    """What to say of a test that has no cassette."""
    draft = _draft(name, config.store_path)
    if draft:
        return (
            f"{name} is recorded ({draft}) but not accepted\n"
            f"run `replaykit show draft:{name}`, then `replaykit accept {name}`"
        )
    return (
        f"{name} has no cassette in {config.cassettes}/\nrecord it: pytest {item.nodeid!r} --replaykit-record=missing"
    )


def _draft(name: str, path: Path) -> str:
    """The id of the newest draft of a name; empty when there is none."""
    if not path.exists():
        return ""
    with Store(path) as store:
        return store.newest(name) or ""


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
