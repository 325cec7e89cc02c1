"""Arbitrary JSON, seen as the type that is wanted.

Law: nothing raises. What is of another type is the empty value of the wanted one: a provider may
send anything, and a reader of pages is better served by what is there than by a traceback.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replaykit.core.model import JSON


def mapping(value: JSON) -> dict[str, JSON]:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: JSON) -> list[JSON]:
    """The value when it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def string(value: JSON) -> str:
    """The value when it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def number(value: JSON) -> int:
    """The value when it is a whole number, else 0; true and false are no numbers."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def position(value: JSON) -> int | None:
    """The value when it can be an index, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def member(value: JSON, key: str | int) -> JSON:
    """What stands under a key of an object or at an index of an array; None where nothing does."""
    if isinstance(key, str):
        return mapping(value).get(key)
    items = sequence(value)
    return items[key] if 0 <= key < len(items) else None


def parse(text: str | bytes) -> JSON:
    """The value of a JSON text; None when it is not one, or is nested beyond reason.

    The standard library's parser, since it keeps integers of any size.
    """
    try:
        value: JSON = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def print_json(value: JSON) -> str:
    """A value as compact JSON text, for places that show what has no words of its own."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return "…"
