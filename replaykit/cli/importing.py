"""`import`: cassettes of vcrpy and pytest-recording become drafts."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from replaykit.cli.running import JSON, STORE
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.vcr.drafts import Import

SHOWN = 8
"""Files that are told one by one: of more, only how many."""


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path, exists=True))
@click.option("--as", "name", help="What the episode of a single file is called; by default as the file.")
@JSON
@STORE
def import_(files: tuple[Path, ...], name: str | None, as_json: bool, store: Path | None) -> None:  # noqa: FBT001
    """Make a draft of every cassette of vcrpy or pytest-recording in FILE…, which may be folders, too.

    Secrets are hidden as in a recording. Exit code 0: all were imported. 1: some were not, and which,
    where, and why. 2: none was.

    \b
    replaykit import tests/cassettes
    replaykit import tests/cassettes/test_weather.yaml --as weather
    """
    from replaykit.cassette import checked
    from replaykit.config import load
    from replaykit.report import terminal
    from replaykit.vcr.drafts import drafts
    from replaykit.vcr.files import found

    meant, others = found(files)
    if name is not None and len(meant) != 1:
        raise UsageError(
            f"--as names one episode, and there are {len(meant)} files", remedy="leave it out, or name one file"
        )
    config = load(Path.cwd())
    path = store or config.store_path
    done = tuple(drafts(meant, config, path, name=checked(name) if name else ""))
    if as_json:
        terminal.put([_as_json(each) for each in done])
    for each in _lines(done, others, f" --store {shlex.quote(str(store))}" if store else ""):
        click.echo(each, err=True)
    imported = sum(each.episode is not None for each in done)
    sys.exit(0 if imported == len(done) > 0 else 1 if imported else 2)


def _as_json(each: Import) -> dict[str, object]:
    episode = each.episode
    return {
        "file": str(each.file),
        "imported": episode is not None,
        "new": episode is not None and not each.known,
        "episode": episode.id if episode is not None else None,
        "name": episode.name if episode is not None else None,
        "exchanges": len(episode.exchanges) if episode is not None else 0,
        "hidden": dict(_hidden((each,))),
        "reason": each.reason or None,
        "line": each.line or None,
    }


def _lines(done: Sequence[Import], others: int, options: str) -> Iterator[str]:
    """The summary: what was imported, what was not, what was hidden, and what comes next."""
    from replaykit.core.plain import counted, line

    imported, refused = ([each for each in done if (each.episode is None) is wanted] for wanted in (False, True))
    yield from (_told(each) for each in imported[:SHOWN])
    if len(imported) > SHOWN:
        yield f"and {counted(len(imported) - SHOWN, 'more file')} (`replaykit list` shows all)"
    exchanges = sum(len(each.episode.exchanges) for each in imported if each.episode is not None)
    said = f"{counted(len(imported), 'file')} imported, {counted(exchanges, 'exchange')}"
    yield f"{said}; {len(refused)} refused:" if refused else said
    for each in refused:
        place = f"{each.file}:{each.line}" if each.line else str(each.file)
        yield f"    {line(f'{place}: {each.reason}', 400)}"
    if others:
        yield f"left out: {counted(others, 'file')} that {'is' if others == 1 else 'are'} no cassette of vcrpy"
    if hidden := _hidden(imported):
        yield "hidden: " + ", ".join(f"{line(name)} ×{count}" for name, count in hidden.most_common())
    yield from _next(imported, options)


def _told(each: Import) -> str:
    """One file in one line."""
    from replaykit.core.plain import counted, line
    from replaykit.report.terminal import near

    episode = each.episode
    assert episode is not None  # noqa: S101 - of those that were imported
    who = f"{line(episode.name, 120)} ({episode.state} {episode.id})"
    known = ", unchanged since it was imported" if each.known else ""
    return f"{who}   {counted(len(episode.steps), 'exchange')}{known}   {line(near(each.file), 200)}"


def _hidden(done: Sequence[Import]) -> Counter[str]:
    """What was hidden, by name: how often."""
    steps = (step for each in done if each.episode is not None for step in each.episode.steps)
    return Counter(name for step in steps for name in step.hidden)


def _next(imported: Sequence[Import], options: str) -> Iterator[str]:
    """What to type now, for the first of the new drafts."""
    new = [each.episode for each in imported if each.episode is not None and not each.known]
    if not new:
        return
    name = shlex.quote(new[0].name)
    each = " (and so on for each)" if len(new) > 1 else ""
    yield f"next: replaykit show {shlex.quote(f'draft:{new[0].name}')}{options}"
    yield f"then: replaykit accept {name}{options}{each}"
