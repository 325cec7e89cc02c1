"""A whole run of a command: recorded as a draft, or replayed from an episode.

Law: what the program sees is what it would see alone; what we have to say comes after it has ended.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from replaykit.core.model import Outputs
from replaykit.core.plain import counted
from replaykit.core.redact import placeholder, secrets_of
from replaykit.errors import StoreError, UsageError
from replaykit.launch import interpreter
from replaykit.launch.bell import hang
from replaykit.launch.children import environment, lost, uncovered
from replaykit.launch.command import run
from replaykit.launch.isolate import isolated
from replaykit.launch.settings import Settings
from replaykit.session.origin import called_like, origin_here, span_here
from replaykit.session.rules import normalization, redactor
from replaykit.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from replaykit.config import Config
    from replaykit.core.model import Episode, Origin, Span
    from replaykit.core.redact import Redactor
    from replaykit.core.verdict import Verdict
    from replaykit.launch.command import Ran
    from replaykit.session.names import Named


@dataclass(frozen=True, slots=True)
class Recorded:
    """A draft, and how the command ran that it was made of; `warnings` is what a person should know besides.

    Without an `episode` the store failed at the end, and the last warning says how.
    """

    episode: Episode | None
    ran: Ran
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class How:
    """How to replay: the pace, the network, and what ends the run before its time (`timeout` in seconds)."""

    speed: float = 0.0
    isolate: bool = False
    keep_going: bool = False
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to; `isolated` when the command had no network at all."""

    episode: Episode
    verdict: Verdict
    ran: Ran
    isolated: bool


def record(command: Sequence[str], config: Config, store_path: Path, *, name: str = "") -> Recorded:
    """The draft of what a command does, run here and now."""
    base = dict(os.environ)
    words = interpreter.typed(command, base)
    origin = origin_here(words, config, base)
    return _recorded(words, _whole(origin, base), base, config, store_path, name or called_like(words))


def again(episode: Episode, config: Config, store_path: Path) -> Recorded:
    """A new draft of an episode: its command once more, live, with the environment of now where it says something."""
    was = episode.origin
    declared = {name: value for name, value in was.environment.items() if name not in was.secrets}
    base = {**declared, **_seeded(was), **os.environ}
    words = interpreter.recorded(was.command, base, config.root / was.folder)
    origin = replace(origin_here(words, config, base), folder=was.folder, command=was.command, stdin=was.stdin)
    return _recorded(words, _whole(origin, base), base, config, store_path, episode.name)


def _recorded(  # noqa: PLR0913, PLR0917 - private, the end of two ways
    words: Sequence[str], origin: Origin, base: dict[str, str], config: Config, store_path: Path, name: str
) -> Recorded:
    store = Store(store_path)
    draft = store.begin(name, origin, span_here())
    settings = _settings("record", name, draft, store_path, config)
    base["PYTHONHASHSEED"] = origin.seed
    with _run_folder() as folder_of_run:
        try:
            ran = run(
                words,
                environment=environment(base, settings.text(), folder_of_run),
                folder=config.root / origin.folder,
                stdin=origin.stdin or None,
            )
        except UsageError:
            store.remove(draft)
            raise
        gaps, missing = uncovered(folder_of_run), tuple(_unkept(folder_of_run))
    warnings = (*secrets_of(base)[1], *missing, *_cut(ran))
    try:
        for unseen in gaps:
            store.saw(draft, unseen)
        for text in missing:
            store.remark(draft, "lost", {"text": text})
        return Recorded(_kept(store, draft, origin, ran, redactor(config, base)), ran, warnings)
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


def replay(named: Named, config: Config, store_path: Path, how: How) -> Replayed:
    """Run the episode's command again, answered from the episode alone."""
    episode, origin = named.episode, named.episode.origin
    if not origin.command:
        raise UsageError(
            f"{episode.name} was recorded inside a program, and names no command to run",
            remedy=f"replay it there: `with replaykit.replay({episode.name!r}): …`",
        )
    store = Store(store_path)
    replay_id, began = store.replay(episode.id), span_here()
    settings = replace(
        _settings("replay", episode.name, replay_id, store_path, config),
        episode=str(named.path.resolve()) if episode.state == "accepted" else episode.id,
        speed=how.speed,
        keep_going=how.keep_going,
    )
    with _run_folder() as folder_of_run:
        ran = _replaying(origin, config.root / origin.folder, settings, how, folder_of_run)
        for each in uncovered(folder_of_run):
            store.saw(replay_id, each)
    verdict = _verdict(episode, store, replay_id, ran, config, span_here(began.began))
    return Replayed(episode, verdict, ran, how.isolate)


def _replaying(origin: Origin, folder: Path, settings: Settings, how: How, folder_of_run: str) -> Ran:
    """How the command ran, with what the recorded run had."""
    base = _restored(os.environ, origin)
    words = interpreter.recorded(origin.command, base, folder)
    bell = hang(folder_of_run)
    try:
        return run(
            _isolated(words) if how.isolate else words,
            environment=environment(base, settings.text(), folder_of_run),
            folder=folder,
            stdin=origin.stdin,
            watch=bell,
            timeout=how.timeout,
        )
    finally:
        os.close(bell)


def _verdict(  # noqa: PLR0913, PLR0917 - private, from one caller
    episode: Episode, store: Store, replay_id: str, ran: Ran, config: Config, live: Span
) -> Verdict:
    from replaykit.core.verdict import verdict_of

    remarks = [(remark.kind, remark.detail) for remark in store.remarks(replay_id)]
    stdout, _ = redactor(config, _restored(os.environ, episode.origin)).body(ran.stdout)
    outputs = Outputs(stdout, ran.exit_code, store.outputs(replay_id))
    ended = {"itself": "", "watch": "here", "timeout": f"after {ran.took:.1f} s (--timeout)"}[ran.ended_by]
    return verdict_of(episode, store.plays(replay_id), remarks, outputs, live, extra=normalization(config), ended=ended)


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


def _whole(origin: Origin, base: Mapping[str, str]) -> Origin:
    """The origin with what a replay must have, too: a seed, a zone, and every variable that is named like a secret.

    One whose value is too plain to be hidden (`test`) is needed all the same: SDKs refuse to start without.
    """
    named = {warning.partition(" ")[0] for warning in secrets_of(base)[1]}
    return replace(
        origin,
        seed=origin.seed if origin.seed.isdecimal() else str(random.getrandbits(32)),
        timezone=origin.timezone or _timezone(),
        secrets=tuple(sorted({*origin.secrets, *named})),
    )


def _restored(environment_now: Mapping[str, str], origin: Origin) -> dict[str, str]:
    """The environment with what the recorded run had: its settings, seed and zone, and placeholders for its secrets."""
    missing = {name: placeholder(name) for name in origin.secrets if not environment_now.get(name)}
    return {**environment_now, **missing, **origin.environment, **_seeded(origin)}


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


@contextmanager
def _run_folder() -> Iterator[str]:
    """A folder for what the processes of one run tell each other; gone with the run."""
    folder = tempfile.mkdtemp(prefix="replaykit-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
