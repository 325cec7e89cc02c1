"""Lines on a real terminal, in a pipe and in a pager."""

from __future__ import annotations

import os
import subprocess
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pytest

from replaykit.errors import UsageError
from replaykit.report.terminal import deliver, keep, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.report.terminal import Line

ROOT = Path(__file__).parents[2]

LINES: list[Line] = [
    (("steps", "title"),),
    (("  step 2: a title that is too long for it", ""),),
    (("    - words that were there and are gone now", "bad"),),
    (("     user       ", "role"), ("words as long as somebody says them", "")),
    (("", ""),),
]


class Terminal:
    """A terminal of so many columns and rows; what appears on it is read when whoever wrote has ended."""

    def __init__(self, columns: int, rows: int) -> None:
        self.ours, self.theirs = os.openpty()
        termios.tcsetwinsize(self.theirs, (rows, columns))

    def seen(self) -> str:
        """All that has appeared."""
        os.close(self.theirs)
        found = b""
        try:
            while data := os.read(self.ours, 65536):
                found += data
        except OSError:  # Linux says so when nobody has it open for writing any more
            pass
        finally:
            os.close(self.ours)
        return found.decode().replace("\r\n", "\n")

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
        """A command whose standard output it is."""
        plain = {"PATH": os.environ["PATH"], "HOME": str(ROOT), "TERM": "xterm-256color"}
        return subprocess.run(
            [sys.executable, "-m", "replaykit", *words],
            cwd=ROOT,
            env={**plain, **variables},
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=subprocess.PIPE,
            check=False,
        )


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Terminal, TextIO]]:
    """A terminal of 34 columns, and a file that writes to it."""
    monkeypatch.setenv("COLUMNS", "34")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal(34, 20)
    with os.fdopen(os.dup(terminal.theirs), "w") as file:
        yield terminal, file


def test_lines_are_as_wide_as_the_terminal(narrow: tuple[Terminal, TextIO]) -> None:
    """What is too long goes on below its own beginning, in its colour."""
    terminal, file = narrow
    write(LINES, file)
    file.close()
    assert terminal.seen().split("\n") == [
        "\x1b[1msteps\x1b[0m",
        "  step 2: a title that is too long",
        "  for it",
        "\x1b[1;31m    - \x1b[0m\x1b[1;31mwords that were there and\x1b[0m",
        "      \x1b[1;31mare gone now\x1b[0m",
        "\x1b[36m     user       \x1b[0mwords as long as",
        "                somebody says them",
        "",
        "",
    ]


def test_in_a_pipe_nothing_is_broken_or_coloured(tmp_path: Path) -> None:
    """Each line is a line, however long."""
    path = tmp_path / "out"
    with path.open("w") as file:
        write(LINES, file, paged=True)
    assert [
        "steps",
        "  step 2: a title that is too long for it",
        "    - words that were there and are gone now",
        "     user       words as long as somebody says them",
        "",
    ] == path.read_text().splitlines()


def test_what_does_not_fit_on_a_screen_is_paged() -> None:
    """By the pager that the environment names, in colour; on a higher screen it stands at once."""
    words = ("show", "cassettes/episode_12345.tape")
    low, high = Terminal(100, 10), Terminal(100, 500)
    assert 0 == low.run(*words, PAGER="sed s/^/paged:/").returncode
    assert 0 == high.run(*words, PAGER="sed s/^/paged:/").returncode
    paged, whole = low.seen(), high.seen()
    assert whole.splitlines() == [each.removeprefix("paged:") for each in paged.splitlines()]
    assert paged.startswith("paged:\x1b[1mepisode_12345")
    assert "paged:" not in whole


def test_html_is_not_for_a_terminal() -> None:
    """A file is asked for, by the name it could have."""
    terminal = Terminal(100, 20)
    ran = terminal.run("show", "cassettes/episode_12345.tape", "--html")
    assert (2, "") == (ran.returncode, terminal.seen())
    assert b"-o episode_12345.html, or add --open" in ran.stderr


def test_a_browser_is_opened(tmp_path: Path) -> None:
    """It gets a file of its own, which is named."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {tmp_path / "asked"}\n')
    browser.chmod(0o755)
    ran = Terminal(100, 20).run("show", "cassettes/episode_12345.tape", "--open", BROWSER=str(browser))
    assert 0 == ran.returncode, ran.stderr
    asked = (tmp_path / "asked").read_text()
    assert asked.startswith("file:///")
    path = Path(asked.removeprefix("file://"))
    assert path.read_text().lower().startswith("<!doctype html>")
    assert str(path) in ran.stderr.decode()
    path.unlink()
    path.parent.rmdir()


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """What is wrong with it, and another way."""
    with pytest.raises(UsageError, match="Is a directory") as caught:
        keep("text", tmp_path)
    assert "-o" in caught.value.remedy
    with pytest.raises(UsageError, match="Is a directory"):
        deliver("<p>", tmp_path, "x", is_opened=False)
