"""`accept`: a person's decision that a draft is meant."""

from __future__ import annotations

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
    from replaykit.cassette.acceptance import chosen, is_news
    from replaykit.config import load

    config = load(Path.cwd())
    draft = _draft(episode, config, store or config.store_path)
    if not draft.steps:
        raise UsageError(f"{draft.id} has no steps: there is nothing to accept", remedy=_anew(draft))
    accepted = cassette.load(config.cassette_folder, draft.name)
    if only and accepted is None:
        raise UsageError(
            f"{draft.name} has no cassette yet, so that there is nothing to keep of it",
            remedy=f"accept the whole: `replaykit accept {shlex.quote(episode)}`",
        )
    doubts = [] if yes else _doubts(draft, accepted)
    if doubts:
        raise UsageError(f"{draft.id} {' and '.join(doubts)}", remedy=f"{_anew(draft)}, or add --yes")
    found = chosen(draft, accepted, only or "")
    if accepted is not None and not is_news(found, _page(config, draft.name)):
        click.echo(f"{draft.name}: {draft.id} changes nothing; the cassette stays as it is", err=True)
        return
    _save(_signed(found, draft, accepted, only or "", reason, config), config, draft.id, only or "")


def _signed(  # noqa: PLR0913, PLR0917 - private, from one caller
    found: Episode, draft: Episode, accepted: Episode | None, only: Only, reason: str, config: Config
) -> Episode:
    """What was chosen, with the decision in its history; without one where only the page is made anew."""
    from replaykit.cassette.acceptance import decided, summary
    from replaykit.core.diff import diff
    from replaykit.core.model import Acceptance
    from replaykit.core.plain import harmless
    from replaykit.git import person
    from replaykit.session.rules import normalization

    changed = ""
    if accepted is not None:
        changed = summary(diff(accepted, found, extra=normalization(config)))
        if not changed and accepted.history:
            return found
    who, instead = harmless(person(config.root)), accepted.id if accepted is not None else ""
    return decided(found, Acceptance(who, int(time.time()), draft.id, harmless(reason), instead, changed, only))


def _save(episode: Episode, config: Config, draft: str, only: Only) -> None:
    """Write page and tape, and say what became of what."""
    from replaykit import cassette
    from replaykit.report.terminal import near

    attributes = config.cassette_folder / ".gitattributes"
    known = attributes.exists()
    page, tape = cassette.save(config.cassette_folder, episode)
    decision = episode.history[-1] if episode.history else None
    changed = f" ({decision.changed})" if decision and decision.changed else ""
    what = f"the {only} of {draft} accepted{changed}; the {_KEPT[only]} stay" if only else f"{draft} accepted{changed}"
    click.echo(f"{episode.name}: {what}", err=True)
    click.echo(f"    {near(page)}   the page, for reviewers", err=True)
    click.echo(f"    {near(tape)}   the tape, for replays", err=True)
    files = (page, tape) if known else (page, tape, attributes)
    click.echo(f"next: git add {shlex.join(map(near, files))}", err=True)


def _page(config: Config, name: str) -> str:
    """The page as it stands; empty when there is none."""
    try:
        text = (config.cassette_folder / f"{name}.yaml").read_text("utf-8", "replace")
    except OSError:
        return ""
    return text.replace("\r\n", "\n")


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
