"""`list`, `show`, `rm`, `doctor`, `verify`: what there is, what it says, and whether it is sound."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from replaykit.cli import complain
from replaykit.cli.running import JSON, STORE
from replaykit.errors import CassetteError, NoSuchEpisode, StoreError, UsageError

if TYPE_CHECKING:
    from replaykit.config import Config
    from replaykit.errors import Unreadable
    from replaykit.store import Store, Summary


@click.command("list")
@JSON
@STORE
def list_(as_json: bool, store: Path | None) -> None:  # noqa: FBT001 - click's options
    """The episodes of this project: accepted ones first, then drafts, the newest first.

    Exit code 0: these are all. 2: some cannot be read, and which, and why.
    """
    from replaykit.config import load
    from replaykit.report import table, terminal

    config = load(Path.cwd())
    found, problems = _summaries(config, store or config.store_path)
    if as_json:
        terminal.put([table.as_json(each) for each in found])
    elif found:
        terminal.write(table.table(found))
    elif not problems:
        click.echo("no episodes yet; record one: replaykit record -- python agent.py", err=True)
    for problem in problems:
        complain(problem)
    sys.exit(2 if problems else 0)


@click.command()
@click.argument("episode")
@click.option("--html", "as_html", is_flag=True, help="As a page for a browser.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file to write the page to.")
@click.option("--open", "is_opened", is_flag=True, help="Show the page in a browser.")
@JSON
@STORE
def show(  # noqa: PLR0913, PLR0917 - click's options
    episode: str,
    as_html: bool,  # noqa: FBT001
    output: Path | None,
    is_opened: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
    store: Path | None,
) -> None:
    """EPISODE as a conversation that one can read, with times, tokens and cost."""
    from replaykit.config import load
    from replaykit.report import conversation, document, terminal
    from replaykit.session.names import named

    config = load(Path.cwd())
    found = named(episode, config, store or config.store_path)
    if as_json:
        terminal.put(document.as_json(found.episode))
        return
    if as_html or is_opened or output is not None:
        from replaykit.report import cost, html

        page = html.episode(found.episode, cost.bill(found.episode))
        terminal.deliver(page, output, found.episode.name, is_opened=is_opened)
        return
    terminal.write(conversation.conversation(found.episode), paged=True)
    if found.newer:
        click.echo(f"\nthis is the cassette; there is a newer draft: replaykit show {found.newer}", err=True)


@click.command()
@click.argument("episodes", nargs=-1, required=True, metavar="EPISODE…")
@JSON
@STORE
def rm(episodes: tuple[str, ...], as_json: bool, store: Path | None) -> None:  # noqa: FBT001 - click's options
    """Remove drafts from the store; all of them, or none when one is not there. Cassettes are git's."""
    from replaykit.config import load
    from replaykit.report import terminal
    from replaykit.store import Store

    config = load(Path.cwd())
    path = store or config.store_path
    kept = Store(path) if path.exists() else None
    ids = [_draft(each, config, path, kept) for each in episodes]
    removed = [id for id in dict.fromkeys(ids) if kept is not None and kept.remove(id)]  # noqa: A001 - the word
    if as_json:
        terminal.put({"removed": removed})
    else:
        click.echo(f"removed {', '.join(removed)}", err=True)


@click.command()
@JSON
@STORE
def doctor(as_json: bool, store: Path | None) -> None:  # noqa: FBT001 - click's options
    """What works on this machine, and what is wrong with the files here.

    Exit code 0: nothing is. 1: something is.
    """
    from replaykit.launch.isolate import isolated
    from replaykit.report import health, terminal

    config, broken = _settings()
    checks = health.checks(config, store or config.store_path, confined=isolated(()).reason, broken=broken)
    if as_json:
        terminal.put(health.as_json(checks))
    else:
        terminal.write(health.lines(checks))
    sys.exit(0 if health.is_well(checks) else 1)


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--write", is_flag=True, help="Write the pages anew that are not their tapes'.")
@JSON
def verify(folder: Path | None, write: bool, as_json: bool) -> None:  # noqa: FBT001 - click's options
    """Prove that every page is its tape's page, in FOLDER or the project's cassettes.

    Exit code 0: all are. 1: some are not, and which, where, and what to do. A page follows from its tape: where
    a merge has left both sides in it, take one of the tapes and --write.
    """
    from replaykit import cassette
    from replaykit.cassette import page
    from replaykit.config import load
    from replaykit.core.plain import counted, line
    from replaykit.report import terminal

    folder = Path(terminal.near(folder or load(Path.cwd()).cassette_folder))
    for path in page.rewrite(folder) if write else ():
        click.echo(f"{line(str(path), sys.maxsize)} written", err=True)
    problems = page.verify(folder)
    count = len(cassette.names(folder))
    if as_json:
        terminal.put({"verified": not problems, "cassettes": count, "problems": list(problems)})
    else:
        for problem in problems:
            click.echo(line(problem, sys.maxsize), err=True)
        if not problems:
            sound = f"{counted(count, 'cassette')}: every page is its tape's"
            click.echo(sound if count else f"{folder}: no cassettes yet; `replaykit accept` makes the first", err=True)
    sys.exit(1 if problems else 0)


def _settings() -> tuple[Config, UsageError | None]:
    """The settings of this project; those of none, and what is wrong, when they cannot be read."""
    from replaykit.config import Config, load

    here = Path.cwd()
    try:
        return load(here), None
    except UsageError as error:  # only a `pyproject.toml` can be wrong, and the nearest one is read
        return Config(next(each for each in (here, *here.parents) if (each / "pyproject.toml").is_file())), error


def _summaries(config: Config, path: Path) -> tuple[tuple[Summary, ...], list[Unreadable]]:
    """What there is, damaged cassettes among it, and what is wrong with what cannot be read."""
    from replaykit import cassette
    from replaykit.report.table import damaged, joined, summary_of
    from replaykit.store import Store

    accepted: list[Summary] = []
    drafts: tuple[Summary, ...] = ()
    problems: list[Unreadable] = []
    for name in cassette.names(config.cassette_folder):
        try:
            accepted.append(summary_of(cassette.read(config.cassette_folder / f"{name}.tape")))
        except CassetteError as error:
            accepted.append(damaged(name))
            problems.append(error)
    try:
        drafts = Store(path, create=False).summaries() if path.exists() else ()
    except StoreError as error:
        problems.append(error)
    return joined(accepted, drafts), problems


def _draft(text: str, config: Config, path: Path, store: Store | None) -> str:
    """The id of the draft that is meant; a cassette is refused, for removing it is a change to be reviewed."""
    from replaykit.cassette import names
    from replaykit.report.terminal import near
    from replaykit.session.names import draft_id, nearest

    file = Path(text)
    if text in names(config.cassette_folder) or (file.suffix in (".tape", ".yaml") and file.is_file()):
        stem = file.with_suffix("") if file.is_file() else config.cassette_folder / text
        page, tape = (shlex.quote(near(stem) + ending) for ending in (".yaml", ".tape"))
        raise UsageError(
            f"{text} is accepted: its cassette is part of the repository",
            remedy=f"remove the cassette: `git rm {page} {tape}`; "
            f"a draft: `replaykit rm {shlex.quote(f'draft:{stem.name}')}`",
        )
    found = draft_id(text, store) if store is not None else None
    if found is None:
        raise NoSuchEpisode(text, nearest(text, config, path))
    return found
