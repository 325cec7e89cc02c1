"""The places in which two requests, two tool calls or two answers differ, in the words of an agent's author.

    turn 4, system prompt: "always" → "never" (in "You must … answer")
    turn 6, tool result of get_weather: "22" → "71"
    tool schema get_weather.units removed
    temperature 0 → 0.2
    query parameter units: "C" → "F"

Law: what rules would fold (an id in another id's place, one to one) is no place, unless nothing else
differs: then it is the very thing to be told. Bodies of any size cost milliseconds: above `LARGEST`
the place where they begin to differ is told, and no other.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl

from replaykit.core.canonical import canonical, common_prefix
from replaykit.core.compare.changes import changes
from replaykit.core.compare.ground import Ground
from replaykit.core.compare.place import Place
from replaykit.core.model import header
from replaykit.core.plain import line, measure, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from replaykit.core.compare.changes import Change, Kind
    from replaykit.core.model import JSON, Body, Request
    from replaykit.core.steps import Asked
    from replaykit.providers import Operation

MOST = 10
"""Places that an account tells one by one: what is there to be read, and not scrolled."""

LARGEST = 2 << 20
"""Bytes of a body that is compared place by place; a larger one by what it begins and ends with (32 MB: 30 ms)."""

_WHERE = 200
"""Characters of a place: names of tools and fields are an author's own, and may be anything."""

_ADDRESS = 200
"""Characters of a host or a path, which are told as a whole."""

_CONTEXT = 24
"""Bytes shown around the first difference of two bodies that are no JSON."""

_Fields: TypeAlias = "list[tuple[str, str]]"


def of_requests(
    before: Asked,
    after: Asked,
    ground: Ground | None = None,
    known: Mapping[str, tuple[int, int]] | None = None,
    largest: int = LARGEST,
) -> tuple[Place, ...]:
    """The places in which two requests differ, all of them; the ones that rules would fold are marked.

    `known` are items that need no comparing, as `changes` takes them; bodies of more than `largest`
    bytes are not compared place by place.
    """
    ground = ground or Ground()
    return tuple(marked(place, ground) for place in differing(before, after, ground, known, largest))


def differing(
    before: Asked, after: Asked, ground: Ground, known: Mapping[str, tuple[int, int]] | None, largest: int
) -> tuple[Place, ...]:
    """The same places, none of them marked."""
    small = max(before.request.body.size, after.request.body.size) <= largest
    return (*_address(before, after), *(_body if small else _ends)(before, after, ground, known))


def of_documents(
    name: str, before: JSON, after: JSON, ground: Ground | None = None, joint: str = ""
) -> tuple[Place, ...]:
    """The places in which two JSON documents differ that have no words of their own, by what they are called.

    `joint` stands between the name and what is below it (`stdout line 3, parts[0]`).
    """
    ground = ground or Ground()
    return tuple(
        marked(of_change(change, partial(_dotted, name, change, joint), None), ground)
        for change in _all_changes(before, after)
    )


def telling(places: Sequence[Place]) -> tuple[Place, ...]:
    """The places that rules would not fold; all of them when there are no others."""
    return tuple(place for place in places if not place.folds) or tuple(places)


def lines(places: Sequence[Place], limit: int = MOST) -> list[str]:
    """A line for each place; past the limit, how many more there are."""
    shown = [place.text for place in places[:limit]]
    return shown + ([f"and {len(places) - limit:,} more"] if len(places) > limit else [])


def bodies(name: str, before: Body, after: Body, ground: Ground | None = None) -> Place:
    """The place of two bodies that differ and are no JSON: sizes, digests, and where they begin to differ.

    What rules forgive is passed over, unless nothing else differs.
    """
    old, new = before.data, after.data
    here, there = ground.parting(old, new) if ground is not None else (0, 0)
    if old[here:] == new[there:] or ground is None:
        here = there = common_prefix(old, new)
    said = (
        f": {_sized(before)} → {_sized(after)}, different from byte {there:,} on: "
        f"{_window(old, here)} → {_window(new, there)}"
    )
    return Place(_sized(before), _sized(after), lambda: name, said=said)


def replaced(place: str, before: JSON, after: JSON, ground: Ground | None = None) -> Place:
    """The place of a value that is another one now; texts by their words, without what rules forgive."""
    return marked(Place(before, after, lambda: place), ground) if ground else Place(before, after, lambda: place)


def exchanged(place: str, before: str, after: str) -> Place:
    """The place of a short text that is another one now, told as a whole."""
    said = f": {quoted(before, _ADDRESS)} → {quoted(after, _ADDRESS)}"
    return Place(before, after, lambda: place, said=said)


def one_sided(place: str, before: JSON, after: JSON) -> Place:
    """The place of a value that is only there before, or only after."""
    kind: Kind = "added" if before is None else "removed"
    return Place(before, after, lambda: place, kind)


def marked(place: Place, ground: Ground) -> Place:
    """The place, marked when rules would fold it, and without what they forgive when that is a part of it."""
    if place.kind != "changed":
        return place
    if ground.folds(place.before, place.after):
        return replace(place, folds=True)
    if place.said is not None or not isinstance(place.before, str) or not isinstance(place.after, str):
        return place
    shown = ground.reconciled(place.before, place.after)
    return place if shown in {place.before, place.after} else replace(place, shown=shown)


def _address(before: Asked, after: Asked) -> Iterator[Place]:
    """What differs in method and URL."""
    if before.request.method != after.request.method:
        yield exchanged("method", before.request.method, after.request.method)
    if before.url.scheme != after.url.scheme:
        yield exchanged("scheme", before.url.scheme, after.url.scheme)
    if before.host != after.host:
        yield exchanged("host", before.host, after.host)
    if before.url.path != after.url.path:
        yield exchanged("path", before.url.path, after.url.path)
    if before.url.query != after.url.query:
        yield from _fields("query parameter", before.url.query, after.url.query)


def _fields(name: str, before: str, after: str) -> Iterator[Place]:
    """What differs in fields written as in a query (`a=1&b=2`)."""
    ours, theirs = parse_qsl(before, keep_blank_values=True), parse_qsl(after, keep_blank_values=True)
    seen = False
    for key in dict.fromkeys(key for key, _ in (*theirs, *ours)):
        old, new = _values(ours, key), _values(theirs, key)
        if old != new:
            seen = True
            yield _field(f"{name} {line(key)}", old, new)
    if not seen:
        yield replaced(f"{name}s", before, after)


def _values(fields: _Fields, key: str) -> list[str]:
    return [value for name, value in fields if name == key]


def _field(place: str, old: list[str], new: list[str]) -> Place:
    return replaced(place, " ".join(old), " ".join(new)) if old and new else one_sided(place, *_sides(old, new))


def _sides(old: list[str], new: list[str]) -> tuple[JSON, JSON]:
    return " ".join(old) if old else None, " ".join(new) if new else None


def _body(before: Asked, after: Asked, ground: Ground, known: Mapping[str, tuple[int, int]] | None) -> Iterator[Place]:
    """What differs between two bodies."""
    old, new = before.request, after.request
    if old.body == new.body:
        return
    if before.document is None or after.document is None:
        yield from _unread(old, new, ground)
        return
    try:
        found = list(changes(before.document, after.document, known))
    except RecursionError:
        found = []
    for change in found:
        yield of_change(change, partial(_worded, change, before, after), after.wire[1])
    if not found and not known and not _equal(old.body, new.body):
        yield bodies("request body", old.body, new.body)


def _ends(before: Asked, after: Asked, ground: Ground, _known: object) -> Iterator[Place]:
    """Where two bodies begin to differ."""
    if before.request.body != after.request.body:
        yield bodies("request body", before.request.body, after.request.body, ground)


def _equal(before: Body, after: Body) -> bool:
    """Whether two documents without a change are the same: 1.0 and 1.00 are not, nor is a key that stands twice."""
    one = canonical(before.data)
    return one is not None and one == canonical(after.data)


def _unread(old: Request, new: Request, ground: Ground) -> Iterator[Place]:
    """What differs between bodies that are no JSON: the fields of a form, else the bytes."""
    kinds = {header(each.headers, "content-type").partition(";")[0] for each in (old, new)}
    if kinds == {"application/x-www-form-urlencoded"}:
        yield from _fields("form field", old.body.data.decode("latin-1"), new.body.data.decode("latin-1"))
        return
    alike = ground.alike(old.body.data, new.body.data)
    yield replace(bodies("request body", old.body, new.body, ground), folds=alike)


def _all_changes(before: JSON, after: JSON) -> Iterable[Change]:
    try:
        return list(changes(before, after))
    except RecursionError:
        return []


def _worded(change: Change, before: Asked, after: Asked) -> str:
    """Where a change is, in the provider's words: in the later request, or in the earlier one if it is only there."""
    asked, path = (before, change.old) if change.kind == "removed" else (after, change.new)
    place = line(asked.wire[1].place(path, asked.document), _WHERE)
    in_turn = (
        place.startswith("system prompt") and asked.turn
    )  # it is sent with every turn: say in which one it differs
    return f"turn {asked.turn}, {place}" if in_turn else place


def _dotted(name: str, change: Change, joint: str) -> str:
    """Where a change is below a document of that name (`get_weather.city`)."""
    path = change.old if change.kind == "removed" else change.new
    below = line("".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path), _WHERE)
    return f"{name}{joint}{below.removeprefix('.')}" if joint and below else name + below


def of_change(change: Change, where: Callable[[], str], operation: Operation | None = None) -> Place:
    """A change as a place: `where` gives its words, `operation` reads messages."""
    return Place(change.before, change.after, where, change.kind, change=change, operation=operation)


def _sized(body: Body) -> str:
    return f"{measure(body.size)} ({body.digest.hex()[:8]})"


def _window(data: bytes, offset: int) -> str:
    """What stands around a byte."""
    start = max(0, offset - _CONTEXT // 3)
    text = data[start : offset + _CONTEXT].decode("utf-8", "backslashreplace")
    return ("…" if start else "") + quoted(text)
