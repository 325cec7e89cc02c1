"""Requests that repeat one another, read as JSON and as questions: of each only what it adds is looked at.

    a request        {"system":"It is 9:01","messages":[a,b,c],"model":"x"}
    a later one      {"system":"It is 9:02","messages":[a,b,c,d,e],"model":"x"}
    what is parsed   {"system":"It is 9:02","messages":[      d,e],"model":"x"}

Law: exact. Each comes out as if it were read alone: what is left out of it are whole items of an array,
byte for byte those of another text in the same places, and the offsets prove that what is left is the
rest. Equal items are one value. An agent of 200 turns sends 38 MB, of which 0.8 MB are new.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

import orjson

from replaykit.core.canonical import common_prefix
from replaykit.providers.shape import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from replaykit.core.conversation import Part, Question, Turn
    from replaykit.core.model import JSON, Body

RECENT = 16
"""Texts that a new one may go on from: more agents than that seldom take turns."""

RECENT_BYTES = 32 << 20
"""Memory that those may take."""

_OPENING = 8
"""Items within which a history comes to its first turn: instructions come before it, as a rule one or two."""

_SKIPPED = 3
"""Items at the beginning of an array that may differ in every request: instructions and a task that tell the time."""

_TRIED = 3
"""Places that are tried where what it may repeat stands elsewhere than in the other text."""

_Ask: TypeAlias = "Callable[[JSON], Question | None]"
_Object: TypeAlias = "dict[str, JSON]"
_Mark: TypeAlias = "tuple[int, int]"


@dataclass(frozen=True, slots=True)
class _Style:
    """How a program spells JSON: what prints a value, and what stands between items and behind a name."""

    dumps: Callable[[JSON], bytes]
    comma: bytes
    colon: bytes


_COMPACT = _Style(orjson.dumps, b",", b":")
_STYLES: dict[tuple[bool, bool], _Style] = {
    (False, False): _COMPACT,
    (False, True): _Style(lambda value: json.dumps(value, separators=(",", ":")).encode(), b",", b":"),
    (True, False): _Style(lambda value: json.dumps(value, ensure_ascii=False).encode(), b", ", b": "),
    (True, True): _Style(lambda value: json.dumps(value).encode(), b", ", b": "),
}
"""By whether there are spaces, and whether letters beyond ASCII are escaped. SDKs and JavaScript write the first."""


@dataclass(frozen=True, slots=True)
class Array:
    """A member of an object that is an array: where in the text its items begin, and where each ends."""

    name: str
    begin: int
    ends: list[int]

    def start(self, item: int, style: _Style) -> int:
        """Where an item begins, or would."""
        return self.ends[item - 1] + len(style.comma) if item else self.begin

    def moved(self, by: int) -> Array:
        """The same array, where its text stands later by so many bytes."""
        return Array(self.name, self.begin + by, [end + by for end in self.ends])


@dataclass(frozen=True, slots=True)
class Text:
    """A body, read. Of its array `grown`, the items from `first` to `last` are those of `base`."""

    digest: bytes
    document: JSON
    style: _Style = _COMPACT
    arrays: tuple[Array, ...] = ()
    base: Text | None = None
    grown: str = ""
    first: int = 0
    last: int = 0

    def items(self, name: str) -> list[JSON]:
        """The items of an array; none where there is none."""
        found = self.document.get(name) if isinstance(self.document, dict) else None
        return found if isinstance(found, list) else []


@dataclass(frozen=True, slots=True)
class _Cut:
    """What a text repeats: of an array of `base`, the items from `first` to `last`, found at an offset (`place`)."""

    base: Text
    array: Array
    first: int
    last: int
    place: int

    @property
    def shift(self) -> int:
        """By how many bytes they stand later than in the base."""
        return self.place - self.array.start(self.first, self.base.style)

    def rest(self, data: bytes) -> bytes | None:
        """The text without them; None where neither another item nor the array's end follows."""
        comma, end = self.base.style.comma, self.array.ends[self.last - 1] + self.shift
        if data.startswith(comma, end) and not data.startswith(b"]", end + len(comma)):
            return data[: self.place] + data[end + len(comma) :]
        if data[end : end + 1] != b"]":
            return None
        return data[: self.place - len(comma) * bool(self.first)] + data[end:]

    def whole(self, found: Array, removed: int) -> Array | None:
        """The array of the whole text, given that of the rest; None where they are not the items that were left out."""
        style, first = self.base.style, self.first
        if len(found.ends) < first or found.start(first, style) != self.place:
            return None
        known = [end + self.shift for end in self.array.ends[first : self.last]]
        return Array(
            found.name, found.begin, found.ends[:first] + known + [end + removed for end in found.ends[first:]]
        )


@dataclass(frozen=True, slots=True)
class _Read:
    """A question, and how a later one goes on from it.

    `history` is the array that the turns come from, `opening` how many of its items come to how many
    turns at its beginning; `marks` are further such pairs, at the ends of requests.
    """

    question: Question | None
    history: str = ""
    opening: _Mark = (0, 0)
    marks: tuple[_Mark, ...] = ()


class Reader:
    """Reads the requests of one comparison, in any order."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._recent: deque[tuple[bytes, Text]] = deque(maxlen=RECENT)
        self._texts: dict[bytes, Text] = {}
        self._items: dict[bytes, JSON] = {}
        self._read: dict[tuple[_Ask, bytes], _Read] = {}

    def text(self, body: Body) -> Text:
        """A body as JSON."""
        known = self._texts.get(body.digest)
        if known is None:
            data = body.read()
            known = self._texts[body.digest] = self._continued(body.digest, data) or self._alone(body.digest, data)
            if known.arrays:
                self._remember(data, known)
        return known

    def question(self, ask: _Ask, text: Text) -> Question | None:
        """What `ask` makes of the text's document."""
        chain: list[Text] = []
        each: Text | None = text
        while each is not None and (ask, each.digest) not in self._read:
            chain.append(each)
            each = each.base
        for link in reversed(chain):
            self._read[ask, link.digest] = self._goes_on(ask, link) or _whole(ask, link)
        return self._read[ask, text.digest].question

    def _remember(self, data: bytes, text: Text) -> None:
        self._recent.append((data, text))
        while len(self._recent) > 1 and sum(len(each) for each, _ in self._recent) > RECENT_BYTES:
            self._recent.popleft()

    def _alone(self, digest: bytes, data: bytes) -> Text:
        behind = data.find(b'":') + len(b'":')  # the first name: only there may a space follow
        style = _STYLES[data[behind : behind + 1] == b" ", b"\\u" in data and data.isascii()]
        found = self._object(data, style)
        return Text(digest, found[0], style, found[1]) if found is not None else Text(digest, parse(data))

    def _continued(self, digest: bytes, data: bytes) -> Text | None:
        """The text, parsed without what it repeats of a recent one; None when it repeats none."""
        best = self._prefix(data)
        cuts = [best] if best is not None else islice(self._inside(data), _TRIED)
        return next(filter(None, (self._cut(digest, data, cut) for cut in cuts)), None)

    def _cut(self, digest: bytes, data: bytes, cut: _Cut) -> Text | None:
        """The text, parsed without the items of a cut; None where these are not items of it in their places."""
        rest = cut.rest(data)
        found = self._object(rest, cut.base.style) if rest is not None else None
        if rest is None or found is None:
            return None
        document, arrays = found
        removed, name = len(data) - len(rest), cut.array.name
        whole = next((cut.whole(each, removed) for each in arrays if each.name == name), None)
        items = document.get(name)
        if whole is None or not isinstance(items, list):
            return None
        document[name] = items[: cut.first] + cut.base.items(name)[cut.first : cut.last] + items[cut.first :]
        moved = [each.moved(removed) if each.begin > cut.place else each for each in arrays]
        known = tuple(whole if each.name == name else each for each in moved)
        return Text(digest, document, cut.base.style, known, cut.base, name, cut.first, cut.last)

    def _prefix(self, data: bytes) -> _Cut | None:
        """What it repeats of the recent text that it begins like."""
        best, most = None, 0
        for recent, text in reversed(self._recent):
            shared = common_prefix(data, recent)
            if shared <= most:
                continue
            counts = [(array, bisect_right(array.ends, shared)) for array in text.arrays]
            array, count = next((each for each in reversed(counts) if each[1]), (None, 0))
            if array is not None:
                best, most = _Cut(text, array, 0, count, array.begin), shared
                if count == len(array.ends):
                    break
        return best

    def _inside(self, data: bytes) -> Iterator[_Cut]:
        """What it may repeat of a recent text's longest array, whatever stands before it and in its first items."""
        for recent, text in reversed(self._recent):
            array = max(text.arrays, key=lambda each: each.ends[-1] - each.begin if each.ends else 0)
            for first in range(min(_SKIPPED, len(array.ends))):
                start = array.start(first, text.style)
                place = data.find(recent[start : array.ends[first]])
                shared = common_prefix(data[place:], recent[start:]) if place >= 0 else 0
                last = bisect_right(array.ends, start + shared)
                if last > first:
                    yield _Cut(text, array, first, last, place)

    def _object(self, text: bytes, style: _Style) -> tuple[_Object, tuple[Array, ...]] | None:
        """An object and its arrays.

        None where printing it does not give the text: then a digit was lost, or a key stands twice.
        """
        try:
            document = orjson.loads(text)
            return self._measured(document, text, style) if isinstance(document, dict) else None
        except (ValueError, TypeError):  # TypeError: what it reads but does not print
            return None

    def _measured(self, document: _Object, text: bytes, style: _Style) -> tuple[_Object, tuple[Array, ...]] | None:
        printed, arrays, place = list[bytes](), list[Array](), 0
        for key, value in document.items():
            name = (style.comma if printed else b"{") + style.dumps(key) + style.colon
            said, begin = style.dumps(value), place + len(name) + 1
            if isinstance(value, list):
                items = list(map(style.dumps, value))
                arrays.append(Array(key, begin, list(_ends(items, begin, len(style.comma)))))
                document[key] = [self._items.setdefault(*each) for each in zip(items, value, strict=True)]
            printed += (name, said)
            place += len(name) + len(said)
        return (document, tuple(arrays)) if b"".join((*printed, b"}")) == text else None

    def _goes_on(self, ask: _Ask, text: Text) -> _Read | None:
        """The question as its base's and what the text adds to that; None where it has to be read as a whole."""
        base = self._read[ask, text.base.digest] if text.base is not None else None
        if base is None or base.question is None or text.grown != base.history or text.first > base.opening[0]:
            return None
        known, (opening, begun) = base.question.turns, base.opening
        marks = tuple(mark for mark in base.marks if mark[0] <= text.last and known[mark[1] - 1].role != "assistant")
        if not opening or not marks or not isinstance(text.document, dict):
            return None
        items, (first, last) = text.items(base.history), marks[-1]
        if text.first and not _opens(_turns(ask, {**text.document, base.history: items[:opening]}), begun):
            return None
        fresh = ask({**text.document, base.history: items[:opening] + items[first:]})
        if fresh is None:
            return None
        turns = fresh.turns[:begun] + known[begun:last]
        for turn in fresh.turns[begun:]:
            turns = (*turns, _named(turn, turns))
        return _Read(replace(fresh, turns=turns), base.history, base.opening, (*marks, (len(items), len(turns))))


def _ends(items: Sequence[bytes], begin: int, comma: int) -> Iterator[int]:
    """Where items end that stand one behind the other, a comma of so many bytes between two."""
    for item in items:
        begin += len(item)
        yield begin
        begin += comma


def _whole(ask: _Ask, text: Text) -> _Read:
    """A question that goes on from none."""
    question, document = ask(text.document), text.document
    if question is None or not question.turns or not isinstance(document, dict):
        return _Read(question)
    history = next((each.name for each in text.arrays if not _turns(ask, {**document, each.name: []})), "")
    if not history:
        return _Read(question)
    items = text.items(history)
    for count in range(1, min(_OPENING, len(items)) + 1):
        turns = _turns(ask, {**document, history: items[:count]})
        if _opens(turns, len(turns)):
            return _Read(question, history, (count, len(turns)), ((len(items), len(question.turns)),))
        if turns:
            break
    return _Read(question)


def _opens(turns: Sequence[Turn], count: int) -> bool:
    """Whether so many turns open a conversation: the model, whose turns may be joined, has not spoken yet."""
    return len(turns) == count > 0 and all(turn.role != "assistant" for turn in turns)


def _turns(ask: _Ask, document: JSON) -> tuple[Turn, ...]:
    question = ask(document)
    return question.turns if question is not None else ()


def _named(turn: Turn, before: tuple[Turn, ...]) -> Turn:
    """The turn, with each result carrying the name of the tool that was called, in it or before it."""
    if not any(_is_nameless(part) for part in turn.parts):
        return turn
    turns = (*before, turn)
    parts = (replace(part, name=_called(part.id, turns)) if _is_nameless(part) else part for part in turn.parts)
    return replace(turn, parts=tuple(parts))


def _is_nameless(part: Part) -> bool:
    return part.kind == "tool_result" and not part.name


def _called(call: str, turns: tuple[Turn, ...]) -> str:
    """The tool of the latest call of this id."""
    calls = (part for turn in reversed(turns) for part in reversed(turn.parts) if part.kind == "tool_call")
    return next((part.name for part in calls if part.id == call), "")
