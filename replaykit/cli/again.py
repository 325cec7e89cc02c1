"""`record --again`: an episode's own command, live, once or several times; then what changed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from replaykit.cli.running import say

if TYPE_CHECKING:
    from pathlib import Path

    from replaykit.config import Config
    from replaykit.core.model import Episode


def record_again(text: str, times: int, config: Config, store: Path | None, *, yes: bool) -> NoReturn:
    """Run an episode's command so often, and end with what changed: exit code 0 when nothing did, 1 otherwise.

    Each run makes a draft; the last one is compared with the episode. Two runs or more of the same
    program also tell which differences there are anyway.
    """
    from replaykit.cassette.acceptance import summary
    from replaykit.cli.together import between, remember
    from replaykit.cli.trust import confirm
    from replaykit.core.diff import noise
    from replaykit.core.plain import line
    from replaykit.launch import runs
    from replaykit.report import difference, terminal
    from replaykit.report.review import reviewed
    from replaykit.session.names import named
    from replaykit.session.rules import normalization

    found = named(text, config, store or config.store_path)
    before = found.episode
    origin = runs.runnable(before)
    confirm(found, config, yes=yes)
    if unset := [name for name in origin.secrets if not os.environ.get(name)]:
        click.echo(
            f"not set now, and set when {before.name} was recorded: {', '.join(line(name, 400) for name in unset)}",
            err=True,
        )
    made, departs = _made(before, times, config, store)
    review = reviewed(before.name, before, made[-1], normalization(config))
    others = between(made, config)
    remember(made, store or config.store_path)
    click.echo("", err=True)
    if _fails(made[-1], before):
        click.echo(_failed(made[-1], before), err=True)
    terminal.write(difference.review(review, noise(others) if others else None), sys.stderr)
    for number, other in enumerate(others, start=2):
        if not other.same:
            ids = f"{made[0].id} {made[number - 1].id}"
            click.echo(f"run {number} differs from run 1 in {summary(other)}: replaykit diff {ids}", err=True)
    is_same = review.fate == "same" and all(other.same for other in others)
    sys.exit(0 if is_same and not departs else 1)


def _failed(draft: Episode, before: Episode) -> str:
    """That a run failed that did not when it was recorded."""
    from replaykit.core.plain import line

    code = draft.outputs.exit_code
    return (
        f"the run failed: exit code {code}, and {line(before.name)} has 0; what follows came of that\n"
        f"its output is above: mend the cause and try again (replaykit rm {draft.id} removes the draft)\n"
    )


def _made(before: Episode, times: int, config: Config, store: Path | None) -> tuple[list[Episode], bool]:
    """The drafts of so many runs, and whether any fails for its contracts.

    They are fewer when one failed, or was ended: that is none of them, unless it is alone.
    """
    from replaykit.launch import runs

    made: list[Episode] = []
    departs = False
    for number in range(1, times + 1):
        if times > 1:
            click.echo(f"run {number} of {times}", err=True)
        recorded = runs.again(before, config, store or config.store_path)
        say(recorded, config, store)
        if recorded.episode is None:
            sys.exit(2)
        departs |= recorded.held is not None and recorded.held.failed
        is_ended = recorded.ran.signal is not None or recorded.ran.heard is not None
        if not (is_ended and made):
            made.append(recorded.episode)
        if is_ended or _fails(recorded.episode, before):
            break
    return made, departs


def _fails(run: Episode, before: Episode) -> bool:
    """Whether a run ended with an error, and the one that it repeats did not: a missing key, a server that is down."""
    return bool(run.outputs.exit_code) and not before.outputs.exit_code
