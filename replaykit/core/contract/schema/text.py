"""Strings: lengths, patterns and named forms, and which string fulfils them.

Law: patterns and lengths are decided exactly where patterns are regular. A named form is only a name when
emptiness is to be proved: no two forms are ever taken to exclude one another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replaykit.core.contract.schema.atoms import Match, Member, Named, Size
from replaykit.core.contract.schema.forms import examples
from replaykit.core.contract.schema.goal import EMPTY, OPEN, Outcome
from replaykit.core.contract.schema.words import Wanted, regular, shortest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.core.contract.schema.atoms import Node
    from replaykit.core.contract.schema.goal import Search

_LONGEST: Final = 10_000
"""Characters of a string that is built; longer ones are not tried."""

_TIMES: Final = 5
"""An example is also tried repeated: two texts in hexadecimal digits are a longer one."""

_TRIES: Final = 6
"""Strings tried against forms and irregular patterns before giving up."""


def solve(nodes: Sequence[Node], search: Search) -> Outcome:
    """A string that fulfils the atoms, or the proof that there is none."""
    wanted = _wanted(nodes)
    if wanted.least > _LONGEST:
        return EMPTY if wanted.most is not None and wanted.most < wanted.least else OPEN
    word = shortest(wanted, search.budget)
    if word is None:
        return EMPTY
    tried = _tried(nodes, wanted, word, search)
    return next((Outcome(found=(text,)) for text in tried if _fits(nodes, text, search)), OPEN)


def _wanted(nodes: Sequence[Node]) -> Wanted:
    forms = [node.form for node in nodes]
    sizes = [form for form in forms if isinstance(form, Size)]
    tops = [form.most for form in sizes if form.most is not None]
    bars = [form.values for form in forms if isinstance(form, Member) and not form.inside]
    return Wanted(
        patterns=tuple(
            (form.pattern, form.holds) for form in forms if isinstance(form, Match) and regular(form.pattern)
        ),
        least=max((form.least for form in sizes), default=0),
        most=min(tops, default=None),
        excluded=frozenset(text for values in bars for _, text in values if isinstance(text, str)),
    )


def _tried(nodes: Sequence[Node], wanted: Wanted, word: str, search: Search) -> Iterator[str]:
    """Examples of the forms that are asked for, then ever other words."""
    for node in nodes:
        if isinstance(node.form, Named) and node.form.holds:
            found = examples(node.form.keyword, node.form.name, node.form.within)
            yield from (text * times for times in range(1, _TIMES) for text in found)
    excluded = wanted.excluded
    for _ in range(_TRIES):
        yield word
        excluded |= {word}
        other = shortest(Wanted(wanted.patterns, wanted.least, wanted.most, excluded), search.budget)
        if other is None:
            return
        word = other


def _fits(nodes: Sequence[Node], text: str, search: Search) -> bool:
    return all(search.holds(node, text) is not False for node in nodes)
