"""Recording and replaying inside a program: `with replaykit.record(…)` and `with replaykit.replay(…)`.

Law: entering is all it takes, leaving takes everything out again. What a replay found is raised at
its end, whatever the program caught on the way. A child that is forked inside belongs to the block,
and its end is its parent's.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from replaykit.cassette import checked
from replaykit.config import load
from replaykit.core.verdict import drifted, verdict_of
from replaykit.errors import Different, NeverAskedFor, NotRecorded, StoreError, UsageError, hide
from replaykit.launch.inside import guarded, inside
from replaykit.launch.promised import promises_of
from replaykit.launch.variables import VARIABLES, declared, needed
from replaykit.session import Session
from replaykit.session.hiding import Hiding
from replaykit.session.ledger import Memory
from replaykit.session.names import named
from replaykit.session.origin import called_like, origin_here, program_here, span_here
from replaykit.session.player import Player
from replaykit.session.rules import normalization
from replaykit.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike
    from types import TracebackType

    from replaykit.config import Config
    from replaykit.core.model import Episode, Span
    from replaykit.core.verdict import Verdict
    from replaykit.launch.contracts import Held, Promises, Watch
    from replaykit.store import Facts, Store

__tracebackhide__ = hide


class Block:
    """An episode under way: what `record` and `replay` give, as a context manager, sync and async."""

    name: str
    id: str

    def __init__(self) -> None:
        """Nothing happens before the block is entered."""
        self._stack = ExitStack()
        self._session: Session | None = None
        self._process = os.getpid()

    def transport(self, inner: object = None) -> Transport:
        """A transport for a client of httpx or httpx2; `inner` does the sending, with its own settings."""
        return Transport(self._active(), inner)

    def output(self, name: str, value: object) -> None:
        """Keep a value that came out of this run, to be compared in a replay; anything that has a JSON form."""
        self._active().output(name, _json(name, value))

    def _active(self) -> Session:
        if self._session is None:
            raise UsageError("this episode is not under way", remedy="use it inside its `with` block")
        return self._session

    def _enter(self, stack: ExitStack, session: Session, config: Config, *, refuse: bool) -> None:
        stack.enter_context(inside(session, config))
        guard = guarded(session, refuse=refuse)
        guard.start()
        stack.callback(guard.stop)
        self._stack, self._session, self._process = stack.pop_all(), session, os.getpid()

    def _leave(self) -> bool:
        """Whether the block is over: it is not for its process when a forked child leaves it."""
        session, self._session = self._session, None
        self._stack.close()
        if session is not None:
            session.end()
        return os.getpid() == self._process

    def __enter__(self) -> Self:
        """Begin."""
        raise NotImplementedError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        """Begin; the same as without `async`."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; the same as without `async`."""
        self.__exit__(kind, error, trace)


class Recording(Block):
    """An episode that is being recorded; `id` is its draft's, `store` where it is kept."""

    def __init__(
        self,
        name: str | None = None,
        *,
        store: str | PathLike[str] | None = None,
        config: Config | None = None,
        program: str = "",
        heard: Callable[[Facts], None] | None = None,
    ) -> None:
        """See `record`; `config` are the project's settings, `program` what runs: by default those of this process.

        `heard` is told of each step that is kept.
        """
        super().__init__()
        self._program = program
        self._heard = heard
        self.name = checked(name) if name is not None else called_like(sys.argv)
        self.id = ""
        self._path = store
        self._config = config

    def __enter__(self) -> Self:
        """Begin a draft, and route every client to it."""
        from replaykit.launch.draft import Draft

        config = self._config or load(Path.cwd())
        self._promised = promises_of(config)
        origin = origin_here((), config, _environment(), program=self._program or program_here(sys.argv, config.root))
        path = self._file = _store_path(self._path, config)
        self._draft = draft = Draft(path, self.name, origin, Hiding(config), self._heard)
        self.id = draft.id
        began = time.monotonic_ns()
        session = Session(self.name, clock=lambda: time.monotonic_ns() - began, recorder=draft.recorder)
        with ExitStack() as stack:
            self._enter(stack, session, config, refuse=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep what is still open, and mark the draft as finished; the store's trouble is said, not raised.

        What departs from the project's contracts is raised where that is to fail, and the draft is kept all the same.
        """
        if not self._leave():
            return
        self._draft.end(depth=2)
        if self._promised is not None:
            self._held(self._promised).settle(
                f"{self.name} ({self.id})", f"replaykit contract check {self.id}", fails=error is None
            )

    def _held(self, promised: Promises) -> Held:
        """What the draft came to, against contracts."""
        from replaykit.store import Store

        try:
            with Store(self._file, create=False) as store:
                draft = store.episode(self.id)
        except StoreError as error:
            return promised.unread(error)
        assert draft is not None  # noqa: S101 - it was begun by us
        return promised.recorded(draft)


class Replaying(Block):
    """An episode that is being replayed; `verdict` is what it came to, once the block was left."""

    refuses = True
    """Whether connections beyond this machine are refused that do not come through us."""

    def __init__(
        self,
        episode: str | Episode,
        *,
        store: str | PathLike[str] | None = None,
        speed: float = 0,
        config: Config | None = None,
        promised: Promises | None = None,
    ) -> None:
        """See `replay`; `config` are the project's settings, by default those of the current folder.

        An episode that was read already is played as it is. `promised` are the contracts that what is sent is held
        against, by default those that the settings name.
        """
        super().__init__()
        self._config = config
        self._promised = promised
        self.held: Held | None = None
        self._wanted = episode
        self.name = episode if isinstance(episode, str) else episode.name
        self.id = ""
        self.verdict: Verdict | None = None
        self._path = store
        self._speed = speed
        self._folders = ExitStack()

    def __enter__(self) -> Self:
        """Open the episode, and answer every client from it."""
        config = self._config or load(Path.cwd())
        self._promised = self._promised or promises_of(config)
        self._where = partial(_store_path, self._path, config)
        self._episode = episode = self._opened(config)
        self.name, self.id = episode.name, episode.id
        self._began = span_here()
        self._extra = normalization(config)
        self._ledger = Memory(_Remarks(self._where, self.id), partial(_apart, self._folders))
        with ExitStack() as stack:
            if wanting := self._needed(episode, config):
                stack.enter_context(VARIABLES.put(wanting))
            self._enter(stack, self._playing(config), config, refuse=self.refuses)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise what was not as recorded: a miss above all, whatever the program made of it."""
        verdict = self.end()
        if verdict is None or not (error is None or isinstance(error, Exception | SystemExit)):
            return
        problem = None if isinstance(error, Different) else self._problem(verdict)
        if error is not None and not isinstance(problem, NotRecorded):
            problem = None
        if self.held is not None:
            self.held.settle(self.name, "", fails=error is None and problem is None)
        if problem is not None:
            raise problem from error

    def end(self, known: Verdict | None = None) -> Verdict | None:
        """What the block came to, after everything was taken out again; None in a forked child, whose end it is not.

        Where that is `known` already, as it was `so_far` and nothing came after it, it is not judged twice.
        """
        if not self._leave():
            return None
        with self._folders:
            try:
                self.verdict = known or self.so_far()
            finally:
                self._ledger.close()
        return self.verdict

    @property
    def episode(self) -> Episode:
        """What it is answered from."""
        return self._episode

    def so_far(self) -> Verdict:
        """What it would come to if it ended now."""
        ledger = self._ledger
        verdict = verdict_of(self._episode, ledger.plays, ledger.remarks, None, self._span(), extra=self._extra)
        if self._promised is None:
            return verdict
        self.held = self._promised.sent(self._episode, ledger.remarks)
        return drifted(verdict, self.held.differences)

    def _problem(self, verdict: Verdict) -> Different | None:
        """The gravest of what was not as recorded; its remedy names the store, where the block did."""
        from replaykit.core.explain import remedy

        usual = "\n".join(remedy(self._episode))
        here = "\n".join(remedy(self._episode, str(self._path or "")))
        told = [
            (each.kind, each.text.removesuffix(usual).rstrip("\n"))
            for each in verdict.differences
            if each.kind != "drift"
        ]
        if verdict.not_recorded:
            return NotRecorded(*(text for kind, text in told if kind == "not_recorded"), remedy=here)
        if verdict.never_asked_for:
            return NeverAskedFor("\n\n".join(text for kind, text in told if kind == "never_asked_for"), remedy=here)
        return Different("\n\n".join(text for _, text in told), remedy=here) if told else None

    def _opened(self, config: Config) -> Episode:
        """The episode that is meant, read where that was not done."""
        wanted = self._wanted
        return named(wanted, config, self._where()).episode if isinstance(wanted, str) else wanted

    def _needed(self, episode: Episode, config: Config) -> dict[str, str]:
        """The variables that are put into this process while the block lasts."""
        return needed(declared(episode.origin, config), os.environ)

    def _playing(self, config: Config) -> Session:
        """The session that answers, in the environment as it is now."""
        clean, began = Hiding(config), time.monotonic_ns()
        player = Player(self._episode, self._ledger, clean, self._span, extra=self._extra, watch=self._watch())
        return Session(self.name, clock=lambda: time.monotonic_ns() - began, player=player, speed=self._speed)

    def _watch(self) -> Watch | None:
        """What is told of each request, where contracts say something of it."""
        return None if self._promised is None else self._promised.watch(self._episode, self._ledger.remark)

    def _span(self) -> Span:
        return replace(self._began, ended=time.time())


def _apart(folders: ExitStack) -> Path:
    """A new file for what a block and its children do, gone with these folders."""
    from replaykit.launch.folder import run_folder

    return Path(folders.enter_context(run_folder()), "replay.db")


class _Remarks:
    """Commits remarks of a replay in a block; the store is opened for the first one."""

    def __init__(self, path: Callable[[], Path], episode: str) -> None:
        self._path = path
        self._episode = episode
        self._store: Store | None = None
        self._replay = ""

    def __call__(self, kind: str, detail: Mapping[str, Any]) -> None:
        if self._store is None:
            from replaykit.store import Store

            self._store = Store(self._path())
            self._replay = self._store.replay(self._episode)
        self._store.remark(self._replay, kind, detail)


def record(name: str | None = None, *, store: str | PathLike[str] | None = None) -> Recording:
    """A block in which every exchange and tool call is recorded as one episode, a new draft of `name`.

    `store` is the SQLite file, by default the project's. Works as `with` and as `async with`. The
    program sees what it would see without; what cannot be kept is a warning at the end. Where the project's
    `contracts` are to fail, leaving the block raises `Drifted` for exchanges that depart from one.
    """
    return Recording(name, store=store)


def replay(episode: str, *, store: str | PathLike[str] | None = None, speed: float = 0) -> Replaying:
    """A block that is answered from an episode, without the network.

    `episode` is a name, an id, the beginning of one, or a cassette's path. `speed=0` waits for
    nothing, `speed=1` keeps the recorded pace. Leaving the block raises `NotRecorded` when anything
    was asked for that was not recorded, `NeverAskedFor` when recorded steps were not asked for, and
    `Different` when something was sent differently or an output is not what it was, and `Drifted` when all that
    is wrong is that what was sent departs from a contract (where the project's `contracts` are to fail).

    No key is needed: while the block lasts, `os.environ` has a placeholder for each secret of the
    episode that is not set, and its declared variables (base URLs, models) as they were recorded.
    Both are taken back at the end. `os.environ` belongs to the whole process: other threads see them, too.
    """
    return Replaying(episode, store=store, speed=speed)


def _store_path(given: str | PathLike[str] | None, config: Config) -> Path:
    return config.store_path if given is None else Path(given)


def _environment() -> Mapping[str, str]:
    return dict(os.environ)


def _json(name: str, value: object) -> bytes:
    from replaykit.tools.values import NoForm, dumps

    try:
        return dumps(value, strict=True)
    except (NoForm, ValueError, RecursionError) as error:
        raise UsageError(
            f"output {name!r} has no JSON form: {error}", remedy="give text, numbers, lists or dicts"
        ) from error
