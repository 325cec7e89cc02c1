"""What works on a machine, and what is wrong with a project's files: what `replaykit doctor` finds.

    state      means
    good       as it should be
    note       nothing is wrong, but something to know
    wrong      something does not work, and what to do

Law: each check says what it found in one line and never raises; nothing is changed. Only `wrong`
makes the project unwell.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from replaykit import cassette
from replaykit.cassette.page import verify
from replaykit.core.plain import counted, harmless
from replaykit.errors import ReplayError, UsageError
from replaykit.report.patterns import problem
from replaykit.report.terminal import near
from replaykit.session.origin import versions
from replaykit.session.rules import normalization
from replaykit.store import Store
from replaykit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.config import Config
    from replaykit.core.model import JSON
    from replaykit.report.terminal import Line

State: TypeAlias = Literal["good", "note", "wrong"]

LIBRARIES = ("httpx2", "httpx")
"""Libraries whose clients are recorded; one of them has to be there."""

STYLES: dict[State, tuple[str, str]] = {
    "good": ("ok   ", "good"),
    "note": ("note ", "warning"),
    "wrong": ("wrong", "bad"),
}
"""How a state is told, and how that looks."""

AWAY = "move the file away, and look at it with sqlite3: the next recording makes a new one"
"""What is left to do with a store that is no store."""

GIT_PATIENCE = 10.0
"""Seconds that git has for one question about one file."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `remedy` is what to do, or empty."""

    name: str
    state: State
    text: str
    remedy: str = ""


def checks(config: Config, store: Path, *, confined: str, broken: UsageError | None = None) -> tuple[Check, ...]:
    """Everything that was looked at, in the order in which a person would ask.

    `confined` is why a command cannot be cut off the network on this machine; empty when it can.
    `broken` is what is wrong with the project's settings, so that `config` has none of them.
    """
    return (
        Check("replaykit", "good", f"{VERSION} on Python {platform.python_version()} ({sys.platform})"),
        _libraries(),
        *(_settings(config) if broken is None else [_wrong("settings", broken)]),
        *_store(store),
        *_cassettes(config.cassette_folder),
        _isolation(confined),
        *_git(config, store),
    )


def is_well(found: Sequence[Check]) -> bool:
    """Whether nothing is wrong."""
    return all(check.state != "wrong" for check in found)


def lines(found: Sequence[Check]) -> Iterator[Line]:
    """The checks as lines, remedies below."""
    for check in found:
        word, style = STYLES[check.state]
        yield ((f"{word}  ", style), (f"{check.name:<10} ", "title"), (harmless(check.text), ""))
        if check.remedy:
            yield (("                  ", ""), (harmless(check.remedy), "faint"))


def as_json(found: Sequence[Check]) -> dict[str, JSON]:
    """The checks for scripts."""
    return {"well": is_well(found), "checks": [asdict(check) for check in found]}


def _libraries() -> Check:
    known = versions()
    text = ", ".join(f"{name} {version}" for name, version in known.items()) or "no HTTP library and no SDK"
    if any(name in known for name in LIBRARIES):
        return Check("libraries", "good", text)
    return Check("libraries", "wrong", f"{text}; only clients of httpx2 and httpx are recorded", "pip install httpx2")


def _wrong(name: str, error: ReplayError) -> Check:
    """An error as a check; who asks the doctor is not sent to the doctor."""
    return Check(name, "wrong", error.message, AWAY if "replaykit doctor" in error.remedy else error.remedy)


def _settings(config: Config) -> Iterator[Check]:
    """Whether the project's rules can be used, and its tools are there."""
    try:
        normalization(config)
    except UsageError as error:
        yield _wrong("settings", error)
    folders = [str(config.root), str(config.root / "src"), *sys.path]
    found = [each for pattern in config.tools if (each := problem(pattern, folders))[0]]
    yield from (Check("tools", "wrong", text, remedy) for text, remedy in found)
    if config.tools and not found:
        yield Check("tools", "good", f"{', '.join(config.tools)}: there")


def _store(path: Path) -> Iterator[Check]:
    if not os.access(next(each for each in (path, *path.absolute().parents) if each.exists()), os.W_OK):
        yield Check("store", "note", f"{near(path)} cannot be written: cassettes replay here, nothing can be recorded")
    if not path.exists():
        yield Check("store", "note", f"{near(path)}: not there yet; the first recording makes it")
        return
    try:
        store = Store(path, create=False)
        problems, drafts = store.check(), store.summaries()
        store.close()
    except ReplayError as error:
        yield _wrong("store", error)
        return
    yield from (Check("store", "wrong", *_halves(problem)) for problem in problems)
    if not problems:
        yield Check("store", "good", f"{near(path)}: {counted(len(drafts), 'draft')}, all readable")
    unfinished = [summary.id for summary in drafts if not summary.finished]
    if unfinished:
        yield Check(
            "drafts",
            "note",
            f"unfinished, their runs were killed or still go on: {', '.join(unfinished)}",
            f"replaykit rm {' '.join(unfinished)}",
        )


def _cassettes(folder: Path) -> Iterator[Check]:
    count = len(cassette.names(folder))
    place = Path(near(folder))
    problems = verify(place)
    yield from (Check("cassettes", "wrong", *_halves(problem, "; ")) for problem in problems)
    if problems:
        return
    if not count:
        yield Check("cassettes", "note", f"{place}: none yet; `replaykit accept` makes the first")
        return
    yield Check("cassettes", "good", f"{place}: {counted(count, 'cassette')}, each with its page")
    if "*.tape" not in _read(folder / ".gitattributes"):
        yield Check(
            "git",
            "note",
            f"{place / '.gitattributes'} does not tell git that tapes are no text",
            f"add the line: {cassette.ATTRIBUTES.strip()}",
        )


def _isolation(confined: str) -> Check:
    if not confined:
        return Check("isolation", "good", "`replay --isolate` cuts a command off the network here")
    return Check("isolation", "note", f"`replay --isolate` does not work here: {confined}; replays are guarded")


def _git(config: Config, store: Path) -> Iterator[Check]:
    """Whether git would commit the store: a working file that grows with every run."""
    git = shutil.which("git")
    if git is None or not (config.root / ".git").exists() or not store.resolve().is_relative_to(config.root):
        return
    asked = (git, "-C", str(config.root), "check-ignore", "--quiet", str(store.resolve()))
    try:
        code = subprocess.run(asked, check=False, capture_output=True, timeout=GIT_PATIENCE).returncode  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return
    if code == 0:
        yield Check("git", "good", "the store is ignored")
    elif code == 1:
        place = store.resolve().relative_to(config.root).as_posix()
        yield Check("git", "note", "the store is not ignored, and would be committed", f"add to .gitignore: /{place}*")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _halves(problem: str, between: str = "\n") -> tuple[str, str]:
    """A problem and its remedy, which a sentence of both has behind the last `between`."""
    text, _, remedy = problem.partition(between)
    return text, remedy
