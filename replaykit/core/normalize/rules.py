"""What may differ between two runs without meaning anything: the rules, declared as values.

Law: a rule only says what a thing looks like. Whether two of them may stand for each other is
decided where they are paired, so that no pattern, however greedy, can make two requests equal.

    kind     found by                           pairs when (pairing.py)
    id       UUID, ULID, 16, 24 or 32 hex       one-to-one over the whole run
             digits, toolu_…, call_…, msg_…
    time     ISO, RFC 2822, epoch, clock        both are now, each in its own run
    date     ISO, in words, 11/20/2026          both are today, each in its own run, one-to-one
    port     after a loopback host              one-to-one, both drawn by the system
    folder   home, project, temp folder         the recorded run's own against the live run's own
    temp     names of tempfile and pytest       one-to-one
    ignore   a project's own rule               always

An id here is what a program draws for each run. What people and machines use as an argument is none,
however random it looks: account numbers, addresses of wallets, commits, digests, keys of licences,
base64. Where a project draws ids of another form (KSUID, nanoid), it declares a rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from replaykit.core.model import Span

Kind: TypeAlias = Literal["id", "time", "date", "port", "temp", "folder", "ignore"]
Declarable: TypeAlias = Literal["id", "ignore"]

RULES_VERSION = 2
"""Raised whenever a rule finds something else than before: a verdict names the version it was reached with."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one sort of token looks like.

    `pattern` is matched against bytes as `scan.view` shows them; each group is a token, or the
    whole match where there is none. `anchors` are literals one of which must stand where the match
    begins. `test` has the last word.
    """

    name: str
    kind: Kind
    pattern: bytes
    anchors: tuple[bytes, ...] = ()
    test: Callable[[bytes], bool] | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one comparison: those of every run, those of a project, and the folders of both runs."""

    extra: tuple[Rule, ...] = ()
    roots: tuple[str, ...] = ()
    temps: tuple[str, ...] = ()

    @classmethod
    def of(cls, *spans: Span, extra: tuple[Rule, ...] = ()) -> Rules:
        """The rules for texts of these runs.

        Give the recorded and the live one for both sides: a folder of either is looked for in every
        text, so that a text which names the other machine's home folder as such still equals itself.
        """
        roots = {_root(path) for span in spans for path in (span.home, span.folder, span.temp)}
        temps = {_root(span.temp) for span in spans}
        return cls(extra, tuple(sorted(roots - {""}, key=_longest)), tuple(sorted(temps - {""}, key=_longest)))


def declare(name: str, pattern: str, kind: str = "id") -> Rule:
    """A project's own rule: a regular expression whose one group is the token, of kind `id` or `ignore`.

    It sees the raw text. Raises `UsageError` when the pattern or the kind makes no sense.
    """
    if kind not in get_args(Declarable):
        raise UsageError(f"rule {name!r}: kind {kind!r} is none of {', '.join(get_args(Declarable))}")
    if name in {rule.name for rule in RULES}:
        raise UsageError(f"rule {name!r}: there is a rule of that name already", remedy="give yours another name")
    try:
        groups = re.compile(pattern.encode()).groups
    except re.error as error:
        raise UsageError(f"rule {name!r}: the pattern {pattern!r} cannot be read: {error}") from error
    if groups != 1:
        raise UsageError(
            f"rule {name!r}: the pattern {pattern!r} has {groups} groups",
            remedy="mark what varies with exactly one (…), and use (?:…) elsewhere",
        )
    return Rule(name, "id" if kind == "id" else "ignore", pattern.encode())


_PIECE = rb"[A-Z]?[a-z]{3,}|[A-Z]{4,}|[0-9]{4,}"
_DIGITS = rb"[0-9]+"
_NATURAL = 0.7
"""The share of a name's letters that may stand in pieces as people write them (`Handle`, `2024`).

Of random words of 16 or more letters and digits, 2 % lie above it; of the identifiers in a large
Python installation (SDKs of all clouds), 88 % do.
"""


def random(word: bytes) -> bool:
    """Whether a word looks drawn by lot, not written by a person (`handleRequest2024`).

    Mixed case: few natural pieces. One case: at least two groups of digits (of random ones of 20
    letters, 2 % have fewer).
    """
    if word.islower() or word.isupper():
        return len(compiled(_DIGITS).findall(word)) > 1
    return sum(map(len, compiled(_PIECE).findall(word))) <= _NATURAL * len(word)


def _mixed(word: bytes) -> bool:
    return not word.isdigit() and not word.isalpha()


def _drawn(word: bytes) -> bool:
    return _mixed(word) and random(word)


_ACCOUNT = rb"[A-Za-z]{2}[0-9]+"
"""An account number (ISO 13616): of Belgium and Andorra, they are 16 and 24 hexadecimal digits."""


def _hexadecimal(word: bytes) -> bool:
    return _mixed(word) and not compiled(_ACCOUNT).fullmatch(word)


UUID = Rule(
    "uuid",
    "id",
    rb"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[1-8][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}"
    rb"(?![0-9A-Za-z])",
)
"""With a version from 1 to 8 and the variant of RFC 9562; other groups of digits are somebody's serial numbers."""

WORDS: tuple[Rule, ...] = (
    Rule(
        "hex", "id", b"|".join(rb"[0-9a-f]{%d}|[0-9A-F]{%d}" % (size, size) for size in (16, 24, 32)), test=_hexadecimal
    ),
    Rule("ulid", "id", rb"0[0-2][0-9A-HJKMNP-TV-Z]{24}", test=_mixed),
)
"""Matched against whole words of 16 or more letters and digits, in this order.

Hexadecimal: spans (16), documents of databases (24), traces and UUIDs without dashes (32). A ULID
begins with its time: 0 to 2 stand for the years up to 2074.
"""

DIGEST = rb"(?i)(?<![0-9A-Za-z])(?:sha|md|blake|crc|xxh|ripemd)[0-9a-z_/-]{0,8}[:=-]\xfe{0,2} ?$"
"""What stands before a digest that says what it is: `sha256:`; digests are of contents, not of runs."""

PREFIXED = Rule("prefixed", "id", rb"[0-9A-Za-z]{16,64}", test=_drawn)
"""A word of 16 or more letters and digits behind one of the prefixes below."""

PREFIX = (
    rb"(?<![0-9A-Za-z])(?:toolu|srvtoolu|call|msg|msgbatch|chatcmpl|cmpl|resp|rs|fc|req|run|item|event|evt|gen|step|thread"
    rb"|lc)(?:_|--?)(?:[0-9a-z]{1,8}[_-])?$"
)
"""What model services, and the frameworks that call them, put before the ids that they draw."""

REACH = 32
"""Bytes before a word in which its prefix is looked for."""

ANCHORED: tuple[Rule, ...] = (
    Rule(
        "prefixed",
        "id",
        rb"(?<![0-9A-Za-z])call_(?:[0-9a-z]{1,8}_)?([0-9A-Za-z]{8,64})(?![0-9A-Za-z])",
        (b"call_",),
        random,
    ),
    Rule(
        "port",
        "port",
        rb"(?:(?<![0-9A-Za-z.-])(?:127\.0\.0\.1|0\.0\.0\.0|localhost)|\[::1\xfe{0,2}\])"
        rb"\xfe{0,2}:([0-9]{1,5})(?![0-9A-Za-z])",
        (b"127.0.0.1", b"0.0.0.0", b"localhost", b"[::1"),
    ),
)
"""Found by a literal, which is many times faster than any pattern.

Behind `call_` also a short word, or one without a digit, may be an id (1 of 70 has none, at 24 letters).
"""

_SEPARATOR = rb"(?:\xfe{0,2}/|\\{1,4})"
_YEAR = rb"(?:19|20)[0-9]{2}"
_CHOSEN = rb"[a-z_]{3,}[0-9]+|[0-9]+[a-z_]{3,}|[a-z_]+|[0-9_]+"
"""A word with a number, as somebody writes it: `report24`, `2nd_part`."""
LOT = 8
"""Characters that Python's tempfile draws; mktemp(1) draws ten."""


def lot(name: bytes) -> bool:
    """Whether a name behind somebody's own prefix looks drawn by lot: no word, no year, no number."""
    if len(name) == LOT:
        return not compiled(_YEAR).search(name) and not compiled(_CHOSEN).fullmatch(name)
    return all(any(map(kind, (chr(byte) for byte in name))) for kind in (str.islower, str.isupper, str.isdigit))


FOLDER = Rule("folder", "folder", rb"")
TEMP = Rule(
    "temp",
    "temp",
    _SEPARATOR
    + rb"(?:pytest-of-([0-9A-Za-z._-]+)"
    + _SEPARATOR
    + rb"pytest-([0-9]+)|(?:tmp([0-9_a-z]{8})|tmp\.([0-9A-Za-z]{10})"
    + rb"|[0-9A-Z_a-z.-]{0,64}?[._-](?P<lot>[0-9_a-z]{8}|[0-9A-Za-z]{10}))(?![0-9A-Z_a-z-]))",
)
"""Below a temp folder: pytest's numbered folders, `tmpk3v9q2xy`, `tmp.aB3dE5gH1k`, and `name-k3v9q2ab`.

A name that somebody chose (`report.txt`, `report-2026q4`) is no token: renaming it means something.
"""

_MONTHS = "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
_SPELLING = {
    "~:": r"\xfe{0,2}:",
    "~/": r"\xfe{0,2}/",
    "~_": r"\xfe{0,2}[ +]",
    "MONTH": rf"(?P<month>{_MONTHS}|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)",
    "WEEKDAY": r"(?P<weekday>Mon|Tues?|Wed(?:nes)?|Thu(?:rs?)?|Fri|Sat(?:ur)?|Sun)(?:day)?",
    "CLOCK": r"(?P<hour>[01]?\d|2[0-3])~:(?P<minute>[0-5]\d)(?:~:(?P<second>[0-5]\d|60)(?:[.,](?P<part>\d{1,9}))?)?",
    "ZONE": r"(?P<zone>Z|~_?(?:UTC|GMT)|~_?[+-]\d\d(?:~:)?\d\d)",
    "YEAR": r"(?P<year>(?:19|20)\d\d)",
    "MM": r"(?P<number>0[1-9]|1[0-2])",
    "DD": r"(?P<day>0[1-9]|[12]\d|3[01])",
    "DAY": r"(?P<day>0?[1-9]|[12]\d|3[01])",
}
"""The words of the patterns below; `~` allows for the two bytes that `scan.view` leaves of a `%3A`."""


def _spelled(pattern: str) -> bytes:
    for _ in range(2):  # words within words: CLOCK says ~:
        for word, meaning in _SPELLING.items():
            pattern = pattern.replace(word, meaning)
    return f"(?:{pattern})(?![0-9A-Za-z])".encode()


_FORMS: tuple[tuple[str, Kind, str], ...] = (
    ("iso-time", "time", r"YEAR-MM-DD(?:[Tt]|~_)CLOCKZONE?"),
    ("compact-time", "time", r"YEARMMDD[T_-](?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?:\.\d+)?ZONE?"),
    ("mail-time", "time", r"(?:WEEKDAY,?~_)?DAY(?:~_|-)MONTH(?:~_|-)YEAR~_CLOCK(?:~_?ZONE)?"),
    ("c-time", "time", r"WEEKDAY~_MONTH~_{1,2}DAY~_CLOCK~_YEAR"),
    ("iso-date", "date", r"YEAR(?:-|~/)MM(?:-|~/)DD"),
    ("compact-date", "date", r"YEARMMDD"),
    ("dotted-date", "date", r"DAY\.(?P<number>0?[1-9]|1[0-2])\.YEAR"),
    ("slashed-date", "date", r"(?P<one>\d{1,2})~/(?P<two>\d{1,2})~/YEAR"),
    ("day-month", "date", r"(?:WEEKDAY,?~_)?(?:the~_)?DAY(?:st|nd|rd|th)?~_(?:of~_)?MONTH(?:\.?,?~_YEAR)?"),
    ("month-day", "date", r"(?:WEEKDAY,?~_)?MONTH\.?~_DAY(?:st|nd|rd|th)?(?:,?~_YEAR)?"),
    ("clock", "time", r"(?<![0-9]:)(?<!\.)CLOCK(?P<half>(?:~_|\xe2\x80\xaf)?[AaPp]\.?[Mm])?(?!~:\d)"),
    ("epoch", "time", r"(?<!\.)(?P<epoch>[12]\d{9}(?:\d{3}|\d{6}|\d{9})?)(?:\.(?P<part>\d{1,9}))?"),
)

MOMENTS: tuple[Rule, ...] = tuple(Rule(name, kind, _spelled(pattern)) for name, kind, pattern in _FORMS)
"""Times and dates, the longer forms first. Groups say what a part means (moments.py)."""

RULES: tuple[Rule, ...] = (FOLDER, TEMP, *ANCHORED, *MOMENTS, UUID, *WORDS, PREFIXED)
"""Every built-in rule; where two find the same stretch, the earlier one has it."""


@cache
def compiled(pattern: bytes) -> re.Pattern[bytes]:
    """The compiled pattern; compiled when first asked for, so that importing costs nothing."""
    return re.compile(pattern, re.DOTALL)


def _root(path: str) -> str:
    """A folder's path without its last separator; empty for what is no folder of one's own."""
    path = path.rstrip("/\\")
    return path if len(path) > 1 and '"' not in path else ""


def _longest(path: str) -> tuple[int, str]:
    return -len(path), path
