"""The steps of one episode, written as they end, each as what it adds to those before it.

    question = what it shares with an earlier one + its rest       core/history.py
    text     = the rest + the answer                               what the step adds to the run
    frame    = what the text adds to all texts of its stream       core/deltas.py

When the episode is finished, the frames of a stream become one (`seal`).

Law: a step builds only on steps of its own episode that are committed already, so an episode can be
deleted, and a crash can cut it, without harm to what remains. A stream belongs to one connection,
and so to one process; it ends with the first step that could not be committed, for whoever reads
the next would lack that one.

A large text would only push the small ones out of the stream's window, and where a question changes
near its beginning (a clock in the system prompt) its rest is long: such a text gets a frame of its
own, packed, if there is a base, against all of that (`wide`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xxhash import xxh32_intdigest

from replaykit.core.codec import answer_of
from replaykit.core.deltas import Damaged, Stream, pack, rewound
from replaykit.core.history import History, Past
from replaykit.core.model import Exchange
from replaykit.errors import StoreError
from replaykit.store.schema import SPAN

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from replaykit.core.model import Step
    from replaykit.store.database import Database

LONG_REST = 32 << 10
"""Bytes of a question's rest from which on it is packed against its base: more than a turn adds."""

LARGE = 256 << 10
"""Bytes of a text that does not go into the stream."""

ROLL = 4 << 20
"""Bytes of texts in a stream: who wants one of them unpacks them all, in 5 ms."""

PACKED_AGAIN = 8
"""Streams of a finished episode that are packed once more, in 50 ms each; those of a huge one are only joined."""

INSERT = (
    "INSERT INTO steps (id, stream, began, took, kind, what, status, failure, model, input_tokens, output_tokens,"
    " attempt, hidden, base, shared, tail, wide, question_size, answer_size, digest)"
    " SELECT 1 + coalesce((SELECT max(id) FROM steps WHERE id BETWEEN ?1 AND ?1 + 999999999), ?1),"
    " ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21"
    " FROM episodes WHERE number = ?1 / 1000000000 AND id = ?2 AND (?3 IS NULL OR ended IS NULL)"
)
"""The next step of an episode, if that is still there, and its streams still open."""

STREAMS = (
    "SELECT stream, max(id) FROM steps WHERE id BETWEEN ?1 AND ?1 + 999999999 AND stream IS NOT NULL GROUP BY stream"
)
"""The streams of more than one step, and where each ends."""

MEMBERS = (
    "SELECT id, question_size - shared - tail + answer_size FROM steps"
    " WHERE id BETWEEN ? AND ? AND coalesce(stream, number) = ? ORDER BY id"
)
"""The steps of a stream, and how large their texts are."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store says of a step to people: see the columns of the table `steps`."""

    what: str
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(slots=True)
class _Running:
    """A stream under way: the connection it is written through, the step that began it, bytes of texts so far."""

    connection: sqlite3.Connection
    stream: Stream
    first: int | None = None
    size: int = 0


class Keeper:
    """Writes the steps of one episode, each in a transaction of its own; any thread may call."""

    def __init__(self, database: Database, episode: str, number: int) -> None:
        """Begin with no step to build on: what other processes keep is theirs."""
        self._database = database
        self._episode = episode
        self._first = number * SPAN
        self._history = History()
        self._running: _Running | None = None

    def keep(self, step: Step, facts: Facts) -> None:
        """Commit a step; after this it survives the process."""
        question = step.request.body.data if isinstance(step, Exchange) else b""
        answer = answer_of(step)
        with self._database.connection() as connection:
            base, link = self._history.nearest(question)
            rest = link.rest(question)
            text = rest + answer
            wide = base is not None and len(rest) > LONG_REST
            row = (*_columns(step, facts), *link, int(wide), len(question), len(answer), xxh32_intdigest(text))
            if wide or len(text) > LARGE:
                prefix = base.question + base.said if base is not None and wide else b""
                number = self._commit(connection, row, None, pack(text, prefix))
            else:
                number = self._roll(connection, row, text)
            if number is None:
                raise StoreError(
                    f"{self._episode} is not in this store any more",
                    path=str(self._database.path),
                    remedy="it was removed while it was recorded: record it again",
                )
            self._history.add(Past(number, 0 if base is None else base.depth + 1, question, answer))

    def _roll(self, connection: sqlite3.Connection, row: tuple[object, ...], text: bytes) -> int | None:
        """The number of the step, committed as the next of the stream; that is let go of until it is."""
        running, self._running = self._running, None
        if running is None or running.connection is not connection or running.size > ROLL:
            running = _Running(connection, Stream())
        number = self._commit(connection, row, running.first, running.stream.add(text))
        if number is None and running.first is not None:
            running = _Running(connection, Stream())
            number = self._commit(connection, row, None, running.stream.add(text))
        running.first = running.first or number
        running.size += len(text)
        self._running = running
        return number

    def _commit(
        self, connection: sqlite3.Connection, row: tuple[object, ...], stream: int | None, frame: bytes
    ) -> int | None:
        """The number of the step, committed; None when its episode is gone, or finished and its streams with it."""
        with self._database.transaction():
            step = connection.execute(INSERT, (self._first, self._episode, stream, *row))
            if not step.rowcount:
                return None
            connection.execute("INSERT INTO frames VALUES (?, ?)", (step.lastrowid, frame))
        return (step.lastrowid or 0) - self._first


def _columns(step: Step, facts: Facts) -> tuple[object, ...]:
    exchange = step if isinstance(step, Exchange) else None
    return (
        step.began,
        step.took,
        "exchange" if exchange else "tool",
        _shown(facts.what),
        exchange.response.status if exchange and exchange.response else None,
        _shown(step.failure.kind) if step.failure else None,
        _shown(facts.model) if facts.model is not None else None,
        facts.input_tokens,
        facts.output_tokens,
        exchange.attempt if exchange else 0,
        len(step.hidden),
    )


def _shown(text: str) -> str:
    """A text as SQLite can hold it, lone surrogates spelt out."""
    return text.encode("utf-8", "backslashreplace").decode()


def seal(database: Database, number: int) -> None:
    """Lay the frames of each stream of a finished episode together, a transaction each, and give back their space."""
    first = number * SPAN
    for count, (stream, last) in enumerate(database.rows(STREAMS, (first,))):
        with suppress(Damaged), database.transaction() as connection:
            members = connection.execute(MEMBERS, (first + stream, last, stream)).fetchall()
            _seal(connection, members, again=count < PACKED_AGAIN)
    database.tidy()


def _seal(connection: sqlite3.Connection, members: Sequence[tuple[int, int]], *, again: bool) -> None:
    """Have the first of a stream's rows hold all its frames, or one that takes their place."""
    rows = [connection.execute("SELECT id, frame FROM frames WHERE id = ?", (id,)).fetchone() for id, _ in members]  # noqa: A001
    (first, _), *others = kept = [row for row in rows if row is not None]
    if others:
        frame = b"".join(frame for _, frame in kept)
        if again:
            frame = rewound(frame, sum(size for _, size in members))
        connection.execute("UPDATE frames SET frame = ? WHERE id = ?", (frame, first))
        connection.executemany("DELETE FROM frames WHERE id = ?", [(id,) for id, _ in others])  # noqa: A001
