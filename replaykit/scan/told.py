"""Credentials that a line of a text file names: recordings in YAML, `.env` files, settings.

    what it looks like                                  where
    x-api-key: 6f1d…      x-api-key:                    headers in YAML, the value below its name, too
                            - 6f1d…
    OPENAI_API_KEY=6f1d…  export TOKEN='6f1d…'          shells, .env
    api_key = "6f1d…"                                   TOML, programs

Law: the name says secret *and* the value looks drawn by lot. What is code (`token = settings.api_key`)
or says where something is, is none: files are looked through whoever wrote them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from replaykit.core.redact import wire
from replaykit.core.redact.secret import drawn
from replaykit.core.redact.variable import says_secret
from replaykit.scan.eye import COOKIES, Hit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from replaykit.scan.eye import Eye

_NAME: Final = re.compile(rb"""(?m)^[ \t]*(?:-[ ]|export[ ])?["']?([A-Za-z][\w.-]{1,63})["']?[ \t]*[:=]""")
_VALUE: Final = re.compile(rb"[ \t]*(\S.*)")
_ITEM: Final = re.compile(rb"[ \t]*\r?\n[ \t]*-[ \t]+(\S.*)")

_WORD: Final = re.compile(r"[\w~%+/.:=@-]+")
_CODE: Final = re.compile(r"[A-Za-z_]+|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_QUOTED: Final = re.compile(r"""(["'])(.*?)\1""")
_COMMENT: Final = re.compile(r"[ \t]+#.*")


def told(data: bytes, eye: Eye) -> Iterator[Hit]:
    """The credentials that lines name."""
    done = 0
    for named in _NAME.finditer(data):
        if named.start() >= done and _says(name := named[1].decode()):
            for start, value in _values(data, named.end()):
                done = start + len(value)
                for hit in _value(name, value.decode("utf-8", "replace"), eye):
                    yield Hit(f"{hit.kind} in the field {name.lower()}", start, hit.mark)


def _says(name: str) -> bool:
    """True for the name of a header or a variable that is a credential."""
    return wire.credential(name, frozenset()) or says_secret(name)


def _values(data: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    """The values behind a name, and where each begins: one on its line, or a list of them in YAML below it."""
    value = _VALUE.match(data, place)
    if value is not None:
        yield value.start(1), value[1]
    while value is None and (item := _ITEM.match(data, place)) is not None:
        yield item.start(1), item[1]
        place = item.end()


def _value(name: str, text: str, eye: Eye) -> list[Hit]:
    """What is secret in the text behind a name."""
    quoted = _QUOTED.match(text)
    value = quoted[2] if quoted else _COMMENT.sub("", text).strip().rstrip(",;")
    if name.lower() in COOKIES:
        return eye.credential(name, value)
    last = value.rpartition(" ")[2]
    if not _WORD.fullmatch(last) or not drawn(last) or (not quoted and _CODE.fullmatch(last)):
        return []
    return eye.credential(name, value)
