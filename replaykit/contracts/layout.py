"""A contract's document as text that a person reviews: small things on one line, large ones opened.

Law: the same document gives the same text, and reading the text gives the document back. What a line
holds is small enough that a change of it is seen.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.core.model import JSON

WIDTH: Final = 100
"""Characters of a line, as far as values can be opened."""

STEP: Final = "  "


def laid(document: JSON) -> bytes:
    """The text of a document, with a line feed at its end."""
    return ("".join(_value(document, "", 0)) + "\n").encode()


def _value(value: JSON, margin: str, taken: int) -> Iterator[str]:
    """The pieces of a value that stands behind a margin and so many characters."""
    short = _short(value, WIDTH - len(margin) - taken)
    if short is not None:
        yield short
    elif isinstance(value, dict):
        named = [(f"{_text(key)}: ", each) for key, each in value.items()]
        yield from _opened("{", named, "}", margin)
    elif isinstance(value, list):
        yield from _opened("[", [("", each) for each in value], "]", margin)
    else:
        yield _text(value)


def _opened(head: str, members: list[tuple[str, JSON]], end: str, margin: str) -> Iterator[str]:
    inner = margin + STEP
    yield head
    for number, (name, each) in enumerate(members):
        yield f"{',' if number else ''}\n{inner}{name}"
        yield from _value(each, inner, len(name) + 1)
    yield f"\n{margin}{end}"


def _short(value: JSON, room: int) -> str | None:
    """The value on one line; None when that is longer than the room, and the value can be opened."""
    if isinstance(value, dict | list) and value and _least(value, room) > room:
        return None
    text = _text(value)
    return text if len(text) <= room or not isinstance(value, dict | list) or not value else None


def _least(value: JSON, room: int) -> int:
    """Characters that a value takes at least; no further counted than the room: large ones are not printed in vain."""
    total, ahead = 0, [value]
    while ahead and total <= room:
        each = ahead.pop()
        total += 1
        if isinstance(each, dict):
            ahead += each.values()
            total += sum(map(len, each))
        elif isinstance(each, list):
            ahead += each
        elif isinstance(each, str):
            total += len(each)
    return total


def _text(value: JSON) -> str:
    """JSON on one line; what cannot be seen in it is escaped, for it would be reviewed unseen."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else json.dumps(value)
