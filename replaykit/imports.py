"""Told when a module is imported, right after it has run and before anybody uses it.

Law: it costs nothing to stand by. This module imports nothing but `sys`: every Python below a
recorded command loads it before its first line.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # `typing` itself takes 8 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any


class Watch:
    """Calls `tell(name)` for each wanted module: now, for those imported already, and as others come.

    A finder of modules by its methods (`importlib.abc.MetaPathFinder`).
    """

    def __init__(self, wanted: Collection[str], tell: Callable[[str], None]) -> None:
        """Nothing is watched before `start`; `wanted` is what is asked for, and not the thousands of modules."""
        self._wanted = wanted
        self._tell = tell

    def start(self) -> None:
        """Watch from now on."""
        sys.meta_path.insert(0, self)
        for name in [name for name in self._wanted if name in sys.modules]:
            self._tell(name)

    def stop(self) -> None:
        """Watch no longer."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the finders after this one have, its loader made to tell us when it is done."""
        if name not in self._wanted:
            return None
        finders = list(sys.meta_path)
        others = finders[finders.index(self) + 1 :] if self in finders else []
        specs = (finder.find_spec(name, path, target) for finder in others if hasattr(finder, "find_spec"))
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and spec.loader is not None:
            if isinstance(spec.loader, type):  # of what is built in: one loader for all modules
                spec.loader = Told(spec.loader, name, self._tell)  # type: ignore[assignment]  # by its methods
            else:
                self._listen(spec.loader, name)
        return spec

    def _listen(self, loader: object, name: str) -> None:
        execute = loader.exec_module  # type: ignore[attr-defined]

        def exec_module(module: ModuleType) -> None:
            execute(module)
            self._tell(name)

        loader.exec_module = exec_module  # type: ignore[attr-defined]


class Told:
    """A loader for one module in the place of one for many, by its methods (`importlib.abc.Loader`)."""

    def __init__(self, loader: Any, name: str, tell: Callable[[str], None]) -> None:  # noqa: ANN401 -- as in a spec
        """`tell` is called with `name` when the module has run."""
        self._loader = loader
        self._name = name
        self._tell = tell

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the other does it."""
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """As the other does it."""
        self._loader.exec_module(module)
        self._tell(self._name)
