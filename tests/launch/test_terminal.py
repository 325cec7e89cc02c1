"""A command at a terminal behaves as if nobody stood between: what a person sees, types and interrupts."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import termios
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.launch.conftest import Stage

KINDS = "import os, sys; print([os.isatty(n) for n in range(3)])"

TERMINALS: list[tuple[dict[str, Any], list[bool]]] = [
    ({}, [True, True, True]),
    ({"stdin": subprocess.DEVNULL}, [False, True, True]),
    ({"stdout": subprocess.DEVNULL}, [True, False, True]),
    ({"stdout": subprocess.PIPE}, [True, False, True]),
    ({"stderr": subprocess.DEVNULL}, [True, True, False]),
    ({"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}, [False, False, True]),
]


@pytest.mark.parametrize(("wires", "expected"), TERMINALS)
def test_a_terminal_stays_one_and_nothing_else_becomes_one(
    stage: Stage, wires: dict[str, Any], expected: list[bool]
) -> None:
    """Each descriptor is a terminal for the program exactly if it is one for us."""
    person = stage.sit(sys.executable, "-c", KINDS, wires=wires)
    assert f"{expected}\n" == person.leave()["stdout"]


def test_a_person_types_and_reads(stage: Stage) -> None:
    """The terminal shows what it would show, and the copies hold what was read and printed, without the echo."""
    script = "print('hello'); name = input('name? '); print('bye', name)"
    person = stage.sit(sys.executable, "-c", script)
    person.await_(b"name? ")
    person.type(b"Bod\x7fb\r")
    ran = person.leave()
    assert b"hello\r\nname? Bod\x08 \x08b\r\nbye Bob\r\n" == person.seen
    assert ("hello\nbye Bob\n", "Bob\n") == (ran["stdout"], ran["stdin"])


def test_standard_error_ends_its_lines_on_a_terminal(stage: Stage) -> None:
    """What bypasses us looks on the terminal as ever while we hold its keyboard."""
    person = stage.sit(sys.executable, "-c", "import sys; print('a\\nb', file=sys.stderr)")
    person.leave()
    assert b"a\r\nb\r\n" == person.seen


@pytest.mark.parametrize("together", ["terminal", "pipe"])
def test_errors_do_not_overtake_output(stage: Stage, together: str) -> None:
    """Where output and errors go to the same place, each line stands where it was printed."""
    error = "err " if together == "terminal" else "err\\n"
    script = f"import os\nfor n in range(50): os.write(1, b'out\\n'); os.write(2, b'{error}')"
    if together == "terminal":
        person = stage.sit(sys.executable, "-c", script)
        printed = person.leave()["stdout"]
        seen = person.seen.replace(b"\r\n", b"\n")
    else:
        ran = stage.python(script, wires={"stderr": subprocess.STDOUT})
        printed, seen = ran["stdout"], ran["passed"]
    assert "out\n" * 50 == printed
    assert 50 == seen.count(b"err")
    before = [part.count(b"out") for part in seen.split(b"err")[:-1]]
    behind = [number for number, count in enumerate(itertools.accumulate(before)) if count < number + 1]
    assert [] == behind


def test_the_interrupt_key_interrupts(stage: Stage) -> None:
    """Ctrl-C at the terminal is KeyboardInterrupt in the program, and only there."""
    script = (
        "import signal\n"
        "try: print('ready', flush=True); signal.pause()\n"
        "except KeyboardInterrupt: print('stopped'); raise SystemExit(6)"
    )
    person = stage.sit(sys.executable, "-c", script)
    person.await_(b"ready\r\n")
    person.type(b"\x03")
    assert (6, "ready\nstopped\n") == tuple(person.leave()[name] for name in ("exit_code", "stdout"))


def test_the_interrupt_key_reaches_a_program_in_a_pipeline(stage: Stage) -> None:
    """Ctrl-C is heard, too, where standard input is no terminal."""
    script = (
        "import signal\ntry: print('ready', flush=True); signal.pause()\nexcept KeyboardInterrupt: raise SystemExit(6)"
    )
    person = stage.sit(sys.executable, "-c", script, wires={"stdin": subprocess.DEVNULL})
    person.await_(b"ready\r\n")
    person.type(b"\x03")
    assert 6 == person.leave()["exit_code"]


def test_the_suspend_key_suspends_the_program_and_us(stage: Stage) -> None:
    """Ctrl-Z stops the program, then us, so that a shell gets its prompt; continued, both go on."""
    script = (
        "import signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCONT])\n"
        "print('ready', flush=True)\n"
        "signal.sigwait([signal.SIGCONT])\n"
        "print('again')"
    )
    person = stage.sit(sys.executable, "-c", script, wires={"stdin": subprocess.DEVNULL})
    person.await_(b"ready\r\n")
    person.type(b"\x1a")
    _, status = os.waitpid(person.process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    person.process.send_signal(signal.SIGCONT)
    assert "ready\nagain\n" == person.leave()["stdout"]


def test_the_end_of_file_key_ends_the_input(stage: Stage) -> None:
    """Ctrl-D ends what the program reads; the copy has the lines without it."""
    person = stage.sit(sys.executable, "-c", "import sys; print('>'); print(sys.stdin.read().split())")
    person.await_(b">\r\n")
    person.type(b"one\rtwo\r\x04")
    ran = person.leave()
    assert (">\n['one', 'two']\n", "one\ntwo\n") == (ran["stdout"], ran["stdin"])


def test_a_new_size_reaches_the_program(stage: Stage) -> None:
    """When the window changes, the program is told, and sees the new size."""
    script = (
        "import os, signal\n"
        "def changed(*_): print(os.get_terminal_size().columns); raise SystemExit\n"
        "signal.signal(signal.SIGWINCH, changed)\n"
        "print(os.get_terminal_size().columns)\n"
        "while True: signal.pause()"
    )
    for wires in ({}, {"stdin": subprocess.DEVNULL}):
        person = stage.sit(sys.executable, "-c", script, wires=wires)
        person.await_(b"80\r\n")
        termios.tcsetwinsize(person.theirs, (24, 100))
        assert "80\n100\n" == person.leave()["stdout"]


def test_a_program_that_takes_the_whole_screen_is_shown_raw(stage: Stage) -> None:
    """A program that turns output processing off finds it off on the real terminal, and on again afterwards."""
    script = (
        "import sys, termios, tty\n"
        "before = termios.tcgetattr(0)\n"
        "tty.setraw(0)\n"
        "print('a\\nb', end='', flush=True)\n"
        "key = sys.stdin.read(1)\n"
        "termios.tcsetattr(0, termios.TCSADRAIN, before)\n"
        "print('key', key)"
    )
    person = stage.sit(sys.executable, "-c", script)
    person.await_(b"a\nb")
    person.type(b"q")
    assert "a\nbkey q\n" == person.leave()["stdout"]
    assert b"a\nbkey q\r\n" == person.seen


@pytest.mark.parametrize("how", ["itself", "killed", "timeout"])
def test_the_terminal_is_left_as_it_was_found(stage: Stage, how: str) -> None:
    """However the run ends, the terminal's modes are what they were."""
    script = {"itself": "print('ready')", "killed": "import os; print('ready'); os.kill(os.getpid(), 9)"}.get(
        how, "import time; print('ready'); time.sleep(100)"
    )
    person = stage.sit(sys.executable, "-c", script, timeout=0.3 if how == "timeout" else None)
    before = termios.tcgetattr(person.theirs)
    person.await_(b"ready")
    assert before == person.leave()["modes"]


def test_a_password_can_be_asked_for(stage: Stage) -> None:
    """A program that opens the terminal by its name finds one, and its echo is off when it says so."""
    person = stage.sit(sys.executable, "-c", "import getpass; print(len(getpass.getpass('secret: ')))")
    person.await_(b"secret: ")
    person.type(b"hush\r")
    ran = person.leave()
    assert ran["stdout"].endswith("4\n")
    assert b"hush" not in person.seen


def test_a_pager_downstream_keeps_the_keys(stage: Stage) -> None:
    """In a pipeline the terminal's modes are not ours to change, yet a program that reads it is let."""
    person = stage.sit(
        sys.executable,
        "-c",
        "import sys; print('ready', file=sys.stderr); print(input())",
        wires={"stdout": subprocess.PIPE},
    )
    before = termios.tcgetattr(person.theirs)
    person.await_(b"ready")
    assert before == termios.tcgetattr(person.theirs)
    person.type(b"typed\n")
    assert "typed\n" == person.leave()["stdout"]
