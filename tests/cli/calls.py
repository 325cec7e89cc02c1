"""Commands typed in this process, where a process of their own would show no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from replaykit.cli import group
from replaykit.errors import ReplayError

if TYPE_CHECKING:
    from click.testing import Result


def typed(*words: str) -> Result:
    """What came of a command; our errors are raised, as the group wants them."""
    done = CliRunner().invoke(group, words)
    if isinstance(done.exception, ReplayError):
        raise done.exception
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done
