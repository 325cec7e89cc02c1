"""A process below `replaykit record` or `replaykit replay`, and its part in the run, for as long as it lives.

    what the program does                          what is loaded
    it computes and prints                         this module (2 ms)
    it imports `socket` or `subprocess`,           the guard
    or becomes another program
    it imports httpx or httpx2, or has a tool      the session, and the store with it

Law: started by the hook before the program's first line. Everything it keeps is committed as it
happens, so that it need not be ended well. A recording that cannot begin is said at the end, and
the program runs on; a replay that cannot begin is an error where it was to begin.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading

from replaykit.imports import Watch

TYPE_CHECKING = False  # `typing` itself takes 8 ms
if TYPE_CHECKING:
    from contextlib import ExitStack
    from typing import Any

    from replaykit.core.model import Unseen
    from replaykit.launch.settings import Settings
    from replaykit.session import Session

LIBRARIES = frozenset({"httpx", "httpx2"})
NEEDY = LIBRARIES | {"replaykit.tools", "replaykit.launch.program"}
"""Modules whose import means that a session is needed."""

REACHING = {"socket": "", "subprocess": "", "_socket": "socket", "_posixsubprocess": "subprocess"}
"""Modules whose import means that the guard is needed, unless another one that means so is just importing them."""

STARTING = frozenset({"os.exec", "os.posix_spawn", "os.system"})
"""Audit events of other programs being started without `subprocess`."""

OLDEST = (3, 11)


class Process:
    """A process and its part in the run; each of its pieces is made when it is first needed."""

    def __init__(self, run: str) -> None:
        """`run` is the run's folder, which has its settings."""
        self._run = run
        self._guarded = False
        self._begun = False
        self._session: Session | None = None
        self._stack: ExitStack | None = None
        self._lock = threading.RLock()
        self._watch = Watch(NEEDY | REACHING.keys(), self._imported)

    def watch(self) -> None:
        """Be ready for the first import of an HTTP library, the first tool, the first connection."""
        self._watch.start()

        def hook(event: str, _found: object, starting: frozenset[str] = STARTING, guard: Any = self.guard) -> None:  # noqa: ANN401
            if event in starting:
                guard()

        sys.addaudithook(hook)
        os.register_at_fork(after_in_child=self._after_fork)
        atexit.register(self.end)

    def guard(self) -> None:
        """Watch this process's connections, and cover the programs that it starts."""
        with self._lock:
            if self._guarded:
                return
            self._guarded = True
            from replaykit.guard import Guard
            from replaykit.launch.children import carry, spawner

            Guard(self._note, self._settings().mode == "replay", lambda _host: False, spawner(self._run)).start()
            self._carried = carry()

    def begin(self) -> Session | None:
        """The session, put in place in this process; None when a recording could not begin."""
        with self._lock:
            if not self._begun:
                self._begun = True
                self.guard()
                self._watch.stop()
                try:
                    self._open()
                except Exception as error:
                    self._failed(error)
                    if self._settings().mode == "replay":
                        raise
            return self._session

    def end(self) -> None:
        """Keep what is still open; everything else is kept already. What could not be kept is said."""
        stack, self._stack = self._stack, None
        if stack is None or self._session is None:
            return
        stack.close()
        self._session.end()
        recorder = self._session.recorder
        if recorder is not None and recorder.lost:
            from replaykit.launch.settings import note

            note(self._run, "lost", os.getpid(), recorder.lost, str(recorder.problem))

    def _settings(self) -> Settings:
        from replaykit.launch.settings import Settings

        try:
            return Settings.read(self._run)
        except Exception as error:
            self._failed(error)
            raise

    def _open(self) -> None:
        from replaykit.launch.part import part_of

        self._session, self._stack = part_of(self._settings(), self._run)

    def _failed(self, error: Exception) -> None:
        from replaykit.launch.settings import note

        note(self._run, "failed", os.getpid(), sys.executable, str(error) or repr(error))

    def _imported(self, name: str) -> None:
        """A module has been imported; one that another thread was importing meanwhile is routed, too."""
        if name in REACHING:
            if REACHING[name] not in sys.modules:
                self.guard()
        elif self.begin() is not None and name in LIBRARIES:
            from replaykit.transport.patch import PATCH

            PATCH.library(name)

    def _note(self, unseen: Unseen) -> None:
        session = self.begin()
        if session is not None:
            session.saw(unseen)

    def _after_fork(self) -> None:
        self._lock = threading.RLock()
        util = sys.modules.get("multiprocessing.util")
        if util is not None:  # its children end without `atexit`
            util.register_after_fork(self, lambda process: util.Finalize(None, process.end, exitpriority=0))


def start() -> None:
    """Have this process take part in the run that its environment names, until it ends."""
    if sys.version_info < OLDEST:
        raise ImportError(f"replaykit needs Python {'.'.join(map(str, OLDEST))}")
    Process(os.environ["REPLAYKIT_RUN"]).watch()
