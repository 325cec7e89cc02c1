"""`contract diff`: what changed between two versions, or two schemas."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from replaykit.cli.contract import telling
from replaykit.cli.running import JSON
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from replaykit.contracts.reference import Named
    from replaykit.core.contract.changes import Comparison
    from replaykit.core.contract.grades import Direction

VERDICTS = {True: "yes", False: "no", None: "cannot be decided"}
"""An answer, in words."""


@click.command()
@click.argument("old")
@click.argument("new")
@click.option(
    "--direction",
    type=click.Choice(["response", "request"]),
    default=None,
    help="Whether the schemas are of what is answered (by default) or of what is sent; contracts say it themselves.",
)
@click.option("--strict", is_flag=True, help="Exit code 1 for a RISK, too.")
@JSON
def diff(old: str, new: str, direction: Direction | None, strict: bool, as_json: bool) -> None:  # noqa: FBT001 - click's options
    """The changes from OLD to NEW, graded, with a document that proves each where one can be built.

    Either is NAME, NAME@VERSION, NAME@draft or package:NAME, or both are files with a JSON Schema. Exit code 1:
    there is a BREAK.

    \b
    replaykit contract diff anthropic.messages@1.0.0 anthropic.messages
    replaykit contract diff shop.orders shop.orders@draft
    replaykit contract diff old.json new.json --direction request
    """
    from replaykit.config import load
    from replaykit.contracts.reference import named
    from replaykit.contracts.registry import adopted

    registry = adopted(load(Path.cwd()).contract_folder)
    sides = named(old, registry), named(new, registry)
    found = _compared(*sides, direction)
    if as_json:
        telling.put({"old": sides[0].title, "new": sides[1].title, **telling.compared(found)})
    else:
        _tell(found, *sides)
    sys.exit(1 if found.grade in ({"BREAK", "RISK"} if strict else {"BREAK"}) else 0)


def _compared(old: Named, new: Named, direction: Direction | None) -> Comparison:
    from replaykit.contracts.validators import valid
    from replaykit.core.contract.changes import compared

    if old.contract is not None and new.contract is not None:
        if direction is not None:
            raise UsageError("--direction is for schemas: a contract says what is sent and what is answered")
        return telling.compare()(old.contract, new.contract)
    if old.schema is None or new.schema is None:
        schema, contract = (old, new) if old.contract is None else (new, old)
        raise UsageError(
            f"{schema.title} is a schema, and {contract.title} a contract", remedy="compare two of the same kind"
        )
    return compared(old.schema, new.schema, direction or "response", valid=valid)


def _tell(found: Comparison, old: Named, new: Named) -> None:
    from replaykit.report import terminal

    terminal.write(telling.told(found.changes))
    text = " (written differently)" if found.text_changed and not found.changes else ""
    telling.say(f"{old.title} → {new.title}: {telling.summed(found.changes)}{text}")
    telling.say(f"    every document of the old is valid under the new: {VERDICTS[found.backward]}")
    telling.say(f"    every document of the new is valid under the old: {VERDICTS[found.forward]}")
