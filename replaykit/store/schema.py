"""The store's tables, as commented SQL, and how an older store becomes a newer one.

Law: migrations are only ever appended, and each runs in one transaction. `PRAGMA user_version` is
the number of migrations that a store has seen.
"""

from __future__ import annotations

APPLICATION = 0x5265704B
"""`RepK`, as PRAGMA application_id: `file` and we can tell a store from another SQLite file."""

BEFORE = (
    "PRAGMA page_size = 1024",  # frames lie end to end, so a small page wastes the least: 10 kB where 4,096 wastes 40
    "PRAGMA auto_vacuum = INCREMENTAL",  # a finished episode gives back the space that its recording took
    "PRAGMA journal_mode = WAL",
)
"""What has to be said of a file before its first table."""

SPAN = 1_000_000_000
"""Ids of steps per episode: the steps of an episode lie together, and are found without an index."""

VERSION_1 = """
-- One recorded run. Drafts only: an accepted episode is a cassette.
CREATE TABLE episodes (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,       -- episode_k3v9q2
    name       TEXT NOT NULL,              -- support
    began      REAL NOT NULL,              -- Unix seconds
    ended      REAL,
    finished   INTEGER NOT NULL DEFAULT 0, -- 0: the run was killed, or is still going on
    exit_code  INTEGER,
    origin     TEXT NOT NULL,              -- JSON: command, folder, environment, names of secrets, versions
    span       TEXT NOT NULL,              -- JSON: when and where the run took place
    stdout     BLOB NOT NULL DEFAULT x''
) STRICT;
CREATE INDEX episodes_by_name ON episodes (name);

-- One exchange or tool call. The columns down to `hidden` are for people and queries; the others
-- say how its text is kept in `frames` (store/keeper.py, core/codec.py).
CREATE TABLE steps (
    id            INTEGER PRIMARY KEY,     -- the episode's number, and the step's own in nine digits
    episode       INTEGER AS (id / 1000000000) REFERENCES episodes (number),
    number        INTEGER AS (id % 1000000000), -- 1, 2, 3 in the order in which they ended
    began         INTEGER NOT NULL,        -- nanoseconds after the episode began
    took          INTEGER NOT NULL,        -- milliseconds
    kind          TEXT NOT NULL,           -- exchange, tool
    what          TEXT NOT NULL,           -- anthropic messages, GET api.example.com/weather, or the tool's name
    status        INTEGER,                 -- of the response
    failure       TEXT,                    -- class of the exception
    model         TEXT,
    input_tokens  INTEGER,
    output_tokens INTEGER,
    attempt       INTEGER NOT NULL,        -- 0, or the how-many-eth retry of an SDK
    hidden        INTEGER NOT NULL,        -- secrets that redaction replaced
    base          INTEGER,                 -- number of the step whose question this one's builds on
    shared        INTEGER NOT NULL,        -- bytes at the beginning that the two questions share
    tail          INTEGER NOT NULL,        -- bytes at the end that they share
    stream        INTEGER,                 -- number of the step that began the stream; none: this one did
    wide          INTEGER NOT NULL,        -- 1: a frame by itself, packed against all of the base
    question_size INTEGER NOT NULL,        -- bytes
    answer_size   INTEGER NOT NULL,
    digest        INTEGER NOT NULL         -- XXH32 of the text
) STRICT;

-- What the steps' texts add to the streams they are in, packed. Of a finished episode, all frames
-- of a stream lie end to end in the row of the step that began it.
CREATE TABLE frames (
    id    INTEGER PRIMARY KEY,             -- of the step
    frame BLOB NOT NULL                    -- Zstandard
) STRICT;

-- One replay of an episode or cassette.
CREATE TABLE replays (
    episode  TEXT NOT NULL,
    id       TEXT NOT NULL,                -- replay_m4c8x1
    began    REAL NOT NULL,
    PRIMARY KEY (episode, id)
) STRICT, WITHOUT ROWID;

-- A recorded step that was served: one row, so that no two processes serve the same.
CREATE TABLE plays (
    replay   TEXT NOT NULL,
    position INTEGER NOT NULL,             -- of the step in its episode
    detail   TEXT NOT NULL DEFAULT '{}',   -- JSON: the rules that were used, what was sent differently
    PRIMARY KEY (replay, position)
) STRICT, WITHOUT ROWID;

-- What else is known of a run, be it an episode or a replay: named outputs, connections that did
-- not come through us, misses, tools that ran for real, steps that could not be kept.
CREATE TABLE remarks (
    run    TEXT NOT NULL,
    number INTEGER NOT NULL,               -- 1, 2, 3 in each run
    kind   TEXT NOT NULL,                  -- output, unseen, miss, ran, lost, warning
    detail TEXT NOT NULL,                  -- JSON
    PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

-- What a person asks first.
CREATE VIEW overview AS
SELECT e.id, e.name, datetime(e.began, 'unixepoch') AS recorded, e.finished, e.exit_code,
       count(s.id) FILTER (WHERE s.attempt = 0) AS steps, group_concat(DISTINCT s.model) AS models,
       sum(s.input_tokens) AS input_tokens, sum(s.output_tokens) AS output_tokens
FROM episodes AS e LEFT JOIN steps AS s ON s.id BETWEEN e.number * 1000000000 AND e.number * 1000000000 + 999999999
GROUP BY e.number ORDER BY e.number DESC;

-- What happened in an episode, as it happened.
CREATE VIEW timeline AS
SELECT e.id AS episode, s.number AS step, s.began / 1000000 AS at_ms, s.took AS took_ms, s.kind, s.what, s.status,
       s.failure, s.model, s.input_tokens, s.output_tokens, s.attempt, s.hidden, s.question_size, s.answer_size
FROM steps AS s JOIN episodes AS e ON e.number = s.episode ORDER BY s.id / 1000000000, s.began;
"""

VERSION_2 = """
-- A recorded id, port, name or date, and the live one that stands for it in a replay: one to one for
-- all processes that take part.
CREATE TABLE bindings (
    number   INTEGER PRIMARY KEY,
    replay   TEXT NOT NULL,
    kind     TEXT NOT NULL,                -- id, port, temp, date
    one      BLOB NOT NULL,                -- the recorded one, without what is only spelling
    other    BLOB NOT NULL,                -- the live one, likewise
    recorded BLOB NOT NULL,                -- as written
    live     BLOB NOT NULL,
    UNIQUE (replay, kind, one),
    UNIQUE (replay, kind, other)
) STRICT;
"""

MIGRATIONS = (VERSION_1, VERSION_2)
"""The changes that make a store of this version, the oldest first."""
