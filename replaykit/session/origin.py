"""What a run starts from, read off the machine: enough to run it again somewhere else."""

from __future__ import annotations

import fnmatch
import os
import platform
import sys
import tempfile
import time
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from replaykit.core.model import Origin, Span
from replaykit.core.redact import placeholder, secrets_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replaykit.config import Config
    from replaykit.core.redact import Secret

SDKS = ("anthropic", "openai", "mcp", "httpx2", "httpx", "langchain-core", "pydantic-ai-slim", "litellm")
"""Distributions whose versions explain a changed request."""


def origin_here(command: Sequence[str], config: Config, environment: Mapping[str, str]) -> Origin:
    """The origin of a run of this command, in this folder and environment, as it begins."""
    secrets, _ = secrets_of(environment)
    hidden = {secret.name for secret in secrets}
    kept = {
        name: value
        for name, value in environment.items()
        if name not in hidden and any(fnmatch.fnmatchcase(name, pattern) for pattern in config.environment)
    }
    return Origin(
        tuple(command),
        relative(Path.cwd(), config.root),
        environment=dict(sorted((kept | _alike(secrets)).items())),
        secrets=tuple(sorted(hidden)),
        seed=environment.get("PYTHONHASHSEED", ""),
        timezone=environment.get("TZ", ""),
        python=platform.python_version(),
        versions=versions(),
        commit=commit(config.root),
    )


def _alike(secrets: Sequence[Secret]) -> dict[str, str]:
    """For a secret whose value another variable has too: that one's placeholder, which stands in bodies for both."""
    first: dict[str, str] = {}
    for secret in secrets:
        first.setdefault(secret.value, secret.name)
    return {secret.name: placeholder(first[secret.value]) for secret in secrets if first[secret.value] != secret.name}


def relative(folder: Path, root: Path) -> str:
    """A folder as seen from the project's root, or its absolute path when it is outside."""
    try:
        return folder.resolve().relative_to(root).as_posix()
    except ValueError:
        return str(folder)


@cache
def versions() -> dict[str, str]:
    """The installed versions of the SDKs that agents use."""
    found = {}
    for name in SDKS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit(root: Path) -> str:
    """The commit that a repository is at, read from its files; empty when there is none."""
    try:
        head = (root / ".git" / "HEAD").read_text("ascii").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        loose = root / ".git" / name
        if loose.is_file():
            return loose.read_text("ascii").strip()
        packed = (root / ".git" / "packed-refs").read_text("ascii").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
    except (OSError, UnicodeDecodeError):
        return ""


def span_here(began: float | None = None) -> Span:
    """When and where this run takes place; `ended` is now."""
    now = time.time()
    return Span(
        now if began is None else began,
        now,
        os.path.expanduser("~"),  # noqa: PTH111 - Path.home() raises where there is none
        str(Path.cwd()),
        tempfile.gettempdir(),
        time.localtime().tm_gmtoff,
    )


def called_like(command: Sequence[str]) -> str:
    """A name for an episode that got none: the script's, the module's, or the program's."""
    words = list(command)
    if "-m" in words[1:-1]:
        return words[words.index("-m") + 1].rpartition(".")[2]
    script = next((word for word in words if word.endswith(".py")), words[0] if words else "")
    stem = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in Path(script).stem)
    return stem.strip("-") or Path(sys.executable).stem
