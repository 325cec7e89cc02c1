"""Brings the session into a Python below a recorded command: `site` imports this at its start.

Law: the program sees what it would see without us. What this module shadows runs first and takes
its place, the folder leaves `sys.path`, and nothing here costs more than a file opened and written.

It runs in whatever interpreter the command has chosen, which may be old and may lack replaykit: so
it imports nothing but `os` and `sys`, and leaves a line in the run's folder for every process. The
lines are tuples in Python's own notation, read by `replaykit.launch.children`:

    ("start", pid, words of the command line)     this process can be covered
    ("fork", pid, parent)                         a child that goes on as a copy of its parent
    ("missing", pid, interpreter, error)          replaykit cannot be imported here
    ("failed", pid, interpreter, error)           it can, and would not start
"""

from __future__ import annotations

import os
import sys

WORD = 200
"""Characters kept of each word of a command line: enough to know it again."""


def write(*record: object) -> None:
    """Append one line to the run's list of processes; without a folder for it, nothing happens."""
    line = (ascii(record) + "\n").encode("ascii")
    try:
        path = os.path.join(os.environ["REPLAYKIT_RUN"], "processes")  # noqa: PTH118 -- pathlib costs milliseconds
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except (KeyError, OSError):
        return
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)


def shadowed() -> None:
    """Run the `sitecustomize` that would have been found without us, which then is `sitecustomize`."""
    folder = os.path.dirname(__file__)  # noqa: PTH120 -- as above
    sys.path[:] = [entry for entry in sys.path if entry != folder]
    own = sys.modules.pop(__name__)
    try:
        __import__(__name__)  # the next one on the path
    except ImportError as error:
        if error.name != __name__:
            raise
    finally:
        sys.modules.setdefault(__name__, own)


def start() -> None:
    """Announce this process, and start its session if there is one."""
    run = os.environ.get("REPLAYKIT_RUN", "")
    if not run:
        return
    words = getattr(sys, "orig_argv", [])
    write("start", os.getpid(), tuple(word[:WORD] for word in words))
    os.register_at_fork(after_in_child=lambda: write("fork", os.getpid(), os.getppid()))
    if not os.path.exists(os.path.join(run, "session.json")):  # noqa: PTH110, PTH118 -- as above
        return
    try:
        from replaykit.launch import child
    except Exception as error:  # noqa: BLE001 -- an old interpreter fails in its own ways
        write("missing", os.getpid(), sys.executable, repr(error))
        return
    try:
        child.start()
    except Exception as error:
        write("failed", os.getpid(), sys.executable, repr(error))
        raise


try:
    shadowed()
finally:
    start()
