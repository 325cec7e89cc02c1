"""The command `replaykit`: parses, calls, prints. A file per group of commands, imported when it is used.

exit 0    same, done
exit 1    different
exit 2    cannot: a wrong call, a damaged file, an unknown episode
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from replaykit.cli.listed import Listed
from replaykit.errors import ReplayError, UsageError
from replaykit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "record": "replaykit.cli.running:record",
    "replay": "replaykit.cli.running:replay",
    "diff": "replaykit.cli.diff:diff",
    "accept": "replaykit.cli.accept:accept",
    "list": "replaykit.cli.looking:list_",
    "show": "replaykit.cli.looking:show",
    "rm": "replaykit.cli.looking:rm",
    "doctor": "replaykit.cli.looking:doctor",
    "verify": "replaykit.cli.looking:verify",
    "scan": "replaykit.cli.scanning:scan",
    "import": "replaykit.cli.importing:import_",
    "contract": "replaykit.cli.contract:contract",
    "demo": "replaykit.cli.demo:demo",
}
"""Every command, in the order in which one meets them, and where it lives."""

SUMMARIES = {
    "record": "Run a command and keep what it does, as a draft.",
    "replay": "Run it again without network and keys, served from the episode.",
    "diff": "What changed between two episodes.",
    "accept": "Make a draft the cassette that tests read.",
    "list": "The episodes of this project.",
    "show": "An episode's conversation, readable.",
    "rm": "Remove drafts.",
    "doctor": "What works on this machine, and what is wrong with the files here.",
    "verify": "Prove that every page is its tape's page.",
    "scan": "Look for secrets in stores, cassettes and any other file.",
    "import": "Make drafts of cassettes of vcrpy and pytest-recording.",
    "contract": "What services promise, as versioned schemas, and what changed in it.",
    "demo": "All of it in ten seconds, on a bundled agent.",
}
"""What `replaykit --help` says of each, without importing it."""


@click.group(
    "replaykit",
    cls=Listed,
    places=COMMANDS,
    summaries=SUMMARIES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(VERSION, message="replaykit %(version)s")
def group() -> None:
    """Record an LLM agent once; replay it without network or keys; review what changed.

    \b
    replaykit record -- python agent.py     one episode of everything it does
    replaykit replay agent                  the same again: no network, no keys, milliseconds
    replaykit accept agent                  into cassettes/, for tests and reviewers
    """


def main(args: Sequence[str] | None = None, **named: Any) -> None:  # noqa: ANN401 - passed on to click
    """Run the command; our errors end it with their text and exit code 2."""
    try:
        group.main(args=None if args is None else list(args), standalone_mode=True, **named)
    except ReplayError as error:
        complain(error)
        sys.exit(2)
    except FileNotFoundError:
        if _is_somewhere():
            raise
        complain(UsageError("the folder that this was typed in is gone", remedy="change to one that is there"))
        sys.exit(2)


def _is_somewhere() -> bool:
    """Whether the current folder is still there: every command begins with a look at its project."""
    try:
        os.getcwd()  # noqa: PTH109 - no path is needed
    except FileNotFoundError:
        return False
    return True


def complain(error: ReplayError) -> None:
    """An error stands on stderr, harmless: it may tell what a file says, or what a file is called."""
    from replaykit.core.plain import line

    click.echo(click.style("error: ", fg="red", bold=True) + line(error.message, sys.maxsize), err=True)
    if error.remedy:
        click.echo(click.style("       ", dim=True) + line(error.remedy, sys.maxsize), err=True)
