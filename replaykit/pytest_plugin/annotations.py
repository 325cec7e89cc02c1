"""Failures as annotations of GitHub Actions, and text in which its runner finds no command.

    ::error file=tests/test_agent.py,line=12,title=…::message     a line that the runner obeys

A runner reads every line of a job's output. It obeys one that begins with `::`, white space aside, and
one that has `##[` anywhere in it, the older form (github.com/actions/runner, ActionCommand.cs).

Law: commands are written here and nowhere else. Whatever else we print has none, whoever recorded it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from replaykit.core.plain import counted, harmless
from replaykit.pytest_plugin.outcomes import gathered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

    from replaykit.report.suite import Trial

FIRST = 12
"""Lines of an account that an annotation shows: as many as GitHub does before its fold."""

_UNSEEN = "\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff"
"""What a comparison of texts by culture passes over, as that of the runner does (Unicode TR 10, ignorable)."""

_BEGINS = rf"(^|[\r\n])([\s{_UNSEEN}]*):(?=[{_UNSEEN}]*:)"
_OLDER = rf"#(?=[{_UNSEEN}]*#[{_UNSEEN}]*\[)"


def active() -> bool:
    """Whether this process runs in GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def defused(text: str) -> str:
    """The text with no command in it: `::` that begins a line becomes `: :`, and every `##[` becomes `# #[`."""
    return re.sub(_OLDER, "# ", re.sub(_BEGINS, r"\1\2: ", text))


def commands(tests: Iterable[Trial], root: Path) -> Iterator[str]:
    """The commands that show what episodes said of failures beside their tests' code; `root` is what files are in."""
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or root)
    for each in tests:
        if each.account and each.outcome in ("failed", "error"):
            where = {"file": _file(root / each.file, workspace)} if each.file else {}
            where |= {"line": str(each.line)} if each.line else {}
            yield command("error", _first(each.account), **where, title=each.test)


def command(name: str, message: str, **properties: str) -> str:
    """A command on one line, all in it escaped that would end it or begin another."""
    said = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {said}::{_data(harmless(message))}"


def annotate(reporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Write the annotations of a run's failures, where somebody reads them."""
    if not active():
        return
    for each in commands(gathered(reporter, every=True), config.rootpath):
        reporter.ensure_newline()
        reporter.write_line(each)


def _first(account: str) -> str:
    """The beginning of an account, and how much of it there is besides."""
    lines = account.split("\n")
    more = len(lines) - FIRST
    return "\n".join([*lines[:FIRST], f"… {counted(more, 'more line')}"] if more > 1 else lines)


def _file(path: Path, workspace: Path) -> str:
    """A file as GitHub knows it: below the workspace, whatever pytest's own root is."""
    path = Path(os.path.normpath(path))
    return (path.relative_to(workspace) if path.is_relative_to(workspace) else path).as_posix()


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(harmless(text)).replace(":", "%3A").replace(",", "%2C")
