"""Tests against the real services: recorded, checked, and no more of them than is allowed to cost.

    a secret that the accepted episode sent is not set     failed before it runs, by its name
    the session's cap is reached before its first call     not run
    the cap is reached after that                          the next call is refused; failed
    a service could not be reached                         failed, whatever its code made of that
    no key, or one that the service does not take          failed, in the words of the SDK or the service

Checked means: by the test's own assertions and the budgets of its mark. What it recorded is a draft, which
no test is ever answered from; `episode.check` only records, and live answers are compared with nothing.
Caps count every request of a client, each try of an SDK by itself, and the tokens of every answer.

Law: nothing here stands in for a service. A test that did not run is never counted as passed, and a run
with one does not succeed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from replaykit.cassette import load as load_cassette
from replaykit.core.attempts import wholes
from replaykit.core.model import Exchange
from replaykit.core.plain import line, listed
from replaykit.core.redact import placeholder
from replaykit.core.steps import Asked, answer_of
from replaykit.guard.names import local
from replaykit.pytest_plugin import STOPPED
from replaykit.pytest_plugin.case import Kept
from replaykit.pytest_plugin.keeping import kept
from replaykit.pytest_plugin.keys import WIDE, keyless
from replaykit.pytest_plugin.outcomes import NOT_RUN, carried
from replaykit.pytest_plugin.tally import Meter, Sums, Tally, shared
from replaykit.transport.patch import Patch

if TYPE_CHECKING:
    from replaykit.config import Config

UNREACHED = frozenset({"ConnectError", "ConnectTimeout", "ProxyError"})
"""How an exchange fails that has reached nobody."""

REFUSED = frozenset({401, 403})
"""How a service answers that does not take a key."""


class Live(Kept):
    """A test that asks the real services; what it records stays a draft."""

    def __init__(self, item: pytest.Item, name: str, config: Config, tally: Tally, caps: Sums) -> None:
        """Begin to record, and to count."""
        self._meter = Meter(tally, caps)
        super().__init__(item, name, config, accepts=False, heard=self._meter.heard)
        self._patch = Patch(self._meter)
        self._patch.put()

    def ended(self, error: BaseException | None) -> None:
        """Fail the test for a service or a key that is not there, in few words; one that had no call was not run."""
        refused = self._meter.refused
        if refused is not None and not self._meter.calls:
            raise _not_run(self._item, self.name, refused.message)
        if (error is None or isinstance(error, Exception)) and (told := self._trouble(error)):
            raise pytest.fail.Exception(f"{self.name}: {told}", pytrace=False) from None

    def close(self) -> None:
        """Keep the draft, and count what it took."""
        self._patch.take()
        super().close()

    def _report(self, **facts: object) -> None:
        super()._report(**facts, calls=self._meter.calls, tokens=self._meter.tokens)

    def _trouble(self, error: Exception | None) -> str:
        """What came between the test and its services; empty for nothing."""
        if self._meter.refused is not None:
            return f"not sent: {self._meter.refused}"
        draft = kept(self._config, self._block.id)
        asked = [whole.step for whole in wholes(draft) if isinstance(whole.step, Exchange)]
        if unreached := next(filter(_unreached, asked), None):
            return _lost(unreached)
        if error is None:
            return ""
        if asked and asked[-1].response is not None and asked[-1].response.status in REFUSED:
            return _turned_away(asked[-1])
        return keyless(self._config, draft, error)


def live(item: pytest.Item, name: str, config: Config) -> Live:
    """A test's case, under way; fails the test for a secret that it lacks, skips it when a cap is reached."""
    if missing := _missing(name, config):
        raise pytest.fail.Exception(
            f"{name} needs {listed(missing)} to run live, and this environment does not say"
            f" {'it' if len(missing) == 1 else 'them'}\n"
            "set what is missing, or run the test from its cassette: --replaykit=golden",
            pytrace=False,
        )
    tally = shared(item.config)
    caps = Sums(item.config.option.replaykit_max_calls, item.config.option.replaykit_max_tokens)
    if problem := tally.sums.reached(caps):
        raise _not_run(item, name, problem)
    return Live(item, name, config, tally, caps)


def status(report: object) -> tuple[str, str, str] | None:
    """What a report counts as, for a test that was not run; None for any other."""
    return (NOT_RUN, "n", NOT_RUN.upper()) if _kept(report) else None


def finish(session: pytest.Session, reports: list[object]) -> None:
    """Have the run not succeed when a test was not run, in this process or by these reports."""
    if session.exitstatus == pytest.ExitCode.OK and (STOPPED in session.config.stash or any(map(_kept, reports))):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _kept(report: object) -> bool:
    """Whether a report is of a test that a cap kept from running."""
    return any(facts["did"] == NOT_RUN for facts in carried(report))


def _not_run(item: pytest.Item, name: str, problem: str) -> BaseException:
    """What a test ends with that a cap keeps from running; its report says that it is such a one."""
    item.user_properties.append(("replaykit", {"did": NOT_RUN, "episode": name, "why": problem}))
    item.config.stash[STOPPED] = True
    return pytest.skip.Exception(f"{NOT_RUN}: {problem}", _use_item_location=True)


def _missing(name: str, config: Config) -> list[str]:
    """The secrets that the accepted episode sent, and that are not set here."""
    accepted = load_cassette(config.cassette_folder, name)
    if accepted is None:
        return []
    sent = {hidden for step in accepted.steps for hidden in step.hidden}
    return [
        secret
        for secret in accepted.origin.secrets
        if secret in sent and os.environ.get(secret, "") in ("", placeholder(secret))
    ]


def _unreached(exchange: Exchange) -> bool:
    """Whether a request reached nobody; what listens on this machine is no service."""
    failure = exchange.failure
    failed = exchange.response is None and failure is not None and failure.kind in UNREACHED
    return failed and not local(Asked(exchange.request).url.hostname or "")


def _lost(exchange: Exchange) -> str:
    assert exchange.failure is not None  # noqa: S101 - see `_unreached`
    why = f"{exchange.failure.kind}: {line(exchange.failure.message, WIDE)}"
    return f"{Asked(exchange.request).address} could not be reached: {why}\nwithout it: --replaykit=golden"


def _turned_away(exchange: Exchange) -> str:
    asked, response = Asked(exchange.request), exchange.response
    assert response is not None  # noqa: S101 - its status was looked at
    answer = answer_of(asked.wire[1], response)
    said = answer.error if answer is not None and answer.error else response.reason
    return f"{asked.address} does not take the key: it answered {response.status}: {line(said, WIDE)}"
