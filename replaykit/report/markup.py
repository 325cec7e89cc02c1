"""Text that is only text, wherever Markdown and HTML are read.

Law: nothing that was recorded is markup, a link, a mention, or the end of what it stands in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from replaykit.core.plain import line

if TYPE_CHECKING:
    from collections.abc import Iterable

_OBEYED = re.compile(r"[\\`*_\[\]<>|#~&@!]|(?<=www)\.|:(?=//)")
"""What Markdown, HTML and GitHub make something of; addresses become links without any mark."""


def longest(lines: Iterable[str]) -> int:
    """The length of the longest run of backticks."""
    return max((len(run) for run in re.findall(r"`+", "\n".join(lines))), default=0)


def code(text: str) -> str:
    """A text in a code span that nothing in it can end."""
    shown = line(text, 400)
    ticks = "`" * (longest([shown]) + 1)
    padded = f" {shown} " if shown.startswith("`") or shown.endswith("`") else shown
    return f"{ticks}{padded}{ticks}"


def tagged(text: str) -> str:
    """A recorded text within a line: in `<code>` nobody is mentioned, and escaped it is no markup."""
    return f"<code>{escaped(text)}</code>"


def escaped(text: str) -> str:
    """A text that is only text, in Markdown and in HTML: no emphasis, tag, cell, link or address."""
    return _OBEYED.sub(lambda match: f"&#{ord(match[0])};", line(text, 400))
