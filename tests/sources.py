"""The sources that statics read, parsed once for all of them, and by none that is only collected."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


BODIES = ("body", "orelse", "finalbody", "handlers", "cases")
"""Where statements stand in what holds them."""


@cache
def tree(path: Path) -> ast.Module:
    """A module's syntax."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def statements(path: Path) -> tuple[ast.stmt, ...]:
    """Every statement of a module, wherever it stands in it: no expression holds one."""
    found: list[ast.AST] = [tree(path)]
    for node in found:
        found += (child for name in BODIES for child in getattr(node, name, ()))
    return tuple(node for node in found if isinstance(node, ast.stmt))
