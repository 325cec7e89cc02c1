"""Who is measured: how each of them records, replays, and what it has kept afterwards.

Law: one value per subject, and nothing is imported before it is needed: this file runs inside the
environment of each. A file is written with one call to `record` and read with one to `replay`.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

EPISODE = "bench"


@dataclass(frozen=True, slots=True)
class Subject:
    """A way to record and replay. `join` records into a file that others write, too.

    `bodies` gives the body of every kept request: what is there, and what is doubled. `store`: one
    file holds many recordings, as a project's store does; otherwise each has a file of its own.
    """

    name: str
    suffix: str
    record: Callable[[Path], AbstractContextManager[object]]
    replay: Callable[[Path], AbstractContextManager[object]]
    join: Callable[[Path], AbstractContextManager[object]]
    bodies: Callable[[Path], list[bytes]]
    store: bool = False

    def file(self, path: Path, number: int) -> Path:
        """Where the how-many-eth recording of a probe goes."""
        return path if self.store else path.with_stem(f"{path.stem}-{number}")


def _vcrpy(mode: str) -> Callable[[Path], AbstractContextManager[object]]:
    def opened(path: Path) -> AbstractContextManager[object]:
        import vcr

        recorder = vcr.VCR(serializer="json", match_on=("method", "uri", "raw_body"), filter_headers=["authorization"])
        return recorder.use_cassette(str(path), record_mode=mode)  # type: ignore[no-any-return]

    return opened


def _vcrpy_bodies(path: Path) -> list[bytes]:
    return [kept["request"]["body"].encode() for kept in json.loads(path.read_text())["interactions"]]


def _cassetter(mode: str) -> Callable[[Path], AbstractContextManager[object]]:
    def opened(path: Path) -> AbstractContextManager[object]:
        import cassetter

        keys: list[Any] = ["method", "uri", "body"]
        return cassetter.use_cassette(  # type: ignore[no-any-return]
            path, record_mode=mode, match_on=keys, intercept=["httpx2"]
        )

    return opened


def _cassetter_bodies(path: Path) -> list[bytes]:
    import cassetter

    cassette = cassetter.Cassette(path)
    cassette.load()
    contents = [kept.request.body.content for kept in cassette.interactions]
    return [json.dumps(content, separators=(",", ":")).encode() for content in contents]


def _record(path: Path) -> AbstractContextManager[object]:
    import replaykit

    return replaykit.record(EPISODE, store=path)


def _replay(path: Path) -> AbstractContextManager[object]:
    import replaykit

    return replaykit.replay(EPISODE, store=path)


def _inherited(_path: Path) -> AbstractContextManager[object]:
    """Nothing to open: a child of `replaykit record` is inside its parent's episode from the start."""
    return nullcontext()


def _replaykit_bodies(path: Path) -> list[bytes]:
    from replaykit.store import Store

    store = Store(path, create=False)
    kept = store.episode(store.latest() or "")
    return [exchange.request.body.data for exchange in kept.exchanges] if kept else []


SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("replaykit", ".db", _record, _replay, _inherited, _replaykit_bodies, store=True),
        Subject("vcrpy", ".json", _vcrpy("once"), _vcrpy("none"), _vcrpy("new_episodes"), _vcrpy_bodies),
        Subject(
            "cassetter", ".toml", _cassetter("once"), _cassetter("none"), _cassetter("new_episodes"), _cassetter_bodies
        ),
    )
}
