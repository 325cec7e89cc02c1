"""Every remark of a store, of whatever run: for who looks through all that is kept."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from replaykit.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path

EVERY = "SELECT CAST(run AS TEXT), CAST(kind AS TEXT), CAST(detail AS BLOB) FROM remarks ORDER BY run, number"
"""Cast, for the file may be anybody's."""


def remarks(path: Path) -> tuple[tuple[str, str, bytes], ...]:
    """The run, the kind and the JSON of every remark in a store that exists; a `StoreError` when it cannot be read."""
    with closing(Database(path, create=False)) as database:
        return tuple(database.rows(EVERY))
