"""The SQLite store: drafts, their steps, and what came of replays. The only SQL of the project.

Law: what a method returns from is committed. Absence is `None` or an empty tuple; failure is a
`StoreError` that names the file, and leaves everything that was kept as it was.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from secrets import choice
from typing import TYPE_CHECKING, Any, Self, TypeVar

from replaykit.core.codec import dumps, loads, origin_form, origin_of, output_of, span_of, unseen_of
from replaykit.core.model import Episode, Outputs, Unseen, together
from replaykit.core.normalize import Bound, bare
from replaykit.core.sound import COUNT, MOMENT, NUMBER, TEXT, Kind, checked, maybe
from replaykit.errors import StoreError
from replaykit.store.database import Database
from replaykit.store.keeper import Facts, Keeper, seal
from replaykit.store.reader import Reader
from replaykit.store.schema import SPAN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from sqlite3 import Connection

    from replaykit.core.match import Grant
    from replaykit.core.model import Origin, Span

ALPHABET = "abcdefghjkmnpqrstvwxyz0123456789"
"""Letters of ids: none that are mistaken for others when read aloud."""

KEPT_REPLAYS = 20
"""Replays of an episode that the store remembers: enough to look back at, not to grow for ever."""


SHOWN = 9
"""Ids that are offered where the beginning of one fits several."""

SUMMARIES = (
    "SELECT e.id, e.name, e.began, e.ended, e.finished, e.exit_code, count(s.id) FILTER (WHERE s.attempt = 0),"
    " group_concat(DISTINCT s.model), coalesce(sum(s.input_tokens), 0), coalesce(sum(s.output_tokens), 0)"
    " FROM episodes AS e LEFT JOIN steps AS s"
    " ON s.id BETWEEN e.number * 1000000000 AND e.number * 1000000000 + 999999999"
    " GROUP BY e.number ORDER BY e.number DESC"
)

_SUMMARY: dict[str, Kind] = {
    "id": TEXT,
    "name": TEXT,
    "began": MOMENT,
    "ended": maybe(MOMENT),
    "finished": NUMBER,
    "exit_code": maybe(NUMBER),
    "steps": COUNT,
    "models": maybe(TEXT),
    "input_tokens": COUNT,
    "output_tokens": COUNT,
}
"""The columns of a summary. The file may be anybody's, and its tables may hold anything."""

_EPISODE: dict[str, Kind] = {
    "name": TEXT,
    "exit_code": maybe(NUMBER),
    "stdout": Kind("bytes", lambda value: type(value) is bytes),
}

PLAY = "INSERT OR IGNORE INTO plays VALUES (?, ?, ?)"
BIND = "INSERT OR IGNORE INTO bindings (replay, kind, one, other, recorded, live) VALUES (?, ?, ?, ?, ?, ?)"
BOUND = "SELECT 1 FROM bindings WHERE replay = ? AND kind = ? AND one = ? AND other = ?"

T = TypeVar("T")


class _Bound(Exception):
    """An id stands for another one in this replay: nothing of the transaction is kept."""


@dataclass(frozen=True, slots=True)
class Summary:
    """An episode in one line: what `replaykit list` shows. Times are Unix seconds, None while unknown."""

    id: str
    name: str
    state: str
    began: float
    ended: float | None
    finished: bool
    steps: int
    models: tuple[str, ...]
    input_tokens: int
    output_tokens: int
    exit_code: int | None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a run has to account for: a miss, a tool that ran for real, a step that was lost."""

    kind: str
    detail: Mapping[str, Any]


def fresh(kind: str) -> str:
    """A new id, such as `episode_k3v9q2`."""
    return f"{kind}_" + "".join(choice(ALPHABET) for _ in range(6))


class Store:
    """The episodes of a project, in one SQLite file."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        """Open the store; make it when it is not there, unless `create` is false."""
        self.path = path
        self._database = Database(path, create=create)

    @property
    def writable(self) -> bool:
        """Whether anything can be kept here; what is kept already can be read in any case."""
        return self._database.writable

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        self._database.close()

    def __enter__(self) -> Self:
        """The store, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    # Recording.

    def begin(self, name: str, origin: Origin, span: Span, *, id: str = "") -> str:  # noqa: A002 - the word
        """The id of a new, unfinished draft."""
        id = id or fresh("episode")  # noqa: A001
        self._database.change(
            "INSERT INTO episodes (id, name, began, origin, span) VALUES (?, ?, ?, ?, ?)",
            (id, name, span.began, _text(origin_form(origin)), _text(asdict(span))),
        )
        return id

    def keeper(self, episode: str) -> Keeper:
        """Where this process keeps the steps of an episode."""
        return Keeper(self._database, episode, self._number(episode))

    def finish(
        self, episode: str, *, ended: float, exit_code: int | None = None, stdout: bytes = b"", finished: bool = True
    ) -> None:
        """Keep what came out of a draft, and pack its steps together; `finished=False` for a run that was killed."""
        number = self._number(episode)
        self._database.change(
            "UPDATE episodes SET finished = ?, ended = ?, exit_code = ?, stdout = ?,"
            " span = json_set(span, '$.ended', ?) WHERE number = ?",
            (int(finished), ended, exit_code, stdout, ended, number),
        )
        with suppress(StoreError):  # all is kept already; a full disk only leaves it larger
            seal(self._database, number)

    def describe(self, episode: str, origin: Origin) -> None:
        """Replace what is known of an episode's start: its stdin and versions are known late."""
        self._database.change("UPDATE episodes SET origin = ? WHERE id = ?", (_text(origin_form(origin)), episode))

    # What came out of a run: an episode or a replay.

    def output(self, run: str, name: str, value: bytes) -> None:
        """Keep a named JSON value; the last one of a name counts."""
        self.remark(run, "output", {"name": name, "value": value.decode()})

    def outputs(self, run: str) -> dict[str, bytes]:
        """The named values of a run, in the order in which their names first came."""
        return dict(self._details(run, "output", output_of))

    def saw(self, run: str, unseen: Unseen) -> None:
        """Keep something that did not come through us."""
        self.remark(run, "unseen", asdict(unseen))

    def unseen(self, run: str) -> tuple[Unseen, ...]:
        """What did not come through us, added up, the most frequent first."""
        found = together(self._details(run, "unseen", unseen_of))
        return tuple(sorted(found, key=lambda each: each.times, reverse=True))

    def remark(self, run: str, kind: str, detail: Mapping[str, Any]) -> None:
        """Commit something that is known of a run."""
        self._database.change(
            "INSERT INTO remarks SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3 FROM remarks WHERE run = ?1",
            (run, kind, _text(detail)),
        )

    def remarks(self, run: str, kind: str = "") -> tuple[Remark, ...]:
        """What is known of a run, of one kind or all, in the order in which it happened."""
        rows = self._database.rows(
            "SELECT kind, detail FROM remarks WHERE run = ?1 AND (?2 = '' OR kind = ?2) ORDER BY number", (run, kind)
        )
        return tuple(Remark(kind, self._readable(run, dict, detail)) for kind, detail in rows)

    def _details(self, run: str, kind: str, read: Callable[[Any], T]) -> list[T]:
        """What is known of a run, of one kind, read."""
        rows = self._database.rows("SELECT detail FROM remarks WHERE run = ? AND kind = ? ORDER BY number", (run, kind))
        return [self._readable(run, read, detail) for (detail,) in rows]

    # Replaying.

    def replay(self, episode: str) -> str:
        """The id of a new replay; the oldest ones of the episode are forgotten."""
        replay = fresh("replay")
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO replays VALUES (?, ?, ?)", (episode, replay, time.time()))
            _forget_replays(connection, episode, KEPT_REPLAYS)
        return replay

    def claim(self, replay: str, position: int, detail: Mapping[str, Any], bound: Sequence[Bound] = ()) -> Grant:
        """`ours` when this step is now ours to serve, with all of `bound` known to every process of the replay.

        `taken` when any process has served it already; `bound` when one of the ids stands for another.
        """
        row = (replay, position, _text(detail) if detail else "{}")
        if not bound:
            return "ours" if self._database.change(PLAY, row) else "taken"
        with suppress(_Bound), self._database.transaction() as connection:
            if not connection.execute(PLAY, row).rowcount:
                return "taken"
            for each in bound:
                _bind(connection, replay, each)
            return "ours"
        return "bound"

    def bound(self, replay: str, after: int = 0) -> dict[int, Bound]:
        """The pairs that processes of a replay have bound, by number, those behind a number."""
        rows = self._database.rows(
            "SELECT number, kind, recorded, live FROM bindings WHERE replay = ? AND number > ? ORDER BY number",
            (replay, after),
        )
        return {number: Bound(kind, recorded, live) for number, kind, recorded, live in rows}

    def exactly(self, replay: str) -> frozenset[int]:
        """The positions of the steps that were served byte for byte."""
        rows = self._database.rows("SELECT position FROM plays WHERE replay = ? AND detail = '{}'", (replay,))
        return frozenset(position for (position,) in rows)

    def version(self) -> tuple[int, int]:
        """What changes whenever anybody else has written to the file, or it was opened anew."""
        with self._database.connection() as connection:
            (version,) = connection.execute("PRAGMA data_version").fetchone()
            return id(connection), version

    def plays(self, replay: str) -> dict[int, Mapping[str, Any]]:
        """The steps that were served, by position, with how."""
        rows = self._database.rows("SELECT position, detail FROM plays WHERE replay = ?", (replay,))
        return {position: self._readable(replay, dict, detail) for position, detail in rows}

    # Looking.

    def summaries(self) -> tuple[Summary, ...]:
        """Every draft in one line each, the newest first."""
        return tuple(self._read(row[0], _summary, row) for row in self._database.rows(SUMMARIES))

    def newest(self, name: str, *, after: float | None = None) -> str | None:
        """The id of the newest draft of a name; with `after` (Unix seconds), of those that began later than that."""
        return self._one(
            "SELECT id FROM episodes WHERE name = ?1 AND (?2 IS NULL OR began > ?2) ORDER BY number DESC LIMIT 1",
            name,
            after,
        )

    def latest(self) -> str | None:
        """The id of the newest draft of any name."""
        return self._one("SELECT id FROM episodes ORDER BY number DESC LIMIT 1")

    def matching(self, prefix: str) -> tuple[str, ...]:
        """The ids that begin with a prefix (with or without `episode_`), at most `SHOWN`."""
        rows = self._database.rows(
            "SELECT id FROM episodes WHERE id >= ?1 AND id < ?1 || ?3"
            " UNION SELECT id FROM episodes WHERE id >= ?2 AND id < ?2 || ?3 LIMIT ?4",
            (prefix, f"episode_{prefix}", chr(0x10FFFF), SHOWN),
        )
        return tuple(id for (id,) in rows)  # noqa: A001

    def episode(self, id: str) -> Episode | None:  # noqa: A002
        """A draft, its request bodies fetched only when asked for; None when there is none of that id."""
        rows = self._database.rows(
            "SELECT number, name, finished, exit_code, origin, span, stdout FROM episodes WHERE id = ?", (id,)
        )
        if not rows:
            return None
        number, name, finished, exit_code, origin, span, stdout = rows[0]
        plain = {"name": name, "exit_code": exit_code, "stdout": stdout}
        self._read(id, lambda form: checked(form, _EPISODE), plain)
        return Episode(
            id,
            name,
            "draft",
            bool(finished),
            self._readable(id, origin_of, origin),
            self._readable(id, span_of, span),
            Reader(self._database, number, id).steps(),
            Outputs(stdout, exit_code, self.outputs(id)),
            self.unseen(id),
        )

    def remove(self, id: str) -> bool:  # noqa: A002
        """Whether there was such a draft; it is gone now, with all that belongs to it."""
        with self._database.transaction() as connection:
            for (number,) in connection.execute("SELECT number FROM episodes WHERE id = ?", (id,)).fetchall():
                for table in ("steps", "frames"):
                    connection.execute(
                        f"DELETE FROM {table} WHERE id BETWEEN ? AND ?",  # noqa: S608 - the two above
                        (number * SPAN, (number + 1) * SPAN - 1),
                    )
            _forget_replays(connection, id, 0)
            connection.execute("DELETE FROM remarks WHERE run = ?", (id,))
            removed = bool(connection.execute("DELETE FROM episodes WHERE id = ?", (id,)).rowcount)
        self._database.tidy()
        return removed

    def check(self) -> tuple[str, ...]:
        """What is wrong with the file; empty when nothing is."""
        problems = [text for (text,) in self._database.rows("PRAGMA integrity_check") if text != "ok"]
        for (id,) in self._database.rows("SELECT id FROM episodes ORDER BY number"):  # noqa: A001
            try:
                episode = self.episode(id)
                for step in episode.exchanges if episode else ():
                    _ = step.request.body.read()
            except StoreError as error:
                problems.append(str(error))
        return tuple(problems)

    def _one(self, query: str, *parameters: object) -> str | None:
        rows = self._database.rows(query, parameters)
        return rows[0][0] if rows else None

    def _number(self, episode: str) -> int:
        rows = self._database.rows("SELECT number FROM episodes WHERE id = ?", (episode,))
        if not rows:
            raise StoreError(f"{episode} is not in this store", path=str(self.path))
        number: int = rows[0][0]
        return number

    def _readable(self, episode: str, read: Callable[[Any], T], text: str) -> T:
        return self._read(episode, lambda text: read(loads(text)), text)

    def _read(self, episode: str, read: Callable[[Any], T], value: object) -> T:
        """What `read` makes of a value that was kept; a `StoreError` when that is not what it should be."""
        try:
            return read(value)
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(
                f"{episode} is damaged: {error}",
                path=str(self.path),
                remedy=f"`replaykit rm {episode}` removes it; the others are not affected",
            ) from error


def _summary(row: tuple[Any, ...]) -> Summary:
    """A row of `SUMMARIES`, in one line; a `ValueError` when its columns are of other kinds."""
    kept = dict(checked(dict(zip(_SUMMARY, row, strict=True)), _SUMMARY))
    used = kept.pop("models")
    kept |= {"finished": bool(kept["finished"]), "models": tuple(sorted(used.split(","))) if used else ()}
    return Summary(state="draft", **kept)


def _bind(connection: Connection, replay: str, bound: Bound) -> None:
    """Have the pair stand for the whole replay; `_Bound` when either side stands for another already."""
    pair = (replay, bound.kind, bare(bound.recorded), bare(bound.live))
    added = connection.execute(BIND, (*pair, bound.recorded, bound.live)).rowcount
    if not added and not connection.execute(BOUND, pair).fetchone():
        raise _Bound


def _forget_replays(connection: Connection, episode: str, kept: int) -> None:
    """Forget all replays of an episode but the newest `kept`."""
    old = connection.execute(
        "SELECT id FROM replays WHERE episode = ? ORDER BY began DESC LIMIT -1 OFFSET ?", (episode, kept)
    ).fetchall()
    connection.executemany("DELETE FROM remarks WHERE run = ?", old)
    connection.executemany("DELETE FROM plays WHERE replay = ?", old)
    connection.executemany("DELETE FROM bindings WHERE replay = ?", old)
    connection.executemany("DELETE FROM replays WHERE episode = ? AND id = ?", [(episode, replay) for (replay,) in old])


def _text(value: object) -> str:
    return dumps(value).decode()


__all__ = ["Facts", "Keeper", "Remark", "Store", "Summary", "fresh"]
