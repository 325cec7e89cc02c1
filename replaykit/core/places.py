"""The places in which two requests, two tool calls or two answers differ, in the words of an agent's author.

    turn 4, system prompt: "always" → "never" (in "You must … answer")
    turn 6, tool result of get_weather: "22" → "71"
    tool schema get_weather.units removed
    temperature 0 → 0.2
    query parameter units: "C" → "F"

Law: what rules would fold (an id in another id's place, one to one) is no place, unless nothing else
differs: then it is the very thing to be told.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl

from replaykit.core.canonical import canonical, common_prefix
from replaykit.core.changes import changes
from replaykit.core.model import header
from replaykit.core.normalize import Bindings, Facts, Paired, Rules, fold, pair
from replaykit.core.plain import gist, line, measure, quoted
from replaykit.core.words import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from replaykit.core.changes import Change, Kind, Path
    from replaykit.core.conversation import Part
    from replaykit.core.model import JSON, Body, Request
    from replaykit.core.steps import Asked
    from replaykit.providers import Operation

MOST = 10
"""Places that are told one by one: what is there to be read, and not scrolled."""

_WHERE = 200
"""Characters of a place: names of tools and fields are an author's own, and may be anything."""

LONGEST = 2_000
"""Characters of a text in a place's values: the whole of it is in the recording."""

_CONTEXT = 24
"""Bytes shown around the first difference of two bodies that are no JSON."""

_Fields: TypeAlias = "list[tuple[str, str]]"


@dataclass(frozen=True)
class Place:
    """One place that differs: what stood there before and after, and the words for it, found when asked for.

    `words` gives where it is, and the whole in one line; saying which turn of a long conversation a
    message belongs to means reading the conversation (3 ms at 400 kB), and of many places few are
    told. `folds`: rules would fold it, so that it tells nothing where something else differs, too.
    `change` is where it is in the documents, when it is in one.
    """

    before: JSON
    after: JSON
    words: Callable[[], tuple[str, str]] = field(compare=False, repr=False)
    kind: Kind = "changed"
    folds: bool = False
    change: Change | None = field(default=None, compare=False, repr=False)

    @cached_property
    def place(self) -> str:
        """Where it is."""
        return self._words[0]

    @cached_property
    def text(self) -> str:
        """The whole in one line."""
        return self._words[1]

    @cached_property
    def _words(self) -> tuple[str, str]:
        return self.words()

    def as_json(self) -> dict[str, Any]:
        """Place and values, long texts cut."""
        return {"place": self.place, "before": _cut(self.before), "after": _cut(self.after)}


@dataclass(slots=True)
class Ground:
    """What two runs have in common while they are compared: rules, spans, and the one-to-one map so far.

    `ids` are texts that are ids for certain, whatever they look like, and their partners.
    """

    rules: Rules = field(default_factory=Rules)
    facts: Facts = field(default_factory=Facts)
    bindings: Bindings = field(default_factory=Bindings)
    ids: dict[str, str] = field(default_factory=dict)

    def folds(self, before: JSON, after: JSON) -> bool:
        """Whether rules make two texts equal; the map is extended when they do."""
        if not isinstance(before, str) or not isinstance(after, str):
            return before == after and type(before) is type(after)
        return self.ids.get(before) == after or self.alike(_bytes(before), _bytes(after))

    def alike(self, before: bytes, after: bytes) -> bool:
        """Whether rules make two texts equal, as bytes; the map is extended when they do."""
        if before == after:
            return True
        ours, theirs = fold(before, self.rules), fold(after, self.rules)
        if ours.skeleton != theirs.skeleton:
            return False
        paired = pair(ours.tokens, theirs.tokens, self.bindings, self.facts)
        if isinstance(paired, Paired):
            self.bindings = paired.bindings
        return isinstance(paired, Paired)


def of_requests(
    before: Asked, after: Asked, ground: Ground | None = None, known: Mapping[str, tuple[int, int]] | None = None
) -> tuple[Place, ...]:
    """The places in which two requests differ, all of them; the ones that rules would fold are marked.

    `known` are items that need no comparing, as `changes` takes them.
    """
    ground = ground or Ground()
    found = [*_address(before, after), *_body(before, after, ground, known)]
    return tuple(marked(place, ground) for place in found)


def of_documents(name: str, before: JSON, after: JSON, ground: Ground | None = None) -> tuple[Place, ...]:
    """The places in which two JSON documents differ that have no words of their own, by what they are called."""
    ground = ground or Ground()
    return tuple(
        marked(of_change(change, partial(_dotted, name, change), None), ground)
        for change in _all_changes(before, after)
    )


def telling(places: Sequence[Place]) -> tuple[Place, ...]:
    """The places that rules would not fold; all of them when there are no others."""
    return tuple(place for place in places if not place.folds) or tuple(places)


def lines(places: Sequence[Place], limit: int = MOST) -> list[str]:
    """A line for each place; past the limit, how many more there are."""
    shown = [place.text for place in places[:limit]]
    return shown + ([f"and {len(places) - limit:,} more"] if len(places) > limit else [])


def bodies(name: str, before: Body, after: Body) -> Place:
    """The place of two bodies that differ and are no JSON: sizes, digests, and where they begin to differ."""
    old, new = before.data, after.data
    offset = common_prefix(old, new)
    text = (
        f"{name}: {_sized(before)} → {_sized(after)}, different from byte {offset:,} on: "
        f"{_window(old, offset)} → {_window(new, offset)}"
    )
    return Place(_sized(before), _sized(after), lambda: (name, text))


def replaced(place: str, before: JSON, after: JSON) -> Place:
    """The place of a value that is another one now; texts by their words."""
    return Place(before, after, lambda: (place, f"{place}{_instead(before, after)}"))


def exchanged(place: str, before: str, after: str) -> Place:
    """The place of a short text that is another one now, told as a whole."""
    return Place(before, after, lambda: (place, f"{place}: {quoted(before)} → {quoted(after)}"))


def one_sided(place: str, before: JSON, after: JSON) -> Place:
    """The place of a value that is only there before, or only after."""
    kind: Kind = "added" if before is None else "removed"
    return Place(before, after, lambda: (place, f"{place} {kind}: {gist(after if before is None else before)}"), kind)


def marked(place: Place, ground: Ground) -> Place:
    """The place, marked when rules would fold it."""
    return replace(place, folds=True) if place.kind == "changed" and ground.folds(place.before, place.after) else place


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
    place = bodies("request body", old.body, new.body)
    yield replace(place, folds=True) if ground.alike(old.body.data, new.body.data) else place


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


def _dotted(name: str, change: Change) -> str:
    """Where a change is below a document of that name (`get_weather.city`)."""
    path = change.old if change.kind == "removed" else change.new
    return name + line("".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path), _WHERE)


def of_change(change: Change, where: Callable[[], str], operation: Operation | None = None) -> Place:
    """A change as a place: `where` gives its words, `operation` reads messages."""

    def words() -> tuple[str, str]:
        place = where()
        return place, f"{place}{_what(change, place, operation)}"

    return Place(change.before, change.after, words, change.kind, change=change)


def _what(change: Change, place: str, operation: Operation | None) -> str:
    """What happened at a place, as it follows the place's words."""
    match change.kind:
        case "changed":
            return _instead(change.before, change.after)
        case "added":
            return f" added{_colon(_said(change.new, change.after, place, operation))}"
        case "removed":
            return f" removed{_colon(_said(change.old, change.before, place, operation, gone=True))}"
        case "moved":
            return " moved"


def _instead(before: JSON, after: JSON) -> str:
    """Texts by their words after a colon, other values as they are."""
    if isinstance(before, str) and isinstance(after, str):
        return f": {told(before, after)}"
    return f" {gist(before)} → {gist(after)}"


def _colon(said: str) -> str:
    return f": {said}" if said else ""


def _said(path: Path, value: JSON, place: str, operation: Operation | None, *, gone: bool = False) -> str:
    """What a value says that stands on one side only: a message by its text, plain values as they are."""
    if operation is not None and (text := _spoken(path, value, place, operation)):
        return text
    structure = isinstance(value, dict | list)
    return "" if structure and (gone or isinstance(path[-1], int)) else gist(value)


def _spoken(path: Path, value: JSON, place: str, operation: Operation) -> str:
    """The text of a message, as the provider reads it; empty when it is none."""
    if not isinstance(value, dict) or not path or not isinstance(path[0], str):
        return ""
    match path:
        case (_, int()):
            message: JSON = value
        case (_, int(), str() as inner, int()):
            message = {"role": "user", inner: [value]}
        case _:
            return ""
    question = operation.read_request({path[0]: [message]})
    parts = [part for turn in question.turns for part in turn.parts] if question else []
    calls = [_call(part, place) for part in parts if part.kind == "tool_call"]
    texts = [quoted(part.text) for part in parts if part.text]
    return ", ".join([*texts[:2], *calls[:2]]) or (quoted(question.system) if question and question.system else "")


def _call(part: Part, place: str) -> str:
    """A tool call, by name where its place does not name it."""
    name = line(part.name)
    return gist(part.data) if place.endswith(f"tool call {name}") else f"{name} {gist(part.data)}"


def _cut(value: JSON) -> JSON:
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
    if isinstance(value, dict | list):
        return value if len(str(value)) <= LONGEST else gist(value, LONGEST)
    return value


def _sized(body: Body) -> str:
    return f"{measure(body.size)} ({body.digest.hex()[:8]})"


def _window(data: bytes, offset: int) -> str:
    """What stands around a byte."""
    start = max(0, offset - _CONTEXT // 3)
    text = data[start : offset + _CONTEXT].decode("utf-8", "backslashreplace")
    return ("…" if start else "") + quoted(text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
