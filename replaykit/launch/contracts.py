"""Contracts while a run is recorded or replayed: whether anybody looks, at what, and what came of it.

    contracts     adopted   a recording                           a replay
    off           -         nothing is looked at                  nothing
    warn, fail    none      a warning says how to adopt one       the same
    warn          some      what departs is said                  what departs of what is sent is said
    fail          some      and fails it, unless acknowledged     and fails it, unless acknowledged

A recording is looked at when it has ended, from what was kept. Then no chunk waits for a check, a program that
was killed is checked like any other, and what stands in the store is what was judged: redacted, streams whole.
A replay is looked at as it goes, for what is sent is kept nowhere else, and a miss may end the process. A request is
held against the version of a contract that it asks for; asking for another one than was recorded is told, too.

Law: off, and where nothing was adopted, nothing of contracts is imported; a process in which no contract applies
to a request does not import what validates. What could not be checked is never told as good.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from replaykit.core.plain import counted, line
from replaykit.errors import Drifted, StoreError, hide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from replaykit.config import Config
    from replaykit.contracts.checking import Checks
    from replaykit.contracts.standing import Standing
    from replaykit.core.contract.drift import Seen
    from replaykit.core.contract.grades import Grade
    from replaykit.core.contract.model import Contract, Finding
    from replaykit.core.model import Episode, Request
    from replaykit.core.verdict import Difference

    Remark = Callable[[str, Mapping[str, Any]], None]
    Remarks = Iterable[tuple[str, Mapping[str, Any]]]

__tracebackhide__ = hide

FAILS: Final[frozenset[Grade]] = frozenset({"BREAK", "RISK", "OURS"})
"""Grades that fail a run while nobody has acknowledged them."""

SENT: Final = "sent"
"""The remark of a request that departs from a contract."""

UNCHECKED: Final = "unchecked"
"""The remark of a request that could not be checked."""

ABSENT: Final = (
    "contracts are to be checked, and this project has adopted none: "
    "`replaykit contract list` has the names, `replaykit contract add NAME` adopts one"
)

SHOWN: Final = 20
"""Findings that are told: with what stands around them, a screenful."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the exchanges of a run came to, held against contracts.

    `standings` is what departs, the worst first; `problems` say what could not be checked, `warnings` what else
    a person should know. `strict`: what is open fails the run.
    """

    strict: bool = False
    standings: tuple[Standing, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def open(self) -> tuple[Standing, ...]:
        """What departs and asks for somebody to do something about it."""
        return tuple(each for each in self.standings if each.is_open and each.grade in FAILS)

    @property
    def failed(self) -> bool:
        """Whether the run fails for it."""
        return self.strict and bool(self.open or self.problems)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What fails a replay, as its verdict has it."""
        if not self.failed:
            return ()
        from replaykit.core.contract.drift import sentence
        from replaykit.core.verdict import Difference

        found = [Difference("drift", None, sentence(each.drift), _detail(each)) for each in self.open]
        return (*found, *(Difference("drift", None, text) for text in self.problems))

    @property
    def remedy(self) -> str:
        """The command that comes next; empty when nothing is open."""
        if not self.open:
            return ""
        key = self.open[0].drift.key
        return f"to accept it for now: replaykit contract ack {key} --owner … --reason … --until DATE"

    def told(self, rest: str = "") -> tuple[str, ...]:
        """Each problem, and each thing that is open, in a line; `rest` is the command that tells what has no room."""
        from replaykit.core.contract.drift import sentence

        lines = [*(line(each, 400) for each in self.problems), *(sentence(each.drift) for each in self.open)]
        if len(lines) > SHOWN:
            more = f"and {counted(len(lines) - SHOWN + 1, 'more finding')}"
            lines = [*lines[: SHOWN - 1], f"{more}: {rest}" if rest else more]
        return tuple(lines)

    def settle(self, name: str, rest: str, *, fails: bool) -> None:
        """Raise what fails the block that is being left, where it may (`fails`), and warn of everything else."""
        for each in self.warnings:
            warnings.warn(each, stacklevel=3)
        if not (lines := self.told(rest)):
            return
        error = Drifted("\n".join([f"{name} departs from its contracts:", *lines]), remedy=self.remedy)
        if self.failed and fails:
            raise error
        warnings.warn(str(error), stacklevel=3)


class Promises:
    """A project's contracts, for as long as somebody looks; loaded once, compiled when something applies."""

    def __init__(self, config: Config, contracts: Sequence[Contract]) -> None:
        """`contracts` are those that were adopted."""
        self.contracts = tuple(contracts)
        self._config = config
        self._ready: Checks | None = None

    @property
    def checks(self) -> Checks:
        """What looks at exchanges."""
        from replaykit.contracts.checking import Checks

        self._ready = self._ready or Checks(self.contracts, self._config.gateways)
        return self._ready

    def watch(self, episode: Episode, remark: Remark) -> Watch | None:
        """What is to be told of each request of a replay; None where there is nothing to hold it against."""
        return Watch(lambda: self.checks, episode, remark) if self.contracts else None

    def recorded(self, episode: Episode) -> Held:
        """What a recording came to."""
        try:
            return self._held(list(self.checks.episode(episode)) if self.contracts else [])
        except Exception as error:  # noqa: BLE001 - a fault of ours must not take the recording along
            return self.unread(error)

    def unread(self, error: Exception) -> Held:
        """What a recording came to that could not be looked at."""
        return Held(self._strict, problems=(_unchecked(error),))

    def sent(self, episode: Episode, remarks: Remarks) -> Held:
        """What a replay came to whose processes have remarked this."""
        found = list(remarks)
        problems = dict.fromkeys(str(detail["text"]) for kind, detail in found if kind == UNCHECKED)
        return self._held(list(self._seen(episode, found)), tuple(problems), whole=False)

    @property
    def _strict(self) -> bool:
        return self._config.contracts == "fail"

    def _seen(self, episode: Episode, remarks: Remarks) -> Iterator[Seen]:
        """The requests that depart from a contract, as they were remarked."""
        told = [detail for kind, detail in remarks if kind == SENT]
        if not told:
            return
        from replaykit.contracts.checking import today
        from replaykit.core.contract.check import Checked
        from replaykit.core.contract.drift import Seen
        from replaykit.core.contract.model import Finding

        known = {(each.name, each.version): each for each in self.contracts}
        name = episode.name if episode.state == "accepted" else episode.id
        for detail in told:
            findings = tuple(Finding(**each) for each in detail["findings"])
            contract, host = known[detail["contract"], detail["version"]], findings[0].host
            yield Seen(Checked(contract, frozenset({"request"}), findings, host), name, today())

    def _held(self, seen: Sequence[Seen], problems: tuple[str, ...] = (), *, whole: bool = True) -> Held:
        """What was seen, as it stands today; unless it is the `whole`, nobody knows of how many that is."""
        if not self.contracts:
            return Held(self._strict, warnings=(ABSENT,))
        from replaykit.core.contract.drift import drifts

        found = drifts(seen)
        if not found:
            return Held(self._strict, problems=problems)
        from replaykit.contracts.checking import today
        from replaykit.contracts.standing import settled

        if not whole:
            found = tuple(replace(each, of=0) for each in found)
        folder, path = self._config.contract_folder, self._config.drift_path
        told, problem = settled(found, seen, today(), folder=folder, path=path, live=False)
        return Held(self._strict, told, problems, (problem,) if problem else ())


class Watch:
    """Looks at each request as it is sent, and remarks what departs; any thread may call."""

    def __init__(self, checks: Callable[[], Checks], episode: Episode, remark: Remark) -> None:
        """`checks` are asked for with each request, `remark` writes down what a replay has to account for."""
        self._checks = checks
        self._recorded = tuple(each.request for each in episode.exchanges)
        self._remark = remark
        self._settled: dict[str, tuple[Contract, ...]] = {}

    def __call__(self, request: Request) -> None:
        """Look at a request, without its secrets; whatever goes wrong here is not the program's business."""
        try:
            self._look(request)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not become the program's
            with suppress(StoreError):
                self._remark(UNCHECKED, {"text": _unchecked(error)})

    def _look(self, request: Request) -> None:
        """Hold it against the version that it asks for, and that one against what was recorded."""
        from replaykit.core.contract.check import asked

        checks = self._checks()
        parsed = checks.parsed(request)
        for check in checks.applying(parsed):
            contract = check.contract
            self._tell(contract, check.sent(parsed))
            before = self._before(checks, contract.name)
            if before and contract not in before:
                self._tell(before[0], asked(before[0], parsed))

    def _before(self, checks: Checks, name: str) -> tuple[Contract, ...]:
        """The versions of a contract that what was recorded asks for."""
        if name not in self._settled:
            from replaykit.core.contract.bound import settled

            self._settled[name] = settled(checks.contracts, name, self._recorded)
        return self._settled[name]

    def _tell(self, contract: Contract, findings: Iterable[Finding]) -> None:
        if told := [asdict(each) for each in dict.fromkeys(findings)]:
            self._remark(SENT, {"contract": contract.name, "version": contract.version, "findings": told})


def promises(config: Config) -> Promises:
    """The contracts that somebody looks at; `ContractError` when they are damaged."""
    folder = config.contract_folder
    if not any(folder.glob("*/*.json")) and not any(folder.glob("*.lock")):
        return Promises(config, ())
    from replaykit.contracts import registry
    from replaykit.contracts.checking import adopted

    return Promises(config, adopted(registry.adopted(folder).sound()))


def watching(config: Config, episode: Episode, remark: Remark) -> Watch:
    """What a process of a replay tells of its requests; it reads the contracts when there is one."""
    return Watch(cache(lambda: promises(config).checks), episode, remark)


def _unchecked(error: Exception) -> str:
    return line(f"could not be checked against contracts: {str(error) or repr(error)}", 400)


def _detail(standing: Standing) -> dict[str, Any]:
    """A difference's fields, for scripts."""
    drift = standing.drift
    return {
        "key": drift.key,
        "id": drift.finding.id,
        "grade": drift.finding.grade,
        "contract": drift.contract,
        "version": drift.version,
        "place": drift.finding.path,
        "host": drift.finding.host,
        "times": drift.times,
    }
