"""An episode as it is told to people: step by step, each with what it added to what was said before.

Law: pure, and nothing is told twice. A request to a model repeats its whole history; here stands only
what is new in it. Which conversation it goes on with is found by the turns themselves, so that
agents which take turns are told apart:

    its history                                                   it is
    begins as that of a known conversation does                   the next request of that conversation
    has turns of one (the oldest were dropped), or names its      the next request of that conversation
    last answer by id
    shares nothing                                                a new conversation
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import takewhile
from typing import TYPE_CHECKING, TypeAlias

from xxhash import xxh3_64_digest

from replaykit.core.attempts import wholes
from replaykit.core.growth import Reader
from replaykit.core.model import Exchange, header
from replaykit.core.steps import Asked, answer_of, document_of
from replaykit.providers.shape import mapping, print_json, string

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.core.attempts import Whole
    from replaykit.core.conversation import Answer, Part, Question, Turn
    from replaykit.core.model import JSON, Episode, Step

Shown: TypeAlias = Callable[[str], str]
"""A text as it is compared: with names in place of what differs in every run."""

Field: TypeAlias = tuple[str, str]
"""What a request says beside its turns: a group (`settings`, `tools`), and a name in it."""

KNOWN = 16
"""Conversations that a request may go on with: more at a time than agents hold, and the search stays short."""

PREVIOUS = "⟨the answer before⟩"
"""Stands for the id of the last answer, where a request names it instead of repeating the history."""


@dataclass(frozen=True, slots=True)
class News:
    """A field that is new or changed; `before` is its value in the request before, None when it had none."""

    group: str
    name: str
    value: JSON
    before: JSON = None


@dataclass(frozen=True, slots=True)
class Told:
    """One step, read: `number` as people count it, `attempts` that came to nothing before it.

    For a request to a model: `joins` is empty when it goes on with what was told last, `new` for a
    new conversation, else the first words of the one it goes back to. `added` turns are new in it,
    `forgotten` is how many are there no more, `again` is true when nothing at all is new.
    """

    number: int
    step: Step
    attempts: tuple[Exchange, ...] = ()
    title: str = ""
    question: Question | None = None
    answer: Answer | None = None
    joins: str = ""
    news: tuple[News, ...] = ()
    gone: tuple[Field, ...] = ()
    added: tuple[Turn, ...] = ()
    forgotten: int = 0
    again: bool = False


@dataclass(slots=True)
class _Thread:
    """A conversation as far as it went: what its last request said, and its turns, the last answer among them."""

    fields: dict[Field, JSON] = field(default_factory=dict)
    marks: list[bytes] = field(default_factory=list)
    first: str = ""
    answer: str = ""
    answered: bool = False


def story(episode: Episode, shown: Shown) -> Iterator[Told]:
    """The steps of an episode in their order, SDK retries taken together."""
    desk = _Desk(shown)
    for whole in wholes(episode):
        if isinstance(whole.step, Exchange):
            attempts = tuple(each for at in whole.positions[:-1] if isinstance(each := episode.steps[at], Exchange))
            yield _exchange(whole, whole.step, attempts, desk)
        else:
            yield Told(whole.number, whole.step, title=whole.step.name)


@dataclass(slots=True)
class _Desk:
    """What the steps of one episode are read with: of a request only what it adds, and each turn once."""

    shown: Shown
    threads: list[_Thread] = field(default_factory=list)
    reader: Reader = field(default_factory=Reader)
    _marks: dict[int, tuple[Turn, bytes]] = field(default_factory=dict)

    def mark(self, turn: Turn) -> bytes:
        """A digest of what a turn says; requests that repeat a turn share it, so it is known by its identity."""
        known = self._marks.get(id(turn))
        if known is None:
            known = self._marks[id(turn)] = turn, _mark(turn, self.shown)
        return known[1]


def _exchange(whole: Whole, step: Exchange, attempts: tuple[Exchange, ...], desk: _Desk) -> Told:
    asked = Asked(step.request, desk.reader)
    provider, operation = asked.wire
    question = asked.question
    answer = answer_of(operation, step.response)
    title = f"{step.request.method} {step.request.url}"
    if provider.name != "other":
        title = f"{provider.name} {operation.name}" + ("" if question and question.model else f" {title}")
    if question is None:
        return Told(whole.number, step, attempts, title, answer=answer)
    if not question.model:
        news = tuple(News("settings", name, value) for name, value in question.settings.items())
        return Told(whole.number, step, attempts, title, question, answer, news=news, added=question.turns)
    named = string(mapping(document_of(operation, step.response)).get("id")) if step.response else ""
    headers = {name: header(step.request.headers, name) for name in provider.telling if name != "content-type"}
    fields: dict[Field, JSON] = {("to", ""): step.request.url, ("model", ""): question.model}
    fields |= {("headers", name): value for name, value in headers.items() if value}
    fields |= {("settings", name): value for name, value in question.settings.items()}
    fields |= {("system", ""): question.system} if question.system else {}
    fields |= {("tools", name): value for name, value in question.tools.items()}
    plot = _Plot(desk, fields, question)
    return plot.told(Told(whole.number, step, attempts, title, question, answer), named)


@dataclass(slots=True)
class _Plot:
    """One request to a model among the conversations so far, which it changes when it is told."""

    desk: _Desk
    fields: dict[Field, JSON]
    question: Question

    @property
    def threads(self) -> list[_Thread]:
        """The conversations so far."""
        return self.desk.threads

    def told(self, bare: Told, named: str) -> Told:
        """The step with what is new in it; its conversation goes on from here."""
        marks = [self.desk.mark(turn) for turn in self.question.turns]
        thread, follows = self._found(marks)
        base = thread or max(reversed(self.threads), key=self._equal, default=_Thread())
        added, forgotten = ([*range(len(marks))], 0) if follows else _changed(thread, marks)
        news, gone = self._news(base)
        joins = "" if not self.threads or thread is self.threads[-1] else thread.first if thread else "new"
        after = _Thread(self.fields, marks, thread.first if thread else _first(self.question), named)
        if bare.answer is not None and bare.answer.turn is not None:
            after.marks.append(self.desk.mark(bare.answer.turn))
            after.answered = True
        others = [each for each in self.threads if each is not thread]
        self.threads[:] = [*others[1 - KNOWN :], after]
        return Told(
            bare.number,
            bare.step,
            bare.attempts,
            bare.title,
            bare.question,
            bare.answer,
            joins,
            news,
            gone,
            tuple(self.question.turns[at] for at in added),
            forgotten,
            again=thread is not None and not (news or gone or added or forgotten),
        )

    def _found(self, marks: list[bytes]) -> tuple[_Thread | None, bool]:
        """The conversation that goes on, the latest where several could; and whether it is by its answer's id."""
        for thread in reversed(self.threads):
            names = [name for name, value in self.fields.items() if thread.answer and value == thread.answer]
            if names:
                self.fields |= dict.fromkeys(names, PREVIOUS)
                return thread, True
        best = max(reversed(self.threads), key=lambda each: _shared(each.marks, marks), default=None)
        if best is None or not _shared(best.marks, marks):
            best = next((each for each in reversed(self.threads) if len({*each.marks} & {*marks}) > 1), None)
        return best, False

    def _equal(self, thread: _Thread) -> int:
        """How many fields this request shares with a conversation."""
        return sum(thread.fields.get(name) == value for name, value in self.fields.items())

    def _news(self, base: _Thread) -> tuple[tuple[News, ...], tuple[Field, ...]]:
        """The fields that are new or changed, and those that are there no more."""
        news = tuple(
            News(*name, value, base.fields.get(name))
            for name, value in self.fields.items()
            if name not in base.fields or self._said(value) != self._said(base.fields[name])
        )
        return news, tuple(name for name in base.fields if name not in self.fields)

    def _said(self, value: JSON) -> str:
        return self.desk.shown(value if isinstance(value, str) else print_json(value))


def _shared(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """How many turns two histories have in common at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _changed(thread: _Thread | None, marks: list[bytes]) -> tuple[list[int], int]:
    """The positions of the turns that are new, and how many are gone; an answer never taken up is not gone."""
    if thread is None:
        return [*range(len(marks))], 0
    start = _shared(thread.marks, marks)
    known = thread.marks[start:]
    kept = SequenceMatcher(None, known, marks[start:], autojunk=False).get_matching_blocks()
    stay = {block.a + at for block in kept for at in range(block.size)}
    same = {block.b + at for block in kept for at in range(block.size)}
    gone = set(range(len(known))) - stay
    if thread.answered:
        gone.discard(len(known) - 1)
    return [start + at for at in range(len(marks) - start) if at not in same], len(gone)


def _mark(turn: Turn, shown: Shown) -> bytes:
    """A digest of what a turn says; without thinking, which programs may give back or leave out."""
    said = [text for part in turn.parts for text in _said(part, shown)]
    return xxh3_64_digest("\0".join((turn.role, *said)).encode("utf-8", "surrogatepass"))


def _said(part: Part, shown: Shown) -> tuple[str, ...]:
    text = shown(part.text.strip())
    if part.kind == "thinking" or (part.kind == "text" and not text):
        return ()
    return part.kind, part.name, text, part.held, "" if part.data is None else shown(print_json(part.data))


def _first(question: Question) -> str:
    """The first words of a conversation."""
    texts = (part.text for turn in question.turns for part in turn.parts if part.text.strip())
    return next(texts, "").strip() or "nothing"
