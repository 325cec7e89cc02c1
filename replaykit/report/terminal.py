"""Lines on their way to a person: coloured on a terminal, plain in a pipe.

Law: a report is made of lines, each of spans with a style in words of `STYLES`; nothing recorded can
name a style or reach the terminal as anything but text (core/plain.py). A reader that has seen enough
(`replaykit show x | head`) is no error.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

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


def plain(lines: Iterable[Line]) -> str:
    """The lines as text, without white space at their ends."""
    return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)


def write(lines: Iterable[Line], file: TextIO | None = None) -> None:
    """The lines stand in the file, by default standard output, as they come; with colours where it is a terminal."""
    file = file or sys.stdout
    with piped(file):
        _write(lines, file)


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


def near(path: Path) -> str:
    """A path as one would type it here: relative where it lies in the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) and path != here else str(path)


def _write(lines: Iterable[Line], file: TextIO) -> None:
    if not file.isatty():
        file.writelines(plain((line,)) for line in lines)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, highlight=False, markup=False, emoji=False)
    for line in lines:
        console.print(Text.assemble(*((text, STYLES[style]) for text, style in line)), soft_wrap=True)
