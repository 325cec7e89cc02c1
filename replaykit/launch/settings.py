"""What every process of a run is told, and what it tells back.

Law: plain words in the environment one way, lines of a file in the run's folder the other: a child
in any state can still do both.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Settings:
    """What every process of a run is told, as JSON in an environment variable.

    `run` is the id of the draft that is recorded, or of the replay. `episode` is what a replay
    plays: a draft's id, or a cassette's path. `clock` is the monotonic clock when the run began, in
    nanoseconds, and `began` the wall's, in seconds. `keep_going`: a miss does not end the run.
    """

    mode: Literal["record", "replay"]
    name: str
    run: str
    store: str
    root: str
    clock: int
    began: float
    episode: str = ""
    speed: float = 0.0
    keep_going: bool = False

    def text(self) -> str:
        """As it stands in the environment."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Settings:
        """From the environment."""
        return cls(**json.loads(text))


def note(run: str | os.PathLike[str], *record: object) -> None:
    """Append one line to what the processes of a run say of themselves; where that fails, nothing happens."""
    path = os.path.join(run, "processes")  # noqa: PTH118 -- called within the program's own `Popen`
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError:
        return
    try:
        os.write(descriptor, f"{record!a}\n".encode("ascii"))
    finally:
        os.close(descriptor)
