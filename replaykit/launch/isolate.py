"""A network namespace of its own for a command: no way out of this machine, for any kind of program.

Law: asked for and not possible is said, with the reason; the command keeps its user, its process
and its loopback. Linux only (user_namespaces(7), network_namespaces(7)).

This module is also the program that goes in front of the command: it moves itself into the new
namespace, brings loopback up and becomes the command. It runs with `-I -S`, so that neither the
session nor the user's packages load in it, and imports the standard library alone.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEWUSER, _NEWNET = 0x10000000, 0x40000000
"""Flags of unshare(2)."""

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1
"""SIOCGIFFLAGS, SIOCSIFFLAGS and IFF_UP, of netdevice(7)."""

_OUTSIDE = ("192.0.2.1", 9)
"""An address for documentation (RFC 5737), which a namespace with nothing but loopback has no route to."""

_MISSING, _REFUSED = 127, 126
"""Exit codes of a shell for a command that is not there, and for one that cannot be executed."""


@dataclass(frozen=True, slots=True)
class Isolation:
    """The command to run instead, or None and the reason why there is none."""

    command: tuple[str, ...] | None
    reason: str = ""


def isolated(command: Sequence[str]) -> Isolation:
    """How to run this command without a network, found by trying it on this machine (20 ms).

    A command that does not exist exits with 127 and says so, as in a shell.
    """
    if not sys.platform.startswith("linux"):
        return Isolation(None, f"{sys.platform} has no network namespaces")
    prefix = (sys.executable, "-I", "-S", __file__)
    probe = subprocess.run(prefix, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603
    if probe.returncode:
        return Isolation(None, probe.stderr.strip() or f"the attempt ended with {probe.returncode}")
    return Isolation((*prefix, *command))


def enter() -> None:
    """The process is in a network namespace of its own from here on, loopback up; OSError where it may not."""
    user, group = os.getuid(), os.getgid()
    try:
        _unshare(_NEWNET)
    except PermissionError:  # not privileged: as the head of a user namespace it is
        _unshare(_NEWUSER | _NEWNET)
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path("/proc/self", name).write_text(text, "ascii")
    _loopback_up()


def _unshare(flags: int) -> None:
    """Call unshare(2); Python has it from 3.12 on."""
    if sys.version_info >= (3, 12):
        os.unshare(flags)
        return
    import ctypes

    if ctypes.CDLL(None, use_errno=True).unshare(flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _loopback_up() -> None:
    """Bring up the namespace's own loopback, which is down at first."""
    import fcntl  # not on every system that this module is imported on

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        interface = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack_from("16sh", fcntl.ioctl(control, _GET_FLAGS, interface))[1]
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sh22x", b"lo", flags | _UP))


def _closed() -> bool:
    """Whether there is no route out of here; a datagram socket finds out without sending anything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        return probe.connect_ex(_OUTSIDE) != 0


def _become(command: Sequence[str]) -> int:
    """Never returns when the command can be executed; else the exit code that says why not."""
    for name in ("SIGPIPE", "SIGXFSZ"):  # ignored by Python itself, and an ignored signal is inherited
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        os.execvp(command[0], list(command))  # noqa: S606 -- running the user's command is what this is for
    except OSError as error:
        sys.stderr.write(f"replaykit: cannot run {command[0]!r}: {error.strerror}\n")
        return _MISSING if isinstance(error, FileNotFoundError) else _REFUSED


def main(command: Sequence[str]) -> int:
    """The exit code of an attempt without a command, 0 when isolation works here; else see `_become`."""
    try:
        enter()
    except OSError as error:
        sys.stderr.write(f"this machine allows no network namespace: {error.strerror}\n")
        return 1
    if command:
        return _become(command)
    if _closed():
        return 0
    sys.stderr.write("the new network namespace still has a way out\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
