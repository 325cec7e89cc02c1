"""One text looked through: what in it is a secret, and in what it wraps.

Law: finds what the redactor would hide, and beyond that what is wrapped (wrapped.py); leaves out what
stands where a secret would and opens nothing. A text that repeats an earlier one is looked through
where it is new.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from replaykit.core.canonical import common_prefix
from replaykit.core.redact import STAND_IN, wire
from replaykit.core.redact.secret import harmless
from replaykit.core.stream import SSE
from replaykit.scan.recorded import stream
from replaykit.scan.typed import typed
from replaykit.scan.wrapped import inner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from replaykit.core.redact import Redactor, Scan
    from replaykit.core.redact.edit import Edit

DEEPEST = 3
"""Layers that are unwrapped: base64 of gzip of JSON with base64 in it."""

RECENT = 4
"""Bodies that a new one is compared with: more agents than that seldom take turns."""

_IDLE: Final = re.compile(
    rb"(?i)\*{3,}|x{5,}|-x{3}\Z|\A<[^<>]*>\Z|\A\$?\{+[^{}]*\}+\Z|"
    rb"(?<![a-z])(?:redacted|filtered|scrubbed|masked|sanitized|fake|dummy|mock(?:ed)?|example|sample|placeholder|"
    rb"changeme|your|test(?:ing)?)(?![a-z])|(?-i:EXAMPLE)"
)
"""What stands where a secret would: `**REDACTED**`, `<AUTH_TOKEN>`, `AUTHORIZATION-XXX`, `your-key`, `AKIA…EXAMPLE`."""

_PASSING: Final = frozenset({"__cf_bm", "_cfuvid", "__cflb", "__cfruid", "awsalb", "awsalbcors", "ak_bmsc"})
"""Cookies of the proxies before a service, in lower case: they know a connection again, and open nothing."""

COOKIES: Final = frozenset({"cookie", "set-cookie"})
"""Headers that carry cookies."""

WORDS: Final = {
    "key": "key {}…",
    "field": "credential in the field {}",
    "query": "credential in the parameter {}",
    "header": "credential in the header {}",
}
"""The redactor's names that begin so, in words."""

PASSWORD: Final = "password of a command"  # noqa: S105 - what it is called
"""What one is called that somebody typed after `curl -u`."""

REMEMBERED = 2048
"""Headers and URLs that are looked at once: those of an SDK are the same in every request."""


class Hit(NamedTuple):
    """A secret in a text: its kind in words, where it begins, and what tells it from others."""

    kind: str
    at: int = 0
    mark: int = 0


class Eye:
    """Looks through one text after another; one thread at a time.

    `url` and `header` give the secrets of a URL, and of a header by its name and value; `clean` gives a text
    without its secrets.
    """

    def __init__(self, redactor: Redactor) -> None:
        """`redactor` knows what is a secret."""
        self.redactor = redactor
        self._variables = frozenset(secret.name for secret in redactor.secrets)
        self._recent: deque[Scan] = deque(maxlen=RECENT)
        self.url = lru_cache(REMEMBERED)(self._url)
        self.header = lru_cache(REMEMBERED)(self._header)
        self.clean = lru_cache(REMEMBERED)(lambda text: redactor.text(text)[0])

    def text(self, data: bytes) -> list[Hit]:
        """The secrets of a text."""
        return self._all(data, self.redactor.scan(data).edits)

    def body(self, data: bytes) -> list[Hit]:
        """The secrets of a request's body, of which those that an earlier one had in the same place are left out."""
        shared, before = 0, None
        for scan in self._recent:
            length = common_prefix(scan.raw, data)
            if length > shared:
                shared, before = length, scan
        scan = self.redactor.scan(data, before, shared)
        self._recent.append(scan)
        new = [edit for edit in scan.edits if edit.end > shared]
        return self._all(data, new, max(0, data.rfind(b'"', 0, shared)))

    def stream(self, data: bytes, lengths: Sequence[int], content_type: str) -> list[Hit]:
        """The secrets of an answer, those among them that its events or chunks cut into pieces."""
        _, _, names = self.redactor.chunks(data, lengths, content_type)
        if not names:
            return self._all(data, ())
        whole = self.redactor.scan(data)
        return [*self._all(data, whole.edits), *self._over(names, whole.names, 0)]

    def recorded(self, data: bytes) -> list[Hit]:
        """The secrets that the events of a stream cut into pieces, in a text that holds such a stream."""
        events = stream(data)
        if not events:
            return []
        _, _, names = self.redactor.chunks(events, (), SSE)
        return list(self._over(names, self.redactor.scan(events).names, data.find(b"data:")))

    def credential(self, name: str, value: str) -> list[Hit]:
        """What is secret in the value of a credential: not its scheme, nor the name of a cookie."""
        kind = "cookie" if name.lower() in COOKIES else "credential"
        return [Hit(kind, mark=hash(part)) for part in _parts(name, value) if opens(part)]

    def _url(self, url: str) -> list[Hit]:
        """The secrets of a URL."""
        data = _raw(url)
        edits = [*wire.authority(data)[1], *wire.parameters(data, self.redactor.query), *self.redactor.scan(data).edits]
        first = {edit.start: edit for edit in reversed(edits)}
        return self._hits(data, first.values())

    def _header(self, name: str, value: str) -> list[Hit]:
        """The secrets of a header, be they in its value or in its name."""
        found = self.url(value) if name.lower() in wire.ADDRESSES else self.text(_raw(value))
        if not found and wire.credential(name, self.redactor.credentials):
            found = self.credential(name, value)
        return [*self.text(_raw(name)), *found]

    def _worded(self, name: str) -> str:
        """The redactor's name for a kind, in words that need no explanation."""
        if name in self._variables:
            return f"the value of {name}"
        first, _, rest = name.partition(" ")
        return WORDS[first].format(rest) if rest and first in WORDS else name

    def _all(self, data: bytes, edits: Sequence[Edit], start: int = 0, depth: int = DEEPEST) -> list[Hit]:
        """What edits would hide, and the secrets in what the text wraps from `start` on."""
        return [*self._hits(data, edits), *_typed(data, edits, start), *self._inside(data, edits, start, depth)]

    def _hits(self, data: bytes, edits: Iterable[Edit]) -> list[Hit]:
        """What edits would hide, without what opens nothing."""
        found = list[Hit]()
        for edit in edits:  # one may have thousands of names, where secrets run into one another
            value = data[edit.start : edit.end]
            mark, opening = hash(value), not idle(_core(value, edit.text))
            names = (name for name in edit.names if opening or name in self._variables)
            found += [Hit(self._worded(name), edit.start, mark) for name in names]
        return found

    def _inside(self, data: bytes, edits: Sequence[Edit], start: int, depth: int) -> Iterator[Hit]:
        """The secrets in what a text wraps, without those that edits of the text itself would hide."""
        for how, at, end, wrapped in inner(data, start) if depth else ():
            known = {self._worded(name) for edit in edits if at <= edit.start < end for name in edit.names}
            for hit in self._all(wrapped, self.redactor.scan(wrapped).edits, depth=depth - 1):
                if hit.kind not in known:
                    yield Hit(f"{hit.kind}, in {how}", at, hit.mark)

    def _over(self, names: Iterable[str], whole: Iterable[str], at: int) -> Iterator[Hit]:
        """What was found only over several events."""
        for name in (Counter(names) - Counter(whole)).elements():
            yield Hit(f"{self._worded(name)}, over several events", at)


def _typed(data: bytes, edits: Sequence[Edit], start: int) -> Iterator[Hit]:
    """The passwords in commands, without those that edits would hide."""
    for place, password in typed(data, start):
        if not idle(password) and not any(edit.start < place + len(password) and place < edit.end for edit in edits):
            yield Hit(PASSWORD, place, hash(password))


def _raw(text: str) -> bytes:
    """The bytes of a text, whatever is in it."""
    return text.encode("utf-8", "surrogatepass")


def _core(value: bytes, stand_in: bytes) -> bytes:
    """A secret without the beginning that its stand-in keeps: `sk_test_`, `AKIA`."""
    return value[common_prefix(value, stand_in) :]


def idle(value: bytes) -> bool:
    """True for a text that stands where a secret would, and opens nothing."""
    return STAND_IN.search(value) is not None or _IDLE.search(value) is not None


def opens(value: str) -> bool:
    """True for a text that may open something: no stand-in, no placeholder, no plain word."""
    data = value.encode("utf-8", "surrogateescape")
    return not harmless(value) and not idle(data)


def _parts(name: str, value: str) -> list[str]:
    """What is secret in the value of a credential, if all of it is."""
    found: list[str] = []

    def take(part: str) -> str:
        """The part as it is, kept to be looked at."""
        found.append(part)
        return part

    if name.lower() == "cookie":
        pairs = (pair for pair in value.split(";") if _name(pair) not in _PASSING)
        wire.without(name, ";".join(pairs), take)
    elif _name(value) not in _PASSING or name.lower() not in COOKIES:
        wire.without(name, value, take)
    return found


def _name(cookie: str) -> str:
    """The name of a cookie, in lower case."""
    return cookie.partition("=")[0].strip().lower()
