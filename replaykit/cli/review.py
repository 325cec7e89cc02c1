"""`diff` and `accept`: what changed, and a person's decision that it is meant."""

from __future__ import annotations

import shlex
import signal
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
    import json

    from replaykit.config import load
    from replaykit.core import diff as differ
    from replaykit.report.terminal import piped

    config = load(Path.cwd())
    path = store or config.store_path
    before, after = _pair(a, b, config, path)
    difference = differ.diff(before, after)
    with piped(sys.stdout):
        click.echo(json.dumps(differ.as_json(difference), indent=2) if as_json else differ.as_text(difference))
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
@click.option("--yes", is_flag=True, help="Accept a draft of a run that was cut short, that fails, or is older, too.")
@STORE
def accept(episode: str, yes: bool, store: Path | None) -> None:  # noqa: FBT001 - click's options
    """Make the newest draft of EPISODE the cassette that tests read: a page to review, a tape to replay."""
    from replaykit import cassette
    from replaykit.config import load
    from replaykit.report.terminal import near

    config = load(Path.cwd())
    draft = _draft(episode, config, store or config.store_path)
    if not draft.steps:
        raise UsageError(f"{draft.id} has no steps: there is nothing to accept", remedy=_anew(draft))
    doubts = [] if yes else _doubts(draft, cassette.load(config.cassette_folder, draft.name))
    if doubts:
        raise UsageError(f"{draft.id} {' and '.join(doubts)}", remedy=f"{_anew(draft)}, or add --yes")
    attributes = config.cassette_folder / ".gitattributes"
    known = attributes.exists()
    page, tape = cassette.save(config.cassette_folder, draft)
    click.echo(f"{draft.name}: {draft.id} accepted", err=True)
    click.echo(f"    {near(page)}   the page, for reviewers", err=True)
    click.echo(f"    {near(tape)}   the tape, for replays", err=True)
    files = (page, tape) if known else (page, tape, attributes)
    click.echo(f"next: git add {shlex.join(map(near, files))}", err=True)


def _draft(text: str, config: Config, path: Path) -> Episode:
    """The draft that a person means to accept: the newest of a name, before the cassette of that name."""
    from replaykit.session.names import named

    try:
        return named(text if text.startswith("draft:") else f"draft:{text}", config, path).episode
    except NoSuchEpisode:
        found = named(text, config, path).episode
    if found.state == "accepted":
        raise UsageError(
            f"{found.name} is accepted already, and has no newer draft",
            remedy=f"make one: {_anew(found)}",
        )
    return found


def _doubts(draft: Episode, accepted: Episode | None) -> list[str]:
    """Why this draft may not be meant to be what tests read: what is wrong with it, or what it would take back."""
    found = []
    if not draft.finished:
        found.append(_CUT.get(draft.outputs.exit_code or 0, "was killed, or is still going on"))
    elif accepted is not None and draft.outputs.exit_code and accepted.outputs.exit_code == 0:
        found.append(f"ended with exit code {draft.outputs.exit_code}, and the cassette with 0")
    if accepted is not None and draft.span.began < accepted.span.began:
        found.append("is older than the cassette")
    return found


_CUT = {128 + number: f"was interrupted ({number.name})" for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
"""What to say of a run that was ended, by the exit code that a shell gives it."""


def _anew(draft: Episode) -> str:
    from replaykit.core.plain import line

    if draft.origin.program:
        return f"run {line(draft.origin.program, 160)} again"
    name = draft.id if draft.state == "draft" else draft.name
    return f"record it again: `replaykit record --again {shlex.quote(name)}`"
