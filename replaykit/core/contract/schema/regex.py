r"""Regular expressions as automata, in the part of ECMA-262 that regular languages know.

    read     characters, classes, `.`, \d \w \s and their contraries, groups, alternatives, * + ? {m,n}, ^ and $
    not      look-around, back-references, \b, \p: None, and the pattern is compared as a text

Law: a pattern is *found* in a text (JSON Schema, "not implicitly anchored"), and means what ECMA-262 says:
\d is 0 to 9, $ is the end itself. An automaton is never an approximation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

Ranges: TypeAlias = "tuple[tuple[int, int], ...]"
"""Characters as ranges of code points, both ends included, sorted."""

LAST: Final = 0x10FFFF
_MOST_STATES: Final = 3000
_MOST_REPEATS: Final = 500

_DIGIT: Final[Ranges] = ((0x30, 0x39),)
_WORD: Final[Ranges] = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACE: Final[Ranges] = (
    (0x09, 0x0D),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
)
_LINE: Final[Ranges] = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))


def contrary(ranges: Ranges) -> Ranges:
    """All other characters."""
    found, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, (start, LAST)) if start <= LAST else tuple(found)


_CLASSES: Final[dict[str, Ranges]] = {
    "d": _DIGIT,
    "D": contrary(_DIGIT),
    "w": _WORD,
    "W": contrary(_WORD),
    "s": _SPACE,
    "S": contrary(_SPACE),
}
_CONTROLS: Final[dict[str, int]] = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "0": 0}
_HEXADECIMAL: Final = frozenset("0123456789abcdefABCDEF")
_HALVES: Final = range(0xD800, 0xE000)
"""Halves of a character (surrogates): two of them are one, and one of them is none."""

_CODES: Final[dict[str, int]] = {"x": 2, "u": 4}
"""Escapes that give a character by so many hexadecimal digits."""


class Irregular(Exception):
    """The pattern says something that no automaton can say, or nothing at all."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of these."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Mark:
    """The beginning (`^`) or the end (`$`)."""

    sign: str


@dataclass(frozen=True, slots=True)
class Row:
    """One after the other."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of them."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Again:
    """So many times; `most` None: any number."""

    part: Tree
    least: int
    most: int | None


Tree: TypeAlias = Chars | Mark | Row | Choice | Again


@dataclass(slots=True)
class _Parser:
    """Reads a pattern from left to right."""

    text: str
    at: int = 0

    def whole(self) -> Tree:
        tree = self._choice()
        if self.at < len(self.text):
            raise Irregular
        return tree

    def _peek(self, size: int = 1) -> str:
        return self.text[self.at : self.at + size]

    def _take(self, size: int = 1) -> str:
        taken = self._peek(size)
        if len(taken) < size:
            raise Irregular
        self.at += size
        return taken

    def _choice(self) -> Tree:
        parts = [self._row()]
        while self._peek() == "|":
            self.at += 1
            parts.append(self._row())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _row(self) -> Tree:
        parts: list[Tree] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return Row(tuple(parts))

    def _repeated(self, part: Tree) -> Tree:
        bounds = self._bounds()
        if bounds is None:
            return part
        if isinstance(part, Mark) or (bounds[1] is not None and bounds[1] < bounds[0]):
            raise Irregular
        if self._peek() == "?":
            self.at += 1
        if self._peek() in ("*", "+", "?") or max(bounds[0], bounds[1] or 0) > _MOST_REPEATS:
            raise Irregular
        return Again(part, *bounds)

    def _bounds(self) -> tuple[int, int | None] | None:
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        sign = self._peek()
        if sign in simple:
            self.at += 1
            return simple[sign]
        end = self.text.find("}", self.at) if sign == "{" else -1
        least, comma, most = self.text[self.at + 1 : end].partition(",")
        if end >= 0 and not least and comma and most.isdecimal():
            raise Irregular  # `{,3}` is a text in ECMA-262, and up to three times elsewhere
        if end < 0 or not least.isdecimal() or not (most.isdecimal() or not most):
            return None
        self.at = end + 1
        return int(least), (int(most) if most else None) if comma else int(least)

    def _atom(self) -> Tree:
        sign = self._take()
        match sign:
            case "(":
                return self._group()
            case "[":
                return Chars(self._class())
            case ".":
                return Chars(contrary(_LINE))
            case "^" | "$":
                return Mark(sign)
            case "\\":
                return Chars(self._escape())
            case "*" | "+" | "?":
                raise Irregular
            case _:
                return Chars(((ord(sign), ord(sign)),))

    def _group(self) -> Tree:
        if self._peek() == "?":
            self.at += 1
            self._head()
        tree = self._choice()
        if self._take() != ")":
            raise Irregular
        return tree

    def _head(self) -> None:
        """Past `:`, `<name>` or `P<name>`; anything else is no plain group."""
        if self._peek() == ":":
            self.at += 1
            return
        if self._peek() == "P":
            self.at += 1
        end = self.text.find(">", self.at)
        if self._take() != "<" or self._peek() in ("=", "!") or end < 0:
            raise Irregular
        self.at = end + 1

    def _escape(self) -> Ranges:
        sign = self._take()
        if sign in _CLASSES:
            return _CLASSES[sign]
        code = _CONTROLS.get(sign)
        if sign in _CODES:
            code = self._code(self._take(_CODES[sign]))
        if code is None and (sign.isalnum() or sign == "_"):
            raise Irregular
        code = ord(sign) if code is None else code
        return ((code, code),)

    def _code(self, digits: str) -> int:
        if not set(digits) <= _HEXADECIMAL or (code := int(digits, 16)) in _HALVES:
            raise Irregular
        return code

    def _class(self) -> Ranges:
        negative = self._peek() == "^"
        self.at += negative
        ranges: list[tuple[int, int]] = []
        while self._peek() != "]":
            ranges.extend(self._span())
        self.at += 1
        return contrary(tuple(ranges)) if negative else tuple(sorted(ranges))

    def _span(self) -> Ranges:
        """One character or class, or a range of characters."""
        first = self._unit()
        if self._peek() != "-" or self._peek(2) == "-]":
            return first
        self.at += 1
        last = self._unit()
        low, high = first[0][0], last[-1][1]
        if len(first) > 1 or len(last) > 1 or first[0][0] != first[0][1] or last[0][0] != high or high < low:
            raise Irregular
        return ((low, high),)

    def _unit(self) -> Ranges:
        sign = self._take()
        if sign == "\\":
            if self._peek() == "b":
                self.at += 1
                return ((8, 8),)
            return self._escape()
        return ((ord(sign), ord(sign)),)


@dataclass(slots=True)
class Automaton:
    """States, what leads from one to another by a character, and what without one (`^` or `$` only there)."""

    steps: list[list[tuple[Ranges, int]]] = field(default_factory=list)
    jumps: list[list[tuple[str, int]]] = field(default_factory=list)
    start: int = 0
    end: int = 0

    def state(self) -> int:
        """A new state."""
        if len(self.steps) >= _MOST_STATES:
            raise Irregular
        self.steps.append([])
        self.jumps.append([])
        return len(self.steps) - 1

    def add(self, tree: Tree, start: int) -> int:
        """Add what leads from a state over the tree; the state behind it."""
        match tree:
            case Chars():
                end = self.state()
                self.steps[start].append((tree.ranges, end))
            case Mark():
                end = self.state()
                self.jumps[start].append((tree.sign, end))
            case Row():
                end = start
                for part in tree.parts:
                    end = self.add(part, end)
            case Choice():
                end = self.state()
                for part in tree.parts:
                    self._branch(part, start, end)
            case Again():
                end = self._again(tree, start)
        return end

    def _branch(self, part: Tree, start: int, end: int) -> None:
        entry = self.state()
        self.jumps[start].append(("", entry))
        self.jumps[self.add(part, entry)].append(("", end))

    def _again(self, tree: Again, start: int) -> int:
        for _ in range(tree.least):
            start = self.add(tree.part, start)
        end = self.state()
        self.jumps[start].append(("", end))
        if tree.most is None:
            entry = self.state()
            self.jumps[start].append(("", entry))
            after = self.add(tree.part, entry)
            self.jumps[after] += [("", entry), ("", end)]
            return end
        for _ in range(tree.most - tree.least):
            entry = self.state()
            self.jumps[start].append(("", entry))
            start = self.add(tree.part, entry)
            self.jumps[start].append(("", end))
        return end


@lru_cache(maxsize=512)
def automaton(pattern: str) -> Automaton | None:
    """The automaton of a pattern; None when it is irregular or too large."""
    built = Automaton()
    built.start = built.state()
    try:
        built.end = built.add(_Parser(pattern).whole(), built.start)
    except (Irregular, RecursionError, ValueError):
        return None
    return built
