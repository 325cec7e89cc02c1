"""`record` and `replay`: a command run with a session inside, and what came of it."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from replaykit.config import ROOTS
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.config import Config
    from replaykit.launch.runs import Recorded, Replayed
    from replaykit.session.names import Named

STORE = click.option("--store", type=click.Path(path_type=Path), help="The store's file, instead of the project's.")
YES = click.option("--yes", is_flag=True, help="Run the command of a cassette from elsewhere without asking.")
JSON = click.option("--json", "as_json", is_flag=True, help="JSON on stdout, for scripts.")


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--as", "name", help="What the episode is called; by default as the script.")
@click.option("--again", metavar="EPISODE", help="Run an episode's own command once more, live; end with what changed.")
@YES
@STORE
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def record(
    name: str | None,
    again: str | None,
    yes: bool,  # noqa: FBT001
    store: Path | None,
    command: tuple[str, ...],
) -> None:
    """Run COMMAND and keep what it does on the wire, as a draft.

    The program's output, input and exit code stay as they are; what replaykit has to say stands on
    stderr, after it has ended.

    \b
    replaykit record -- python agent.py "what is the weather"
    replaykit record --again agent
    """
    from replaykit.cassette import checked
    from replaykit.config import load
    from replaykit.launch import runs

    config = load(Path.cwd())
    path = store or config.store_path
    if again is not None:
        if command or name:
            raise UsageError("--again runs the command of the episode under its name, and takes no other")
        _again(again, config, path, yes=yes)
    if not command:
        raise UsageError("there is no command to record", remedy="replaykit record -- python agent.py")
    recorded = runs.record(command, config, path, name=checked(name) if name else "")
    _say(recorded)
    _leave(recorded.ran.exit_code, recorded.ran.signal)


@click.command()
@click.argument("episodes", nargs=-1, required=True, metavar="EPISODE…")
@click.option("--speed", type=click.FloatRange(min=0), default=0.0, show_default=True, help="1 keeps the pace.")
@click.option("--isolate", is_flag=True, help="Without any network, for any kind of program (Linux).")
@click.option("--keep-going", is_flag=True, help="Do not end the program at the first miss.")
@click.option("--timeout", type=click.FloatRange(min=0.1), help="Seconds until the program is ended.")
@YES
@JSON
@STORE
def replay(  # noqa: PLR0913, PLR0917 - click's options
    episodes: tuple[str, ...],
    speed: float,
    isolate: bool,  # noqa: FBT001
    keep_going: bool,  # noqa: FBT001
    timeout: float | None,
    yes: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
    store: Path | None,
) -> None:
    """Run the command of each EPISODE again, without network and keys, served from the episode.

    Exit code 0: the same. 1: different, with the first thing that differs. 2: it cannot be done.
    """
    from replaykit.config import load
    from replaykit.launch import runs
    from replaykit.session.names import named

    config = load(Path.cwd())
    path = store or config.store_path
    how = runs.How(speed, isolate, keep_going, timeout)
    results = []
    for text in episodes:
        found = named(text, config, path)
        _confirm(found, config, yes=yes)
        with _silent(silent=as_json):
            replayed = runs.replay(found, config, path, how)
        results.append(replayed)
        if not as_json:
            _tell(replayed, found)
        if replayed.ran.signal == signal.SIGINT:
            _leave(replayed.ran.exit_code, signal.SIGINT)  # a person wants to stop, not to see the next one
    if as_json:
        import orjson

        told = [_json(each) for each in results]
        click.echo(orjson.dumps(told[0] if len(told) == 1 else told, option=orjson.OPT_INDENT_2).decode())
    sys.exit(max(each.verdict.exit_code for each in results))


def _json(replayed: Replayed) -> dict[str, object]:
    """A replay as a script reads it."""
    from replaykit.core.verdict import as_json

    episode = replayed.episode
    return {"episode": episode.id, "name": episode.name, "isolated": replayed.isolated, **as_json(replayed.verdict)}


def _again(again: str, config: Config, path: Path, *, yes: bool) -> NoReturn:
    """An episode's command, live; then what changed."""
    from replaykit.core.diff import as_text, diff
    from replaykit.launch import runs
    from replaykit.session.names import named

    found = named(again, config, path)
    before = found.episode
    if not before.origin.command:
        raise UsageError(f"{before.name} was recorded inside a program, and names no command to run")
    _confirm(found, config, yes=yes)
    recorded = runs.again(before, config, path)
    _say(recorded)
    if recorded.episode is None:
        sys.exit(2)
    difference = diff(before, recorded.episode)
    click.echo("", err=True)
    click.echo(as_text(difference), err=True)
    sys.exit(0 if difference.same else 1)


def _say(recorded: Recorded) -> None:
    """The summary of a recording, on stderr."""
    from replaykit.report.summary import recorded_lines, warned

    if recorded.episode is None:
        lines = warned(recorded.warnings)
    else:
        lines = recorded_lines(recorded.episode, recorded.ran.took, recorded.warnings)
    for each in lines:
        click.echo(each, err=True)


def _tell(replayed: Replayed, found: Named) -> None:
    """The verdict of a replay, on stderr."""
    from replaykit.report.summary import replayed_lines

    lines = replayed_lines(
        replayed.episode, replayed.verdict, replayed.ran.took, isolated=replayed.isolated, newer=found.newer
    )
    for each in lines:
        click.echo(each, err=True)


def _confirm(found: Named, config: Config, *, yes: bool) -> None:
    """Ask before running the command of a cassette from elsewhere: it feeds its answers to real tools."""
    if found.episode.state != "accepted" or yes or _belongs(found.path.resolve(), config.root):
        return
    from replaykit.core.plain import line

    command = line(shlex.join(found.episode.origin.command), 400)
    click.echo(f"{found.path} is not part of {config.root}: its command would be run here:\n    {command}", err=True)
    if not sys.stdin.isatty():
        raise UsageError("it was not confirmed", remedy="look at the command, then add --yes")
    click.confirm("Run it?", abort=True, err=True)


def _belongs(path: Path, root: Path) -> bool:
    """Whether a cassette is part of this repository; one in a repository inside of it is somebody else's."""
    repository = next((each for each in (root, *root.parents) if _is_repository(each)), root)
    owner = next((each for each in path.parents if _is_repository(each) or each == repository), None)
    return owner == repository


def _is_repository(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in ROOTS)


@contextmanager
def _silent(*, silent: bool) -> Iterator[None]:
    """The program's standard output goes nowhere, so that ours is JSON alone."""
    if not silent:
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _leave(exit_code: int, number: int | None) -> None:
    """End as the program did: by its signal, or with its exit code."""
    if number is not None and number in {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    sys.exit(exit_code)
