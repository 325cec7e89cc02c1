"""Lines on their way to a person: coloured on a terminal, plain in a pipe.

Law: a report is made of lines, each of spans with a style in words of `STYLES`; nothing recorded can
name a style or reach the terminal as anything but text (core/plain.py). A reader that has seen enough
(`replaykit show x | head`) is no error.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from replaykit.core.plain import measure
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from rich.console import Console
    from rich.text import Text

Span: TypeAlias = tuple[str, str]
"""A text and its style."""

Line: TypeAlias = tuple[Span, ...]

STYLES = {
    "": "",
    "title": "bold",
    "faint": "dim",
    "role": "cyan",
    "good": "green",
    "warning": "yellow",
    "bad": "bold red",
}
"""Our words for how a text looks, in rich's."""


MARKS = ("+ ", "- ")
"""What stands before a line that is new, or no more there."""

NARROWEST = 20
"""Characters of text on a line, however narrow the terminal."""


def plain(lines: Iterable[Line]) -> str:
    """The lines as text, without white space at their ends."""
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


def write(lines: Iterable[Line], file: TextIO | None = None, *, paged: bool = False) -> None:
    """The lines stand in the file, by default standard output, as they come; with colours where it is a terminal.

    There they are as wide as it is, what is too long going on below its own beginning. `paged`: what
    does not fit on one screen is shown by the pager that the environment names.
    """
    file = file or sys.stdout
    with piped(file):
        if not file.isatty():
            file.writelines(plain((line,)) for line in lines)
        elif paged and file is sys.stdout:
            _paged(lines)
        else:
            _coloured(lines, _console(file))


def keep(text: str, path: Path | None) -> None:
    """A text stands in a file, or on standard output when there is none; a `UsageError` when it cannot."""
    if path is None:
        with piped(sys.stdout):
            sys.stdout.buffer.write(text.encode())
        return
    try:
        path.write_bytes(text.encode())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", remedy="name another file with -o") from error


def deliver(text: str, path: Path | None, name: str, *, is_opened: bool) -> None:
    """A page of HTML stands in a file, on standard output, or in a browser; where it is is said.

    Nobody wants HTML on a terminal: there a file has to be named, unless it is only to be opened.
    """
    if is_opened and path is None:
        path = Path(tempfile.mkdtemp(prefix="replaykit-"), f"{name}.html")
    if path is None and sys.stdout.isatty():
        raise UsageError("HTML is for a browser", remedy=f"name a file: -o {name}.html, or add --open")
    keep(text, path)
    if path is not None:
        print(f"{near(path)}   {measure(len(text.encode()))}", file=sys.stderr)  # noqa: T201 - to a person
    if is_opened and path is not None and not _opened(path):
        raise UsageError("no browser could be started here", remedy=f"open {path} with one")


@contextmanager
def piped(file: TextIO) -> Iterator[None]:
    """What is written stands in the file; once nobody reads it any more, the rest goes nowhere."""
    try:
        yield
        file.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, file.fileno())  # what is still buffered is written when Python ends
        os.close(nowhere)


def put(value: object) -> None:
    """A JSON value stands on standard output; every character beyond ASCII as an escape, so that any can be printed."""
    import json

    with piped(sys.stdout):
        sys.stdout.write(json.dumps(value, indent=2) + "\n")


def near(path: Path) -> str:
    """A path as one would type it here: relative where it lies in the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) and path != here else str(path)


def _opened(path: Path) -> bool:
    import webbrowser

    try:
        return webbrowser.open(path.resolve().as_uri())
    except webbrowser.Error:
        return False


def _console(file: TextIO) -> Console:
    from rich.console import Console

    return Console(file=file, highlight=False, markup=False, emoji=False)


def _paged(lines: Iterable[Line]) -> None:
    """On one screen as it is, else in the pager: `less` shows colours, and ends when it has shown all."""
    console = _console(sys.stdout)
    with console.capture() as caught:
        _coloured(lines, console)
    text = caught.get()
    if text.count("\n") < console.height:
        sys.stdout.write(text)
        return
    import click

    os.environ.setdefault("LESS", "FRX")
    click.echo_via_pager(text.removesuffix("\n"), color=True)


def _coloured(lines: Iterable[Line], console: Console) -> None:
    from rich.text import Text

    for line in lines:
        text = Text.assemble(*((each, STYLES[style]) for each, style in line))
        text.rstrip()
        for piece in _fitted(text, _hang(line), console):
            console.print(piece, soft_wrap=True)


def _fitted(text: Text, hang: int, console: Console) -> Iterator[Text]:
    """A line in pieces as wide as the terminal, all but the first behind `hang` spaces."""
    from rich.text import Text

    width = max(console.width, hang + NARROWEST)
    if text.cell_len <= width:
        yield text
        return
    head, rest = text.divide([hang])
    for number, piece in enumerate(rest.wrap(console, width - hang, tab_size=1)):
        piece.rstrip()
        yield Text.assemble(Text(" " * hang) if number else head, piece)


def _hang(line: Line) -> int:
    """Characters before the text of a line: its margin and mark, or the column that says who speaks."""
    if line and line[0][1] == "role":
        return len(line[0][0])
    whole = "".join(text for text, _ in line)
    bare = whole.lstrip(" ")
    return len(whole) - len(bare) + (2 if bare[:2] in MARKS else 0)
