"""Secrets that are known by their shape, and the project's own rules.

Law: a shape is a whole word. What stands in the middle of a longer run (a base64 image, a
signature, `task-…`) is none. A stand-in keeps what programs look at: a key its prefix, a token its
three parts, a PEM block its first and last line.

A body is looked through for each shape's rarest character only (one `memchr`, 2 µs for 200 kB where
a search for three letters takes 110), and the shape itself is tried where that one stands.

    shape                        scout    becomes
    sk-…, xai-…, nvapi-…         -        sk-[REDACTED]
    ghp_…, hf_…, whsec_…         _        ghp_[REDACTED]
    AIza…, AKIA…, 123…:AA…       A        AIza[REDACTED]
    SG.…, ya29.…                 G, 9     SG.[REDACTED]
    eyJ….eyJ….…                  J        a token of three parts that decode to JSON
    -----BEGIN … PRIVATE KEY     -        the same lines around "REDACTED" in base64
    Bearer …, Basic …            B        Bearer [REDACTED]
    webhooks of chats            /        services/T…/B…/[REDACTED]
    ?sig=…, ;AccountKey=…        =        ?sig=[REDACTED], when drawn by lot
    ://user:password@host        @        ://user:REDACTED@host
"""

from __future__ import annotations

import re
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote

from replaykit.core.redact.edit import Edit, snug
from replaykit.core.redact.naming import Says, says
from replaykit.core.redact.secret import drawn, random
from replaykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Rule:
    """A project's own rule: what `pattern` (a regular expression) matches becomes `stand_in`, reported as `name`.

    The pattern sees bodies as text, JSON as it is written; a stand-in may therefore hold nothing
    that JSON would escape. What lies inside a stand-in is never matched again.
    """

    name: str
    pattern: str
    stand_in: str

    def __post_init__(self) -> None:
        """Refuse what would break a body: a pattern that is none or matches nothing, a stand-in to be escaped."""
        try:
            matches_nothing = re.search(self.pattern, "") is not None
        except re.error as error:
            raise UsageError(f"rule {self.name!r}: {self.pattern!r} is no regular expression: {error}") from error
        if matches_nothing:
            raise UsageError(f"rule {self.name!r}: {self.pattern!r} matches an empty text")
        if not self.stand_in.isprintable() or set(self.stand_in) & {'"', "\\"}:
            raise UsageError(f"rule {self.name!r}: the stand-in {self.stand_in!r} needs escaping in JSON")


def _part(json: bytes) -> bytes:
    """One part of a token: JSON in base64url without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(json).rstrip(b"=")


TOKEN = b".".join(
    map(
        _part,
        (
            b'{"alg":"none","typ":"JWT"}',
            b'{"sub":"REDACTED","iat":0,"exp":4102444800}',  # Unix seconds: 2100-01-01, never expired in a replay
            b'"REDACTED"',  # no object: it may not look like the payload of another token
        ),
    )
)
"""What stands in for a JSON web token."""

_KEY = b"UkVEQUNURUQ="  # "REDACTED" in base64: the block still decodes
_GLUE = re.compile(rb"[A-Za-z0-9_-]")
_ESCAPE = re.compile(rb"(?:\\[nrtbf]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})\Z")
_IMAGE = re.compile(rb"[A-Za-z0-9+/]{64}")
_SECRETIVE = re.compile(rb"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])")
_BREAKS = re.compile(rb"(?:\s|\\+[nr])*")
_USERINFO = re.compile(rb"://([^\s/:@\"'<>\\]*):(?!REDACTED)([^\s/@\"'<>\\]+)\Z")
_OPEN = re.compile(
    rb"(?i:\$?\{.*|%\w|\$\w+|\*+|x+|\.+|(?:your|my)?[_-]?(?:password|passwd|pass|pwd|pw|secret|key|token))"
)
"""Passwords that guard nothing: templates, and words that only say that one belongs there."""
BASIC: Final = ("basic credentials",)
"""What a name and a password behind the word `Basic` are reported as."""
_EQUALS = re.compile(rb"=(?<=[degltny]=)(?:(?<=[ek][ny]=)|(?<=ig=)|(?<=[rd][de]=)|(?<=[re][et]=)|(?<=al=))")
"""The sign behind a name that ends like one that says secret: key, token, sig, password, signature, code, secret."""
_PARAMETER = re.compile(rb"(?:[?&;]|\\u0026|\A)([A-Za-z][\w.-]{0,47})\Z")
_VALUE = re.compile(rb"[\w~%+/.-]++=*+(?![\w(\[{$])")
_SIGNED: Final = frozenset({"sig", "signature", "code", "x-amz-signature", "x-goog-signature", "x-amz-credential"})
_LONG = 56
"""Bytes: the longest name of a parameter, and what stands before it."""
_REACH = 256
"""Bytes: how far before its `@` the password of a URL is looked for."""

_Read: TypeAlias = "Callable[[re.Match[bytes]], Edit | None]"


@dataclass(frozen=True, slots=True)
class _Shape:
    """One shape: tried `back` bytes before its scout; `read` makes an edit of the match, or None."""

    back: int
    pattern: re.Pattern[bytes]
    read: _Read


def _key(kind: str = "", *, plain: bool = False) -> _Read:
    """A reader of keys: group 1 is the prefix, which stays; one that is `plain` could be words, and needs a digit."""

    def read(match: re.Match[bytes]) -> Edit | None:
        if plain and not _SECRETIVE.match(match[0], len(match[1])):
            return None
        name = kind or f"key {match[1].decode().rstrip('-_')}"
        return Edit(match.start(), match.end(), match[1] + b"[REDACTED]", (name,))

    return read


def _token(match: re.Match[bytes]) -> Edit:
    """A JSON web token, whole."""
    return Edit(match.start(), match.end(), TOKEN, ("jwt",))


def _block(match: re.Match[bytes]) -> Edit | None:
    """What stands between the first and the last line of a PEM block, with the line ends it has."""
    breaks = _BREAKS.match(match[1])
    ends = breaks[0] if breaks else b""
    return Edit(match.start(1), match.end(1), ends + _KEY + ends, ("private key",))


def _bearer(match: re.Match[bytes]) -> Edit | None:
    """The credential behind the word `Bearer`, without the full stop of its sentence."""
    value = match[1].rstrip(b".")
    if not _SECRETIVE.match(value) and not random(value.decode("latin-1")):
        return None
    return Edit(match.start(1), match.start(1) + len(value), b"[REDACTED]", ("bearer token",))


def _basic(match: re.Match[bytes]) -> Edit | None:
    """A name and a password in base64 (RFC 7617), unless the password is a stand-in already."""
    try:
        said = b64decode(match[1] + b"=" * (-len(match[1]) % 4), altchars=b"-_" if b"-" in match[1] else None)
    except ValueError:
        return None
    if b":" not in said or b"[REDACTED" in said:
        return None
    return Edit(match.start(1), match.end(1), b"[REDACTED]", BASIC)


def _shape(back: int, pattern: bytes, read: _Read) -> _Shape:
    """A row of the table below."""
    return _Shape(back, re.compile(pattern), read)


_FAMILY = rb"(sk-(?:ant-[a-z]{3,5}[0-9]{2}-|proj-|svcacct-|admin-|or-v1-|lf-)?)(?=[\w-]*?\w{12})[\w-]{16,}"
_LINES = rb"(?:Proc-Type|DEK-Info): [\w,-]+|\s|\\{1,8}[nr/]|[A-Za-z0-9+/=]"
_PEM = rb"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----((?=(?s:.){0,200}?[A-Za-z0-9+/=]{16})(?:" + _LINES + rb")+)"

_SCOUTS: Final[tuple[tuple[re.Pattern[bytes], tuple[_Shape, ...]], ...]] = (
    (
        re.compile(
            rb"-(?:(?<=sk-)|(?<=xox[abeoprs]-)|(?<=xapp-)|(?<=xai-)|(?<=pplx-|tvly-)|(?<=glpat-|nvapi-)|(?=----BEGIN ))"
        ),
        (
            _shape(2, _FAMILY, _key(plain=True)),
            _shape(4, rb"(xox[abeoprs]-|xapp-)[A-Za-z0-9-]{10,}", _key("slack token", plain=True)),
            _shape(3, rb"(xai-)[A-Za-z0-9]{32,}", _key()),
            _shape(4, rb"(pplx-|tvly-(?:dev-|prod-)?)[A-Za-z0-9-]{24,}", _key(plain=True)),
            _shape(5, rb"(glpat-)[\w-]{20,}", _key("gitlab token", plain=True)),
            _shape(5, rb"(nvapi-)[\w-]{40,}", _key()),
            _shape(0, _PEM, _block),
        ),
    ),
    (
        re.compile(
            rb"_(?:(?<=gh[opsru]_)|(?<=github_pat_)|(?<=hf_)|(?<=gsk_|npm_)|(?<=[rs]k_)|(?<=lsv2_)"
            rb"|(?<=do[opr]_v1_)|(?<=whsec_)|(?<=shp(?:at|ca|pa|ss)_)|(?<=r8_)|(?<=pcsk_))"
        ),
        (
            _shape(3, rb"(gh[opsru]_)[A-Za-z0-9]{30,}", _key("github token")),
            _shape(10, rb"(github_pat_)\w{30,}", _key("github token")),
            _shape(2, rb"(hf_)[A-Za-z0-9]{30,}", _key()),
            _shape(3, rb"(gsk_|npm_)[A-Za-z0-9]{30,}", _key()),
            _shape(2, rb"([rs]k_(?:live|test)_)[A-Za-z0-9]{16,}", _key()),
            _shape(4, rb"(lsv2_(?:pt|sk)_)\w{30,}", _key()),
            _shape(6, rb"(do[opr]_v1_)[0-9a-f]{40,}", _key()),
            _shape(5, rb"(whsec_|shp(?:at|ca|pa|ss)_)[A-Za-z0-9+/]{24,}=*", _key()),
            _shape(2, rb"(r8_)[A-Za-z0-9]{30,}", _key()),
            _shape(4, rb"(pcsk_)\w{30,}", _key()),
        ),
    ),
    (
        re.compile(rb"A(?=Iza|KIA[A-Z2-7]|SIA[A-Z2-7]|A(?<=[0-9]{8}:AA))"),
        (
            _shape(0, rb"()AA[\w-]{33}(?![\w-])", _key("telegram token")),
            _shape(0, rb"(AIza)[\w-]{35}(?![\w-])", _key("key AIza")),
            _shape(0, rb"((?:AKIA|ASIA))[A-Z2-7]{16}(?!\w)", _key("aws key id")),
        ),
    ),
    (re.compile(rb"J(?<=eyJ)"), (_shape(2, rb"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*", _token),)),
    (re.compile(rb"G(?<=SG)(?=\.)"), (_shape(1, rb"(SG\.)[\w-]{16,}\.[\w-]{16,}", _key("key SG")),)),
    (re.compile(rb"9(?<=ya29)(?=\.)"), (_shape(3, rb"(ya29\.)[\w-]{20,}", _key("google token")),)),
    (
        re.compile(rb"/(?=services/T|webhooks/[0-9])"),
        (
            _shape(-1, rb"(services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/)[A-Za-z0-9]{16,}", _key("webhook")),
            _shape(-1, rb"(webhooks/[0-9]{15,}/)[\w-]{40,}", _key("webhook")),
        ),
    ),
    (
        re.compile(rb"B(?=earer |asic )"),
        (
            _shape(0, rb"Bearer +([\w.~+/-]{12,}+=*+)(?!\[)", _bearer),
            _shape(0, rb"Basic +([\w+/-]{6,}+={0,2})", _basic),
        ),
    ),
)


def find(data: bytes, start: int) -> Iterator[Edit]:
    """Everything with a known shape whose scout stands at `start` or later."""
    for scout, shapes in _SCOUTS:
        for hit in scout.finditer(data, start):
            if edit := next(filter(None, (_tried(data, hit.start() - shape.back, shape) for shape in shapes)), None):
                yield edit
    yield from _passwords(data, start)
    yield from _parameters(data, start)


def _tried(data: bytes, place: int, shape: _Shape) -> Edit | None:
    """The edit of a shape at a place, or None; whether a word begins there is cheaper to see, and seen first."""
    match = shape.pattern.match(data, place) if place >= 0 and _whole(data, place) else None
    return shape.read(match) if match else None


def _whole(data: bytes, start: int) -> bool:
    """True when a word begins here: not after a letter, unless that ends an escape, and not inside an image."""
    if not start:
        return True
    if _GLUE.match(data, start - 1):
        return _ESCAPE.search(data, max(0, start - 6), start) is not None
    return data[start - 1] not in b"+/" or not _IMAGE.fullmatch(data, max(0, start - 64), start)


def _passwords(data: bytes, start: int) -> Iterator[Edit]:
    """The passwords in URLs that look like some."""
    at = data.find(b"@", start)
    while at >= 0:
        match = _USERINFO.search(data, max(0, at - _REACH), at)
        if match and guards(match[1], match[2]):
            yield Edit(match.start(2), at, b"REDACTED", ("url password",))
        at = data.find(b"@", at + 1)


def guards(user: bytes, password: bytes) -> bool:
    """True for what may guard something: not a template, a word for one, or the user's name once more."""
    return not (_OPEN.fullmatch(password) or password.lower() == user.lower())


def _parameters(data: bytes, start: int) -> Iterator[Edit]:
    """The values of parameters and pairs that say secret, where they look drawn by lot."""
    for equals in _EQUALS.finditer(data, start):
        name = _PARAMETER.search(data, max(0, equals.start() - _LONG), equals.start())
        value = _VALUE.match(data, equals.end()) if name else None
        code = name and value and name[0].startswith(b";") and b"." in value[0]  # `; key = settings.apiKey2`
        if name and value and not code and drawn(unquote(value[0].decode("latin-1"))) and _opens(name[1].decode()):
            yield Edit(value.start(), value.end(), b"[REDACTED]", (f"query {name[1].decode().lower()}",))


def _opens(name: str) -> bool:
    """True for a name that says secret, or that of a signature."""
    return name.lower() in _SIGNED or says(name) is not Says.NOTHING


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules made ready: each pattern compiled, its stand-in in bytes."""

    ready: tuple[tuple[str, re.Pattern[str], bytes], ...]

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> Rules:
        """The rules, in their order."""
        return cls(tuple((rule.name, re.compile(rule.pattern), rule.stand_in.encode()) for rule in rules))

    def find(self, data: bytes, start: int) -> Iterator[Edit]:
        """What the rules match from `start` on; an escape of JSON is matched whole or not at all."""
        if not self.ready:
            return
        text = data[start:].decode("utf-8", "surrogateescape")
        for name, pattern, stand_in in self.ready:
            at, place = 0, start
            for match in pattern.finditer(text):
                place += len(text[at : match.start()].encode("utf-8", "surrogateescape"))
                at = match.start()
                size = len(match[0].encode("utf-8", "surrogateescape"))
                if edit := snug(data, Edit(place, place + size, stand_in, (name,))):
                    yield edit
