"""Told when a module is imported, right after it has run and before anybody uses it."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.util
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class Watch(importlib.abc.MetaPathFinder):
    """Calls `tell(name)` for each wanted module: now, for those imported already, and as others come."""

    def __init__(self, wanted: Callable[[str], bool], tell: Callable[[str], None]) -> None:
        """Nothing is watched before `start`."""
        self._wanted = wanted
        self._tell = tell
        self._busy = threading.local()

    def start(self) -> None:
        """Watch from now on."""
        sys.meta_path.insert(0, self)
        for name in [name for name in list(sys.modules) if self._wanted(name)]:
            self._tell(name)

    def stop(self) -> None:
        """Watch no longer."""
        with contextlib.suppress(ValueError):
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec that others find, its loader made to tell us when it is done."""
        del path, target
        if not self._wanted(name) or getattr(self._busy, "now", False):
            return None
        self._busy.now = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._busy.now = False
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            self._tell(name)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
