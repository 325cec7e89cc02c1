"""What is said when a replay is asked for something that was not recorded.

    not recorded: turn 4 of support (anthropic messages, claude-sonnet-5-5)
    nearest: step 7, not served yet
      turn 4, system prompt: "always" → "never" (in "You must … answer")
      temperature 0 → 0.2
      also differ, as rules allow: 1 id and 1 time
    if this change is meant:  replaykit record --again support
    and to see what it does:  replaykit diff support

Law: an account explains and decides nothing. It says what happened, to what, what came nearest, and
what to do; it costs less than 150 ms, and every recorded word in it is harmless to a terminal. What
rules forgive is counted, not told, unless nothing else differs.
"""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from replaykit.core.attempts import numbers
from replaykit.core.compare.differing import MOST, lines, of_documents, of_requests, telling
from replaykit.core.compare.ground import Ground
from replaykit.core.compare.nearest import Near, nearest
from replaykit.core.headers import holders
from replaykit.core.match import Ambiguous
from replaykit.core.model import Exchange, ToolCall
from replaykit.core.plain import counted, line, listed, measure, quoted
from replaykit.core.steps import Asked, Titles, tool_title
from replaykit.providers.shape import parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from replaykit.core.compare.place import Place
    from replaykit.core.match import Missing
    from replaykit.core.model import JSON, Episode, Request, Step

_Detail: TypeAlias = "dict[str, Any]"

_HOSTS = 5
"""Hosts that are named where a request went to none of them."""

_CALLS = 50
"""Recorded calls of a function that are compared with one that was not recorded."""

_PROGRAM = 160
"""Characters of the program that an episode was recorded in."""

_STORE = 4096
"""Characters of a path that has to be typed again: PATH_MAX of Linux."""


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
    episode: Episode,
    request: Request,
    found: Ambiguous | Missing,
    served: Collection[int] | None = None,
    ground: Ground | None = None,
) -> Account:
    """The account of a request that could not be answered.

    `request` is redacted. `served` are the positions that were served so far, None when nobody knows.
    `ground` holds the rules and the spans of both runs, by which it is known what rules forgive.
    """
    asked = Asked(request)
    if isinstance(found, Ambiguous):
        told = _ambiguous(episode, asked, found.positions)
    elif found.served:
        told = _repeated(episode, found.served)
    else:
        told = _missing(episode, asked, found, served, ground)
    title = Titles.of(episode, asked=asked).title(asked, _name(episode))
    text = [f"not recorded{'' if asked.turn else _in(episode)}: {title}", *told.lines, *remedy(episode)]
    return Account("\n".join(text), _detail(asked, title, told))


def tool_account(episode: Episode, name: str, arguments: bytes, ground: Ground | None = None) -> str:
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
        text += _nearest_call(episode, calls, arguments, ground or Ground())
    else:
        known = dict.fromkeys(call.name for call in episode.tool_calls)
        tools = listed([line(tool) for tool in known]) if known else "none at all"
        text.append(f"no call of {line(name)} was recorded; recorded tools: {tools}")
    return "\n".join([*text, *remedy(episode)])


def left_early(episode: Episode, exchange: Exchange) -> str:
    """The account of a program that reads a stream on beyond the place where the recorded run left it."""
    steps = zip(numbers(episode), episode.steps, strict=True)
    number = next((number for number, step in steps if _is(step, exchange)), None)
    response = exchange.response
    size, chunks = (response.body.size, len(response.lengths)) if response is not None else (0, 0)
    left = f"the recorded run stopped reading this answer after {counted(chunks, 'chunk')} ({measure(size)})"
    title = Titles.of(episode).title(Asked(exchange.request))
    text = [
        f"not recorded: the rest of {_numbered(number)} of {_name(episode)}: {title}",
        f"{left}; this one reads on, and what came next was never heard",
        "look at what ends the reading: a break, a timeout, a client that is closed",
    ]
    return "\n".join([*text, *remedy(episode)])


PYTEST = "pytest "
"""What the program of an episode begins with that a test has recorded."""


def remedy(episode: Episode, store: str = "") -> list[str]:
    """The two things that come next, each a line, when an episode does not fit any more.

    An episode of a block in a program is recorded anew by running that again. `store` is the store's
    path, where it is not the project's.
    """
    name = _name(episode)
    where = f" --store {shlex.quote(line(store, _STORE))}" if store else ""
    again = f"replaykit record --again {shlex.quote(name)}{where}"
    if not episode.origin.command:
        program = line(episode.origin.program, _PROGRAM) or "the program"
        again = f"run {program} again with replaykit.record({quoted(name)})"
        if program.startswith(PYTEST):
            again = f"{program} --replaykit-record=all"
    return [
        f"if this change is meant:  {again}",
        f"and to see what it does:  replaykit diff {shlex.quote(name)}{where}",
    ]


@dataclass(frozen=True, slots=True)
class _Told:
    """The middle of an account, and what of it is for programs."""

    case: str
    lines: Sequence[str]
    step: int | None = None
    places: Sequence[Place] = ()
    why: str = ""
    steps: Sequence[int] = ()


def _detail(asked: Asked, title: str, told: _Told) -> _Detail:
    detail: _Detail = {
        "case": told.case,
        "method": asked.request.method,
        "url": asked.request.url,
        "title": title,
        "turn": asked.turn,
        "step": told.step,
        "places": [place.as_json() for place in told.places[:MOST]],
        "more": max(0, len(told.places) - MOST),
    }
    return detail | ({"why": told.why} if told.why else {}) | ({"steps": list(told.steps)} if told.steps else {})


def _missing(
    episode: Episode, asked: Asked, found: Missing, served: Collection[int] | None, ground: Ground | None
) -> _Told:
    """Nothing equal was recorded: what came nearest, and where it differs."""
    near = nearest(episode, asked, served or (), ground)
    why = line(found.why, 200)
    if near is None:
        return _Told("unknown", [_elsewhere(episode, asked)], why=why)
    step = numbers(episode)[near.position]
    said = [f"nearest: {_numbered(step)}{_state(near, served)}", *_differs(near.places, near.ground)]
    said += [f"  no rule makes them the same: {why}"] if why else []
    if not why and near.places and all(place.folds for place in near.places) and near.position in (served or ()):
        said.append("  rules make them the same, but it was served already: this is one request more than recorded")
    return _Told("different", said, step, telling(near.places), why)


def _differs(places: Sequence[Place], ground: Ground) -> Iterator[str]:
    """The places that tell something; in one line what else differs, as rules allow."""
    yield from _places(places)
    allowed = ground.said()
    if allowed and not all(place.folds for place in places):
        yield f"  also differ, as rules allow: {allowed}"


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
        steps[0],
        steps=steps,
    )


def _ambiguous(episode: Episode, asked: Asked, positions: Sequence[int]) -> _Told:
    """Several would do, and do not say the same: which, and what varies between them."""
    count = numbers(episode)
    requests = [step.request for step in map(episode.steps.__getitem__, positions) if isinstance(step, Exchange)]
    steps = [count[position] for position in positions]
    divided = len({holders(request.headers) for request in requests}) > 1
    said = _of_others(steps) if divided else _told_apart(requests, steps)
    places = telling(of_requests(Asked(requests[0]), asked)) if requests else ()
    return _Told("ambiguous", said, steps[0], places, steps=steps)


def _of_others(steps: Sequence[int]) -> Sequence[str]:
    """Whose credentials a request carries decides between equal ones, and nobody knows these."""
    return (
        f"ambiguous: {_steps(steps)} could answer it: they carried different credentials, and their answers differ",
        "it carries those of neither: name the variables that hold them as they were named when it was recorded",
    )


def _told_apart(requests: Sequence[Request], steps: Sequence[int]) -> Sequence[str]:
    """What varies between requests that rules make the same."""
    varies = of_requests(Asked(requests[0]), Asked(requests[1])) if len(requests) > 1 else ()
    return (
        f"ambiguous: {_steps(steps)} could answer it, for rules fold what tells them apart, and their answers differ",
        *([f"between {_steps(steps[:2])}:"] if varies else []),
        *_places(varies),
        "make what varies the same in every run (a seed, a frozen clock), or the requests differ in something else,",
        "or declare what it is in pyproject.toml: [tool.replaykit] rules",
    )


def _nearest_call(
    episode: Episode, calls: Sequence[tuple[int, ToolCall]], arguments: bytes, ground: Ground
) -> Iterator[str]:
    """The recorded call whose arguments differ in the fewest places."""
    document = parse(arguments)
    compared = []
    for position, call in calls[:_CALLS]:
        own = ground.fresh()
        places = of_documents(f"tool call {line(call.name)}", parse(call.arguments), document, own)
        compared.append((position, places, own))
    position, places, own = min(compared, key=lambda each: len(telling(each[1])))
    yield f"nearest: {_numbered(numbers(episode)[position])}"
    yield from _differs(places, own)


def _equal(recorded: bytes, live: bytes) -> bool:
    document = parse(recorded)
    return recorded == live or (document is not None and not of_documents("", document, parse(live)))


def _is(step: Step, exchange: Exchange) -> bool:
    """Whether a step is that exchange, whatever was put into its answer since."""
    return isinstance(step, Exchange) and (step.began, step.request) == (exchange.began, exchange.request)


def _places(places: Sequence[Place]) -> list[str]:
    return [f"  {text}" for text in lines(telling(places))]


def _in(episode: Episode) -> str:
    return f" in {_name(episode)}"


def _name(episode: Episode) -> str:
    return line(episode.name or episode.id)


def _numbered(number: int | None) -> str:
    return "a step" if number is None else f"step {number}"


def _steps(steps: Sequence[int]) -> str:
    return f"step{'s' if len(steps) > 1 else ''} {listed(steps)}"
