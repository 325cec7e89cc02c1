"""Which recorded step answers what is asked now: the same, the same after rules, ambiguous, or none.

    1  same method, URL and body, byte for byte                    Found
    2  the same under rules, as text: ids, times, folders          Found, with the rules that were used
    3  the same under rules, as JSON: key order and white space    Found, likewise
       do not matter, nor do fields that the provider declares
    4  2 or 3, by several that differ in text and in answer        Ambiguous
    5  otherwise                                                   Missing

Law: serve only on equality; what is near is for explanations (explain.py). What is equal is served
in the order in which it began, once each, and what a tool did while it ran last of all; what differs,
in any order. Requests come here redacted, or so that redaction would change nothing. A tool call is
asked for like a request: its name stands for the URL, its arguments for the body.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from replaykit.core.model import Body, Exchange, Request, ToolCall
from replaykit.core.normalize import Bindings, Facts, Paired, Rules, pair
from replaykit.core.reading import Declared, Readings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from replaykit.core.model import Episode, Headers, Span, Step
    from replaykit.core.normalize import Rule, Use
    from replaykit.core.reading import Reading, Way

Key: TypeAlias = tuple[str, str, bytes]
Claim: TypeAlias = "Callable[[int, Mapping[str, Any]], bool]"

TOOL = "tool"
"""The method of what a tool call asks for."""


@dataclass(frozen=True, slots=True)
class Echo:
    """An id that the answer repeats: where it stands, as it was recorded, and as the caller calls it (JSON texts)."""

    pointer: str
    recorded: bytes
    live: bytes


_UNBOUND = Bindings()


@dataclass(frozen=True, slots=True)
class Found:
    """The recorded step at `position`; its answer is to be given with live ids (`bindings`, `echo`)."""

    position: int
    bindings: Bindings = _UNBOUND
    echo: Echo | None = None


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several recorded steps would do, and they do not say the same."""

    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """None would do. `served` are equal ones that were served already; `why` is the conflict that came closest."""

    served: tuple[int, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    position: int
    reading: Reading
    paired: Paired


@dataclass(slots=True)
class _State:
    """What this run has established: the one-to-one map, and the steps that were served byte for byte."""

    bindings: Bindings = field(default_factory=Bindings)
    unsettled: list[int] = field(default_factory=list)
    served: set[int] = field(default_factory=set)


class Index:
    """The steps of an episode by what was asked, and the one-to-one map of the run that asks now."""

    def __init__(
        self,
        episode: Episode,
        live: Callable[[], Span],
        extra: Sequence[Rule] = (),
        declared: Callable[[Request], Declared] = lambda _request: Declared(),
        telling: frozenset[str] = frozenset(),
    ) -> None:
        """`live` says when and where the live run takes place; `extra` are the project's own rules.

        `declared` says what a provider declares of a request; `telling` are the headers, in lower
        case, whose change is reported.
        """
        self._steps = episode.steps
        self._asked = tuple(asked(step) for step in episode.steps)
        self._live = live
        self._telling = telling
        self._span = episode.span
        self.rules = Rules.of(episode.span, live(), extra=tuple(extra))
        self._readings = Readings(episode, self._asked, self.rules, declared)
        self._state = _State()
        self._exact: dict[Key, deque[int]] = defaultdict(deque)
        self._last = episode.spared()
        for position in sorted(range(len(self._asked)), key=self._last.__contains__):
            self._exact[key(self._asked[position])].append(position)

    @property
    def served(self) -> AbstractSet[int]:
        """The positions of the steps that were served, as far as this process knows."""
        return self._state.served

    def exact(self, request: Request, claim: Claim) -> Found | None:
        """The next step that was asked for byte for byte like this, claimed; the fast path."""
        equal = self._exact.get(key(request))
        while equal:
            position = equal.popleft()
            if position not in self._state.served and self._claimed(position, request, (), claim):
                self._state.unsettled.append(position)
                return Found(position)
        return None

    def search(self, request: Request, claim: Claim) -> Found | Ambiguous | Missing:
        """The next step that is the same, byte for byte or after rules, claimed; or why there is none."""
        found = self.exact(request, claim)
        if found is not None:
            return found
        self._settle()
        why = ""
        for way in (self._readings.text, self._readings.json):
            under = self._under_rules(request, way, claim)
            if not isinstance(under, Missing):
                return under
            why = why or under.why
        wanted = key(request)
        return Missing(tuple(position for position, each in enumerate(self._asked) if key(each) == wanted), why)

    def _under_rules(self, request: Request, way: Way, claim: Claim) -> Found | Ambiguous | Missing:
        reading = way.of(request)
        if reading is None:
            return Missing()
        why, candidates = "", list[_Candidate]()
        facts = Facts(self._span, self._live(), self._readings.stands, self._readings.given)
        for position, recorded in way.like(reading):
            if position in self._state.served:
                continue
            paired = pair(recorded.tokens, reading.tokens, self._state.bindings, facts)
            if isinstance(paired, Paired):
                candidates.append(_Candidate(position, recorded, paired))
            else:
                why = why or paired.reason
        if self._ambiguous(candidates):
            return Ambiguous(tuple(each.position for each in candidates))
        for each in sorted(candidates, key=lambda candidate: candidate.position in self._last):
            if self._claimed(each.position, request, each.paired.uses, claim):
                self._state.bindings = each.paired.bindings
                return Found(each.position, self._state.bindings, _echo(each.reading, reading))
        return Missing(why=why)

    def _ambiguous(self, candidates: Sequence[_Candidate]) -> bool:
        """Whether candidates differ both in what was asked, rules aside, and in what was answered."""
        texts = {each.reading.digest for each in candidates}
        return len(texts) > 1 and len({_answer(self._steps[each.position]) for each in candidates}) > 1

    def _claimed(self, position: int, request: Request, uses: Sequence[Use], claim: Claim) -> bool:
        detail: dict[str, Any] = {}
        if uses:
            detail["rules"] = _by_kind(uses)
        differently = self._differently(position, request.headers)
        if differently:
            detail["differently"] = differently
        self._state.served.add(position)
        return claim(position, detail)

    def _differently(self, position: int, live: Headers) -> list[tuple[str, str, str]]:
        """The telling headers that were sent differently: name, recorded value, live value."""
        recorded = self._asked[position].headers
        if recorded == live or not self._telling:
            return []
        before, now = _told(recorded, self._telling), _told(live, self._telling)
        return [
            (name, before.get(name, ""), now.get(name, ""))
            for name in sorted(before.keys() | now.keys())
            if before.get(name) != now.get(name)
        ]

    def _settle(self) -> None:
        """Bind the ids of what was served byte for byte to themselves: they can stand for nothing else."""
        while self._state.unsettled:
            position = self._state.unsettled.pop()
            reading = self._readings.text.recorded(position)
            tokens = reading.tokens if reading is not None else ()
            paired = pair(tokens, tokens, self._state.bindings)
            if isinstance(paired, Paired):
                self._state.bindings = paired.bindings


def asked(step: Step) -> Request:
    """What a step asks for, as a request."""
    match step:
        case Exchange():
            return step.request
        case ToolCall():
            return tool_request(step.name, step.arguments)


def tool_request(name: str, arguments: bytes) -> Request:
    """What a call of a local function asks for, as a request."""
    return Request(TOOL, name, (), Body.of(arguments))


def key(request: Request) -> Key:
    """What makes two requests the same: method, URL and body, never the headers."""
    return request.method, request.url, request.body.digest


def _answer(step: Step) -> tuple[object, ...]:
    if isinstance(step, ToolCall):
        return step.result, step.failure
    response = step.response
    return (None if response is None else (response.status, response.body.digest)), step.failure


def _by_kind(uses: Sequence[Use]) -> dict[str, list[tuple[str, str]]]:
    """The rules that were used: per kind, each pair of recorded and live text once."""
    kinds: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for use in uses:
        pairs = kinds[use.kind]
        pairs[use.recorded.text.decode(errors="replace"), use.live.text.decode(errors="replace")] = None
    return {kind: list(pairs) for kind, pairs in kinds.items()}


def _told(headers: Headers, telling: frozenset[str]) -> dict[str, str]:
    """The telling headers; a multipart boundary tells nothing."""
    return {name.lower(): value.partition("; boundary=")[0] for name, value in headers if name.lower() in telling}


def _echo(recorded: Reading, live: Reading) -> Echo | None:
    if recorded.correlation is None or live.correlation is None or recorded.correlation == live.correlation:
        return None
    pointer, value = recorded.correlation
    return Echo(pointer, value, live.correlation[1])
