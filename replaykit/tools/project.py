"""The functions that a project names in `[tool.replaykit] tools`, made steps while a block lasts.

Law: the modules are not imported for it. A function is a tool wherever it stands under its own name
when the block is entered, and in its module when that is imported later; and is put back everywhere
when the last block that named it ends.
"""

from __future__ import annotations

import fnmatch
import inspect
import sys
import threading
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from replaykit.errors import UsageError
from replaykit.imports import Watch
from replaykit.tools import is_tool, tool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FunctionType


class Tools:
    """The named functions as steps, while the block lasts."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Patterns are `module:name`, where the name may hold `*`."""
        self._wanted: dict[str, list[str]] = {}
        for pattern in patterns:
            module, colon, name = pattern.partition(":")
            if not (module and colon and name):
                raise UsageError(f"[tool.replaykit] tools: {pattern!r} is not of the form 'module:name'")
            self._wanted.setdefault(module, []).append(name)
        self._watch = Watch(self._wanted, self._wrap)
        self._held: list[FunctionType] = []

    def __enter__(self) -> Self:
        """Wrap them, those of modules not yet imported as soon as they are."""
        if self._wanted:
            self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Put the functions back."""
        if self._wanted:
            self._watch.stop()
        while self._held:
            _wraps().release(self._held.pop())

    def _wrap(self, module_name: str) -> None:
        for name, value in list(vars(sys.modules[module_name]).items()):
            function = inspect.unwrap(value, stop=lambda each: not is_tool(each)) if is_tool(value) else value
            if self._names(module_name, name) and _is_own(function, module_name):
                self._held.append(function)
                _wraps().hold(function)

    def _names(self, module: str, name: str) -> bool:
        return not name.startswith("_") and any(fnmatch.fnmatchcase(name, each) for each in self._wanted[module])


def _is_own(value: object, module: str) -> bool:
    """Whether this is a function that the module defines, and not one it imported."""
    return inspect.isfunction(value) and value.__module__ == module and not is_tool(value)


class _Wraps:
    """The functions that are tools at present, each with the number of blocks that want it so."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tools: dict[FunctionType, tuple[Callable[..., Any], int]] = {}

    def hold(self, function: FunctionType) -> None:
        """Have it be a tool, everywhere."""
        with self._lock:
            wrapper, count = self._tools.get(function, (None, 0))
            wrapper = wrapper or tool(function)
            self._tools[function] = (wrapper, count + 1)
            _swap(function, wrapper)

    def release(self, function: FunctionType) -> None:
        """Have it be itself again, when nobody else wants it to be a tool."""
        with self._lock:
            wrapper, count = self._tools.pop(function)
            if count > 1:
                self._tools[function] = (wrapper, count - 1)
            else:
                _swap(wrapper, function)


@cache
def _wraps() -> _Wraps:
    return _Wraps()


def _swap(old: Callable[..., Any], new: Callable[..., Any]) -> None:
    """Put one in the other's place, in every module that has it under its own name."""
    name = new.__name__
    for module in list(sys.modules.values()):
        members = getattr(module, "__dict__", {})
        if isinstance(members, dict) and members.get(name) is old:
            members[name] = new
