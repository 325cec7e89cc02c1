"""What a block has left behind, and work done in a child of it."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from replaykit.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from replaykit.core.model import Episode


def kept(store: Path, name: str = "story") -> Episode:
    """The newest draft of a name."""
    with Store(store, create=False) as opened:
        episode = opened.episode(opened.newest(name) or "")
    assert episode is not None
    return episode


def forked(work: Callable[[], object]) -> bool:
    """Whether work was done without an error in a child of `fork`, which ended without returning here."""
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(BaseException):
            work()
            code = 0
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
