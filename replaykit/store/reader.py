"""The steps of one episode, read back.

Law: what comes back is what was kept, byte for byte, or an error that names the step. An episode is
opened without putting a question together; a question costs its chain of rests when it is asked for.
The file may be anybody's: no size is believed that its frames cannot hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from xxhash import xxh32_intdigest

from replaykit.core.codec import step_of
from replaykit.core.deltas import LARGEST, Damaged, unpack, unroll
from replaykit.core.history import Link, Questions
from replaykit.core.plain import measure
from replaykit.core.sound import believable
from replaykit.errors import StoreError
from replaykit.store.schema import SPAN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from replaykit.core.model import Step
    from replaykit.store.database import Database

AT_HAND = 4
"""Streams that stay unpacked: agents that take turns in several processes, 4 MB each."""

STEPS = (
    "SELECT number, coalesce(stream, number), base, shared, tail, wide, question_size, answer_size, digest"
    " FROM steps WHERE id BETWEEN ? AND ? ORDER BY id"
)
FRAMES = "SELECT id % 1000000000, frame FROM frames WHERE id BETWEEN ? AND ? ORDER BY id"


@dataclass(frozen=True, slots=True)
class _Row:
    """A step as it lies in the store: `added` are the bytes of its question's rest."""

    stream: int
    link: Link
    wide: bool
    added: int
    answer_size: int
    digest: int

    @property
    def size(self) -> int:
        """Bytes of its text."""
        return self.added + self.answer_size


class Reader:
    """Reads the steps of one episode; any thread may call."""

    def __init__(self, database: Database, number: int, episode: str) -> None:
        """Fetch all that is kept of them; the file is not needed afterwards."""
        self._path = str(database.path)
        self._episode = episode
        self._rows: dict[int, _Row] = {}
        self._members: dict[int, list[int]] = {}
        self._frames: dict[int, list[bytes]] = {}
        self._texts: dict[int, dict[int, bytes]] = {}
        self._questions = Questions(lambda number: self._rows[number].link, self._rest)
        span = (number * SPAN, (number + 1) * SPAN - 1)
        with database.reading() as connection:
            rows, frames = connection.execute(STEPS, span).fetchall(), connection.execute(FRAMES, span).fetchall()
        for row in rows:
            step, stream, base, shared, tail, wide, question_size, answer_size, digest = row
            if {*map(type, row[:2]), *map(type, row[3:])} != {int} or not isinstance(base, int | None):
                raise self._damaged(step, "its row does not hold numbers")
            added = question_size - shared - tail
            self._add(step, _Row(stream, Link(base, shared, tail), bool(wide), added, answer_size, digest))
        for step, frame in frames:
            if step in self._rows and isinstance(frame, bytes):
                self._frames.setdefault(self._rows[step].stream, []).append(frame)

    def steps(self) -> tuple[Step, ...]:
        """The steps in the order in which they began."""
        steps = {number: self._step(number) for stream in self._members.values() for number in stream}
        return tuple(sorted((steps[number] for number in self._rows), key=lambda step: step.began))

    def _add(self, number: int, row: _Row) -> None:
        base, stream = row.link.base, row.stream
        if base is not None and base not in self._rows:
            raise self._damaged(number, f"it builds on step {base}, which is not below it")
        if stream != number and (stream not in self._members or self._rows[stream].wide):
            raise self._damaged(number, f"it continues step {stream}, which is not below it or stands alone")
        if min(row.link.shared, row.link.tail, row.added, row.answer_size) < 0 or row.size > LARGEST:
            raise self._damaged(number, "its sizes are impossible")
        self._rows[number] = row
        self._members.setdefault(stream, []).append(number)

    def _step(self, number: int) -> Step:
        answer = self._text(number)[self._rows[number].added :]
        return step_of(answer, partial(self._questions.question, number), partial(self._damaged, number))

    def _rest(self, number: int) -> bytes:
        return self._text(number)[: self._rows[number].added]

    def _text(self, number: int) -> bytes:
        stream = self._rows[number].stream
        texts = self._texts.get(stream)
        if texts is None:
            texts = self._unrolled(stream)
            self._texts = dict([*self._texts.items(), (stream, texts)][-AT_HAND:])
        return texts[number]

    def _unrolled(self, stream: int) -> dict[int, bytes]:
        """The texts of a stream, by the numbers of their steps."""
        numbers = self._members[stream]
        frames, sizes = b"".join(self._frames.get(stream, ())), [self._rows[number].size for number in numbers]
        if sum(sizes) > LARGEST or not believable(len(frames), sum(sizes)):
            raise self._damaged(stream, f"{measure(len(frames))} would unpack to {measure(sum(sizes))}")
        try:
            texts = self._wide(stream, frames) if self._rows[stream].wide else unroll(frames, sizes)
        except Damaged as error:
            raise self._damaged(stream, str(error)) from error
        return dict(self._checked(zip(numbers, texts, strict=True)))

    def _wide(self, number: int, frame: bytes) -> list[bytes]:
        """The text of a frame by itself, packed against its base's question and answer."""
        row, prefix = self._rows[number], b""
        if row.link.base is not None:
            base = self._rows[row.link.base]
            said = self._text(row.link.base)[base.added :]
            prefix = self._questions.question(row.link.base) + said
        return [unpack(frame, prefix, row.size)]

    def _checked(self, texts: Iterable[tuple[int, bytes]]) -> Iterable[tuple[int, bytes]]:
        for number, text in texts:
            if xxh32_intdigest(text) != self._rows[number].digest:
                raise self._damaged(number, "its text is not the one that was kept")
            yield number, text

    def _damaged(self, number: int, why: str) -> StoreError:
        return StoreError(
            f"step {number} of {self._episode} is damaged: {why}",
            path=self._path,
            remedy=f"`replaykit rm {self._episode}` removes the episode; the others are not affected",
        )
