"""Every Python below a command has the session, or is named: how both come about.

Law: a child is covered by its environment alone, its command line is never touched; which were not
is found by comparing what was started with who announced itself, never guessed.

    child                                  how it is covered
    subprocess, spawn, forkserver          PYTHONPATH leads to our `sitecustomize`
    fork                                   as a copy of its parent
    subprocess with an environment anew    `carry` adds to it what ours has
    -S, -I, -E; an interpreter without us  not at all: `uncovered` names it

In the run's folder, `processes` has a line for each process that announced itself (see
`hook/sitecustomize.py`) and one, ("spawn", pid, words), for each Python that was started. The other
lines are `child.py`'s ("lost") and `witness.py`'s ("remark").
"""

from __future__ import annotations

import os
from collections import Counter
from functools import cache, wraps
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any, TypeAlias

from replaykit.core.model import Unseen
from replaykit.guard.programs import program, shut, unwrapped
from replaykit.launch.settings import left, note

if TYPE_CHECKING:
    import inspect
    import subprocess
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Words: TypeAlias = tuple[str, ...]

RUN = "REPLAYKIT_RUN"
"""Names the variable that holds the run's folder, where everything else is."""

HOOK = str(Path(__file__).with_name("hook"))
"""The folder whose only module is `sitecustomize`."""

SHOWN = 50
"""Characters of a command line that a person is shown: the program, its flags, and the beginning of the rest."""

WORD = 200
"""Characters kept of each word of a command line, as in the hook."""


def environment(base: Mapping[str, str], run: str | os.PathLike[str]) -> dict[str, str]:
    """The environment of a command whose Pythons shall announce themselves in this folder, and have its session."""
    return {**base, RUN: os.fspath(run), "PYTHONPATH": _hooked(base.get("PYTHONPATH", ""))}


def spawner(run: str | os.PathLike[str]) -> Callable[[Sequence[str]], None]:
    """A function that notes in the run's folder that this command is being started, if it is a Python."""

    def spawned(command: Sequence[str]) -> None:
        """Append one line; where that fails the program goes on all the same."""
        if program(command).python:
            note(run, "spawn", os.getpid(), _brief(command))

    return spawned


def carry() -> Callable[[], None]:
    """From now on, Pythons that this process starts with an environment anew have the session, too.

    Only what a covered child needs is added, to a copy; the result takes all back. MCP clients
    start their servers like this, with half a dozen variables.
    """
    import subprocess

    own = {RUN: os.environ[RUN]} if RUN in os.environ else {}
    original = subprocess.Popen.__init__

    @cache
    def signature() -> inspect.Signature:
        import inspect  # 5 ms, for a process that starts others

        return inspect.signature(original)

    @wraps(original)
    def start(self: subprocess.Popen[Any], *arguments: Any, **named: Any) -> None:  # noqa: ANN401 -- as it was called
        try:
            bound = signature().bind(self, *arguments, **named)
        except TypeError:
            original(self, *arguments, **named)
            return
        bound.arguments["env"] = _carried(bound.arguments, own)
        original(*bound.args, **bound.kwargs)

    def undo() -> None:
        """Put the original back, unless somebody has wrapped ours since."""
        if subprocess.Popen.__init__ is start:
            subprocess.Popen.__init__ = original  # type: ignore[method-assign]

    subprocess.Popen.__init__ = start  # type: ignore[method-assign]
    return undo


def uncovered(run: str | os.PathLike[str]) -> tuple[Unseen, ...]:
    """The Pythons of a run that had no session, and why; each once, with how often."""
    records = list(left(run))
    announced = [tuple(record[2]) for record in records if record[0] == "start"]
    started = [unwrapped(record[2]) for record in records if record[0] == "spawn"]
    found = Counter(
        [(record[2], _WHY[record[0]].format(record[3])) for record in records if record[0] in _WHY]
        + [(shown(words), _reason(words)) for words in _unmatched(started, announced) if _exists(words[0])]
    )
    return tuple(Unseen(what, how, times) for (what, how), times in found.items())


def lost(run: str | os.PathLike[str]) -> Counter[str]:
    """How many steps the processes of a run could not keep, by what the store said."""
    found: Counter[str] = Counter()
    for record in left(run):
        if record[0] == "lost":
            found[record[3]] += record[2]
    return found


_WHY = {"missing": "replaykit is missing from it: {}", "failed": "its session did not start: {}"}


def _reason(words: Sequence[str]) -> str:
    """Why a Python that was started has not announced itself."""
    flag = shut(words)
    return f"started with {flag}" if flag else "never announced itself"


def _unmatched(started: Iterable[list[str]], announced: list[Words]) -> list[list[str]]:
    """The command lines that nobody announced: exact matches are made first, then those of scripts and shims."""
    unknown = list(started)
    for match in (_exactly, _loosely):
        still = []
        for words in unknown:
            found = next((other for other in announced if match(words, other)), None)
            if found is None:
                still.append(words)
            else:
                announced.remove(found)
        unknown = still
    return unknown


def _exactly(words: list[str], announced: Words) -> bool:
    """Whether these are the same words."""
    return tuple(words) == announced


def _loosely(words: list[str], announced: Words) -> bool:
    """Whether a process may have come of these words: its interpreter stands elsewhere, its arguments agree."""
    if len(words) > 1:
        return announced[1 - len(words) :] == tuple(words[1:])
    return announced[-1:] in ((words[0],), (which(words[0]),)) or len(announced) == 1


def _exists(path: str) -> bool:
    """Whether this command can have been started at all; a relative path gets the benefit of the doubt."""
    return which(path) is not None or (os.sep in path and not path.startswith(os.sep))


def shown(words: Sequence[str]) -> str:
    """A command line for people: short, on one line, and not quoted, for nobody is to type it."""
    line = " ".join(" ".join([os.path.basename(words[0]), *words[1:]]).split())  # noqa: PTH119 -- as the system reads it
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def _brief(command: Sequence[str]) -> Words:
    """A command line as it is written down."""
    return tuple(word[:WORD] for word in command)


def _carried(arguments: Mapping[str, Any], own: Mapping[str, str]) -> Mapping[Any, Any] | None:
    """The environment to start a child with, given `Popen`'s arguments: as it is, or with the session added.

    One that names a run is left with that: the child is `replaykit replay`'s, below `replaykit record`.
    """
    given: Mapping[Any, Any] | None = arguments.get("env")
    target = {os.fsdecode(name): os.fsdecode(value) for name, value in (os.environ if given is None else given).items()}
    covered = {**own, **target, "PYTHONPATH": _hooked(target.get("PYTHONPATH", ""))}
    return covered if own and covered != target and _may_be_python(arguments) else given


def _may_be_python(arguments: Mapping[str, Any]) -> bool:
    """Whether `Popen`'s arguments start a Python, or something that is there to start one."""
    words = arguments["args"]
    listed = [words] if isinstance(words, (str, bytes, os.PathLike)) else list(words)
    listed = (
        ["sh", "-c", *listed] if arguments.get("shell") else [arguments.get("executable") or listed[0], *listed[1:]]
    )
    started = program(listed)
    return started.python or started.launcher


def _hooked(path: str) -> str:
    """A PYTHONPATH that begins with our folder."""
    others = [entry for entry in path.split(os.pathsep) if entry != HOOK] if path else []
    return os.pathsep.join([HOOK, *others])
