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
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from replaykit.core.headers import differing, holders
from replaykit.core.model import Body, Exchange, Request, ToolCall
from replaykit.core.normalize import Bindings, Facts, Paired, Rules, fold, joined, pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from replaykit.core.headers import Row, Tells
    from replaykit.core.model import Episode, Headers, Span, Step
    from replaykit.core.normalize import Bound, Rule, Use
    from replaykit.core.reading import Declared, Reading, Readings, Way

Key: TypeAlias = tuple[str, str, bytes]
Grant: TypeAlias = Literal["ours", "taken", "bound"]
"""What comes of a claim: the step is ours; somebody has served it; somebody has bound what it would bind otherwise."""


@dataclass(frozen=True, slots=True)
class Learnt:
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
    """A step that would do under rules, and what pairs if it is taken."""

    position: int
    reading: Reading
    paired: Paired


@dataclass(slots=True)
class _State:
    """What this run has established: the one-to-one map, and the steps that were served byte for byte."""

    bindings: Bindings = field(default_factory=Bindings)
    unsettled: list[int] = field(default_factory=list)
    served: set[int] = field(default_factory=set)


def _nothing(_request: Request) -> Declared:
    """What is declared of a request that no provider knows."""
    from replaykit.core.reading import Declared

    return Declared()


class Index:
    """The steps of an episode by what was asked, and the one-to-one map of the run that asks now."""

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
        self._span = episode.span
        self._lacks = bool(episode.origin.source)
        self.rules = Rules.of(episode.span, live(), extra=tuple(extra))
        self._episode = episode
        self._declared = declared
        self._now = Facts()
        self._state = _State()
        self._exact: dict[Key, deque[int]] = defaultdict(deque)
        self._last = episode.spared()
        for position in sorted(range(len(self._asked)), key=self._last.__contains__):
            self._exact[key(self._asked[position])].append(position)
        self._held = {each: tuple(equal) for each, equal in self._exact.items() if self._divided(equal)}

    @property
    def served(self) -> AbstractSet[int]:
        """The positions of the steps that were served, as far as this process knows."""
        return self._state.served

    def exact(self, request: Request, claims: Claims) -> Found | None:
        """The next step that was asked for byte for byte like this, claimed; the fast path.

        None also where credentials decide between several: `search` takes the request redacted.
        """
        wanted = key(request)
        if wanted in self._held:
            return None
        return self._next(self._exact.get(wanted, deque()), request, claims)

    def search(self, request: Request, claims: Claims) -> Found | Ambiguous | Missing:
        """The next step that is the same, byte for byte or after rules, claimed; or why there is none."""
        wanted = key(request)
        if wanted in self._held:
            return self._holder(self._held[wanted], request, claims)
        found = self.exact(request, claims)
        while found is None:
            self._learn(claims)
            under = self._after_rules(request, claims)
            if isinstance(under, Missing):
                equal = tuple(position for position, each in enumerate(self._asked) if key(each) == wanted)
                return Missing(equal, under.why)
            if under is not None:
                return under
        return found

    def _next(self, equal: deque[int], request: Request, claims: Claims) -> Found | None:
        while equal:
            position = equal[0]
            grant = "taken" if position in self._state.served else self._take(position, request, None, claims)
            if grant == "bound":
                self._learn(claims)
                continue
            equal.popleft()
            if grant == "ours":
                self._state.unsettled.append(position)
                return Found(position)
        return None

    def _holder(self, group: Sequence[int], request: Request, claims: Claims) -> Found | Ambiguous | Missing:
        """The next of equal steps that was sent with the same credentials."""
        theirs = self._of_holder(group, request.headers)
        left = tuple(position for position in group if position not in self._state.served)
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
    def _readings(self) -> Readings:
        """The requests as rules see them, for the first one that is not the same byte for byte."""
        from replaykit.core.reading import Readings

        return Readings(self._episode, self._asked, self.rules, self._declared)

    @cached_property
    def _holders(self) -> tuple[frozenset[tuple[str, str]], ...]:
        return tuple(holders(each.headers) for each in self._asked)

    def _after_rules(self, request: Request, claims: Claims) -> Found | Ambiguous | Missing | None:
        """The next step under rules; None when another process has bound something meanwhile: look again."""
        why = ""
        for way in (self._readings.text, self._readings.json):
            under = self._under_rules(request, way, claims)
            if not isinstance(under, Missing):
                return under
            why = why or under.why
        return Missing(why=why)

    def _under_rules(self, request: Request, way: Way, claims: Claims) -> Found | Ambiguous | Missing | None:
        reading = way.of(request)
        if reading is None:
            return Missing()
        why, candidates = "", list[_Candidate]()
        like = dict(way.like(reading))
        theirs = self._of_holder([*like], request.headers) if self._divided([*like]) else [*like]
        for position in theirs or like:
            if position in self._state.served:
                continue
            paired = pair(like[position].tokens, reading.tokens, self._state.bindings, self._facts(position))
            if isinstance(paired, Paired):
                candidates.append(_Candidate(position, like[position], paired))
            else:
                why = why or paired.reason
        if candidates and (theirs is None or self._ambiguous(candidates)):
            return Ambiguous(tuple(each.position for each in candidates))
        for each in sorted(candidates, key=lambda candidate: candidate.position in self._last):
            grant = self._take(each.position, request, each.paired, claims)
            if grant == "bound":
                return None
            if grant == "ours":
                return Found(each.position, self._state.bindings, _echo(each.reading, reading))
        return Missing(why=why)

    def _ambiguous(self, candidates: Sequence[_Candidate]) -> bool:
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
        if grant != "bound":
            self._state.served.add(position)
        if grant == "ours" and sent is not None:
            self._state.bindings = sent.bindings
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
            found = self._folded(position, before, now, paired or Paired(self._state.bindings, ()))
            paired = found or paired
            if found is None:
                rows.append((name, before, now))
        return rows, paired

    def _folded(self, position: int, before: str, now: str, paired: Paired) -> Paired | None:
        """What pairs when a header's two values do, too; None when they do not."""
        ours, theirs = (fold(value.encode("utf-8", "surrogatepass"), self.rules) for value in (before, now))
        if ours.skeleton != theirs.skeleton:
            return None
        found = pair(ours.tokens, theirs.tokens, paired.bindings, self._facts(position))
        if not isinstance(found, Paired):
            return None
        return Paired(found.bindings, paired.uses + found.uses, paired.bound + found.bound)

    def _facts(self, position: int) -> Facts:
        """What pairing has to know of the two runs, for one recorded step."""
        return replace(self._now, moment=self._span.began + self._steps[position].began / 1e9)

    def _learn(self, claims: Claims) -> None:
        """Take over what other processes have bound, and bind what was served byte for byte, by whomever, to itself."""
        self._now = replace(self._readings.facts, live=self._live())
        learnt = claims.learn()
        if learnt.bound:
            self._state.bindings = joined(self._state.bindings, learnt.bound)
        self._state.unsettled += learnt.served - self._state.served
        self._state.served |= learnt.served
        while self._state.unsettled:
            self._settle(self._state.unsettled.pop())

    def _settle(self, position: int) -> None:
        """Bind the ids of what was served byte for byte to themselves: they can stand for nothing else."""
        reading = self._readings.text.recorded(position)
        tokens = reading.tokens if reading is not None else ()
        paired = pair(tokens, tokens, self._state.bindings, self._facts(position))
        alone = [] if isinstance(paired, Paired) else [[token] for token in tokens]
        for each in alone:  # one of them is bound to something else already: that keeps the others from nothing
            single = pair(each, each, self._state.bindings, self._facts(position))
            self._state.bindings = single.bindings if isinstance(single, Paired) else self._state.bindings
        if isinstance(paired, Paired):
            self._state.bindings = paired.bindings


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


def key(request: Request) -> Key:
    """What makes two requests the same: method, URL and body, never the headers."""
    return request.method, request.url, request.body.digest


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
