"""Whether the functions that `[tool.replaykit] tools` names are there.

Law: nothing is imported: the modules are a project's own, and importing one runs it. What cannot be
known from its source (a compiled module) is taken to be there.
"""

from __future__ import annotations

import ast
import difflib
import fnmatch
import importlib
import pkgutil
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from replaykit.core.plain import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec

_NAMED = 5
"""Functions of a module that are named where none fits."""


def problem(pattern: str, folders: Sequence[str]) -> tuple[str, str]:
    """What is wrong with a pattern, and what to do; two empty texts when nothing is.

    `folders` are where its module is looked for.
    """
    module, colon, name = pattern.partition(":")
    if not (module and colon and name):
        return f"{pattern!r} is not of the form 'module:name'", "write 'agent.tools:*' for all functions of agent.tools"
    importlib.invalidate_caches()
    spec = _spec(module, folders)
    if spec is None:
        near = difflib.get_close_matches(module, _siblings(module, folders), n=3, cutoff=0.5)
        return f"{pattern!r}: there is no module {module}", f"did you mean {listed(near)}?" if near else ""
    known = _functions(spec)
    if known is None or any(fnmatch.fnmatchcase(each, name) for each in known):
        return "", ""
    return f"{pattern!r}: no function of {module} is called so", f"it has {listed(known, _NAMED)}" if known else ""


def _spec(module: str, folders: Sequence[str]) -> ModuleSpec | None:
    """Where a module is; packages on the way are not imported."""
    words = module.split(".")
    path: Sequence[str] | None = folders
    spec = None
    for size in range(1, len(words) + 1):
        spec = PathFinder.find_spec(".".join(words[:size]), path) if path is not None else None
        if spec is None:
            return None
        path = spec.submodule_search_locations
    return spec


def _siblings(module: str, folders: Sequence[str]) -> list[str]:
    """The modules beside the one that is not there."""
    package, dot, _ = module.rpartition(".")
    spec = _spec(package, folders) if package else None
    path = (spec.submodule_search_locations or ()) if spec is not None else () if package else folders
    return [f"{package}{dot}{each.name}" for each in pkgutil.iter_modules(list(path))]


def _functions(spec: ModuleSpec) -> list[str] | None:
    """The public names that a module defines and that can be functions; None when its source is not to be had."""
    if spec.origin is None or not spec.origin.endswith(".py"):
        return None
    try:
        tree = ast.parse(Path(spec.origin).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    return [name for name in _defined(tree.body) if not name.startswith("_")]


def _defined(body: Sequence[ast.stmt]) -> Iterator[str]:
    """The names that are functions, or may be, at the top of a module; behind `if` and `try`, too."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name
            case ast.Assign():
                yield from (target.id for target in node.targets if isinstance(target, ast.Name))
            case ast.If() | ast.Try():
                yield from _defined([*node.body, *node.orelse])
                yield from _defined([each for handler in getattr(node, "handlers", ()) for each in handler.body])
