"""Processes that begin with everything imported: one process imports, and a copy of it runs each command.

Law: what runs is a process of its own, with its own folder, environment and streams, and it ends as any
process does; only its imports were made before, and are not taken apart at its end (`leave`). What wants
the interpreter itself set otherwise gets one of its own (`fits`).

    python warm.py DESCRIPTOR MODULE...    the nest: imports the modules, then copies itself on request

A request is three descriptors, the streams, with a line of JSON; the answer is two lines: the copy's id,
and its exit code.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from signal import SIGKILL
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

COLD = ("LC_", "PYTHON", "TZ")
"""What the variables begin with that an interpreter reads when it starts."""

STAYS = frozenset({"__main__", "builtins", "sys"})
"""What an interpreter needs to its last moment."""

LIMIT = 1 << 16
"""Bytes of a request that are read at once, and bytes that fit into a pipe."""


def fits(variables: Mapping[str, str]) -> bool:
    """Whether a process that has begun already is what it would be, had it begun with these variables."""
    return not any(name.startswith(COLD) for name in variables)


class Nest:
    """The process with these modules, until `close` or our own end; it runs one command at a time."""

    def __init__(self, modules: Sequence[str]) -> None:
        """Start it; the first command waits for its imports."""
        self._lock = threading.Lock()
        self._wire, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno()), *modules], pass_fds=[theirs.fileno()]
            )
        self._answers: IO[bytes] = self._wire.makefile("rb")
        atexit.register(self.close)

    def run(
        self, words: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: str, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """What came of `python -m` with these words; it is killed after this many seconds."""
        request = {"words": [*words], "cwd": str(cwd), "env": dict(env)}
        with self._lock:
            out, err = self._begin(json.dumps(request), stdin.encode())
            guard = threading.Timer(timeout, os.kill, (int(self._answers.readline()), SIGKILL))
            guard.start()
            try:
                with ThreadPoolExecutor(2) as threads:
                    said = [each.decode() for each in threads.map(_read, (out, err))]
                return subprocess.CompletedProcess(words, int(self._answers.readline()), *said)
            finally:
                guard.cancel()

    def _begin(self, request: str, stdin: bytes) -> tuple[int, int]:
        """Where a new copy's standard output and error can be read; it has been given its input."""
        assert len(stdin) <= LIMIT, "nobody reads the pipe yet"
        (theirs_in, ours_in), (ours_out, theirs_out), (ours_err, theirs_err) = os.pipe(), os.pipe(), os.pipe()
        os.write(ours_in, stdin)
        os.close(ours_in)
        theirs = theirs_in, theirs_out, theirs_err
        socket.send_fds(self._wire, [request.encode() + b"\n"], theirs)
        for each in theirs:
            os.close(each)
        return ours_out, ours_err

    def close(self) -> None:
        """End it."""
        self._answers.close()
        self._wire.close()
        self._process.wait()


def _read(descriptor: int) -> bytes:
    with open(descriptor, "rb") as file:
        return file.read()


def receive(wire: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """The next request and its streams; None when nobody asks any more."""
    data, streams, _, _ = socket.recv_fds(wire, LIMIT, 3)
    while data and not data.endswith(b"\n"):
        data += wire.recv(LIMIT)
    return (json.loads(data), streams) if data else None


def serve(wire: socket.socket) -> dict[str, Any] | None:
    """In a copy: what it is to run, its streams being what was given; in the nest: None, at the end."""
    while (received := receive(wire)) is not None:
        request, streams = received
        child = os.fork()
        for number, each in enumerate(streams):
            if not child:
                os.dup2(each, number)
            os.close(each)
        if not child:
            return request
        wire.sendall(f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        wire.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    return None


def become(words: Sequence[str], cwd: str, env: Mapping[str, str]) -> None:
    """Run `python -m` with these words in this folder and environment."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.path[0] = cwd
    sys.argv = [*words]
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


def leave(shared: Mapping[str, object]) -> None:
    """Let these modules be, as the system frees them at once: to take them apart, a copy copies each page of them."""
    for name in shared.keys() - STAYS:
        sys.modules.pop(name, None)
    gc.freeze()


def main(descriptor: str, *modules: str) -> None:
    """Be the nest, and in each copy, what it is asked to be."""
    shared: dict[str, object] = {}
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(shared))  # it outlives every other object
    atexit.register(leave, shared)  # the first that is registered is the last that runs
    for module in modules:
        importlib.import_module(module)
    shared |= sys.modules
    gc.collect()
    gc.freeze()  # what is never looked at stays shared with the copies
    with socket.socket(fileno=int(descriptor)) as wire:
        request = serve(wire)
    if request is not None:
        become(**request)


if __name__ == "__main__":
    main(*sys.argv[1:])
