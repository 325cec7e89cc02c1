"""Which recorded step answers what is asked now: the same, the same after rules, ambiguous, or none.

    1  same method, URL and body, byte for byte                    Found
    2  the same under rules, as text: ids, times, folders          Found, with the rules that were used
    3  the same under rules, as JSON: key order and white space    Found, likewise
       do not matter, nor do fields that the provider declares
    4  2 or 3, by several that differ in text and in answer        Ambiguous
    5  otherwise                                                   Missing

Where equal requests were sent with credentials of several holders and answered differently, only what
was sent with those of the live request may answer it; with those of nobody known, it is Ambiguous.

Law: serve only on equality; what is near is for explanations (explain.py). What is equal is served
in the order in which it began, once each, and what a tool did while it ran last of all; what differs,
in any order. Requests come here redacted, or so that redaction would change nothing. A tool call is
asked for like a request: its name stands for the URL, its arguments for the body.
"""

from __future__ import annotations

from collections import defaultdict, deque
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias

from replaykit.core.headers import differing, holders
from replaykit.core.model import Body, Exchange, Request, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from replaykit.core.headers import Row, Tells
    from replaykit.core.map import Candidate, Map
    from replaykit.core.model import Episode, Headers, Key, Span, Step
    from replaykit.core.normalize import Bindings, Bound, Paired, Rule, Rules, Use
    from replaykit.core.reading import Declared, Reading, Way

Grant: TypeAlias = Literal["ours", "taken", "bound", "unfit"]
"""What comes of a claim: the step is ours; somebody has served it; somebody has bound what it would bind otherwise;
it is left for another request."""


class Learnt(NamedTuple):
    """What other processes of a run have done: the pairs they bound, the steps they served byte for byte."""

    bound: tuple[Bound, ...] = ()
    served: frozenset[int] = frozenset()


class Claims(Protocol):
    """Where steps are claimed, each once, and what is bound with them."""

    def claim(self, position: int, detail: Mapping[str, Any], bound: Sequence[Bound] = ()) -> Grant:
        """What comes of the claim; with `ours`, the pairs in `bound` hold for every process of the run."""

    def learn(self) -> Learnt:
        """What other processes have done since this was asked last."""


TOOL = "tool"
"""The method of what a tool call asks for."""


class Echo(NamedTuple):
    """An id that the answer repeats: where it stands, as it was recorded, and as the caller calls it (JSON texts)."""

    pointer: str
    recorded: bytes
    live: bytes


class Found(NamedTuple):
    """The recorded step at `position`; its answer is to be given with live ids, where there are any."""

    position: int
    bindings: Bindings | None = None
    echo: Echo | None = None


class Ambiguous(NamedTuple):
    """Several recorded steps would do, and they do not say the same."""

    positions: tuple[int, ...]


class Missing(NamedTuple):
    """None would do. `served` are equal ones that were served already; `why` is the conflict that came closest."""

    served: tuple[int, ...] = ()
    why: str = ""


def _nothing(_request: Request) -> Declared:
    """What is declared of a request that no provider knows."""
    from replaykit.core.reading import Declared

    return Declared()


class Index:
    """The steps of an episode by what was asked, and those of them that were served."""

    def __init__(  # noqa: PLR0913 - all that the core is told by those who know
        self,
        episode: Episode,
        live: Callable[[], Span],
        extra: Sequence[Rule] = (),
        declared: Callable[[Request], Declared] = _nothing,
        *,
        tells: Tells = lambda _name: False,
        hide: Callable[[Headers], Headers] = lambda headers: headers,
    ) -> None:
        """`live` says when and where the live run takes place; `extra` are the project's own rules.

        `declared` says what a provider declares of a request; `tells` whether the change of a header
        is reported; `hide` takes the secrets out of headers.
        """
        self._steps = episode.steps
        self._asked = tuple(asked(step) for step in episode.steps)
        self._live = live
        self._tells = tells
        self._hide = hide
        self._lacks = bool(episode.origin.source)
        self._extra = tuple(extra)
        self._episode = episode
        self._declared = declared
        self._served: set[int] = set()
        self._unsettled: list[int] = []
        self._exact: dict[Key, deque[int]] = defaultdict(deque)
        self._last = episode.spared()
        for position in sorted(range(len(self._asked)), key=self._last.__contains__):
            self._exact[self._asked[position].key].append(position)
        self._held = {each: tuple(equal) for each, equal in self._exact.items() if self._divided(equal)}

    @property
    def served(self) -> AbstractSet[int]:
        """The positions of the steps that were served, as far as this process knows."""
        return self._served

    def exact(self, request: Request, claims: Claims) -> Found | None:
        """The next step that was asked for byte for byte like this, claimed; the fast path.

        None also where credentials decide between several: `search` takes the request redacted.
        """
        wanted = request.key
        if wanted in self._held:
            return None
        return self._next(self._exact.get(wanted, deque()), request, claims)

    def search(self, request: Request, claims: Claims) -> Found | Ambiguous | Missing:
        """The next step that is the same, byte for byte or after rules, claimed; or why there is none."""
        wanted = request.key
        if wanted in self._held:
            return self._holder(self._held[wanted], request, claims)
        found = self.exact(request, claims)
        while found is None:
            self._learn(claims)
            under = self._after_rules(request, claims)
            if isinstance(under, Missing):
                equal = tuple(position for position, each in enumerate(self._asked) if each.key == wanted)
                return Missing(equal, under.why)
            if under is not None:
                return under
        return found

    def _next(self, equal: deque[int], request: Request, claims: Claims) -> Found | None:
        while equal:
            position = equal[0]
            grant = "taken" if position in self._served else self._take(position, request, None, claims)
            if grant == "bound":
                self._learn(claims)
                continue
            equal.popleft()
            if grant == "ours":
                self._unsettled.append(position)
                return Found(position)
        return None

    def _holder(self, group: Sequence[int], request: Request, claims: Claims) -> Found | Ambiguous | Missing:
        """The next of equal steps that was sent with the same credentials."""
        theirs = self._of_holder(group, request.headers)
        left = tuple(position for position in group if position not in self._served)
        if theirs is None:
            return Ambiguous(left) if left else Missing(tuple(group))
        return self._next(deque(theirs), request, claims) or Missing(tuple(theirs))

    def _of_holder(self, group: Sequence[int], live: Headers) -> list[int] | None:
        """Those of a group that were sent with these credentials; None when the group knows nobody who has them."""
        wanted = holders(live)
        return [position for position in group if self._holders[position] == wanted] or None

    def _divided(self, group: Sequence[int]) -> bool:
        """Whether several holders of credentials asked, and were not told the same."""
        return (
            len(group) > 1
            and len({self._holders[position] for position in group}) > 1
            and len({_answer(self._steps[position]) for position in group}) > 1
        )

    @cached_property
    def rules(self) -> Rules:
        """What may differ between the two runs."""
        from replaykit.core.normalize import Rules

        return Rules.of(self._episode.span, self._live(), extra=self._extra)

    @cached_property
    def _map(self) -> Map:
        """What stands for what in this run, for the first request that is not the same byte for byte."""
        from replaykit.core.map import Map

        return Map(self._episode, self._asked, self.rules, self._declared)

    @cached_property
    def _holders(self) -> tuple[frozenset[tuple[str, str]], ...]:
        return tuple(holders(each.headers) for each in self._asked)

    def _after_rules(self, request: Request, claims: Claims) -> Found | Ambiguous | Missing | None:
        """The next step under rules; None when another process has bound something meanwhile: look again."""
        why = ""
        for way in self._map.ways:
            under = self._under_rules(request, way, claims)
            if not isinstance(under, Missing):
                return under
            why = why or under.why
        return Missing(why=why)

    def _under_rules(self, request: Request, way: Way, claims: Claims) -> Found | Ambiguous | Missing | None:
        reading = way.of(request)
        if reading is None:
            return Missing()
        like = dict(way.like(reading))
        theirs = self._of_holder([*like], request.headers) if self._divided([*like]) else [*like]
        left = [position for position in theirs or like if position not in self._served]
        candidates, why = self._map.candidates({position: like[position] for position in left}, reading)
        if candidates and (theirs is None or self._ambiguous(candidates)):
            return Ambiguous(tuple(each.position for each in candidates))
        for each in sorted(candidates, key=lambda candidate: candidate.position in self._last):
            grant = self._take(each.position, request, each.paired, claims)
            if grant == "bound":
                return None
            if grant == "ours":
                return Found(each.position, self._map.bindings, _echo(each.reading, reading))
        return Missing(why=why)

    def _ambiguous(self, candidates: Sequence[Candidate]) -> bool:
        """Whether candidates differ both in what was asked, rules aside, and in what was answered."""
        texts = {each.reading.digest for each in candidates}
        return len(texts) > 1 and len({_answer(self._steps[each.position]) for each in candidates}) > 1

    def _take(self, position: int, request: Request, paired: Paired | None, claims: Claims) -> Grant:
        """What comes of claiming a step; when it is ours, the map is what the step makes it."""
        differently, sent = self._sent(position, request.headers, paired, claims)
        detail: dict[str, Any] = {}
        if sent is not None and sent.uses:
            detail["rules"] = _by_kind(sent.uses)
        if differently:
            detail["differently"] = differently
        grant = claims.claim(position, detail, sent.bound if sent is not None else ())
        if grant in ("ours", "taken"):
            self._served.add(position)
        if grant == "ours" and sent is not None:
            self._map.bindings = sent.bindings
        return grant

    def _sent(
        self, position: int, live: Headers, paired: Paired | None, claims: Claims
    ) -> tuple[list[Row], Paired | None]:
        """The headers that were sent differently, and what pairs with those that rules fold taken in.

        Secrets are looked for only where something differs: that takes longer than all the rest.
        """
        recorded = self._asked[position].headers
        live = _among(live, recorded) if self._lacks else live
        if not differing(recorded, live, self._tells):
            return [], paired
        rows: list[Row] = []
        if paired is None:
            self._learn(claims)
        for name, before, now in differing(recorded, self._hide(live), self._tells):
            found = self._map.header(position, before, now, paired)
            paired = found or paired
            if found is None:
                rows.append((name, before, now))
        return rows, paired

    def _learn(self, claims: Claims) -> None:
        """Take over what other processes have done; what was served byte for byte, by whomever, is bound to itself."""
        learnt = claims.learn()
        self._unsettled += learnt.served - self._served
        self._served |= learnt.served
        self._map.learn(learnt.bound, self._unsettled, self._live())


def _among(live: Headers, recorded: Headers) -> Headers:
    """The live headers that the recording has, too: another recorder leaves out what it was told to, or never saw."""
    known = {name.lower() for name, _ in recorded}
    return tuple(pair for pair in live if pair[0].lower() in known)


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


def _answer(step: Step) -> tuple[object, ...]:
    if isinstance(step, ToolCall):
        return step.result, step.failure
    response = step.response
    return (None if response is None else (response.status, response.body.digest)), step.failure


def _by_kind(uses: Iterable[Use]) -> dict[str, list[tuple[str, str]]]:
    """The rules that were used: per kind, each pair of recorded and live text once."""
    kinds: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for use in uses:
        pairs = kinds[use.kind]
        pairs[use.recorded.text.decode(errors="replace"), use.live.text.decode(errors="replace")] = None
    return {kind: list(pairs) for kind, pairs in kinds.items()}


def _echo(recorded: Reading, live: Reading) -> Echo | None:
    if recorded.correlation is None or live.correlation is None or recorded.correlation == live.correlation:
        return None
    pointer, value = recorded.correlation
    return Echo(pointer, value, live.correlation[1])
