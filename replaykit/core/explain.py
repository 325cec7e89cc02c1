"""What is said when a replay is asked for something that was not recorded.

    not recorded: turn 4 of support: POST api.anthropic.com/v1/messages (anthropic messages)
    nearest: step 7, not served yet
      turn 4, system prompt: "always" → "never" (in "You must … answer")
      temperature 0 → 0.2
    if this change is meant:  replaykit record --again support
    and to see what it does:  replaykit diff support

Law: an account explains and decides nothing. It says what happened, to what, what came nearest, and
what to do; it costs less than 150 ms, and every recorded word in it is harmless to a terminal.
"""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from replaykit.core.match import Ambiguous
from replaykit.core.model import Exchange, ToolCall
from replaykit.core.nearest import Near, nearest
from replaykit.core.places import MOST, lines, of_documents, of_requests, telling
from replaykit.core.plain import counted, line, listed, measure
from replaykit.core.steps import Asked, numbers, tool_title
from replaykit.providers.shape import parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from replaykit.core.match import Missing
    from replaykit.core.model import JSON, Episode, Request, Step
    from replaykit.core.places import Place

_Detail: TypeAlias = "dict[str, Any]"

_HOSTS = 5
"""Hosts that are named where a request went to none of them."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a miss says: `text` is printed and raised, `detail` is for programs.

    `detail` always holds `case` (`different`, `unknown`, `repeated` or `ambiguous`), `method`, `url`,
    `title`, `turn` (0 where there are none), `step` (the number of the nearest step, or None),
    `places` (a list of `place`, `before`, `after`) and `more`, how many places are not in it.
    """

    text: str
    detail: Mapping[str, JSON] = field(default_factory=dict)


def account_of(
    episode: Episode, request: Request, found: Ambiguous | Missing, served: Collection[int] | None = None
) -> Account:
    """The account of a request that could not be answered.

    `request` is redacted. `served` are the positions that were served so far, None when nobody knows.
    """
    asked = Asked(request)
    if isinstance(found, Ambiguous):
        told = _ambiguous(episode, asked, found.positions)
    elif found.served:
        told = _repeated(episode, found.served)
    else:
        told = _missing(episode, asked, found, served)
    text = [f"not recorded{_whose(episode, asked)}: {asked.title}", *told.lines, *told.remedy]
    return Account("\n".join(text), _detail(asked, told))


def tool_account(episode: Episode, name: str, arguments: bytes) -> str:
    """The account of a call of a local function that was not recorded; `arguments` is JSON, redacted."""
    text = [f"not recorded in {_name(episode)}: {tool_title(name, arguments)}"]
    calls = [
        (position, step)
        for position, step in enumerate(episode.steps)
        if isinstance(step, ToolCall) and step.name == name
    ]
    equal = [position for position, call in calls if _equal(call.arguments, arguments)]
    if equal:
        text += _repeated(episode, equal).lines
    elif calls:
        text += _nearest_call(episode, name, calls, arguments)
    else:
        known = dict.fromkeys(call.name for call in episode.tool_calls)
        tools = listed([line(tool) for tool in known]) if known else "none at all"
        text.append(f"no call of {line(name)} was recorded; recorded tools: {tools}")
    return "\n".join([*text, *_remedy(episode)])


def left_early(episode: Episode, exchange: Exchange) -> str:
    """The account of a program that reads a stream on beyond the place where the recorded run left it."""
    steps = zip(numbers(episode), episode.steps, strict=True)
    number = next((number for number, step in steps if _is(step, exchange)), None)
    response = exchange.response
    size, chunks = (response.body.size, len(response.lengths)) if response is not None else (0, 0)
    left = f"the recorded run stopped reading this answer after {counted(chunks, 'chunk')} ({measure(size)})"
    text = [
        f"not recorded: the rest of {_numbered(number)} of {_name(episode)}: {Asked(exchange.request).title}",
        f"{left}; this one reads on, and what came next was never heard",
        "look at what ends the reading: a break, a timeout, a client that is closed",
    ]
    return "\n".join([*text, *_remedy(episode)])


@dataclass(frozen=True, slots=True)
class _Told:
    """The middle of an account, and what of it is for programs."""

    case: str
    lines: Sequence[str]
    remedy: Sequence[str] = ()
    step: int | None = None
    places: Sequence[Place] = ()
    why: str = ""
    steps: Sequence[int] = ()


def _detail(asked: Asked, told: _Told) -> _Detail:
    detail: _Detail = {
        "case": told.case,
        "method": asked.request.method,
        "url": asked.request.url,
        "title": asked.title,
        "turn": asked.turn,
        "step": told.step,
        "places": [place.as_json() for place in told.places[:MOST]],
        "more": max(0, len(told.places) - MOST),
    }
    return detail | ({"why": told.why} if told.why else {}) | ({"steps": list(told.steps)} if told.steps else {})


def _missing(episode: Episode, asked: Asked, found: Missing, served: Collection[int] | None) -> _Told:
    """Nothing equal was recorded: what came nearest, and where it differs."""
    near = nearest(episode, asked, served or ())
    why = line(found.why, 200)
    if near is None:
        return _Told("unknown", [_elsewhere(episode, asked)], _remedy(episode), why=why)
    step = numbers(episode)[near.position]
    said = [f"nearest: {_numbered(step)}{_state(near, served)}", *_places(near.places)]
    said += [f"  no rule makes them the same: {why}"] if why else []
    return _Told("different", said, _remedy(episode), step, telling(near.places), why)


def _state(near: Near, served: Collection[int] | None) -> str:
    """Whether a step was served; nothing, where nobody knows."""
    if served is None:
        return ""
    return ", already served" if near.position in served else ", not served yet"


def _elsewhere(episode: Episode, asked: Asked) -> str:
    """What was recorded instead, where nothing is near."""
    hosts = Counter(Asked(exchange.request).host for exchange in episode.exchanges)
    if not hosts:
        return f"{_name(episode)} holds no requests at all"
    known = [f"{line(host)} ({counted(times, 'request')})" for host, times in hosts.most_common()]
    return f"nothing was recorded of {line(asked.host)}; recorded: {listed(known, _HOSTS)}"


def _repeated(episode: Episode, positions: Iterable[int]) -> _Told:
    """All that is equal was served already."""
    count = numbers(episode)
    steps = list(dict.fromkeys(count[position] for position in positions))
    which = f"{len(steps)} recorded ({_steps(steps)}), {'all' if len(steps) > 1 else 'and'} served already"
    return _Told(
        "repeated",
        [
            f"asked for once more than recorded: {which}",
            "look at what repeats it: a retry that was not needed before, a loop that runs longer",
        ],
        _remedy(episode),
        steps[0],
        steps=steps,
    )


def _ambiguous(episode: Episode, asked: Asked, positions: Sequence[int]) -> _Told:
    """Several would do, and do not say the same: which, and what varies between them."""
    count = numbers(episode)
    requests = [step.request for step in map(episode.steps.__getitem__, positions) if isinstance(step, Exchange)]
    steps = [count[position] for position in positions]
    varies = of_requests(Asked(requests[0]), Asked(requests[1])) if len(requests) > 1 else ()
    said = [
        f"ambiguous: {_steps(steps)} could answer it, for rules fold what tells them apart, and their answers differ",
        *([f"between {_steps(steps[:2])}:"] if varies else []),
        *_places(varies),
        "make what varies the same in every run (a seed, a frozen clock), or the requests differ in something else,",
        "or declare what it is in pyproject.toml: [tool.replaykit] rules",
    ]
    places = telling(of_requests(Asked(requests[0]), asked)) if requests else ()
    return _Told("ambiguous", said, _remedy(episode), steps[0], places, steps=steps)


def _nearest_call(
    episode: Episode, name: str, calls: Sequence[tuple[int, ToolCall]], arguments: bytes
) -> Iterator[str]:
    """The recorded call whose arguments differ in the fewest places."""
    document = parse(arguments)
    place = f"tool call {line(name)}"
    compared = [(position, of_documents(place, parse(call.arguments), document)) for position, call in calls[:50]]
    position, places = min(compared, key=lambda each: len(telling(each[1])))
    yield f"nearest: {_numbered(numbers(episode)[position])}"
    yield from _places(places)


def _equal(recorded: bytes, live: bytes) -> bool:
    document = parse(recorded)
    return recorded == live or (document is not None and not of_documents("", document, parse(live)))


def _is(step: Step, exchange: Exchange) -> bool:
    """Whether a step is that exchange, whatever was put into its answer since."""
    return isinstance(step, Exchange) and (step.began, step.request) == (exchange.began, exchange.request)


def _places(places: Sequence[Place]) -> list[str]:
    return [f"  {text}" for text in lines(telling(places))]


def _whose(episode: Episode, asked: Asked) -> str:
    return f": turn {asked.turn} of {_name(episode)}" if asked.turn else f" in {_name(episode)}"


def _name(episode: Episode) -> str:
    return line(episode.name or episode.id)


def _numbered(number: int | None) -> str:
    return "a step" if number is None else f"step {number}"


def _steps(steps: Sequence[int]) -> str:
    return f"step{'s' if len(steps) > 1 else ''} {listed(steps)}"


def _remedy(episode: Episode) -> list[str]:
    """The two commands that come next."""
    name = shlex.quote(_name(episode))
    return [
        f"if this change is meant:  replaykit record --again {name}",
        f"and to see what it does:  replaykit diff {name}",
    ]
