"""The one-to-one map of a run: which recorded token stands for which live one.

Law: rules may not hide meaning. Two tokens pair when they are equal, or when the table below lets
them, and what has been bound stays bound for the whole run, in both directions. A conflict leaves
no trace: bindings are values, and the old ones are as they were.

    kind     may differ when
    id       both have the same shape, neither is bound to another, the recorded one was not first
             seen in an answer (replay served it as it was), the live one is not in the recording
    time     both are written alike, and both are now in their own run
    date     the same, by days
    port     neither is bound to another
    temp     neither is bound to another
    folder   both are the same folder (home, project, temp), each of its own run
    ignore   always
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from replaykit.core.model import Span
from replaykit.core.normalize.moments import alike, now
from replaykit.core.normalize.scan import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from replaykit.core.normalize.folding import Token
    from replaykit.core.normalize.rules import Kind

Key: TypeAlias = "tuple[Kind, bytes]"


def _never(_text: bytes) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Facts:
    """What pairing has to know of the two runs.

    `live.ended` is the present moment while the live run lasts. `stands(text)`: the live id occurs
    verbatim in the recording, in a request or an answer. `given(text)`: the recording shows the
    recorded id first in an answer.
    """

    recorded: Span = field(default_factory=Span)
    live: Span = field(default_factory=Span)
    stands: Callable[[bytes], bool] = _never
    given: Callable[[bytes], bool] = _never


@dataclass(frozen=True, slots=True)
class Bindings:
    """The map so far.

    `partner` leads from recorded to live and `owner` back (ids without case and dashes where those
    are only spelling); `changes` from a recorded text to the live text where they differ; `settled`
    are the pairs already judged.
    """

    partner: Mapping[Key, bytes] = field(default_factory=dict, repr=False)
    owner: Mapping[Key, bytes] = field(default_factory=dict, repr=False)
    changes: Mapping[Key, bytes] = field(default_factory=dict)
    settled: frozenset[tuple[str, bytes, str, bytes]] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Use:
    """A rule that was needed: the recorded token and the live one that stood in its place."""

    recorded: Token
    live: Token

    @property
    def kind(self) -> Kind:
        """The kind of both."""
        return self.recorded.kind


@dataclass(frozen=True, slots=True)
class Paired:
    """All tokens pair: the bindings as they are now, and the rules that were needed, in the text's order."""

    bindings: Bindings
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two tokens do not pair: why, in words, and which; no tokens when the texts have different ones."""

    reason: str
    recorded: Token | None = None
    live: Token | None = None


def pair(
    recorded: Sequence[Token],
    live: Sequence[Token],
    bindings: Bindings = Bindings(),
    facts: Facts = Facts(),
) -> Paired | Conflict:
    """The extended bindings, or the first conflict, for two texts with equal skeletons."""
    if len(recorded) != len(live):
        return Conflict("the texts differ in how many ids, times and other variable things they hold")
    draft = _Draft(bindings)
    fresh = [
        (one, other)
        for one, other in zip(recorded, live, strict=True)
        if (one.rule, one.text, other.rule, other.text) not in bindings.settled
    ]
    for one, other in fresh:
        if reason := _judge(one, other, draft, facts):
            return Conflict(reason, one, other)
    uses = tuple(Use(one, other) for one, other in zip(recorded, live, strict=True) if one.text != other.text)
    return Paired(draft.settled(fresh) if fresh else bindings, uses)


class _Draft:
    """Bindings being extended; the ones it began with stay as they are."""

    __slots__ = ("_changes", "_old", "_owner", "_partner")

    def __init__(self, old: Bindings) -> None:
        self._old = old
        self._partner: dict[Key, bytes] = {}
        self._owner: dict[Key, bytes] = {}
        self._changes: dict[Key, bytes] = {}

    def partner(self, key: Key) -> bytes | None:
        return self._partner.get(key) or self._old.partner.get(key)

    def owner(self, key: Key) -> bytes | None:
        return self._owner.get(key) or self._old.owner.get(key)

    def bind(self, one: Key, other: Key) -> None:
        self._partner[one] = other[1]
        self._owner[other] = one[1]

    def change(self, one: Token, other: Token) -> None:
        if one.text != other.text:
            self._changes[one.kind, one.text] = other.text

    def settled(self, fresh: list[tuple[Token, Token]]) -> Bindings:
        """The extended bindings; maps that have not grown are shared with the old ones."""
        old = self._old
        return Bindings(
            {**old.partner, **self._partner} if self._partner else old.partner,
            {**old.owner, **self._owner} if self._owner else old.owner,
            {**old.changes, **self._changes} if self._changes else old.changes,
            old.settled.union((one.rule, one.text, other.rule, other.text) for one, other in fresh),
        )


def _judge(one: Token, other: Token, draft: _Draft, facts: Facts) -> str:
    """Why the two do not pair; empty when they do, and then they are bound."""
    if one.kind != other.kind:
        return f"one is of kind {one.kind}, the other of kind {other.kind}"
    return _JUDGES[one.kind](one, other, draft, facts)


def _id(one: Token, other: Token, draft: _Draft, facts: Facts) -> str:
    key, partner = (one.kind, _bare(one)), (other.kind, _bare(other))
    if one.text != other.text and not (_declared(one) or _declared(other)) and _shape(one) != _shape(other):
        return f"{_show(one)} and {_show(other)} are ids of different shapes"
    known = draft.partner(key) == partner[1]
    if not known and key[1] != partner[1]:
        if facts.given(one.text):
            return f"{_show(one)} came from an answer, which replay gives as it was recorded"
        if facts.stands(other.text):
            return f"{_show(other)} is in the recording itself, so it can only mean itself"
    return _one_to_one(one, other, draft, facts)


def _one_to_one(one: Token, other: Token, draft: _Draft, _facts: Facts) -> str:
    key, partner = (one.kind, _bare(one)), (other.kind, _bare(other))
    bound, owner = draft.partner(key), draft.owner(partner)
    if bound is not None and bound != partner[1]:
        return f"{_show(one)} stands for {bound.decode(errors='replace')} in this run, not for {_show(other)}"
    if owner is not None and owner != key[1]:
        return f"{_show(other)} stands in for {owner.decode(errors='replace')} in this run, not for {_show(one)}"
    draft.bind(key, partner)
    draft.change(one, other)
    return ""


def _moment(one: Token, other: Token, _draft: _Draft, facts: Facts) -> str:
    if one.text == other.text:
        return ""
    if not alike(one, other):
        return f"{_show(one)} and {_show(other)} are written in different formats"
    then, present = now(one, facts.recorded), now(other, facts.live)
    if then & present:
        return ""
    if not then:
        return f"{_show(one)} was not the {one.kind} of the recorded run"
    if not present:
        return f"{_show(other)} is not the {one.kind} of this run"
    return f"{_show(one)} and {_show(other)} are now in different time zones"


def _folder(one: Token, other: Token, draft: _Draft, facts: Facts) -> str:
    if one.text == other.text or _roles(one, facts.recorded) & _roles(other, facts.live):
        draft.change(one, other)
        return ""
    return f"{_show(one)} and {_show(other)} are not the same folder of their runs"


def _ignored(_one: Token, _other: Token, _draft: _Draft, _facts: Facts) -> str:
    return ""


_JUDGES: Mapping[Kind, Callable[[Token, Token, _Draft, Facts], str]] = MappingProxyType(
    {
        "id": _id,
        "time": _moment,
        "date": _moment,
        "port": _one_to_one,
        "temp": _one_to_one,
        "folder": _folder,
        "ignore": _ignored,
    }
)


def _show(token: Token) -> str:
    return token.text.decode(errors="replace")


_HEX = re.compile(rb"[0-9A-Fa-f-]{16,}")


def _bare(token: Token) -> bytes:
    """The id without what is only spelling: `550E8400-E29B-…` is `550e8400e29b…`."""
    return token.text.replace(b"-", b"").lower() if _HEX.fullmatch(token.text) else token.text


def _declared(token: Token) -> bool:
    """Whether a project's own rule found it; such ids may have any shape."""
    return token.rule not in {"uuid", "hex", "ulid", "random", "prefixed"}


_LETTERS = (re.compile(rb"[a-z]"), re.compile(rb"[A-Z]"), re.compile(rb"[G-Zg-z]"))
_LONG = 16
"""An id of this many letters or more uses its whole alphabet (of base62, 99.98 % have a capital)."""


def _shape(token: Token) -> tuple[object, ...]:
    """What two ids of one make have in common: length, dashes, and, of long ones, the alphabet."""
    text = token.text
    dashes = tuple(place for place, byte in enumerate(text) if byte in b"-_")
    alphabet = tuple(bool(letters.search(text)) for letters in _LETTERS) if len(text) >= _LONG else ()
    return len(text), dashes, alphabet


def _roles(token: Token, span: Span) -> set[str]:
    """What the folder was in that run."""
    path = plain(token.text).decode(errors="replace").replace("\\\\", "\\")
    folders = {"home": span.home, "folder": span.folder, "temp": span.temp}
    return {role for role, folder in folders.items() if folder and folder.rstrip("/\\") == path}
