"""A folder for one run, in which its processes tell each other things.

    <temporary folder>/replaykit-<user>/<name>-<slot>

Its path is the same in a recording and in its replays, as long as they do not run at once: what a
tool prints of its environment is an output like others.

Law: gone with the run, and held by it until then; while a process of the run lives, it stays, and
no other run gets its place. What a killed run has left is removed by the next one.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import re
import shutil
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from replaykit.errors import UsageError
from replaykit.launch.survivors import living

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = 40
"""Characters of an episode's name in its folder's: a FIFO is in there, and a path has its limits."""


@contextmanager
def run_folder(name: str = "block") -> Iterator[str]:
    """The path of an empty folder, held by this process and removed by it: a forked child leaves it alone."""
    folder, holding = _made(re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:NAME] or "run")
    maker = os.getpid()
    try:
        yield str(folder)
    finally:
        if os.getpid() == maker and not living(folder):
            _remove(folder)
        os.close(holding)


def _made(name: str) -> tuple[Path, int]:
    """A folder for a run of this name, and the descriptor that holds it; `UsageError` where none can be made."""
    try:
        root = _root()
        _sweep(root)
        return _first_free(root, name)
    except OSError as error:
        raise unusable(error, error.filename or "the folder for temporary files") from error


def unusable(error: OSError, where: str | os.PathLike[str]) -> UsageError:
    """The error of a folder that nothing can be written to, and what to do about it."""
    return UsageError(
        f"{os.fspath(where)}: {error.strerror or error}",
        remedy="the processes of a run tell each other things there: make room, or name another folder with TMPDIR",
    )


def _root() -> Path:
    """The folder of this user's runs; another one where somebody else has taken its name."""
    root = Path(tempfile.gettempdir(), f"replaykit-{os.getuid()}")
    with suppress(OSError):
        root.mkdir(0o700, exist_ok=True)
        found = root.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077:
            return root
    return Path(tempfile.mkdtemp(prefix="replaykit-"))


def _first_free(root: Path, name: str) -> tuple[Path, int]:
    """The first folder of a name that nobody has, empty now, and the descriptor that holds it."""
    for slot in itertools.count(1):
        folder = root / f"{name}-{slot}"
        root.mkdir(0o700, exist_ok=True)  # a run that has just ended may have removed it
        with suppress(FileExistsError, FileNotFoundError):
            folder.mkdir(0o700)
        holding = _held(folder)
        if holding is None:
            continue
        if not living(folder) and _emptied(folder):
            return folder, holding
        os.close(holding)
    raise AssertionError  # one cannot count to the end


def _sweep(root: Path) -> None:
    """The folders of runs that were killed are gone; whatever cannot be removed stays."""
    with suppress(OSError):
        for folder in root.iterdir():
            holding = _held(folder)
            if holding is not None:
                if not living(folder):
                    _remove(folder)
                os.close(holding)


def _held(folder: Path) -> int | None:
    """A descriptor that holds the folder, by flock(2), until its process ends; None when another one does."""
    try:
        holding = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    with suppress(OSError):
        fcntl.flock(holding, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(folder.lstat(), os.fstat(holding)):  # else it was removed before it was ours
            return holding
    os.close(holding)
    return None


def _emptied(folder: Path) -> bool:
    """Whether nothing is in there any more."""
    for each in folder.iterdir():
        shutil.rmtree(each, ignore_errors=True)
        with suppress(OSError):
            each.unlink(missing_ok=True)
    return not any(folder.iterdir())


def _remove(folder: Path) -> None:
    """Remove a folder, and the one that it is in with the last."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()
