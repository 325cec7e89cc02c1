r"""A stream of events that stands in a text file, as recordings in YAML hold them.

    as YAML writes it                       what is undone
    "data: {\"a\": 1}\n\ndata: …"           escapes, and lines that were folded with a backslash
    'data: {"a": "long                      lines that were folded at a space
      text"}'
    |                                       nothing but the indentation
      data: {"a": 1}

Law: good enough to look through, and for nothing else. What is not a stream stays a text that no event
is found in.
"""

from __future__ import annotations

import re
from typing import Final

_FIELD: Final = rb"(?:data|event|id|retry):"
_EVENTS: Final = re.compile(rb"(?:\A|\n|\\n)[ \t\"'|-]*(?:body: |string: )?[\"']?data: ?")
_LEAST = 2
"""Events of something that can cut a text into pieces."""

_FOLD: Final = re.compile(rb"\\\r?\n[ \t]*\\?")
_ESCAPE: Final = re.compile(rb"\\(.)", re.DOTALL)
_LETTERS: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_WRAP: Final = re.compile(rb"(?<=[^\s])\r?\n[ \t]+(?!" + _FIELD + rb")(?=\S)")
_INDENT: Final = re.compile(rb"(?m)^[ \t]+|^[ \t]*(?:body|string): [\"']?(?=" + _FIELD + rb")")


def stream(data: bytes) -> bytes:
    """The text as a stream would have it; empty when there is none in it."""
    if data.count(b"data:") < _LEAST or len(_EVENTS.findall(data, 0)) < _LEAST:
        return b""
    if b"\\ndata:" in data or b"\\nevent:" in data:
        data = _ESCAPE.sub(lambda match: _LETTERS.get(match[1], match[1]), _FOLD.sub(b"", data))
    else:
        data = _WRAP.sub(b" ", data)
    return _INDENT.sub(b"", data)
