"""The SQLite store: drafts, their steps, and what came of replays. The only SQL of the project.

Law: what a method returns from is committed. Absence is `None` or an empty tuple; failure is a
`StoreError` that names the file, and leaves everything that was kept as it was.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from secrets import choice
from typing import TYPE_CHECKING, Any

import orjson

from replaykit.core.model import Episode, Origin, Outputs, Span, Unseen
from replaykit.errors import StoreError
from replaykit.store.database import Database
from replaykit.store.steps import Facts, Keeper, Reader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ALPHABET = "abcdefghjkmnpqrstvwxyz0123456789"
"""Letters of ids: none that are mistaken for others when read aloud."""

KEPT_REPLAYS = 20
"""Replays of an episode that the store remembers: enough to look back at, not to grow for ever."""


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

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        self._database.close()

    # Recording.

    def begin(self, name: str, origin: Origin, span: Span, *, id: str = "") -> str:  # noqa: A002 - the word
        """The id of a new, unfinished draft."""
        id = id or fresh("episode")  # noqa: A001
        self._database.change(
            "INSERT INTO episodes (id, name, began, origin, span) VALUES (?, ?, ?, ?, ?)",
            (id, name, span.began, _origin_text(origin), _json(asdict(span))),
        )
        return id

    def keeper(self, episode: str) -> Keeper:
        """Where this process keeps the steps of an episode."""
        ((number,),) = self._database.rows("SELECT number FROM episodes WHERE id = ?", (episode,))
        return Keeper(self._database, number)

    def finish(
        self, episode: str, *, ended: float, exit_code: int | None = None, stdout: bytes = b"", finished: bool = True
    ) -> None:
        """Keep what came out of a draft; `finished=False` for a run that was killed."""
        self._database.change(
            "UPDATE episodes SET finished = ?, ended = ?, exit_code = ?, stdout = ?,"
            " span = json_set(span, '$.ended', ?) WHERE id = ?",
            (int(finished), ended, exit_code, stdout, ended, episode),
        )

    def describe(self, episode: str, origin: Origin) -> None:
        """Replace what is known of an episode's start: its stdin and versions are known late."""
        self._database.change("UPDATE episodes SET origin = ? WHERE id = ?", (_origin_text(origin), episode))

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
            (run, kind, _json(detail)),
        )

    def remarks(self, run: str, kind: str = "") -> tuple[Remark, ...]:
        """What is known of a run, of one kind or all, in the order in which it happened."""
        rows = self._database.rows(
            "SELECT kind, detail FROM remarks WHERE run = ?1 AND (?2 = '' OR kind = ?2) ORDER BY number", (run, kind)
        )
        return tuple(Remark(kind, json.loads(detail)) for kind, detail in rows)

    # Replaying.

    def replay(self, episode: str) -> str:
        """The id of a new replay; the oldest ones of the episode are forgotten."""
        replay = fresh("replay")
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO replays VALUES (?, ?, ?)", (replay, episode, time.time()))
            old = connection.execute(
                "SELECT id FROM replays WHERE episode = ? ORDER BY began DESC LIMIT -1 OFFSET ?",
                (episode, KEPT_REPLAYS),
            ).fetchall()
            for (run,) in old:
                connection.execute("DELETE FROM remarks WHERE run = ?", (run,))
                connection.execute("DELETE FROM replays WHERE id = ?", (run,))
        return replay

    def claim(self, replay: str, position: int, detail: Mapping[str, Any]) -> bool:
        """Whether this step is now ours to serve; false when any process has served it already."""
        return bool(
            self._database.change(
                "INSERT OR IGNORE INTO plays VALUES (?, ?, ?)", (replay, position, _json(detail) if detail else "{}")
            )
        )

    def plays(self, replay: str) -> dict[int, Mapping[str, Any]]:
        """The steps that were served, by position, with how."""
        rows = self._database.rows("SELECT position, detail FROM plays WHERE replay = ?", (replay,))
        return {position: json.loads(detail) for position, detail in rows}

    # Looking.

    def summaries(self) -> tuple[Summary, ...]:
        """Every draft in one line each, the newest first."""
        rows = self._database.rows(
            "SELECT e.id, e.name, e.began, e.ended, e.finished, e.exit_code, count(s.id) FILTER (WHERE s.attempt = 0),"
            " group_concat(DISTINCT s.model), coalesce(sum(s.input_tokens), 0), coalesce(sum(s.output_tokens), 0)"
            " FROM episodes AS e LEFT JOIN steps AS s ON s.episode = e.number GROUP BY e.number ORDER BY e.began DESC, e.number DESC"
        )
        return tuple(
            Summary(
                id,
                name,
                "draft",
                began,
                ended,
                bool(finished),
                steps,
                tuple(sorted(models.split(","))) if models else (),
                input_tokens,
                output_tokens,
                exit_code,
            )
            for id, name, began, ended, finished, exit_code, steps, models, input_tokens, output_tokens in rows  # noqa: A001
        )

    def newest(self, name: str) -> str | None:
        """The id of the newest draft of a name."""
        rows = self._database.rows(
            "SELECT id FROM episodes WHERE name = ? ORDER BY began DESC, number DESC LIMIT 1", (name,)
        )
        return rows[0][0] if rows else None

    def latest(self) -> str | None:
        """The id of the newest draft of any name."""
        rows = self._database.rows("SELECT id FROM episodes ORDER BY began DESC, number DESC LIMIT 1")
        return rows[0][0] if rows else None

    def matching(self, prefix: str) -> tuple[str, ...]:
        """The ids that begin with a prefix (with or without `episode_`)."""
        escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = self._database.rows(
            "SELECT id FROM episodes WHERE id LIKE ? ESCAPE '\\' OR id LIKE ? ESCAPE '\\'",
            (f"{escaped}%", f"episode\\_{escaped}%"),
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
            _origin(origin),
            Span(**json.loads(span)),
            Reader(self._database, number, id).steps(),
            Outputs(stdout, exit_code, self.outputs(id)),
            self.unseen(id),
        )

    def remove(self, id: str) -> bool:  # noqa: A002
        """Whether there was such a draft; it is gone now, with all that belongs to it."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM remarks WHERE run = ?", (id,))
            return bool(connection.execute("DELETE FROM episodes WHERE id = ?", (id,)).rowcount)

    def check(self) -> tuple[str, ...]:
        """What is wrong with the file; empty when nothing is."""
        problems = [text for (text,) in self._database.rows("PRAGMA integrity_check") if text != "ok"]
        for summary in self.summaries():
            try:
                episode = self.episode(summary.id)
                for step in episode.exchanges if episode else ():
                    _ = step.request.body.read()
            except StoreError as error:
                problems.append(str(error))
        return tuple(problems)


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=list).decode()


def _origin_text(origin: Origin) -> str:
    return _json(asdict(replace(origin, stdin=b"")) | {"stdin": origin.stdin.hex()})


def _origin(text: str) -> Origin:
    kept = json.loads(text)
    with suppress(TypeError, ValueError, KeyError):
        kept["stdin"] = bytes.fromhex(kept["stdin"])
        kept["command"], kept["secrets"] = tuple(kept["command"]), tuple(kept["secrets"])
        return Origin(**kept)
    return Origin()


__all__ = ["Facts", "Keeper", "Remark", "Store", "Summary", "fresh"]
