r"""YAML as a page needs it: few forms, each text as readable as it can be and exact.

    text                                        form
    one short line that reads as nothing else   Let me look.
    one short line that does                    "yes"   "a: b"   '{"a": 1}'
    several lines, or a long one                | with the lines below it
    what a literal block cannot hold            "escaped,\n\
                                                 line by line"

Law: whoever reads the YAML has the very text again, and the same value gives the same lines on every
Python. So characters are told apart by code points that stand here, and not by the Unicode tables
of an interpreter. Lone surrogates, which JSON can hold, are escapes that PyYAML reads and libyaml refuses.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from replaykit.providers.shape import print_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from replaykit.core.model import JSON

SHORT = 100
"""Characters of a text that stays on the line of its key."""

DEEPEST = 24
"""Levels of a value that are indented; what is deeper stands as compact JSON (readers of YAML recurse)."""

_LONGEST_KEY = 800
"""Characters of a key in the usual form: YAML ends its search for the colon after 1,024."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls: CR and NEL would be line breaks
    "\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"  # unseen, or turning the line around
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff0-\uffff"  # surrogates, byte order mark, no characters
    "\U000e0000-\U000e0fff\U0001fffe\U0001ffff\U0010fffe\U0010ffff]"
)
"""What nobody sees, or what changes how the rest is seen: shown as escapes."""

_LITERAL_NEVER = re.compile(r"[ \t]$|^\t", re.MULTILINE)
"""Lines that editors and hooks repair (white space at the end), or that readers disagree on (tabs first)."""

_PLAIN = re.compile(r"(?:[A-Za-z\u00c0-\u024f\u27e8]|[0-9]{1,9} [a-z])[^\n\t]*[^\s:]|[A-Za-z]")
_PLAIN_NEVER = re.compile(r": | #|^(?:true|false|yes|no|on|off|null|y|n)$", re.IGNORECASE)

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\t": "\\t", "\r": "\\r", "\n": "\\n", "\0": "\\0"}
_ESCAPED = re.compile(r'[\\"\t]|' + _HIDDEN.pattern)


def mapping(members: Mapping[str, JSON], indent: int = 0) -> Iterator[str]:
    """The lines of a block mapping; `indent` is its column."""
    return _members(members, indent, 0)


def scalar(value: JSON) -> str:
    """A value as it stands on one line, whatever it takes."""
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case int():
            return str(value)
        case float():
            return _float(value)
        case str():
            return value if is_plain(value) else _single(value) or quoted(value)
        case _:
            return quoted(print_json(value))


def is_plain(text: str) -> bool:
    """Whether a text can stand on a line without quotes."""
    return _PLAIN.fullmatch(text) is not None and _PLAIN_NEVER.search(text) is None and _HIDDEN.search(text) is None


def is_literal(text: str) -> bool:
    """Whether a literal block can hold a text, line for line."""
    return bool(text.strip("\n")) and _HIDDEN.search(text) is None and _LITERAL_NEVER.search(text) is None


def quoted(text: str) -> str:
    """A text in double quotes, on one line."""
    return f'"{_escaped(text)}"'.replace("\n", "\\n")


def _single(text: str) -> str:
    """A text in single quotes, which know no escapes, where double ones would need many; else nothing."""
    if not {'"', "\\"} & {*text} or {"'", "\n", "\t"} & {*text} or _HIDDEN.search(text):
        return ""
    return f"'{text}'"


def _float(value: float) -> str:
    """A float as YAML 1.1 knows one: with a point even before an exponent."""
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    return text if "." in text else text.replace("e", ".0e")


def _escaped(text: str) -> str:
    """A text with escapes for all but line feeds."""
    return _ESCAPED.sub(lambda match: _ESCAPES.get(match[0]) or _code(ord(match[0])), text)


def _code(point: int) -> str:
    if point < 0x100:  # noqa: PLR2004 - two hexadecimal digits
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"  # noqa: PLR2004 - four


def _members(members: Mapping[str, JSON], indent: int, depth: int) -> Iterator[str]:
    for key, value in members.items():
        name = key if is_plain(key) else quoted(key)
        if len(name) > _LONGEST_KEY:
            yield f"{' ' * indent}? {name}"
            name = ""
        yield from _entry(f"{' ' * indent}{name}:", value, indent, depth)


def _items(items: Sequence[JSON], indent: int, depth: int) -> Iterator[str]:
    for item in items:
        if isinstance(item, dict) and item and depth < DEEPEST:
            first, *rest = _members(item, indent + 2, depth + 1)
            yield f"{' ' * indent}- {first[indent + 2 :]}"
            yield from rest
        else:
            yield from _entry(f"{' ' * indent}-", item, indent, depth, nested=True)


def _entry(lead: str, value: JSON, indent: int, depth: int, *, nested: bool = False) -> Iterator[str]:
    """A value behind its key or dash; `nested`: behind a dash, where a list needs a column of its own."""
    match value:
        case dict() if value and depth < DEEPEST:
            yield lead
            yield from _members(value, indent + 2, depth + 1)
        case list() if value and depth < DEEPEST and not _is_row(value):
            yield lead
            yield from _items(value, indent + 2 if nested else indent, depth + 1)
        case str():
            yield from _text(lead, value, indent)
        case list() if _is_row(value):
            yield f"{lead} [{', '.join(map(scalar, value))}]"
        case dict() if not value:
            yield f"{lead} {{}}"
        case dict() | list():
            yield from _text(lead, print_json(value), indent)
        case _:
            yield f"{lead} {scalar(value)}"


def _is_row(items: Sequence[JSON]) -> bool:
    """Whether a list can stand on one line: numbers, and not too many; an empty one."""
    if not all(item is None or isinstance(item, bool | int | float) for item in items):
        return False
    return len(items) <= SHORT and sum(len(scalar(item)) + 2 for item in items) <= SHORT


def _text(lead: str, text: str, indent: int) -> Iterator[str]:
    if len(text) <= SHORT and "\n" not in text:
        yield f"{lead} {scalar(text)}"
    elif is_literal(text):
        yield f"{lead} |{_indicator(text)}{_chomping(text)}"
        yield from (f"{' ' * (indent + 2)}{line}" if line else "" for line in _lines(text))
    elif "\n" in text.rstrip("\n"):
        yield from _escaped_lines(lead, text, indent)
    else:
        yield f"{lead} {quoted(text)}"


def _indicator(text: str) -> str:
    """The width of the indentation, said where the first line would be mistaken for a deeper one."""
    return "2" if text.lstrip("\n").startswith(" ") else ""


def _chomping(text: str) -> str:
    if not text.endswith("\n"):
        return "-"
    return "+" if text.endswith("\n\n") else ""


def _lines(text: str) -> list[str]:
    """The lines of a literal block: the line feed that ends the text adds none."""
    return text.removesuffix("\n").split("\n")


def _escaped_lines(lead: str, text: str, indent: int) -> Iterator[str]:
    r"""A double-quoted text over several lines: each ends with its `\n` and a break that does not count.

    White space that begins a line would be taken for indentation: its first character is escaped.
    """
    *lines, last = _escaped(text).split("\n")
    margin = " " * (indent + 2)
    for number, line in enumerate((*(f"{line}\\n" for line in lines), *([last] if last else []))):
        head = f'{lead} "' if not number else margin
        content = f"\\{line}" if number and line.startswith(" ") else line
        yield f"{head}{content}" + ('"' if number == len(lines) - (not last) else "\\")
