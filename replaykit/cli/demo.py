"""`replaykit demo`: what the tool does, shown on a small agent."""

from __future__ import annotations

import sys

import click


@click.command()
def demo() -> None:
    """Show what replaykit does: record an agent, replay it, catch a change. No network, no key, 10 seconds."""
    from replaykit.demo.story import tell

    if not tell(say):
        sys.exit(2)


def say(text: str) -> None:
    """The text is on the terminal at once, even in the middle of a line."""
    click.echo(text, nl=False)
    sys.stdout.flush()
