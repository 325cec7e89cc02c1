"""Whether a test failed because of what we had to say, and what that was.

    raised by us in pytest's own words (`pytest.fail`)   an account, a budget, a test with no cassette
    an error of ours that nobody took (`NotRecorded`)    its text
    anything else                                        the test's own business

Law: it stands with the test's report as plain JSON, so that it says the same whichever process ran the test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replaykit.errors import ReplayError
from replaykit.pytest_plugin import CASE, MARK
from replaykit.pytest_plugin.annotations import active, defused

if TYPE_CHECKING:
    from replaykit.core.model import JSON


def blame(item: pytest.Item, raised: pytest.ExceptionInfo[BaseException]) -> dict[str, JSON] | None:
    """What we had to say of a failure, and which episode it was, if any; None for a failure that is not ours.

    Where the output of a run is read for commands, its text has none from then on.
    """
    text = _said(raised.value)
    if text is None:
        return None
    if active():
        _defuse(raised.value)
    return {"account": text, "episode": _episode(item)}


def _said(error: BaseException) -> str | None:
    if isinstance(error, ReplayError):
        return str(error)
    if isinstance(error, pytest.fail.Exception) and not error.pytrace:
        return error.msg or ""
    return None


def _defuse(error: BaseException) -> None:
    """Take what a runner would obey out of the text that pytest is about to print."""
    match error:
        case pytest.fail.Exception():
            error.msg = defused(error.msg or "")
        case ReplayError():
            error.message, error.remedy = defused(error.message), defused(error.remedy)


def _episode(item: pytest.Item) -> str:
    """The name of a test's episode; empty when the test has none, or is answered by a router."""
    from replaykit.pytest_plugin.case import Kept, Played
    from replaykit.pytest_plugin.placing import named

    case = item.stash.get(CASE, None)
    if isinstance(case, Kept | Played):
        return case.name
    return named(item) if case is None and MARK in getattr(item, "fixturenames", ()) else ""
