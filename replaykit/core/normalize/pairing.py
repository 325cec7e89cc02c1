"""The one-to-one map of a run: which recorded token stands for which live one.

Law: rules may not hide meaning. Two tokens pair when they are equal, or when the table below lets
them, and what has been bound stays bound for the whole run, in both directions. A conflict leaves
no trace: bindings are values, and the old ones are as they were.

    kind     may differ when
    id       both have the same shape, neither is bound to another, the recorded one stands neither in
             what started the run nor first in an answer (replay gave it as it was), the live one is
             not in the recording
    time     both are written alike, and both are now in their own run
    date     the same, by days; neither is bound to another
    port     both were drawn by the system, neither is bound to another, the live one is not in the recording
    temp     neither is bound to another, neither was given or stands as those of ids
    folder   both are the same folder (home, project, temp), each of its own run
    ignore   always

A date or a time that stays as it is binds, too, so that "from D to D" never becomes "from D to D+1";
unless it stands in an answer, for what a replay answers is of the recorded day. Dates are bound for
the whole run, times within one request: a replay takes milliseconds for what took minutes, so that
several recorded times become one, and one that two steps share may become two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from replaykit.core.model import Span
from replaykit.core.normalize.rules import LOT, compiled
from replaykit.core.normalize.scan import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from replaykit.core.normalize.folding import Token
    from replaykit.core.normalize.rules import Kind

Key: TypeAlias = "tuple[Kind, bytes]"
Known: TypeAlias = "Callable[[bytes], bool]"

DRAWN = 32_768
"""The lowest port that systems draw for whoever asks for any (Linux; others begin at 49,152); lower ones are chosen."""


def _never(_text: bytes) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Facts:
    """What pairing has to know of the two runs.

    `live.ended` is the present moment while the live run lasts. `stands(text)`: the live token
    occurs in the recording, in a request or an answer. `given(text)`: the recording shows the
    recorded one first in an answer. `started(text)`: it stands in what started the recorded run.
    `answered(text)`: it stands in an answer, first or not. `moment`: when the recorded step
    began, in Unix seconds; 0 where it is not one step that is compared.
    """

    recorded: Span = field(default_factory=Span)
    live: Span = field(default_factory=Span)
    stands: Known = _never
    given: Known = _never
    started: Known = _never
    answered: Known = _never
    moment: float = 0.0


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
class Bound:
    """One pair of the map, as written on either side: what several processes of a run tell each other."""

    kind: Kind
    recorded: bytes
    live: bytes


@dataclass(frozen=True, slots=True)
class Paired:
    """All tokens pair: the bindings as they are now, and the rules that were needed, in the text's order.

    `bound` are the pairs that are new and hold for the whole run.
    """

    bindings: Bindings
    uses: tuple[Use, ...]
    bound: tuple[Bound, ...] = ()


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
    return Paired(draft.settled(fresh), uses, draft.bound) if fresh else Paired(bindings, uses)


def joined(bindings: Bindings, bound: Iterable[Bound]) -> Bindings:
    """The map with pairs that other processes of the run have bound; what it knows already stays."""
    partner, owner, changes = dict(bindings.partner), dict(bindings.owner), dict(bindings.changes)
    for each in bound:
        one, other = bare(each.recorded), bare(each.live)
        if partner.setdefault((each.kind, one), other) == other:
            owner.setdefault((each.kind, other), one)
            if each.recorded != each.live and each.kind not in _MOMENTS:
                changes[each.kind, each.recorded] = each.live
    return Bindings(partner, owner, changes, bindings.settled)


class _Draft:
    """Bindings being extended; the ones it began with stay as they are."""

    __slots__ = ("_bound", "_changes", "_old", "_owner", "_partner", "_times")

    def __init__(self, old: Bindings) -> None:
        self._old = old
        self._partner: dict[Key, bytes] = {}
        self._owner: dict[Key, bytes] = {}
        self._changes: dict[Key, bytes] = {}
        self._times: dict[bytes, bytes] = {}
        self._bound: dict[Key, Bound] = {}

    @property
    def bound(self) -> tuple[Bound, ...]:
        """The pairs that are new."""
        return tuple(self._bound.values())

    def partner(self, key: Key) -> bytes | None:
        return self._partner.get(key) or self._old.partner.get(key)

    def owner(self, key: Key) -> bytes | None:
        return self._owner.get(key) or self._old.owner.get(key)

    def bind(self, one: Token, other: Token) -> str:
        """Why the two cannot be bound one to one, in words; empty when they now are."""
        key, partner = (one.kind, bare(one.text)), (other.kind, bare(other.text))
        bound, owner = self.partner(key), self.owner(partner)
        if bound is not None and bound != partner[1]:
            return f"{_show(one)} stands for {bound.decode(errors='replace')} in this run, not for {_show(other)}"
        if owner is not None and owner != key[1]:
            return f"{_show(other)} stands in for {owner.decode(errors='replace')} in this run, not for {_show(one)}"
        if bound is None:
            self._partner[key], self._owner[partner] = partner[1], key[1]
            self._bound[key] = Bound(one.kind, one.text, other.text)
        return ""

    def tick(self, one: Token, other: Token) -> str:
        """Why a time cannot stand for another within this text; empty when it does from now on."""
        said = self._times.setdefault(one.text, other.text)
        return "" if said == other.text else f"{_show(one)} stands for {said.decode(errors='replace')} here, too"

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
    if one.text != other.text and not (_declared(one) or _declared(other)) and _shape(one) != _shape(other):
        return f"{_show(one)} and {_show(other)} are ids of different shapes"
    return _drawn(one, other, draft, facts)


def _drawn(one: Token, other: Token, draft: _Draft, facts: Facts) -> str:
    """Something that either run has drawn by itself: neither given to it, nor known to the recording."""
    ours, theirs = bare(one.text), bare(other.text)
    if ours != theirs and draft.partner((one.kind, ours)) != theirs:
        if facts.started(one.text):
            return f"{_show(one)} stands in what started the run, so it can only mean itself"
        if facts.given(one.text):
            return f"{_show(one)} came from an answer, which replay gives as it was recorded"
        if facts.stands(other.text):
            return f"{_show(other)} is in the recording itself, so it can only mean itself"
    return _bound(one, other, draft)


def _temp(one: Token, other: Token, draft: _Draft, facts: Facts) -> str:
    """A name of pytest's is too short to be known again: `12` stands everywhere."""
    return (_drawn if len(one.text) >= LOT else _named)(one, other, draft, facts)


def _named(one: Token, other: Token, draft: _Draft, _facts: Facts) -> str:
    return _bound(one, other, draft)


def _port(one: Token, other: Token, draft: _Draft, facts: Facts) -> str:
    """The recorded one may come from an answer: a server that a tool starts gets another port in each run."""
    if one.text != other.text and draft.partner((one.kind, one.text)) != other.text:
        if min(int(one.text), int(other.text)) < DRAWN:
            return (
                f"{_show(one)} and {_show(other)} are ports that somebody chose: only those from {DRAWN} on may differ"
            )
        if facts.stands(other.text):
            return f"port {_show(other)} is in the recording itself, so it can only mean itself"
    return _bound(one, other, draft)


def _bound(one: Token, other: Token, draft: _Draft) -> str:
    reason = draft.bind(one, other)
    if not reason:
        draft.change(one, other)
    return reason


def _moment(one: Token, other: Token, draft: _Draft, facts: Facts) -> str:
    if one.text == other.text:
        if facts.answered(one.text):
            return ""
    elif reason := _untimely(one, other, facts):
        return reason
    return draft.bind(one, other) if one.kind == "date" else draft.tick(one, other)


def _untimely(one: Token, other: Token, facts: Facts) -> str:
    """Why two different times are not both now, in words; empty when they are."""
    from replaykit.core.normalize.moments import alike, now

    if not alike(one, other):
        return f"{_show(one)} and {_show(other)} are written in different formats"
    then, present = (
        now(one, facts.recorded, facts.moment),
        now(other, facts.live, facts.live.ended if facts.moment else 0.0),
    )
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
        "port": _port,
        "temp": _temp,
        "folder": _folder,
        "ignore": _ignored,
    }
)


def _show(token: Token) -> str:
    return token.text.decode(errors="replace")


_HEX = rb"[0-9A-Fa-f-]{16,}"
_MOMENTS = frozenset({"time", "date"})
"""Kinds whose texts no answer is given with: it is of the recorded day."""


def bare(text: bytes) -> bytes:
    """An id without what is only spelling: `550E8400-E29B-…` is `550e8400e29b…`; any other token as it is."""
    return text.replace(b"-", b"").lower() if compiled(_HEX).fullmatch(text) else text


def _declared(token: Token) -> bool:
    """Whether a project's own rule found it; such ids may have any shape."""
    return token.rule not in {"uuid", "hex", "ulid", "prefixed"}


_LETTERS = (rb"[a-z]", rb"[A-Z]", rb"[G-Zg-z]")
_LONG = 16
"""An id of this many letters or more uses its whole alphabet (of base62, 99.98 % have a capital)."""


def _shape(token: Token) -> tuple[object, ...]:
    """What two ids of one make have in common: length, dashes, and, of long ones, the alphabet."""
    text = token.text
    dashes = tuple(place for place, byte in enumerate(text) if byte in b"-_")
    alphabet = tuple(bool(compiled(letters).search(text)) for letters in _LETTERS) if len(text) >= _LONG else ()
    return len(text), dashes, alphabet


def _roles(token: Token, span: Span) -> set[str]:
    """What the folder was in that run."""
    path = plain(token.text).decode(errors="replace").replace("\\\\", "\\")
    folders = {"home": span.home, "folder": span.folder, "temp": span.temp}
    return {role for role, folder in folders.items() if folder and folder.rstrip("/\\") == path}
