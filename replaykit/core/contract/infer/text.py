r"""Texts of one place: whether they are words, moments, or ids that begin alike.

    words       `end_turn`, `READY`, `text/plain`: no capitals amid small letters, hardly a digit, no space
    moments     RFC 3339, as `format: date-time` has it
    a prefix    `msg_` of ids: letters and a separator, and behind it at least eight letters and digits, or five digits

Law: what is kept of a text is a word, or the letters before an id. Nothing that anybody wrote, no id and
no secret looks like either.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.infer.shape import FEW, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

WORD: Final = re.compile(
    r"(?=.{1,40}$)(?:[a-z]{1,24}|[A-Z]{1,24})\d{0,2}(?:[_./:-](?:[a-z]{1,24}|[A-Z]{1,24}|\d{1,3}))*"
)
TAG: Final = re.compile(r"(?=.{1,80}$)[A-Za-z][A-Za-z0-9]*(?:[_./:-][A-Za-z0-9]+)*")
"""What a tag may look like: names of classes and events, dated ones among them (`web_search_20250305`)."""

_ID: Final = re.compile(r"([A-Za-z]{2,16}(?:_[a-z]{2,16})?[_-])(?:[A-Za-z0-9_-]{8,}|\d{5,7})")
MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})")
_DIGIT: Final = re.compile(r"\d")

_OWN: Final = re.compile(
    r"(?:^|[_.-]|(?<=[a-z0-9])(?=[A-Z]))"  # a word's beginning: `api_key`, `apiKey`
    r"(?i:ids?|names?|model|text|title|url|path|content|code|subject|message|comment|note|prompt|query|question|answer"
    r"|token|key|secret|password|passwd|passphrase|credentials?|signature"
    r"|user|username|nickname|login|owner|author|customer|patient|person|sender|recipient|account|company"
    r"|email|phone|city|street|address)$"
)
"""Fields whose values are somebody's own, however much they look like words."""

_NAMES: Final = re.compile(r"(?:^|_)ids?$|[a-z]Ids?$", re.IGNORECASE)
"""Fields that hold ids: what other texts begin with by chance is no promise."""


def seen(values: Sequence[str], field: str = "") -> Text:
    """What is remembered of the texts under a field."""
    distinct = set(values)
    own = bool(_OWN.search(field))
    wordy = not own and len(distinct) <= FEW and all(map(WORD.fullmatch, distinct))
    return Text(
        n=len(values),
        words=frozenset(distinct) if wordy else None,
        prefix=_prefix(distinct) if _NAMES.search(field) else "",
        moments=all(map(MOMENT.fullmatch, distinct)),
    )


def tag(value: str, n: int) -> Text:
    """A tag's value, seen so often."""
    return Text(n=n, words=frozenset({value}), prefix="", moments=False, named=frozenset({value}))


def _prefix(values: set[str]) -> str | None:
    """What all values begin with, if they are ids; empty when they are not, None when there are none."""
    found = set[str]()
    for value in values:
        match = _ID.fullmatch(value)
        found.add(match[1] if match and _DIGIT.search(value[match.end(1) :]) else "")
        if "" in found or len(found) > 1:
            return ""
    return found.pop() if found else None
