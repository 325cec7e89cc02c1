"""The steps of one episode, written and read as frames that build on each other.

Law: a step builds only on a step of its own episode that is committed already, so an episode can be
deleted, and a crash can cut it, without harm to what remains.

    text     = the question's rest (core/history.py) + the answer     what the step adds to the run
    window   = the last 128 kB of the texts below it                  phrases, headers, answers repeat
    frame    = pack(text, window)

So a step is read without its history: only its own question has to be put together from its bases.
Where a question changes near its beginning (a clock in the system prompt), its rest is long and the
frame is packed against the base's whole question as well: `wide`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from replaykit.core.codec import Malformed, answer_of, step_of
from replaykit.core.deltas import Damaged, pack, unpack
from replaykit.core.history import RECENT, History, Past, Questions
from replaykit.core.model import Exchange
from replaykit.errors import StoreError

if TYPE_CHECKING:
    from replaykit.core.model import Step
    from replaykit.store.database import Database

WINDOW = 128 << 10
"""Bytes of earlier texts that a new one builds on: twice as much saves another 1 %, half costs 2 %."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store says of a step to people: see the columns of the table `steps`."""

    what: str
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


class Keeper:
    """Writes the steps of one episode, each in a transaction of its own; any thread may call."""

    def __init__(self, database: Database, episode: int) -> None:
        """Begin with no step to build on: what other processes keep is theirs."""
        self._database = database
        self._episode = episode
        self._history = History()

    def keep(self, step: Step, facts: Facts) -> None:
        """Commit a step; after this it survives the process."""
        question = step.request.body.data if isinstance(step, Exchange) else b""
        answer = answer_of(step)
        base, shared = self._history.nearest(question)
        text = question[shared:] + answer
        wide = base is not None and len(question) - shared > WINDOW
        window = b"" if base is None else base.window
        frame = pack(text, base.question + window if base is not None and wide else window)
        depth = 0 if base is None else base.depth + 1
        row = (
            self._episode,
            *_columns(step, facts),
            None if base is None else base.id,
            depth,
            shared,
            int(wide),
            len(question),
            len(answer),
            frame,
        )
        self._history.add(Past(self._insert(row), depth, question, (window + text)[-WINDOW:]))

    def _insert(self, row: tuple[object, ...]) -> int:
        with self._database.connection() as connection:
            cursor = connection.execute(
                "INSERT INTO steps (episode, began, took, kind, what, status, failure, model, input_tokens,"
                " output_tokens, attempt, hidden, base, depth, shared, wide, question_size, answer_size, frame)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            return cursor.lastrowid or 0


def _columns(step: Step, facts: Facts) -> tuple[object, ...]:
    exchange = step if isinstance(step, Exchange) else None
    return (
        step.began,
        step.took,
        "exchange" if exchange else "tool",
        facts.what,
        exchange.response.status if exchange and exchange.response else None,
        step.failure.kind if step.failure else None,
        facts.model,
        facts.input_tokens,
        facts.output_tokens,
        exchange.attempt if exchange else 0,
        len(step.hidden),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """A step as it lies in the store."""

    base: int | None
    shared: int
    wide: bool
    question_size: int
    answer_size: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class _Text:
    """An unpacked frame: the rest of the question, the answer, and the window for the next step."""

    rest: bytes
    answer: bytes
    window: bytes


class Reader:
    """Reads the steps of one episode; questions are put together only when they are asked for."""

    def __init__(self, database: Database, number: int, episode: str) -> None:
        """Fetch the frames, in one query."""
        self._database = database
        self._episode = episode
        self._lock = threading.RLock()
        self._texts: OrderedDict[int, _Text] = OrderedDict()
        self._rows: dict[int, _Row] = {}
        self._questions = Questions(lambda id: (self._rows[id].base, self._rows[id].shared), self._rest)  # noqa: A006
        for id, base, *rest in database.rows(  # noqa: A001 - the column
            "SELECT id, base, shared, wide, question_size, answer_size, frame FROM steps WHERE episode = ? ORDER BY id",
            (number,),
        ):
            if base is not None and base not in self._rows:
                raise self._damaged(id, f"it builds on step {base}, which is not below it")
            self._rows[id] = _Row(base, *rest)

    def steps(self) -> tuple[Step, ...]:
        """The steps in the order in which they began."""
        with self._lock:
            steps = [self._step(id) for id in self._rows]  # noqa: A001
        return tuple(sorted(steps, key=lambda step: step.began))

    def _step(self, id: int) -> Step:  # noqa: A002
        try:
            return step_of(self._text(id).answer, lambda: self._questions.question(id))
        except Malformed as error:
            raise self._damaged(id, str(error)) from error

    def _rest(self, id: int) -> bytes:  # noqa: A002
        with self._lock:
            return self._text(id).rest

    def _text(self, id: int) -> _Text:  # noqa: A002
        chain: list[int] = []
        link: int | None = id
        while link is not None and link not in self._texts:
            chain.append(link)
            link = self._rows[link].base
        for each in reversed(chain):
            self._texts[each] = self._unpack(each)
        self._texts.move_to_end(id)
        while len(self._texts) > RECENT:
            self._texts.popitem(last=False)
        return self._texts[id]

    def _unpack(self, id: int) -> _Text:  # noqa: A002
        row = self._rows[id]
        window = b"" if row.base is None else self._texts[row.base].window
        prefix = self._questions.question(row.base) + window if row.wide and row.base is not None else window
        rest = row.question_size - row.shared
        try:
            text = unpack(row.frame, prefix, rest + row.answer_size)
        except Damaged as error:
            raise self._damaged(id, str(error)) from error
        return _Text(text[:rest], text[rest:], (window + text)[-WINDOW:])

    def _damaged(self, id: int, why: str) -> StoreError:  # noqa: A002
        return StoreError(
            f"step {id} of {self._episode} is damaged: {why}",
            path=str(self._database.path),
            remedy=f"`replaykit rm {self._episode}` removes the episode; the others are not affected",
        )
