"""Keeps what a run does: redacts each step, and commits it when it ends.

Law: nothing is kept before it is redacted. A store that fails does not fail the program: the step
stays in memory, is tried again with the next one and at the end, and what is lost then is said.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from replaykit.core.model import Body, Exchange, Failure
from replaykit.errors import StoreError
from replaykit.providers.registry import attempt_of
from replaykit.session.facts import ended, facts_of
from replaykit.session.origin import redacted_unseen
from replaykit.session.requests import Requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from replaykit.core.model import Response, Step, ToolCall, Unseen
    from replaykit.session.hiding import Hiding
    from replaykit.store import Facts, Store

PAUSE = 5.0
"""Seconds after which a store that failed is tried again; one that is locked has been waited for already."""

SPOOL_BYTES = 256 << 20
"""Memory for steps that a failing store does not take: beyond it the oldest is lost, and said to be."""


class Recorder:
    """Writes one episode; every process of the run has its own."""

    def __init__(
        self, store: Store, episode: str, hiding: Hiding, heard: Callable[[Facts], None] | None = None
    ) -> None:
        """Write to a draft that exists; `heard` is told of each step that is kept, in the process that took it."""
        self.store = store
        self.episode = episode
        self.hidden: Counter[str] = Counter()
        self.problem: Exception | None = None
        self.lost = 0
        self.hiding = hiding
        self._heard = heard
        self._keeper = store.keeper(episode)
        self._spool: deque[Step] = deque()
        self._again = 0.0
        self._requests = Requests(hiding)
        self._lock = threading.Lock()

    def keep(self, step: Step) -> None:
        """Redact a step and commit it; whatever goes wrong here is not the program's business."""
        try:
            clean = self._exchange(step) if isinstance(step, Exchange) else self._tool_call(step)
            self.hidden.update(clean.hidden)
            self._commit(clean)
            if self._heard is not None:
                self._heard(facts_of(clean))
        except Exception as error:  # noqa: BLE001 - a fault of ours must not become the program's
            self.problem = error
            self.lost += 1

    def output(self, name: str, value: bytes) -> None:
        """Commit a named output."""
        text, _ = self.hiding.text(value.decode())
        self._try(lambda: self.store.output(self.episode, name, text.encode()))

    def saw(self, unseen: Unseen) -> None:
        """Commit something that did not come through us."""
        self._try(lambda: self.store.saw(self.episode, redacted_unseen(unseen, self.hiding)))

    def remark(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Commit a remark."""
        self._try(lambda: self.store.remark(self.episode, kind, detail))

    def after_fork(self) -> None:
        """In a forked child: what the parent could not keep is the parent's to keep."""
        self._lock = threading.Lock()
        self._spool.clear()

    def flush(self) -> None:
        """Try once more what the store would not take; count what is lost."""
        with self._lock:
            self._drain()
            self.lost += len(self._spool)
            self._spool.clear()

    def _commit(self, step: Step) -> None:
        if not self._spool and self._kept(step):
            return
        with self._lock:
            self._spool.append(step)
            if monotonic() >= self._again:
                self._drain()
            while sum(_weight(each) for each in self._spool) > SPOOL_BYTES:
                self._spool.popleft()
                self.lost += 1

    def _drain(self) -> None:
        while self._spool and self._kept(self._spool[0]):
            self._spool.popleft()

    def _kept(self, step: Step) -> bool:
        """Whether the store took it; when it did not, it is left alone for a while: a program waits here."""
        try:
            self._keeper.keep(step, facts_of(step))
        except StoreError as error:
            self.problem = error
            self._again = monotonic() + PAUSE
            return False
        return True

    def _try(self, commit: Any) -> None:  # noqa: ANN401 - whatever it returns is not used
        try:
            commit()
        except StoreError as error:
            self.problem = error
            self.lost += 1

    def _exchange(self, exchange: Exchange) -> Exchange:
        request, hidden = self._requests.redacted(exchange.request)
        response = exchange.response
        if response is not None:
            response, more = self._response(response)
            hidden += more
        failure = exchange.failure
        if failure is not None:
            text, more = self.hiding.text(failure.message)
            failure = Failure(failure.kind, text)
            hidden += more
        return replace(
            exchange,
            request=request,
            response=response,
            failure=failure,
            left=exchange.left and not ended(request, response),
            attempt=attempt_of(request.headers),
            hidden=max(hidden, exchange.hidden, key=len),
        )

    def _response(self, response: Response) -> tuple[Response, tuple[str, ...]]:
        headers, hidden = self.hiding.headers(response.headers)
        kind = next((value for name, value in headers if name.lower() == "content-type"), "")
        data, lengths, more = self.hiding.chunks(response.body.data, response.lengths, kind)
        body = response.body if data is response.body.data else Body.of(data)
        return replace(response, headers=headers, body=body, lengths=lengths), hidden + more

    def _tool_call(self, call: ToolCall) -> ToolCall:
        arguments, hidden = self.hiding.text(call.arguments.decode())
        result, more = self.hiding.text(call.result.decode())
        failure = call.failure
        if failure is not None:
            text, others = self.hiding.text(failure.message)
            failure, more = Failure(failure.kind, text), more + others
        return replace(
            call,
            arguments=arguments.encode(),
            result=result.encode(),
            failure=failure,
            hidden=max(hidden + more, call.hidden, key=len),
        )


def _weight(step: Step) -> int:
    if isinstance(step, Exchange):
        return step.request.body.size + (step.response.body.size if step.response else 0)
    return len(step.arguments) + len(step.result)
