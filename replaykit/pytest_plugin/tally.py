"""What a session's live tests have taken so far, and may take: requests and tokens, counted by all its processes.

Law: a request is counted before it is sent, under a lock, so that no number of processes sends one more
than is allowed. Tokens are known when an answer is there: they count at once, in whichever process it came.
A probe says before what it may cost, and that is held back meanwhile. A test's own requests say nothing: those
that are under way when the cap is reached are answered, so that it is passed by what these take.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from replaykit.core.plain import counted
from replaykit.errors import ReplayError, hide
from replaykit.session.away import away
from replaykit.transport.delays import DELAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from replaykit.store import Facts

__tracebackhide__ = hide

FILE = "replaykit-live.json"
"""Where the processes of a session count together, in the temporary folder of the run."""

LONGEST = 1 << 10
"""Bytes of the file: three numbers."""


class Capped(ReplayError):
    """A request that the session's caps do not allow; it was not sent."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Requests and tokens: what was taken, or the most that may be; `held` are tokens that nobody else may take."""

    calls: int = 0
    tokens: int = 0
    held: int = 0

    def reached(self, caps: Sums) -> str:
        """Which cap is reached, and how to allow more; empty for none."""
        rows = (
            (self.calls, caps.calls, "call", "--replaykit-max-calls"),
            (self.tokens + self.held, caps.tokens, "token", "--replaykit-max-tokens"),
        )
        texts = (
            f"the session's cap of {counted(cap, what)} is reached; {option} allows more"
            for taken, cap, what, option in rows
            if taken >= cap
        )
        return next(texts, "")


@dataclass(frozen=True, slots=True)
class Tally:
    """The sums of a session, in a file that its processes share; they lock it to change it."""

    path: Path

    @property
    def sums(self) -> Sums:
        """What was taken so far."""
        return self.add(0)

    def add(self, tokens: int, free: int = 0) -> Sums:
        """The sums, with so many tokens more, and so many of those free that were held."""
        with self._locked() as file:
            sums = _read(file)
            sums = replace(sums, tokens=sums.tokens + tokens, held=sums.held - free)
            _write(file, sums)
            return sums

    def take(self, problem: Callable[[Sums], str], hold: int = 0) -> str:
        """Count one more call, and hold so many tokens for it; where the sums so far are a problem, say it instead."""
        with self._locked() as file:
            sums = _read(file)
            told = problem(sums)
            if not told:
                _write(file, replace(sums, calls=sums.calls + 1, held=sums.held + hold))
            return told

    @contextmanager
    def _locked(self) -> Iterator[int]:
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)


def shared(config: Any) -> Tally:
    """The tally of a run, which all of its processes have in common: in the folder above that of a worker."""
    own = config._tmp_path_factory.getbasetemp()  # noqa: SLF001 - the fixture of that name gives just this
    return Tally((own.parent if hasattr(config, "workerinput") else own) / FILE)


class Meter:
    """What one test takes of a session's sums; `calls` and `tokens` are its own, `refused` what it may not have."""

    def __init__(self, tally: Tally, caps: Sums) -> None:
        """Nothing is taken yet."""
        self.calls = 0
        self.tokens = 0
        self.refused: Capped | None = None
        self._tally = tally
        self._caps = caps
        self._lock = threading.Lock()

    def __call__(self, inner: Any) -> Metered:
        """The transport that takes the place of a client's own."""
        return Metered(inner, self)

    def take(self) -> None:
        """Count one more call, which is about to be made; `Capped` when there may be none."""
        with self._lock:
            problem = self._tally.take(lambda sums: sums.reached(self._caps))
            if not problem:
                self.calls += 1
                return
            DELAYS.shorten()
            self.refused = Capped(problem)
            raise self.refused

    def heard(self, facts: Facts) -> None:
        """Count the tokens of an answer, as soon as it is there."""
        tokens = (facts.input_tokens or 0) + (facts.output_tokens or 0)
        if tokens:
            with self._lock:
                self.tokens += tokens
                self._tally.add(tokens)


class Metered:
    """A transport whose requests are counted before they go on to `inner`, which belongs to its client."""

    def __init__(self, inner: Any, meter: Meter) -> None:
        """Count with this meter."""
        self._inner = inner
        self._meter = meter

    def handle_request(self, request: Any) -> Any:
        """The response, if there may be one."""
        self._meter.take()
        return self._inner.handle_request(request)

    async def handle_async_request(self, request: Any) -> Any:
        """The same, awaited."""
        await away(self._meter.take)
        return await self._inner.handle_async_request(request)


def _read(file: int) -> Sums:
    text = os.pread(file, LONGEST, 0)
    return Sums(**json.loads(text)) if text else Sums()


def _write(file: int, sums: Sums) -> None:
    text = json.dumps(asdict(sums)).encode()
    os.pwrite(file, text, 0)
    os.ftruncate(file, len(text))
