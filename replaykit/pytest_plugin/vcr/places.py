"""Which file a test's cassette is: pytest-recording's rules.

    tests/test_a.py::test_it[x]        tests/cassettes/test_a/test_it[x].yaml
    tests/test_a.py::TestB::test_it    tests/cassettes/test_a/TestB.test_it.yaml
    a name that is too long            its beginning, `...` and its MD5
    an extra cassette                  a path below the test's folder of cassettes, or an absolute one

Law: the same file for the same test as pytest-recording has, for these files exist.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORBIDDEN = str.maketrans(dict.fromkeys("<>?%*:|\"'/\\", "-"))

LONGEST = 255
"""Bytes of a file's name on the file systems in use."""


def folder(module: str) -> str:
    """Where the cassettes of a test file are."""
    head, tail = os.path.split(module)
    return os.path.join(head, "cassettes", os.path.splitext(tail)[0])  # noqa: PTH118, PTH122 - a text by vcrpy's rules


def called(test: str, cls: type | None) -> str:
    """What the cassette of a test is called when nothing else is said."""
    return (f"{cls.__name__}.{test}" if cls is not None else test).translate(_FORBIDDEN)


def path(directory: str, name: str, serializer: str | None) -> str:
    """The file of a cassette; `serializer` is the one that a test names, or None."""
    short = _short(name, len(serializer or ".yaml"))
    suffix = f".{serializer or 'yaml'}"
    whole = short if short.endswith(suffix) else short + suffix
    return whole if whole.startswith(directory) else os.path.join(directory, whole)  # noqa: PTH118 - as above


def further(directory: str, names: Iterable[str]) -> list[str]:
    """The files of further cassettes."""
    return [os.path.join(directory, name) for name in names]  # noqa: PTH118 - as above; an absolute one stays


def _short(name: str, suffix: int) -> str:
    if len(name) + suffix <= LONGEST:
        return name
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return f"{name[: LONGEST - suffix - len(digest) - 3]}...{digest}"
