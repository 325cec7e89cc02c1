"""Secrets that a stream cut into pieces: found over its deltas added up, hidden where they stand.

Law: only the bytes of a secret inside its string literals change; events, their order and every other
byte stay. Which strings are one text says core/strands.py; a secret found in any of its ways is hidden.

Streams without a secret, which is nearly all, pay for a parse and one search over all the texts;
where each string stands is worked out only when that search finds something.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias

from replaykit.core.redact.edit import Edit, settle
from replaykit.core.strands import as_bytes, documents, is_constant, parts, spelled, strands, texts, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from replaykit.core.redact.field import Untouchable
    from replaykit.core.strands import Piece, Spans

_Find: TypeAlias = "Callable[[bytes], list[Edit]]"

_GAP = "\0"
"""Between texts that have nothing to do with each other."""


@dataclass(frozen=True, slots=True)
class Finders:
    """What is looked for in a text that was added up.

    `every` finds all there is, `known` only known secrets, in texts that repeat one constant;
    `longest` is the size in bytes of the longest known secret; `heads` are how known secrets begin,
    for one that a cut stream ends in.
    """

    every: _Find
    known: _Find
    untouchable: Untouchable
    longest: int
    heads: tuple[bytes, ...]


def find(body: bytes, content_type: str, finders: Finders) -> list[Edit]:
    """The edits that hide what stands in the deltas added up, in any of the ways."""
    spans = documents(body, content_type)
    if not _suspicious(body, spans, finders):
        return []
    found = [
        edits for pieces in strands(body, spans, finders.untouchable.holds) for edits in _over(body, pieces, finders)
    ]
    found.sort(
        key=lambda edits: sum(edit.start - edit.end for edit in edits)
    )  # what one way cut short, another has whole
    return settle(edit for edits in found for edit in edits)


def _suspicious(body: bytes, spans: Sequence[Spans], finders: Finders) -> bool:
    """True when any text, added up in any way, holds something to hide."""
    constant, growing = set(), set()
    for strings in texts(body, spans, finders.untouchable.holds):
        if is_constant(strings):
            constant.add(_repeated(strings[0], finders.longest))
        else:
            growing.add("".join(strings))
    grown = as_bytes(_GAP.join(growing))
    cut = any(head in grown for head in finders.heads)
    return cut or bool(finders.every(grown) or finders.known(as_bytes(_GAP.join(constant))))


def _repeated(text: str, longest: int) -> str:
    """A constant as often as it takes to hold any secret that it could make up."""
    return text * (longest // len(text) + 2) if text else ""


def _over(body: bytes, pieces: Sequence[Piece], finders: Finders) -> Iterator[list[Edit]]:
    """What is found in one text that is cut into pieces, each as its edits: of the first piece to the stand-in."""
    said = [piece.text for piece in pieces]
    ends = list(accumulate(map(len, said)))
    finder = finders.known if is_constant(said) or _is_mixed(pieces) else finders.every
    for edit in finder(b"".join(said)):
        edits: list[Edit] = []
        for piece, start, end in parts(pieces, edit.start, edit.end, ends):
            edits.append(_placed(body, piece, (start, end), replace(edit, names=()) if edits else edit))
        yield edits


def _is_mixed(pieces: Sequence[Piece]) -> bool:
    """True when several texts that grow were put together: a shape may not go on from one into the other."""
    marks = {piece.place[1] for piece in pieces}
    return 1 < len(marks) < len(pieces)


def _placed(body: bytes, piece: Piece, within: tuple[int, int], edit: Edit) -> Edit:
    """An edit of what a piece says as an edit of the body; one without names takes away and puts nothing."""
    return Edit(*written(body, piece, *within), spelled(piece, edit.text) if edit.names else b"", edit.names)
