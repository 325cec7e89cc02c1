"""Files looked through as what they are: stores, tapes, and anything else as text.

    begins with              is looked through as
    SQLite format 3, ours    a store: every draft, and every remark
    replaykit tape           a tape: its episode
    anything else            text, whatever it is: pages, other recordings, settings; also packed

Law: a file that cannot be read is said, and the others are looked through.
"""

from __future__ import annotations

import os
import stat
from bisect import bisect_left, bisect_right
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from replaykit import cassette, whole
from replaykit.cassette import tape
from replaykit.errors import CassetteError, StoreError
from replaykit.scan.finding import Finding, Place
from replaykit.scan.places import look
from replaykit.scan.told import told
from replaykit.scan.wrapped import narrow
from replaykit.store.schema import APPLICATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from replaykit.core.model import Episode
    from replaykit.errors import ReplayError
    from replaykit.scan.eye import Eye, Hit

_SQLITE: Final = b"SQLite format 3\0"
_APPLICATION: Final = slice(68, 72)
"""Where a SQLite file says whose it is (file format, section 1.3)."""

_LEFT_OUT: Final = frozenset(
    {
        ".git",
        ".hg",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        ".venv",
        "__pycache__",
        "node_modules",
    }
)
"""Folders in a folder that hold nothing of its own."""

_COMPANIONS: Final = ("-wal", "-shm", "-journal")
"""Endings of the files that SQLite keeps beside a store, and reads with it."""


class Unread(NamedTuple):
    """What could not be looked through, and why."""

    why: str


Found: TypeAlias = "Finding | Unread"


def spread(paths: Iterable[Path]) -> Iterator[Path]:
    """The files that these paths mean, each once: a folder means those in it."""
    seen = set[Path]()
    for path in paths:
        for file in _walked(path) if path.is_dir() else (path,):
            known = file.resolve()
            if known not in seen:
                seen.add(known)
                yield file


def findings(path: Path, eye: Eye) -> Iterator[Found]:
    """What a file holds that nobody should keep, or why it cannot be said."""
    try:
        with open(path, "rb", opener=whole.without_waiting) as file:
            head = file.read(_APPLICATION.stop) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
        if head.startswith(_SQLITE) and head[_APPLICATION] == APPLICATION.to_bytes(4, "big"):
            yield from _store(path, eye)
        elif head.startswith(tape.MAGIC) or path.suffix == ".tape":
            yield from _episode(path, tape.read(cassette.contents(path, tape.check), str(path)), eye)
        else:
            yield from _text(path, cassette.contents(path), eye)
    except (CassetteError, StoreError) as error:
        yield _unread(error)
    except OSError as error:
        yield Unread(f"{path}: {error.strerror or error}")


def _walked(folder: Path) -> Iterator[Path]:
    """The files in a folder and the folders in it, in the order of their names."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for name in sorted(files):
            path = Path(root, name)
            if path.is_file() and not (name.endswith(_COMPANIONS) and _companion(path)):
                yield path


def _companion(path: Path) -> bool:
    """Whether a file belongs to a database beside it."""
    return path.with_name(path.name.rpartition("-")[0]).is_file()


def _unread(error: ReplayError) -> Unread:
    return Unread(str(error).replace("\n", "; "))


def _episode(path: Path, episode: Episode, eye: Eye, name: str = "") -> Iterator[Finding]:
    """What an episode holds, found in the order of its steps."""
    for place, hit in look(episode, eye, name):
        yield _finding(path, place, hit, eye)


def _finding(path: Path, place: Place, hit: Hit, eye: Eye) -> Finding:
    """A finding whose words are clean: what is called by a secret is not called so here."""
    part, episode = eye.clean(place.part), eye.clean(place.episode)
    return Finding(str(path), replace(place, part=part, episode=episode), eye.clean(hit.kind), mark=hit.mark)


def _store(path: Path, eye: Eye) -> Iterator[Found]:
    """What the drafts of a store hold; one that is damaged hides no other."""
    from replaykit.store import Store
    from replaykit.store.remarks import remarks

    with Store(path, create=False) as store:
        for summary in store.summaries():
            name = f"{summary.name} ({summary.id})"
            try:
                episode = store.episode(summary.id)
                yield from _episode(path, episode, eye, name) if episode else ()
            except StoreError as error:
                yield _unread(error)
    for run, kind, detail in remarks(path):
        for hit in eye.text(detail):
            yield _finding(path, Place(kind, run), hit, eye)


def _text(path: Path, data: bytes, eye: Eye) -> Iterator[Finding]:
    """What a text holds, by its lines."""
    _, data = narrow(data) or ("", data)
    hits = [*eye.text(data), *eye.recorded(data)]
    taken = sorted(hit.at for hit in hits)
    hits += [hit for hit in told(data, eye) if not _taken(hit, data, taken)]
    lines = _Lines(data)
    for hit in sorted(hits, key=lambda hit: hit.at):
        yield _finding(path, Place(line=lines.of(hit.at)), hit, eye)


def _taken(hit: Hit, data: bytes, taken: Sequence[int]) -> bool:
    """Whether something was found already where a hit is, or behind it on its line."""
    end = data.find(b"\n", hit.at)
    after = bisect_left(taken, hit.at)
    return after < len(taken) and taken[after] < (end if end >= 0 else len(data))


class _Lines:
    """The numbers of lines, by places in a text; its line ends are looked for when one is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._ends: list[int] = []

    def of(self, place: int) -> int:
        """The line that a place is on, from 1."""
        if not self._ends:
            self._ends = [*_ends(self._data), len(self._data) + 1]
        return bisect_right(self._ends, place) + 1


def _ends(data: bytes) -> Iterator[int]:
    """Where the lines after the first begin."""
    at = data.find(b"\n")
    while at >= 0:
        yield at + 1
        at = data.find(b"\n", at + 1)
