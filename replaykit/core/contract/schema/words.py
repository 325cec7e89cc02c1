"""Strings under several patterns at once: is one found in a text, and which text fulfils them all.

Law: exact. `shortest` gives None only when there is no such text (code points that are surrogates do not
count as characters), and what it gives fulfils everything it was asked for.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from replaykit.core.contract.schema.regex import LAST, Automaton, automaton

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from replaykit.core.contract.schema.limits import Budget

_LIKED: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ " + "".join(map(chr, range(33, 127)))
"""Characters that a person likes to read in an example, the best first."""

_SURROGATES: Final = (0xD800, 0xDFFF)

States: TypeAlias = frozenset[int]
_FOUND: Final[States] = frozenset({-1})
"""The pattern was found: whatever follows, it stays so."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a text must fulfil: patterns found or not found in it, its length, and which texts it must not be."""

    patterns: tuple[tuple[str, bool], ...] = ()
    least: int = 0
    most: int | None = None
    excluded: frozenset[str] = frozenset()


def matches(pattern: str, text: str) -> bool | None:
    """Whether the pattern is found in the text; None when the pattern is irregular."""
    machine = automaton(pattern)
    if machine is None:
        return None
    states = _closed(machine, frozenset({machine.start}), "^")
    for character in text:
        states = _moved(machine, states, ord(character))
    return _accepts(machine, states, first=not text)


def regular(pattern: str) -> bool:
    """Whether the pattern can be reasoned about."""
    return automaton(pattern) is not None


def shortest(wanted: Wanted, budget: Budget) -> str | None:
    """A shortest text that fulfils all that is wanted; None when there is none. Patterns must be regular."""
    machines = [(machine, holds) for pattern, holds in wanted.patterns if (machine := automaton(pattern)) is not None]
    if not machines and not wanted.excluded:
        return "a" * wanted.least if wanted.most is None or wanted.least <= wanted.most else None
    letters = _letters([machine for machine, _ in machines], wanted.excluded)
    start = tuple(_closed(machine, frozenset({machine.start}), "^") for machine, _ in machines)
    queue: deque[tuple[tuple[States, ...], str]] = deque([(start, "")])
    cap = wanted.least if wanted.most is None else wanted.most
    stems = {word[:size] for word in wanted.excluded for size in range(len(word) + 1)}
    seen: set[tuple[tuple[States, ...], int, str | None]] = set()
    while queue:
        states, word = queue.popleft()
        if _fits(machines, states, word, wanted):
            return word
        if wanted.most is not None and len(word) >= wanted.most:
            continue
        budget.spend(1 + len(letters) * sum(map(len, states)) // 3)
        for letter in letters:
            longer = word + chr(letter)
            moved = tuple(_moved(machine, old, letter) for (machine, _), old in zip(machines, states, strict=True))
            mark = moved, min(len(longer), cap), longer if longer in stems else None
            if mark not in seen:
                seen.add(mark)
                queue.append((moved, longer))
    return None


def _fits(machines: Sequence[tuple[Automaton, bool]], states: Sequence[States], word: str, wanted: Wanted) -> bool:
    if len(word) < wanted.least or word in wanted.excluded:
        return False
    return all(
        _accepts(machine, now, first=not word) == holds for (machine, holds), now in zip(machines, states, strict=True)
    )


def _moved(machine: Automaton, states: States, letter: int) -> States:
    """The states after one more character; the pattern may also begin anew behind it."""
    if states is _FOUND:
        return states
    return _step(machine.steps, machine, states, letter)


def _step(
    steps: list[list[tuple[tuple[tuple[int, int], ...], int]]], machine: Automaton, states: States, letter: int
) -> States:
    reached = {target for state in states for ranges, target in steps[state] if _among(ranges, letter)}
    return _closed(machine, frozenset({*reached, machine.start}), "")


def _among(ranges: Iterable[tuple[int, int]], letter: int) -> bool:
    return any(low <= letter <= high for low, high in ranges)


def _closed(machine: Automaton, states: States, signs: str) -> States:
    """All states that are reached without a character, over marks that hold here."""
    reached = _reached(machine, states, signs)
    return _FOUND if machine.end in reached else reached


def _reached(machine: Automaton, states: Iterable[int], signs: str) -> States:
    found, queue = set(states), list(states)
    while queue:
        for sign, target in machine.jumps[queue.pop()]:
            if target not in found and (not sign or sign in signs):
                found.add(target)
                queue.append(target)
    return frozenset(found)


def _accepts(machine: Automaton, states: States, *, first: bool) -> bool:
    """Whether the pattern is found if the text ends here."""
    return states is _FOUND or machine.end in _reached(machine, states, "^$" if first else "$")


def _letters(machines: Sequence[Automaton], words: Iterable[str]) -> list[int]:
    """One character of each sort that the patterns and words tell apart."""
    cuts = {0, _SURROGATES[0], _SURROGATES[1] + 1}
    for machine in machines:
        cuts.update(cut for low, high in _ranges(machine) for cut in (low, high + 1))
    cuts.update(cut for word in words for letter in word for cut in (ord(letter), ord(letter) + 1))
    edges = sorted(cut for cut in cuts if cut <= LAST)
    spans = zip(edges, [*edges[1:], LAST + 1], strict=True)
    found = [_liked(low, high - 1) for low, high in spans if not (_SURROGATES[0] <= low <= _SURROGATES[1])]
    return sorted(found, key=_rank)


def _ranges(machine: Automaton) -> Iterator[tuple[int, int]]:
    return (span for edges in machine.steps for ranges, _ in edges for span in ranges)


def _liked(low: int, high: int) -> int:
    """The character of a range that is best to read."""
    return next((ord(letter) for letter in _LIKED if low <= ord(letter) <= high), low)


@lru_cache(maxsize=256)
def _rank(letter: int) -> tuple[int, int]:
    place = _LIKED.find(chr(letter))
    return (place if place >= 0 else len(_LIKED), letter)
