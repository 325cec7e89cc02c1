"""`record --again`: an episode's own command, live, once or several times; then what changed.

Runs that were made together know of each other: what differs between them is marked by a later `diff`, too.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NoReturn

import click

from replaykit.cli.running import say
from replaykit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from replaykit.config import Config
    from replaykit.core.diff import Difference, Noise
    from replaykit.core.model import Episode

TOGETHER: Final = "together"
"""The kind of remark that names the drafts of runs that were made together."""


def record_again(text: str, times: int, config: Config, store: Path | None, *, yes: bool) -> NoReturn:
    """Run an episode's command so often, and end with what changed: exit code 0 when nothing did, 1 otherwise.

    Each run makes a draft; the last one is compared with the episode. Two runs or more of the same
    program also tell which differences there are anyway.
    """
    from replaykit.cassette.acceptance import summary
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
    between = _between(made, config)
    if between:
        _remember(made, store or config.store_path)
    click.echo("", err=True)
    if _fails(made[-1], before):
        code = made[-1].outputs.exit_code
        click.echo(
            f"the run failed: exit code {code}, and {line(before.name)} has 0; what follows came of that\n"
            f"its output is above: mend the cause and try again (replaykit rm {made[-1].id} removes the draft)\n",
            err=True,
        )
    terminal.write(difference.review(review, noise(between) if between else None), sys.stderr)
    for number, other in enumerate(between, start=2):
        if not other.same:
            ids = f"{made[0].id} {made[number - 1].id}"
            click.echo(f"run {number} differs from run 1 in {summary(other)}: replaykit diff {ids}", err=True)
    is_same = review.fate == "same" and all(other.same for other in between)
    sys.exit(0 if is_same and not departs else 1)


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


def _between(made: Sequence[Episode], config: Config) -> tuple[Difference, ...]:
    """How the first run differs from each later one, all being runs of the same program."""
    from replaykit.core.diff import diff
    from replaykit.session.rules import normalization

    first, *others = made
    extra = normalization(config)
    return tuple(diff(first, other, extra=extra) for other in others)


def anyway(draft: Episode | None, config: Config, path: Path) -> Noise | None:
    """What differs between the runs that a draft was made with, as far as these are still there; None without any."""
    from replaykit.core.diff import noise
    from replaykit.store import Store

    if draft is None or draft.state == "accepted" or not path.exists():
        return None
    with suppress(StoreError), Store(path, create=False) as store:
        ids = [each for remark in store.remarks(draft.id, TOGETHER) for each in _words(remark.detail.get("drafts"))]
        runs = [run for run in map(store.episode, ids) if run is not None]
        return noise(_between(runs, config)) if len(runs) > 1 else None
    return None


def _remember(made: Sequence[Episode], path: Path) -> None:
    """Have each draft name all of them; what cannot be kept is not missed before somebody looks for it."""
    from replaykit.store import Store

    drafts = [each.id for each in made]
    with suppress(StoreError), Store(path, create=False) as store:
        for each in drafts:
            store.remark(each, TOGETHER, {"drafts": drafts})


def _words(value: object) -> list[str]:
    """The texts of a list, whatever a store holds in its place."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
