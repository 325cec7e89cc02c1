"""Whether what a file says is sound: its values of the kinds, and its sizes of the order, that we write.

    kind            what it takes
    TEXT            any text
    LABEL           one that a database can hold, as ids and names are kept in one
    WORD            one that a command line, the environment and a file system can hold
    NAME            a word that a variable can be called
    HEX             digits in pairs
    FLAG            true or false
    NUMBER, COUNT   a whole number of 64 bits, as SQLite keeps them; one that is not negative
    DURATION        milliseconds, up to 35 years
    MOMENT          Unix seconds, from 1970 to 9986
    ZONE            seconds ahead of UTC, a day at most
    PAIRS           a list of pairs of texts

Law: pure and total: whatever the value, `fits` says yes or no and never raises. What is not sound is
refused where it is read, so that nobody behind has to ask again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FREE = 128 << 20
"""Bytes that a file may unpack to, however small it is: a body of 100 MB of zeros, and what belongs to it."""

RATIO = 1000
"""How many times its own size a larger file may unpack to: recorded text packs to a tenth, repeated text to a 250th."""

_WHOLE = 1 << 63
_LONGEST = 1 << 40
"""Milliseconds in 35 years; a program cannot be told to wait for more than 292."""

_LAST = 253_000_000_000
"""Unix seconds in the year 9987: Python's calendar ends with 9999, and a time zone needs room."""

_DAY = 86_400
_PAIR = 2


class Kind:
    """What a value may be: in words, and whether one is it."""

    __slots__ = ("fits", "name", "plain")

    def __init__(self, name: str, fits: Callable[[Any], bool], plain: type | None = None) -> None:
        """`plain` is a type whose values all are: of these nobody has to be asked, as of most that a tape holds."""
        self.name = name
        self.fits = fits
        self.plain = plain


class Unsound(ValueError):
    """A value that is not what it should be."""


def checked(form: Any, shape: Mapping[str, Kind]) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON
    """The form, an object with at least these fields, each of its kind; `Unsound` names the first that is not."""
    if type(form) is not dict:
        raise Unsound("it is no object")
    try:
        for name, kind in shape.items():
            value = form[name]
            if type(value) is not kind.plain and not kind.fits(value):
                raise Unsound(f"{name!r} is no {kind.name}")
    except KeyError:
        raise Unsound(f"it lacks {name!r}") from None
    return form


def believable(packed: int, size: int) -> bool:
    """Whether so many packed bytes may hold so many unpacked ones: a bomb is refused before it goes off."""
    return size <= max(FREE, packed * RATIO)


def listed(kind: Kind) -> Kind:
    """A list whose members are of one kind."""
    return Kind(f"list of {kind.name}s", lambda value: type(value) is list and all(map(kind.fits, value)))


def mapped(key: Kind, kind: Kind) -> Kind:
    """An object whose names are of one kind, and its values of another."""
    return Kind(
        f"object of {kind.name}s",
        lambda value: type(value) is dict and all(map(key.fits, value)) and all(map(kind.fits, value.values())),
    )


def maybe(kind: Kind) -> Kind:
    """A value of that kind, or null."""
    return Kind(f"{kind.name} or null", lambda value: value is None or kind.fits(value))


def whole(name: str, first: int, end: int) -> Kind:
    """A whole number from `first` on, below `end`."""
    return Kind(name, lambda value: type(value) is int and first <= value < end)


def series(name: str, end: int) -> Kind:
    """A list of whole numbers from 0 on, below `end`; streams have a hundred thousand of them."""
    return Kind(
        name,
        lambda value: (
            type(value) is list and not [each for each in value if type(each) is not int or not 0 <= each < end]
        ),
    )


def _encodes(value: object, errors: str) -> bool:
    if type(value) is not str or "\0" in value:
        return False
    if value.isascii():
        return True
    try:
        value.encode("utf-8", errors)
    except UnicodeEncodeError:
        return False
    return True


def _is_word(value: object) -> bool:
    return _encodes(value, "surrogateescape")  # bytes that are no text, as Python hands them on


def _is_hex(value: object) -> bool:
    if type(value) is not str:
        return False
    try:
        bytes.fromhex(value)
    except ValueError:
        return False
    return True


def _are_pairs(value: object) -> bool:
    if type(value) is not list:
        return False
    for each in value:
        if type(each) is not list or len(each) != _PAIR:
            return False
        name, text = each
        if type(name) is not str or type(text) is not str:
            return False
    return True


TEXT = Kind("text", lambda value: type(value) is str, str)
LABEL = Kind("label", lambda value: _encodes(value, "strict"))
WORD = Kind("word", _is_word)
NAME = Kind("name", lambda value: _is_word(value) and value != "" and "=" not in value)
HEX = Kind("hexadecimal text", _is_hex)
FLAG = Kind("true or false", lambda value: type(value) is bool, bool)
NUMBER = whole("whole number", -_WHOLE, _WHOLE)
COUNT = whole("count", 0, _WHOLE)
DURATION = whole("duration", 0, _LONGEST)
MOMENT = Kind("moment", lambda value: type(value) in (int, float) and 0 <= value < _LAST)
ZONE = whole("time zone", -_DAY, _DAY + 1)
PAIRS = Kind("list of pairs of texts", _are_pairs)
COUNTS = series("list of counts", _WHOLE)
DURATIONS = series("list of durations", _LONGEST)
