"""A copy of a stream that went past: small ones in memory, long ones in a temporary file.

Law: memory stays bounded however much goes past, and a copy that is not whole says so.
"""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import Self

MEMORY = 8 * 1024 * 1024
"""Bytes held in memory before the copy moves to a temporary file."""

KEEP = 64 * 1024 * 1024
"""Bytes kept at most: far above what a person reads or compares, small enough to be one value in a store."""


class Spool:
    """The first `keep` bytes of what was added; `cut` is true when there were more."""

    __slots__ = ("_file", "_room", "cut")

    def __init__(self, keep: int = KEEP) -> None:
        """Begin empty."""
        self._file = SpooledTemporaryFile(max_size=min(keep, MEMORY))  # noqa: SIM115 -- closed by __exit__
        self._room = keep
        self.cut = False

    def __enter__(self) -> Self:
        """Nothing is held yet; the file is closed and gone when the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the copy; a temporary file vanishes with it."""
        self._file.close()

    def add(self, data: bytes) -> None:
        """Keep these bytes as far as there is room."""
        self.cut = self.cut or len(data) > self._room
        self._room -= self._file.write(data[: self._room])

    def data(self) -> bytes:
        """The bytes kept so far."""
        self._file.seek(0)
        return self._file.read()
