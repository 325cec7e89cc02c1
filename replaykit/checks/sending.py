"""Probes, really sent, one after another, each recorded as a step of one draft.

    the answer                          what becomes of it
    of another status than these        it is the answer
    408, 429, 5xx                       tried again, when the service says so, else after 1, 2 and 4 seconds
    none: no connection, cut short      the same
    no end after two minutes, or 64 MB  left, and not asked for again: that would be as long, and be paid for

What is tried again is no drift. If it stays so, or the service wants to be asked much later, that is why.

Law: what comes back is what is kept, redacted. A call is counted before it is sent, each try by itself.
"""

from __future__ import annotations

import importlib
import json
import os
import time
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from replaykit.checks.patience import Patience
from replaykit.core.model import header
from replaykit.core.plain import line, measure
from replaykit.errors import UsageError
from replaykit.launch.draft import Draft
from replaykit.session import Session
from replaykit.session.hiding import Hiding
from replaykit.session.origin import origin_here
from replaykit.transport import Transport
from replaykit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from replaykit.checks.cap import Allowance
    from replaykit.config import Config
    from replaykit.contracts.probes import Probe
    from replaykit.core.model import Exchange, Response
    from replaykit.store import Facts

NAME: Final = "contracts"
"""What the draft of a run is called."""

PAUSES: Final = (1.0, 2.0, 4.0)
"""Seconds before each further try, where the service does not say."""

LONGEST: Final = 30.0
"""Seconds that the pauses of one probe may take together."""

WHOLE: Final = 120.0
"""Seconds after which an answer is left that has no end."""

MUCH: Final = 64_000_000
"""Bytes after which an answer is left: it would be kept, and read again as a whole."""

SILENT: Final = 60.0
"""Seconds without a byte after which a service counts as not answering."""

AGAIN: Final = frozenset({408, 429, *range(500, 600)})
"""Statuses that another try may change."""

_WIDE: Final = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a probe: its last exchange, or `why` there is none that says anything.

    `unreached`: nobody answered, however often it was tried.
    """

    exchange: Exchange | None = None
    why: str = ""
    unreached: bool = False


@dataclass(frozen=True, slots=True)
class _Try:
    """One try: its exchange, as it was kept, and `why` it says nothing; `left`: we went before its end."""

    exchange: Exchange | None
    why: str = ""
    left: bool = False


class Sending:
    """A draft that probes are recorded into; it begins with the first one. `id` is the draft's."""

    def __init__(
        self, config: Config, path: Path, allowance: Allowance, *, rest: Callable[[float], None] = time.sleep
    ) -> None:
        """Record into the store at this path; nothing happens yet."""
        self.id = ""
        self._config = config
        self._path = path
        self._allowance = allowance
        self._rest = rest
        self._draft: Draft | None = None
        self._client: Any = None
        self._patience = Patience()
        self._session: Session | None = None
        self._silent: dict[str, str] = {}

    def send(self, probe: Probe, meant: Callable[[int], bool]) -> Sent:
        """What became of a probe whose variables are filled in; `meant` are the statuses that it is to have.

        A host that did not answer one probe, however often it was asked, is not asked for the next.
        """
        host = probe.url.partition("://")[2].partition("/")[0]
        if host in self._silent:
            return Sent(why=f"{self._silent[host]}, as for the probe before")
        found = self._tried(probe, meant)
        if found.unreached:
            self._silent[host] = found.why
        return found

    def _tried(self, probe: Probe, meant: Callable[[int], bool]) -> Sent:
        left = LONGEST
        for pause in (*PAUSES, None):
            if problem := self._allowance.take(probe.tokens):
                return Sent(why=problem)
            once = self._once(probe)
            exchange, why = once.exchange, once.why
            if exchange is None:  # nothing was sent, or nothing kept: another try would be the same
                return Sent(why=why)
            if once.left:
                return Sent(why=why, unreached=exchange.response is None)
            response = None if why else exchange.response
            if response is not None and (response.status not in AGAIN or meant(response.status)):
                return Sent(exchange)
            said = None if response is None else told(response)
            wait = pause if said is None else said
            if pause is None or wait is None or wait > left:
                return Sent(why=why or _refused(response, said), unreached=exchange.response is None)
            left -= wait
            self._rest(wait)
        raise AssertionError  # pragma: no cover - the last pause is None

    def close(self) -> tuple[str, ...]:
        """What could not be kept, in words, now that the draft has ended."""
        if self._draft is None:
            return ()
        self._client.close()
        assert self._session is not None  # noqa: S101 - made with the draft
        self._session.end()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self._draft.end(depth=0)
        self._draft = None
        return tuple(str(each.message) for each in caught)

    def _once(self, probe: Probe) -> _Try:
        """What came of one try."""
        draft, client = self._begun()
        kept = draft.recorder.store
        before = len(_exchanges(draft))
        headers = {"user-agent": f"replaykit/{VERSION}", **probe.headers}
        if probe.has_body and not any(name.lower() == "content-type" for name in headers):
            headers["content-type"] = "application/json"
        left, why, library = "", "", _library()
        try:
            left = self._read(client, probe, headers)
        except (library.HTTPError, library.InvalidURL, ValueError) as error:
            text, _ = draft.recorder.hiding.text(str(error) or "it gave no reason")
            why = f"it could not be asked: {type(error).__name__}: {line(text, _WIDE)}"
        found = _exchanges(draft)
        if len(found) > before:
            return _Try(found[-1], left or why, bool(left))
        trouble = draft.recorder.problem
        return _Try(None, left or why or f"its answer could not be kept in {kept.path}: {trouble}")

    def _read(self, client: Any, probe: Probe, headers: dict[str, str]) -> str:  # noqa: ANN401 - of either library
        """Send it and read the answer, as far as there is patience and room; why it was left, empty when it was not."""
        deadline, size = time.monotonic() + WHOLE, 0
        body = json.dumps(probe.json).encode() if probe.has_body else None
        sent = client.stream(
            probe.method, probe.url, headers=headers, content=body, extensions={"trace": self._patience.noted}
        )
        try:
            with self._patience.within(WHOLE), sent as response:
                for chunk in response.iter_raw():
                    size += len(chunk)
                    if size > MUCH:
                        return f"its answer is larger than {measure(MUCH)}"
                    if time.monotonic() > deadline:
                        break
        except _library().TransportError:
            if time.monotonic() < deadline:
                raise
        return f"its answer had no end after {WHOLE:.0f} s" if time.monotonic() > deadline else ""

    def _begun(self) -> tuple[Draft, Any]:
        if self._draft is None:
            library = _library()
            origin = origin_here((), self._config, dict(os.environ), program="replaykit contracts")
            draft = Draft(self._path, NAME, origin, Hiding(self._config), self._heard)
            began = time.monotonic_ns()
            session = Session(NAME, clock=lambda: time.monotonic_ns() - began, recorder=draft.recorder)
            self._client = _routed(library.Client(timeout=SILENT), session)
            self._draft, self._session, self.id = draft, session, draft.id
        return self._draft, self._client

    def _heard(self, facts: Facts) -> None:
        self._allowance.add((facts.input_tokens or 0) + (facts.output_tokens or 0))


def told(response: Response) -> float | None:
    """In how many seconds the service wants to be asked again; None when it does not say (RFC 9110, 10.2.3)."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = header(response.headers, name)
        try:
            return max(0.0, float(text)) * unit
        except ValueError:
            pass
    try:
        at = parsedate_to_datetime(header(response.headers, "retry-after"))
    except (ValueError, OverflowError):  # the year 99999999999
        return None
    return max(0.0, (at - datetime.now(UTC)).total_seconds()) if at.tzinfo is not None else None


def _refused(response: Response | None, said: float | None) -> str:
    status = response.status if response is not None else 0
    if said is not None and said > PAUSES[-1]:
        return f"it answers {status}, and wants to be asked again in {said:,.0f} s"
    return f"it answers {status}, however often it is asked"


def _exchanges(draft: Draft) -> tuple[Exchange, ...]:
    """What the draft holds by now."""
    episode = draft.recorder.store.episode(draft.id)
    return episode.exchanges if episode is not None else ()


def _routed(client: Any, session: Session) -> Any:  # noqa: ANN401 - of either library
    """The client with every request of its own recorded; TLS and proxies stay as they are."""
    bare = client._transport_for_url  # noqa: SLF001 - as the patch of every client has it
    client._transport_for_url = lambda url: Transport(session, bare(url))  # noqa: SLF001
    return client


def _library() -> Any:  # noqa: ANN401 - as above
    for name in ("httpx2", "httpx"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise UsageError(
        "probes are sent with httpx2 or httpx, and neither is installed",
        remedy="pip install 'replaykit-llm[contracts]'",
    )
