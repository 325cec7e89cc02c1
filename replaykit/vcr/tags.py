"""The tags of YAML that vcrpy has ever written, and the plain values they stand for.

    tag                                                  stands for
    !!binary, !!str, !!int, … (YAML's own)               what YAML says
    !!python/str, !!python/unicode                       text
    !!python/tuple                                       a list
    !!python/object:vcr.request.Request                  a mapping (before vcrpy 1.0)
    !!python/object/apply:multidict._multidict.istr      text: a header's name from aiohttp
    !!python/object/apply:__builtin__.frozenset          a mapping: headers, before vcrpy 1.0
    !!python/object/new:_io.BytesIO                      bytes: a file that was sent
    !!python/object/apply:builtins.iter                  a list: the chunks of a body

Law: a tag is looked up here and nowhere else. None makes a class, and none that is not here is read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from replaykit.core.plain import line

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = frozenset({"str", "value", "python/str", "python/unicode"})
"""Tags of scalars that are text; `value` is what YAML calls a bare `=`."""

SCALARS = frozenset({"binary", "bool", "float", "int", "null", "timestamp"})
"""Other tags of scalars."""

NUMBERS = frozenset({"float", "int"})
"""Those among them that are numbers."""

SAID = TEXTS | {"binary", "null"}
"""Tags of scalars whose value is all that the file says."""


class Unlike(ValueError):
    """What a tag holds is not what vcrpy writes there."""


_MAPPINGS = frozenset({"map", "python/object:vcr.request.Request"})
_LISTS = frozenset({"seq", "python/tuple"})
_ISTR = re.compile(r"python/object/(apply|new):multidict\.\w+\.istr")
"""The class has had three homes in multidict."""


def known(tag: str, *, mapping: bool) -> bool:
    """Whether a collection may have this tag, given without YAML's own prefix, and means what it holds."""
    return tag in (_MAPPINGS if mapping else _LISTS)


def reader(tag: str) -> Callable[[Any], Any] | None:
    """What makes a plain value of what a collection of this tag holds; None for one that nobody may read.

    It raises `Unlike` when that is not what vcrpy writes there.
    """
    read = _istr if _ISTR.fullmatch(tag) else _READERS.get(tag)
    return None if read is None else lambda value: _read(read, value)


def unknown(tag: str) -> str:
    """Why a tag is not read."""
    said = line(tag.replace("tag:yaml.org,2002:", "!!"), 120)
    if said == "!!merge":
        return "it has a merge key (<<), which vcrpy never writes"
    why = "would make an object of a class" if "python/" in said else "is not one that vcrpy writes"
    return f"the tag {said} {why}, and is not read"


def _read(read: Callable[[Any], Any], value: Any) -> Any:  # noqa: ANN401 - any tree
    try:
        return read(value)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Unlike from error


def _istr(value: Any) -> str:  # noqa: ANN401 - any tree
    """The text of `[text]`, or of `{args: [text]}`."""
    (text,) = _arguments(value)
    return _text(text)


def _frozenset(value: Any) -> dict[str, str]:  # noqa: ANN401 - any tree
    """The mapping of `[[[name, value], …]]`."""
    (pairs,) = _arguments(value)
    return {_text(name): _text(said) for name, said in pairs}


def _bytesio(value: Any) -> bytes | str:  # noqa: ANN401 - any tree
    """The contents of `{state: [contents, …]}`."""
    found = value["state"][0]
    return found if isinstance(found, bytes) else _text(found)


def _iter(value: Any) -> list[Any]:  # noqa: ANN401 - any tree
    """The members of `{args: [[member, …]]}`."""
    (members,) = _arguments(value)
    return [*members]


def _arguments(value: Any) -> list[Any]:  # noqa: ANN401 - any tree
    return [*(value["args"] if isinstance(value, dict) else value)]


def _text(value: Any) -> str:  # noqa: ANN401 - any tree
    if not isinstance(value, str):
        raise TypeError
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "python/object/apply:__builtin__.frozenset": _frozenset,
    "python/object/apply:builtins.frozenset": _frozenset,
    "python/object/new:_io.BytesIO": _bytesio,
    "python/object/apply:builtins.iter": _iter,
}
