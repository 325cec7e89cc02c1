"""Waiting for a disk without keeping an event loop waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


async def away(function: Callable[[], None]) -> None:
    """Run something that may wait for a disk, off the event loop; it ends even when the task is cancelled.

    Each call has a limiter of its own: a program that keeps all of anyio's 40 threads busy does not
    keep us waiting.
    """
    from anyio import CancelScope, CapacityLimiter, to_thread

    with CancelScope(shield=True):
        await to_thread.run_sync(function, limiter=CapacityLimiter(1))
