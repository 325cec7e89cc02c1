"""`scan`: secrets where they should not be, before they are committed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from replaykit.cli.running import JSON

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replaykit.config import Config
    from replaykit.scan import Report

REMEDY = (
    "what to do: revoke each key that anybody else may have seen, where it was issued; take it out of a text;",
    "name what recording did not hide under `hide` in [tool.replaykit], and record the episode again.",
)
"""What stands under findings."""


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]…", type=click.Path(path_type=Path))
@JSON
def scan(paths: tuple[Path, ...], as_json: bool) -> None:  # noqa: FBT001 - click's options
    """Look for secrets in stores, cassettes and any other file, also across chunks, in base64 and packed.

    PATH is a store, a tape, a page, a text or a folder of them; without one, the project's store and its
    cassettes. What is found is named by place and kind, never shown.

    Exit code 0: nothing was found. 1: something was. 2: nothing was, but a file could not be read.
    """
    from replaykit import scan as scanner
    from replaykit.config import load
    from replaykit.report.terminal import near
    from replaykit.session.rules import redactor

    config = load(Path.cwd())
    wanted = paths or tuple(_own(config))
    report = scanner.scan((Path(near(path)) for path in wanted), redactor(config, os.environ))
    _as_json(report) if as_json else _say(report)
    sys.exit(1 if report.findings else 2 if report.problems else 0)


def _own(config: Config) -> Iterable[Path]:
    """The project's store and its cassettes, as far as they are there."""
    return (path for path in (config.store_path, config.cassette_folder) if path.exists())


def _as_json(report: Report) -> None:
    """The report for scripts, on standard output."""
    from replaykit.report.terminal import put

    found = [each.as_json() for each in report.findings]
    clean = not found and not report.problems
    put({"clean": clean, "files": report.files, "findings": found, "problems": list(report.problems)})


def _say(report: Report) -> None:
    """The report for people: findings on standard output, all else on standard error."""
    from replaykit.core.plain import counted, line
    from replaykit.report.terminal import piped

    with piped(sys.stdout):
        for finding in report.findings:
            click.echo(line(str(finding), sys.maxsize))
    for problem in report.problems:
        click.echo(click.style("error: ", fg="red", bold=True) + line(problem, sys.maxsize), err=True)
    if report.findings:
        click.echo("\n".join(REMEDY), err=True)
    elif not report.files:
        click.echo("nothing to look through yet; record something: `replaykit record -- python agent.py`", err=True)
    elif not report.problems:
        click.echo(f"{counted(report.files, 'file')}: no secrets", err=True)
