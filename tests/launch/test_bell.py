"""A bell that any process of a run can ring."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING

from replaykit.launch.bell import hang, ring

if TYPE_CHECKING:
    from pathlib import Path


def rings(bell: int) -> bool:
    """Whether the bell has been rung."""
    return bool(select.select([bell], [], [], 0)[0])


def test_it_rings(tmp_path: Path) -> None:
    """Silent at first, it is heard from the first ring on, however often it rings."""
    bell = hang(tmp_path)
    assert not rings(bell)
    ring(tmp_path)
    assert rings(bell)
    while select.select([], [bell], [], 0)[1]:
        os.write(bell, bytes(4096))
    ring(tmp_path)  # the FIFO is full: nobody waits until there is room
    os.close(bell)


def test_a_child_rings_it(tmp_path: Path) -> None:
    """Another process is heard, also one that has closed every descriptor."""
    bell = hang(tmp_path)
    child = os.fork()
    if not child:
        os.closerange(3, 256)
        ring(tmp_path)
        os._exit(0)
    os.waitpid(child, 0)
    assert rings(bell)
    os.close(bell)


def test_nobody_listens(tmp_path: Path) -> None:
    """Without a bell, and without a listener, ringing does nothing."""
    ring(tmp_path)
    os.close(hang(tmp_path))
    ring(tmp_path)
    assert ["bell"] == [path.name for path in tmp_path.iterdir()]
