r"""Recorded text, made harmless to show: nothing in it can move a cursor, change a colour or turn a line round.

    harmless   whole texts: lines stay lines, the rest of what cannot be seen is spelled out
    line       one line of at most so many characters, line feeds spelled out, too (`\n`)
    quoted     the same in quotation marks
    gist       any JSON value on one line: texts in quotation marks, the rest as JSON
    measure    how many bytes, in a unit that one can read
    listed     words as a person lists them
    either     words as a choice between them

Law: every recorded text goes through here on its way to a person. What a terminal obeys (control
characters, ANSI sequences), what reorders a line (bidirectional controls) and what cannot be encoded
(lone surrogates) comes out as the escape that Python would write for it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replaykit.core.model import JSON

WIDTH = 60
"""Characters of a quoted text: with a place before it, it still fits on a line of a terminal."""

ELLIPSIS = "…"

_JOINERS = "\u200c\u200d"
"""Zero-width joiners: Persian, Indic scripts and many emoji need them, and terminals take no orders from them."""

_KEPT = frozenset(" \n\t\u00a0\u2002\u2003\u2007\u2009\u202f\u3000" + _JOINERS)
"""What stays in whole texts, though Python calls it unprintable: line feeds, tabs, and spaces of other widths."""

_KILO = 1000


def harmless(text: str) -> str:
    """The text with every character spelled out that is not printed but obeyed; lines stay lines."""
    return text if text.isprintable() else "".join(c if c.isprintable() or c in _KEPT else _spelled(c) for c in text)


def line(text: str, width: int = WIDTH) -> str:
    """The text on one line of at most `width` characters, with an ellipsis where it was cut."""
    short = text[: width + 1]
    shown = "".join(c if c.isprintable() or c in _JOINERS else _spelled(c) for c in short)
    return shown if len(text) <= width and len(shown) <= width else shown[: width - 1] + ELLIPSIS


def quoted(text: str, width: int = WIDTH) -> str:
    """The text on one line, in quotation marks."""
    return f'"{line(text, width)}"'


def gist(value: JSON, width: int = WIDTH) -> str:
    """A JSON value on one line."""
    if isinstance(value, str):
        return quoted(value, width)
    try:
        return line(json.dumps(value, ensure_ascii=False), width)
    except (ValueError, RecursionError):
        return ELLIPSIS


def measure(size: int) -> str:
    """How many bytes: `1 byte`, `412 bytes`, `4.2 kB`, `1.3 MB`."""
    if size < _KILO:
        return counted(size, "byte")
    amount, unit = size / _KILO, "kB"
    if amount >= _KILO:
        amount, unit = amount / _KILO, "MB"
    return f"{amount:,.1f} {unit}"


def counted(count: int, noun: str) -> str:
    """A number and what it counts: `1 step`, `2 steps`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(words: Sequence[object], limit: int = 8) -> str:
    """Words as a person lists them (`2, 3 and 5`), the ones beyond the limit by their number (`and 14 more`)."""
    texts = [str(word) for word in words]
    if len(texts) > limit:
        texts = [*texts[: limit - 1], f"{len(texts) - limit + 1} more"]
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


def either(words: Sequence[str]) -> str:
    """Words as a choice between them: `2, 3 or 5`."""
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
