"""Whether a value fulfils a formula, in three answers: yes, no, and "that cannot be said here".

Law: yes and no are certain. Unknown forms, irregular patterns that do not compile and opaque keywords
make the answer None, and None spreads only as far as it decides the result.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from replaykit.core.contract.schema.atoms import (
    AllOf,
    AnyOf,
    Count,
    Every,
    EveryName,
    Held,
    Items,
    Least,
    Match,
    Member,
    Most,
    Multiple,
    Named,
    Ref,
    Size,
    Some,
    SomeName,
    Types,
    Unique,
    Whole,
    guard,
)
from replaykit.core.contract.schema.forms import asserted
from replaykit.core.contract.schema.value import exact, freeze, kind
from replaykit.core.contract.schema.words import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from replaykit.core.contract.schema.atoms import Atom, Keys, Node
    from replaykit.core.contract.schema.formula import Formulas
    from replaykit.core.contract.schema.limits import Budget
    from replaykit.core.model import JSON


def contains(keys: Keys, name: str) -> bool | None:
    """Whether a name is among the keys; None when a pattern cannot be tried."""
    inside = True if name in keys.names else either(found(pattern, name) for pattern in sorted(keys.patterns))
    return inside if inside is None or not keys.outside else not inside


def found(pattern: str, text: str) -> bool | None:
    """Whether a pattern is found in a text; irregular ones are left to Python's own engine."""
    match = matches(pattern, text)
    if match is not None:
        return match
    try:
        return re.search(pattern, text) is not None
    except (re.error, RecursionError, OverflowError):
        return None


def either(answers: Iterable[bool | None]) -> bool | None:
    """Yes if one is yes, no if all are no."""
    result: bool | None = False
    for answer in answers:
        if answer:
            return True
        if answer is None:
            result = None
    return result


def both(answers: Iterable[bool | None]) -> bool | None:
    """No if one is no, yes if all are yes."""
    return opposite(either(opposite(answer) for answer in answers))


def opposite(answer: bool | None) -> bool | None:  # noqa: FBT001 - an answer, negated
    """Yes for no, and no for yes."""
    return None if answer is None else not answer


class Judge:
    """Evaluates the formulas of one question."""

    def __init__(self, formulas: Formulas, budget: Budget) -> None:
        """Take the nodes, which know where references lead, and the steps that are left."""
        self._formulas = formulas
        self._budget = budget

    def holds(self, node: Node, value: JSON) -> bool | None:
        """Whether the value fulfils the formula; None when that cannot be said."""
        self._budget.spend()
        match node.form:
            case AllOf(parts):
                return both(self.holds(part, value) for part in parts)
            case AnyOf(parts):
                return either(self.holds(part, value) for part in parts)
            case Ref():
                return self.holds(self._formulas.target(node), value)
            case Types(kinds):
                return kind(value) in kinds
            case Member(values, inside):
                return (freeze(value) in values) is inside
            case atom:
                return self._atom(atom, value) if kind(value) in guard(atom) else True

    def _atom(self, atom: Atom, value: JSON) -> bool | None:
        match value:
            case dict():
                return self._object(atom, value)
            case list():
                return self._array(atom, value)
            case str():
                return _string(atom, value)
            case int() | float() if not isinstance(value, bool):
                return _number(atom, value)
            case _:
                return None

    def _object(self, atom: Atom, value: dict[str, JSON]) -> bool | None:
        match atom:
            case Size(_, least, most):
                return _sized(len(value), least, most)
            case Every(keys, node) | Some(keys, node) if keys.single is not None:
                return self.holds(node, value[keys.single]) if keys.single in value else isinstance(atom, Every)
            case Every(keys, node):
                return both(self._unless(keys, name, node, item) for name, item in value.items())
            case Some(keys, node):
                return either(self._and(keys, name, node, item) for name, item in value.items())
            case _:
                return self._names(atom, value)

    def _names(self, atom: Atom, value: dict[str, JSON]) -> bool | None:
        match atom:
            case EveryName(node):
                return both(self.holds(node, name) for name in value)
            case SomeName(node):
                return either(self.holds(node, name) for name in value)
            case _:
                return None

    def _unless(self, keys: Keys, name: str, node: Node, item: JSON) -> bool | None:
        inside = contains(keys, name)
        return True if inside is False else either(_lazily(opposite(inside), lambda: self.holds(node, item)))

    def _and(self, keys: Keys, name: str, node: Node, item: JSON) -> bool | None:
        inside = contains(keys, name)
        return False if inside is False else both(_lazily(inside, lambda: self.holds(node, item)))

    def _array(self, atom: Atom, value: list[JSON]) -> bool | None:
        match atom:
            case Size(_, least, most):
                return _sized(len(value), least, most)
            case Items(start, stop, node):
                return both(self.holds(node, item) for item in value[start:stop])
            case Held(start, stop, node):
                return either(self.holds(node, item) for item in value[start:stop])
            case Count(node, least, holds):
                return _counted([self.holds(node, item) for item in value], least, wanted=holds)
            case Unique(holds):
                return (len({freeze(item) for item in value}) == len(value)) is holds
            case _:
                return None


def _lazily(first: bool | None, second: Callable[[], bool | None]) -> Iterable[bool | None]:  # noqa: FBT001 - an answer
    """Two answers, the second one only worked out when somebody asks."""
    yield first
    yield second()


def _sized(size: int, least: int, most: int | None) -> bool:
    return least <= size and (most is None or size <= most)


def _counted(answers: list[bool | None], least: int, *, wanted: bool) -> bool | None:
    sure, possible = answers.count(True), len(answers) - answers.count(False)
    if sure >= least:
        return wanted
    return not wanted if possible < least else None


def _string(atom: Atom, value: str) -> bool | None:
    match atom:
        case Size(_, least, most):
            return _sized(len(value), least, most)
        case Match(pattern, holds):
            answer = found(pattern, value)
        case Named(keyword, name, within, holds):
            answer = asserted(keyword, name, value, within)
        case _:
            return None
    return answer if answer is None else answer is holds


def _number(atom: Atom, value: float) -> bool | None:
    number = exact(value)
    if number is None:
        return None
    match atom:
        case Least(bound, is_open):
            return number > bound or (number == bound and not is_open)
        case Most(bound, is_open):
            return number < bound or (number == bound and not is_open)
        case Multiple(step, holds):
            return ((number / step).denominator == 1) is holds
        case Whole(holds):
            return isinstance(value, int) is holds
        case _:
            return None
