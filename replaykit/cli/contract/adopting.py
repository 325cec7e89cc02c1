"""`contract add`: the package's contracts become a project's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from replaykit.cli.contract import telling
from replaykit.cli.running import JSON
from replaykit.core.plain import listed

if TYPE_CHECKING:
    from replaykit.contracts.publish import Adoption


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@JSON
def add(names: tuple[str, ...], as_json: bool) -> None:  # noqa: FBT001 - click's options
    """Adopt contracts of the package: every version of NAME… comes into contracts/, with its probes.

    Only adopted contracts are checked. Typed again, versions come that the package has got since, and what
    changed in them is told.

    \b
    replaykit contract add anthropic.messages openai.chat
    """
    from replaykit.config import load
    from replaykit.contracts.publish import adopt
    from replaykit.contracts.registry import shipped, unknown

    folder, package = load(Path.cwd()).contract_folder, shipped()
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:  # before the first is adopted: all, or none
        if name not in package.names:
            raise unknown(name, package.names, "the package")
    compare = telling.compare()
    done = [adopt(folder, package, name, compare) for name in wanted]
    if as_json:
        telling.put([_as_json(each) for each in done])
    for each in done:
        _tell(each, folder)
    if any(each.added for each in done):
        _next(folder)


def _as_json(done: Adoption) -> dict[str, Any]:
    return {
        "name": done.contract.name,
        "version": done.contract.version,
        "previous": done.previous or None,
        "added": list(done.added),
        "probes": done.probes,
        **telling.compared(done.comparison),
    }


def _tell(done: Adoption, folder: Path) -> None:
    from replaykit.report.terminal import near

    name = done.contract.name
    if not done.added:
        telling.say(f"{name}: the package has nothing newer than {done.contract.version}")
        return
    telling.say(f"{name}: {listed(done.added)} adopted   {near(folder / name)}")
    if done.probes:
        telling.say("    probes.toml   what a nightly run asks for; yours to change")
    if done.comparison is not None:
        telling.say(f"    since {done.previous}: {telling.summed(done.comparison.changes)}")
        telling.show((("    ", ""), *each) for each in telling.told(done.comparison.changes))


def _next(folder: Path) -> None:
    import shlex

    from replaykit.report.terminal import near

    telling.say(f"next: git add {shlex.quote(near(folder))}")
