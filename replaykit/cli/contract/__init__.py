"""`contract …`: what services promise, as versioned files. A module per group of commands, imported when it is used."""

from __future__ import annotations

from typing import Final

import click

from replaykit.cli.listed import Listed

COMMANDS: Final = {
    "add": "replaykit.cli.contract.adopting:add",
    "list": "replaykit.cli.contract.looking:list_",
    "show": "replaykit.cli.contract.looking:show",
    "history": "replaykit.cli.contract.looking:history",
    "infer": "replaykit.cli.contract.learning:infer",
    "diff": "replaykit.cli.contract.comparing:diff",
    "publish": "replaykit.cli.contract.publishing:publish",
    "check": "replaykit.cli.contract.check:check",
    "ack": "replaykit.cli.contract.acknowledging:ack",
}
"""Every command, in the order in which one meets them, and where it lives."""

SUMMARIES: Final = {
    "add": "Adopt contracts that come with the package.",
    "list": "The contracts of this project, and what the package has beside them.",
    "show": "A contract, readable, with the evidence for each field.",
    "history": "What changed from version to version, in words.",
    "infer": "Learn a contract from recordings, and from what an SDK declares.",
    "diff": "What changed between two versions, or two schemas, graded.",
    "publish": "Make a draft the next version.",
    "check": "Check exchanges, recorded or live, against the contracts.",
    "ack": "Acknowledge a finding, until a day.",
}
"""What `replaykit contract --help` says of each, without importing it."""


@click.group(cls=Listed, places=COMMANDS, summaries=SUMMARIES)
def contract() -> None:
    """What a service promises, as versioned schemas in contracts/, and what changed in it.

    \b
    replaykit contract add anthropic.messages      one that comes with the package
    replaykit contract infer shop.orders --from E  one learned from what was recorded
    replaykit contract publish shop.orders         its first version, or the next one
    """
