"""`contract publish`: a draft becomes the next version."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from replaykit.cli.contract import telling
from replaykit.cli.running import JSON
from replaykit.contracts.publish import LEVELS

if TYPE_CHECKING:
    from replaykit.contracts.publish import Level, Release


@click.command()
@click.argument("name")
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    default=None,
    help="Make the step to the next version larger than the changes ask for.",
)
@JSON
def publish(name: str, level: Level | None, as_json: bool) -> None:  # noqa: FBT001 - click's options
    """Make contracts/NAME/draft.json the next version: written once, and never changed.

    What it is called follows from what changed since the last one: BREAK makes a major version, RISK and ADD
    a minor one, all else a patch. The lock and the changelog are brought up to date.
    """
    from replaykit.config import load
    from replaykit.contracts import publish as publishing
    from replaykit.contracts.checking import today

    folder = load(Path.cwd()).contract_folder
    done = publishing.publish(folder, name, today(), telling.compare(), level)
    if as_json:
        telling.put(
            {
                "name": name,
                "version": done.contract.version,
                "previous": done.previous or None,
                "published": done.is_news,
                **telling.compared(done.comparison),
            }
        )
    _tell(done, folder)


def _tell(done: Release, folder: Path) -> None:
    from replaykit.report.terminal import near

    contract = done.contract
    if not done.is_news:
        telling.say(f"{contract.title} says all that the draft says: nothing was published, and the draft is gone")
        return
    path = folder / contract.name / f"{contract.version}.json"
    since = f" after {done.previous}" if done.previous else ", its first version"
    telling.say(f"{contract.title} published{since}   {near(path)}")
    if done.comparison is not None:
        telling.say(f"    {telling.summed(done.comparison.changes)}")
        telling.show((("    ", ""), *each) for each in telling.told(done.comparison.changes))
    telling.say(f"next: git add {shlex.quote(near(folder))}")
