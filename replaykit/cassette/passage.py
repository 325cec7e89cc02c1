"""The parts of a page as plain values: steps, turns, bodies, each as people would put it.

    model call     to, model, headers, settings, system, tools     in full at first, then what changed
                   asks                                            the turns that were added
                   answers, stop, tokens, or error                 the message that the stream adds up to
    tool call      arguments, result or raises                     a local function
    exchange       sends, status, answers                          anything else over HTTP

Law: what is text stays exact, but for the names of what varies. What is not text is its kind, size
and digest; what is long stands with its beginning, size and digest, so that a change of it shows.
"""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from xxhash import xxh3_64_hexdigest

from replaykit.cassette import yaml
from replaykit.core.content import sealed
from replaykit.core.model import Exchange, ToolCall, header
from replaykit.core.plain import counted
from replaykit.core.stream import media
from replaykit.providers.shape import parse, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from replaykit.cassette.naming import Names
    from replaykit.cassette.story import News, Told
    from replaykit.core.conversation import Answer, Part, Turn, Usage
    from replaykit.core.model import JSON, Body, Failure, Headers, Response

LINES = 80
"""Lines of a body that is shown whole: two screens."""

LETTERS = 4_000
"""Characters of a text body that are shown; of standard output and of a conversation, all are."""

LARGEST = 1 << 20
"""Bytes of a body that is looked into; a larger one is its size and digest."""

DEEPEST = yaml.DEEPEST - 8
"""Levels of a value; it stands in up to eight more, those of its step."""

_EPOCH = 1_000_000_000
"""From here on a number may be a time."""


class Passages:
    """The parts of one page, under the names of its episode."""

    def __init__(self, names: Names) -> None:
        """Begin with no tool call known by its id."""
        self._names = names
        self._calls: dict[str, str] = {}

    def shown(self, text: str) -> str:
        """The text with names in place of what differs in every run."""
        return self._names.shown(text)

    def value(self, value: JSON, depth: int = 0) -> JSON:
        """A JSON value with names in place of what differs in every run."""
        match value:
            case str():
                return self.shown(value)
            case dict() | list() if depth >= DEEPEST:
                return self.shown(print_json(value))
            case dict():
                return {self.shown(key): self.value(each, depth + 1) for key, each in value.items()}
            case list():
                return [self.value(each, depth + 1) for each in value]
            case int() | float() if not isinstance(value, bool) and value >= _EPOCH:
                text = print_json(value)
                return value if self.shown(text) == text else self.shown(text)
            case _:
                return value

    def document(self, text: bytes) -> JSON:
        """The value of a JSON text; the text itself when it is none."""
        value = parse(text)
        return self.content(text) if value is None and text.strip() != b"null" else self.value(value)

    def content(self, data: bytes, kind: str = "") -> str:
        """A text as it is; what is no text by kind, size and digest."""
        try:
            return self.shown(data.decode())
        except UnicodeDecodeError:
            return _weight(kind or "binary", data)

    def step(self, told: Told) -> dict[str, JSON]:
        """A step of any kind."""
        match told.step:
            case ToolCall():
                return self._tool_call(told.step)
            case Exchange() if told.question is None:
                return self._plain(told, told.step)
            case Exchange():
                return self._asked(told, told.step)

    def _tool_call(self, call: ToolCall) -> dict[str, JSON]:
        shown: dict[str, JSON] = {"tool call": call.name, "arguments": self.document(call.arguments)}
        if call.failure is not None:
            return shown | {"raises": self._failure(call.failure)}
        return shown | {"result": "(it has no form that could be kept)" if call.opaque else self.document(call.result)}

    def _plain(self, told: Told, step: Exchange) -> dict[str, JSON]:
        shown: dict[str, JSON] = {"exchange": self.shown(told.title)}
        if told.attempts:
            shown["first tried"] = [self._attempt(each) for each in told.attempts]
        if step.request.body.size:
            shown["sends"] = self._body(step.request.body, step.request.headers)
        return shown | self._response(step)

    def _asked(self, told: Told, step: Exchange) -> dict[str, JSON]:
        model = told.question is not None and bool(told.question.model)
        shown: dict[str, JSON] = {"model call" if model else "exchange": self.shown(told.title)}
        if told.joins:
            shown["conversation"] = told.joins if told.joins == "new" else f"that of {_first(self.shown(told.joins))}"
        shown |= self._fields(told.news)
        if told.gone:
            shown["no longer"] = [" ".join(filter(None, name)) for name in told.gone]
        if told.forgotten:
            shown["forgets"] = counted(told.forgotten, "turn")
        if told.added or told.again:
            shown["asks"] = [self._turn(turn) for turn in told.added] or "the same again"
        if told.attempts:
            shown["first tried"] = [self._attempt(each) for each in told.attempts]
        if told.answer is None or step.response is None:
            return shown | self._response(step)
        asked = told.question.model if told.question else ""
        return shown | self._answer(told.answer, step.response, asked) | self._end(step)

    def _fields(self, news: Sequence[News]) -> dict[str, JSON]:
        """What a request says beside its turns: groups of several fields as mappings."""
        found: dict[str, JSON] = {}
        for each in news:
            value = self.value(each.value)
            if each.name:
                group = found.setdefault(each.group, {})
                if isinstance(group, dict):
                    group[each.name] = value
            elif (
                isinstance(value, str)
                and isinstance(each.before, str)
                and (lines := _edit(self.shown(each.before), value))
            ):
                found[f"{each.group}, changed lines"] = lines
            else:
                found[each.group] = value
        return found

    def _turn(self, turn: Turn) -> JSON:
        parts = self._parts(turn)
        return {turn.role or "nobody": parts}

    def _parts(self, turn: Turn) -> JSON:
        """The parts of a turn; one that is a text alone as that text."""
        match turn.parts:
            case (part,) if part.kind == "text":
                return self.shown(part.text)
            case _:
                return list(self._each(turn.parts))

    def _each(self, parts: Sequence[Part]) -> Iterator[dict[str, JSON]]:
        calls = 0
        for part in parts:
            text = self.shown(part.text)
            match part.kind:
                case "tool_call":
                    calls += 1
                    if part.id:
                        self._calls[part.id] = f"call {calls}"
                    yield {f"call {calls}": part.name, "arguments": self.value(part.data)}
                case "tool_result":
                    about = ", ".join(filter(None, (self._calls.get(part.id, ""), part.name)))
                    told: dict[str, JSON] = {f"result of {about}" if about else "result": text}
                    yield told | {"which holds": part.held} if part.held else told
                case "other":
                    yield {"other": _listed(f"{part.name}: {text}" if part.name else text, part.held)}
                case "thinking":
                    yield {"thinking": text or "(kept from us by the provider)"}
                case _:
                    yield {part.kind: _listed(text, part.held)}

    def _answer(self, answer: Answer, response: Response, asked: str) -> dict[str, JSON]:
        shown: dict[str, JSON] = {} if response.status == 200 else {"status": response.status}  # noqa: PLR2004 - OK
        if answer.model and asked and answer.model != asked:
            shown["answered by"] = answer.model
        if answer.turn is not None:
            shown["answers"] = self._parts(answer.turn)
        if answer.error:
            shown["error"] = self.shown(answer.error)
        if answer.stop:
            shown["stop"] = answer.stop
        if answer.usage is not None:
            shown["tokens"] = tokens(answer.usage)
        return shown

    def _response(self, step: Exchange) -> dict[str, JSON]:
        response = step.response
        shown: dict[str, JSON] = {}
        if response is not None:
            shown["status"] = response.status
            if response.body.size:
                shown["answers"] = self._body(response.body, response.headers)
            if encoding := sealed(response):
                shown["still packed"] = encoding
        return shown | self._end(step)

    def _end(self, step: Exchange) -> dict[str, JSON]:
        """How an exchange ended, where it did not end well."""
        shown: dict[str, JSON] = {}
        if step.failure is not None:
            shown["cut by" if step.response is not None else "fails"] = self._failure(step.failure)
        if step.left:
            shown["left early"] = True
        return shown

    def _attempt(self, step: Exchange) -> str:
        """An attempt that an SDK tried again after, in one line."""
        if step.response is not None:
            return f"status {step.response.status}"
        return self._failure(step.failure) if step.failure is not None else "no answer"

    def _failure(self, failure: Failure) -> str:
        return self.shown(f"{failure.kind}: {failure.message}" if failure.message else failure.kind)

    def _body(self, body: Body, headers: Headers) -> JSON:
        """A body: JSON as a value, text as text, cut where it is long."""
        kind = header(headers, "content-type")
        if body.size > LARGEST:
            return _weight(media(kind) or "binary", body.data)
        data = _unbounded(body.data, kind)
        value = parse(data)
        if isinstance(value, dict | list):
            shown = self.value(value)
            if len(list(yaml.mapping({"": shown}))) <= LINES:
                return shown
        text = self.content(data, media(kind))
        if len(text) <= LETTERS:
            return text
        rest = xxh3_64_hexdigest(text.encode("utf-8", "surrogatepass"))
        return f"{text[:LETTERS]}\n… {len(text) - LETTERS:,} characters more, digest {rest}"


def tokens(usage: Usage) -> str:
    """The tokens of an exchange: `412 in (300 cached), 38 out`."""
    cached = f" ({usage.cached:,} cached)" if usage.cached else ""
    return f"{usage.input:,} in{cached}, {usage.output:,} out"


def _edit(before: str, after: str) -> str:
    """The lines that changed in a text, `-` before the old and `+` before the new; empty when most of it is new."""
    ours, theirs = before.split("\n"), after.split("\n")
    lines = [line for line in list(unified_diff(ours, theirs, lineterm="", n=0))[2:] if not line.startswith("@@")]
    text = "\n".join(lines)
    return text if len(text) < len(after) // 2 else ""


def _listed(*words: str) -> str:
    return ", ".join(filter(None, words))


def _first(text: str) -> str:
    """The first words of a text, in quotation marks."""
    line = text.partition("\n")[0]
    return f'"{line}"' if len(line) <= 60 else f'"{line[:59]}…"'  # noqa: PLR2004 - characters that fit beside the key


def _weight(kind: str, data: bytes) -> str:
    return f"{kind}, {counted(len(data), 'byte')}, digest {xxh3_64_hexdigest(data)}"


def _unbounded(data: bytes, kind: str) -> bytes:
    """A body without the boundary of its parts, which is drawn anew for every request (RFC 2046, 5.1.1)."""
    _, found, rest = kind.partition("boundary=")
    boundary = rest.partition(";")[0].strip().strip('"').encode("latin-1", "replace")
    return data.replace(boundary, "⟨boundary⟩".encode()) if found and boundary else data
