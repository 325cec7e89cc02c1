"""The order of a stream's events: a pattern of their names, followed event by event.

    message_start (block_start delta* block_stop)* message_delta+ message_stop

Names follow one another; `( )` groups, `|` is "or", `*` any number, `+` at least one, `?` at most one.

Law: pure and linear. A pattern becomes a machine of states that are followed side by side, so that no
pattern and no stream makes it search.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.model import Unfit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN: Final = re.compile(r"\s*(?:([^\s()|*+?]+)|([()|*+?]))")
_MOST = 500
"""Names and signs of a pattern."""


@dataclass(slots=True)
class _State:
    """A state: the names that lead on from it, and the states that are reached without a name."""

    steps: dict[str, _State] = field(default_factory=dict)
    free: list[_State] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a machine: where it begins and where it ends."""

    first: _State
    last: _State


@dataclass(frozen=True, slots=True)
class Machine:
    """A pattern, ready to be followed. `names` are all that it knows."""

    names: frozenset[str]
    _first: _State
    _last: _State

    def begin(self) -> Walk:
        """At the beginning of a stream."""
        return Walk(self, _spread([self._first]))


@dataclass(slots=True)
class Walk:
    """One stream on its way through a pattern."""

    machine: Machine
    _states: list[_State]

    def step(self, name: str) -> bool:
        """Whether an event of this name may come now; the walk goes on after it if so, and stays if not."""
        reached = [each.steps[name] for each in self._states if name in each.steps]
        if reached:
            self._states = _spread(reached)
        return bool(reached)

    @property
    def due(self) -> tuple[str, ...]:
        """The names that may come now, sorted."""
        return tuple(sorted({name for each in self._states for name in each.steps}))

    @property
    def over(self) -> bool:
        """Whether the stream may end here."""
        return any(each is self.machine._last for each in self._states)  # noqa: SLF001 - its own machine


@cache
def machine(pattern: str) -> Machine:
    """The machine of a pattern; `Unfit` says what is wrong with one that cannot be read."""
    tokens = list(_tokens(pattern))
    if len(tokens) > _MOST:
        raise Unfit(f"a pattern of more than {_MOST} names and signs", "/order/events")
    rest = iter([*tokens, ""])
    piece, closed = _either(rest)
    if closed:
        raise Unfit("a group is closed that was not opened", "/order/events")
    return Machine(frozenset(token for token in tokens if token not in _SIGNS), piece.first, piece.last)


_SIGNS = frozenset("()|*+?")


def _tokens(pattern: str) -> Iterator[str]:
    place, text = 0, pattern.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:  # pragma: no cover - every character is a sign, a space or part of a name
            raise Unfit(f"unreadable at {text[place : place + 20]!r}", "/order/events")
        place = found.end()
        yield found[1] or found[2]


def _either(words: Iterator[str], depth: int = 0) -> tuple[_Piece, bool]:
    """Alternatives up to a closing sign (True) or the end."""
    if depth > _DEEPEST:
        raise Unfit(f"groups nested more than {_DEEPEST} deep", "/order/events")
    first, last = _State(), _State()
    at, before = _State(), None
    first.free.append(at)
    for word in words:
        if word in ("", ")", "|"):
            at.free.append(last)
            if word != "|":
                return _Piece(first, last), word == ")"
            at, before = _State(), None
            first.free.append(at)
        elif word in _REPEATS:
            if before is None:
                raise Unfit(f"nothing stands before {word!r}", "/order/events")
            at, before = _repeated(before, word), None
        else:
            before = _group(words, depth) if word == "(" else _named(word)
            at.free.append(before.first)
            at = before.last
    raise Unfit("a pattern without an end", "/order/events")  # pragma: no cover - the last word is the end


_DEEPEST = 20
_REPEATS = frozenset("*+?")


def _group(words: Iterator[str], depth: int) -> _Piece:
    piece, closed = _either(words, depth + 1)
    if not closed:
        raise Unfit("a group is not closed", "/order/events")
    return piece


def _named(name: str) -> _Piece:
    last = _State()
    return _Piece(_State(steps={name: last}), last)


def _repeated(piece: _Piece, sign: str) -> _State:
    """The state after a piece that a sign repeats."""
    if sign in "*+":
        piece.last.free.append(piece.first)
    if sign in "*?":
        piece.first.free.append(piece.last)
    after = _State()
    piece.last.free.append(after)
    return after


def _spread(states: Sequence[_State]) -> list[_State]:
    """These states and all that are reached from them without a name."""
    found, open_ = dict[int, _State](), list(states)
    while open_:
        state = open_.pop()
        if id(state) not in found:
            found[id(state)] = state
            open_.extend(state.free)
    return list(found.values())
