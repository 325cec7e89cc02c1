"""One place in which two requests, answers or outputs differ, as a value, with the words for it.

    text     the whole in one line, long texts by their first few edits      for an account
    whole    the same with nothing left out, long texts line by line         for a diff
    as_json  where it is, and both values                                    for programs

Law: every recorded word in it is harmless; what rules forgive is no word of it, unless nothing else
is left (`folds`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from replaykit.core.compare.words import by_edit, by_line, is_brief, spelled, told
from replaykit.core.conversation import Part
from replaykit.core.plain import WIDTH, gist, line, quoted
from replaykit.providers.shape import print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from replaykit.core.compare.changes import Change, Kind
    from replaykit.core.model import JSON
    from replaykit.providers import Operation

LONGEST = 2_000
"""Characters of a text in an account's values: the whole of it is in the recording."""

_INDENT = "  "


@dataclass(frozen=True)
class Place:
    """One place that differs: what stood there before and after, and the words for it, found when asked for.

    `where` gives the words for the place itself: saying which turn of a long conversation a message
    belongs to means reading the conversation (3 ms at 400 kB), and of many places few are told.
    `said` is what follows them, where it is not to be told from the values. `folds`: rules would fold
    it, so that it tells nothing where something else differs, too; `shown` is `after` without what
    they forgive, where they forgive a part of it. `change` is where it is in the documents, when it is
    in one, and `operation` reads the messages of these.
    """

    before: JSON
    after: JSON
    where: Callable[[], str] = field(compare=False, repr=False)
    kind: Kind = "changed"
    said: str | None = None
    folds: bool = False
    shown: JSON = field(default=None, compare=False, repr=False)
    change: Change | None = field(default=None, compare=False, repr=False)
    operation: Operation | None = field(default=None, compare=False, repr=False)

    @cached_property
    def place(self) -> str:
        """Where it is."""
        return self.where()

    @cached_property
    def text(self) -> str:
        """The whole in one line."""
        return self.place + (self._what() if self.said is None else self.said)

    @property
    def whole(self) -> list[str]:
        """The whole with nothing left out: one line where that says it all, else a line for each that changed."""
        rest = list(self._rest()) if self.said is None else []
        if not rest:
            return [self.text]
        head = self.place if self.kind == "changed" else f"{self.place} {self.kind}"
        return [f"{head}:", *(f"{_INDENT}{each}" for each in rest)]

    def as_json(self, *, cut: bool = True) -> dict[str, Any]:
        """Place and values; long texts cut, unless all is wanted."""
        before, after = (_cut(self.before), _cut(self.after)) if cut else (self.before, self.after)
        return {"place": self.place, "kind": self.kind, "before": before, "after": after}

    def _what(self) -> str:
        """What happened at the place, as it follows the place's words."""
        match self.kind:
            case "changed":
                return _instead(self.before, self._now)
            case "moved":
                return " moved"
            case "added":
                return f" added{_colon(self._one_sided(self.after))}"
            case "removed":
                return f" removed{_colon(self._one_sided(self.before))}"

    @property
    def _now(self) -> JSON:
        return self.after if self.shown is None else self.shown

    def _rest(self) -> Iterator[str]:
        """The lines of what one line does not hold."""
        before, after = self.before, self._now
        if self.kind == "moved":
            return
        if self.kind != "changed":
            text, mark = (self._full(before), "-") if self.kind == "removed" else (self._full(after), "+")
            if len(text) > WIDTH or "\n" in text or not self._one_sided(before if mark == "-" else after):
                yield from (f"{mark} {each}" for each in spelled(text))
        elif isinstance(before, str) and isinstance(after, str):
            if not is_brief(before, after):
                yield from by_line(before, after) if "\n" in before + after else by_edit(before, after)
        elif max(len(_printed(before)), len(_printed(after))) > WIDTH:
            yield from (f"- {each}" for each in spelled(_printed(before)))
            yield from (f"+ {each}" for each in spelled(_printed(after)))

    def _one_sided(self, value: JSON) -> str:
        """What a value says that stands on one side only: a message by its text, plain values as they are."""
        parts = self._parts(value)
        texts = [quoted(part.text) for part in parts if part.text]
        calls = [self._call(part, gist(part.data)) for part in parts if part.kind == "tool_call"]
        if parts and (texts or calls):
            return ", ".join([*texts[:2], *calls[:2]])
        item = self.change is not None and isinstance(self._path[-1], int)
        gone = self.change is not None and self.kind == "removed"
        return "" if isinstance(value, dict | list) and (gone or item) else gist(value)

    def _full(self, value: JSON) -> str:
        """All that a value says, a message in its own lines."""
        parts = self._parts(value)
        texts = [part.text for part in parts if part.text]
        calls = [self._call(part, print_json(part.data)) for part in parts if part.kind == "tool_call"]
        return "\n".join([*texts, *calls]) or _printed(value)

    def _parts(self, value: JSON) -> Sequence[Part]:
        """The parts of a message, as the provider reads it; none when it is none."""
        if self.operation is None or self.change is None or not isinstance(value, dict):
            return ()
        match self._path:
            case (str() as name, int()):
                message: JSON = value
            case (str() as name, int(), str() as inner, int()):
                message = {"role": "user", inner: [value]}
            case _:
                return ()
        question = self.operation.read_request({name: [message]})
        parts = [part for turn in question.turns for part in turn.parts] if question is not None else []
        return parts or _system(question.system if question is not None else "")

    @property
    def _path(self) -> Sequence[str | int]:
        assert self.change is not None  # noqa: S101 - asked for where there is one
        return self.change.old if self.kind == "removed" else self.change.new

    def _call(self, part: Part, arguments: str) -> str:
        """A tool call, by name where its place does not name it."""
        name = line(part.name)
        return arguments if self.place.endswith(f"tool call {name}") else f"{name} {arguments}"


def _system(text: str) -> Sequence[Part]:
    return (Part("text", text),) if text else ()


def _instead(before: JSON, after: JSON) -> str:
    """Texts by their words after a colon, other values as they are."""
    if isinstance(before, str) and isinstance(after, str):
        return f": {told(before, after)}"
    return f" {gist(before)} → {gist(after)}"


def _colon(said: str) -> str:
    return f": {said}" if said else ""


def _printed(value: JSON) -> str:
    return value if isinstance(value, str) else print_json(value)


def _cut(value: JSON) -> JSON:
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
    if isinstance(value, dict | list):
        return value if len(str(value)) <= LONGEST else gist(value, LONGEST)
    return value
