"""What was asked, read in two ways, so that what rules may fold is folded: as text, and as JSON.

    text    URL and body as they are
    json    the body's canonical form, without the fields that the provider declares volatile

Law: pure and lazy. Nothing is read before the first request that is not the same byte for byte;
then every recorded request is read once. Bodies repeat their history, so each is read against the
one most like it before.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from xxhash import xxh3_128_digest

from replaykit.core.canonical import canonical, common_prefix, drop, locate
from replaykit.core.model import ToolCall, header
from replaykit.core.normalize import Facts, bare, fold
from replaykit.core.strands import documents, is_constant, texts
from replaykit.core.stream import is_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from replaykit.core.model import Episode, Request, Step
    from replaykit.core.normalize import Folded, Rules, Token

RECENT = 4
"""Bodies that a new one is read against: more agents than that seldom take turns."""

Skeleton: TypeAlias = tuple[str, bytes, bytes]
Correlation: TypeAlias = tuple[str, bytes]
"""The pointer of an id that the answer repeats, and the id as JSON text."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a provider says of a request: fields that mean nothing, and the one that the answer repeats (or none)."""

    volatile: tuple[str, ...] = ()
    correlation: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A request as rules see it: what must be equal, what must pair, and the text itself by digest."""

    skeleton: Skeleton
    tokens: tuple[Token, ...]
    digest: bytes
    correlation: Correlation | None = None


Text: TypeAlias = tuple[bytes, "Correlation | None"]


class Way:
    """One way to read all requests of an episode, and the live ones."""

    def __init__(self, recorded: Sequence[Request], spell: Callable[[Request], Text | None], rules: Rules) -> None:
        """`spell` gives the text to be compared; None for a request that has none in this way."""
        self._recorded = recorded
        self._spell = spell
        self._rules = rules
        self._before: deque[Folded] = deque(maxlen=RECENT)

    def of(self, request: Request) -> Reading | None:
        """A request, read; None when it cannot be read this way."""
        spelled = self._spell(request)
        if spelled is None:
            return None
        text, correlation = spelled
        url = fold(request.url.encode("utf-8", "surrogatepass"), self._rules)
        body = self._folded(text)
        skeleton = (request.method, url.skeleton, xxh3_128_digest(body.skeleton))
        return Reading(skeleton, url.tokens + body.tokens, xxh3_128_digest(url.data + b"\n" + text), correlation)

    def like(self, reading: Reading) -> Sequence[tuple[int, Reading]]:
        """Positions and readings of the recorded requests with the same skeleton, in their order."""
        return self._by_skeleton.get(reading.skeleton, ())

    def recorded(self, position: int) -> Reading | None:
        """A recorded request, read."""
        return self._readings[position]

    @cached_property
    def _readings(self) -> tuple[Reading | None, ...]:
        return tuple(self.of(request) for request in self._recorded)

    @cached_property
    def _by_skeleton(self) -> dict[Skeleton, list[tuple[int, Reading]]]:
        found: dict[Skeleton, list[tuple[int, Reading]]] = defaultdict(list)
        for position, reading in enumerate(self._readings):
            if reading is not None:
                found[reading.skeleton].append((position, reading))
        return found

    def _folded(self, text: bytes) -> Folded:
        before = max(self._before, key=lambda each: common_prefix(each.data, text), default=None)
        folded = fold(text, self._rules, before)
        self._before.append(folded)
        return folded


class Readings:
    """Both ways to read an episode's requests, and where its ids come from."""

    def __init__(
        self, episode: Episode, recorded: Sequence[Request], rules: Rules, declared: Callable[[Request], Declared]
    ) -> None:
        """`recorded` is what each step of the episode asks for."""
        self._episode = episode
        self._rules = rules
        self.text = Way(recorded, lambda request: (request.body.read(), None), rules)
        self.json = Way(recorded, lambda request: _as_json(request, declared(request)), rules)

    @cached_property
    def facts(self) -> Facts:
        """What pairing has to know of the recorded run."""
        return Facts(
            self._episode.span,
            stands=self._stands,
            given=lambda text: self._sources.get(bare(text), False),
            started=self._started,
            answered=lambda text: bare(text) in self._answered,
        )

    def _stands(self, text: bytes) -> bool:
        """Whether a token is in the recording: in what started the run, a request or an answer."""
        return bare(text) in self._sources or self._started(text)

    def _started(self, text: bytes) -> bool:
        return text in self._start or bare(text) in self._start_bare

    @cached_property
    def _start(self) -> bytes:
        """What started the run: its command, its declared environment, its standard input."""
        origin = self._episode.origin
        words = (*origin.command, *origin.environment.values())
        return b"\n".join([*(word.encode("utf-8", "surrogatepass") for word in words), origin.stdin])

    @cached_property
    def _start_bare(self) -> bytes:
        return self._start.replace(b"-", b"").lower()

    @cached_property
    def _sources(self) -> dict[bytes, bool]:
        """Every token of the recording, and whether it came from an answer first."""
        known: dict[bytes, bool] = {}
        for position, answer in enumerate(self._answers):
            reading = self.text.recorded(position)
            for token in reading.tokens if reading is not None else ():
                known.setdefault(token.text, False)
            for text in answer:
                known.setdefault(text, True)
        found: dict[bytes, bool] = {}
        for text, given in known.items():
            found.setdefault(bare(text), given)
        return found

    @cached_property
    def _answered(self) -> frozenset[bytes]:
        return frozenset(bare(text) for answer in self._answers for text in answer)

    @cached_property
    def _answers(self) -> tuple[frozenset[bytes], ...]:
        """The tokens of each step's answer, in what it says piece by piece, too."""
        return tuple(
            frozenset(token.text for said in _said(step) for token in fold(said, self._rules).tokens)
            for step in self._episode.steps
        )


def _said(step: Step) -> Iterator[bytes]:
    """All that a step was answered: headers, the body, and what a stream adds up to."""
    if isinstance(step, ToolCall):
        yield step.result
    elif step.response is not None:
        headers, body = step.response.headers, step.response.body.data
        yield "\n".join(value for _, value in headers).encode("utf-8", "surrogatepass")
        yield body
        if is_stream(kind := header(headers, "content-type")):
            grown = {"".join(each) for each in texts(body, documents(body, kind)) if not is_constant(each)}
            yield "\n".join(grown).encode("utf-8", "surrogatepass")


def _as_json(request: Request, declared: Declared) -> Text | None:
    """The canonical body without volatile fields; None when it is not JSON of one meaning."""
    text = canonical(request.body.read())
    if text is None:
        return None
    if not declared.volatile and not declared.correlation:
        return text, None
    correlation = None
    if declared.correlation:
        places = list(locate(text, declared.correlation))
        correlation = (declared.correlation, text[slice(*places[0])]) if len(places) == 1 else None
    return drop(text, (*declared.volatile, *([declared.correlation] if correlation else []))), correlation
