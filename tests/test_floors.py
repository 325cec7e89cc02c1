"""The building's statics: who may import whom, what the pure part may touch, how big things may grow.

Law: the source is read, never run, so that late imports and `TYPE_CHECKING` imports count like any other.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.sources import statements

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "replaykit"

# A module stands for everything below it: `launch` is launch.py, or the folder launch with all its files.
FLOORS: dict[int, str] = {
    12: "__init__ __main__",  # the doors
    11: "cli pytest_plugin",  # people and pytest
    10: "checks",  # a project's contracts, checked
    9: "launch report demo",  # a whole run; what people read; what the demo runs against
    8: "transport tools vcr",  # the edges
    7: "session guard imports scan",  # the loop; what slips past it; what is imported when; what should not be kept
    6: "store cassette config git contracts",  # what is kept
    5: "whole forking",  # how it is written, and who is told of a fork
    # above: touches the world; below: pure
    4: "core.replay core.compare core.diff core.contract core.verdict core.explain core.steps core.growth core.threads "
    "core.uses",
    3: "core.match core.map providers",
    2: "core.redact core.normalize core.history core.reading core.headers",
    1: "core.attempts core.canonical core.stream core.strands core.codec core.content core.deltas core.plain",
    0: "errors version core.model core.sound core.conversation core.pointer core.__init__",
}
FLOOR = {module: floor for floor, modules in FLOORS.items() for module in modules.split()}

# What a pure module may not reach for: files, sockets, clocks, chance, the environment, other threads.
IMPURE = {"asyncio", "logging", "os", "pathlib", "random", "secrets", "socket", "sqlite3"}
IMPURE |= {"subprocess", "threading", "time", "uuid"}

MOST_LINES = 400
LONGEST_FUNCTION = 40


@dataclass(frozen=True, slots=True)
class Import:
    """One name imported somewhere: `target` is dotted and absolute, `top` its first word."""

    source: str
    line: int
    target: str

    @property
    def top(self) -> str:
        return self.target.partition(".")[0]


def dotted(path: Path) -> str:
    """The name of a file's module below `replaykit`: `core.model`, `cli.__init__`."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


FILES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}
PURE = [name for name in FILES if name.startswith(("core.", "providers."))]


def stems(name: str) -> Iterator[str]:
    """A dotted name and the names above it, the longest first."""
    words = name.split(".")
    return (".".join(words[:size]) for size in range(len(words), 0, -1))


def home(module: str) -> str | None:
    """The entry of the table that a dotted name below `replaykit` falls under; None when there is none."""
    return next((name for name in stems(module) if name in FLOOR), None)


def absolute(node: ast.ImportFrom, module: str) -> str:
    """The full name of what a `from … import` imports from, dots resolved."""
    if not node.level:
        return node.module or ""
    parents = ["replaykit", *module.split(".")][: -node.level]
    return ".".join([*parents, *([node.module] if node.module else [])])


def imports(module: str) -> Iterator[Import]:
    """Every import of a module, wherever it stands in it."""
    for node in statements(FILES[module]):
        if isinstance(node, ast.Import):
            yield from (Import(module, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = absolute(node, module)
            yield from (Import(module, node.lineno, f"{origin}.{alias.name}") for alias in node.names)


def inside(target: str) -> str:
    """What an import of `replaykit…` names below the package; the package itself is its `__init__`."""
    known = (name for name in stems(target.partition(".")[2]) if name in FILES or f"{name}.__init__" in FILES)
    return next(known, "__init__")


def trespass(step: Import) -> str:
    """What is wrong with one import, in words; empty when it stays below its own floor."""
    target = inside(step.target)
    here, there = home(step.source), home(target)
    if here is None or there is None or here == there or FLOOR[there] < FLOOR[here]:
        return ""
    if FLOOR[there] == FLOOR[here] and "." in here and here.split(".")[0] == there.split(".")[0]:
        return ""
    return f"{step.source}:{step.line} (floor {FLOOR[here]}) imports {target} (floor {FLOOR[there]})"


def functions(module: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in statements(FILES[module]) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without the docstring."""
    whole = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return whole
    text = function.body[0]
    return whole - ((text.end_lineno or text.lineno) - text.lineno + 1)


def test_every_module_has_a_floor() -> None:
    """A module that stands on no floor is named, with what to do about it."""
    homeless = [module for module in FILES if home(module) is None]
    assert [] == homeless, f"give them a floor in FLOORS (DESIGN: section 5), or move them: {', '.join(homeless)}"


def test_a_module_imports_only_from_lower_floors() -> None:
    """No import points up, nor sideways to another folder, late and typing-only ones included."""
    found = [trespass(step) for module in FILES for step in imports(module) if step.top == "replaykit"]
    assert len(found) > len(FILES)
    assert [] == [text for text in found if text]


def test_a_pure_module_reaches_for_nothing() -> None:
    """The core and the providers import nothing that knows files, sockets, clocks or chance."""
    found = [step for module in PURE for step in imports(module)]
    assert len(found) > len(PURE)
    assert [] == [f"{step.source}:{step.line} imports {step.target}" for step in found if step.top in IMPURE]


def test_a_file_stays_small() -> None:
    """No file has more than 400 lines."""
    lines = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in FILES.items()}
    long = [f"{module} has {count}" for module, count in lines.items() if count > MOST_LINES]
    assert [] == long, f"make each a folder of the same name: {', '.join(long)}"


def test_a_function_stays_small() -> None:
    """No function has more than 40 lines, its docstring not counted."""
    found = [(module, node) for module in FILES for node in functions(module)]
    assert len(found) > len(FILES)
    assert [] == [
        f"{module}:{node.lineno} {node.name}: {length(node)}"
        for module, node in found
        if length(node) > LONGEST_FUNCTION
    ]


def test_the_statics_see_a_fault() -> None:
    """An import that points up is found, one that points down is not."""
    down = Import("cli.__init__", 7, "replaykit.errors.Different")
    up = Import("core.model", 7, "replaykit.providers.Provider")
    whole = Import("errors", 1, "replaykit")
    assert not trespass(down)
    assert "core.model:7 (floor 0) imports providers (floor 3)" == trespass(up)
    assert "errors:1 (floor 0) imports __init__ (floor 12)" == trespass(whole)
