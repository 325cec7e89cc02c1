"""One recording or replay: asks the core what to do, looks up, keeps.

Law: `begin` and `finish` are plain functions. Whoever carries out a `Send` is not known here, so
sync and async callers differ in one awaited call and nothing is written twice. Recording never
changes what the program sees: what cannot be kept is remembered, and said at the end.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from replaykit.core.model import Body, Exchange, Unseen, header
from replaykit.core.replay import Refuse, Send, decide
from replaykit.errors import UsageError, hide
from replaykit.session.active import within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replaykit.core.model import Failure, Request, Response, Step, ToolCall
    from replaykit.core.replay import Action, Mode
    from replaykit.session.roles import Keeps, Plays

__tracebackhide__ = hide


class Session:
    """A recording (`recorder`), a replay (`player`), or a replay that records what is missing (both)."""

    def __init__(  # noqa: PLR0913 - what a run is made of
        self,
        name: str,
        *,
        clock: Callable[[], int],
        recorder: Keeps | None = None,
        player: Plays | None = None,
        speed: float = 0.0,
        carry: Callable[[Step, Step], None] | None = None,
    ) -> None:
        """`clock` gives nanoseconds since the episode began, monotonic, the same in all its processes.

        `carry` is told of each recorded step that was given, as it is a step of this run, and as it was recorded.
        """
        self.name = name
        self.clock = clock
        self.recorder = recorder
        self.player = player
        self.speed = speed
        self._carry = carry
        self.over = False
        self.abandoned: deque[Pending] = deque()
        self._open: set[Pending] = set()
        self._lock = threading.Lock()

    @property
    def mode(self) -> Mode:
        """Which row of the decision table holds."""
        if self.player is None:
            return "record"
        return "replay" if self.recorder is None else "missing"

    def begin(self, request: Callable[[], Request]) -> Action:
        """What is to be done with a request; while recording, it may not be known before it was sent."""
        if self.player is None:
            return Send(self.clock())
        if self.over:
            raise UsageError(
                f"the replay of {self.name} has ended, and this client still belongs to it",
                remedy="use the client inside the block, or make it a transport of its own",
            )
        player, asked = self.player, request()
        return decide(
            self.mode,
            player.find(asked),
            serve=player.serve,
            send=lambda: Send(self.clock()),
            refuse=lambda found: Refuse(player.miss(asked, found)),
        )

    def upgrade(self, request: Request) -> Action:
        """What is to be done with a request to leave HTTP: it cannot be recorded, and is said to be."""
        if self.player is not None and self.recorder is None:
            return Refuse(self.player.upgrade(request))
        self.saw(Unseen(urlsplit(request.url).netloc.rpartition("@")[2], "websocket"))
        return Send(self.clock())

    def pending(self, send: Send, request: Callable[[], Request]) -> Pending:
        """An exchange that is under way; it is kept when it ends, or at the latest with the session."""
        while self.abandoned:
            self.abandoned.popleft().leave()
        pending = Pending(self, send, request)
        with self._lock:
            self._open.add(pending)
        return pending

    def ended(self, pending: Pending, exchange: Exchange) -> None:
        """Keep an exchange that has ended."""
        with self._lock:
            self._open.discard(pending)
        if self.recorder is not None and not self.over:
            self.recorder.keep(exchange)

    def dropped(self, pending: Pending) -> None:
        """Forget an exchange that was none."""
        with self._lock:
            self._open.discard(pending)

    def tool(self, name: str, arguments: bytes, *, run: bool) -> ToolCall | None:
        """The recorded call to be answered with, or None when the function has to run; raises on a miss."""
        if self.player is None:
            return None
        call = self.player.tool(name, arguments, run=run, missing=self.recorder is not None)
        return None if call is None or run or call.opaque else call

    def called(self, call: ToolCall) -> None:
        """Keep a tool call that has ended."""
        if self.recorder is not None:
            self.recorder.keep(call)

    def carrying(self, recorded: Step, now: Callable[[int, int], Step]) -> Callable[[], None] | None:
        """What takes a recorded step over into this run, as it is `now` (when, within which call); None to leave it."""
        carry = self._carry
        if carry is None:
            return None
        step = now(self.clock(), within())
        return lambda: carry(step, recorded)

    def output(self, name: str, value: bytes) -> None:
        """Keep a named output, to be compared."""
        if self.recorder is not None:
            self.recorder.output(name, value)
        elif self.player is not None:
            self.player.output(name, value)

    def saw(self, unseen: Unseen) -> None:
        """Keep something that did not come through us."""
        keeper = self.recorder or self.player
        if keeper is not None:
            keeper.saw(unseen)

    def remark(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Keep something else that the run has to account for."""
        keeper = self.recorder or self.player
        if keeper is not None:
            keeper.remark(kind, detail)

    @property
    def remedy(self) -> str:
        """What can be done about a miss; empty while recording."""
        return "" if self.player is None else self.player.remedy

    def before_fork(self) -> None:
        """The process is about to have a child, whose session this will be, too."""
        if self.player is not None:
            self.player.before_fork()

    def after_fork(self) -> None:
        """In a forked child: the exchanges under way are the parent's to keep."""
        self._lock = threading.Lock()
        self._open = set()
        self.abandoned.clear()
        for part in (self.recorder, self.player):
            if part is not None:
                part.after_fork()

    def end(self) -> None:
        """Keep what is still open: streams that were abandoned, steps that the store would not take at once."""
        with self._lock:
            left = tuple(self._open)
        for pending in left:
            pending.leave()
        if self.recorder is not None:
            self.recorder.flush()
        self.over = True

    def read_on(self, exchange: Exchange) -> str:
        """The account of a program that reads on where the recorded one had left."""
        return "" if self.player is None else self.player.read_on(exchange)


class Pending:
    """An exchange under way: collects the chunks of its answer, and is kept exactly once."""

    def __init__(self, session: Session, send: Send, request: Callable[[], Request]) -> None:
        """`request` gives the request as it was sent, once it has been."""
        self._session = session
        self._began = send.began
        self._within = within()
        self._request = request
        self._head: Response | None = None
        self._first = 0
        self._chunks: list[bytes] = []
        self._times: list[int] = []
        self._lock = threading.Lock()
        self.over = False

    def head(self, response: Response) -> None:
        """The head of the answer is there; its body is still to come."""
        self._head = response
        self._first = self._elapsed()

    def chunk(self, data: bytes) -> None:
        """One more chunk has arrived, as on the wire."""
        if data:
            self._chunks.append(data)
            self._times.append(self._elapsed())

    def leave(self) -> None:
        """The program stopped reading."""
        self.end(left=True)

    def abandon(self) -> None:
        """The program let go of it without closing it; safe in a finalizer, which must not wait for a lock."""
        if not self.over:
            self._session.abandoned.append(self)

    def drop(self) -> None:
        """There was no exchange after all; nothing is kept."""
        with self._lock:
            self.over = True
        self._session.dropped(self)

    def end(self, failure: Failure | None = None, *, left: bool = False) -> None:
        """Keep the exchange as it stands; what comes after the first call is ignored."""
        with self._lock:
            if self.over:
                return
            self.over = True
        self._session.ended(self, self._exchange(failure, left=left))

    def _exchange(self, failure: Failure | None, *, left: bool) -> Exchange:
        response = self._head
        if response is not None:
            response = _with_body(response, self._chunks, self._times)
        return Exchange(
            self._request(),
            response,
            failure,
            began=self._began,
            first=self._first,
            took=self._elapsed(),
            left=left,
            within=self._within,
        )

    def _elapsed(self) -> int:
        return (self._session.clock() - self._began) // 1_000_000


def _with_body(head: Response, wire: list[bytes], times: list[int]) -> Response:
    """A response with its body decoded, unless it came so; a chunk that adds nothing to the body is none."""
    from replaykit.core.content import decoded

    undone = bool(head.encoding)
    chunks, encoding = (wire, head.encoding) if undone else decoded(wire, header(head.headers, "content-encoding"))
    full = [(chunk, time) for chunk, time in zip(chunks, times, strict=True) if chunk]
    return replace(
        head,
        body=Body.of(b"".join(chunk for chunk, _ in full)),
        lengths=tuple(len(chunk) for chunk, _ in full),
        times=tuple(time for _, time in full),
        encoding=encoding,
    )
