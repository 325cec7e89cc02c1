"""How the guard reads what it meets: the words of a command line, hosts and addresses."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from replaykit.guard.names import REMEMBERED, Names, literal, local
from replaykit.guard.programs import Program, program, shut


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["/usr/bin/git", "status"], Program("git")),
        (["sh", "-c", "A=b curl -s 'x y' | jq ."], Program("curl")),
        (["bash", "-lc", "exec 'unfinished"], Program("exec")),
        (["bash", "script.sh"], Program("bash")),
        (["python3.12", "-I", "x.py"], Program("python3.12", python=True)),
        (["/opt/pypy3", "x.py"], Program("pypy3", python=True)),
        (["pythonic"], Program("pythonic")),
        (["env", "-u", "X", "A=b", "python", "x.py"], Program("python", python=True)),
        (["timeout", "-k", "5", "10s", "nice", "-n", "5", "python3", "x.py"], Program("python3", python=True)),
        (["timeout", "5", "grep", "python"], Program("grep")),
        (["uv", "run", "x.py"], Program("uv", launcher=True)),
        (["uname", "-a"], Program("uname", asking=True)),
        ([b"git", Path("x")], Program("git")),
        ([], Program("")),
        (["env"], Program("env")),
    ],
)
def test_a_command_line_says_what_it_starts(command: list[Any], expected: Program) -> None:
    """The program that matters is found behind wrappers and shells."""
    assert expected == program(command)


def test_a_script_for_python_is_a_python(tmp_path: Path) -> None:
    """A console script is known by its first line, a binary is not taken for one."""
    script = tmp_path / "tool"
    script.write_text("#!/usr/bin/env python3\n")
    script.chmod(0o755)
    assert Program("tool", python=True) == program([script])
    script.write_bytes(b"\x7fELF python")
    assert Program("tool") == program([script])


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([], ""),
        (["-S"], "-S"),
        (["-sE"], "-E"),
        (["-u", "-I"], "-I"),
        (["-W", "error", "-S"], "-S"),
        (["-Xdev", "-E"], "-E"),
        (["-W", "-S"], ""),
        (["-c", "-S"], ""),
        (["-m", "x", "-I"], ""),
        (["-um", "x", "-I"], ""),
        (["x.py", "-S"], ""),
        (["-", "-S"], ""),
        (["--version", "-S"], ""),
    ],
)
def test_flags_that_keep_us_out_are_found(flags: list[str], expected: str) -> None:
    """Only the interpreter's own flags count, not those of its program."""
    assert expected == shut(["env", "python3", *flags])


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("app.localhost", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", True),  # noqa: S104 -- compared, not bound
        ("", True),
        (socket.gethostname(), True),
        ("localhost.example.com", False),
        ("192.0.2.1", False),
        ("::ffff:192.0.2.1", False),
        ("fe80::1%eth0", False),
        ("10.0.0.1", False),
        ("a\0b", False),
    ],
)
def test_this_machine_is_known(host: str, expected: bool) -> None:  # noqa: FBT001 -- a table
    """Loopback by name or address is this machine, anything else is beyond."""
    assert expected == local(host)


def test_addresses_are_no_names() -> None:
    """An address needs no resolver."""
    assert [True, True, True, False] == [literal(host) for host in ("192.0.2.1", "::1", "fe80::1%eth0", "example.com")]


def test_names_are_remembered_for_a_while() -> None:
    """The last name asked for an address counts, and memory is bounded."""
    names = Names()
    names.remember("old.example", ["192.0.2.7"])
    names.remember("new.example", ["192.0.2.7", "2001:db8::7"])
    assert ["new.example", "new.example", "192.0.2.8"] == [
        names.name(address) for address in ("192.0.2.7", "2001:db8::7", "192.0.2.8")
    ]
    for number in range(REMEMBERED):
        names.remember("many.example", [str(number)])
    assert "192.0.2.7" == names.name("192.0.2.7")


def test_the_next_address_of_a_name_is_no_new_connection() -> None:
    """When one address fails and the next is tried, that is one connection; the same one again is another."""
    names = Names()
    names.remember("a.example", ["2001:db8::1", "192.0.2.1"])
    tries = ["2001:db8::1", "192.0.2.1", "2001:db8::1", "192.0.2.1", "192.0.2.1", "198.51.100.1"]
    assert [False, True, False, True, False, False] == [names.again(address) for address in tries]
