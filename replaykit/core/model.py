"""The frozen words of the product: what one run of an agent says on the wire, and does by itself.

Law: values only. Nothing here reads a file, a clock or the environment; what has to be fetched
from a store or a tape comes as one injected callable (`Body.read`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from xxhash import xxh3_128_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values as on the wire, in order and with repeats; bytes are read as Latin-1, so that they survive."""

Key: TypeAlias = tuple[str, str, bytes]
"""A method, a URL, and the digest of a body."""

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"


def header(headers: Headers, name: str, default: str = "") -> str:
    """The first value of a header, whatever the case of its name; `default` when it is absent."""
    wanted = name.lower()
    for key, value in headers:
        if key.lower() == wanted:
            return value
    return default


@dataclass(frozen=True)
class Body:
    """A decoded body: its digest and size at once, its bytes when somebody asks.

    `digest` is XXH3-128 of the bytes (16 bytes; 3 µs for 190 kB, where a cryptographic hash takes
    200): it finds equals, it does not prove authorship.
    """

    digest: bytes
    size: int
    read: Callable[[], bytes] = field(compare=False, repr=False)

    @classmethod
    def of(cls, data: bytes) -> Body:
        """The body that holds these bytes."""
        return cls(xxh3_128_digest(data), len(data), lambda: data)

    @cached_property
    def data(self) -> bytes:
        """The bytes themselves, read once."""
        return self.read()


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: as sent on the wire, after redaction, with the body decoded."""

    method: str
    url: str
    headers: Headers
    body: Body

    @property
    def key(self) -> Key:
        """What makes two requests the same: method, URL and body, never the headers."""
        return self.method, self.url, self.body.digest


@dataclass(frozen=True, slots=True)
class Failure:
    """How an exchange or a tool call failed: the class's name (`ReadTimeout`, `ValueError`) and its text."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered: the decoded body and how it came.

    `lengths` are the sizes of the decoded chunks in bytes, `times` when each arrived, in
    milliseconds since the request began. `encoding` is the wire's content encoding, noted and not
    served; `headers` are as on the wire. `version` is the HTTP version (`HTTP/1.1`).
    """

    status: int
    headers: Headers
    body: Body
    lengths: tuple[int, ...] = ()
    times: tuple[int, ...] = ()
    encoding: str = ""
    version: str = "HTTP/1.1"
    reason: str = ""

    def chunks(self) -> Iterator[bytes]:
        """The decoded chunks in their order, as they arrived."""
        data, start = self.body.data, 0
        for length in self.lengths:
            yield data[start : start + length]
            start += length


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its outcome: a response, a failure, or a response cut short by a failure.

    `began` is monotonic nanoseconds, comparable across the processes of one run; `first` and
    `took` are milliseconds after it: when the head of the answer was there, and the end. `left`: the
    program stopped reading before the end. `attempt`: 0, or the how-many-eth retry of an SDK.
    `hidden`: the names of what redaction hid in it, once per occurrence. `within`: when the tool call
    began that it happened in; 0 in none, for then a replay has to ask for it.
    """

    request: Request
    response: Response | None
    failure: Failure | None = None
    began: int = 0
    first: int = 0
    took: int = 0
    left: bool = False
    attempt: int = 0
    hidden: tuple[str, ...] = ()
    within: int = 0


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A local function that the agent ran: `arguments` and `result` are JSON texts, times as in `Exchange`.

    `result` is empty when the call failed. `opaque`: the result has no JSON form, so a replay runs
    the function.
    """

    name: str
    arguments: bytes
    result: bytes = b""
    failure: Failure | None = None
    began: int = 0
    took: int = 0
    opaque: bool = False
    hidden: tuple[str, ...] = ()
    within: int = 0


Step: TypeAlias = Exchange | ToolCall


@dataclass(frozen=True, slots=True)
class Origin:
    """What started an episode: enough to run it again.

    `command` is empty for an episode of a block; then `program` says what the program is called (`rd.py`).
    `source` is whose recording it was read from (`vcrpy`), empty for our own: such a one may lack headers.
    `folder` is relative to the repository's root. `environment` holds declared variables (base URLs,
    model names), `secrets` the *names* of secret ones, `versions` those of the SDKs.
    """

    command: tuple[str, ...] = ()
    folder: str = "."
    stdin: bytes = b""
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    seed: str = ""
    timezone: str = ""
    python: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    commit: str = ""
    program: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What came out: standard output, the exit code (None: none was seen, or killed), named JSON values."""

    stdout: bytes = b""
    exit_code: int | None = None
    values: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something that did not come through us: a host or a program, by which library, how often."""

    what: str
    how: str
    times: int = 1


def together(unseen: Iterable[Unseen]) -> tuple[Unseen, ...]:
    """The same things as one, with how often in all, in the order in which each came first."""
    times: dict[tuple[str, str], int] = {}
    for each in unseen:
        times[each.what, each.how] = times.get((each.what, each.how), 0) + each.times
    return tuple(Unseen(what, how, count) for (what, how), count in times.items())


@dataclass(frozen=True, slots=True)
class Span:
    """When and where a run took place: what "now" and "here" meant in it.

    `began` and `ended` are Unix seconds, `zone` the seconds by which local time was ahead of UTC; the
    folders are absolute paths, empty when unknown.
    """

    began: float = 0.0
    ended: float = 0.0
    home: str = ""
    folder: str = ""
    temp: str = ""
    zone: int = 0


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person's decision that a draft is meant: who took it, when (Unix seconds), and why.

    `draft` is the id of what was accepted, `instead` that of what it took the place of (empty the first
    time), `changed` says in words what was different. `only` is `requests` or `outputs` where the rest
    stayed what it was.
    """

    who: str
    when: float
    draft: str
    why: str = ""
    instead: str = ""
    changed: str = ""
    only: str = ""


@dataclass(frozen=True, slots=True)
class Episode:
    """The ordered steps of one run, with what started it and what came out.

    `state` is `draft` or `accepted`; `finished` is false when the run was killed. Steps are in the
    order in which they began. `history` is how it came to be accepted, the latest decision last.
    """

    id: str
    name: str
    state: str = "draft"
    finished: bool = True
    origin: Origin = field(default_factory=Origin)
    span: Span = field(default_factory=Span)
    steps: tuple[Step, ...] = ()
    outputs: Outputs = field(default_factory=Outputs)
    unseen: tuple[Unseen, ...] = ()
    history: tuple[Acceptance, ...] = ()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges among the steps."""
        return tuple(step for step in self.steps if isinstance(step, Exchange))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls among the steps."""
        return tuple(step for step in self.steps if isinstance(step, ToolCall))

    def spared(self, served: Container[int] | None = None) -> frozenset[int]:
        """The positions of steps that nobody has to ask for, given those that were served (None: all).

        They happened within a tool call. A replay answers for the tool, so what it did does not happen
        again, unless its result could not be kept and it ran.
        """
        calls = {step.began: place for place, step in enumerate(self.steps) if isinstance(step, ToolCall)}
        if not calls:
            return frozenset()
        found = set[int]()
        for position, step in enumerate(self.steps):
            place = calls.get(step.within) if step.within else None
            call = self.steps[place] if place is not None else None
            ran = isinstance(call, ToolCall) and call.opaque and (served is None or place in served)
            if call is not None and (place in found or not ran):
                found.add(position)
        return frozenset(found)

    def accepted(self) -> Episode:
        """The same episode, in state `accepted`."""
        return replace(self, state="accepted")
