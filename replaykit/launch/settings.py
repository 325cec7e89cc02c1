"""What every process of a run is told, and what it tells back.

Law: a file in the run's folder one way, lines of another one there the other way: a child in any
state can still do both, and its environment names nothing but the folder.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    Record: TypeAlias = tuple[Any, ...]

SESSION = "session.json"
"""The file with the settings, in the run's folder."""

PROCESSES = "processes"
"""The file with what the processes say, in the run's folder: tuples in Python's own notation, one in a line."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What every process of a run is told, as JSON in a file.

    `run` is the id of the draft that is recorded, or of the replay. `episode` is what a replay
    plays: a draft's id, or a cassette's path. `clock` is the monotonic clock when the run began, in
    nanoseconds, and `began` the wall's, in seconds. `keep_going`: a miss does not end the run. `contracts`:
    there are some that a replay holds what is sent against.
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
    contracts: bool = False

    def leave(self, run: str | os.PathLike[str]) -> None:
        """Every process that is told of this folder can read them there from now on; `UsageError` on a full disk."""
        try:
            with open(os.path.join(run, SESSION), "x", encoding="ascii") as file:  # noqa: PTH118, PTH123 -- as in `read`
                json.dump(asdict(self), file)
        except OSError as error:
            from replaykit.launch.folder import unusable

            raise unusable(error, run) from error

    @classmethod
    def read(cls, run: str | os.PathLike[str]) -> Settings:
        """From the run's folder."""
        with open(os.path.join(run, SESSION), encoding="ascii") as file:  # noqa: PTH118, PTH123 -- a child has no pathlib
            return cls(**json.load(file))


def note(run: str | os.PathLike[str], *record: object) -> bool:
    """Whether one line could be appended to what the processes of a run say of themselves."""
    path = os.path.join(run, PROCESSES)  # noqa: PTH118 -- called within the program's own `Popen`
    line = f"{record!a}\n".encode("ascii")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError:
        return False
    try:
        return os.write(descriptor, line) == len(line)
    except OSError:  # no space
        return False
    finally:
        os.close(descriptor)


def left(run: str | os.PathLike[str]) -> Iterator[Record]:
    """The lines that processes have left; what is not one (a write cut short) is passed over."""
    import ast

    try:
        with open(os.path.join(run, PROCESSES), encoding="ascii", errors="replace") as file:  # noqa: PTH118, PTH123
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            yield ast.literal_eval(line)
        except (SyntaxError, ValueError):
            continue
