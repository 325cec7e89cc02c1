"""A whole run of a command: recorded as a draft, or replayed from an episode.

Law: what the program sees is what it would see alone; what we have to say comes after it has ended.
"""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from replaykit.cassette import checked
from replaykit.core.attempts import numbers
from replaykit.core.model import Outputs
from replaykit.core.plain import counted, line
from replaykit.core.redact import STAND_IN, secrets_of
from replaykit.errors import StoreError, UsageError
from replaykit.launch import interpreter
from replaykit.launch.bell import hang
from replaykit.launch.children import environment, lost, shown, uncovered
from replaykit.launch.command import run
from replaykit.launch.folder import run_folder
from replaykit.launch.isolate import isolated
from replaykit.launch.learned import known, learned
from replaykit.launch.promised import promises_of
from replaykit.launch.settings import Settings
from replaykit.launch.survivors import PATIENCE, awaited
from replaykit.launch.variables import declared, needed
from replaykit.launch.witness import Witness, account
from replaykit.session.ledger import Shared
from replaykit.session.origin import called_like, origin_here, redacted, redacted_unseen, span_here, spoken
from replaykit.session.rules import normalization, redactor
from replaykit.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from replaykit.config import Config
    from replaykit.core.model import Episode, Origin, Span
    from replaykit.core.redact import Redactor
    from replaykit.core.verdict import Verdict
    from replaykit.launch.command import Ran
    from replaykit.launch.contracts import Held, Promises
    from replaykit.launch.witness import Account
    from replaykit.session.names import Named

PROXIES = frozenset({"all_proxy", "ftp_proxy", "http_proxy", "https_proxy", "ws_proxy", "wss_proxy"})
"""Variables that a replay does without, in capitals or not: a proxy on this machine is a way beyond it."""

BRIEF = 0.5
"""Seconds to wait for the children of a command that was ended: most were ended with it."""

WIDE = 160
"""Characters of a program's path."""

ENDING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
"""Signals with which somebody ends a run."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A draft, and how the command ran that it was made of; `warnings` is what a person should know besides.

    Without an `episode` the store failed at the end, and the last warning says how. `held` is what it came to
    against contracts; None when nobody looked.
    """

    episode: Episode | None
    ran: Ran
    warnings: tuple[str, ...] = ()
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class How:
    """How to replay: the pace, the network, and what ends the run before its time (`timeout` in seconds)."""

    speed: float = 0.0
    isolate: bool = False
    keep_going: bool = False
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to; `isolated` when the command had no network at all.

    `reached` is the number of the last recorded step that was served, 0 for none; `interrupted` the
    signal by which somebody ended the run. `held` is what was sent, against contracts; None when nobody looked.
    """

    episode: Episode
    verdict: Verdict
    ran: Ran
    isolated: bool
    reached: int = 0
    interrupted: int | None = None
    held: Held | None = None


def record(command: Sequence[str], config: Config, store_path: Path, *, name: str = "") -> Recorded:
    """The draft of what a command does, run here and now."""
    base, promised = dict(os.environ), promises_of(config)
    words = interpreter.typed(command, base)
    origin = origin_here(words, config, base)
    name = name or checked(called_like(words))  # before it runs: what was paid for can be accepted
    return _held(_recorded(words, _whole(origin), base, config, store_path, name), promised)


def again(episode: Episode, config: Config, store_path: Path) -> Recorded:
    """A new draft of an episode: its command once more, live, with the environment of now where it says something."""
    was, promised = declared(episode.origin, config), promises_of(config)
    settings = {name: value for name, value in was.environment.items() if name not in was.secrets}
    base = {**settings, **_seeded(was), **os.environ}
    words = interpreter.recorded(_unhidden(was, base), base, config.root / was.folder)
    origin = replace(origin_here(words, config, base), folder=was.folder, command=was.command, stdin=was.stdin)
    return _held(_recorded(words, _whole(origin), base, config, store_path, episode.name), promised)


def _recorded(  # noqa: PLR0913, PLR0917 - private, the end of two ways
    words: Sequence[str], origin: Origin, base: dict[str, str], config: Config, store_path: Path, name: str
) -> Recorded:
    store, folder = Store(store_path), config.root / spoken((origin.folder,), base)[0]
    origin = redacted(origin, redactor(config, base))
    draft = store.begin(name, origin, span_here())
    settings = _settings("record", name, draft, store_path, config)
    base.update(_seeded(origin))
    with run_folder(name) as folder_of_run:
        try:
            settings.leave(folder_of_run)
            known(folder_of_run, base)
            ran = run(
                words,
                environment=environment(base, folder_of_run),
                folder=folder,
                stdin=origin.stdin or None,
            )
        except UsageError:
            store.remove(draft)
            raise
        later = learned(folder_of_run)
        clean = redactor(config, base, later)
        running = tuple(_running(folder_of_run, ran, clean))
        gaps, missing = uncovered(folder_of_run), tuple(_unkept(folder_of_run))
    warnings = (*secrets_of(base)[1], *missing, *running, *_cut(ran))
    try:
        for unseen in gaps:
            store.saw(draft, redacted_unseen(unseen, clean))
        for text in missing:
            store.remark(draft, "lost", {"text": text})
        for text in running:
            store.remark(draft, "warning", {"text": text})
        origin = replace(
            origin, secrets=tuple(sorted({*origin.secrets, *(secret.name for secret in later if not secret.part)}))
        )
        return Recorded(_kept(store, draft, origin, ran, clean), ran, warnings)
    except StoreError as error:
        return Recorded(None, ran, (*warnings, f"the end of {draft} could not be kept: {error}"))


def _kept(store: Store, draft: str, origin: Origin, ran: Ran, clean: Redactor) -> Episode:
    """The draft with what is known at its end: what went in, what came out."""
    store.describe(draft, replace(origin, stdin=clean.body(ran.stdin)[0]))
    store.finish(
        draft,
        ended=time.time(),
        exit_code=ran.exit_code,
        stdout=clean.body(ran.stdout)[0],
        finished=ran.signal is None,
    )
    kept = store.episode(draft)
    assert kept is not None  # noqa: S101 - it was begun by us
    return kept


def runnable(episode: Episode) -> Origin:
    """What started it, when that can be run again; `UsageError` for an episode of a block in a program."""
    origin = episode.origin
    if not origin.command:
        program = f" ({line(origin.program, WIDE)})" if origin.program else ""
        raise UsageError(
            f"{episode.name} was recorded inside a program{program}: run that again",
            remedy=f"there, `with replaykit.replay({episode.name!r}):` replays it, and `replaykit.record` records anew",
        )
    return origin


def replayable(episode: Episode) -> Origin:
    """What started it, when there is anything to replay; `UsageError` otherwise."""
    origin = runnable(episode)
    if not episode.steps:
        raise UsageError(
            f"{episode.name} ({episode.id}) has no steps: a replay of it would prove nothing",
            remedy=f"record it again, through httpx, httpx2 or a tool: `replaykit record --again {episode.id}`",
        )
    return origin


def replay(named: Named, config: Config, store_path: Path, how: How) -> Replayed:
    """Run the episode's command again, answered from the episode alone."""
    episode, origin = named.episode, declared(replayable(named.episode), config)
    began, promised = span_here(), promises_of(config)
    with run_folder(episode.name) as folder_of_run:
        store, replay_id = _ledger(episode, store_path, Path(folder_of_run))
        settings = replace(
            _settings("replay", episode.name, replay_id, store.path, config),
            episode=str(named.path.resolve()) if episode.state == "accepted" else episode.id,
            speed=how.speed,
            keep_going=how.keep_going,
            contracts=promised is not None and bool(promised.contracts),
        )
        ran = _replaying(origin, config.root, settings, how, folder_of_run)
        witness = Witness(Shared(store, replay_id), folder_of_run, keep_going=True)
        clean = redactor(config, _restored(os.environ, origin), learned(folder_of_run))
        for text in _running(folder_of_run, ran, clean):
            witness.remark("lost", {"text": text})
        for each in uncovered(folder_of_run):
            witness.remark("unseen", asdict(redacted_unseen(each, clean)))
        kept = account(store, replay_id, folder_of_run)
        held = None if promised is None else promised.sent(episode, kept.remarks)
        verdict = _verdict(episode, kept, ran, clean, config, span_here(began.began), held)
        last = max(kept.plays, default=None)
        store.close()
    reached = 0 if last is None else numbers(episode)[last]
    return Replayed(episode, verdict, ran, how.isolate, reached, _interrupted(ran), held)


def _held(recorded: Recorded, promised: Promises | None) -> Recorded:
    """The recording with what it came to, against contracts."""
    if promised is None or recorded.episode is None:
        return recorded
    return replace(recorded, held=promised.recorded(recorded.episode))


def _ledger(episode: Episode, store_path: Path, folder_of_run: Path) -> tuple[Store, str]:
    """Where this replay is written down, and its id there.

    A cassette needs no store that can be written: on a read-only checkout its replay is forgotten.
    """
    try:
        store = Store(store_path)
        return store, store.replay(episode.id)
    except StoreError:
        if episode.state != "accepted":
            raise
    store = Store(folder_of_run / "episodes.db")
    return store, store.replay(episode.id)


def _replaying(origin: Origin, root: Path, settings: Settings, how: How, folder_of_run: str) -> Ran:
    """How the command ran, with what the recorded run had."""
    settings.leave(folder_of_run)
    base = _restored(os.environ, origin)
    words, folder = spoken(origin.command, base), root / spoken((origin.folder,), base)[0]
    words = interpreter.recorded(words, base, folder)
    bell = hang(folder_of_run)
    try:
        return run(
            _isolated(words) if how.isolate else words,
            environment=environment(base, folder_of_run),
            folder=folder,
            stdin=origin.stdin,
            watch=bell,
            timeout=how.timeout,
        )
    finally:
        os.close(bell)


def _verdict(  # noqa: PLR0913, PLR0917 - private, from one caller
    episode: Episode, kept: Account, ran: Ran, clean: Redactor, config: Config, live: Span, held: Held | None
) -> Verdict:
    from replaykit.core.verdict import drifted, verdict_of

    outputs = Outputs(clean.body(ran.stdout)[0], ran.exit_code)
    interrupted = _interrupted(ran)
    itself = f"by {signal.Signals(interrupted).name}" if interrupted else ""
    ended = {"itself": itself, "watch": "here", "timeout": f"after {ran.took:.1f} s (--timeout)"}[ran.ended_by]
    extra = normalization(config)
    verdict = verdict_of(episode, kept.plays, kept.remarks, outputs, live, extra=extra, ended=ended)
    return verdict if held is None else drifted(verdict, held.differences)


def _interrupted(ran: Ran) -> int | None:
    """The signal by which somebody ended the run: one that we passed on, or a terminal's Ctrl-C."""
    if ran.heard in ENDING:
        return ran.heard
    return signal.SIGINT if ran.signal == signal.SIGINT else None


def _settings(mode: str, name: str, run_id: str, store: Path, config: Config) -> Settings:
    return Settings(
        "record" if mode == "record" else "replay",
        name,
        run_id,
        str(store.resolve()),
        str(config.root),
        time.monotonic_ns(),
        time.time(),
    )


def _unhidden(origin: Origin, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The words of a command with their secrets; `UsageError` when one of those is not to be had here."""
    words = spoken(origin.command, environment)
    for word in words:
        if found := STAND_IN.search(word.encode("utf-8", "surrogateescape")):
            name = found[0].decode().strip("[]").partition(":")[2]
            raise UsageError(
                f"the command holds a secret, which was hidden: {line(word, WIDE)}",
                remedy=f"set {name}, and try again" if name else "record it anew, with the whole command",
            )
    return words


def _whole(origin: Origin) -> Origin:
    """The origin with what a replay must have, too: a seed and a zone."""
    seed = origin.seed if origin.seed.isdecimal() else str(random.getrandbits(32))
    return replace(origin, seed=seed, timezone=origin.timezone or _timezone())


def _restored(environment_now: Mapping[str, str], origin: Origin) -> dict[str, str]:
    """The environment with what the recorded run had: its settings, seed and zone, and placeholders for its secrets."""
    whole = {**environment_now, **needed(origin, environment_now), **_seeded(origin)}
    return {name: value for name, value in whole.items() if name.lower() not in PROXIES}


def _seeded(origin: Origin) -> dict[str, str]:
    given = {"PYTHONHASHSEED": origin.seed, "TZ": origin.timezone}
    return {name: value for name, value in given.items() if value}


def _timezone() -> str:
    """The machine's time zone by its name in the tz database, UTC where it has none; empty when it does not say."""
    try:
        target = os.readlink("/etc/localtime")  # noqa: PTH115 - Path.readlink is no shorter here
    except FileNotFoundError:
        return "UTC"
    except OSError:
        return ""
    return target.partition("zoneinfo/")[2]


def _unkept(folder_of_run: str) -> Iterator[str]:
    """What the processes of the run could not keep, in words."""
    for problem, steps in lost(folder_of_run).items():
        yield f"{counted(steps, 'step')} could not be kept: {problem}"


def _running(folder_of_run: str, ran: Ran, clean: Redactor) -> Iterator[str]:
    """The processes that have outlived the command and will not end: what they do from now on nobody sees."""
    itself = ran.ended_by == "itself" and ran.signal is None
    for each in awaited(folder_of_run, PATIENCE if itself else BRIEF):
        yield clean.text(f"process {each.id} ({shown(each.words)}) still runs")[0]


def _cut(ran: Ran) -> Iterator[str]:
    for stream in ran.cut:
        yield f"{stream} was too long to be kept whole: a replay compares and gives its beginning"


def _isolated(command: Sequence[str]) -> tuple[str, ...]:
    isolation = isolated(command)
    if isolation.command is None:
        raise UsageError(
            f"this machine does not let a command have a network of its own: {isolation.reason}",
            remedy="leave out --isolate: Python's own connections are guarded all the same",
        )
    return isolation.command
