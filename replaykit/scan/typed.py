r"""Credentials in a command as somebody types it, wherever a text says it: a script, a tool's arguments, a guide.

    what it looks like
    curl -u name:password        curl -sSuname:password        curl -U name:password
    curl --user name:password    curl --proxy-user='name:password'
    {"cmd": "curl -u \"name:password\" …"}

Law: a password guards something when it is no template (`$TOKEN`, `<password>`), no word for one, not the
name once more, and has letters and digits. Everything else stands in guides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from replaykit.core.redact.shape import guards

if TYPE_CHECKING:
    from collections.abc import Iterator

_CURL: Final = re.compile(rb"\bcurl(?:\.exe)?(?=\s|\\[nt]|\")")
_USER: Final = re.compile(
    rb"(?:\s|\\[nt]|[\"',])(?:-[A-Za-z#]{0,8}[uU]|--(?:proxy-)?user)"  # short options may stand together, before it
    rb"(?:=|\s|\\+[nt]|\\*[\"']|,){0,4}"
    rb"([^\s:\"'\\]{1,128}):([^\s\"'\\]{1,256})"
)
_END: Final = re.compile(rb"(?:;|\||&&)\s|(?<![\\,])(?:\r?\n|\\n)")
"""Where the command ends: at the next one, or with its line, unless that goes on in the next."""

_LONG: Final = 4_000
"""Bytes of a command that are looked through: with headers and a body it may be long."""

_BOTH: Final = re.compile(rb"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])")


def typed(data: bytes, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """The passwords in commands that begin at `start` or later, and where each stands."""
    for begin, end in _commands(data, start):
        for user in _USER.finditer(data, begin, end):
            if guards(user[1], user[2]) and _BOTH.match(user[2]):
                yield user.start(2), user[2]


def _commands(data: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Where commands begin and end; those that run into one another as one, so that nothing is looked through twice."""
    begin = end = 0
    known = True  # whether the command ends there, or was only looked at so far
    for curl in _CURL.finditer(data, start):
        if curl.start() < end and known:
            continue
        if curl.start() >= end:
            if end:
                yield begin, end
            begin = end = curl.end()
        limit = curl.end() + _LONG
        found = _END.search(data, max(curl.end(), end - 2), limit)  # a sign may lie across what was looked at
        end, known = (found.start(), True) if found else (limit, False)
    if end:
        yield begin, end
