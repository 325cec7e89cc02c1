"""The SQLite store: drafts, their steps, and what came of replays. The only SQL of the project.

Law: what a method returns from is committed. Absence is `None` or an empty tuple; failure is a
`StoreError` that names the file, and leaves everything that was kept as it was.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from secrets import choice
from typing import TYPE_CHECKING, Any, Self, TypeVar

from replaykit.core.codec import dumps, loads, origin_form, origin_of
from replaykit.core.model import Episode, Outputs, Span, Unseen
from replaykit.errors import StoreError
from replaykit.store.database import Database
from replaykit.store.keeper import Facts, Keeper, seal
from replaykit.store.reader import Reader
from replaykit.store.schema import SPAN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from sqlite3 import Connection

    from replaykit.core.model import Origin

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

T = TypeVar("T")


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
        return {each.detail["name"]: each.detail["value"].encode() for each in self.remarks(run, "output")}

    def saw(self, run: str, unseen: Unseen) -> None:
        """Keep something that did not come through us."""
        self.remark(run, "unseen", asdict(unseen))

    def unseen(self, run: str) -> tuple[Unseen, ...]:
        """What did not come through us, added up, the most frequent first."""
        counts: Counter[tuple[str, str]] = Counter()
        for each in self.remarks(run, "unseen"):
            counts[each.detail["what"], each.detail["how"]] += each.detail["times"]
        return tuple(Unseen(what, how, times) for (what, how), times in counts.most_common())

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

    # Replaying.

    def replay(self, episode: str) -> str:
        """The id of a new replay; the oldest ones of the episode are forgotten."""
        replay = fresh("replay")
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO replays VALUES (?, ?, ?)", (episode, replay, time.time()))
            _forget_replays(connection, episode, KEPT_REPLAYS)
        return replay

    def claim(self, replay: str, position: int, detail: Mapping[str, Any]) -> bool:
        """Whether this step is now ours to serve; false when any process has served it already."""
        return bool(
            self._database.change(
                "INSERT OR IGNORE INTO plays VALUES (?, ?, ?)", (replay, position, _text(detail) if detail else "{}")
            )
        )

    def plays(self, replay: str) -> dict[int, Mapping[str, Any]]:
        """The steps that were served, by position, with how."""
        rows = self._database.rows("SELECT position, detail FROM plays WHERE replay = ?", (replay,))
        return {position: self._readable(replay, dict, detail) for position, detail in rows}

    # Looking.

    def summaries(self) -> tuple[Summary, ...]:
        """Every draft in one line each, the newest first."""
        return tuple(_summary(*row) for row in self._database.rows(SUMMARIES))

    def newest(self, name: str) -> str | None:
        """The id of the newest draft of a name."""
        return self._one("SELECT id FROM episodes WHERE name = ? ORDER BY number DESC LIMIT 1", name)

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
        return Episode(
            id,
            name,
            "draft",
            bool(finished),
            self._readable(id, origin_of, origin),
            self._readable(id, lambda form: Span(**form), span),
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
        try:
            return read(loads(text))
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(f"{episode} is damaged: {error}", path=str(self.path)) from error


def _summary(  # noqa: PLR0913, PLR0917 - the columns of a row
    id: str,  # noqa: A002
    name: str,
    began: float,
    ended: float | None,
    finished: int,
    exit_code: int | None,
    steps: int,
    models: str | None,
    input_tokens: int,
    output_tokens: int,
) -> Summary:
    used = tuple(sorted(models.split(","))) if models else ()
    return Summary(id, name, "draft", began, ended, bool(finished), steps, used, input_tokens, output_tokens, exit_code)


def _forget_replays(connection: Connection, episode: str, kept: int) -> None:
    """Forget all replays of an episode but the newest `kept`."""
    old = connection.execute(
        "SELECT id FROM replays WHERE episode = ? ORDER BY began DESC LIMIT -1 OFFSET ?", (episode, kept)
    ).fetchall()
    connection.executemany("DELETE FROM remarks WHERE run = ?", old)
    connection.executemany("DELETE FROM plays WHERE replay = ?", old)
    connection.executemany("DELETE FROM replays WHERE episode = ? AND id = ?", [(episode, replay) for (replay,) in old])


def _text(value: object) -> str:
    return dumps(value).decode()


__all__ = ["Facts", "Keeper", "Remark", "Store", "Summary", "fresh"]
