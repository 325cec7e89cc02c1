"""Which files are meant, and what their episodes are called.

    a file        itself, whatever it is
    a folder      every .yaml, .yml and .json below it that looks like a cassette of vcrpy; folders
                  whose name begins with a dot are left out, and links are not followed

    its episode is called
    test_weather.yaml                                        test_weather
    test_a/test_it.yaml and test_b/test_it.yaml              test_a.test_it, test_b.test_it
    test_it.yaml and test_it.json                            test_it-yaml, test_it-json
    a name that no file can have everywhere                  - for what is in the way; cut, with a digest

Law: the same files give the same names, in whatever order they are given.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from xxhash import xxh32_hexdigest

from replaykit.cassette import NAME, contents
from replaykit.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
"""What vcrpy's files are called: its serializers' names, and what people write."""

LONGEST = 120
"""Characters of a name (`replaykit.cassette.NAME`)."""

_LIKE = re.compile(rb'^\{? *interactions *:|"interactions" *: *\[|^- +request *:', re.MULTILINE)
"""What stands in a cassette of vcrpy, and hardly in another file: the list of its interactions."""
_OTHERS = {
    "go-vcr": re.compile(rb"^version: *[02-9]", re.MULTILINE),
    "Ruby's VCR": re.compile(rb"^http_interactions:", re.MULTILINE),
}
"""Who else writes such lists, and what tells theirs."""
_BARRED = re.compile(r"[^\w.,=@+\[\] -]")
_BEFORE = re.compile(r"^[\W_]*?(?=[^\W.]|$)")


def found(paths: Sequence[Path]) -> tuple[list[Path], int]:
    """The files that are meant, each once and sorted within their folder, and how many others lie there."""
    kept, others = dict[Path, Path](), 0
    for path in paths:
        for file in _below(path) if path.is_dir() else (path,):
            if path is not file and not _is_like(file):
                others += 1
            else:
                kept.setdefault(file.resolve(), file)
    return list(kept.values()), others


def names(files: Sequence[Path]) -> dict[Path, str]:
    """What the episode of each file is called: by as much of its path as tells it from the others."""
    chosen = dict.fromkeys(files, 1)
    for length in range(2, 2 + max((len(file.resolve().parts) for file in files), default=0)):
        for file in _alike(files, {file: called(file, size) for file, size in chosen.items()}):
            chosen[file] = length
    given = {file: called(file, size) for file, size in chosen.items()}
    for file in _alike(files, given):
        given[file] = _fitting(f"{file.stem}-{file.suffix.removeprefix('.')}")
    return given


def called(file: Path, length: int = 1) -> str:
    """The name of so many last parts of a path."""
    path = file.resolve()
    folders = path.parent.parts[1:]
    before = folders[len(folders) - (length - 1) :] if length <= len(folders) else folders
    return _fitting(".".join((*before, path.stem)) if length > 1 else path.stem)


def stranger(data: bytes) -> str:
    """Whose cassette it is, when it is that of another recorder; empty otherwise."""
    return next((name for name, sign in _OTHERS.items() if sign.search(data)), "")


def _alike(files: Iterable[Path], given: dict[Path, str]) -> list[Path]:
    """The files whose names are not their own; a file system may not tell capitals."""
    count = Counter(name.casefold() for name in given.values())
    return [file for file in files if count[given[file].casefold()] > 1]


def _fitting(text: str) -> str:
    """The text as a name that an episode can have."""
    name = _BEFORE.sub("", _BARRED.sub("-", text), count=1).rstrip(" .")
    if not NAME.fullmatch(name) and len(name) <= LONGEST:
        name = f"cassette-{name}".rstrip("-")
    if len(name) > LONGEST or len(name.encode()) > LONGEST:
        name = f"{name[: LONGEST // 3]}-{xxh32_hexdigest(text.encode('utf-8', 'surrogatepass'))}"
    return name


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(files) if Path(name).suffix.lower() in SUFFIXES)


def _is_like(file: Path) -> bool:
    """Whether a file looks like a cassette of vcrpy; one that cannot be read may be one."""
    try:
        data = contents(file)
        return _LIKE.search(data) is not None and not stranger(data)
    except CassetteError:
        return True
