"""The rules that a replay needed: which they were, where, and the map that they left for its outputs.

Law: pure, and loaded only for a replay that needed one, or whose outputs are to be compared under them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from replaykit.core.compare.ground import Ground
from replaykit.core.model import Exchange
from replaykit.core.normalize import Bindings, Facts, Paired, Rules, Token, pair
from replaykit.core.plain import line
from replaykit.core.steps import Asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from replaykit.core.attempts import Whole
    from replaykit.core.compare.changes import Path
    from replaykit.core.model import JSON, Episode, Span, Step
    from replaykit.core.normalize import Kind, Rule

Plays: TypeAlias = "Mapping[int, Mapping[str, Any]]"
"""The steps that were served, by position, with what each needed (`verdict_of`)."""

_BOUND: tuple[Kind, ...] = ("id", "port", "temp")
"""Kinds that are bound one to one: what a request established holds for the outputs."""


class Used(NamedTuple):
    """A kind of rule that was needed: how many different texts it folded, and one of them with its place."""

    kind: str
    times: int
    before: str
    after: str
    step: int
    place: str


def uses(episode: Episode, steps: Iterable[Whole], plays: Plays) -> Iterator[Used]:
    """The kinds of rules that were needed, with the first use of each as the example."""
    count = {position: whole.number for whole in steps for position in whole.positions}
    folded: dict[str, dict[tuple[str, str], int]] = {}
    for position, detail in sorted(plays.items()):
        for kind, pairs in detail.get("rules", {}).items():
            for before, after in pairs:
                folded.setdefault(kind, {}).setdefault((before, after), position)
    for kind, texts in folded.items():
        (before, after), position = next(iter(texts.items()))
        place = _where(episode.steps[position], before)
        yield Used(kind, len(texts), line(before), line(after), count[position], place)


def ground(episode: Episode, plays: Plays, live: Span, extra: tuple[Rule, ...]) -> Ground:
    """The rules of both runs, with the map as the requests have left it."""
    answers = [step.response.body for step in episode.exchanges if step.response is not None]

    def given(text: bytes) -> bool:
        return any(text in body.data for body in answers) or any(text in call.result for call in episode.tool_calls)

    facts = Facts(episode.span, live, given, given, answered=given)
    return Ground(Rules.of(episode.span, live, extra=extra), facts, _bindings(plays))


def _bindings(plays: Plays) -> Bindings:
    """The one-to-one map that the plays report."""
    bindings = Bindings()
    for _, detail in sorted(plays.items()):
        for kind in _BOUND:
            for before, after in detail.get("rules", {}).get(kind, ()):
                paired = pair([_token(kind, before)], [_token(kind, after)], bindings)
                bindings = paired.bindings if isinstance(paired, Paired) else bindings
    return bindings


def _token(kind: Kind, text: str) -> Token:
    return Token(kind, "reported", text.encode(), 0, 0)


def _where(step: Step, text: str) -> str:
    """The place in a step's request where a recorded text stands first."""
    if not isinstance(step, Exchange):
        return f"tool call {line(step.name)}"
    asked = Asked(step.request)
    path = _path(asked.document, text)
    if text in step.request.url or path is None:
        named = (f"header {line(name.lower())}" for name, value in step.request.headers if text in value)
        return "URL" if text in step.request.url else next(named, "request body")
    return line(asked.wire[1].place(path, asked.document), 200)


def _path(document: JSON, text: str) -> Path | None:
    """The path to the first value, in the order of the document, that holds a text."""
    rest: list[tuple[Path, JSON]] = [((), document)]
    while rest:
        path, value = rest.pop()
        match value:
            case dict():
                rest += reversed([((*path, key), each) for key, each in value.items()])
            case list():
                rest += reversed([((*path, index), each) for index, each in enumerate(value)])
            case None | bool():
                pass
            case _ if text in str(value):
                return path
    return None
