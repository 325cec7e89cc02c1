"""`accept`: a person's decision that a draft is meant."""

from __future__ import annotations

import os
import shlex
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from replaykit.cli.running import STORE
from replaykit.errors import NoSuchEpisode, UsageError

if TYPE_CHECKING:
    from replaykit.cassette.acceptance import Only
    from replaykit.config import Config
    from replaykit.core.model import Episode

_KEPT = {"requests": "outputs", "outputs": "requests and answers"}
"""What stays as it was, by what alone is accepted."""


@click.command()
@click.argument("episode")
@click.option(
    "--only",
    type=click.Choice(["requests", "outputs"]),
    default=None,
    help="Accept what the run asked for and was answered, or what came out; the rest stays as it was.",
)
@click.option("--reason", default="", metavar="TEXT", help="Why: it stands in the page's history.")
@click.option("--yes", is_flag=True, help="Accept a draft of a run that was cut short, that fails, or is older, too.")
@STORE
def accept(  # click's options
    episode: str,
    only: Only | None,
    reason: str,
    yes: bool,  # noqa: FBT001
    store: Path | None,
) -> None:
    """Make the newest draft of EPISODE the cassette that tests read: a page to review, a tape to replay."""
    from replaykit import cassette
    from replaykit.cassette.acceptance import Choice
    from replaykit.config import load
    from replaykit.git import person
    from replaykit.session.rules import normalization, redactor

    config = load(Path.cwd())
    draft = _draft(episode, config, store or config.store_path)
    accepted = cassette.load(config.cassette_folder, draft.name)
    if problem := _problem(draft, accepted, only or "", yes=yes):
        raise problem
    choice = Choice(draft, accepted, only or "")
    if not choice.is_news(cassette.shown(config.cassette_folder, draft.name)):
        click.echo(f"{draft.name}: {draft.id} changes nothing; the cassette stays as it is", err=True)
        return
    signed = choice.decided(
        who=person(config.root),
        when=int(time.time()),
        why=redactor(config, os.environ).text(reason)[0],
        extra=normalization(config),
    )
    changed = signed.history[-1].changed if signed is not choice.episode else ""
    files = _save(signed, choice.body, config)
    _tell(signed.name, files, draft.id, only or "", changed)


def _problem(draft: Episode, accepted: Episode | None, only: Only, *, yes: bool) -> UsageError | None:
    """Why this draft is not accepted, or not so."""
    if not draft.steps:
        return UsageError(f"{draft.id} has no steps: there is nothing to accept", remedy=_anew(draft))
    if only and accepted is None:
        return UsageError(
            f"{draft.name} has no cassette yet, so that there is nothing to keep of it",
            remedy=f"accept the whole: `replaykit accept {shlex.quote(draft.name)}`",
        )
    doubts = [] if yes else _doubts(draft, accepted)
    if doubts:
        return UsageError(f"{draft.id} {' and '.join(doubts)}", remedy=f"{_anew(draft)}, or add --yes")
    return None


def _save(episode: Episode, body: str, config: Config) -> tuple[Path, ...]:
    """The files that were written: page and tape, and what git is told of tapes, where it was not told."""
    from replaykit import cassette

    attributes = config.cassette_folder / ".gitattributes"
    known = attributes.exists()
    files = cassette.save(config.cassette_folder, episode, body)
    return files if known else (*files, attributes)


def _tell(name: str, files: tuple[Path, ...], draft: str, only: Only, told: str) -> None:
    """Say what became of what; `told` is what that changed, in words."""
    from replaykit.report.terminal import near

    page, tape, *_ = files
    changed = f" ({told})" if told else ""
    what = f"the {only} of {draft} accepted{changed}; the {_KEPT[only]} stay" if only else f"{draft} accepted{changed}"
    click.echo(f"{name}: {what}", err=True)
    click.echo(f"    {near(page)}   the page, for reviewers", err=True)
    click.echo(f"    {near(tape)}   the tape, for replays", err=True)
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
