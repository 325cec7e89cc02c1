"""What becomes of a test that asked for what its cassette does not hold.

    the error of a miss               the test
    reached the test's own code,      passes: it was expected (`pytest.raises`)
    and was caught there
    is what ended the test            fails, as itself
    was caught by the code under      fails, with the account of what was asked for
    test, or made into another
    is of a library that is left      does as it did under vcrpy, and is named at the end; in a strict
    to vcrpy (others.py)              test it is like any

Law: a miss cannot be swallowed by anybody but the test.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from replaykit.core.plain import counted, line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.pytest_plugin.vcr.player import Playing

MOST = 3
"""Misses that are told in full: an SDK tries the same three times."""

LEFT = "--replaykit-vcr answers httpx and httpx2; other libraries are left to vcrpy: install it"


@contextmanager
def judged(item: pytest.Item, playing: Playing) -> Iterator[None]:
    """A test's own code runs in it."""
    try:
        yield
    except Exception as error:
        told = "" if error in playing.misses else _swallowed(item, playing)
        playing.judged = len(playing.misses)
        for text in filter(None, (told, _others(playing))):
            item.add_report_section("call", "replaykit", text)
        raise
    end(item, playing)


def end(item: pytest.Item, playing: Playing) -> None:
    """Fail a test for the misses that nobody has judged yet: its own, and those of what tidies up after it."""
    told = _swallowed(item, playing)
    playing.judged = len(playing.misses)
    if told:
        raise pytest.fail.Exception(told, pytrace=False)


def _swallowed(item: pytest.Item, playing: Playing) -> str:
    """The accounts of the misses that did not reach the test; empty when all of them did."""
    found = [miss for miss in playing.misses[playing.judged :] if not _reached(item, miss)]
    if not found:
        return ""
    texts = list(dict.fromkeys(getattr(miss, "message", str(miss)) for miss in found))
    more = [f"… and {counted(len(texts) - MOST, 'more request')}"] if len(texts) > MOST else []
    said = "\n\n".join([*texts[:MOST], *more])
    return f"{said}\n\nthe code under test caught the error; the test fails all the same\n{playing.remedy}"


def _reached(item: pytest.Item, miss: BaseException) -> bool:
    """Whether an error came as far as the test's own file: a traceback begins where it was caught.

    `pytest.raises(error, function)` and `assertRaises` catch it for the test.
    """
    trace = miss.__traceback__
    if trace is None:
        return False
    frame = trace.tb_frame
    module = str(frame.f_globals.get("__name__", ""))
    return frame.f_code.co_filename == str(item.path) or module.startswith(("_pytest.", "unittest."))


def _others(playing: Playing) -> str:
    """What went out by another library than those that are answered."""
    if not playing.unseen:
        return ""
    told = dict.fromkeys(f"not answered: {line(each.what)} ({line(each.how)})" for each in playing.unseen)
    return "\n".join([*told, LEFT])
