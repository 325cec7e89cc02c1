"""Which interpreter the `python` of a command is: the one on PATH, as long as it knows replaykit.

    the first word                     record                       replay, record --again
    a Python that knows replaykit      as it is                     as it is
    `python`, and it does not          an error, with the remedy    ours, unless an environment is active
    a Python that is not there         as it is                     ours
    a script that is no command        an error, with the remedy    as it is
    anything else                      as it is                     as it is

Law: a recording runs what was typed, or nothing. An episode from another machine names an
interpreter that stands elsewhere here.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PYTHON = re.compile(r"python[\d.]*")
_BARE = frozenset({"python", "python3"})
"""Words that mean whichever interpreter is meant here."""


def typed(command: Sequence[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """The command as it was typed; `UsageError` when its Python would not be recorded."""
    words = tuple(command)
    if not words:
        return words
    found = shutil.which(words[0], path=environment.get("PATH"))
    if found is None and words[0].endswith(".py"):
        meant = shlex.join(["python", *words])
        raise UsageError(f"cannot run {words[0]!r}: it is no command", remedy=f"did you mean `{meant}`?")
    if words[0] not in _BARE:
        return words
    if found is not None and not _knows(found, environment):
        raise _ignorant(found, words)
    return words


def recorded(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """The command of an episode with an interpreter that stands here."""
    words = tuple(command)
    if not words or not _PYTHON.fullmatch(os.path.basename(words[0])):  # noqa: PTH119 - as the system reads it
        return words
    found = _find(words[0], environment, folder)
    if found is not None and (words[0] not in _BARE or _knows(found, environment)):
        return words
    if found is not None and environment.get("VIRTUAL_ENV"):
        raise _ignorant(found, words)
    return (sys.executable, *words[1:])


def _find(word: str, environment: Mapping[str, str], folder: Path) -> str | None:
    """The interpreter that a word means; one with a slash is seen from the command's folder."""
    named = str(folder / word) if os.sep in word else word
    return shutil.which(named, path=environment.get("PATH"))


def _knows(interpreter: str, environment: Mapping[str, str]) -> bool:
    """Whether replaykit can be imported there; ours is not asked, which saves 30 ms."""
    if Path(interpreter).parent == Path(sys.executable).parent:
        return True
    found = subprocess.run(  # noqa: S603 - the interpreter that is about to run
        # -P: what stands in the present folder is not what a script would find.
        [interpreter, "-P", "-c", "import importlib.util as u, sys; sys.exit(u.find_spec('replaykit') is None)"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(environment),
        check=False,
    )
    return found.returncode == 0


def _ignorant(found: str, words: Sequence[str]) -> UsageError:
    return UsageError(
        f"{found} has no replaykit: nothing would be recorded",
        remedy=f"install replaykit-llm there, or name the interpreter: `{sys.executable} {' '.join(words[1:])}`",
    )
