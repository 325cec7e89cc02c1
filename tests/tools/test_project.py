"""The functions that a project names, made steps without a decorator."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

import replaykit
from replaykit.errors import NotRecorded, UsageError
from replaykit.tools import is_tool
from replaykit.tools.project import Tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOOLS = """
from json import dumps
from functools import cache, wraps
import replaykit

RUNS = []

def search(text):
    RUNS.append(text)
    return [text]

def sell(item):
    RUNS.append(item)
    return item

def _private():
    return "private"

class Client: pass

@replaykit.tool(name="weigh_it")
def weigh(item):
    return 7
"""


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with a package of tools, in whose folder we are."""
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "__init__.py").touch()
    (tmp_path / "kit" / "tools.py").write_text(TOOLS)
    (tmp_path / "kit" / "user.py").write_text("from kit.tools import search, sell\nfrom kit import tools as whole\n")
    (tmp_path / "pyproject.toml").write_text('[tool.replaykit]\ntools = ["kit.tools:se*"]\n')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "kit"]:
        del sys.modules[name]


def story(name: str) -> Callable[[], list[str]]:
    """A program that imports a module of the project, and sells."""

    def program() -> list[str]:
        module = importlib.import_module(name)
        return [*module.search("apples"), module.sell("pears")]

    return program


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("name", ["kit.tools", "kit.user"])
def test_functions_that_nobody_decorated(store: Path, name: str, early: bool) -> None:  # noqa: FBT001
    """Imported before the block or in it, by their module or another, they are steps; and not any more afterwards."""
    program = story(name)
    if early:
        importlib.import_module(name)
    with replaykit.record("sale", store=store):
        recorded = program()
    runs = sys.modules["kit.tools"].RUNS
    assert ["apples", "pears"] == runs == recorded
    with replaykit.replay("sale", store=store) as episode:
        assert recorded == program()
    assert (["apples", "pears"], 2) == (runs, episode.verdict.same if episode.verdict else 0)
    module = sys.modules["kit.tools"]
    assert not any(map(is_tool, (module.search, module.sell, module._private, module.dumps)))  # noqa: SLF001
    if early:
        assert not is_tool(sys.modules[name].search)


@pytest.mark.usefixtures("agent")
def test_a_function_that_is_a_tool_already() -> None:
    """What the project decorated itself stays as it is, in the block and after it."""
    module = importlib.import_module("kit.tools")
    weigh = module.weigh
    with Tools(["kit.tools:*"]):
        assert weigh is module.weigh
        assert is_tool(module.search)
        assert not is_tool(module.Client)
    assert weigh is module.weigh


@pytest.mark.usefixtures("agent")
def test_blocks_that_overlap() -> None:
    """A function is a tool until the last block that named it ends, in whatever order they end."""
    module = importlib.import_module("kit.tools")
    search = module.search
    first, second = Tools(["kit.tools:search"]), Tools(["kit.tools:s*"])
    first.__enter__()
    second.__enter__()
    wrapped = module.search
    first.__exit__()
    assert module.search is wrapped
    assert is_tool(wrapped)
    second.__exit__()
    assert (search, False) == (module.search, is_tool(module.sell))


@pytest.mark.usefixtures("agent")
def test_other_arguments_are_a_miss(store: Path) -> None:
    """A named function is held to its arguments like any tool."""
    module = importlib.import_module("kit.tools")
    with replaykit.record("sale", store=store):
        module.sell("pears")
    with pytest.raises(NotRecorded, match="sell"), replaykit.replay("sale", store=store):
        module.sell("plums")


@pytest.mark.parametrize("pattern", ["kit.tools", "kit.tools:", ":search", ""])
def test_a_pattern_that_names_nothing(pattern: str) -> None:
    """A pattern without a module or a name is an error, and says how it should look."""
    with pytest.raises(UsageError, match="module:name"):
        Tools([pattern])
