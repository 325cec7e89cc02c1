"""Exceptions of a program, kept and raised again as themselves.

Law: a class is looked up, never imported: among the builtins, the names of the function's module,
and the modules that the program has imported already. One that cannot be found is raised as
`RuntimeError` with its name in the text.
"""

from __future__ import annotations

import ast
import builtins
import sys
from typing import TYPE_CHECKING, Any

from replaykit.core.model import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping


def failure_of(error: Exception) -> Failure:
    """The failure that an exception is: its class with the module, and its text."""
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}:"
    return Failure(f"{module}{kind.__qualname__}", str(error).encode("utf-8", "backslashreplace").decode())


def raised(failure: Failure, names: Mapping[str, Any]) -> Exception:
    """The exception that a failure was, ready to be raised."""
    module, _, name = failure.kind.rpartition(":")
    kind = _class(module, name, names)
    if kind is None:
        return RuntimeError(f"{failure.kind}: {failure.message}")
    error = kind.__new__(kind)
    error.args = (failure.message,)
    if str(error) == failure.message:
        return error
    try:  # a KeyError's text is the repr of its key
        error.args = (ast.literal_eval(failure.message),)
    except (ValueError, SyntaxError):
        error.args = (failure.message,)
    return error


def _class(module: str, name: str, names: Mapping[str, Any]) -> type[Exception] | None:
    known = sys.modules.get(module) if module else builtins
    for found in (getattr(known, name, None), names.get(name)):
        if isinstance(found, type) and issubclass(found, Exception):
            return found
    return None
