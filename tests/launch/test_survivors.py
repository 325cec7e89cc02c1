"""Processes that outlive the command: found as long as they can do something, and waited for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from replaykit.launch.settings import note
from replaykit.launch.survivors import Survivor, awaited, living

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORDS = (sys.executable, "-c", "pass")


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives until its input ends."""
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_who_is_gone_is_not_waited_for(tmp_path: Path) -> None:
    """Neither this process nor one that has ended is a survivor, also when nobody has buried it."""
    body = os.fork()
    if body == 0:
        os._exit(0)
    os.waitid(os.P_PID, body, os.WEXITED | os.WNOWAIT)  # a body, until the next line but three
    note(tmp_path, "start", os.getpid(), WORDS)
    note(tmp_path, "start", body, WORDS)
    began = time.monotonic()
    assert () == living(tmp_path) == awaited(tmp_path)
    assert time.monotonic() - began < 1
    os.waitpid(body, 0)
    assert () == living(tmp_path)


def test_a_copy_is_known_by_its_parent(tmp_path: Path, child: subprocess.Popen[bytes]) -> None:
    """A forked process has the words of the one that it is a copy of."""
    note(tmp_path, "start", os.getpid(), WORDS)
    note(tmp_path, "fork", child.pid, os.getpid())
    assert (Survivor(child.pid, WORDS),) == living(tmp_path)


def test_an_end_in_time_is_waited_for(tmp_path: Path, child: subprocess.Popen[bytes]) -> None:
    """Whoever ends within the patience is gone, and nobody waits longer than for that."""
    note(tmp_path, "start", child.pid, WORDS)
    assert (Survivor(child.pid, WORDS),) == awaited(tmp_path, 0.05)
    assert child.stdin is not None
    child.stdin.close()
    began = time.monotonic()
    assert () == awaited(tmp_path, 20)
    assert time.monotonic() - began < 10


def test_ctrl_c_ends_the_waiting(tmp_path: Path, child: subprocess.Popen[bytes]) -> None:
    """A person who has waited long enough is told who is left."""
    note(tmp_path, "start", child.pid, WORDS)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        assert (Survivor(child.pid, WORDS),) == awaited(tmp_path, 20)
    finally:
        signal.signal(signal.SIGALRM, before)
