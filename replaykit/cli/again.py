"""`record --again`: an episode's own command, live, once or several times; then what changed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from replaykit.cli.running import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from replaykit.config import Config
    from replaykit.core.diff import Noise
    from replaykit.core.model import Episode


def record_again(text: str, times: int, config: Config, store: Path | None, *, yes: bool) -> NoReturn:
    """Run an episode's command so often, and end with what changed: exit code 0 when nothing did, 1 otherwise.

    Each run makes a draft; the last one is compared with the episode. Two runs or more of the same
    program also tell which differences there are anyway.
    """
    from replaykit.cli.trust import confirm
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
    made = _made(before, times, config, store)
    review = reviewed(before.name, before, made[-1], normalization(config))
    click.echo("", err=True)
    terminal.write(difference.review(review, _noise(made, config)), sys.stderr)
    sys.exit(0 if review.fate == "same" else 1)


def _made(before: Episode, times: int, config: Config, store: Path | None) -> list[Episode]:
    """The drafts of so many runs; of fewer, when somebody ended one."""
    from replaykit.launch import runs

    made: list[Episode] = []
    for number in range(1, times + 1):
        if times > 1:
            click.echo(f"run {number} of {times}", err=True)
        recorded = runs.again(before, config, store or config.store_path)
        say(recorded, config, store)
        if recorded.episode is None:
            sys.exit(2)
        made.append(recorded.episode)
        if recorded.ran.signal is not None or recorded.ran.heard is not None:
            break
    return made


def _noise(made: Sequence[Episode], config: Config) -> Noise | None:
    """What differs between runs of the same program; None when there was but one."""
    if len(made) == 1:
        return None
    from replaykit.core.diff import diff, noise
    from replaykit.session.rules import normalization

    first, *others = made
    extra = normalization(config)
    return noise(tuple(diff(first, other, extra=extra) for other in others))
