"""What a project says of itself in `[tool.replaykit]` of its `pyproject.toml`, and where its things lie.

    store       episodes/episodes.db     the working store
    cassettes   cassettes                accepted episodes
    contracts   off                      exchanges checked as they pass: off, warn, fail
    gateways    {"host" = "provider"}    hosts that pass requests on to a provider: its contracts hold there, too
    tools       ["agent.tools:*"]        local functions that become steps without a decorator
    rules       {name = "regex"}         more text that may differ: normalization
    hide        {name = "regex"}         more text that is never kept: redaction
    environment ["MODEL", "*_BASE_URL"]  variables that belong to an episode

Law: read once per command or block, from the folder it runs in upwards; a key nobody knows is an
error, for a misspelt rule would hide nothing. Contracts lie in `contracts/` of every project.
"""

from __future__ import annotations

import fnmatch
import os
import re
import tomllib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from replaykit.core.plain import either, line, quoted
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Check: TypeAlias = Literal["off", "warn", "fail"]
"""What becomes of an exchange that departs from a contract: nobody looks, it is said, or the run fails."""

ROOTS = (".git", ".hg")
"""What makes a folder the root of a repository."""

ENVIRONMENT = (
    "*_BASE_URL",
    "*_API_BASE",
    "*_ENDPOINT",
    "*_MODEL",
    "MODEL",
    "*_API_VERSION",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
)
"""Variables that an agent's requests depend on, as shell patterns; secret ones are never kept by value."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one project; `root` is its folder, absolute."""

    root: Path
    store: str = "episodes/episodes.db"
    cassettes: str = "cassettes"
    contracts: Check = "off"
    tools: tuple[str, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    hide: Mapping[str, str] = field(default_factory=dict)
    environment: tuple[str, ...] = ENVIRONMENT
    gateways: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def store_path(self) -> Path:
        """Where the store is."""
        return self.root / self.store

    @property
    def cassette_folder(self) -> Path:
        """Where the cassettes are."""
        return self.root / self.cassettes

    @property
    def contract_folder(self) -> Path:
        """Where the contracts are, and the lock that tells an edited one."""
        return self.root / "contracts"

    @property
    def drift_path(self) -> Path:
        """Where it stands since when which contract is departed from: beside the store."""
        return self.store_path.with_name("drift.json")

    def declares(self, name: str) -> bool:
        """Whether a variable of this name belongs to an episode: no other is kept, and none is set by a replay."""
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.environment)


def load(folder: Path) -> Config:
    """The settings that hold in a folder: those of the nearest project above it."""
    root = _root(folder.resolve())
    file = root / "pyproject.toml"
    if not _is_file(file):
        return Config(root)
    try:
        tools = tomllib.loads(file.read_text("utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{file}: {error}") from error
    table = tools.get("replaykit", {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise UsageError(f"{file}: [tool.replaykit] is to be a table, not {table!r}")
    return _config(root, file, table)


def repository(folder: Path) -> Path | None:
    """The root of the repository that a folder is in; None when it is in none."""
    return next((each for each in (folder, *folder.parents) if _is_repository(each)), None)


def _root(folder: Path) -> Path:
    """The nearest folder with a `pyproject.toml` or a repository in it, else this one."""
    above = (folder, *folder.parents)
    return next((each for each in above if _is_file(each / "pyproject.toml") or _is_repository(each)), folder)


def _is_repository(folder: Path) -> bool:
    return any(os.path.exists(folder / root) for root in ROOTS)  # noqa: PTH110 - as below


def _is_file(path: Path) -> bool:
    """Whether a file is there, as far as we may look: what another user keeps to himself is not ours."""
    return os.path.isfile(path)  # noqa: PTH113 - `Path.is_file` raises where a folder may not be read


def _config(root: Path, file: Path, table: Mapping[str, Any]) -> Config:
    known = {each.name: each for each in fields(Config) if each.name != "root"}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise UsageError(f"{file}: [tool.replaykit] has no setting {key!r}", remedy=f"it has {', '.join(known)}")
        values[key] = _checked(file, key, value)
    if "environment" in values:
        values["environment"] = (*ENVIRONMENT, *values["environment"])
    return Config(root, **values)


def _checked(file: Path, key: str, value: Any) -> Any:  # noqa: ANN401 - TOML
    if key == "gateways":
        return _gateways(file, value)
    shape = _SHAPES.get(key, str)
    texts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,)
    if not isinstance(value, shape) or not all(isinstance(text, str) and text for text in texts):
        raise UsageError(f"{file}: [tool.replaykit] {key} is to be {_WANTED[shape]}, not {value!r}")
    if key in _WORDS and value not in _WORDS[key]:
        words = " or ".join(map(repr, _WORDS[key]))
        raise UsageError(f"{file}: [tool.replaykit] {key} is to be {words}, not {value!r}")
    for name, pattern in value.items() if isinstance(value, dict) else ():
        try:
            re.compile(pattern)
        except re.error as error:
            raise UsageError(f"{file}: [tool.replaykit] {key}.{name} is no regular expression: {error}") from error
    return tuple(texts) if shape is list else value


def gateway(host: str, provider: str) -> str:
    """The setting that makes a host a gateway to a provider, in words."""
    return f'"{line(host, _WIDE)}" = "{provider}" in [tool.replaykit.gateways]'


def _gateways(file: Path, value: Any) -> dict[str, tuple[str, ...]]:  # noqa: ANN401 - TOML
    """The providers of each host; several where one gateway leads to several."""
    if not isinstance(value, dict):
        raise UsageError(f"{file}: [tool.replaykit] gateways is to be a table of hosts, not {value!r}")
    from replaykit.providers.registry import PROVIDERS

    known = sorted(each.name for each in PROVIDERS[:-1])  # the last one takes what nobody knows
    found: dict[str, tuple[str, ...]] = {}
    for host, named in value.items():
        where = f"{file}: [tool.replaykit.gateways] {quoted(host.rpartition('@')[2])}"
        if isinstance(named, dict):
            raise UsageError(f"{where} is a table", remedy='write the host in quotation marks: "llm.example.com"')
        if not re.fullmatch(_HOST, host.lower()):
            raise UsageError(f"{where} is no host", remedy=_hostlike(host))
        names = named if isinstance(named, list) else [named]
        if not names or not all(name in known for name in names):
            raise UsageError(f"{where} is to be {either(known)}, or a list of these, not {named!r}")
        found[host.lower()] = (*found.get(host.lower(), ()), *names)
    return found


def _hostlike(text: str) -> str:
    """How what was meant as a host is written."""
    try:
        near = urlsplit(text if "//" in text else f"//{text}").netloc.rpartition("@")[2].lower()
    except ValueError:
        near = ""
    shown = near if re.fullmatch(_HOST, near) else "llm.example.com"
    return f'write the host alone, or a pattern of hosts, with a port where that matters: "{shown}"'


_WIDE: Final = 200
"""Characters of a host."""

_HOST: Final = r"[a-z0-9._*?-]+(?::[1-9][0-9]{0,4})?"
"""A host or a pattern of hosts, in small letters, with a port or without, as it is compared: digits, no zero first."""

_SHAPES: dict[str, type] = {"tools": list, "environment": list, "rules": dict, "hide": dict}
_WANTED: dict[type, str] = {list: "a list of texts", dict: "a table of texts", str: "a text"}
_WORDS: dict[str, tuple[str, ...]] = {"contracts": get_args(Check)}
