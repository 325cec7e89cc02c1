"""The store's tables, as commented SQL, and how an older store becomes a newer one.

Law: migrations are only ever appended, and each runs in one transaction. `PRAGMA user_version` is
the number of migrations that a store has seen.
"""

from __future__ import annotations

APPLICATION = 0x5265704B
"""`RepK`, as PRAGMA application_id: `file` and we can tell a store from another SQLite file."""

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

-- One exchange or tool call. The columns are for people and queries; `frame` is the truth: a
-- Zstandard frame of what the step adds to its base (store/steps.py, core/codec.py).
CREATE TABLE steps (
    id            INTEGER PRIMARY KEY,
    episode       INTEGER NOT NULL REFERENCES episodes (number) ON DELETE CASCADE,
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
    base          INTEGER,                 -- the step that this one builds on
    depth         INTEGER NOT NULL,        -- how many bases are below
    shared        INTEGER NOT NULL,        -- bytes of the question that are the beginning of the base's question
    wide          INTEGER NOT NULL,        -- 1: the frame builds on the base's whole question, too
    question_size INTEGER NOT NULL,        -- bytes
    answer_size   INTEGER NOT NULL,
    frame         BLOB NOT NULL
) STRICT;
CREATE INDEX steps_by_episode ON steps (episode);

-- One replay of an episode or cassette.
CREATE TABLE replays (
    id       TEXT PRIMARY KEY,             -- replay_m4c8x1
    episode  TEXT NOT NULL,
    began    REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- A recorded step that was served: one row, so that no two processes serve the same.
CREATE TABLE plays (
    replay   TEXT NOT NULL REFERENCES replays (id) ON DELETE CASCADE,
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
       count(s.id) FILTER (WHERE s.attempt = 0) AS steps,
       group_concat(DISTINCT s.model) AS models,
       sum(s.input_tokens) AS input_tokens, sum(s.output_tokens) AS output_tokens
FROM episodes AS e LEFT JOIN steps AS s ON s.episode = e.number
GROUP BY e.id ORDER BY e.began DESC;

CREATE VIEW timeline AS
SELECT e.id AS episode, s.id AS step, s.began / 1000000 AS at_ms, s.took AS took_ms, s.kind, s.what, s.status,
       s.failure, s.model, s.input_tokens, s.output_tokens, s.attempt, s.hidden,
       s.question_size, s.answer_size, length(s.frame) AS stored_size
FROM steps AS s JOIN episodes AS e ON e.number = s.episode ORDER BY s.episode, s.began;
"""

MIGRATIONS = (VERSION_1,)
