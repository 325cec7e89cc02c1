"""A step as a card: what it is, what it took, what was said in it, as values that a template sets.

    a model call    what its request says beside the turns (folded), the turns it added, the answer
    a tool call     arguments, result or exception
    anything else   what was sent, status and answer

Law: nothing is told twice. What a request repeats of its conversation is no part of its card, so that a
page grows with what was said, and not with how often.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from replaykit.cassette.passage import tokens
from replaykit.core.model import Exchange, ToolCall, header
from replaykit.core.plain import counted, gist, line, measure
from replaykit.core.stream import media
from replaykit.providers.shape import parse
from replaykit.report.clock import duration
from replaykit.report.conversation import failure, readable
from replaykit.report.html.kinds import ERRORS, failed, kind_of
from replaykit.report.html.prose import EMPTY, FEW, Member, Passage, code, document, members, prose
from replaykit.report.html.timeline import after, first_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from replaykit.cassette.story import News, Told
    from replaykit.core.conversation import Answer, Part
    from replaykit.core.model import Body, Failure, Headers, Response
    from replaykit.report.html.kinds import Kind

Form: TypeAlias = Literal["text", "thinking", "call", "result", "held", "code", "error", "note"]
Tone: TypeAlias = Literal["", "asks", "answers", "acts", "bad", "warns", "faint"]

_TONES: dict[str, Tone] = {"user": "asks", "assistant": "answers", "model": "answers", "tool": "acts"}
"""How those look who speak, by the words that providers have for them; others look like nobody in particular."""

TITLE = 400
"""Characters of a title: addresses may have thousands."""

REASON = 60
"""Characters of a status and its reason."""

_HELD = "kept from us by the provider"
_OPAQUE = "it has no form that could be kept"


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said: `name` is a tool's, `note` a word about it; `members` stand in place of `passage`."""

    form: Form
    passage: Passage = EMPTY
    name: str = ""
    note: str = ""
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class Speech:
    """What one speaker said, or what one side of an exchange sent."""

    role: str
    tone: Tone
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Badge:
    """A word that stands out in a card's head."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Fold:
    """What a request says beside its turns, of one group: folded, with what is in it said outside."""

    name: str
    size: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A step; `number` is the one that people know it by, `inner` says that it happened in a tool call."""

    number: int
    kind: Kind
    title: str
    began: str
    facts: tuple[str, ...]
    badges: tuple[Badge, ...]
    notes: tuple[str, ...]
    folds: tuple[Fold, ...]
    speeches: tuple[Speech, ...]
    failed: bool
    inner: bool


def card(told: Told) -> Card:
    """The card of a step."""
    step = told.step
    return Card(
        told.number,
        kind_of(told),
        line(told.title, TITLE),
        after(step.began / 1e6),
        tuple(filter(None, _facts(told))),
        tuple(_badges(told)),
        tuple(_notes(told)),
        tuple(_folds(told.news)),
        tuple(_speeches(told)),
        failed(step),
        bool(step.within),
    )


def _facts(told: Told) -> Iterator[str]:
    """What it took; when a stream began to answer is worth knowing, of other answers it is not."""
    step, answer = told.step, told.answer
    model = told.question.model if told.question is not None else ""
    yield model
    if answer is not None and answer.model not in ("", model):
        yield f"answered by {answer.model}"
    yield duration(step.took) if step.took or isinstance(step, ToolCall) else ""  # imported exchanges have no times
    if (first := first_token(step)) is not None:
        yield f"first token {duration(first)}"
    if answer is not None and answer.usage is not None:
        yield f"{tokens(answer.usage)} tokens"


def _badges(told: Told) -> Iterator[Badge]:
    step = told.step
    if told.attempts:
        yield Badge(f"attempt {len(told.attempts) + 1}", "warns")
    if isinstance(step, Exchange):
        if step.response is not None and (told.answer is None or failed(step) or told.question is None):
            bad = step.response.status >= ERRORS
            yield Badge(line(f"{step.response.status} {step.response.reason}".strip(), REASON), "bad" if bad else "")
        if step.left:
            yield Badge("left early", "warns")
    if step.within:
        yield Badge("within a tool call", "faint")
    if step.failure is not None:
        yield Badge("cut" if isinstance(step, Exchange) and step.response is not None else "failed", "bad")


def _notes(told: Told) -> Iterator[str]:
    """What is to be known before one reads on."""
    for each in told.attempts:
        yield f"tried before: {_outcome(each)}, after {duration(each.took)}"
    if told.joins:
        yield "a new conversation" if told.joins == "new" else f"back to {gist(told.joins)}"
    if told.gone:
        yield f"no longer: {', '.join(' '.join(filter(None, name)) for name in told.gone)}"
    if told.forgotten:
        yield f"{counted(told.forgotten, 'turn')} forgotten"
    if told.again:
        yield "the same again"


def _outcome(attempt: Exchange) -> str:
    if attempt.failure is not None:
        return failure(attempt.failure)
    return f"status {attempt.response.status}" if attempt.response is not None else "no answer"


def _folds(news: Sequence[News]) -> Iterator[Fold]:
    """The groups of what is new beside the turns."""
    prompts = [each for each in news if each.group == "system"]
    tools = [each for each in news if each.group == "tools"]
    others = [each for each in news if each.group not in ("system", "tools", "model")]
    for each in prompts:
        yield Fold("system prompt", counted(len(str(each.value)), "character"), (Member("", prose(str(each.value))),))
    if tools:
        names = ", ".join(line(each.name, 40) for each in tools)
        yield Fold(counted(len(tools), "tool"), line(names), tuple(_member(each) for each in tools))
    if others:
        names = ", ".join(each.name or each.group for each in others)
        yield Fold("settings", line(names), tuple(_member(each) for each in others))


def _member(news: News) -> Member:
    return Member(news.name or news.group, document(news.value))


def _speeches(told: Told) -> Iterator[Speech]:
    match told.step:
        case ToolCall():
            yield from _tool_call(told.step)
        case Exchange():
            yield from _asked(told, told.step)
            yield from _answered(told, told.step)
    if told.step.failure is not None:
        yield Speech("failed", "bad", (_failure(told.step.failure),))


def _tool_call(call: ToolCall) -> Iterator[Speech]:
    yield Speech("arguments", "asks", (_data(call.arguments),))
    if call.opaque:
        yield Speech("result", "acts", (Said("note", note=_OPAQUE),))
    elif call.failure is None:
        yield Speech("result", "acts", (_data(call.result),))


def _data(text: bytes) -> Said:
    """A JSON text, texts of several lines in it in their own lines."""
    value = parse(text)
    if isinstance(value, str) and value:
        return Said("code", code(value))
    shown = code(text.decode(errors="backslashreplace")) if value is None else document(value)
    return Said("code", shown, members=members(value))


def _asked(told: Told, step: Exchange) -> Iterator[Speech]:
    if told.question is None:
        yield from _body("sent", "asks", step.request.body, step.request.headers)
    for turn in told.added:
        yield Speech(turn.role or "nobody", _TONES.get(turn.role, ""), tuple(map(_part, turn.parts)))


def _answered(told: Told, step: Exchange) -> Iterator[Speech]:
    response, answer = step.response, told.answer
    if response is None:
        return
    if answer is None or told.question is None:
        yield from _body("answer", "acts", response.body, response.headers)
        return
    said = list(map(_part, answer.turn.parts)) if answer.turn is not None else []
    role = answer.turn.role if answer.turn is not None and answer.turn.role else "assistant"
    if said or answer.stop:
        note = [Said("note", note=f"stopped: {answer.stop}")] if answer.stop else []
        yield Speech(role, "answers", (*said, *note))
    yield from _error(answer, response)


def _error(answer: Answer, response: Response) -> Iterator[Speech]:
    if answer.error:
        yield Speech("error", "bad", (Said("error", prose(f"{response.status} {answer.error}")),))


def _part(part: Part) -> Said:
    match part.kind:
        case "text":
            return Said("text", prose(part.text))
        case "thinking":
            return Said("thinking", prose(part.text), note=_words(part.text) if part.text else _HELD)
        case "tool_call":
            data = part.data
            return Said("call", document(data), part.name, members=members(data))
        case "tool_result":
            return Said("result", code(part.text, FEW), part.name or "a call", part.held)
        case "image" | "other":
            return Said("held", name=part.kind, note=_listed((part.name, part.text, part.held)))


def _words(text: str) -> str:
    return counted(len(text.split()), "word")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(filter(None, words))


def _failure(failed: Failure) -> Said:
    return Said("error", prose(failure(failed)))


def _body(role: str, tone: Tone, body: Body, headers: Headers) -> Iterator[Speech]:
    """What a body says: text as text, the rest by kind, size and digest."""
    if not body.size:
        return
    kind, text = media(header(headers, "content-type")) or "binary", readable(body)
    weight = f"{kind}, {measure(body.size)}, digest {body.digest.hex()[:16]}"
    yield Speech(role, tone, (Said("code", code(text)) if text else Said("held", name="body", note=weight),))
