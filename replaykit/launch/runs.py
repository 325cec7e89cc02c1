"""A whole run of a command: recorded as a draft, or replayed from an episode.

Law: what the program sees is what it would see alone; what we have to say comes after it has ended.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from replaykit.core.model import Outputs, Unseen
from replaykit.core.redact import placeholder
from replaykit.errors import UsageError
from replaykit.launch.bell import hang
from replaykit.launch.child import Settings
from replaykit.launch.children import environment, uncovered
from replaykit.launch.command import run
from replaykit.launch.isolate import isolated
from replaykit.session.origin import called_like, origin_here, span_here
from replaykit.session.rules import redactor
from replaykit.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from replaykit.config import Config
    from replaykit.core.model import Episode, Origin
    from replaykit.core.verdict import Verdict
    from replaykit.launch.command import Ran
    from replaykit.session.names import Named

PYTHONS = ("python", "python3")
"""Words that mean whichever interpreter is meant here."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A draft, and how the command ran that it was made of."""

    episode: Episode
    ran: Ran


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to; `isolated` when the command had no network at all."""

    episode: Episode
    verdict: Verdict
    ran: Ran
    isolated: bool


def record(
    command: Sequence[str],
    config: Config,
    store_path: Path,
    *,
    name: str = "",
    again: Origin | None = None,
) -> Recorded:
    """Run the command and keep what it does; `again` is the origin of an episode to be made anew."""
    command = _with_replaykit(command, swap=again is not None)
    base = _restored(os.environ, again) if again is not None else dict(os.environ)
    base.setdefault("PYTHONHASHSEED", str(random.getrandbits(32)))
    folder = config.root / again.folder if again is not None else Path.cwd()
    origin = replace(origin_here(command, config, base), timezone=base.get("TZ") or _timezone())
    if again is not None:
        origin = replace(origin, folder=again.folder, command=again.command)
    name = name or called_like(command)
    store = Store(store_path)
    episode = store.begin(name, origin, span_here())
    settings = _settings("record", name, episode, store_path, config)
    with _run_folder() as folder_of_run:
        ran = run(
            command,
            environment=environment(base, settings.text(), folder_of_run),
            folder=folder,
            stdin=again.stdin if again is not None and again.stdin else None,
        )
        for unseen in uncovered(folder_of_run):
            store.saw(episode, unseen)
    clean = redactor(config, base)
    store.describe(episode, replace(origin, stdin=clean.body(ran.stdin)[0]))
    store.finish(
        episode,
        ended=time.time(),
        exit_code=ran.exit_code,
        stdout=clean.body(ran.stdout)[0],
        finished=ran.signal is None,
    )
    kept = store.episode(episode)
    assert kept is not None  # noqa: S101 - it was begun above
    return Recorded(kept, ran)


def replay(  # noqa: PLR0913 - what a person may ask for
    named: Named,
    config: Config,
    store_path: Path,
    *,
    speed: float = 0.0,
    isolate: bool = False,
    keep_going: bool = False,
    timeout: float | None = None,
) -> Replayed:
    """Run the episode's command again, answered from the episode alone."""
    episode, origin = named.episode, named.episode.origin
    if not origin.command:
        raise UsageError(
            f"{episode.name} was recorded inside a program, and names no command to run",
            remedy=f"replay it there: `with replaykit.replay({episode.name!r}): …`",
        )
    store = Store(store_path)
    replay_id = store.replay(episode.id)
    began = span_here()
    settings = replace(
        _settings("replay", episode.name, replay_id, store_path, config),
        episode=str(named.path.resolve()) if episode.state == "accepted" else episode.id,
        speed=speed,
        keep_going=keep_going,
    )
    command: Sequence[str] = _with_replaykit(origin.command, swap=True)
    if isolate:
        command = _isolated(command)
    with _run_folder() as folder_of_run:
        bell = hang(folder_of_run)
        try:
            ran = run(
                command,
                environment=environment(_restored(os.environ, origin), settings.text(), folder_of_run),
                folder=config.root / origin.folder,
                stdin=origin.stdin,
                watch=bell,
                timeout=timeout,
            )
        finally:
            os.close(bell)
        unseen = uncovered(folder_of_run)
    verdict = _verdict(
        episode, store, replay_id, ran, redactor(config, os.environ).body(ran.stdout)[0], unseen, began.began
    )
    return Replayed(episode, verdict, ran, isolate)


def _verdict(  # noqa: PLR0913, PLR0917 - private, from one caller
    episode: Episode, store: Store, replay_id: str, ran: Ran, stdout: bytes, unseen: Sequence[Unseen], began: float
) -> Verdict:
    from replaykit.core.verdict import verdict_of

    for each in unseen:
        store.saw(replay_id, each)
    if ran.ended_by == "timeout":
        store.remark(replay_id, "timeout", {"seconds": ran.took})
    remarks = [(remark.kind, remark.detail) for remark in store.remarks(replay_id)]
    outputs = Outputs(stdout, ran.exit_code, store.outputs(replay_id))
    live = span_here(began)
    return verdict_of(episode, store.plays(replay_id), remarks, outputs, live)


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


def _restored(environment_now: Mapping[str, str], origin: Origin) -> dict[str, str]:
    """The environment with what the recorded run had: its settings, seed and zone, and placeholders for its secrets."""
    restored = {**environment_now, **origin.environment}
    for name in origin.secrets:
        restored.setdefault(name, placeholder(name))
    if origin.seed:
        restored["PYTHONHASHSEED"] = origin.seed
    if origin.timezone:
        restored["TZ"] = origin.timezone
    return restored


def _timezone() -> str:
    """The machine's time zone by its name in the tz database; empty when it does not say."""
    try:
        target = os.readlink("/etc/localtime")  # noqa: PTH115 - Path.readlink is no shorter here
    except OSError:
        return ""
    return target.partition("zoneinfo/")[2]


def _with_replaykit(command: Sequence[str], *, swap: bool) -> tuple[str, ...]:
    """The command with an interpreter that has replaykit; `swap`: ours will do where the named one has not."""
    words = tuple(command)
    if not words or words[0] not in PYTHONS or os.environ.get("VIRTUAL_ENV"):
        return words
    found = shutil.which(words[0])
    if found is not None and (Path(found).parent == Path(sys.executable).parent or _has_replaykit(found)):
        return words
    if swap or found is None:
        return (sys.executable, *words[1:])
    raise UsageError(
        f"{found} has no replaykit: nothing would be recorded",
        remedy=f"install replaykit-llm there, or name the interpreter: "
        f"`replaykit record -- {sys.executable} {' '.join(words[1:])}`",
    )


def _has_replaykit(interpreter: str) -> bool:
    found = subprocess.run(  # noqa: S603 - the interpreter that is about to run
        [interpreter, "-c", "import importlib.util as u, sys; sys.exit(u.find_spec('replaykit') is None)"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return found.returncode == 0


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
