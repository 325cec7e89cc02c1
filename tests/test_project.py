"""The project's promises about itself: its exports, its commands, its README, its dependencies.

Law: what is said is compared with what is there, never with a copy of it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import replaykit
from replaykit import cli
from replaykit.version import VERSION
from tests.sources import statements, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements" / "dev.lock").read_text(encoding="utf-8")
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))

# Import names that differ from the distribution's own name.
DISTRIBUTIONS = {"backports": "backports-zstd", "yaml": "pyyaml"}

# Used when a program brings them, and never asked for; compression belongs to Python 3.14 and later.
FREE = {"brotli", "brotlicffi", "httpx", "compression", "sitecustomize"}

# What imports a folder is there already: nothing but pytest imports its plugin.
HOSTS = {"pytest_plugin": {"pytest"}, "contracts": {"pydantic"}}  # an SDK that declares types brings it


def commands(group: click.Command, path: str) -> Iterator[str]:
    """Every command below a group as a user types it, without the hidden ones."""
    if not isinstance(group, click.Group):
        yield path
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if not command.hidden:
            yield from commands(command, f"{path} {name}")


def blocks(language: str) -> list[str]:
    """The README's code blocks in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def requirements(texts: list[str]) -> set[str]:
    """The canonical names in a list of requirements, our own extras left out."""
    names: set[str] = {canonicalize_name(Requirement(text).name) for text in texts}
    return names - {"replaykit-llm"}


def declared() -> set[str]:
    extras: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
    return requirements(PROJECT["project"]["dependencies"]).union(*map(requirements, extras.values()))


def pinned() -> dict[str, str]:
    """Names and versions of the lock."""
    lines = [Requirement(line) for line in LOCK.splitlines() if line and not line.startswith("#")]
    return {canonicalize_name(line.name): str(line.specifier) for line in lines}


def foreign(path: Path, *, early: bool) -> frozenset[str]:
    """The top names that a module imports from other distributions; `early`: only those it imports at once."""
    nodes = tree(path).body if early else statements(path)
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    tops = {name.partition(".")[0] for name in whole | parts}
    return frozenset(tops - sys.stdlib_module_names - {"replaykit", "__future__"})


def distribution(top: str) -> str:
    return canonicalize_name(DISTRIBUTIONS.get(top, top))


def modules() -> list[Path]:
    return sorted((ROOT / "replaykit").rglob("*.py"))


def strangers(known: set[str], *, early: bool) -> list[str]:
    """Every import, with its module, of a distribution that is not among these."""
    return [
        f"{path.relative_to(ROOT)} imports {top}"
        for path in modules()
        for top in sorted(foreign(path, early=early))
        if distribution(top) not in known | HOSTS.get(path.relative_to(ROOT / "replaykit").parts[0], set())
    ]


def test_the_public_names_are_sorted_and_there() -> None:
    """What `replaykit` exports stands in order, and every name can be fetched."""
    assert sorted(replaykit.__all__) == list(replaykit.__all__)
    assert [] == [name for name in replaykit.__all__ if not hasattr(replaykit, name)]


def test_every_command_is_in_the_readme() -> None:
    """A command that users can type is named in the README, whole."""
    typed = list(commands(cli.group, "replaykit"))
    assert typed, "the command line has no commands"
    assert [] == [command for command in typed if command not in README]


def test_every_command_has_help() -> None:
    """Each command says in one line what it does."""
    context = click.Context(cli.group)
    found = {name: cli.group.get_command(context, name) for name in cli.group.list_commands(context)}
    assert [] == [name for name, command in found.items() if not (command and command.get_short_help_str())]


def test_the_readme_is_python() -> None:
    """Every Python block of the README compiles."""
    found = blocks("python")
    assert found, "the README shows no Python"
    for number, block in enumerate(found, start=1):
        compile(block, f"README.md, block {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_the_version_stands_in_one_place() -> None:
    """The installed distribution has the version that the code knows."""
    assert VERSION == version("replaykit-llm")


def test_importing_is_light() -> None:
    """`import replaykit` brings in nothing that is slow to load."""
    heavy = {"anthropic", "asyncio", "click", "deepdiff", "httpx", "httpx2", "importlib.metadata", "openai", "rich"}
    program = "import sys, replaykit; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    bare = subprocess.run([sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, check=True)
    assert set() == heavy & (set(done.stdout.split()) - set(bare.stdout.decode().split()))


def test_what_is_imported_is_declared() -> None:
    """A module imports only what the project requires; what is an extra, it imports late."""
    hard = requirements(PROJECT["project"]["dependencies"])
    assert [] == strangers(hard, early=True)
    assert [] == strangers(hard | declared() | FREE, early=False)


def test_the_lock_holds_everything() -> None:
    """Each requirement and each tool of development has an exact version in the lock."""
    wanted = declared() | requirements(PROJECT["dependency-groups"]["dev"])
    assert set() == wanted - set(pinned())
    assert [] == [name for name, pin in pinned().items() if not pin.startswith("==")]


def test_the_lock_names_no_place() -> None:
    """The lock says what, never from where."""
    assert [] == [line for line in LOCK.splitlines() if "://" in line or line.startswith("-")]


def test_every_test_says_what_it_proves() -> None:
    """A test has a docstring of one sentence."""
    found = [
        (path.relative_to(ROOT), node)
        for path in TESTS
        for node in statements(path)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert len(found) > len(TESTS)
    assert [] == [f"{path}:{node.lineno} {node.name}" for path, node in found if not ast.get_docstring(node)]
