"""Lines on their way to a person: coloured on a terminal, plain in a pipe.

Law: a report is made of lines, each of spans with a style in words of `STYLES`; nothing recorded can
name a style or reach the terminal as anything but text (core/plain.py).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable
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
    if not file.isatty():
        for line in lines:
            file.write(plain((line,)))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, highlight=False, markup=False, emoji=False)
    for line in lines:
        console.print(Text.assemble(*((text, STYLES[style]) for text, style in line)), soft_wrap=True)
