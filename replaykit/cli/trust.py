"""Whether the command of an episode may run here without a person being asked.

    the episode                                               before its command runs
    a draft in the project's own store                        nothing
    a cassette, or a draft in another store, of this          nothing
        repository
    one from elsewhere: another repository, one within        it is shown, and confirmed
        this one, or no repository at all
    one whose folder lies outside the project                 it is shown, and confirmed

Law: a cassette is a program somebody wrote. What is confirmed is shown whole: command, folder, and the
variables that are set. Where nobody can be asked, `--yes` is the answer, or there is none.
"""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import click

from replaykit.config import repository
from replaykit.core.plain import line
from replaykit.errors import UsageError
from replaykit.launch.variables import declared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from replaykit.config import Config
    from replaykit.session.names import Named


def confirm(found: Named, config: Config, *, yes: bool) -> None:
    """Return when the episode's command may run; `UsageError`, or click's `Abort`, when it may not."""
    doubt = "" if yes else _doubt(found, config)
    if not doubt:
        return
    click.echo(f"{doubt}: its command would be run here:", err=True)
    for each in _shown(found, config):
        click.echo(f"    {each}", err=True)
    if not sys.stdin.isatty():
        raise UsageError("it was not confirmed", remedy="look at the command, then add --yes")
    click.confirm("Run it?", abort=True, err=True)


def _doubt(found: Named, config: Config) -> str:
    """Why a person has to look at this episode first; empty when nobody has to."""
    path = found.path.resolve()
    if found.episode.state == "accepted" or path != config.store_path.resolve():
        home = repository(config.root)
        if home is None:
            return f"{_whole(str(found.path))} is in no repository of yours"
        if repository(path.parent) != home:
            return f"{_whole(str(found.path))} is not part of {_whole(str(home))}"
    if not _folder(found, config).is_relative_to((repository(config.root) or config.root).resolve()):
        return f"{_whole(found.episode.name)} runs outside of {_whole(str(config.root))}"
    return ""


def _folder(found: Named, config: Config) -> Path:
    return (config.root / found.episode.origin.folder).resolve()


def _shown(found: Named, config: Config) -> Iterator[str]:
    """What would run, where, and with which variables."""
    origin = found.episode.origin
    yield _whole(shlex.join(origin.command))
    if origin.folder not in ("", "."):
        yield f"in {_whole(str(_folder(found, config)))}"
    for name, value in declared(origin, config).environment.items():
        yield f"with {_whole(f'{name}={value}')}"


def _whole(text: str) -> str:
    """Recorded words, harmless, on one line and not cut."""
    return line(text, sys.maxsize)
