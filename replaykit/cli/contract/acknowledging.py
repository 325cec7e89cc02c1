"""`contract ack`: a finding is seen, and accepted for now."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from replaykit.cli.contract import telling
from replaykit.cli.running import JSON
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.config import Config
    from replaykit.contracts.acks import Ack
    from replaykit.contracts.journal import Journal
    from replaykit.report.terminal import Line


@click.command()
@click.argument("finding", default="")
@click.option("--owner", default="", metavar="WHO", help="Who answers for it.")
@click.option("--reason", default="", metavar="TEXT", help="Why it may be so for now.")
@click.option("--until", default="", metavar="DATE", help="The last day on which it may: 2026-12-31, a year at most.")
@click.option("--contract", "name", default="", metavar="NAME", help="The contract of a finding not seen here.")
@click.option("--id", "kind", default="", metavar="ID", help="Its kind: res.enum.added.")
@click.option("--path", default="", metavar="PATH", help="Its place: /stop_reason.")
@click.option("--list", "listing", is_flag=True, help="All acknowledgements, and when they end.")
@JSON
def ack(  # noqa: PLR0913, PLR0917 - click's options
    finding: str,
    owner: str,
    reason: str,
    until: str,
    name: str,
    kind: str,
    path: str,
    listing: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Acknowledge FINDING, by the eight letters that a check shows of it, or their beginning.

    It does not fail a run until the day has passed; then it comes back. A finding that another machine has seen
    is told by --contract, --id and --path; without FINDING these mean all of the kind in that place.

    \b
    replaykit contract ack mzxw6ytb --owner ann --reason "our parser takes it" --until 2026-12-31
    replaykit contract ack --list
    """
    from replaykit.config import load
    from replaykit.contracts import acks
    from replaykit.contracts.checking import today
    from replaykit.core.contract.grades import KINDS

    config = load(Path.cwd())
    if listing:
        _list(acks.read(config.contract_folder), as_json=as_json)
        return
    day = date.fromisoformat(today())
    place = (name, kind, path)
    if any(place) and not all(place):
        raise UsageError("--contract, --id and --path belong together", remedy="give all three, as the report has them")
    if kind and kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, n=3)
        raise UsageError(f"{kind[:80]!r} is no kind of finding", remedy=f"nearest are {', '.join(near or KINDS)}")
    key, place = _meant(finding, place, config)
    given = acks.Ack(
        key,
        *place,
        acks.said("--owner", owner),
        acks.said("--reason", reason),
        day.isoformat(),
        acks.day(until, day),
    )
    _tell(given, acks.add(config.contract_folder, given), as_json=as_json)


def _meant(finding: str, place: tuple[str, str, str], config: Config) -> tuple[str, tuple[str, str, str]]:
    """The key of a finding, and its contract, kind and place; the key is empty for all of a kind in a place."""
    from replaykit.contracts import journal
    from replaykit.contracts.acks import LETTERS
    from replaykit.contracts.registry import checked

    found = journal.read(config.drift_path)
    if found.problem:
        telling.say(found.problem)
    if all(place):
        if finding and len(finding) != LETTERS:
            raise UsageError(f"{finding[:80]!r} is no finding", remedy=f"give all {LETTERS} letters, or none")
        return finding, (checked(place[0]), place[1], place[2])
    if not finding:
        raise UsageError("which finding?", remedy="give the letters that `replaykit contract check` shows of it")
    return _seen(finding, found)


def _seen(finding: str, found: Journal) -> tuple[str, tuple[str, str, str]]:
    """The finding that a beginning means, as the journal has it; `UsageError` when that is none, or several."""
    matching = found.matching(finding)
    if len(matching) != 1:
        near = difflib.get_close_matches(finding, found.findings, n=3, cutoff=0.5)
        if matching:
            raise UsageError(f"{finding!r} could be any of {', '.join(matching)}", remedy="give more of its letters")
        hint = (
            f"did you mean {', '.join(near)}?"
            if near
            else "where another machine saw it, give --contract, --id, --path"
        )
        raise UsageError(f"no finding {finding[:80]!r} was seen here", remedy=hint)
    sight = found.findings[matching[0]]
    return matching[0], (sight.contract, sight.id, sight.path)


def _tell(given: Ack, former: Ack | None, *, as_json: bool) -> None:
    from replaykit.contracts.acks import FILE

    if as_json:
        telling.put(asdict(given))
    again = f", in place of {former.owner}'s until {former.until}" if former else ""
    what = given.key or "all"
    telling.say(f"{what}: {given.contract} {given.path} {given.id}: {given.owner} until {given.until}{again}")
    telling.say(f"next: git add contracts/{FILE}")


def _list(found: tuple[Ack, ...], *, as_json: bool) -> None:
    from replaykit.contracts.checking import today
    from replaykit.report import terminal

    day = today()
    if as_json:
        telling.put([asdict(each) | {"expired": not each.holds(day)} for each in found])
    elif found:
        terminal.write(_lines(found, day))
    else:
        telling.say("nothing is acknowledged")


def _lines(found: tuple[Ack, ...], day: str) -> Iterator[Line]:
    from replaykit.core.plain import line

    for each in found:
        held = each.holds(day)
        what = line(f"{each.contract} {each.path}  {each.id}", 120)
        yield (
            (f"{each.key or 'all':<8}  ", "title"),
            (f"{'until' if held else 'expired'} {each.until}  ", "good" if held else "bad"),
            (f"{what}  ", ""),
            (line(f"{each.owner}: {each.reason}", 120), "faint"),
        )
