"""`contract list`, `show` and `history`: what there is, what it promises, and how it came to be so."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from replaykit.cli import complain
from replaykit.cli.contract import telling
from replaykit.cli.running import JSON
from replaykit.core.plain import line, listed
from replaykit.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.contracts.registry import Registry
    from replaykit.report.terminal import Line

COLUMNS = ("NAME", "VERSION", "DATE", "PARTS", "PROBES", "CHECKED", "BINDS TO")


@click.command("list")
@JSON
def list_(as_json: bool) -> None:  # noqa: FBT001 - click's options
    """The contracts that this project has adopted or published, and what the package has beside them.

    Exit code 2: something in contracts/ is not what was published, and which, and what to do.
    """
    from replaykit.config import load
    from replaykit.contracts import journal
    from replaykit.contracts.registry import adopted, shipped
    from replaykit.report import terminal

    config = load(Path.cwd())
    registry, package = adopted(config.contract_folder), shipped()
    problems = list(registry.problems())
    known = journal.read(config.drift_path)
    rows = []
    for name in _names(registry):
        try:
            rows.append(_row(registry, name, known.last(name)))
        except ContractError as error:
            problems += [error] if error.path not in {each.path for each in problems} else []
    beside = _beside(registry, package)
    if as_json:
        telling.put({"contracts": rows, "package": beside, "problems": [str(each) for each in problems]})
    elif rows:
        terminal.write(_table(rows))
    elif not problems:
        telling.say("no contracts yet; adopt one: replaykit contract add NAME, or learn one: replaykit contract infer")
    for problem in problems:
        complain(problem)
    if beside and not as_json:
        told = [f"{name} {versions[-1]}" for name, versions in beside.items()]
        telling.say(f"in the package: {listed(told, 30)}")
    sys.exit(2 if problems else 0)


@click.command()
@click.argument("name", metavar="NAME[@VERSION]")
@JSON
def show(name: str, as_json: bool) -> None:  # noqa: FBT001 - click's options
    """A contract, readable: what it binds to, its parts, and the evidence for each field.

    NAME@draft is what is not published yet, package:NAME the package's.
    """
    from replaykit.cli.contract.outline import outline
    from replaykit.config import load
    from replaykit.contracts.reference import named
    from replaykit.contracts.registry import adopted
    from replaykit.core.contract.model import write
    from replaykit.errors import UsageError
    from replaykit.report import terminal

    found = named(name, adopted(load(Path.cwd()).contract_folder))
    if found.contract is None:
        raise UsageError(f"{name} is a schema, and no contract", remedy="`replaykit contract diff` compares schemas")
    if as_json:
        telling.put(write(found.contract))
        return
    terminal.write(outline(found.contract, terminal.near(found.path)), paged=True)
    if found.is_package:
        telling.say(f"\nthis is the package's; adopt it: replaykit contract add {found.contract.name}")


@click.command()
@click.argument("name")
@JSON
def history(name: str, as_json: bool) -> None:  # noqa: FBT001 - click's options
    """What changed from version to version of a contract, in words; package:NAME the package's."""
    from replaykit.config import load
    from replaykit.contracts.publish import changelog
    from replaykit.contracts.reference import PACKAGE, owner
    from replaykit.contracts.registry import adopted
    from replaykit.report.terminal import piped

    registry = owner(name, adopted(load(Path.cwd()).contract_folder))
    versions, compare = registry.history(name.removeprefix(PACKAGE).partition("@")[0]), telling.compare()
    if as_json:
        steps = zip((None, *versions), versions, strict=False)
        compared = ((new, compare(old, new) if old is not None else None) for old, new in steps)
        telling.put([{"version": new.version, "date": new.date, **telling.compared(each)} for new, each in compared])
        return
    with piped(sys.stdout):
        click.echo(changelog(versions, compare).rstrip("\n"))


def _names(registry: Registry) -> list[str]:
    return sorted({*registry.names, *registry.drafts()})


def _row(registry: Registry, name: str, checked: str) -> dict[str, Any]:
    """A contract in one line, for scripts: its newest version, or its draft when nothing is published."""
    from replaykit.cli.contract.outline import binds
    from replaykit.contracts import probes
    from replaykit.contracts.lock import place
    from replaykit.contracts.registry import PROBES

    published, draft = registry.newest(name), name in registry.drafts()
    contract = published or registry.draft(name)
    asked = probes.read(registry.folder, registry.path(name, PROBES))
    versions = registry.versions(name)
    return {
        "name": name,
        "version": versions[-1] if versions else None,
        "versions": list(versions),
        "date": registry.lock.entries[place(name, versions[-1])].date if versions else None,
        "draft": draft,
        "binds": binds(contract.binds) if contract is not None else "",
        "parts": list(contract.parts) if contract is not None else [],
        "probes": len(asked),
        "sent": sum(each.send for each in asked),
        "checked": checked or None,
    }


def _beside(registry: Registry, package: Registry) -> dict[str, list[str]]:
    """What the package has that the project has not: versions by name."""
    from replaykit.contracts.lock import rank

    found = {}
    for name in package.names:
        known = registry.versions(name)
        new = [each for each in package.versions(name) if not known or rank(each) > rank(known[-1])]
        if new:
            found[name] = new
    return found


def _table(rows: list[dict[str, Any]]) -> Iterator[Line]:
    cells = [COLUMNS, *map(_cells, rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(COLUMNS) - 1)]
    for number, row in enumerate(cells):
        text = "  ".join(cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True))
        yield ((text, "" if number else "faint"),)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    version = (row["version"] or "") + (
        " +draft" if row["draft"] and row["version"] else "draft" if row["draft"] else ""
    )
    unsent = row["probes"] - row["sent"]
    return (
        line(row["name"]),
        version,
        row["date"] or "–",
        str(len(row["parts"])),
        f"{row['sent']}" + (f" (+{unsent} not sent)" if unsent else ""),
        line(row["checked"] or "never"),
        line(row["binds"], 120),
    )
