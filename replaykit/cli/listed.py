"""A group of commands that is listed without importing them: each is imported when it is used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


class Listed(click.Group):
    """The group: `places` say where each command lives, `summaries` what a list of them says of each."""

    def __init__(self, *, places: Mapping[str, str], summaries: Mapping[str, str], **rest: Any) -> None:  # noqa: ANN401 - click's own
        """`places` are `module:name`, in the order in which one meets the commands."""
        super().__init__(**rest)
        self._places = places
        self._summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names, in our order."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a name, imported; None when there is none."""
        module, _, name = self._places.get(cmd_name, "").partition(":")
        if not module:
            return None
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands, each in a line."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._summaries[name]) for name in self._places])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, naming the nearest command for one that is not there."""
        import difflib

        if args and args[0] not in self._places and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self._places, n=1)
            hint = f" (did you mean `{ctx.command_path} {near[0]}`?)" if near else ""
            ctx.fail(f"no command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)
