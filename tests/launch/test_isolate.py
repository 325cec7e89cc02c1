"""A command without a network of any kind, where the machine allows it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from replaykit.launch.isolate import isolated

if TYPE_CHECKING:
    from collections.abc import Sequence


def inside(command: Sequence[str]) -> list[str]:
    """The command in a network namespace; the test is skipped, with the reason, where there is none."""
    isolation = isolated(command)
    if isolation.command is None:
        assert isolation.reason
        pytest.skip(isolation.reason)
    return list(isolation.command)


def said(script: str) -> str:
    """What a script prints in there."""
    return subprocess.run(inside([sys.executable, "-c", script]), text=True, check=True, stdout=subprocess.PIPE).stdout


def test_there_is_no_way_out() -> None:
    """Beyond loopback nothing can be reached, though nothing in the program refuses it."""
    script = "import socket; print(socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect_ex(('192.0.2.1', 9)) != 0)"
    assert "True\n" == said(script)


def test_loopback_works() -> None:
    """A server and a client in there find each other."""
    script = (
        "import socket\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "client = socket.create_connection(server.getsockname())\n"
        "client.sendall(b'hello')\n"
        "print(server.accept()[0].recv(5))"
    )
    assert "b'hello'\n" == said(script)


def test_the_program_is_who_it_was() -> None:
    """User, group and signal dispositions are those outside."""
    script = "import os, signal; print(os.getuid(), os.getgid(), signal.getsignal(signal.SIGINT).__name__)"
    assert f"{os.getuid()} {os.getgid()} default_int_handler\n" == said(script)


def test_a_broken_pipe_kills_as_ever() -> None:
    """SIGPIPE, which Python ignores for itself, is not ignored by the program."""
    process = subprocess.Popen(inside(["yes"]), stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert b"y\n" == process.stdout.read(2)
    process.stdout.close()
    assert -13 == process.wait(20)


def test_the_exit_code_passes() -> None:
    """The program's exit code is the command's, and a missing program says 127."""
    assert 7 == subprocess.run(inside(["sh", "-c", "exit 7"]), check=False).returncode
    missing = subprocess.run(inside(["nonesuch-program"]), check=False, capture_output=True, text=True)
    assert (127, "replaykit: cannot run 'nonesuch-program': No such file or directory\n") == (
        missing.returncode,
        missing.stderr,
    )
