"""Cassettes: accepted episodes as two committed files, the page for people and the tape for machines.

Law: both files are written or neither is; the tape alone is read. Absence is `None`, damage a
`CassetteError`, and nothing is written over a damaged one.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from replaykit import whole
from replaykit.cassette import tape
from replaykit.core.deltas import LARGEST
from replaykit.core.plain import measure
from replaykit.errors import CassetteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike

    from replaykit.core.model import Episode

NAME = re.compile(r"(?!latest$)[^\W.][\w.,=@+\[\] -]{0,119}(?<![ .])")
"""Names that are file names everywhere, too, and mean nothing else."""

RESERVED = {
    "latest": "`latest` is a word for the newest draft of all",
    "draft:": "`draft:` before a name means the newest draft of that name",
}
"""What names cannot be, or begin with, and what it means instead."""

LONGEST = 200
"""Bytes of a name in UTF-8: file systems take 255 with the ending, and we need some for ours."""

ATTRIBUTES = "*.tape binary linguist-generated\n"
"""What git is told of tapes: no diff, no merge, no other line ends where a repository says `* text`; no code."""


def checked(name: str) -> str:
    """The name, when an episode can be called so; `UsageError` otherwise."""
    for means, why in RESERVED.items():
        if name == means or (means.endswith(":") and name.startswith(means)):
            raise UsageError(f"an episode cannot be called {name!r}: {why}", remedy="give it another name with --as")
    if not _fits(name):
        raise UsageError(
            f"an episode cannot be called {name!r}: its cassette is a file of that name",
            remedy="use up to 120 letters, digits, spaces and any of _ . , = @ + [ ] -, a letter or digit first",
        )
    return name


def load(folder: Path, name: str) -> Episode | None:
    """The accepted episode of a name; None when there is none."""
    path = folder / f"{name}.tape"
    return read(path) if _fits(name) and path.is_file() else None


def read(path: str | PathLike[str]) -> Episode:
    """The episode of a cassette, given either of its files."""
    text = os.fspath(path)
    if not text.endswith(".tape"):
        text = str(Path(text).with_suffix(".tape"))
    return tape.read(contents(text, tape.check), text)


def contents(path: str | PathLike[str], check: Callable[[bytes, int, str], None] | None = None) -> bytes:
    """The bytes of a file; `CassetteError` when it cannot be read, is no plain file, or too large for a cassette.

    `check` may refuse it by its first `tape.HEADER` bytes, its size and its path, before the rest is read.
    """
    try:
        with open(path, "rb", opener=whole.without_waiting) as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise CassetteError("this is no plain file", path=str(path))
            if state.st_size > LARGEST:
                raise CassetteError(f"{measure(state.st_size)} are more than a cassette holds", path=str(path))
            head = file.read(tape.HEADER)
            if check is not None:
                check(head, state.st_size, str(path))
            return head + file.read(state.st_size + 1 - len(head))
    except OSError as error:
        raise CassetteError(error.strerror or str(error), path=str(path)) from error


def names(folder: Path) -> tuple[str, ...]:
    """The names of all cassettes in a folder, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.tape")))


def shown(folder: Path, name: str) -> str:
    """The page of a name as it stands; empty when there is none."""
    try:
        text = (folder / f"{name}.yaml").read_text("utf-8", "replace")
    except OSError:
        return ""
    return text.replace("\r\n", "\n")


def save(folder: Path, episode: Episode, body: str = "") -> tuple[Path, Path]:
    """The paths of page and tape, both written: first both beside their places, then both moved there.

    A tape that cannot be read, being damaged or of a newer version, is an error and stays as it is. `body` is
    its page without the history, where that is made already.
    """
    from replaykit.cassette.page import page
    from replaykit.cassette.private import shareable

    name = checked(episode.name)
    load(folder, name)
    episode = shareable(episode.accepted())
    texts = {folder / f"{name}.yaml": page(episode, body).encode(), folder / f"{name}.tape": tape.write(episode)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        attributes = folder / ".gitattributes"
        if not attributes.exists():
            attributes.write_text(ATTRIBUTES, "utf-8")
    except OSError as error:
        raise _unwritten(folder / name, error) from error
    write(texts)
    first, second = texts
    return first, second


def write(texts: Mapping[Path, bytes]) -> None:
    """Have these files hold this: first all beside their places, then all moved there."""
    try:
        whole.write(texts)
    except OSError as error:
        raise _unwritten(next(iter(texts)).with_suffix(""), error) from error


def _unwritten(path: Path, error: OSError) -> CassetteError:
    """The error of a path that nothing could be written to: that of the file in whose way something was, if any."""
    where = error.filename2 or path
    return CassetteError(
        error.strerror or str(error), path=str(where), remedy="nothing was accepted: mend that, and accept again"
    )


def _fits(name: str) -> bool:
    return NAME.fullmatch(name) is not None and len(name.encode()) <= LONGEST
