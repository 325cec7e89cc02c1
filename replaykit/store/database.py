"""One connection to a store's SQLite file, and what can go wrong with it.

Law: every error of SQLite leaves here as a `StoreError` that names the file and the remedy. A
connection is never used across a fork: the child opens its own, and no thread is within SQLite
while the process forks. A file that may only be read can be read. What the program does to the
store's descriptors or to its file is noticed before the next use.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from replaykit.errors import StoreError
from replaykit.store.descriptors import SHARED, Descriptors, Identity, forget, identity, numbers
from replaykit.store.forks import forks, let_go
from replaykit.store.schema import APPLICATION, BEFORE, MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PATIENCE = 60.0
"""Seconds to wait for another process's write: 8 processes with 4 threads each wait well under one."""

CHECKPOINT = 4096
"""Pages of the log after which it is written back: 4 MB, as SQLite does unasked with pages of its usual size."""

OWN = "episodes"
"""The folder of a project's own store. Where we make it, it ignores itself, for nothing in it is to be committed."""

IGNORE = "# Made by replaykit: working files. Accepted episodes are in cassettes/.\n*\n"
"""What git is told by that folder itself, as by those of other tools' caches."""

READ, WRITE = "BEGIN", "BEGIN IMMEDIATE"

TIDIED = 8192
"""Free pages given back at a time: 8 MB in 30 ms; what is left serves the next recording."""

STATE = (
    "SELECT user_version, application_id, EXISTS (SELECT 1 FROM sqlite_master)"
    " FROM pragma_user_version, pragma_application_id"
)
"""What a file is, in one query: another process may be making its tables."""

REMEDIES = (
    ("disk is full", "free some space; what was kept so far is safe"),
    ("disk I/O error", "check the disk and its free space; what was kept so far is safe"),
    ("readonly database", "make the file and its folder writable, or name another store with --store"),
    ("unable to open", "make the folder writable, or name another store with --store"),
    ("Permission denied", "make the folder writable, or name another store with --store"),
    ("Read-only file system", "name a store on a disk that can be written, with --store"),
    ("database is locked", "another process has been writing for a minute; end it, or name another store with --store"),
    ("malformed", "move the file away; `replaykit doctor` says what can be saved"),
    ("not a database", "move the file away, or name another store with --store"),
)


class Database:
    """A store's file, opened; safe to use from any thread and after a fork."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        """Open the file, making or migrating its tables; `create=False` refuses to make a new one."""
        self.path = path
        self._lock = threading.RLock()
        self._files = Descriptors()
        self._place: Identity | None = None
        self._inherited: list[tuple[sqlite3.Connection, Descriptors]] = []
        if not create and not path.is_file():
            raise StoreError(
                "there is no store here", path=str(path), remedy="record something first: `replaykit record -- …`"
            )
        self._connection: sqlite3.Connection | None = None
        forks().add(self)
        with self._lock:
            self._connection = self._open()

    @property
    def writable(self) -> bool:
        """Whether anything can be kept here: the file and its folder may be written."""
        return os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query; none for a text that is no Unicode (a lone surrogate), for none is kept."""
        with self.connection() as connection:
            try:
                return connection.execute(query, parameters).fetchall()
            except UnicodeEncodeError:
                return []

    def change(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """How many rows one statement changed, committed."""
        with self.connection() as connection:
            self._stay()
            return connection.execute(statement, parameters).rowcount

    @contextlib.contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """The connection, held for this thread; SQLite's errors become ours."""
        with self._lock:
            try:
                yield self._usable()
            except sqlite3.Error as error:
                raise self._explain(error) from error

    def transaction(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """The connection within one write transaction: all of it is kept, or nothing."""
        return self._within(WRITE)

    def reading(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """The connection within one read transaction: all queries see the same state."""
        return self._within(READ)

    @contextlib.contextmanager
    def _within(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self.connection() as connection:
            if begin != READ:
                self._stay()
            connection.execute(begin)
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def tidy(self) -> None:
        """Give free space back to the disk, up to `TIDIED` pages; when another process is writing, it can wait."""
        with contextlib.suppress(StoreError), self.connection() as connection:
            connection.executescript(f"PRAGMA incremental_vacuum({TIDIED})")  # `execute` would free one page

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._let_go(self._connection, self._files)
                self._connection = self._place = None

    def __del__(self) -> None:
        """The last episode that was read from here is gone, and with it the reason to stay open."""
        connection = getattr(self, "_connection", None)
        if connection is not None:
            forks().close(connection, self._files)
        for inherited, files in getattr(self, "_inherited", ()):
            if not files.intact():
                forget(inherited)  # to go with us would close what has its numbers now

    def before_fork(self) -> None:
        """Wait until no thread is within SQLite, whose own locks a child could never have released."""
        self._lock.acquire()

    def after_fork(self) -> None:
        """In the parent: go on."""
        self._lock.release()

    def forked(self) -> None:
        """In the child: leave the parent's connection alone (closing it could drop its locks)."""
        self._lock = threading.RLock()
        if self._connection is not None:
            self._inherited.append((self._connection, self._files))
            self._connection = None

    def _usable(self) -> sqlite3.Connection:
        """The connection, begun anew when the program has closed its descriptors."""
        if self._connection is None or not (self._connection.in_transaction or self._files.intact()):
            lost, self._connection = self._connection, None
            if lost is not None:
                self._let_go(lost, self._files)
            self._connection = self._open()
        return self._connection

    def _let_go(self, connection: sqlite3.Connection, files: Descriptors) -> None:
        """Close the connection; where a number of its is somebody else's by now, leave it open for ever."""
        if not let_go(connection, files):
            self._inherited.append((connection, files))

    def _stay(self) -> None:
        """Refuse to keep anything in a file that is not in its place any more: nobody would ever find it."""
        if self._place is not None and identity(str(self.path)) != self._place:
            raise StoreError(
                "the store was deleted, moved or replaced while it was in use",
                path=str(self.path),
                remedy="what was kept in it has gone with it: leave it where it is, and begin again",
            )

    def _free(self) -> None:
        """Refuse to open the file again where SQLite would lock it through what is the program's by now."""
        if any(path.endswith(SHARED) for _, files in self._inherited for path in files.mend()):
            raise StoreError(
                "the program has closed the store's files, and opened others under their numbers",
                path=str(self.path),
                remedy="have it leave alone the descriptors that it has not opened",
            )

    def _open(self) -> sqlite3.Connection:
        self._free()
        self._stay()
        try:
            _make(self.path.parent)
            _reserve(self.path)
            try:
                return self._connected(str(self.path))
            except sqlite3.OperationalError as error:
                if not self._frozen(error):
                    raise
                return self._connected(f"file:{quote(str(self.path))}?immutable=1", uri=True)
        except (sqlite3.Error, OSError) as error:
            raise self._explain(error) from error

    def _connected(self, target: str, *, uri: bool = False) -> sqlite3.Connection:
        before = numbers()
        connection = sqlite3.connect(target, timeout=PATIENCE, isolation_level=None, check_same_thread=False, uri=uri)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._files = Descriptors.opened(self.path, before)
        self._place = identity(str(self.path))
        return connection

    def _frozen(self, error: sqlite3.OperationalError) -> bool:
        """Whether SQLite only has to be told that nobody writes: it can make no log here, and there is none."""
        log = self.path.with_name(f"{self.path.name}-wal")
        return error.sqlite_errorname == "SQLITE_READONLY_DIRECTORY" and not (log.exists() and log.stat().st_size)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        version, application, full = connection.execute(STATE).fetchone()
        if application == APPLICATION and version > len(MIGRATIONS):
            raise StoreError(
                f"this store is of version {version}, and this replaykit knows up to {len(MIGRATIONS)}",
                path=str(self.path),
                remedy="upgrade replaykit-llm, or name another store with --store",
            )
        if application != APPLICATION and full:
            raise StoreError(
                "this SQLite file is not a replaykit store",
                path=str(self.path),
                remedy="name another store with --store",
            )
        if version < len(MIGRATIONS) and (self.writable or not version):  # an older one can be read as it is
            self._migrate(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")

    @staticmethod
    def _migrate(connection: sqlite3.Connection) -> None:
        """Bring the tables up to date in one transaction; of two processes that begin at once, one does it."""
        for statement in BEFORE:
            connection.execute(statement)
        connection.execute("BEGIN IMMEDIATE")
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            for statement in _statements("".join(MIGRATIONS[version:])):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _explain(self, error: Exception) -> StoreError:
        text = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        if self.path.is_dir():
            return StoreError("this is a folder", path=str(self.path), remedy="name a file in it with --store")
        remedy = next(
            (remedy for sign, remedy in REMEDIES if sign in text), "`replaykit doctor` looks at it more closely"
        )
        return StoreError(text, path=str(self.path), remedy=remedy)


def _make(folder: Path) -> None:
    """Have the folder be there; a project's own, made here, ignores itself."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(parents=True)
        if folder.name == OWN:
            (folder / ".gitignore").write_text(IGNORE, "ascii")


def _reserve(path: Path) -> None:
    """Have a new file be there for its owner alone: episodes hold what was said. SQLite's other files follow it."""
    with contextlib.suppress(OSError):  # it is there; or SQLite will say why it cannot be
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _statements(script: str) -> Iterator[str]:
    """The statements of a script: `executescript` would commit between them."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
