"""What a run starts from, read off the machine: enough to run it again somewhere else."""

from __future__ import annotations

import fnmatch
import os
import platform
import re
import sys
import tempfile
import time
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from replaykit.core import redact
from replaykit.core.model import Origin, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from replaykit.config import Config
    from replaykit.core.model import Unseen
    from replaykit.core.redact import Secret

SDKS = ("anthropic", "openai", "mcp", "httpx2", "httpx", "langchain-core", "pydantic-ai-slim", "litellm")
"""Distributions whose versions explain a changed request."""

_STAND_IN = r"\[REDACTED:[\w.-]+\]|REDACTED-[\w.-]+"
_SAID = r"--?[\w-]+=|[A-Za-z][\w-]*:[ ]+(?:(?:Bearer|Basic|Token)[ ]+)?|[A-Za-z_]\w*="
"""What says in a word of a command what the rest of it is: an option, a header, a variable (`env NAME=…`)."""
_ADDRESS = r"[A-Za-z][\w+.-]*://\S+"


def origin_here(command: Sequence[str], config: Config, environment: Mapping[str, str], *, program: str = "") -> Origin:
    """The origin of a run of this command, in this folder and environment, as it begins.

    A variable that is named like a secret counts as one even where its value is too plain to be hidden
    (`test`): a replay needs it all the same, for SDKs refuse to start without.
    """
    secrets, warnings = redact.secrets_of(environment)
    named = {warning.partition(" ")[0] for warning in warnings}
    whole = [secret for secret in secrets if not secret.part]
    hidden = {secret.name for secret in whole}
    kept = {
        name: value
        for name, value in environment.items()
        if name not in hidden and any(fnmatch.fnmatchcase(name, pattern) for pattern in config.environment)
    }
    return Origin(
        tuple(command),
        relative(Path.cwd(), config.root),
        environment=dict(sorted((kept | _alike(whole)).items())),
        secrets=tuple(sorted(hidden | named)),
        seed=environment.get("PYTHONHASHSEED", ""),
        timezone=environment.get("TZ", ""),
        python=platform.python_version(),
        versions=versions(),
        commit=commit(config.root),
        program=program,
    )


def _alike(secrets: Sequence[Secret]) -> dict[str, str]:
    """For a secret whose value another variable has too: that one's placeholder, which stands in bodies for both."""
    first: dict[str, str] = {}
    for secret in secrets:
        first.setdefault(secret.value, secret.name)
    return {
        secret.name: redact.placeholder(first[secret.value]) for secret in secrets if first[secret.value] != secret.name
    }


class Hides(Protocol):
    """What takes secrets out: a `Redactor`, or a session's."""

    def url(self, url: str) -> tuple[str, tuple[str, ...]]:
        """The URL without secrets, and their names."""

    def text(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The text without secrets, and their names."""


def redacted(origin: Origin, clean: Hides) -> Origin:
    """The origin without secrets: in its words, its folder, its program and the values of its variables."""
    return replace(
        origin,
        command=tuple(_words(origin.command, clean)),
        folder=clean.text(origin.folder)[0],
        program=clean.text(origin.program)[0],
        environment={name: _value(value, clean) for name, value in origin.environment.items()},
    )


def redacted_unseen(unseen: Unseen, clean: Hides) -> Unseen:
    """What did not come through us, without the secrets that a command line or an error may hold."""
    return replace(unseen, what=clean.text(unseen.what)[0], how=clean.text(unseen.how)[0])


def spoken(command: Sequence[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """The words of a command with the secrets of this environment where their stand-ins are."""
    values: dict[str, str] = {}
    for secret in redact.secrets_of(environment)[0]:
        values.setdefault(redact.placeholder(secret.name), secret.value)
        values.setdefault(redact.bare(secret.name), secret.value)
    return tuple(re.sub(_STAND_IN, lambda match: values.get(match[0], match[0]), word) for word in command)


def _words(command: Sequence[str], clean: Hides) -> Iterator[str]:
    """The words, each after the option that says what it is: `--api-key …`, `--api-key=…`, `Authorization: …`."""
    option = ""
    for word in command:
        said = re.match(_SAID, word)
        name, value = (said[0], word[said.end() :]) if said else ("", word)
        kept = _value(value, clean)
        hides = kept == value and redact.doubtful(name.partition(":")[0] or option, value)
        yield name + ("[REDACTED]" if hides else kept)
        option = word if word.startswith("-") and not said else ""


def _value(value: str, clean: Hides) -> str:
    """A value without secrets, as the URL or the text that it is."""
    return (clean.url(value) if re.fullmatch(_ADDRESS, value) else clean.text(value))[0]


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
        os.getcwd(),  # noqa: PTH109 - a replay of a test asks for it, and needs no path
        _temp(),
        time.localtime().tm_gmtoff,
    )


def _temp() -> str:
    """The folder for temporary files; empty where none can be written, which whoever has to write there says."""
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:
        return ""


def program_here(words: Sequence[str], root: Path) -> str:
    """What this program is called, as a person would start it again: seen from the project, or by its bare name."""
    script = words[0] if words else ""
    if script in ("", "-c", "-"):
        return "python"
    seen = relative(Path(script), root)
    return Path(seen).name if Path(seen).is_absolute() else seen


def called_like(command: Sequence[str]) -> str:
    """A name for an episode that got none: the script's, the module's, or the program's."""
    words = list(command)
    if "-m" in words[1:-1]:
        return words[words.index("-m") + 1].rpartition(".")[2]
    script = next((word for word in words if word.endswith(".py")), words[0] if words else "")
    stem = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in Path(script).stem)
    return stem.strip("-") or Path(sys.executable).stem
