"""A command that is run and copied behaves as if nobody stood between."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from replaykit.errors import UsageError
from replaykit.launch.command import run
from replaykit.launch.command.terminal import kind

if TYPE_CHECKING:
    from pathlib import Path

    from tests.launch.conftest import Stage

READ = "import sys; print(sys.stdin.read().upper(), end='')"
MEGABYTE = 1024 * 1024


def test_what_is_printed_passes_and_is_kept(stage: Stage) -> None:
    """Standard output arrives byte for byte, and so does its copy."""
    ran = stage.python("import sys; sys.stdout.buffer.write(bytes(range(256)) + b'\\r\\n')")
    assert bytes(range(256)) + b"\r\n" == ran["passed"]
    assert (bytes(range(256)) + b"\r\n").decode("latin-1") == ran["stdout"]
    assert "itself" == ran["ended_by"]


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_the_exit_code_is_the_programs(stage: Stage, code: int) -> None:
    """An exit code comes back as it was."""
    ran = stage.python(f"raise SystemExit({code})")
    assert (code, None) == (ran["exit_code"], ran["signal"])


def test_a_killed_program_has_a_signal(stage: Stage) -> None:
    """A program that a signal ended has 128 and its number as exit code, as in a shell."""
    ran = stage.python("import os; os.kill(os.getpid(), 9)")
    assert (137, 9) == (ran["exit_code"], ran["signal"])


def test_standard_error_is_left_alone(stage: Stage) -> None:
    """Standard error goes where it went, and is not kept."""
    ran = stage.python("import sys; print('oh', file=sys.stderr)", wires={"stderr": subprocess.STDOUT})
    assert b"oh\n" == ran["passed"]
    assert "" == ran["stdout"]


def test_a_pipe_is_read_and_kept(stage: Stage) -> None:
    """What comes through a pipe reaches the program, then its end; the copy has it, too."""
    ran = stage.python(READ, wires={"input": b"lines\nto read\n"})
    assert b"LINES\nTO READ\n" == ran["passed"]
    assert "lines\nto read\n" == ran["stdin"]


def test_a_file_is_copied_as_far_as_it_was_read(stage: Stage) -> None:
    """A file stays the program's own standard input, and only what it read is kept."""
    path = stage.folder / "in.txt"
    path.write_text("first\nsecond\nthird\n")
    with path.open() as file:
        file.seek(6)
        ran = stage.python(
            "import os, stat; print(stat.S_ISREG(os.fstat(0).st_mode), os.read(0, 7).decode())", wires={"stdin": file}
        )
        assert 13 == os.lseek(file.fileno(), 0, os.SEEK_CUR)
    assert b"True second\n\n" == ran["passed"]
    assert "second\n" == ran["stdin"]


def test_fed_bytes_are_exact(stage: Stage) -> None:
    """Given bytes are all the program reads, whatever our own standard input has."""
    ran = stage.python(READ, wires={"input": b"not this"}, stdin="this\n")
    assert b"THIS\n" == ran["passed"]
    assert "this\n" == ran["stdin"]


def test_a_program_that_reads_nothing_is_not_waited_for(stage: Stage) -> None:
    """Input that nobody reads holds nothing up, though its sender never ends."""
    reading, writing = os.pipe()
    ran = stage.python("print('done')", wires={"stdin": reading})
    os.close(reading)
    os.close(writing)
    assert b"done\n" == ran["passed"]


def test_more_input_than_a_pipe_holds_does_not_deadlock(stage: Stage) -> None:
    """A program that answers while it reads is fed and heard at the same time."""
    data = os.urandom(3 * MEGABYTE)
    ran = stage.play("cat", wires={"input": data})
    assert data == ran["passed"]
    assert data.decode("latin-1") == ran["stdin"] == ran["stdout"]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_descriptors_stay_closed(stage: Stage, closed: str) -> None:
    """What was closed for us is closed for the program, and nothing else takes its number."""
    open_ones = "import os\ndef there(n):\n  try: os.fstat(n)\n  except OSError: return False\n  return True\n"
    script = (
        open_ones + f"said = str([there(n) for n in range(3)])\nopen({str(stage.folder / 'said')!r}, 'w').write(said)"
    )
    line = stage.line("python", "-c", script)
    line[4] = sys.executable
    stage.play("sh", "-c", f'exec "$@" {closed}', "sh", *line)
    shut = [number for number, mark in enumerate(("<&-", " >&-", "2>&-")) if mark in " " + closed]
    assert str([number not in shut for number in range(3)]) == (stage.folder / "said").read_text()


def test_output_that_nobody_reads_ends_the_program_as_ever(stage: Stage) -> None:
    """When the reader leaves, a program that goes on printing meets a broken pipe."""
    process = stage.start("yes", wires={"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE})
    assert process.stdout is not None
    assert b"y\n" == process.stdout.read(2)
    process.stdout.close()
    process.wait(20)
    assert signal.SIGPIPE == stage.report["signal"]


def test_a_hundred_megabytes_pass_in_bounded_memory(stage: Stage) -> None:
    """A big output arrives whole while we hold little of it, and the copy says that it was cut."""
    script = "import sys\nfor n in range(100): sys.stdout.buffer.write(bytes([n]) * 2**20)"
    process = stage.start(
        sys.executable, "-c", script, wires={"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}, keep=MEGABYTE
    )
    assert process.stdout is not None
    digest = hashlib.sha256()
    while data := process.stdout.read(MEGABYTE):
        digest.update(data)
    process.stdout.close()
    process.wait(20)
    expected = hashlib.sha256()
    for number in range(100):
        expected.update(bytes([number]) * MEGABYTE)
    assert expected.digest() == digest.digest()
    assert (MEGABYTE, ["stdout"]) == (len(stage.report["stdout"]), stage.report["cut"])
    assert stage.report["peak"] < 60 * MEGABYTE


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1])
def test_signals_reach_the_program_and_its_children(stage: Stage, number: int) -> None:
    """A signal for us is one for the whole group, and the program answers it as ever."""
    script = (
        "import os, signal, sys\n"
        "def heard(number, frame): os.write(1, b'parent\\n' if child else b'child\\n'); os._exit(5)\n"
        f"signal.signal({int(number)}, heard)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])\n"
        "child = os.fork()\n"
        "os.write(1, b'ready\\n')\n"
        "while True: signal.pause()"
    )
    process = stage.start(sys.executable, "-c", script, wires={"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE})
    assert process.stdout is not None
    assert [b"ready\n"] * 2 == [process.stdout.readline() for _ in range(2)]
    process.send_signal(number)
    lines = sorted(process.stdout.read().split())
    process.stdout.close()
    process.wait(20)
    assert [b"child", b"parent"] == lines
    assert 5 == stage.report["exit_code"]


def test_an_ignored_signal_stays_ignored(stage: Stage) -> None:
    """What was ignored when we were started (nohup) is ignored by the program, too."""
    script = "import signal; print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    ran = stage.play(
        sys.executable,
        "-c",
        script,
        wires={"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)},
    )
    assert b"True\n" == ran["passed"]


def test_a_child_that_lives_on_holds_nobody_up(stage: Stage) -> None:
    """A daemon that keeps standard output open does not keep us, and is left alive."""
    ran = stage.play("sh", "-c", "sleep 60 & echo $!", wires={"stdout": subprocess.DEVNULL})
    os.kill(int(ran["stdout"]), signal.SIGKILL)  # fails if it was not alive
    assert ran["took"] < 5


def test_a_child_that_prints_for_ever_is_left_behind(stage: Stage) -> None:
    """A daemon that never stops printing is heard for a moment, then it prints on without us."""
    script, pid = 'echo begun; yes & echo $! > "$0"', stage.folder / "pid"
    ran = stage.play("sh", "-c", script, str(pid), wires={"stdout": subprocess.DEVNULL}, keep=1000)
    os.kill(int(pid.read_text()), signal.SIGKILL)  # fails if it was not alive
    assert ran["stdout"].startswith("begun\n")
    assert ran["took"] < 5


def test_what_a_child_prints_later_is_shown_and_not_kept(stage: Stage) -> None:
    """We end with the program; what a child of its prints afterwards comes out all the same, up to its end."""
    go = stage.folder / "go"
    os.mkfifo(go)
    process = stage.start(
        "sh", "-c", '(read word < "$0"; echo $word; echo last) & echo now', str(go),
        wires={"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE},
    )  # fmt: skip
    assert 0 == process.wait(20)
    assert process.stdout is not None
    go.write_text("late\n")
    assert b"now\nlate\nlast\n" == process.stdout.read()
    assert "now\n" == stage.report["stdout"]


def test_a_shells_own_descriptors_reach_the_program(stage: Stage) -> None:
    """A descriptor that a shell has opened for the program (`exec 7<file`, `<(command)`) is open in there."""
    reading, writing = os.pipe()
    os.write(writing, b"through a pipe")
    os.close(writing)
    ran = stage.play("cat", f"/dev/fd/{reading}", wires={"stdin": subprocess.DEVNULL, "pass_fds": (reading,)})
    os.close(reading)
    assert "through a pipe" == ran["stdout"]


def test_none_of_our_descriptors_reaches_the_program(stage: Stage) -> None:
    """The program finds the three standard streams open, and nothing that we have opened."""
    ran = stage.python("import os; print(sorted(os.listdir('/dev/fd'), key=int)[:-1])")
    assert "['0', '1', '2']\n" == ran["stdout"]


def test_a_slow_reader_gets_all_of_it(stage: Stage) -> None:
    """Output that is still on its way when the program has ended is not lost."""
    process = stage.start(
        sys.executable, "-c", "print('x' * 150000)", wires={"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    )
    assert process.stdout is not None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)  # nobody reads, so it cannot end
    assert 150001 == len(process.stdout.read())
    process.stdout.close()
    assert 0 == process.wait(20)


def test_the_bell_ends_the_group(stage: Stage) -> None:
    """A readable descriptor ends the program and its children, politely at first."""
    bell, alive = stage.folder / "bell", stage.folder / "alive"
    os.mkfifo(bell)
    os.mkfifo(alive)
    script = "trap 'echo asked; exit 3' TERM; exec 9>$0; sh -c 'echo ready; exec sleep 100' & wait"
    wires = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    process = stage.start("sh", "-c", script, str(alive), wires=wires, bell=str(bell))
    assert process.stdout is not None
    with alive.open("rb") as holders:
        assert b"ready\n" == process.stdout.readline()
        bell.write_bytes(b".")
        assert b"" == holders.read()  # its end: the shell and the sleeper, who held it, are gone
    assert b"asked\n" == process.stdout.read()
    process.wait(20)
    assert ("watch", 3) == (stage.report["ended_by"], stage.report["exit_code"])
    assert stage.report["took"] < 2, "nobody had to be killed"


def test_a_program_that_will_not_end_is_killed(stage: Stage) -> None:
    """After the grace a program that ignores the request is killed, and the timeout is to blame."""
    ran = stage.python("import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(100)", timeout=0.2)
    assert ("timeout", 9) == (ran["ended_by"], ran["signal"])
    assert 2 <= ran["took"] < 30


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ([], "no command"),
        (["nonesuch-program"], "'nonesuch-program': no such command"),
        (["/etc/passwd"], "'/etc/passwd': not executable"),
        (["a\0b"], "null byte"),
    ],
)
def test_what_cannot_be_run_is_named(command: list[str], says: str) -> None:
    """A command that is not there or not executable is a usage error that names it."""
    with pytest.raises(UsageError, match=says):
        run(command, environment=dict(os.environ), stdin=b"")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """A folder that is not there is not mistaken for a missing command."""
    with pytest.raises(UsageError, match=r"no folder .*nowhere"):
        run([sys.executable], environment=dict(os.environ), folder=tmp_path / "nowhere", stdin=b"")


def test_a_file_that_is_no_program_is_named(tmp_path: Path) -> None:
    """An executable file without a first line that says how to run it is refused with the reason."""
    script = tmp_path / "script"
    script.write_text("echo hello\n")
    script.chmod(0o755)
    with pytest.raises(UsageError, match="neither a program nor a script"):
        run([str(script)], environment=dict(os.environ), stdin=b"")


def test_a_thread_can_run_a_command() -> None:
    """Outside the main thread, where no signal can be heard, a command runs all the same."""
    with ThreadPoolExecutor(1) as pool:
        ran = pool.submit(run, ["cat"], environment=dict(os.environ), stdin=b"fed").result()
    assert (b"fed", b"fed", 0) == (ran.stdin, ran.stdout, ran.exit_code)


def _descriptors() -> list[int]:
    """The descriptors open in this process."""
    return [number for number in range(256) if kind(number) != "closed"]


def test_no_descriptor_is_left_behind(capfd: pytest.CaptureFixture[str]) -> None:
    """A run gives back every descriptor that it took, also when it could not start."""
    before = _descriptors()
    assert 0 == run(["true"], environment=dict(os.environ), stdin=b"x").exit_code
    with pytest.raises(UsageError):
        run(["nonesuch-program"], environment=dict(os.environ), stdin=b"")
    assert before == _descriptors()
    assert "" == capfd.readouterr().out


def test_each_line_is_shown_when_it_is_printed(stage: Stage) -> None:
    """Output is passed on as it comes: the program waits for an answer to what it printed."""
    process = stage.start(
        sys.executable,
        "-c",
        "print('question', flush=True); print(input().upper())",
        wires={"stdin": subprocess.PIPE, "stdout": subprocess.PIPE},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert b"question\n" == process.stdout.readline()
    process.stdin.write(b"answer\n")
    process.stdin.flush()
    assert b"ANSWER\n" == process.stdout.readline()
    process.stdin.close()
    process.stdout.close()
    assert 0 == process.wait(20)


def test_the_report_is_whole(stage: Stage) -> None:
    """A run says how long it took, in seconds, and that nothing was cut."""
    ran = stage.python("print(1)")
    assert 0 < ran["took"] < 10
    assert json.loads("[]") == ran["cut"]
