"""`contracts.lock`: which versions were published, when, and what was in them.

    {
      "anthropic.messages/1.0.0.json": {"date": "2026-11-20", "sha256": "9f86…"}
    }

Law: one line a version, sorted, so that two branches that publish different contracts merge by
themselves. A digest is that of the text with line feeds: JSON has no line end inside of a text, so
that a checkout with other ones (git's `autocrlf`) changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from replaykit.contracts.files import content, document
from replaykit.core.contract.model import NAME, VERSION
from replaykit.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from replaykit.core.model import JSON

FILE: Final = "contracts.lock"

_PLACE = re.compile(rf"(?P<name>{NAME.pattern})/(?P<version>{VERSION.pattern})\.json")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|")

_REMEDY = "restore it with git; after a merge, keep the lines of both sides"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a published version: the SHA-256 of its text, and the day of its publication."""

    sha256: str
    date: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """All published versions of a folder, by their place in it (`anthropic.messages/1.0.0.json`)."""

    entries: Mapping[str, Entry] = field(default_factory=dict)

    def versions(self, name: str) -> tuple[str, ...]:
        """The published versions of a contract, the oldest first."""
        found = [version for place in self.entries if (version := _version(place, name))]
        return tuple(sorted(found, key=rank))

    def names(self) -> tuple[str, ...]:
        """Every contract that was published, sorted."""
        return tuple(sorted({place.partition("/")[0] for place in self.entries}))

    def holds(self, place: str, data: bytes) -> bool:
        """Whether a published version is what it was when it was published."""
        return self.entries[place].sha256 == digest(data)

    def with_(self, place: str, data: bytes, date: str) -> Lock:
        """The lock that holds one more version."""
        return Lock({**self.entries, place: Entry(digest(data), date)})


def digest(data: bytes) -> str:
    """The SHA-256 of a document's text, whatever its line ends."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def rank(version: str) -> tuple[int, ...]:
    """What versions are sorted by: 1.10.0 comes after 1.9.0."""
    return tuple(map(int, version.split(".")))


def place(name: str, version: str) -> str:
    """Where a version lies below the folder."""
    return f"{name}/{version}.json"


def parted(text: str) -> tuple[str, str] | None:
    """Name and version of a place; None when there is no version in such a place."""
    match = _PLACE.fullmatch(text)
    return (match["name"], match["version"]) if match else None


def read(folder: Path) -> Lock:
    """The lock of a folder; an empty one when nothing was published there, `ContractError` when it is damaged."""
    path = folder / FILE
    if not path.exists() and not path.is_symlink():
        return Lock()
    found = document(content(folder, path), path)
    if not isinstance(found, dict):
        raise ContractError("it is to be an object: a line for each version", path=str(path), remedy=_REMEDY)
    return Lock({key: _entry(path, key, value) for key, value in found.items()})


def write(lock: Lock) -> bytes:
    """The text of a lock."""
    lines = [
        f"  {json.dumps(key)}: {json.dumps({'date': each.date, 'sha256': each.sha256})}"
        for key, each in sorted(lock.entries.items(), key=_order)
    ]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _order(item: tuple[str, Entry]) -> tuple[str, tuple[int, ...]]:
    name, version = parted(item[0]) or (item[0], "0")
    return name, rank(version)


def _version(text: str, name: str) -> str:
    """The version in a place, when it is one of this contract; else empty."""
    found = parted(text)
    return found[1] if found and found[0] == name else ""


def _entry(path: Path, key: str, value: JSON) -> Entry:
    fields = value if isinstance(value, dict) else {}
    sha256, date = fields.get("sha256"), fields.get("date", "")
    if parted(key) is None:
        raise ContractError(f"{key!r} is no place of a version: <name>/1.0.0.json", path=str(path), remedy=_REMEDY)
    if not isinstance(sha256, str) or not _DIGEST.fullmatch(sha256):
        raise ContractError(f"{key!r} has no SHA-256 of 64 digits", path=str(path), remedy=_REMEDY)
    if not isinstance(date, str) or not _DAY.fullmatch(date):
        raise ContractError(f"{key!r} has no day like 2026-11-20", path=str(path), remedy=_REMEDY)
    return Entry(sha256, date)
