"""Files of `contracts/`, read within bounds and written whole.

Law: no name leads out of the folder it is in, a symbolic link neither. What is written stands in its
place or what was there before stands: a full disk leaves nothing half-written.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from typing import TYPE_CHECKING, Final

import orjson

from replaykit import whole
from replaykit.core.plain import measure
from replaykit.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from replaykit.core.model import JSON

LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a file that is read: the largest schema of an SDK (all events of OpenAI's responses) has 180 kB."""

DEEPEST: Final = 200
"""Values within each other: those schemas have 20, and what reads one calls itself for each."""


def content(folder: Path, path: Path) -> bytes:
    """The bytes of a file that lies below a folder; `ContractError` when it cannot be read, or lies elsewhere."""
    try:
        with open(_inside(folder, path), "rb", opener=whole.without_waiting) as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise ContractError("this is no plain file", path=str(path))
            if state.st_size > LARGEST:
                raise ContractError(f"{measure(state.st_size)} are more than is read of it", path=str(path))
            return file.read(LARGEST)
    except OSError as error:
        raise ContractError(error.strerror or str(error), path=str(path)) from error


def document(data: bytes, path: Path) -> JSON:
    """The JSON value that bytes hold; `ContractError` with the place where they hold none, or one that is too deep."""
    try:
        found: JSON = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        told = f"this is no JSON: {error.msg} ({place})"
        raise ContractError(told, path=str(path), remedy="mend it, or restore it with git") from error
    if (where := deep(found)) is not None:
        raise ContractError(f"more than {DEEPEST} values stand within each other, at {where}", path=str(path))
    return found


def deep(value: JSON) -> str | None:
    """Where a value holds more values within each other than are read, as a JSON Pointer's beginning; else None."""
    level: list[tuple[str, JSON]] = [("", value)]
    for _ in range(DEEPEST):
        level = [inner for place, each in level for inner in _members(place, each)]
        if not level:
            return None
    return level[0][0] or "/"


def _inside(folder: Path, path: Path) -> Path:
    """The path, when what it leads to lies below the folder; `ContractError` when a link leads out of it."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ContractError(
            f"this leads out of {folder}, to {path.resolve()}", path=str(path), remedy="put the file itself there"
        )
    return path


def save(folder: Path, texts: Mapping[Path, bytes]) -> None:
    """These files below a folder hold this: first all are written beside their places, then all are moved there."""
    try:
        for path in texts:
            _inside(folder, path.parent).mkdir(parents=True, exist_ok=True)
        whole.write(texts)
    except OSError as error:
        path = next(iter(texts))
        raise ContractError(error.strerror or str(error), path=str(path), remedy="nothing was changed") from error


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else who asks for it changes the folder meanwhile: they wait. It is made when it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ContractError(error.strerror or str(error), path=str(folder), remedy="nothing was changed") from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX)  # of the folder itself: it leaves no file behind, and ends with the process
        yield
    finally:
        os.close(held)


def _members(place: str, value: JSON) -> Iterator[tuple[str, JSON]]:
    match value:
        case dict():
            yield from ((f"{place}/{key}"[:80], each) for key, each in value.items())
        case list():
            yield from ((f"{place}/{at}"[:80], each) for at, each in enumerate(value))
