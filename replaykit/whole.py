"""Files that are read and written whole: a reader sees what was there before or what is there now.

Law: several files are written or none is. Each stands on the disk beside its place first; then all are moved.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


def without_waiting(path: str, flags: int) -> int:
    """An open file, as `open` wants an opener; a named pipe without anybody to write into it is not waited for."""
    return os.open(path, flags | os.O_NONBLOCK)


def write(texts: Mapping[Path, bytes], mark: str) -> None:
    """These files hold this, in folders that are there; drafts begin with the `mark`. `OSError` when none does."""
    with contextlib.ExitStack() as stack:
        _move([(stack.enter_context(_draft(path, text, mark)), path) for path, text in texts.items()])


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
def _draft(path: Path, text: bytes, mark: str) -> Iterator[Path]:
    """A file beside its later place, safely on the disk; gone afterwards when it was not moved."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=mark)
    draft = path.with_name(os.path.basename(name))  # noqa: PTH119 - mkstemp gives a text
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        yield draft
    finally:
        draft.unlink(missing_ok=True)
