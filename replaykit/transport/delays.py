"""The delays of SDKs that no header can shorten: before another try of a connection that failed.

Law: shortened when a recorded failure is replayed or a miss is refused, and restored with the last
session.
"""

from __future__ import annotations

import sys
import threading


class Delays:
    """What was shortened, and what it was before."""

    def __init__(self) -> None:
        """Nothing is shortened yet."""
        self._before: dict[str, object] = {}
        self._lock = threading.Lock()

    def shorten(self) -> None:
        """Have every SDK that is imported try again at once."""
        from replaykit.providers.registry import DELAYS as PLACES

        with self._lock:
            for place in PLACES:
                module, _, name = place.partition(":")
                if place not in self._before and hasattr(sys.modules.get(module), name):
                    self._before[place] = getattr(sys.modules[module], name)
                    setattr(sys.modules[module], name, 0.0)

    def restore(self) -> None:
        """Put the delays back."""
        with self._lock:
            for place, before in self._before.items():
                module, _, name = place.partition(":")
                setattr(sys.modules[module], name, before)
            self._before.clear()


DELAYS = Delays()
"""The one record of this process."""
