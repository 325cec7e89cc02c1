"""Files that are read and written whole: a reader sees what was there before or what is there now.

Law: several files are written or none is. Each stands on the disk beside its place first; then all are moved.
Who is killed between the two leaves drafts behind, and whoever writes there next takes them away: a draft is
locked for as long as its writer lives, by the system, so that one which is not locked is nobody's.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from secrets import token_hex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

MARK = ".replaykit-"
"""What the name of a draft begins with; twelve hexadecimal digits follow, as in no name that a person gives."""

_DRAFT = re.compile(re.escape(MARK) + "[0-9a-f]{12}")


def without_waiting(path: str, flags: int) -> int:
    """An open file, as `open` wants an opener; a named pipe without anybody to write into it is not waited for."""
    return os.open(path, flags | os.O_NONBLOCK)


def write(texts: Mapping[Path, bytes]) -> None:
    """These files hold this, in folders that are there, readable as the umask has it. `OSError` when none does."""
    _sweep({path.parent for path in texts})
    with contextlib.ExitStack() as stack:
        _move([(stack.enter_context(_draft(path, text)), path) for path, text in texts.items()])


def _move(drafts: Sequence[tuple[Path, Path]]) -> None:
    """Each draft stands in its place; where one cannot, those before it are what they were."""
    with contextlib.ExitStack() as undoing:
        for draft, path in drafts:
            undoing.callback(_put_back, path, path.read_bytes() if path.is_file() else None)
            draft.replace(path)
        undoing.pop_all()


def _put_back(path: Path, data: bytes | None) -> None:
    if data is not None:
        path.write_bytes(data)
    elif path.is_file():
        path.unlink()


@contextlib.contextmanager
def _draft(path: Path, text: bytes) -> Iterator[Path]:
    """A file beside its later place, safely on the disk; gone afterwards when it was not moved."""
    handle, draft = _drawn(path.parent)
    with os.fdopen(handle, "wb") as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(handle)
            yield draft
        finally:
            draft.unlink(missing_ok=True)


def _drawn(folder: Path) -> tuple[int, Path]:
    """A new file, open and locked; where the file system knows no locks, nobody takes away what is not locked."""
    while True:
        draft = folder / f"{MARK}{token_hex(6)}"
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle, draft
        os.close(handle)  # somebody took it for a dead one's before it was locked


def _sweep(folders: Iterable[Path]) -> None:
    """Take away the drafts that dead writers left in these folders; whatever cannot be taken away stays."""
    for folder in folders:
        with contextlib.suppress(OSError):
            for path in [each for each in folder.iterdir() if _DRAFT.fullmatch(each.name)]:
                _take(path)


def _take(path: Path) -> None:
    """Remove a draft, unless its writer lives, or nobody can know."""
    with contextlib.suppress(OSError), open(path, "rb", opener=_itself) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


def _itself(path: str, flags: int) -> int:
    """An open file, as `open` wants an opener; no link is followed, and no pipe waited for."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)
