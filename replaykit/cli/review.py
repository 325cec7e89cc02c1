"""`diff` and `accept`: what changed, and a person's decision that it is meant."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from replaykit.cli.running import JSON, STORE
from replaykit.errors import NoSuchEpisode, UsageError

if TYPE_CHECKING:
    from replaykit.config import Config
    from replaykit.core.model import Episode


@click.command()
@click.argument("a")
@click.argument("b", required=False)
@JSON
@STORE
def diff(a: str, b: str | None, as_json: bool, store: Path | None) -> None:  # noqa: FBT001 - click's options
    """What changed from A to B; with A alone, from the cassette of that name to its newest draft.

    Where there is no cassette, from the draft before to the newest one. Exit code 0: the same. 1: different.
    """
    import orjson

    from replaykit.config import load
    from replaykit.core import diff as differ

    config = load(Path.cwd())
    path = store or config.store_path
    before, after = _pair(a, b, config, path)
    difference = differ.diff(before, after)
    if as_json:
        click.echo(orjson.dumps(differ.as_json(difference), option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo(differ.as_text(difference))
    sys.exit(0 if difference.same else 1)


def _pair(a: str, b: str | None, config: Config, path: Path) -> tuple[Episode, Episode]:
    """The two episodes that a person means to compare."""
    from replaykit.session.names import named

    before = named(a, config, path)
    if b is not None or before.newer:
        return before.episode, named(b or before.newer, config, path).episode
    drafts = _drafts(before.episode.name, path)
    if before.episode.id not in drafts or len(drafts) < 2:  # noqa: PLR2004 - a pair
        raise UsageError(
            f"there is no newer draft of {before.episode.name} to compare with",
            remedy=f"record one: `replaykit record --again {a}`, or name a second episode",
        )
    if before.episode.id == drafts[0]:
        return named(drafts[1], config, path).episode, before.episode
    return before.episode, named(drafts[0], config, path).episode


def _drafts(name: str, path: Path) -> list[str]:
    """The ids of the drafts of a name, the newest first."""
    from replaykit.store import Store

    if not path.exists():
        return []
    with Store(path) as store:
        return [each.id for each in store.summaries() if each.name == name]


@click.command()
@click.argument("episode")
@click.option("--yes", is_flag=True, help="Accept a draft whose run was killed, too.")
@STORE
def accept(episode: str, yes: bool, store: Path | None) -> None:  # noqa: FBT001 - click's options
    """Make the newest draft of EPISODE the cassette that tests read: a page to review, a tape to replay."""
    from replaykit import cassette
    from replaykit.config import load
    from replaykit.session.names import named, nearest

    config = load(Path.cwd())
    path = store or config.store_path
    try:
        found = named(episode if episode.startswith("draft:") else f"draft:{episode}", config, path)
    except NoSuchEpisode:
        found = named(episode, config, path)
        if found.episode.state == "accepted":
            raise NoSuchEpisode(f"draft:{episode}", nearest(episode, config, path)) from None
    if not found.episode.finished and not yes:
        raise UsageError(
            f"the run of {found.episode.id} was killed, or is still going on",
            remedy=f"record it again: `replaykit record --again {found.episode.id}`, or add --yes",
        )
    page, tape = cassette.save(config.cassette_folder, found.episode)
    click.echo(f"{found.episode.name}: {found.episode.id} accepted", err=True)
    click.echo(f"    {_shown(page)}   the page, for reviewers", err=True)
    click.echo(f"    {_shown(tape)}   the tape, for replays", err=True)
    click.echo(f"next: git add {_shown(page)} {_shown(tape)}", err=True)


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
