"""Two versions of a contract compared: its parts, what they are about, the order of events.

    request, request.headers       as requests
    response, error                as answers
    event                          as streams; what is in an event is told of that event (`event<ping>`)
    …headers                       as headers

Law: a policy of the new contract lowers a grade and never raises one, and says where it stands.
"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from replaykit.core.contract.changes.change import Change, Comparison
from replaykit.core.contract.changes.compare import compared
from replaykit.core.contract.changes.order import ordered
from replaykit.core.contract.grades import RANK, grade_of
from replaykit.core.contract.model import PARTS, write
from replaykit.core.plain import line, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from replaykit.core.contract.changes.change import Valid
    from replaykit.core.contract.grades import Direction
    from replaykit.core.contract.model import Contract, Policy

DIRECTIONS: Final[Mapping[str, Direction]] = {
    "request": "request",
    "request.headers": "request",
    "response": "response",
    "response.headers": "headers",
    "event": "stream",
    "error": "error",
    "error.headers": "headers",
}
"""Which way each part of a contract goes."""


def contracts(old: Contract, new: Contract, *, valid: Valid) -> Comparison:
    """What changed from one version of a contract to another, with the grades that the new one's policies leave.

    `valid` as in `compared`: JSON Schema 2020-12.
    """
    parts = [_part(old, new, part, valid) for part in PARTS if part in old.defs or part in new.defs]
    changes = [*_binds(old, new), *(change for part in parts for change in part.changes), *_order(old, new)]
    broken = any(change.id == "str.order.changed" for change in changes)
    return Comparison(
        tuple(_lowered(change, new.policy) for change in changes),
        _all([part.backward for part in parts]),
        False if broken else _all([part.forward for part in parts]),
        text_changed=_text(old) != _text(new),
    )


def _all(answers: Sequence[bool | None]) -> bool | None:
    """Whether all are true; a single no is enough for no."""
    return False if False in answers else None if None in answers else True


def _text(contract: Contract) -> object:
    """All that a contract says but which version it is."""
    return write(replace(contract, version="", date=""))


def _part(old: Contract, new: Contract, part: str, valid: Valid) -> Comparison:
    """One part of both; a part that only one has accepts everything on the other side."""
    direction = DIRECTIONS[part]
    if part in old.defs and part in new.defs:
        result = compared(old.schema(part), new.schema(part), direction, valid=valid)
        return replace(result, changes=tuple(_placed(change, part) for change in result.changes))
    came = part in new.defs
    kind = "con.part.added" if came else "con.part.removed"
    change = Change(kind, grade_of(kind), direction, "", *(("", part) if came else (part, "")), part=part)
    return Comparison((change,), None if came else True, True if came else None)


def _placed(change: Change, part: str) -> Change:
    """The change with the part that it is in: an event's own places begin below the event."""
    if part != "event" or not change.path.startswith("<"):
        return replace(change, part=part)
    tag, _, path = change.path.partition(">")
    return replace(change, part=f"{part}{tag}>", path=path)


def _order(old: Contract, new: Contract) -> Iterator[Change]:
    for turned in ordered(old.order, new.order):
        yield Change(turned.id, grade_of(turned.id), "stream", "", turned.before, turned.after, part="order")


_FIELDS: Final = ("provider", "operation", "host", "method", "path", "status")
_LISTS: Final = ("versions", "betas")


def _binds(old: Contract, new: Contract) -> Iterator[Change]:
    """What the contract is about, where that changed."""
    for name in _FIELDS:
        ours, theirs = getattr(old.binds, name), getattr(new.binds, name)
        if ours != theirs:
            yield _bound("con.bound.changed", f"/{name}", line(ours) or "any", line(theirs) or "any")
    for name in _LISTS:
        ours, theirs = getattr(old.binds, name), getattr(new.binds, name)
        for header in sorted({*ours, *theirs}):
            yield from _listed(f"/{name}/{line(header)}", ours.get(header, ()), theirs.get(header, ()))
    texts = {False: "plain answers", True: "streams"}
    ours, theirs = ([texts[each] for each in contract.binds.streaming] for contract in (old, new))
    yield from _listed("/streaming", ours, theirs)


def _listed(path: str, old: Iterable[str], new: Iterable[str]) -> Iterator[Change]:
    """Values that came, values that went, or both."""
    ours, theirs = list(old), list(new)
    added, gone = [each for each in theirs if each not in ours], [each for each in ours if each not in theirs]
    texts = listed([line(each) for each in ours]), listed([line(each) for each in theirs])
    if added and gone:
        yield _bound("con.bound.changed", path, *texts)
    elif added:
        yield _bound("con.bound.added", path, *texts)
    elif gone:
        yield _bound("con.bound.removed", path, *texts)


def _bound(kind: str, path: str, before: str, after: str) -> Change:
    return Change(kind, grade_of(kind), "request", path, before, after, part="binds")


def _lowered(change: Change, policies: Iterable[Policy]) -> Change:
    """The change with the lowest grade that a policy gives it."""
    for policy in policies:
        fits = policy.id == change.id and fnmatchcase(change.path, policy.path)
        if fits and RANK[policy.grade] < RANK[change.grade]:
            change = replace(change, grade=policy.grade, policy=policy.source)
    return change
