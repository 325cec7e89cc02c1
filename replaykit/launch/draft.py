"""A draft that a block of a program writes: begun, written by a recorder, ended.

Law: what the store would not take is said as a warning, and changes nothing that the program sees.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from replaykit.core.plain import counted
from replaykit.errors import StoreError
from replaykit.session.origin import redacted, span_here
from replaykit.session.recorder import Recorder
from replaykit.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from replaykit.core.model import Origin
    from replaykit.session.hiding import Hiding
    from replaykit.store import Facts


class Draft:
    """A draft under way; `id` is its own, `recorder` writes it."""

    def __init__(
        self,
        path: Path,
        name: str,
        origin: Origin,
        hiding: Hiding,
        heard: Callable[[Facts], None] | None = None,
    ) -> None:
        """Begin it, in the store at this path; `heard` is told of each step."""
        self.name = name
        self._origin = redacted(origin, hiding)
        self._store = Store(path)
        self.id = self._store.begin(name, self._origin, span_here())
        self.recorder = Recorder(self._store, self.id, hiding, heard)

    def end(self, *, depth: int) -> None:
        """Mark it as finished; a warning for who called so many frames above says what could not be kept."""
        recorder, trouble = self.recorder, ""
        try:
            secrets = tuple(sorted({*self._origin.secrets, *recorder.hiding.names}))
            self._store.describe(self.id, replace(self._origin, secrets=secrets))
            self._store.finish(self.id, ended=time.time())
        except StoreError as problem:
            trouble = f"its end could not be kept: {problem}"
        finally:
            self._store.close()
        if recorder.lost:
            trouble = f"{counted(recorder.lost, 'step')} could not be kept: {recorder.problem}"
        if trouble:
            warnings.warn(f"{self.name} ({self.id}) is not whole: {trouble}", stacklevel=1 + depth)

    def drop(self) -> None:
        """Have it never been."""
        self._store.remove(self.id)
        self._store.close()
