"""`record` and `replay`: a command run with a session inside, and what came of it."""

from __future__ import annotations

import fcntl
import math
import os
import shlex
import signal
import stat
import sys
import termios
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from replaykit.config import Check
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.config import Config
    from replaykit.launch.contracts import Held
    from replaykit.launch.runs import Recorded, Replayed
    from replaykit.session.names import Named

STORE = click.option("--store", type=click.Path(path_type=Path), help="The store's file, instead of the project's.")
YES = click.option("--yes", is_flag=True, help="Run the command of a cassette from elsewhere without asking.")
CONTRACTS = click.option(
    "--contracts",
    type=click.Choice(get_args(Check)),
    help="Hold exchanges against the project's contracts: say what departs, or fail for it (BREAK, RISK, OURS).",
)
JSON = click.option("--json", "as_json", is_flag=True, help="JSON on stdout, for scripts.")


def _seconds(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    """A number of seconds above zero, or an error in words."""
    try:
        number = math.inf if value is None else float(value)
    except ValueError:
        number = 0
    if value is not None and not 0 < number < math.inf:
        raise click.BadParameter(f"{value!r} is not a number of seconds above zero")
    return None if value is None else number


class Record(click.Command):
    """`record`, which says what may have been meant by an option that it does not have."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does it."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            meant = MEANT.get(error.option_name)
            hint = f" (did you mean {meant}?)" if meant else ""
            raise UsageError(
                f"no such option {error.option_name}{hint}",
                remedy="the options of the command itself stand behind it: replaykit record -- python agent.py",
            ) from None


MEANT = {"--name": "--as", "-n": "--as", "--rerun": "--again", "--update": "--again"}
"""Options that people look for, and ours."""


@click.command(cls=Record, context_settings={"allow_interspersed_args": False})
@click.option("--as", "name", help="What the episode is called; by default as the script.")
@click.option("--again", metavar="EPISODE", help="Run an episode's own command once more, live; end with what changed.")
@click.option(
    "--runs", type=click.IntRange(1, 100), default=1, help="With --again: so often, to see what differs anyway."
)
@CONTRACTS
@YES
@STORE
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def record(  # noqa: PLR0913, PLR0917 - click's options
    name: str | None,
    again: str | None,
    runs: int,
    contracts: Check | None,
    yes: bool,  # noqa: FBT001
    store: Path | None,
    command: tuple[str, ...],
) -> None:
    """Run COMMAND and keep what it does on the wire, as a draft.

    The program's output, input and exit code stay as they are; what replaykit has to say stands on
    stderr, after it has ended. With --again the exit code says what came of it, as that of `diff` does:
    0 nothing changed, 1 something did, 2 it cannot be done. With --contracts fail it is 1 where the
    program's own is 0, and an exchange departs from a contract; the draft is kept.

    \b
    replaykit record -- python agent.py "what is the weather"
    replaykit record --again agent
    replaykit record --again agent --runs 5     which differences are there between any two runs
    """
    from replaykit.cassette import checked
    from replaykit.launch.runs import record as record_

    config = _config(contracts)
    if again is not None:
        if command or name:
            raise UsageError("--again runs the command of the episode under its name, and takes no other")
        from replaykit.cli.again import record_again

        record_again(again, runs, config, store, yes=yes)
    if runs > 1:
        raise UsageError("--runs repeats the command of an episode", remedy="replaykit record --again EPISODE --runs 3")
    if not command:
        raise UsageError("there is no command to record", remedy="replaykit record -- python agent.py")
    recorded = record_(command, config, store or config.store_path, name=checked(name) if name else "")
    say(recorded, config, store)
    departs = recorded.held is not None and recorded.held.failed
    _leave(recorded.ran.exit_code or int(departs), recorded.ran.signal)


@click.command()
@click.argument("episodes", nargs=-1, metavar="EPISODE…")
@click.option("--all", "is_all", is_flag=True, help="Every cassette of the project that a command was recorded for.")
@click.option("--speed", type=click.FloatRange(min=0), default=0.0, show_default=True, help="1 keeps the pace.")
@click.option("--isolate", is_flag=True, help="Without any network, for any kind of program (Linux).")
@click.option("--keep-going", is_flag=True, help="Do not end the program at the first miss.")
@click.option("--timeout", callback=_seconds, metavar="SECONDS", help="Seconds until the program is ended.")
@click.option("--strict", is_flag=True, help="Exit code 1 also when something ran for real beside the episode.")
@CONTRACTS
@YES
@JSON
@STORE
def replay(  # noqa: PLR0913, PLR0917 - click's options
    episodes: tuple[str, ...],
    is_all: bool,  # noqa: FBT001
    speed: float,
    isolate: bool,  # noqa: FBT001
    keep_going: bool,  # noqa: FBT001
    timeout: float | None,
    strict: bool,  # noqa: FBT001
    contracts: Check | None,
    yes: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
    store: Path | None,
) -> None:
    """Run the command of each EPISODE again, without network and keys, served from the episode.

    Exit code 0: the same. 1: different, with the first thing that differs. 2: it cannot be done.

    The verdict says how the program was held: `guarded`, Python's own connections are refused beyond
    this machine, while programs in other languages and compiled network stacks are not held; or
    `isolated`, nothing in it had a network. What ran for real beside the episode is named, and fails a
    replay with --strict. With --contracts, what the program sends now is held against the project's
    contracts, as it is sent: a new version of an SDK shows, though nothing is sent to anybody.
    """
    from replaykit.launch import runs

    config = _config(contracts)
    path = store or config.store_path
    how = runs.How(speed, isolate, keep_going, timeout)
    results = []
    for found in _ready(_named(episodes, config, is_all=is_all), config, path, yes=yes):
        with _silent(silent=as_json):
            replayed = runs.replay(found, config, path, how)
        results.append(replayed)
        if not as_json:
            _tell(replayed, found)
        if replayed.interrupted:  # a person wants to stop, not to see the next one
            _leave(max(1, replayed.ran.exit_code), replayed.ran.signal)
    if as_json:
        import json

        told = [_json(each) for each in results]
        click.echo(json.dumps(told[0] if len(told) == 1 else told, indent=2))
    sys.exit(max(_exit_code(each, strict=strict) for each in results))


def _config(contracts: Check | None) -> Config:
    """The project's settings, with what this call says of contracts."""
    from dataclasses import replace

    from replaykit.config import load

    config = load(Path.cwd())
    return config if contracts is None else replace(config, contracts=contracts)


def _named(episodes: Sequence[str], config: Config, *, is_all: bool) -> Sequence[str]:
    """What is to be replayed: the episodes that are named, or every cassette that has a command."""
    from replaykit import cassette
    from replaykit.core.plain import counted

    if bool(episodes) == is_all:
        raise UsageError(
            "--all replays every cassette, and takes no names" if is_all else "there is no episode to replay",
            remedy="name one, `replaykit replay EPISODE`, or replay all cassettes: `replaykit replay --all`",
        )
    if not is_all:
        return episodes
    names = cassette.names(config.cassette_folder)
    found = [name for name in names if cassette.read(config.cassette_folder / f"{name}.tape").origin.command]
    if not found:
        raise UsageError(f"{config.cassettes}/ has no cassette with a command", remedy="accept one: replaykit accept")
    if left := len(names) - len(found):
        click.echo(
            f"{counted(left, 'cassette')} without a command: the programs that recorded them replay them", err=True
        )
    return found


def _ready(episodes: Sequence[str], config: Config, path: Path, *, yes: bool) -> list[Named]:
    """All that is to be replayed, found, sound and confirmed before the first of it runs."""
    from replaykit.cli.trust import confirm
    from replaykit.launch import runs
    from replaykit.session.names import named

    found = [named(text, config, path) for text in episodes]
    for each in found:
        runs.replayable(each.episode)
        confirm(each, config, yes=yes)
    return found


def _exit_code(replayed: Replayed, *, strict: bool) -> int:
    """0 when it was the same, and in a strict replay nothing ran beside the episode; else 1."""
    from replaykit.report.outside import outside

    ran, _ = outside(replayed.verdict.unseen, isolated=replayed.isolated)
    return 1 if strict and ran else replayed.verdict.exit_code


def _json(replayed: Replayed) -> dict[str, object]:
    """A replay as a script reads it; of what is `unseen`, `beside` is what ran for real."""
    from dataclasses import asdict

    from replaykit.core.verdict import as_json
    from replaykit.report.outside import outside

    episode, (ran, _) = replayed.episode, outside(replayed.verdict.unseen, isolated=replayed.isolated)
    return {
        "episode": episode.id,
        "name": episode.name,
        "isolated": replayed.isolated,
        **as_json(replayed.verdict),
        "beside": [asdict(each) for each in ran],
        **({} if replayed.held is None else {"drift": _drift(replayed.held)}),
    }


def _drift(held: Held) -> list[object]:
    """What departs from contracts as a script reads it."""
    from replaykit.report.drift.document import described

    return [described(each) for each in held.standings]


def _departs(held: Held, rest: str) -> None:
    """What departs from contracts, on stderr: a line each, at most a screenful; `rest` says where all of it is."""
    from replaykit.core.plain import counted
    from replaykit.launch.contracts import SHOWN
    from replaykit.report.drift.lines import finding
    from replaykit.report.terminal import write

    if held.standings:
        click.echo("", err=True)
    room = SHOWN if len(held.standings) <= SHOWN else SHOWN - 1
    write(map(finding, held.standings[:room]), sys.stderr)
    if (left := len(held.standings) - room) > 0:
        click.echo(f"and {counted(left, 'more finding')}: {rest}", err=True)
    if held.remedy:
        click.echo(held.remedy, err=True)


def say(recorded: Recorded, config: Config, store: Path | None) -> None:
    """The summary of a recording, on stderr."""
    from replaykit.report.summary import recorded_lines, warned

    episode, held = recorded.episode, recorded.held
    warnings = recorded.warnings if held is None else (*recorded.warnings, *held.warnings, *held.problems)
    if episode is None:
        lines = warned(warnings)
    else:
        accepted = (config.cassette_folder / f"{episode.name}.tape").is_file()
        options = f" --store {shlex.quote(str(store))}" if store else ""
        lines = recorded_lines(episode, recorded.ran.took, warnings, accepted=accepted, options=options)
    for each in lines:
        click.echo(each, err=True)
    if episode is not None and held is not None:
        _departs(held, f"replaykit contract check {episode.id}{options}")


def _tell(replayed: Replayed, found: Named) -> None:
    """The verdict of a replay, on stderr."""
    from replaykit.report.summary import Course, replayed_lines, warned

    course, held = Course(replayed.ran.took, replayed.isolated, replayed.reached, found.newer), replayed.held
    for each in replayed_lines(replayed.episode, replayed.verdict, course):
        click.echo(each, err=True)
    if held is not None:
        for each in warned((*held.warnings, *held.problems)):
            click.echo(each, err=True)
        _departs(held, "--json has them all")
    if _waiting():
        click.echo("note: standard input was left unread: a replay gives the program what was recorded", err=True)


def _waiting() -> bool:
    """Whether something was put into our standard input, that nobody reads: bytes in a pipe or a file."""
    try:
        mode = os.fstat(0).st_mode
        if stat.S_ISREG(mode):
            return os.fstat(0).st_size > os.lseek(0, 0, os.SEEK_CUR)
        if not stat.S_ISFIFO(mode):
            return False
        return int.from_bytes(fcntl.ioctl(0, termios.FIONREAD, bytes(4)), sys.byteorder) > 0
    except OSError:
        return False


def _plain(text: str) -> str:
    """Recorded words, harmless and on one line."""
    from replaykit.core.plain import line

    return line(text, 400)


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
